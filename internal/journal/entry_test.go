package journal_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/internal/journal"
	"stellwerk/internal/point"
)

// Every update comes out of the file as it went in, to the bit.
func TestUpdatesComeOutAsTheyWentIn(t *testing.T) {
	values := []point.Value{
		{},
		point.SingleValue(false), point.SingleValue(true),
		point.DoubleValue(point.Intermediate), point.DoubleValue(point.Off), point.DoubleValue(point.On), point.DoubleValue(point.Indeterminate),
		point.StepValue(-64, false), point.StepValue(63, true),
		point.BitsValue(0), point.BitsValue(math.MaxUint32),
		point.NumberValue(0), point.NumberValue(math.Copysign(0, -1)), point.NumberValue(-1.5), point.NumberValue(1e300), point.NumberValue(5e-324),
		point.NumberValue(math.Inf(1)), point.NumberValue(math.Inf(-1)), point.NumberValue(math.NaN()),
		point.NumberValue(math.Float64frombits(0xfff8_0000_0000_1234)),
		point.CounterValue(point.CounterReading{Count: math.MinInt32, Sequence: 31, Carry: true}),
		point.CounterValue(point.CounterReading{Count: math.MaxInt32, Adjusted: true}),
		point.RawValue(),
	}
	r := rand.New(rand.NewPCG(1, 2))
	var batch []point.Update
	for _, value := range values {
		u := point.Update{
			ID: point.ID{Link: "control", Address: "a/b c/ü'\"--"}, Value: value,
			Time:     point.Time{At: point.Instant(r.Int64() - math.MaxInt64/2), Flags: point.TimeFlags(r.UintN(256))},
			Received: point.Instant(r.Int64()), Trace: point.Trace(r.Uint64() >> 1), Type: "M_ME_TF_1",
			Quality: point.Quality(r.UintN(256)), Cause: point.Cause(r.UintN(256)), Test: true,
		}
		if value.Kind() == point.Raw {
			u.Telegram = &point.Telegram{Protocol: "iec104", Raw: []byte{0, 1, 0xff, 0}}
		}
		batch = append(batch, u, point.Update{ID: u.ID, Value: value, Cause: point.CauseSpontaneous, Telegram: u.Telegram, Test: true})
	}
	path := file(t)
	j := open(t, path)
	put(t, queue(t, j, journal.QueueOptions{}), batch...)
	again := queue(t, open(t, j.Copy(t)), journal.QueueOptions{})
	got := make([]point.Update, 2*len(batch))
	n, _, err := again.Next(t.Context(), got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(batch, got[:n], cmp.AllowUnexported(point.Value{})); diff != "" {
		t.Error(diff)
	}
}
