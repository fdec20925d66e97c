package live

import (
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/ads"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/analyzer/dissect/websocket"
)

// Reading takes the octets apart that a link has reported as a telegram. An error
// says why that cannot be.
type Reading func(octets []byte) (dissect.Telegram, error)

// IEC104 reads APDUs.
func IEC104(options *iec104.Options) Reading {
	return func(octets []byte) (dissect.Telegram, error) { return iec104.Decode(octets, options) }
}

// ADS reads AMS/TCP packets.
func ADS(octets []byte) (dissect.Telegram, error) { return ads.Decode(octets) }

// WebSocket reads messages that are text.
func WebSocket(octets []byte) (dissect.Telegram, error) { return websocket.Text(octets), nil }
