package capture

import (
	"iter"
)

// Options of pcapng blocks that are read or written.
const (
	optionEnd                  = 0
	optionComment              = 1
	optionHardware             = 2 // section header
	optionOS                   = 3 // section header
	optionApplication          = 4 // section header
	optionInterfaceName        = 2
	optionInterfaceDescription = 3
	optionTimeResolution       = 9
	optionInterfaceFCSLength   = 13
	optionTimeOffset           = 14
	optionPacketFlags          = 2
)

// options yields the options of a block: code (2 octets), length (2), value,
// padding to 4. It ends at the end option, and where a length exceeds what is
// there.
func options(data []byte, order byteOrder) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		for len(data) >= 4 {
			code, length := order.uint16(data), int(order.uint16(data[2:]))
			if code == optionEnd || length > len(data)-4 {
				return
			}
			if !yield(code, data[4:4+length]) {
				return
			}
			data = data[min(4+(length+3)&^3, len(data)):]
		}
	}
}

// appendOption appends an option. Values longer than an option holds are cut.
func appendOption(data []byte, order byteOrder, code uint16, value []byte) []byte {
	value = value[:min(len(value), 0xffff)]
	data = order.append16(data, code)
	data = order.append16(data, uint16(len(value)))
	data = append(data, value...)
	return pad(data, len(value))
}

// pad appends what is missing behind n octets to a multiple of 4.
func pad(data []byte, n int) []byte {
	return append(data, make([]byte, -n&3)...)
}
