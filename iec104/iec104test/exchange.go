package iec104test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// reply is an ASDU of the subject.
type reply struct {
	at     time.Time
	octets []byte
	a      asdu.ASDU
	err    error // the octets are no ASDU
}

// String describes the ASDU in words and octets.
func (r reply) String() string { return describe(r.octets) }

// describe names an ASDU and shows its octets.
func describe(octets []byte) string {
	a, err := (*asdu.Params)(nil).Decode(octets)
	if len(octets) < 6 {
		return fmt.Sprintf("%d octets that are no ASDU (% x)", len(octets), octets)
	}
	text := fmt.Sprintf("%s, cause %d", a.TypeName(), a.Cause)
	if a.Negative {
		text += " negative"
	}
	if a.Test {
		text += " test"
	}
	if a.Originator != 0 {
		text += fmt.Sprintf(", originator %d", a.Originator)
	}
	text += fmt.Sprintf(", station %d (% x)", a.CommonAddress, octets)
	if err != nil {
		text += ": " + err.Error()
	}
	return text
}

// data reports whether an ASDU is process information or tells something
// unasked, and so no answer to a request.
func (r reply) data() bool {
	if len(r.octets) < 6 {
		return false
	}
	monitored := r.a.Type <= asdu.M_EP_TF_1 && known(r.a.Type) || r.a.Type == asdu.M_EI_NA_1
	return !r.a.Cause.Unknown() && (monitored || r.a.Cause == asdu.Spontaneous || r.a.Cause.Interrogated()) // of parameters
}

// telegram lays an ASDU of one object without an originator.
func telegram(t asdu.TypeID, cause asdu.Cause, station asdu.CommonAddress, object []byte) []byte {
	return append([]byte{byte(t), 1, byte(cause), 0, byte(station), byte(station >> 8)}, object...)
}

// object lays an information object.
func object(address asdu.ObjectAddress, element ...byte) []byte {
	return append([]byte{byte(address), byte(address >> 8), byte(address >> 16)}, element...)
}

// timed adds a time to an object.
func timed(object []byte, t asdu.Time) []byte {
	octets := t.Octets()
	object = slices.Clone(object)
	for i := range t.Kind().Octets() {
		object = append(object, byte(octets>>(8*i)))
	}
	return object
}

// mirror returns a request with another cause and P/N bit: what answers it.
func mirror(request []byte, cause asdu.Cause, negative bool) []byte {
	octets := slices.Clone(request)
	octets[2] = octets[2]&0x80 | byte(cause)
	if negative {
		octets[2] |= 0x40
	}
	return octets
}

const (
	positive = false
	negative = true
)

// patience is how long an answer may take that needs some work.
func (b *bench) patience() time.Duration { return 10 * b.prompt }

// sendASDU sends an ASDU in an I frame, which acknowledges all that came.
func (b *bench) sendASDU(octets ...[]byte) {
	var frames []byte
	for _, o := range octets {
		frames = apci.AppendI(frames, b.send, b.receive, o)
		b.send = b.send.Next()
	}
	b.write(frames)
}

// nextASDU returns the next ASDU of the subject within the given time, and
// acknowledges it, unless holding is set. It returns false where there is none
// or the connection is closed, which closed tells.
func (b *bench) nextASDU(within time.Duration) (reply, bool) {
	end := time.Now().Add(within)
	for !b.over() && !b.closed {
		a, ok := b.next(time.Until(end))
		switch {
		case b.over() || !ok:
			return reply{}, false
		case a.err != nil:
			b.closed = true
		case a.apdu.Format == apci.FormatI:
			if !b.holding {
				b.ack()
			}
			r := reply{at: a.at, octets: a.apdu.ASDU}
			r.a, r.err = (*asdu.Params)(nil).Decode(r.octets)
			return r, true
		}
	}
	return reply{}, false
}

// nextBefore returns the next ASDU before an end, which is put off by the given
// time whenever the subject answers. What it says unasked puts nothing off: a
// station that always has something to say holds up no case.
func (b *bench) nextBefore(end *time.Time, within time.Duration) (reply, bool) {
	if !time.Now().Before(*end) {
		return reply{}, false
	}
	r, ok := b.nextASDU(time.Until(*end))
	if ok && !r.unasked() {
		*end = time.Now().Add(within)
	}
	return r, ok
}

// unasked reports whether an ASDU came without a request.
func (r reply) unasked() bool {
	return r.data() && (r.a.Cause == asdu.Cyclic || r.a.Cause == asdu.Background || r.a.Cause == asdu.Spontaneous)
}

// nextAnswer returns the next ASDU that is no data; data are kept.
func (b *bench) nextAnswer(within time.Duration) (reply, bool) {
	end := time.Now().Add(within)
	for !b.over() {
		r, ok := b.nextASDU(time.Until(end))
		if !ok {
			return reply{}, false
		}
		if !r.data() {
			return r, true
		}
		b.data = append(b.data, r)
	}
	return reply{}, false
}

// seenInstead says what there was in place of an ASDU.
func (b *bench) seenInstead(within time.Duration) string {
	if b.closed {
		return "the connection closed"
	}
	return fmt.Sprintf("%s within %v", nothing, within)
}

// expectAnswer wants the next answer to be these octets.
func (b *bench) expectAnswer(want []byte) {
	within := b.patience()
	r, ok := b.nextAnswer(within)
	switch {
	case b.over():
	case !ok:
		b.fail(describe(want), b.seenInstead(within))
	case !bytes.Equal(r.octets, want):
		b.fail(describe(want), r.String())
	}
}

// request sends a request and wants it answered by a mirror of itself with
// this cause and P/N=0.
func (b *bench) request(octets []byte, cause asdu.Cause) {
	if b.over() {
		return
	}
	b.data = nil
	b.sendASDU(octets)
	b.expectAnswer(mirror(octets, cause, positive))
}

// refused sends a request and wants it refused: by a mirror of itself that is
// negative, with one of these causes. It returns the cause.
func (b *bench) refused(octets []byte, causes ...asdu.Cause) asdu.Cause {
	if b.over() {
		return 0
	}
	b.data = nil
	b.sendASDU(octets)
	within := b.patience()
	r, ok := b.nextAnswer(within)
	expected := describe(mirror(octets, causes[0], negative))
	if len(causes) > 1 {
		expected += fmt.Sprintf(", or with one of the causes %d", causes[1:])
	}
	switch {
	case b.over():
	case !ok:
		b.fail(expected, b.seenInstead(within))
	case !slices.ContainsFunc(causes, func(c asdu.Cause) bool { return bytes.Equal(r.octets, mirror(octets, c, negative)) }):
		b.fail(expected, r.String())
	}
	return r.a.Cause
}

// skipUnknown skips the case where a request was refused because the station
// does not know its type.
func (b *bench) skipUnknown(t asdu.TypeID, cause asdu.Cause) {
	if cause == asdu.UnknownType {
		b.skip("the station does not know " + t.String())
	}
}

// tested sends a test command and wants it mirrored. A case that needs it for
// something else is skipped where the station does not know the type, which is
// what C7.timed is about.
func (b *bench) tested(request []byte) {
	if b.over() {
		return
	}
	b.data = nil
	b.sendASDU(request)
	r, ok := b.nextAnswer(b.patience())
	expected := mirror(request, asdu.ActivationCon, positive)
	switch {
	case b.over():
	case !ok:
		b.fail(describe(expected), b.seenInstead(b.patience()))
	case string(r.octets) == string(mirror(request, asdu.UnknownType, negative)):
		b.skipUnknown(r.a.Type, r.a.Cause)
	case string(r.octets) != string(expected):
		b.fail(describe(expected), r.String())
	}
}

// ignoredOrRefused sends what is wrong, and wants no positive answer. The
// connection may be closed. It returns what the subject did.
func (b *bench) ignoredOrRefused(name string, octets []byte) string {
	if b.over() {
		return ""
	}
	b.data = nil
	b.sendASDU(octets)
	r, ok := b.nextAnswer(b.prompt)
	switch {
	case b.over():
	case !ok && b.closed:
		return "closed"
	case !ok:
		return "ignored"
	case !r.a.Negative:
		b.fail(name+" ignored or refused with P/N=1", r.String())
	default:
		return fmt.Sprintf("refused with cause %d", r.a.Cause)
	}
	return ""
}

// quietAnswers wants no answer for a while; data may come.
func (b *bench) quietAnswers(d time.Duration, why string) {
	r, ok := b.nextAnswer(d)
	switch {
	case b.over():
	case ok:
		b.fail("no answer: "+why, r.String())
	case b.closed:
		b.fail("the connection open: "+why, "closed")
	}
}

// alive wants the subject to take part still: it confirms a test frame.
func (b *bench) alive(after string) {
	if b.over() {
		return
	}
	b.sendU(apci.TestFRAct)
	end := time.Now().Add(b.patience())
	for !b.over() {
		a, ok := b.next(time.Until(end))
		switch {
		case b.over():
		case !ok:
			b.fail("TESTFR con after "+after, fmt.Sprintf("%s within %v", nothing, b.patience()))
		case a.err != nil:
			b.fail("the connection open after "+after, a.String())
		case a.apdu.Format == apci.FormatU && a.apdu.Function == apci.TestFRCon:
			return
		case a.apdu.Format == apci.FormatI && !b.holding:
			b.ack()
		}
	}
}

// reopen connects and starts again where the connection is closed.
func (b *bench) reopen() {
	if b.closed && !b.over() {
		b.started()
	}
}

// collect returns the data that come until the answer to a request that says
// that it is carried out.
func (b *bench) collect(request []byte) []reply {
	if b.over() {
		return nil
	}
	b.data = nil
	b.expectAnswer(mirror(request, asdu.ActivationTermination, positive))
	return b.data
}

// interrogate sends a request, and returns the data between confirmation and
// termination that have the cause, each checked for itself.
func (b *bench) interrogate(request []byte, cause asdu.Cause) []reply {
	b.request(request, asdu.ActivationCon)
	return b.answering(b.collect(request), request, cause)
}

// answering returns those data that answer a request with the cause. Others
// may only come unasked.
func (b *bench) answering(data []reply, request []byte, cause asdu.Cause) []reply {
	var found []reply
	for _, r := range data {
		switch {
		case b.over():
			return nil
		case r.a.Cause == asdu.Cyclic, r.a.Cause == asdu.Background, r.a.Cause == asdu.Spontaneous,
			r.a.Cause == asdu.Initialized, r.a.Cause == asdu.ReturnLocal, r.a.Cause == asdu.ReturnRemote:
			continue
		case r.a.Cause != cause:
			b.fail(fmt.Sprintf("data with cause %d", cause), r.String())
		case r.octets[3] != request[3]:
			b.fail(fmt.Sprintf("data with originator %d, that of the request", request[3]), r.String())
		case r.a.Test != (request[2]&0x80 != 0) || r.a.Negative:
			b.fail("data with P/N=0 and the T bit of the request", r.String())
		}
		b.sound(r)
		found = append(found, r)
	}
	return found
}

// sound wants an ASDU in which nothing is wrong.
func (b *bench) sound(r reply) {
	if b.over() {
		return
	}
	if r.err != nil {
		b.fail("an ASDU as long as its type and number of objects say", r.String())
		return
	}
	for _, v := range r.a.Violations() {
		b.fail("an ASDU that the standard allows", r.String()+": "+v.Text.EN)
	}
}

// zone returns the zone of the station's times.
func (b *bench) zone() *time.Location {
	if b.inventory != nil && b.inventory.Location != nil {
		return b.inventory.Location
	}
	return time.UTC
}

// now returns the time as the station's clock should show it.
func (b *bench) now() asdu.Time { return asdu.CP56(time.Now().In(b.zone())) }

// state remembers what the subject has chosen where the standard leaves it
// open.
func (b *bench) state(format string, arguments ...any) {
	if b.over() {
		return
	}
	if b.choice != "" {
		b.choice += "; "
	}
	b.choice += fmt.Sprintf(format, arguments...)
}

// reactions collects what the subject did about each of several wrongs.
type reactions map[string][]string

func (r reactions) add(reaction, name string) { r[reaction] = append(r[reaction], name) }

// stated states the reactions: each one alone where it is the same for all.
func (b *bench) stated(r reactions) {
	for _, reaction := range slices.Sorted(maps.Keys(r)) {
		if len(r) == 1 {
			b.state("all %s", reaction)
		} else if reaction != "" {
			b.state("%s: %s", reaction, strings.Join(r[reaction], ", "))
		}
	}
}
