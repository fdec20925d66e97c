package apci

import (
	"fmt"
	"strconv"
)

// Sizes in octets (5.1).
const (
	// StartOctet opens every APDU.
	StartOctet = 0x68
	// Octets is the length of start octet, length octet and control field: all
	// there is of an APDU in S and U format.
	Octets = 6
	// MinLength and MaxLength bound the length octet, which counts what
	// follows it.
	MinLength = 4
	MaxLength = 253
	// MaxASDU is the greatest length of an ASDU.
	MaxASDU = MaxLength - MinLength
	// MaxAPDU is the greatest length of an APDU.
	MaxAPDU = MaxLength + 2
)

// Format is the kind of a control field (5.1).
type Format uint8

// The formats.
const (
	FormatI Format = iota // numbered information transfer
	FormatS               // numbered supervisory functions
	FormatU               // unnumbered control functions
)

// String returns "I", "S" or "U".
func (f Format) String() string {
	switch f {
	case FormatI:
		return "I"
	case FormatS:
		return "S"
	case FormatU:
		return "U"
	default:
		return strconv.Itoa(int(f))
	}
}

// Function is what an APDU in U format asks for or confirms: one bit of the
// first octet of the control field (5.1, figure 8).
type Function uint8

// The functions. An APDU has exactly one of them.
const (
	StartDTAct Function = 0x04 // start data transfer
	StartDTCon Function = 0x08
	StopDTAct  Function = 0x10 // stop data transfer
	StopDTCon  Function = 0x20
	TestFRAct  Function = 0x40 // test frame
	TestFRCon  Function = 0x80
)

// Valid reports whether f is exactly one of the six functions.
func (f Function) Valid() bool { return f&3 == 0 && f != 0 && f&(f-1) == 0 }

// String returns the name in the standard, such as "STARTDT act", or the bits
// of what is no single function.
func (f Function) String() string {
	switch f {
	case StartDTAct:
		return "STARTDT act"
	case StartDTCon:
		return "STARTDT con"
	case StopDTAct:
		return "STOPDT act"
	case StopDTCon:
		return "STOPDT con"
	case TestFRAct:
		return "TESTFR act"
	case TestFRCon:
		return "TESTFR con"
	default:
		return fmt.Sprintf("U 0x%02x", uint8(f))
	}
}

// APDU is an application protocol data unit.
type APDU struct {
	Format Format
	// Function is set in U format.
	Function Function
	// Send is N(S), in I format.
	Send Sequence
	// Receive is N(R), in I and S format: the number of the I format APDU that
	// its sender expects next.
	Receive Sequence
	// Reserved tells of a received APDU that bits which must be 0 are not. It
	// has no part in encoding.
	Reserved bool
	// ASDU holds 1 to 249 octets in I format and none otherwise. It aliases
	// what was decoded.
	ASDU []byte
}

// Decode reads one APDU: all of frame and nothing more, as [Framer.Next]
// returns it. Errors are of type *[Error].
func Decode(frame []byte) (APDU, error) {
	length, err := Length(frame)
	switch {
	case err != nil:
		return APDU{}, err
	case length == 0 || len(frame) < length:
		return APDU{}, truncated(frame, length)
	case len(frame) > length:
		return APDU{}, fault(length+1, "APDU", "%d octets follow the APDU of %d",
			"%d Oktette folgen auf die APDU von %d", len(frame)-length, length)
	}
	c1, c2, c3, c4 := frame[2], frame[3], frame[4], frame[5]
	receive := Sequence(c3>>1) | Sequence(c4)<<7
	switch {
	case c1&1 == 0:
		if length == Octets {
			return APDU{}, fault(2, "length", "APDU in I format has no ASDU", "APDU im I-Format hat keine ASDU")
		}
		return APDU{
			Format:   FormatI,
			Send:     Sequence(c1>>1) | Sequence(c2)<<7,
			Receive:  receive,
			Reserved: c3&1 != 0,
			ASDU:     frame[Octets:length:length],
		}, nil
	case length != Octets:
		format := FormatS
		if c1&2 != 0 {
			format = FormatU
		}
		return APDU{}, fault(2, "length", "APDU in %s format has length %d, must be %d",
			"APDU im %s-Format hat die Länge %d, sie muss %d sein", format, length-2, MinLength)
	case c1&2 == 0:
		return APDU{Format: FormatS, Receive: receive, Reserved: c1&^3 != 0 || c2 != 0 || c3&1 != 0}, nil
	}
	function := Function(c1 &^ 3)
	if !function.Valid() {
		if function == 0 {
			return APDU{}, fault(3, "control field", "APDU in U format has no function", "APDU im U-Format hat keine Funktion")
		}
		return APDU{}, fault(3, "control field", "APDU in U format has several functions (octet 0x%02x)",
			"APDU im U-Format hat mehrere Funktionen (Oktett 0x%02x)", c1)
	}
	return APDU{Format: FormatU, Function: function, Reserved: c2|c3|c4 != 0}, nil
}

// Append appends the octets of the APDU to dst. It fails, and appends nothing,
// where the ASDU's length does not suit the format or the function is none.
func (a APDU) Append(dst []byte) ([]byte, error) {
	switch a.Format {
	case FormatI:
		if len(a.ASDU) == 0 || len(a.ASDU) > MaxASDU {
			return dst, fmt.Errorf("ASDU of %d octets: an APDU in I format has 1 to %d", len(a.ASDU), MaxASDU)
		}
		return AppendI(dst, a.Send, a.Receive, a.ASDU), nil
	case FormatS, FormatU:
		if len(a.ASDU) != 0 {
			return dst, fmt.Errorf("ASDU of %d octets: an APDU in %s format has none", len(a.ASDU), a.Format)
		}
		if a.Format == FormatS {
			return AppendS(dst, a.Receive), nil
		}
		if !a.Function.Valid() {
			return dst, fmt.Errorf("%s is no single function", a.Function)
		}
		return AppendU(dst, a.Function), nil
	default:
		return dst, fmt.Errorf("format %d does not exist", a.Format)
	}
}

// AppendI appends an APDU in I format. The ASDU must have 1 to 249 octets,
// which is not checked.
func AppendI(dst []byte, send, receive Sequence, asdu []byte) []byte {
	dst = append(dst, StartOctet, byte(MinLength+len(asdu)),
		byte(send<<1), byte(send>>7), byte(receive<<1), byte(receive>>7))
	return append(dst, asdu...)
}

// AppendS appends an APDU in S format.
func AppendS(dst []byte, receive Sequence) []byte {
	return append(dst, StartOctet, MinLength, 1, 0, byte(receive<<1), byte(receive>>7))
}

// AppendU appends an APDU in U format.
func AppendU(dst []byte, function Function) []byte {
	return append(dst, StartOctet, MinLength, byte(function)|3, 0, 0, 0)
}

// String describes the control field, for example "I N(S)=5 N(R)=0", "S
// N(R)=6" or "TESTFR act".
func (a APDU) String() string {
	switch a.Format {
	case FormatI:
		return fmt.Sprintf("I N(S)=%d N(R)=%d", a.Send, a.Receive)
	case FormatS:
		return fmt.Sprintf("S N(R)=%d", a.Receive)
	case FormatU:
		return a.Function.String()
	default:
		return "format " + a.Format.String()
	}
}
