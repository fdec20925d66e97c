package probe

import (
	"context"
	"fmt"
	"strings"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/finding"
)

// asked is a request whose answers are awaited.
type asked struct {
	typeID     asdu.TypeID
	common     asdu.CommonAddress
	cause      asdu.Cause // of the data that answer
	begun      time.Time
	last       time.Time // when anything of it came
	heard      int       // how often that was
	confirmed  map[asdu.CommonAddress]time.Time
	terminated map[asdu.CommonAddress]time.Time
	refused    map[asdu.CommonAddress]asdu.Cause
	objects    map[asdu.CommonAddress]int
	asdus      map[asdu.CommonAddress]int
}

// take looks at an ASDU of the station.
func (r *prober) take(a asdu.ASDU, at time.Time) {
	if r.clock != nil {
		r.clock.Take(a, at)
	}
	switch {
	case a.Type == asdu.M_EI_NA_1:
		if o, err := asdu.First[asdu.EndOfInitialization](a); err == nil {
			r.report.Initialisation = &Initialisation{CommonAddress: a.CommonAddress, Cause: o.Cause, Text: o.Cause.Text().EN}
		}
	case !a.Type.Control() && a.Type < asdu.M_EI_NA_1:
		r.points.take(a)
	}
	if r.asked != nil {
		r.asked.take(a, at)
	}
}

func (q *asked) take(a asdu.ASDU, at time.Time) {
	switch {
	case a.Cause == q.cause && !a.Type.Control():
		q.objects[a.CommonAddress] += a.Count()
		q.asdus[a.CommonAddress]++
	case a.Type != q.typeID:
		return
	case a.Cause.Unknown(), a.Cause == asdu.ActivationCon && a.Negative:
		q.refused[a.CommonAddress] = a.Cause
	case a.Cause == asdu.ActivationCon:
		if q.confirmed[a.CommonAddress].IsZero() {
			q.confirmed[a.CommonAddress] = at
		}
	case a.Cause == asdu.ActivationTermination:
		q.terminated[a.CommonAddress] = at
	default:
		return
	}
	q.last = at
	q.heard++
}

// over reports whether all that have confirmed have terminated. Of a broadcast
// nobody knows how many will: it needs a pause besides.
func (q *asked) over(broadcast bool, now time.Time) bool {
	if !broadcast && len(q.refused) > 0 {
		return true
	}
	if len(q.terminated) == 0 {
		return false
	}
	for common := range q.confirmed {
		if q.terminated[common].IsZero() {
			return false
		}
	}
	return !broadcast || now.Sub(q.last) >= broadcastPause
}

// broadcastPause is how long nothing more comes after a broadcast is answered.
const broadcastPause = 500 * time.Millisecond

// ask sends a request and takes its answers, until they are complete or the
// station has been silent for a time.
func (r *prober) ask(ctx context.Context, a asdu.ASDU, cause asdu.Cause, silence time.Duration) (*asked, error) {
	q := &asked{
		typeID: a.Type, common: a.CommonAddress, cause: cause, begun: time.Now(),
		confirmed: map[asdu.CommonAddress]time.Time{}, terminated: map[asdu.CommonAddress]time.Time{},
		refused: map[asdu.CommonAddress]asdu.Cause{}, objects: map[asdu.CommonAddress]int{}, asdus: map[asdu.CommonAddress]int{},
	}
	q.last = q.begun
	r.asked = q
	defer func() { r.asked = nil }()
	if err := r.peer.request(a); err != nil {
		return q, err
	}
	broadcast := a.CommonAddress == a.Params().Broadcast()
	for {
		before := q.heard
		until := q.last.Add(silence)
		if broadcast && q.over(false, time.Now()) {
			until = q.last.Add(broadcastPause)
		}
		over, err := r.peer.until(ctx, until, func() bool { return q.over(broadcast, time.Now()) || q.heard != before })
		switch {
		case err != nil:
			return q, err
		case q.over(broadcast, time.Now()), !over && !broadcast, !over && time.Since(q.last) >= silence:
			return q, nil
		}
	}
}

// interrogation makes the request of a station interrogation, or of a group.
func (r *prober) interrogation(common asdu.CommonAddress, group int) (asdu.ASDU, error) {
	q := asdu.InterrogateStation
	if group > 0 {
		q = asdu.InterrogateGroup(group)
	}
	return asdu.New(r.options.ASDU, asdu.Header{
		Type: asdu.C_IC_NA_1, Cause: asdu.Activation, Originator: r.options.Originator, CommonAddress: common,
	}, asdu.Interrogation{Qualifier: q})
}

// guesses are the common addresses that are tried where the broadcast is not
// answered and nothing that came names another one.
const guesses = 10

// stations finds out which common addresses there are, and interrogates them.
func (r *prober) stations(ctx context.Context) error {
	if r.options.CommonAddress != 0 {
		return r.station(ctx, r.options.CommonAddress, true)
	}
	r.options.Doing("interrogating all common addresses")
	request, err := r.interrogation(r.options.ASDU.Broadcast(), 0)
	if err != nil {
		return err
	}
	q, err := r.ask(ctx, request, asdu.InterrogatedByStation, min(r.options.Answer, 3*time.Second))
	if err != nil {
		return err
	}
	for common := range q.confirmed {
		if common != r.options.ASDU.Broadcast() {
			r.answered(q, common)
		}
	}
	if len(q.confirmed) > 0 && len(r.report.Stations) > 0 {
		r.report.Broadcast = true
		return nil
	}
	return r.guess(ctx)
}

// guess tries common addresses one by one: those that the station has sent
// something from, and then the usual ones.
func (r *prober) guess(ctx context.Context) error {
	candidates := r.points.commonAddresses()
	if i := r.report.Initialisation; i != nil {
		candidates = append(candidates, i.CommonAddress)
	}
	heard := len(candidates)
	for common := asdu.CommonAddress(1); common <= guesses; common++ {
		candidates = append(candidates, common)
	}
	tried := map[asdu.CommonAddress]bool{}
	for i, common := range candidates {
		if i >= heard && r.anyAnswered() {
			break
		}
		if tried[common] {
			continue
		}
		tried[common] = true
		if err := r.station(ctx, common, i < heard); err != nil {
			return err
		}
	}
	if !r.anyAnswered() {
		r.report.Found(finding.New(finding.NoCommonAddress, r.options.ASDU.Broadcast(), fmt.Sprintf("1 to %d", guesses)), 0)
		return nil
	}
	r.report.Found(finding.New(finding.BroadcastUnanswered, r.options.ASDU.Broadcast()), 0)
	return nil
}

func (r *prober) anyAnswered() bool {
	for _, s := range r.report.Stations {
		if s.Confirmed != nil {
			return true
		}
	}
	return false
}

// station interrogates one common address. One that is only guessed, and does not
// answer, leaves no trace.
func (r *prober) station(ctx context.Context, common asdu.CommonAddress, sure bool) error {
	r.options.Doing(fmt.Sprintf("interrogating common address %d", common))
	request, err := r.interrogation(common, 0)
	if err != nil {
		return err
	}
	silence := r.options.Answer
	if !sure {
		silence = min(silence, 2*time.Second)
	}
	q, err := r.ask(ctx, request, asdu.InterrogatedByStation, silence)
	if sure || len(q.confirmed) > 0 {
		r.answered(q, common)
	}
	return err
}

// answered notes how a station has answered an interrogation.
func (r *prober) answered(q *asked, common asdu.CommonAddress) {
	s := r.points.station(common)
	s.Objects, s.ASDUs = q.objects[common], q.asdus[common]
	confirmed, terminated := q.confirmed[common], q.terminated[common]
	if !confirmed.IsZero() {
		s.Confirmed = ms(confirmed.Sub(q.begun))
		r.latency = max(r.latency, confirmed.Sub(q.begun))
	}
	if !terminated.IsZero() {
		s.Duration = ms(terminated.Sub(q.begun))
	}
	switch cause, refused := q.refused[common]; {
	case refused:
		s.Answered = "refused"
		if cause.Unknown() {
			s.Answered = fmt.Sprintf("refused with cause %d, %s", cause, strings.ToLower(cause.Text().EN))
		}
	case !terminated.IsZero():
		s.Answered = "terminated"
		if s.Objects == 0 {
			r.report.Found(finding.New(finding.InterrogationEmpty, common), 0)
		}
	case !confirmed.IsZero():
		s.Answered = "confirmed"
		r.report.Found(finding.New(finding.InterrogationUnended, common, time.Since(q.last).Round(time.Second)), 0)
	default:
		s.Answered = "silent"
		r.report.Found(finding.New(finding.InterrogationSilent, common, time.Since(q.begun).Round(time.Second)), 0)
	}
}

// counters reads the integrated totals, without freezing them.
func (r *prober) counters(ctx context.Context) error {
	for _, s := range r.report.Stations {
		if s.Confirmed == nil {
			continue
		}
		r.options.Doing(fmt.Sprintf("reading the counters of common address %d", s.CommonAddress))
		request, err := asdu.New(r.options.ASDU, asdu.Header{
			Type: asdu.C_CI_NA_1, Cause: asdu.Activation, Originator: r.options.Originator, CommonAddress: s.CommonAddress,
		}, asdu.CounterInterrogation{Request: asdu.RequestAllCounters, Freeze: asdu.FreezeRead})
		if err != nil {
			return err
		}
		q, err := r.ask(ctx, request, asdu.RequestedByGeneralCounter, min(r.options.Answer, 3*time.Second))
		if err != nil {
			return err
		}
		if !q.confirmed[s.CommonAddress].IsZero() {
			s.Counters = new(q.objects[s.CommonAddress])
		}
	}
	return nil
}

// cheap is how long a station interrogation may take for the groups to be asked
// for too.
const cheap = 2000.0

// groups asks for the groups 1 to 16 of stations that answer quickly.
func (r *prober) groups(ctx context.Context) error {
	for _, s := range r.report.Stations {
		if r.options.Quick || s.Answered != "terminated" || *s.Duration > cheap {
			continue
		}
		r.options.Doing(fmt.Sprintf("asking for the groups of common address %d", s.CommonAddress))
		s.GroupsAsked = true
		for group := 1; group <= 16; group++ {
			request, err := r.interrogation(s.CommonAddress, group)
			if err != nil {
				return err
			}
			r.points.group = group
			q, err := r.ask(ctx, request, asdu.InterrogatedByGroup(group), 2*time.Second)
			r.points.group = 0
			if err != nil {
				return err
			}
			if len(q.confirmed)+len(q.refused)+len(q.terminated) == 0 {
				return nil // it is silent about groups
			}
			if n := q.objects[s.CommonAddress]; n > 0 {
				s.Groups = append(s.Groups, Group{Group: group, Objects: n})
			}
		}
	}
	return nil
}
