package ads

import (
	"encoding/binary"
	"fmt"

	"stellwerk/ads/ams"
	"stellwerk/wire"
)

const (
	headers = ams.TCPHeaderLength + ams.HeaderLength
	// maxRouter is the most that program and router have to say at once.
	maxRouter = 64
	// maxSound is the longest frame that a search believes in.
	maxSound = 64 << 20
)

// extent is what the first octets of a frame say of its length.
type extent struct {
	octets int64 // of the frame with its headers; 0 where it takes more to say
	fault  wire.Text
	lost   bool // nobody knows where the next frame begins
}

// measure says how long the frame is that begins with these octets.
func measure(octets []byte) extent {
	if len(octets) < ams.TCPHeaderLength {
		return extent{}
	}
	h, _ := ams.DecodeTCPHeader(octets) // has its octets
	switch {
	case !h.Command.Known():
		return broken(fmt.Sprintf("the AMS/TCP header has the command 0x%04X, which is none", uint16(h.Command)),
			fmt.Sprintf("der AMS/TCP-Kopf hat den Befehl 0x%04X, den es nicht gibt", uint16(h.Command)))
	case h.Command != ams.TCPFrame && h.Length > maxRouter:
		return broken(fmt.Sprintf("%s with %d octets, it has %d at most", h.Command, h.Length, maxRouter),
			fmt.Sprintf("%s mit %d Oktetten, es hat höchstens %d", h.Command, h.Length, maxRouter))
	case h.Command == ams.TCPFrame && h.Length < ams.HeaderLength:
		return broken(fmt.Sprintf("the AMS/TCP header says %d octets, the AMS header alone has %d", h.Length, ams.HeaderLength),
			fmt.Sprintf("der AMS/TCP-Kopf nennt %d Oktette, der AMS-Kopf allein hat %d", h.Length, ams.HeaderLength))
	}
	return extent{octets: ams.TCPHeaderLength + int64(h.Length)}
}

func broken(en, de string) extent {
	return extent{fault: wire.Text{EN: en, DE: de}, lost: true}
}

// sound reports whether an AMS frame, or something between program and router,
// that makes sense begins with these octets, and is certain enough to look for.
func sound(octets []byte) bool {
	if len(octets) < ams.TCPHeaderLength {
		return false
	}
	if t, _ := ams.DecodeTCPHeader(octets); t.Command != ams.TCPFrame || len(octets) < headers {
		return false
	}
	length := int64(binary.LittleEndian.Uint32(octets[2:]))
	h, _ := ams.DecodeHeader(octets[ams.TCPHeaderLength:])
	return length == ams.HeaderLength+int64(h.Length) && length <= maxSound && soundHeader(&h)
}

// soundHeader reports whether an AMS header makes sense.
func soundHeader(h *ams.Header) bool {
	return h.Command.Known() && h.StateFlags&ams.ADSCommand != 0 && !h.Target.NetID.IsZero() && !h.Source.NetID.IsZero()
}

// Recognise reports whether the first octets of a direction are certain to be
// those of AMS: a frame whose two headers agree.
func Recognise(octets []byte) bool { return sound(octets) }
