package asdu_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/iec104/asdu"
)

var noon = asdu.CP56(time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC))

// try encodes objects with Append and New, which must agree, and returns the
// error.
func try[T asdu.Information[T]](t *testing.T, p *asdu.Params, h asdu.Header, objects ...T) error {
	t.Helper()
	before := []byte{1, 2, 3}
	data, err := asdu.Append(before, p, h, objects)
	a, newErr := asdu.New(p, h, objects...)
	switch {
	case (err == nil) != (newErr == nil) || err != nil && err.Error() != newErr.Error():
		t.Errorf("Append: %v, New: %v", err, newErr)
	case err != nil && !slices.Equal(data, before):
		t.Errorf("refused, but appended % x", data)
	case err == nil && !slices.Equal(data, a.Append([]byte{1, 2, 3})):
		t.Errorf("Append % x, New % x", data, a.Append(nil))
	}
	return err
}

func TestRefusedObjects(t *testing.T) {
	h := func(id asdu.TypeID) asdu.Header {
		return asdu.Header{Type: id, Cause: asdu.Spontaneous, CommonAddress: 1}
	}
	sequence := func(id asdu.TypeID) asdu.Header {
		return asdu.Header{Type: id, Sequence: true, Cause: asdu.Spontaneous, CommonAddress: 1}
	}
	short := &asdu.Params{CauseOctets: 1, CommonAddressOctets: 1, ObjectAddressOctets: 1}
	point := asdu.SinglePoint{Address: 1}
	for _, row := range []struct {
		name string
		err  error
		want string
	}{
		{"wrong type", try(t, nil, h(asdu.M_DP_NA_1), point), "asdu.SinglePoint cannot be sent as type M_DP_NA_1"},
		{"reserved type", try(t, nil, h(22), point), "asdu.SinglePoint cannot be sent as type 22"},
		{"type 0", try(t, nil, h(0), point), "asdu.SinglePoint cannot be sent as type 0"},
		{"private type", try(t, nil, h(200), point), "asdu.SinglePoint cannot be sent as type 200"},
		{"nothing", try[asdu.SinglePoint](t, nil, h(asdu.M_SP_NA_1)), "M_SP_NA_1: no object to send"},
		{"too many for N", try(t, nil, sequence(asdu.M_SP_NA_1), make([]asdu.SinglePoint, 128)...), "M_SP_NA_1: 128 objects, an ASDU has at most 127"},
		{"too many octets", try(t, nil, h(asdu.M_SP_NA_1), make([]asdu.SinglePoint, 61)...), "M_SP_NA_1: 61 objects take 250 octets, an ASDU has at most 249"},
		{"SQ=1 with time", try(t, nil, sequence(asdu.M_SP_TB_1), asdu.SinglePoint{Time: noon}), "M_SP_TB_1: the standard does not allow SQ=1 for it"},
		{"SQ=1 with a command", try(t, nil, sequence(asdu.C_SC_NA_1), asdu.SingleCommand{}), "C_SC_NA_1: the standard does not allow SQ=1 for it"},
		{"SQ=1 with a gap", try(t, nil, sequence(asdu.M_SP_NA_1), point, asdu.SinglePoint{Address: 3}), "M_SP_NA_1: with SQ=1, address 2 must follow 1, not 3"},
		{"SQ=1 with a repetition", try(t, nil, sequence(asdu.M_SP_NA_1), point, point), "M_SP_NA_1: with SQ=1, address 2 must follow 1, not 1"},
		{"SQ=1 beyond the highest address", try(t, nil, sequence(asdu.M_SP_NA_1), asdu.SinglePoint{Address: 0xffffff}, asdu.SinglePoint{Address: 0x1000000}), "M_SP_NA_1 with SQ=1: 2 elements from address 16777215 on run past the highest address 16777215"},
		{"SQ=1 beyond all numbers", try(t, nil, sequence(asdu.M_SP_NA_1), asdu.SinglePoint{Address: 0xffffffff}, asdu.SinglePoint{Address: 0}), "M_SP_NA_1: information object address 4294967295 is above 16777215, the highest"},
		{"address", try(t, nil, h(asdu.M_SP_NA_1), asdu.SinglePoint{Address: 1 << 24}), "M_SP_NA_1: information object address 16777216 is above 16777215, the highest"},
		{"address of one octet", try(t, short, h(asdu.M_SP_NA_1), point, asdu.SinglePoint{Address: 256}), "M_SP_NA_1: information object address 256 is above 255, the highest"},
		{"common address of one octet", try(t, short, asdu.Header{Type: asdu.M_SP_NA_1, Cause: 3, CommonAddress: 256}, point), "M_SP_NA_1: common address 256 does not fit into one octet"},
		{"originator without an octet", try(t, short, asdu.Header{Type: asdu.M_SP_NA_1, Cause: 3, Originator: 1}, point), "M_SP_NA_1: originator address 1, but causes of transmission have one octet"},
		{"cause", try(t, nil, asdu.Header{Type: asdu.M_SP_NA_1, Cause: 64}, point), "M_SP_NA_1: cause of transmission 64 is above 63"},
		{"no time", try(t, nil, h(asdu.M_SP_TB_1), point), "M_SP_TB_1: object 1 has no time tag of kind cp56"},
		{"no short time", try(t, nil, h(asdu.M_SP_TA_1), point), "M_SP_TA_1: object 1 has no time tag of kind cp24"},
		{"too little time", try(t, nil, h(asdu.M_SP_TB_1), asdu.SinglePoint{Address: 1, Time: asdu.CP24(time.Now())}), "M_SP_TB_1: object 1 has no time tag of kind cp56"},
		{"clock without time", try(t, nil, h(asdu.C_CS_NA_1), asdu.ClockSynchronization{}), "C_CS_NA_1: object 0 has no time tag of kind cp56"},
		{"two segments", try(t, nil, h(asdu.F_SG_NA_1), asdu.Segment{}, asdu.Segment{}), "F_SG_NA_1: 2 objects, it has one of variable length"},
		{"long segment", try(t, nil, h(asdu.F_SG_NA_1), asdu.Segment{Address: 1, Data: make([]byte, 256)}), "F_SG_NA_1: object 1: length of segment 256 is not within 0 to 255"},
		{"double point", try(t, nil, h(asdu.M_DP_NA_1), asdu.DoublePoint{Address: 1, Value: 4}), "M_DP_NA_1: object 1: state of double point 4 is not within 0 to 3"},
		{"step too high", try(t, nil, h(asdu.M_ST_NA_1), asdu.StepPosition{Address: 1, Value: 64}), "M_ST_NA_1: object 1: step position 64 is not within -64 to 63"},
		{"step too low", try(t, nil, h(asdu.M_ST_NA_1), asdu.StepPosition{Address: 1, Value: -65}), "M_ST_NA_1: object 1: step position -65 is not within -64 to 63"},
		{"counter", try(t, nil, h(asdu.M_IT_NA_1), asdu.IntegratedTotal{Address: 1, Value: asdu.Counter{Sequence: 32}}), "M_IT_NA_1: object 1: sequence number of counter 32 is not within 0 to 31"},
		{"protection event", try(t, nil, h(asdu.M_EP_TD_1), asdu.ProtectionEvent{Address: 1, Value: 4, Time: noon}), "M_EP_TD_1: object 1: state of protection event 4 is not within 0 to 3"},
		{"start events", try(t, nil, h(asdu.M_EP_TE_1), asdu.ProtectionStart{Address: 1, Value: 64, Time: noon}), "M_EP_TE_1: object 1: start events 64 is not within 0 to 63"},
		{"output circuits", try(t, nil, h(asdu.M_EP_TF_1), asdu.ProtectionOutput{Address: 1, Value: 16, Time: noon}), "M_EP_TF_1: object 1: output circuits 16 is not within 0 to 15"},
		{"qualifier", try(t, nil, h(asdu.C_SC_NA_1), asdu.SingleCommand{Address: 1, Qualifier: 32}), "C_SC_NA_1: object 1: qualifier of command 32 is not within 0 to 31"},
		{"double command", try(t, nil, h(asdu.C_DC_NA_1), asdu.DoubleCommand{Address: 1, Value: 4}), "C_DC_NA_1: object 1: state of double command 4 is not within 0 to 3"},
		{"qualifier of a double command", try(t, nil, h(asdu.C_DC_NA_1), asdu.DoubleCommand{Address: 1, Value: 1, Qualifier: 32}), "C_DC_NA_1: object 1: qualifier of command 32 is not within 0 to 31"},
		{"step command", try(t, nil, h(asdu.C_RC_NA_1), asdu.StepCommand{Address: 1, Value: 4}), "C_RC_NA_1: object 1: state of regulating step command 4 is not within 0 to 3"},
		{"set-point", try(t, nil, h(asdu.C_SE_NA_1), asdu.NormalizedSetpoint{Address: 1, Qualifier: 128}), "C_SE_NA_1: object 1: qualifier of set-point command 128 is not within 0 to 127"},
		{"scaled set-point", try(t, nil, h(asdu.C_SE_NB_1), asdu.ScaledSetpoint{Address: 1, Qualifier: 128}), "C_SE_NB_1: object 1: qualifier of set-point command 128 is not within 0 to 127"},
		{"float set-point", try(t, nil, h(asdu.C_SE_NC_1), asdu.FloatSetpoint{Address: 1, Qualifier: 128}), "C_SE_NC_1: object 1: qualifier of set-point command 128 is not within 0 to 127"},
		{"cause of initialization", try(t, nil, h(asdu.M_EI_NA_1), asdu.EndOfInitialization{Cause: 128}), "M_EI_NA_1: object 0: cause of initialization 128 is not within 0 to 127"},
		{"counter request", try(t, nil, h(asdu.C_CI_NA_1), asdu.CounterInterrogation{Request: 64}), "C_CI_NA_1: object 0: request of counters 64 is not within 0 to 63"},
		{"freeze", try(t, nil, h(asdu.C_CI_NA_1), asdu.CounterInterrogation{Freeze: 4}), "C_CI_NA_1: object 0: freeze 4 is not within 0 to 3"},
		{"parameter", try(t, nil, h(asdu.P_ME_NA_1), asdu.NormalizedParameter{Address: 1, Qualifier: asdu.ParameterQualifier{Kind: 64}}), "P_ME_NA_1: object 1: kind of parameter 64 is not within 0 to 63"},
		{"scaled parameter", try(t, nil, h(asdu.P_ME_NB_1), asdu.ScaledParameter{Address: 1, Qualifier: asdu.ParameterQualifier{Kind: 64}}), "P_ME_NB_1: object 1: kind of parameter 64 is not within 0 to 63"},
		{"float parameter", try(t, nil, h(asdu.P_ME_NC_1), asdu.FloatParameter{Address: 1, Qualifier: asdu.ParameterQualifier{Kind: 64}}), "P_ME_NC_1: object 1: kind of parameter 64 is not within 0 to 63"},
		{"file length", try(t, nil, h(asdu.F_FR_NA_1), asdu.FileReady{Address: 1, Length: 1 << 24}), "F_FR_NA_1: object 1: length of file 16777216 is not within 0 to 16777215"},
		{"file ready qualifier", try(t, nil, h(asdu.F_FR_NA_1), asdu.FileReady{Address: 1, Qualifier: 128}), "F_FR_NA_1: object 1: file ready qualifier 128 is not within 0 to 127"},
		{"section length", try(t, nil, h(asdu.F_SR_NA_1), asdu.SectionReady{Address: 1, Length: 1 << 24}), "F_SR_NA_1: object 1: length of section 16777216 is not within 0 to 16777215"},
		{"section ready qualifier", try(t, nil, h(asdu.F_SR_NA_1), asdu.SectionReady{Address: 1, Qualifier: 128}), "F_SR_NA_1: object 1: section ready qualifier 128 is not within 0 to 127"},
		{"file action", try(t, nil, h(asdu.F_SC_NA_1), asdu.FileCall{Address: 1, Action: 16}), "F_SC_NA_1: object 1: action 16 is not within 0 to 15"},
		{"file error", try(t, nil, h(asdu.F_SC_NA_1), asdu.FileCall{Address: 1, Error: 16}), "F_SC_NA_1: object 1: error 16 is not within 0 to 15"},
		{"file answer", try(t, nil, h(asdu.F_AF_NA_1), asdu.FileAcknowledgement{Address: 1, Answer: 16}), "F_AF_NA_1: object 1: answer 16 is not within 0 to 15"},
		{"file answer error", try(t, nil, h(asdu.F_AF_NA_1), asdu.FileAcknowledgement{Address: 1, Error: 16}), "F_AF_NA_1: object 1: error 16 is not within 0 to 15"},
		{"directory length", try(t, nil, h(asdu.F_DR_TA_1), asdu.DirectoryEntry{Address: 1, Length: 1 << 24, Time: noon}), "F_DR_TA_1: object 1: length of file 16777216 is not within 0 to 16777215"},
		{"directory status", try(t, nil, h(asdu.F_DR_TA_1), asdu.DirectoryEntry{Address: 1, Status: 32, Time: noon}), "F_DR_TA_1: object 1: status of file 32 is not within 0 to 31"},
		{"query without an end", try(t, nil, h(asdu.F_SC_NB_1), asdu.LogQuery{Address: 1, From: noon}), "F_SC_NB_1: object 1: both ends of the range must be CP56Time2a"},
		{"query without a beginning", try(t, nil, h(asdu.F_SC_NB_1), asdu.LogQuery{Address: 1, To: noon}), "F_SC_NB_1: object 1: both ends of the range must be CP56Time2a"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.err == nil || row.err.Error() != row.want {
				t.Errorf("error %v,\nwant  %s", row.err, row.want)
			}
		})
	}
}

// TestAcceptedObjects sends what is unusual and fits.
func TestAcceptedObjects(t *testing.T) {
	h := asdu.Header{Type: asdu.M_SP_NA_1, Cause: 63, CommonAddress: 0xffff, Originator: 255}
	short := &asdu.Params{CauseOctets: 1, CommonAddressOctets: 1, ObjectAddressOctets: 1}
	for name, err := range map[string]error{
		"time that the type has not":         try(t, nil, h, asdu.SinglePoint{Time: noon}),
		"quality that the type has not":      try(t, nil, h, asdu.SinglePoint{Quality: asdu.Overflow | asdu.ElapsedInvalid}),
		"addresses that do not ascend":       try(t, nil, h, asdu.SinglePoint{Address: 7}, asdu.SinglePoint{Address: 7}, asdu.SinglePoint{Address: 1}),
		"lowest and highest of short":        try(t, short, asdu.Header{Type: asdu.M_SP_NA_1, Cause: 1, CommonAddress: 255}, asdu.SinglePoint{Address: 255}),
		"several commands":                   try(t, nil, asdu.Header{Type: asdu.C_SC_NA_1, Cause: 6}, asdu.SingleCommand{Address: 1}, asdu.SingleCommand{Address: 2}),
		"state that is not permitted":        try(t, nil, asdu.Header{Type: asdu.C_DC_NA_1, Cause: 6}, asdu.DoubleCommand{Address: 1, Value: 3}),
		"short time out of a long one":       try(t, nil, asdu.Header{Type: asdu.M_SP_TA_1, Cause: 3}, asdu.SinglePoint{Time: noon}),
		"sequence up to the highest":         try(t, nil, asdu.Header{Type: asdu.M_SP_NA_1, Sequence: true, Cause: 3}, asdu.SinglePoint{Address: 0xfffffe}, asdu.SinglePoint{Address: 0xffffff}),
		"sequence of one":                    try(t, nil, asdu.Header{Type: asdu.M_SP_NA_1, Sequence: true, Cause: 3}, asdu.SinglePoint{Address: 0xffffff}),
		"reserved bits of a time are masked": try(t, nil, asdu.Header{Type: asdu.M_SP_TB_1, Cause: 3}, asdu.SinglePoint{Time: asdu.RawTime(asdu.TimeCP56, 1<<56-1)}),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLeftOut sends objects with more than their type can carry.
func TestLeftOut(t *testing.T) {
	full := asdu.SinglePoint{Address: 1, Value: true, Quality: 0xff, Time: asdu.RawTime(asdu.TimeCP56, 1<<56-1)}
	for _, row := range []struct {
		id   asdu.TypeID
		want []byte
	}{
		{asdu.M_SP_NA_1, []byte{1, 1, 3, 0, 1, 0, 1, 0, 0, 0xf1}},
		{asdu.M_SP_TA_1, []byte{2, 1, 3, 0, 1, 0, 1, 0, 0, 0xf1, 0xff, 0xff, 0xff}},
		{asdu.M_SP_TB_1, []byte{30, 1, 3, 0, 1, 0, 1, 0, 0, 0xf1, 0xff, 0xff, 0xff, 0x9f, 0xff, 0x0f, 0x7f}},
	} {
		got, err := asdu.Append(nil, nil, asdu.Header{Type: row.id, Cause: 3, CommonAddress: 1}, []asdu.SinglePoint{full})
		if err != nil || !slices.Equal(got, row.want) {
			t.Errorf("%s: % x, %v, want % x", row.id, got, err, row.want)
		}
	}
}

func TestAllOfAnotherFamily(t *testing.T) {
	var p *asdu.Params
	a, err := p.Decode(singlePoints[0].octets)
	if err != nil {
		t.Fatal(err)
	}
	const want = "type M_SP_NA_1 does not hold asdu.DoublePoint"
	count := 0
	for object, err := range asdu.All[asdu.DoublePoint](a) {
		count++
		if err == nil || err.Error() != want || object != (asdu.DoublePoint{}) {
			t.Errorf("%v, %v, want %s", object, err, want)
		}
	}
	if count != 1 {
		t.Errorf("%d objects and errors, want one error", count)
	}
	if _, err := asdu.First[asdu.DoublePoint](a); err == nil || err.Error() != want {
		t.Errorf("First: %v", err)
	}
}

func TestFirst(t *testing.T) {
	var p *asdu.Params
	a, err := p.Decode(singlePoints[0].octets)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := asdu.First[asdu.SinglePoint](a); err != nil || got != singlePoints[0].objects[0] {
		t.Errorf("First: %v, %v", got, err)
	}
	if a, err = p.Decode([]byte{1, 0, 3, 0, 1, 0}); err != nil {
		t.Fatal(err)
	}
	if _, err := asdu.First[asdu.SinglePoint](a); err == nil || err.Error() != "M_SP_NA_1 without an object" {
		t.Errorf("First of none: %v", err)
	}
}

// TestStop leaves the loops over objects early.
func TestStop(t *testing.T) {
	var p *asdu.Params
	a, err := p.Decode(singlePoints[0].octets)
	if err != nil {
		t.Fatal(err)
	}
	for object, err := range asdu.All[asdu.SinglePoint](a) {
		if err != nil || object.Address != 0x030201 {
			t.Errorf("went on to %d", object.Address)
		}
		break
	}
	for object := range a.Objects() {
		if object.IOA() != 0x030201 {
			t.Errorf("went on to %d", object.IOA())
		}
		break
	}
}

// TestWrongLength reads objects of ASDUs that do not fit: those that are whole,
// and the rest raw.
func TestWrongLength(t *testing.T) {
	var p *asdu.Params
	for _, row := range []struct {
		octets []byte
		want   []asdu.Object
	}{
		{[]byte{1, 2, 3, 0, 1, 0, 1, 0, 0, 1, 2, 0}, []asdu.Object{asdu.SinglePoint{Address: 1, Value: true}, asdu.Raw{Octets: []byte{2, 0}}}},
		{[]byte{1, 0x82, 3, 0, 1, 0, 1, 0, 0, 1}, []asdu.Object{asdu.SinglePoint{Address: 1, Value: true}}},
		{[]byte{1, 1, 3, 0, 1, 0}, nil},
		{[]byte{125, 1, 13, 0, 1, 0, 1, 0, 0, 2, 0, 3, 2, 9}, []asdu.Object{asdu.Raw{Octets: []byte{1, 0, 0, 2, 0, 3, 2, 9}}}},
		{[]byte{125, 1, 13, 0, 1, 0, 1, 0, 0, 2, 0, 3, 1, 9, 8}, []asdu.Object{asdu.Segment{Address: 1, File: 2, Section: 3, Declared: 1, Data: []byte{9}}, asdu.Raw{Octets: []byte{8}}}},
	} {
		a, err := p.Decode(row.octets)
		if err == nil {
			t.Errorf("% x: no error", row.octets)
		}
		if got := slices.Collect(a.Objects()); !cmp.Equal(got, row.want) {
			t.Errorf("% x: objects (-want +got):\n%s", row.octets, cmp.Diff(row.want, got))
		}
	}
}

// TestRaw passes on what nobody understands.
func TestRaw(t *testing.T) {
	for _, p := range everyParams() {
		header := p.HeaderOctets()
		for _, id := range []asdu.TypeID{0, 22, 99, 119, 128, 135, 136, 255} {
			for _, body := range [][]byte{nil, {7}, {1, 2, 3, 4, 5}} {
				data := append(slices.Repeat([]byte{0xff}, header), body...)
				data[0] = byte(id)
				a, err := p.Decode(data)
				if err != nil || a.Known() || a.TimeKind() != asdu.TimeNone || a.Count() != 127 {
					t.Fatalf("type %d, %+v: %+v, %v", id, p, a, err)
				}
				if got := a.Append(nil); !slices.Equal(got, data) {
					t.Errorf("type %d, %+v: passed on as % x, want % x", id, p, got, data)
				}
				var want []asdu.Object
				if body != nil {
					want = []asdu.Object{asdu.Raw{Octets: body}}
				}
				if got := slices.Collect(a.Objects()); !cmp.Equal(got, want) {
					t.Errorf("type %d: objects (-want +got):\n%s", id, cmp.Diff(want, got))
				}
				made, err := asdu.NewRaw(p, a.Header, a.Count(), body)
				if err != nil || !slices.Equal(made.Append(nil), data) {
					t.Errorf("type %d, %+v: made % x, %v", id, p, made.Append(nil), err)
				}
				coverage(t, p, data)
			}
		}
	}
	if raw := (asdu.Raw{}); raw.IOA() != 0 || !raw.Timestamp().IsZero() {
		t.Error("raw octets have an address or a time")
	}
}

func TestNewRawRefused(t *testing.T) {
	short := &asdu.Params{CauseOctets: 1, CommonAddressOctets: 1}
	for _, row := range []struct {
		params *asdu.Params
		header asdu.Header
		count  int
		octets int
		want   string
	}{
		{nil, asdu.Header{Type: 200}, -1, 0, "200: -1 objects, an ASDU has 0 to 127"},
		{nil, asdu.Header{Type: 200}, 128, 0, "200: 128 objects, an ASDU has 0 to 127"},
		{nil, asdu.Header{Type: 200}, 1, 244, "200: 250 octets, an ASDU has at most 249"},
		{nil, asdu.Header{Type: 200, Cause: 64}, 1, 1, "200: cause of transmission 64 is above 63"},
		{short, asdu.Header{Type: 200, Originator: 1}, 1, 1, "200: originator address 1, but causes of transmission have one octet"},
		{short, asdu.Header{Type: 200, CommonAddress: 256}, 1, 1, "200: common address 256 does not fit into one octet"},
	} {
		if _, err := asdu.NewRaw(row.params, row.header, row.count, make([]byte, row.octets)); err == nil || err.Error() != row.want {
			t.Errorf("error %v, want %s", err, row.want)
		}
	}
	if _, err := asdu.NewRaw(nil, asdu.Header{Type: 200}, 0, make([]byte, 243)); err != nil {
		t.Error(err)
	}
}

// TestAllocations counts allocations where the documentation promises none.
func TestAllocations(t *testing.T) {
	buffer := make([]byte, 0, asdu.MaxOctets)
	exact := make([]byte, 0, 6+10*15)
	floats, points := measured(), states()
	var p *asdu.Params
	a, data := decoded(t, measuredHeader, floats)
	b, _ := decoded(t, statesHeader, points)
	text := make([]byte, 0, 64)
	at := noon
	for name, run := range map[string]func(){
		"Append":              func() { _, _ = asdu.Append(buffer, nil, measuredHeader, floats) },
		"Append, exact room":  func() { _, _ = asdu.Append(exact, nil, measuredHeader, floats) },
		"Append, SQ=1":        func() { _, _ = asdu.Append(buffer, nil, statesHeader, points) },
		"Append, one object":  func() { _, _ = asdu.Append(buffer, nil, measuredHeader, []asdu.ShortFloat{{Address: 1, Time: at}}) },
		"Decode":              func() { _, _ = p.Decode(data) },
		"ASDU.Append":         func() { a.Append(buffer) },
		"Time.AppendText":     func() { at.AppendText(text) },
		"Time.Instant":        func() { _, _ = at.Instant(time.UTC) },
		"CP56":                func() { at = asdu.CP56(benchmarkTime) },
		"Violations, if none": func() { a.Violations() },
		"All": func() {
			for object, err := range asdu.All[asdu.ShortFloat](a) {
				if err != nil || object.Address == 0 {
					t.Error("no object")
				}
			}
		},
		"All, SQ=1": func() {
			for object, err := range asdu.All[asdu.SinglePoint](b) {
				if err != nil || object.Address == 0 {
					t.Error("no object")
				}
			}
		},
		"First": func() { _, _ = asdu.First[asdu.ShortFloat](a) },
	} {
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
	// One for the octets; the race detector makes it two.
	if n := testing.AllocsPerRun(100, func() { _, _ = asdu.New(nil, measuredHeader, floats...) }); n < 1 || n > 2 {
		t.Errorf("New allocates %v times", n)
	}
}
