package websockettest

import (
	"bytes"

	"stellwerk/websocket/frame"
	"stellwerk/wire"
)

// compressions are compressed messages that are wrong (RFC 7692). Where no
// compression was agreed on, their RSV1 alone is.
var compressions = []Misbehaviour{
	wrong("damaged-compression", frame.InvalidPayload, wire.Text{EN: "sends a compressed message that cannot be decompressed", DE: "sendet eine komprimierte Nachricht, die sich nicht entpacken lässt"},
		Frame{Header: frame.Header{Fin: true, RSV1: true, Opcode: frame.Binary}, Payload: []byte("\xff\xff\xff\xff")}),
	wrong("cut-compression", frame.InvalidPayload, wire.Text{EN: "ends a compressed message within a block", DE: "beendet eine komprimierte Nachricht mitten in einem Block"},
		Frame{Header: frame.Header{Fin: true, RSV1: true, Opcode: frame.Binary}, Payload: []byte("\x00\x05\x00\xfa\xffhe")}),
	wrong("far-distance", frame.InvalidPayload, wire.Text{EN: "refers to octets before the first message", DE: "verweist auf Oktette vor der ersten Nachricht"},
		Frame{Header: frame.Header{Fin: true, RSV1: true, Opcode: frame.Text}, Payload: []byte("\xf2\x00\x11\x00\x00")}),
	wrong("compressed-continuation", frame.ProtocolError, wire.Text{EN: "sets RSV1 on a continuation", DE: "setzt RSV1 auf einer Fortsetzung"},
		Frame{Header: frame.Header{Opcode: frame.Text}, Payload: []byte("hello")}, Frame{Header: frame.Header{Fin: true, RSV1: true}, Payload: []byte("\xf2\x48\xcd\xc9\xc9\x07\x00")}),
	wrong("compressed-wrong-utf8", frame.InvalidPayload, wire.Text{EN: "compresses a text that is not UTF-8", DE: "komprimiert einen Text, der nicht UTF-8 ist"},
		Frame{Header: frame.Header{Fin: true, RSV1: true, Opcode: frame.Text}, Payload: []byte("\x00\x01\x00\xfe\xff\xff\x00")}),
	{
		Name: "bomb", Phase: Talking, Code: frame.MessageTooBig,
		Text: wire.Text{EN: "sends a gibibyte, a thousandth of it by compression", DE: "sendet ein Gibibyte, durch Kompression ein Tausendstel davon"},
		act: func(t *talk) error {
			octets := t.peer.Lay(fragments(frame.Binary, true, 1000, bomb())...) // no frame says how much it is
			t.flooding.Go(func() { _ = t.peer.SendRaw(octets) })                 // the client stops reading
			return nil
		},
	},
}

// bomb is a gibibyte of zeros. More than a thousandfold DEFLATE cannot do.
func bomb() []byte {
	d, err := frame.NewDeflater(frame.MaxWindowBits, false)
	if err != nil {
		return nil // cannot be: 15 bits are allowed
	}
	part, err := d.Append(nil, make([]byte, 1<<20))
	if err != nil {
		return nil // cannot be: of a slice
	}
	part = append(part, 0, 0, 0xff, 0xff)
	return bytes.TrimSuffix(bytes.Repeat(part, 1024), []byte{0, 0, 0xff, 0xff})
}
