package websocket

import (
	"math"
	"time"

	"stellwerk/websocket/frame"
)

// Limits bound what a connection takes and how it sends. Fields that are zero
// have the values named beside them.
type Limits struct {
	// ReceiveFrame is the longest payload of a frame that is taken. Zero is
	// ReceiveMessage.
	ReceiveFrame int64
	// ReceiveMessage is the longest message that is taken, decompressed. Zero
	// is 32 MiB.
	ReceiveMessage int64
	// SendFrame is the longest payload of a frame that is sent: longer messages
	// are fragmented. Zero does not fragment.
	SendFrame int
	// FrameTimeout is how long the peer may take for the rest of a frame when
	// its first octet is there; between frames it may take as long as it likes.
	// Zero is a minute, and a second for each 4 KiB of its payload.
	FrameTimeout time.Duration
	// CloseTimeout is how long Close waits for the peer. Zero is 5 s.
	CloseTimeout time.Duration
}

func (l Limits) withDefaults() Limits {
	if l.ReceiveMessage <= 0 {
		l.ReceiveMessage = 32 << 20
	}
	if l.ReceiveFrame <= 0 {
		l.ReceiveFrame = l.ReceiveMessage
	}
	const most = math.MaxInt64 / 2 // sums of two have no overflow
	l.ReceiveMessage, l.ReceiveFrame = min(l.ReceiveMessage, most), min(l.ReceiveFrame, most)
	if l.CloseTimeout <= 0 {
		l.CloseTimeout = 5 * time.Second
	}
	return l
}

// frameTime is the limit for a payload.
func (l Limits) frameTime(length int64) time.Duration {
	if l.FrameTimeout > 0 {
		return l.FrameTimeout
	}
	const longest = int64(24 * time.Hour / time.Second)
	return time.Minute + time.Duration(min(length>>12, longest))*time.Second
}

// Deflate is what this side wants of the compression of messages. Its zero
// value offers, or takes, compression with context takeover and the largest
// windows.
type Deflate struct {
	// ServerNoContextTakeover and ClientNoContextTakeover let each message of
	// that side stand for itself, which needs less memory and compresses less.
	ServerNoContextTakeover, ClientNoContextTakeover bool
	// ServerMaxWindowBits and ClientMaxWindowBits bound the window of that
	// side, 8 to 15. Zero is 15.
	ServerMaxWindowBits, ClientMaxWindowBits int
}

// Frame is a frame on its way, as a trace function sees it.
type Frame struct {
	Time   time.Time
	Sent   bool // by this side
	Header frame.Header
	// Payload is without mask, and compressed where it is sent so. It is valid
	// until the function returns. Of a received frame of more than 64 KiB it is
	// the first piece.
	Payload []byte
}

// Common are the options of both sides.
type Common struct {
	Limits Limits
	// Compression is nil for none.
	Compression *Deflate
	// Trace sees every frame, both ways. It is called by the goroutines that
	// read and write, possibly at the same time.
	Trace func(Frame)
}
