package asdu_test

import (
	"fmt"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/wire"
)

// A breaker has opened: the station tells so, with the time at which it saw it.
func ExampleNew() {
	seen := time.Date(2009, time.August, 13, 12, 34, 1, 0, time.UTC)
	a, err := asdu.New(nil, asdu.Header{
		Type: asdu.M_DP_TB_1, Cause: asdu.Spontaneous, CommonAddress: 1,
	}, asdu.DoublePoint{Address: 4001, Value: asdu.Off, Time: asdu.CP56(seen)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("% x\n", a.Append(nil))
	// Output: 1f 01 03 00 01 00 a1 0f 00 01 e8 03 22 0c 8d 08 09
}

// What a telegram holds is known with its type: here, measured values.
func ExampleAll() {
	var params *asdu.Params // the field lengths of IEC 60870-5-104
	a, err := params.Decode([]byte{
		11, 0x82, 20, 0, 1, 0, // M_ME_NB_1, SQ=1, two elements, interrogated by station interrogation
		0xa1, 0x0f, 0, // from address 4001 on
		0x39, 0x30, 0x00, // 12345
		0xc7, 0xcf, 0x40, // -12345, not topical
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for value, err := range asdu.All[asdu.ScaledValue](a) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(value.Address, value.Value, value.Quality)
	}
	// Output:
	// 4001 12345 good
	// 4002 -12345 NT
}

// Whoever takes every type uses a type switch.
func ExampleASDU_Objects() {
	var params *asdu.Params
	for _, data := range [][]byte{
		{45, 1, 6, 0, 1, 0, 0x70, 0x17, 0, 0x81},
		{200, 1, 3, 0, 1, 0, 1, 2, 3},
	} {
		a, err := params.Decode(data)
		if err != nil {
			fmt.Println(err)
			return
		}
		for object := range a.Objects() {
			switch o := object.(type) {
			case asdu.SingleCommand:
				fmt.Printf("%s %s: address %d, on %t, select %t\n", a.TypeName(), a.Cause, o.Address, o.Value, o.Select)
			case asdu.Raw:
				fmt.Printf("%s %s: % x\n", a.TypeName(), a.Cause, o.Octets)
			}
		}
	}
	// Output:
	// C_SC_NA_1 act: address 6000, on true, select true
	// 200 spont: 01 02 03
}

// A private type that has the structure of the standard's types can be declared.
func ExampleParams_Declare() {
	params, err := (*asdu.Params)(nil).Declare(asdu.PrivateType{
		Type: 200, Name: "M_TEMP_TB_1", Like: asdu.M_ME_NC_1, Time: asdu.TimeCP24,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	a, err := params.Decode([]byte{200, 1, 3, 0, 1, 0, 7, 0, 0, 0, 0, 0xac, 0x41, 0, 0xe8, 0x03, 34})
	if err != nil {
		fmt.Println(err)
		return
	}
	value, err := asdu.First[asdu.ShortFloat](a)
	fmt.Println(a.TypeName(), value.Value, value.Time, err)
	// Output: M_TEMP_TB_1 21.5 34:01.000 <nil>
}

// Wrong telegrams can be looked at too, down to the bit.
func ExampleParams_Walk() {
	var params *asdu.Params
	data := []byte{1, 1, 3, 0, 1, 0, 7, 0, 0, 0x83}
	w := wire.NewWalker(data)
	params.Walk(w)
	for _, node := range w.Nodes() {
		if node.Depth == 3 && node.Leaf {
			fmt.Printf("bit %d: %s = %d, %s\n", node.Bit, node.Name, node.Value, node.Text.EN)
		}
	}
	a, err := params.Decode(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range a.Violations() {
		fmt.Printf("octet %d: %s (%s)\n", v.Octet, v.Text.EN, v.Clause)
	}
	// Output:
	// bit 72: SPI = 1, on
	// bit 73: RES = 1, reserved, must be 0
	// bit 76: BL = 0, not blocked
	// bit 77: SB = 0, not substituted
	// bit 78: NT = 0, topical
	// bit 79: IV = 1, invalid
	// octet 10: reserved bits of object 7 are not 0 (7.2.6)
}

// The clock of a station in Berlin, in the hour that the end of summer time
// makes twice.
func ExampleTime_Instant() {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		return
	}
	reading := asdu.RawTime(asdu.TimeCP56, 0x18_0a_1b_02_1e_0000)
	for _, summer := range []bool{true, false} {
		instant, err := reading.WithSummer(summer).Instant(berlin)
		fmt.Println(instant.UTC(), err)
	}
	// Output:
	// 2024-10-27 00:30:00 +0000 UTC <nil>
	// 2024-10-27 01:30:00 +0000 UTC <nil>
}
