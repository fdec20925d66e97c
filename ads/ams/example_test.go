package ams_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"stellwerk/ads/ams"
)

// A stream is read packet by packet, until it ends.
func ExampleNewReader() {
	frame := ams.Frame{
		Header: ams.Header{
			Target:  ams.Address{NetID: ams.NetID{192, 168, 0, 5, 1, 1}, Port: ams.PortTC3PLC1},
			Source:  ams.Address{NetID: ams.NetID{192, 168, 0, 9, 1, 1}, Port: 33000},
			Command: ams.ReadState, StateFlags: ams.RequestFlags, InvokeID: 7,
		},
	}
	stream := bytes.NewReader(frame.Append(nil, ams.OverTCP))

	reader := ams.NewReader(stream, ams.OverTCP, 0)
	for {
		packet, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		f := packet.Frame
		fmt.Println(f.Command, "from", f.Source, "to", f.Target, "with the invoke ID", f.InvokeID)
	}
	// Output: ReadState from 192.168.0.9.1.1:33000 to 192.168.0.5.1.1:851 with the invoke ID 7
}
