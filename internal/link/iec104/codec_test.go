package iec104

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	proto "stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/point"
	"stellwerk/internal/rig"
)

// utc are clocks that show UTC.
var utc = proto.TimeZone{Location: time.UTC}

func TestMain(m *testing.M) { rig.Main(m) }

func berlin(t *testing.T) *time.Location {
	t.Helper()
	location, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return location
}

// through decodes an ASDU, routes its points to the same addresses of a link with
// other field lengths, and encodes them.
func through(t *testing.T, a asdu.ASDU, to *asdu.Params, zone proto.TimeZone) []asdu.ASDU {
	t.Helper()
	received := time.Date(2026, 7, 1, 12, 20, 0, 0, time.UTC)
	d := decoder{link: "substation", zone: zone}
	updates, err := d.decode(a, 7, received)
	if err != nil {
		t.Fatalf("%s: %v", a.TypeName(), err)
	}
	e := &encoder{params: to, zone: zone}
	var made []asdu.ASDU
	for _, part := range e.encode(updates, func(u *point.Update, err error) { t.Errorf("%s: %s: %v", a.TypeName(), u.ID, err) }) {
		made = append(made, part.asdu)
	}
	return made
}

const allFlags = asdu.Overflow | asdu.Blocked | asdu.Substituted | asdu.NotTopical | asdu.Invalid

// Every type that points can express comes out as it came in, with every quality.
func TestEveryTypeThrough(t *testing.T) {
	location := berlin(t)
	moment := time.Date(2026, 7, 1, 14, 10, 5, 123e6, location)
	for _, v := range monitored {
		for _, typ := range []asdu.TypeID{v.none, v.cp24, v.cp56} {
			if typ == 0 {
				continue
			}
			var tag asdu.Time
			switch typ {
			case v.cp24:
				tag = asdu.CP24(moment).WithSubstituted(true) // the hour is put in here
			case v.cp56:
				tag = asdu.CP56(moment)
			default: // none
			}
			for quality := range allFlags + 1 {
				if quality&^allFlags != 0 {
					continue
				}
				a, ok := sample(t, typ, quality, tag)
				if !ok {
					continue
				}
				for _, to := range []*asdu.Params{nil, {CauseOctets: 1, CommonAddressOctets: 1, ObjectAddressOctets: 2}} {
					made := through(t, a, to, proto.TimeZone{Location: location})
					if len(made) != 1 {
						t.Fatalf("%s: %d ASDUs", typ, len(made))
					}
					back, err := made[0].WithParams(nil)
					if err != nil {
						t.Fatal(err)
					}
					if got, want := back.Append(nil), a.Append(nil); !bytes.Equal(got, want) {
						t.Errorf("%s, quality %v: % x\nbecomes % x", typ, quality, want, got)
					}
				}
			}
		}
	}
}

// sample makes an ASDU with two objects; false where the type has not all of the
// flags.
func sample(t *testing.T, typ asdu.TypeID, q asdu.Quality, tag asdu.Time) (asdu.ASDU, bool) {
	t.Helper()
	h := asdu.Header{Type: typ, Cause: asdu.Spontaneous, CommonAddress: 3}
	var (
		a   asdu.ASDU
		err error
	)
	if q&asdu.Overflow != 0 && (strings.HasPrefix(typ.String(), "M_SP") || strings.HasPrefix(typ.String(), "M_DP")) {
		return a, false
	}
	switch {
	case strings.HasPrefix(typ.String(), "M_SP"):
		a, err = asdu.New(nil, h, asdu.SinglePoint{Address: 1, Value: true, Quality: q, Time: tag}, asdu.SinglePoint{Address: 700, Time: tag})
	case strings.HasPrefix(typ.String(), "M_DP"):
		a, err = asdu.New(nil, h, asdu.DoublePoint{Address: 1, Value: asdu.On, Quality: q, Time: tag}, asdu.DoublePoint{Address: 2, Value: asdu.Intermediate, Time: tag})
	case strings.HasPrefix(typ.String(), "M_ST"):
		a, err = asdu.New(nil, h, asdu.StepPosition{Address: 1, Value: -64, Transient: true, Quality: q, Time: tag}, asdu.StepPosition{Address: 2, Value: 63, Time: tag})
	case strings.HasPrefix(typ.String(), "M_BO"):
		a, err = asdu.New(nil, h, asdu.BitString{Address: 1, Value: 0x80000001, Quality: q, Time: tag}, asdu.BitString{Address: 2, Time: tag})
	case typ == asdu.M_ME_ND_1:
		if q != 0 {
			return a, false
		}
		a, err = asdu.New(nil, h, asdu.PlainNormalizedValue{Address: 1, Value: -32768}, asdu.PlainNormalizedValue{Address: 2, Value: 32767})
	case strings.HasPrefix(typ.String(), "M_ME_NA"), typ == asdu.M_ME_TA_1, typ == asdu.M_ME_TD_1:
		a, err = asdu.New(nil, h, asdu.NormalizedValue{Address: 1, Value: -32768, Quality: q, Time: tag}, asdu.NormalizedValue{Address: 2, Value: 32767, Time: tag})
	case typ == asdu.M_ME_NB_1, typ == asdu.M_ME_TB_1, typ == asdu.M_ME_TE_1:
		a, err = asdu.New(nil, h, asdu.ScaledValue{Address: 1, Value: -32768, Quality: q, Time: tag}, asdu.ScaledValue{Address: 2, Value: 32767, Time: tag})
	case strings.HasPrefix(typ.String(), "M_ME"):
		a, err = asdu.New(nil, h, asdu.ShortFloat{Address: 1, Value: 1.5e-40, Quality: q, Time: tag}, asdu.ShortFloat{Address: 2, Value: -3.4e38, Time: tag})
	default:
		if q&^asdu.Invalid != 0 {
			return a, false
		}
		a, err = asdu.New(nil, h,
			asdu.IntegratedTotal{Address: 1, Value: asdu.Counter{Count: -5, Sequence: 31, Carry: true, Adjusted: true, Invalid: q != 0}, Time: tag},
			asdu.IntegratedTotal{Address: 2, Value: asdu.Counter{Count: 1 << 30}, Time: tag})
	}
	if err != nil {
		t.Fatalf("%s: %v", typ, err)
	}
	return a, true
}

// Every flag is the same flag on the other side, and the empty set stays empty.
func TestQuality(t *testing.T) {
	for q := range point.Quality(32) {
		if back := pointQuality(asduQuality(q)); back != q {
			t.Errorf("%v becomes %v", q, back)
		}
		for _, pair := range []struct {
			flag point.Quality
			want asdu.Quality
		}{
			{point.Overflow, asdu.Overflow},
			{point.Blocked, asdu.Blocked},
			{point.Substituted, asdu.Substituted},
			{point.NotTopical, asdu.NotTopical},
			{point.Invalid, asdu.Invalid},
		} {
			if q.Has(pair.flag) != (asduQuality(q)&pair.want != 0) {
				t.Errorf("%v becomes %v", q, asduQuality(q))
			}
		}
	}
}

// A time tag comes out as it came in, octet for octet, at the end of summer time
// too. Where the zone has summer time and a source goes on in winter time, what is
// sent is in summer time, and the same instant.
func TestTimesThrough(t *testing.T) {
	location := berlin(t)
	for _, zone := range []*time.Location{time.UTC, location} {
		clocks := proto.TimeZone{Location: zone}
		for _, wall := range []time.Time{
			time.Date(2026, 1, 15, 12, 0, 59, 999e6, time.UTC),
			time.Date(2026, 7, 15, 23, 30, 0, 1e6, time.UTC),
			time.Date(2026, 10, 25, 1, 59, 0, 0, time.UTC),
			time.Date(2026, 10, 25, 2, 30, 0, 0, time.UTC),
			time.Date(2026, 10, 25, 3, 0, 0, 0, time.UTC),
			time.Date(2026, 3, 29, 1, 59, 0, 0, time.UTC),
			time.Date(2026, 3, 29, 3, 1, 0, 0, time.UTC),
			time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC),
		} {
			for _, summer := range []bool{false, true} {
				for bits := range 4 {
					tag := asdu.CP56(wall).WithSummer(summer).WithInvalid(bits&1 != 0).WithSubstituted(bits&2 != 0)
					through := asduTime(pointTime(tag, clocks, time.Now()), asdu.TimeCP56, clocks)
					before, _ := tag.Instant(zone)
					if !summer && zone == location && before.In(location).IsDST() {
						after, _ := through.Instant(zone)
						if !before.Equal(after) {
							t.Errorf("%s: %v becomes %v, another instant", zone, tag, through)
						}
						continue
					}
					if through != tag {
						t.Errorf("%s: %v becomes %v", zone, tag, through)
					}
				}
			}
		}
	}
}

// CP24Time2a has no hour: that of the reception is put in, by the clock of the far
// end, whose zone may differ by half an hour.
func TestShortTime(t *testing.T) {
	for _, test := range []struct{ zone, tag, received, want string }{
		{"UTC", "10:59:59", "11:00:01", "10:59:59"},
		{"UTC", "11:00:01", "10:59:59", "11:00:01"},
		{"UTC", "11:20:00", "11:20:30", "11:20:00"},
		{"Asia/Kolkata", "16:40:00", "11:10:30", "11:10:00"},
		{"Asia/Kolkata", "16:29:59", "11:00:01", "10:59:59"},
	} {
		zone, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		parse := func(text string) time.Time {
			at, err := time.Parse("2006-01-02 15:04:05", "2026-07-01 "+text)
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		got := pointTime(asdu.CP24(parse(test.tag)), proto.TimeZone{Location: zone}, parse(test.received))
		if got.At.Time() != parse(test.want) || got.Flags != point.TimeSource|point.TimeSubstituted {
			t.Errorf("%v: %v", test, got)
		}
	}
}

func TestImpossibleTimes(t *testing.T) {
	tag := asdu.CP56(time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC))
	octets := fmt.Sprintf("%v", tag)
	if got := pointTime(tag, utc, time.Now()); got.Has(point.TimeInvalid) {
		t.Errorf("%s: %v", octets, got)
	}
	impossible := point.SourceTime(time.Time{}, point.TimeInvalid)
	if got := asduTime(impossible, asdu.TimeCP56, utc); !got.Invalid() {
		t.Errorf("an impossible time is sent as %v", got)
	}
}

// What points cannot express goes through as it is, also to links with other field
// lengths, with the common address of the route.
func TestUntouchedTelegrams(t *testing.T) {
	tag := asdu.CP56(time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC))
	events, err := asdu.New(nil, asdu.Header{Type: asdu.M_EP_TD_1, Cause: asdu.Spontaneous, CommonAddress: 3},
		asdu.ProtectionEvent{Address: 77, Time: tag})
	if err != nil {
		t.Fatal(err)
	}
	packed, err := asdu.New(nil, asdu.Header{Type: asdu.M_PS_NA_1, Cause: asdu.InterrogatedByStation, CommonAddress: 3},
		asdu.PackedSinglePoints{Address: 5})
	if err != nil {
		t.Fatal(err)
	}
	private, err := asdu.NewRaw(nil, asdu.Header{Type: 200, Cause: asdu.Spontaneous, CommonAddress: 3, Test: true}, 3, []byte{1, 2, 3, 4, 5})
	if err != nil {
		t.Fatal(err)
	}
	small := &asdu.Params{CauseOctets: 1, CommonAddressOctets: 1, ObjectAddressOctets: 2}
	for _, a := range []asdu.ASDU{events, packed, private} {
		for _, from := range []*asdu.Params{nil, small} {
			for _, to := range []*asdu.Params{nil, small} {
				came, err := a.WithParams(from)
				if a.Type == 200 && (from != nil || to != nil) {
					continue // nobody knows where its object addresses stand
				}
				if err != nil {
					t.Fatal(err)
				}
				made := through(t, came, to, utc)
				if len(made) != 1 {
					t.Fatalf("%s: %d ASDUs", a.TypeName(), len(made))
				}
				back, err := made[0].WithParams(nil)
				if err != nil {
					t.Fatal(err)
				}
				if got, want := back.Append(nil), a.Append(nil); !bytes.Equal(got, want) {
					t.Errorf("%s: % x becomes % x", a.TypeName(), want, got)
				}
			}
		}
	}
	e := &encoder{}
	u := point.Update{ID: point.ID{Link: "control", Address: "9"}, Value: point.RawValue(), Telegram: &point.Telegram{Protocol: Protocol, Raw: events.Append(nil)}}
	made := e.encode([]point.Update{u}, func(_ *point.Update, err error) { t.Error(err) })
	if len(made) != 1 || made[0].asdu.CommonAddress != 9 {
		t.Errorf("%+v", made)
	}
	for _, wrong := range []point.Telegram{{Protocol: "ads", Raw: events.Append(nil)}, {Protocol: Protocol, Raw: []byte{1}}} {
		refused := 0
		u.Telegram = &wrong
		e.encode([]point.Update{u}, func(*point.Update, error) { refused++ })
		if refused != 1 {
			t.Errorf("%+v is not refused", wrong)
		}
	}
}

func TestCauses(t *testing.T) {
	for _, test := range []struct {
		cause point.Cause
		typ   asdu.TypeID
		want  asdu.Cause
	}{
		{point.CauseSpontaneous, asdu.M_SP_TB_1, asdu.Spontaneous},
		{point.CauseCyclic, asdu.M_ME_NC_1, asdu.Cyclic},
		{point.CauseCyclic, asdu.M_SP_NA_1, asdu.Spontaneous},
		{point.CauseInterrogated, asdu.M_SP_NA_1, asdu.Background},
		{point.InterrogatedGroup(16), asdu.M_ME_NC_1, asdu.Background},
		{point.CauseInterrogated, asdu.M_SP_TB_1, asdu.Spontaneous},
		{point.CounterGroup(1), asdu.M_IT_NA_1, asdu.Spontaneous},
		{point.CauseRequested, asdu.M_SP_NA_1, asdu.Background},
		{point.CauseReturnRemote, asdu.M_DP_TB_1, asdu.ReturnRemote},
		{point.CauseReturnLocal, asdu.M_DP_NA_1, asdu.ReturnLocal},
		{point.CauseUnknown, asdu.M_DP_NA_1, asdu.Background},
	} {
		if got := outgoingCause(test.cause, test.typ); got != test.want {
			t.Errorf("%v with %s goes out as %v, not %v", test.cause, test.typ, got, test.want)
		}
	}
}

// Neighbours share an ASDU as long as there is room, and nothing is overtaken.
func TestGrouping(t *testing.T) {
	e := &encoder{zone: utc}
	var updates []point.Update
	for n := range 400 {
		u := point.Update{
			ID: point.ID{Link: "control", Address: fmt.Sprint("1/", 1+n%3)}, Cause: point.CauseSpontaneous,
			Value: point.NumberValue(float64(n)), Type: "M_ME_NC_1",
		}
		switch {
		case n%97 == 50:
			u.Value, u.Type = point.SingleValue(n%2 == 0), ""
		case n%131 == 60:
			u.ID.Address = "nonsense"
		case n > 300:
			u.Time = point.SourceTime(time.Unix(int64(n), 0), 0)
			u.Type = "M_ME_TF_1"
		}
		updates = append(updates, u)
	}
	refused, count, last := 0, 0, map[asdu.ObjectAddress]float32{}
	for _, part := range e.encode(updates, func(*point.Update, error) { refused++ }) {
		count += part.updates
		if part.asdu.Len() > asdu.MaxOctets || part.asdu.Count() > part.updates {
			t.Errorf("%d octets, %d objects of %d updates", part.asdu.Len(), part.asdu.Count(), part.updates)
		}
		for object := range part.asdu.Objects() {
			if o, ok := object.(asdu.ShortFloat); ok {
				if o.Value <= last[o.Address] && last[o.Address] != 0 {
					t.Fatalf("%v after %v", o.Value, last[o.Address])
				}
				last[o.Address] = o.Value
			}
		}
	}
	if count != len(updates) || refused != 3 {
		t.Errorf("%d of %d updates, %d refused", count, len(updates), refused)
	}
}

// A value without a quality descriptor is withheld when it is not good, numbers
// beyond a type are brought to its end, and counters know invalid alone.
func TestWhatTypesCannotSay(t *testing.T) {
	e := &encoder{zone: utc}
	for _, test := range []struct {
		value   point.Value
		typ     string
		quality point.Quality
		want    string
	}{
		{point.NumberValue(0.5), "M_ME_ND_1", point.NotTopical, "refused"},
		{point.NumberValue(7), "M_ME_NA_1", 0, "{1 0.999969482421875 OV 0}"},
		{point.NumberValue(-1e9), "M_ME_NB_1", 0, "-32768 OV"},
		{point.CounterValue(point.CounterReading{Count: 3}), "", point.NotTopical, "IV"},
		{point.CounterValue(point.CounterReading{Count: 3}), "", point.Blocked, "valid"},
		{point.Value{}, "M_DP_NA_1", point.Invalid | point.NotTopical, "indeterminate"},
		{point.Value{}, "", point.Invalid, "refused"},
		{point.SingleValue(true), "M_ME_NC_1", 0, "M_SP_NA_1"},
	} {
		u := point.Update{ID: point.ID{Address: "1/1"}, Value: test.value, Type: test.typ, Quality: test.quality, Cause: point.CauseSpontaneous}
		got := ""
		made := e.encode([]point.Update{u}, func(*point.Update, error) { got = "refused" })
		for object := range made[0].asdu.Objects() {
			switch o := object.(type) {
			case asdu.NormalizedValue:
				got = fmt.Sprintf("{%d %v %s 0}", o.Address, o.Value.Float64(), pointQuality(o.Quality))
			case asdu.ScaledValue:
				got = fmt.Sprint(o.Value, " ", pointQuality(o.Quality))
			case asdu.IntegratedTotal:
				got = map[bool]string{true: "IV", false: "valid"}[o.Value.Invalid]
			case asdu.DoublePoint:
				got = o.Value.String()
			case asdu.SinglePoint:
				got = made[0].asdu.TypeName()
			}
		}
		if got != test.want {
			t.Errorf("%v as %s with %s: %s, not %s", test.value, test.typ, test.quality, got, test.want)
		}
	}
}

// Every command comes out as it came in.
func TestCommandsThrough(t *testing.T) {
	location := berlin(t)
	tag := asdu.CP56(time.Date(2026, 7, 1, 14, 10, 5, 123e6, location))
	e := &encoder{zone: proto.TimeZone{Location: location}}
	check := func(a asdu.ASDU, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		object := func() (o asdu.Object) {
			for o = range a.Objects() {
				break
			}
			return o
		}()
		c, err := commandOf(object, e.zone, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		c.ID.Address, c.Type, c.Test = "3/700", a.TypeName(), a.Test
		if a.Cause == asdu.Deactivation {
			c.Action = point.Cancel
		}
		made, err := e.encodeCommand(&c)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := made.Append(nil), a.Append(nil); !bytes.Equal(got, want) {
			t.Errorf("%s: % x becomes % x", a.TypeName(), want, got)
		}
	}
	for _, v := range commands {
		for _, typ := range []asdu.TypeID{v.none, v.cp56} {
			for _, selects := range []bool{false, true} {
				h := asdu.Header{Type: typ, Cause: asdu.Activation, CommonAddress: 3}
				var at asdu.Time
				if typ == v.cp56 {
					at = tag
				}
				switch v.none {
				case asdu.C_SC_NA_1:
					check(asdu.New(nil, h, asdu.SingleCommand{Address: 700, Value: true, Qualifier: 31, Select: selects, Time: at}))
				case asdu.C_DC_NA_1:
					check(asdu.New(nil, h, asdu.DoubleCommand{Address: 700, Value: asdu.CommandOff, Qualifier: 3, Select: selects, Time: at}))
				case asdu.C_RC_NA_1:
					check(asdu.New(nil, h, asdu.StepCommand{Address: 700, Value: asdu.NextHigher, Qualifier: 1, Select: selects, Time: at}))
				case asdu.C_SE_NA_1:
					check(asdu.New(nil, h, asdu.NormalizedSetpoint{Address: 700, Value: -32768, Qualifier: 127, Select: selects, Time: at}))
				case asdu.C_SE_NB_1:
					check(asdu.New(nil, h, asdu.ScaledSetpoint{Address: 700, Value: -7, Select: selects, Time: at}))
				case asdu.C_SE_NC_1:
					check(asdu.New(nil, h, asdu.FloatSetpoint{Address: 700, Value: 1.5, Select: selects, Time: at}))
				case asdu.C_BO_NA_1:
					if !selects {
						check(asdu.New(nil, h, asdu.BitStringCommand{Address: 700, Value: 5, Time: at}))
					}
				default:
					t.Errorf("%s is not tested", v.none)
				}
			}
		}
	}
}

// The type of a command is that of the point, also where the point has a type of
// process information, and a set-point goes to the nearest step.
func TestTypesOfCommands(t *testing.T) {
	e := &encoder{zone: utc}
	for _, test := range []struct {
		typ   string
		value point.Value
		want  string
	}{
		{"", point.NumberValue(2.7), "C_SE_NC_1"},
		{"C_SE_NB_1", point.NumberValue(2.7), "C_SE_NB_1 3"},
		{"M_ME_TE_1", point.NumberValue(-2.7), "C_SE_NB_1 -3"},
		{"M_ME_NA_1", point.NumberValue(0.5), "C_SE_NA_1"},
		{"M_SP_TB_1", point.SingleValue(true), "C_SC_NA_1"},
		{"M_ST_NA_1", point.DoubleValue(point.On), "C_RC_NA_1"},
		{"M_DP_NA_1", point.DoubleValue(point.On), "C_DC_NA_1"},
		{"C_SC_NA_1", point.DoubleValue(point.On), "C_DC_NA_1"},
		{"C_SE_NB_1", point.NumberValue(40000), "40000 is not within -32768 to 32767"},
		{"", point.StepValue(1, false), "no command carries a value of kind step"},
	} {
		c := point.Command{ID: point.ID{Address: "1/1"}, Value: test.value, Type: test.typ}
		a, err := e.encodeCommand(&c)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = a.TypeName()
			for object := range a.Objects() {
				if o, ok := object.(asdu.ScaledSetpoint); ok {
					got += fmt.Sprint(" ", o.Value)
				}
			}
		}
		if got != test.want {
			t.Errorf("%s %v: %s, not %s", test.typ, test.value, got, test.want)
		}
	}
}

func TestAddresses(t *testing.T) {
	p := (*asdu.Params)(nil)
	for _, right := range []string{"1/0", "1/16777215", "65534/7"} {
		if a, err := parseAddress(p, right); err != nil || a.String() != right {
			t.Errorf("%s: %v %v", right, a, err)
		}
	}
	for _, wrong := range []string{"", "1", "1/", "0/1", "65535/1", "1/16777216", "1/01", "+1/1", "1/1/1", "01/1", "a/1"} {
		if _, err := parseAddress(p, wrong); err == nil {
			t.Errorf("%q is taken for an address", wrong)
		}
	}
	list, open := stations(p, []string{"3/1", "1-2/*", "3/*", "2/5"})
	if fmt.Sprint(list) != "[3 1 2]" || open {
		t.Errorf("%v, open %v", list, open)
	}
	if list, open := stations(p, []string{"3/1", "*/*"}); fmt.Sprint(list) != "[3]" || !open {
		t.Errorf("%v, open %v", list, open)
	}
}
