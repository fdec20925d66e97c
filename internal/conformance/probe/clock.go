package probe

import (
	"fmt"
	"time"

	"stellwerk/iec104/asdu"
)

// settle is how long after the start of data transfer events may be old ones,
// which have waited in the station.
const settle = time.Second

// Clock estimates the error of a station's clock from the time tags of what it
// sends. A telegram needs time on its way, so that the tag which is furthest
// ahead tells most. It is not safe for concurrent use.
type Clock struct {
	zone  *time.Location
	begun time.Time

	known   bool
	ahead   time.Duration
	source  string
	invalid int
}

// NewClock returns a clock in a zone about which nothing is known. Data transfer
// starts now.
func NewClock(zone *time.Location) *Clock { return &Clock{zone: zone, begun: time.Now()} }

// Take looks at the time tags of an ASDU that was received at a moment. Events of
// the first second are left out: they may have waited in the station.
func (c *Clock) Take(a asdu.ASDU, at time.Time) {
	fresh := a.Cause.CounterRequested() || a.Cause == asdu.Request || at.Sub(c.begun) >= settle
	if a.TimeKind() != asdu.TimeCP56 || a.Type.Control() || a.Type >= asdu.F_FR_NA_1 || !fresh {
		return
	}
	for object := range a.Objects() {
		tag := object.Timestamp()
		if tag.Invalid() {
			c.invalid++
			continue
		}
		shown, err := tag.Instant(c.zone)
		if err != nil {
			continue
		}
		if ahead := shown.Sub(at); !c.known || ahead > c.ahead {
			c.known, c.ahead = true, ahead
			c.source = fmt.Sprintf("the time tag of %s at %d/%d (%s)", a.TypeName(), a.CommonAddress, object.IOA(), a.Cause)
		}
	}
}

// Error returns by how much the clock is ahead, what shows it, and whether it is
// known at all.
func (c *Clock) Error() (ahead time.Duration, source string, known bool) {
	return c.ahead, c.source, c.known
}

// Invalid returns how many time tags were marked as invalid.
func (c *Clock) Invalid() int { return c.invalid }

// rightClock is what the way of a telegram and the rounding of its time tag can
// look like.
const rightClock = 20 * time.Millisecond

// ClockWords says in words how far a clock is off.
func ClockWords(ahead time.Duration) string {
	off := ahead.Abs()
	var text string
	switch minutes := int(off.Round(time.Second).Minutes()) % 60; {
	case off < time.Second:
		text = fmt.Sprintf("%d ms", off.Round(time.Millisecond).Milliseconds())
	case off < time.Minute:
		text = fmt.Sprintf("%.1f s", off.Seconds())
	case off < time.Hour:
		text = fmt.Sprintf("%d min %d s", minutes, int(off.Round(time.Second).Seconds())%60)
	case off < 48*time.Hour:
		text = fmt.Sprintf("%d h %d min", int(off.Round(time.Second).Hours()), minutes)
	default:
		text = fmt.Sprintf("%d days", int(off.Hours())/24)
	}
	if ahead < 0 {
		text += " behind"
	} else {
		text += " ahead"
	}
	if off < rightClock {
		text = "right (" + text + ")"
	}
	if hours := off.Round(15 * time.Minute); off >= 10*time.Minute && (off-hours).Abs() < 30*time.Second && hours <= 14*time.Hour {
		text += ", as if it were in another time zone (--zone)"
	}
	return text
}
