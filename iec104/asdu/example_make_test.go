package asdu_test

import (
	"fmt"
	"time"

	"stellwerk/iec104/asdu"
)

// What cannot be decoded to its end is returned as far as it goes.
func ExampleParams_Decode() {
	var params *asdu.Params // the field lengths of IEC 60870-5-104
	a, err := params.Decode([]byte{1, 2, 3, 0, 1, 0, 0xa1, 0x0f, 0x00, 1})
	fmt.Println(a.Type, a.Cause, a.CommonAddress)
	fmt.Println(err)
	// Output:
	// M_SP_NA_1 spont 1
	// octet 11 of the ASDU (IOA): missing: 2 object(s) of M_SP_NA_1 take 14 octets, the ASDU has 10
}

// The one object of a command.
func ExampleFirst() {
	var params *asdu.Params
	a, err := params.Decode([]byte{46, 1, 6, 0, 1, 0, 0x4c, 0x04, 0x00, 0x82})
	if err != nil {
		fmt.Println(err)
		return
	}
	command, err := asdu.First[asdu.DoubleCommand](a)
	fmt.Println(command.Address, command.Value, "select", command.Select, err)
	// Output: 1100 on select true <nil>
}

// Without an allocation for each ASDU, as for the data path: the slices are used
// again.
func ExampleCollect() {
	h := asdu.Header{Type: asdu.M_ME_NC_1, Cause: asdu.Cyclic, CommonAddress: 1}
	var octets []byte
	var values []asdu.ShortFloat
	for n := range 2 {
		var params *asdu.Params
		var err error
		if octets, err = asdu.Append(octets[:0], params, h, []asdu.ShortFloat{
			{Address: 300, Value: float32(n)}, {Address: 301, Value: 50},
		}); err != nil {
			fmt.Println(err)
			return
		}
		a, err := params.Decode(octets)
		if err != nil {
			fmt.Println(err)
			return
		}
		values, err = asdu.Collect(values[:0], a)
		fmt.Println(len(values), values[0].Value, values[1].Value, err)
	}
	// Output:
	// 2 0 50 <nil>
	// 2 1 50 <nil>
}

// Neighbouring addresses share one address field with SQ = 1.
func ExampleAppend() {
	octets, err := asdu.Append(nil, nil, asdu.Header{
		Type: asdu.M_SP_NA_1, Cause: asdu.InterrogatedByStation, CommonAddress: 1, Sequence: true,
	}, []asdu.SinglePoint{{Address: 100, Value: true}, {Address: 101}, {Address: 102, Quality: asdu.Invalid}})
	fmt.Printf("% x %v\n", octets, err)
	// Output: 01 83 14 00 01 00 64 00 00 01 00 80 <nil>
}

// A private type whose octets nobody but its users knows.
func ExampleNewRaw() {
	a, err := asdu.NewRaw(nil, asdu.Header{Type: 200, Cause: asdu.Spontaneous, CommonAddress: 1}, 1, []byte{0x39, 0x30, 0, 0xff})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s private %v: % x\n", a.TypeName(), a.Type.Private(), a.Append(nil))
	// Output: 200 private true: c8 01 03 00 01 00 39 30 00 ff
}

// A time tag shows what the clock of a zone shows, with the SU bit in summer.
func ExampleCP56() {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		return
	}
	tag := asdu.CP56(time.Date(2026, 7, 1, 12, 0, 0, 5e6, time.UTC).In(berlin))
	instant, err := tag.Instant(berlin)
	fmt.Println(tag, tag.Summer(), instant.UTC(), err)
	fmt.Println(tag.WithInvalid(true).Invalid())
	// Output:
	// 2026-07-01T14:00:00.005 true 2026-07-01 12:00:00.005 +0000 UTC <nil>
	// true
}

// CP24Time2a has minutes and milliseconds alone.
func ExampleCP24() {
	tag := asdu.CP24(time.Date(2026, 7, 1, 12, 34, 56, 789e6, time.UTC))
	fmt.Println(tag, tag.Minute(), tag.Milliseconds())
	// Output: 34:56.789 34 56789
}

func ExampleRawTime() {
	tag := asdu.RawTime(asdu.TimeCP56, 0x19_0b_15_06_1e_13_88)
	fmt.Println(tag, tag.Kind().Octets(), "octets")
	// Output: 2025-11-21T06:30:05.000 7 octets
}

// Normalized values are within [-1, 1): what lies beyond is brought to its end.
func ExampleNormalizedOf() {
	for _, f := range []float64{0.5, -1, 1} {
		n, fits := asdu.NormalizedOf(f)
		fmt.Println(int16(n), n.Float64(), fits)
	}
	// Output:
	// 16384 0.5 true
	// -32768 -1 true
	// 32767 0.999969482421875 false
}

func ExampleParseTypeID() {
	for _, text := range []string{"M_ME_TF_1", "36", "M_XX_NA_1"} {
		t, ok := asdu.ParseTypeID(text)
		fmt.Println(uint8(t), t.Text().EN, ok)
	}
	// Output:
	// 36 measured value, short floating point number with time tag CP56Time2a true
	// 36 measured value, short floating point number with time tag CP56Time2a true
	// 0 not used false
}
