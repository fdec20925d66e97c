package ads

import (
	"errors"
	"fmt"

	"stellwerk/ads/ams"
	"stellwerk/internal/analyzer/dissect"
)

// Decode takes a packet apart that stands alone, AMS/TCP header included. What
// only a conversation tells, such as the request to an answer, is not known. The
// end may be missing.
func Decode(octets []byte) (dissect.Telegram, error) {
	h, err := ams.DecodeTCPHeader(octets)
	if err != nil {
		return nil, err
	}
	rest := octets[ams.TCPHeaderLength:]
	t := &Telegram{Octets: octets, TCP: h, names: &names{known: new(known)}}
	switch {
	case !h.Command.Known():
		return nil, fmt.Errorf("the AMS/TCP header has the command 0x%04X, which is none", uint16(h.Command))
	case int64(h.Length) < int64(len(rest)):
		return nil, fmt.Errorf("the AMS/TCP header says %d octets, %d follow", h.Length, len(rest))
	case h.Command != ams.TCPFrame:
		t.Router, t.Body = true, rest
		return t, nil
	}
	if t.Header, err = ams.DecodeHeader(rest); err != nil {
		return nil, err
	}
	if t.Header.Length != h.Length-ams.HeaderLength {
		return nil, errors.New("the lengths of the AMS/TCP header and the AMS header do not agree")
	}
	t.Data, t.Cut = rest[ams.HeaderLength:], int64(len(rest)) < int64(h.Length)
	if !t.Cut {
		t.Err = check(t)
	}
	return t, nil
}
