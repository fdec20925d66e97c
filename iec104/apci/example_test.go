package apci_test

import (
	"fmt"

	"stellwerk/iec104/apci"
)

// A received frame, with the ASDU of a single point in it.
func ExampleDecode() {
	apdu, err := apci.Decode([]byte{
		0x68, 14, 0x02, 0x00, 0x06, 0x00, // N(S) = 1, N(R) = 3
		1, 1, 3, 0, 1, 0, 0xa1, 0x0f, 0x00, 1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s, ASDU of type %d\n", apdu, apdu.ASDU[0])
	_, err = apci.Decode([]byte{0x68, 4, 0x17, 0, 0, 0})
	fmt.Println(err)
	// Output:
	// I N(S)=1 N(R)=3, ASDU of type 1
	// octet 3 of the APDU (control field): APDU in U format has several functions (octet 0x17)
}

// Octets come as the network cuts them; frames come out whole.
func ExampleFramer() {
	var framer apci.Framer
	for _, segment := range [][]byte{{0x68, 4, 0x43}, {0, 0, 0, 0x68, 4, 0x01, 0, 0x10, 0, 0x68}} {
		framer.Feed(segment)
		for {
			frame, err := framer.Next()
			if err != nil {
				fmt.Println(err)
				return
			}
			if frame == nil {
				break // more octets are needed
			}
			apdu, err := apci.Decode(frame)
			fmt.Println(apdu, err)
		}
	}
	// Output:
	// TESTFR act <nil>
	// S N(R)=8 <nil>
}

func ExampleAppendI() {
	asdu := []byte{100, 1, 6, 0, 1, 0, 0, 0, 0, 20} // a station interrogation
	fmt.Printf("% x\n", apci.AppendI(nil, 0, 5, asdu))
	// Output: 68 0e 00 00 0a 00 64 01 06 00 01 00 00 00 00 14
}

func ExampleAppendS() {
	fmt.Printf("% x\n", apci.AppendS(nil, 32767))
	// Output: 68 04 01 00 fe ff
}

func ExampleAppendU() {
	fmt.Printf("% x\n", apci.AppendU(nil, apci.StartDTAct))
	// Output: 68 04 07 00 00 00
}
