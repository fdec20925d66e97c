package ams

import (
	"encoding/binary"
	"fmt"
)

// HeaderLength is the length of an AMS header in octets.
const HeaderLength = 32

// Header is an AMS header.
type Header struct {
	Target     Address
	Source     Address
	Command    Command
	StateFlags StateFlags
	Length     uint32     // of the data behind the header, in octets
	Error      ReturnCode // the AMS error; an answer with one may come without data
	InvokeID   uint32     // chosen by who asks, and returned with the answer
}

// DecodeHeader reads a header, of which data must have all 32 octets.
func DecodeHeader(data []byte) (Header, error) {
	if len(data) < HeaderLength {
		return Header{}, fmt.Errorf("AMS header: %d octets, it has %d", len(data), HeaderLength)
	}
	return Header{
		Target:     addressAt(data),
		Source:     addressAt(data[8:]),
		Command:    Command(binary.LittleEndian.Uint16(data[16:])),
		StateFlags: StateFlags(binary.LittleEndian.Uint16(data[18:])),
		Length:     binary.LittleEndian.Uint32(data[20:]),
		Error:      ReturnCode(binary.LittleEndian.Uint32(data[24:])),
		InvokeID:   binary.LittleEndian.Uint32(data[28:]),
	}, nil
}

// Append appends the header.
func (h *Header) Append(dst []byte) []byte {
	dst = h.Source.append(h.Target.append(dst))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(h.Command))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(h.StateFlags))
	dst = binary.LittleEndian.AppendUint32(dst, h.Length)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(h.Error))
	return binary.LittleEndian.AppendUint32(dst, h.InvokeID)
}

// IsResponse reports whether the header belongs to an answer. What a device
// sends of itself, [DeviceNotification], is none.
func (h *Header) IsResponse() bool { return h.StateFlags&Response != 0 }

// Answer returns the header of the answer to a request, with source and target
// changed over, and the same command, transport and invoke ID. Bits that are not
// defined are 0 in it.
func (h *Header) Answer(length uint32, code ReturnCode) Header {
	return Header{
		Target: h.Source, Source: h.Target, Command: h.Command,
		StateFlags: ResponseFlags | h.StateFlags&UDP,
		Length:     length, Error: code, InvokeID: h.InvokeID,
	}
}
