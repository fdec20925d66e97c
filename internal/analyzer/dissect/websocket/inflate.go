package websocket

import (
	"bytes"
	"errors"
	"io"

	proto "stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// maxInflated is how many octets of a message are inflated at most: what is kept
// is less, but the messages behind it refer to all of it.
const maxInflated = 64 << 20

// windowOctets is what a context costs.
const windowOctets = 32 << 10

// inflation inflates the compressed messages of one direction. Its zero value
// knows nothing of what was agreed on: messages are inflated as far as they go.
type inflation struct {
	inflater *frame.Inflater
	bits     int
	takeover bool
	agreed   bool
	// holes tells that messages before this one are missing, or could not be
	// read: what refers to them cannot be told.
	holes bool
	// counted tells that the context has its place in what is shared.
	counted bool
}

// newInflation is for what a side has agreed to.
func newInflation(d *proto.Deflate, client bool) inflation {
	if d == nil {
		return inflation{agreed: true}
	}
	i := inflation{bits: d.ServerMaxWindowBits, takeover: !d.ServerNoContextTakeover, agreed: true}
	if client {
		i.bits, i.takeover = d.ClientMaxWindowBits, !d.ClientNoContextTakeover
	}
	return i
}

// possible reports whether a message with RSV1 may be a compressed one.
func (i *inflation) possible() bool { return !i.agreed || i.bits != 0 }

// lose forgets the messages before: one of them is missing. Where each stands for
// itself, that changes nothing.
func (i *inflation) lose() {
	i.holes = i.takeover || !i.agreed
	i.inflater = nil
}

// end gives the place of the context back.
func (i *inflation) end(shared *Shared) {
	if i.counted {
		shared.give(windowOctets)
	}
	*i = inflation{}
}

// Outcome is what became of a compressed message.
type Outcome uint8

// The outcomes.
const (
	Inflated   Outcome = iota
	Damaged            // it is no compressed message
	Lacking            // it refers to messages that are not there
	Endless            // it has more than 64 MiB
	Crowded            // there is no room for the context
	Incomplete         // not all of it is there, or kept
)

// message inflates a message. It appends at most keep octets to dst, and returns
// how many there are.
func (i *inflation) message(shared *Shared, dst, compressed []byte, keep int) (whole []byte, octets int64, what Outcome) {
	if i.inflater == nil {
		takeover, bits := i.takeover, i.bits
		if !i.agreed {
			takeover, bits, i.holes = true, frame.MaxWindowBits, true
		}
		if takeover && !i.counted {
			if !shared.take(windowOctets) {
				return dst, 0, Crowded
			}
			i.counted = true
		}
		var err error
		if i.inflater, err = frame.NewInflater(bits, takeover); err != nil {
			return dst, 0, Damaged // bits were checked
		}
	}
	if err := i.inflater.Begin(bytes.NewReader(compressed)); err != nil {
		i.lose()
		return dst, 0, Damaged
	}
	for {
		n, err := i.inflater.Read(shared.inflating[:])
		octets += int64(n)
		room := max(0, min(n, keep-len(dst)))
		dst = append(dst, shared.inflating[:room]...)
		switch {
		case errors.Is(err, io.EOF):
			return dst, octets, Inflated
		case err != nil:
			holes := i.holes
			i.inflater.End()
			i.lose()
			if holes {
				return dst[:0], 0, Lacking
			}
			return dst[:0], 0, Damaged
		case octets > maxInflated:
			i.inflater.End()
			i.lose()
			return dst, octets, Endless
		}
	}
}
