package iec104test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"stellwerk/iec104/asdu"
)

// ask is a request that a controlling station is told to make, and what it must
// look like.
type ask struct {
	Request
	// element is what follows the object address, without the S/E bit and
	// without time.
	element []byte
	// free tells that the octets of the element are the subject's choice.
	free bool
	// answer are data that come between confirmation and termination, or that
	// are the answer.
	answer []byte
	// terminated tells that the request is over with a termination.
	terminated bool
}

// selectBit is where the element of a command has its S/E bit.
func (a ask) selectBit() int { return len(a.element) - 1 }

// system reports whether the request has no object address.
func (a ask) system() bool {
	return a.Type >= asdu.C_IC_NA_1 && a.Type <= asdu.C_TS_TA_1 && a.Type != asdu.C_RD_NA_1
}

// requests are all requests there are.
func requests() []ask {
	var all []ask
	for t := range asdu.Types() {
		all = append(all, asked(t)...)
	}
	return all
}

// asked returns the requests of a type, nil where it is not for requests.
func asked(t asdu.TypeID) []ask {
	request := func(o asdu.Object) Request { return Request{Type: t, CommonAddress: 1, Object: o} }
	switch t {
	case asdu.C_IC_NA_1:
		return []ask{
			{Request: request(asdu.Interrogation{Qualifier: 20}), element: []byte{20}, answer: sample(asdu.M_SP_NA_1, asdu.InterrogatedByStation, 1), terminated: true},
			{Request: request(asdu.Interrogation{Qualifier: 27}), element: []byte{27}, answer: sample(asdu.M_ME_NC_1, asdu.InterrogatedByGroup7, 1), terminated: true},
		}
	case asdu.C_CI_NA_1:
		return []ask{
			{Request: request(asdu.CounterInterrogation{Request: 5}), element: []byte{5}, answer: sample(asdu.M_IT_NA_1, asdu.RequestedByGeneralCounter, 1), terminated: true},
			{Request: request(asdu.CounterInterrogation{Request: 3}), element: []byte{3}, answer: sample(asdu.M_IT_TB_1, asdu.RequestedByCounterGroup3, 1), terminated: true},
		}
	case asdu.C_RD_NA_1:
		return []ask{{Request: request(asdu.Read{Address: 0x010203}), element: []byte{}, answer: sample(asdu.M_ME_NB_1, asdu.Request, 0x010203)}}
	case asdu.C_CS_NA_1:
		return []ask{{Request: request(asdu.ClockSynchronization{}), element: []byte{}}}
	case asdu.C_TS_NA_1:
		return []ask{{Request: request(asdu.TestCommand{Pattern: asdu.FixedTestPattern}), element: []byte{0xaa, 0x55}}}
	case asdu.C_TS_TA_1:
		return []ask{{Request: request(asdu.TimedTestCommand{}), element: []byte{0, 0}, free: true}}
	case asdu.C_RP_NA_1:
		return []ask{
			{Request: request(asdu.ResetProcess{Qualifier: 1}), element: []byte{1}},
			{Request: request(asdu.ResetProcess{Qualifier: 2}), element: []byte{2}},
		}
	case asdu.C_CD_NA_1:
		return []ask{{Request: request(asdu.DelayAcquisition{}), element: []byte{0, 0}, free: true}}
	case asdu.P_ME_NA_1:
		return []ask{{Request: request(asdu.NormalizedParameter{Address: 4, Value: 0x2000, Qualifier: asdu.ParameterQualifier{Kind: 1}}), element: []byte{0, 0x20, 1}}}
	case asdu.P_ME_NB_1:
		return []ask{{Request: request(asdu.ScaledParameter{Address: 4, Value: 258, Qualifier: asdu.ParameterQualifier{Kind: 2}}), element: []byte{2, 1, 2}}}
	case asdu.P_ME_NC_1:
		return []ask{{Request: request(asdu.FloatParameter{Address: 4, Value: 1, Qualifier: asdu.ParameterQualifier{Kind: 3}}), element: []byte{0, 0, 0x80, 0x3f, 3}}}
	case asdu.P_AC_NA_1:
		return []ask{{Request: request(asdu.ParameterActivation{Address: 4, Qualifier: 3}), element: []byte{3}}}
	default:
		return askedCommand(t, request)
	}
}

// askedCommand returns the requests of a command type: execute at once and,
// where the type has it, select and execute.
func askedCommand(t asdu.TypeID, request func(asdu.Object) Request) []ask {
	var o asdu.Object
	var element []byte
	switch plain(t) {
	case asdu.C_SC_NA_1:
		o, element = asdu.SingleCommand{Address: 6, Value: true, Qualifier: asdu.ShortPulse}, []byte{0x05}
	case asdu.C_DC_NA_1:
		o, element = asdu.DoubleCommand{Address: 6, Value: asdu.CommandOff, Qualifier: asdu.PersistentPulse}, []byte{0x0d}
	case asdu.C_RC_NA_1:
		o, element = asdu.StepCommand{Address: 6, Value: asdu.NextHigher}, []byte{0x02}
	case asdu.C_SE_NA_1:
		o, element = asdu.NormalizedSetpoint{Address: 6, Value: -0x4000}, []byte{0x00, 0xc0, 0}
	case asdu.C_SE_NB_1:
		o, element = asdu.ScaledSetpoint{Address: 6, Value: 0x1234}, []byte{0x34, 0x12, 0}
	case asdu.C_SE_NC_1:
		bits := math.Float32bits(-2.5)
		o, element = asdu.FloatSetpoint{Address: 6, Value: -2.5}, []byte{byte(bits), byte(bits >> 8), byte(bits >> 16), byte(bits >> 24), 0}
	case asdu.C_BO_NA_1:
		return []ask{{Request: request(asdu.BitStringCommand{Address: 6, Value: 0xf0018055}), element: []byte{0x55, 0x80, 0x01, 0xf0}, terminated: true}}
	default:
		return nil
	}
	direct := ask{Request: request(o), element: element, terminated: true}
	selected := direct
	selected.Select = true
	return []ask{direct, selected}
}

// askedCommands returns the requests of all commands, with select or without.
func askedCommands(sel bool) []ask {
	var all []ask
	for _, t := range commandTypes {
		all = append(all, slices.DeleteFunc(asked(t), func(a ask) bool { return a.Select != sel })...)
	}
	return all
}

// looks wants a request to be what was asked for, octet for octet.
func (b *bench) looks(a ask, r reply, sel bool) {
	if b.over() {
		return
	}
	cause := asdu.Activation
	if a.Type == asdu.C_RD_NA_1 {
		cause = asdu.Request
	}
	var address asdu.ObjectAddress
	if !a.system() {
		address = a.Object.IOA()
	}
	want := telegram(a.Type, cause, a.CommonAddress, object(address, a.element...))
	if sel {
		want[9+a.selectBit()] |= 0x80
	}
	got := r.octets
	if len(got) < len(want) {
		b.fail(describe(want), r.String())
		return
	}
	want[3] = got[3] // the originator is the subject's own
	if a.free {
		copy(want[9:], got[9:])
	}
	if string(got[:len(want)]) != string(want) {
		b.fail(describe(want)+", and its time if it has one", r.String())
	}
	if r.a.TimeKind() != asdu.TimeNone {
		b.timely(r)
	}
}

// answered tells the subject to make a request, and answers it well and badly.
func (b *bench) answered(a ask) {
	b.answeredWell(a)
	for _, bad := range []struct {
		name     string
		cause    asdu.Cause
		negative bool
	}{
		{"a negative confirmation", asdu.ActivationCon, negative},
		{"cause 44", asdu.UnknownType, negative},
		{"cause 45", asdu.UnknownCause, negative},
		{"cause 46", asdu.UnknownCommonAddress, negative},
		{"cause 47", asdu.UnknownObjectAddress, negative},
		{"cause 47 with P/N=0", asdu.UnknownObjectAddress, positive},
	} {
		if bad.cause == asdu.ActivationCon && a.Type == asdu.C_RD_NA_1 {
			continue // is never confirmed
		}
		d := b.do(a.Request)
		r := b.awaitRequest(d)
		if b.over() {
			return
		}
		b.sendASDU(mirror(r.octets, bad.cause, bad.negative))
		b.fails(d, b.patience(), bad.name+" to "+a.Type.String())
	}
	b.answeredOtherwise(a)
}

// answeredWell answers a request as it should be.
func (b *bench) answeredWell(a ask) {
	d := b.do(a.Request)
	r := b.awaitRequest(d)
	b.looks(a, r, false)
	if b.over() {
		return
	}
	switch a.Type {
	case asdu.C_RD_NA_1:
		b.sendASDU(a.answer)
	case asdu.C_CD_NA_1:
		delayed := mirror(r.octets, asdu.ActivationCon, positive)
		b.rest(20 * time.Millisecond)
		ms := (uint16(delayed[9]) + uint16(delayed[10])<<8 + 20) % 60000
		delayed[9], delayed[10] = byte(ms), byte(ms>>8)
		b.sendASDU(delayed)
	default:
		b.sendASDU(mirror(r.octets, asdu.ActivationCon, positive))
		if a.answer != nil {
			b.sendASDU(a.answer)
		}
		if a.terminated {
			b.sendASDU(mirror(r.octets, asdu.ActivationTermination, positive))
		}
	}
	b.succeeds(d, a.Type.String()+" is answered well")
	if a.answer != nil {
		b.taken("the answer to "+a.Type.String(), a.answer)
	}
}

// answeredOtherwise answers what was not asked, then with a confirmation that is
// cut short, and then nothing more.
func (b *bench) answeredOtherwise(a ask) {
	d := b.do(a.Request)
	r := b.awaitRequest(d)
	if b.over() {
		return
	}
	otherType := telegram(asdu.C_TS_TA_1, asdu.ActivationCon, r.a.CommonAddress, timed(object(0, 1, 0), b.now()))
	if a.Type == asdu.C_TS_TA_1 {
		otherType = telegram(asdu.C_RP_NA_1, asdu.ActivationCon, r.a.CommonAddress, object(0, 1))
	}
	otherStation := mirror(r.octets, asdu.ActivationCon, positive)
	otherStation[4]++
	b.sendASDU(otherType, otherStation, from(2, mirror(r.octets, asdu.UnknownType, negative)))
	if !a.system() {
		otherObject := mirror(r.octets, asdu.ActivationCon, positive)
		otherObject[6]++
		b.sendASDU(otherObject)
	}
	if len(r.octets) > 9 && a.Type != asdu.C_IC_NA_1 && a.Type != asdu.C_CI_NA_1 {
		b.calm("answers to what was not asked")
		cut := mirror(r.octets, asdu.ActivationCon, positive)[:len(r.octets)-1]
		if b.tolerates("a confirmation cut short", cut) == "closed" {
			b.abandoned(d)
			b.state("closes the connection when a confirmation is cut short")
			b.started()
			return
		}
	}
	b.fails(d, silence, "answers to what was not asked, and silence")
	if a.Type == asdu.C_IC_NA_1 || a.Type == asdu.C_CI_NA_1 {
		d := b.do(a.Request)
		r := b.awaitRequest(d)
		if b.over() {
			return
		}
		b.sendASDU(mirror(r.octets, asdu.ActivationCon, positive))
		b.fails(d, silence, "a confirmation without a termination")
	}
}

// abandoned wants a request failed whose connection the subject has closed.
func (b *bench) abandoned(d *doing) {
	if b.over() {
		return
	}
	within := b.deliberation(b.patience())
	end := time.NewTimer(within)
	defer end.Stop()
	select {
	case <-d.done:
		if d.err == nil {
			b.fail("the subject takes it for failed: it has closed the connection", "it takes it for carried out")
		}
	case <-b.ctx.Done():
		b.fail("the case within its time", b.ctx.Err().Error())
	case <-end.C:
		b.fail(d.request.Type.String()+" comes to an end", fmt.Sprintf("the subject waits still after %v", within))
	}
}

// selected answers select and execute, well and badly.
func (b *bench) selected(a ask) {
	d := b.do(a.Request)
	r := b.awaitRequest(d)
	b.looks(a, r, true)
	if b.over() {
		return
	}
	b.sendASDU(mirror(r.octets, asdu.ActivationCon, positive))
	execute := b.awaitRequest(d)
	b.looks(a, execute, false)
	if b.over() {
		return
	}
	b.sendASDU(mirror(execute.octets, asdu.ActivationCon, positive), mirror(execute.octets, asdu.ActivationTermination, positive))
	b.succeeds(d, a.Type.String()+" is selected, executed and terminated")

	d = b.do(a.Request)
	r = b.awaitRequest(d)
	if b.over() {
		return
	}
	b.sendASDU(mirror(r.octets, asdu.ActivationCon, negative))
	b.noExecute(a, d, b.patience(), "the selection is refused")

	d = b.do(a.Request)
	b.awaitRequest(d)
	b.noExecute(a, d, silence, "the selection is not answered")
	b.alive("a selection without an answer")
}

// noExecute wants a selection failed in the eyes of the subject, and no execute
// sent.
func (b *bench) noExecute(a ask, d *doing, within time.Duration, why string) {
	within = b.deliberation(within)
	end := time.Now().Add(within)
	for !b.over() {
		r, ok := b.nextASDU(min(b.prompt, time.Until(end)))
		select {
		case <-d.done:
			if errors.Is(d.err, errors.ErrUnsupported) {
				b.unable(d)
			}
			if d.err == nil {
				b.fail("the subject takes the command for failed: "+why, "it takes it for carried out")
			}
			return
		default:
		}
		switch {
		case b.over():
		case ok && r.a.Type == a.Type && r.a.Cause == asdu.Activation:
			b.fail("no execute: "+why, r.String())
		case ok:
			b.serve(r)
		case b.closed:
			b.fail("the connection open", "closed")
		case !time.Now().Before(end):
			b.fail(a.Type.String()+" comes to an end", fmt.Sprintf("the subject waits still after %v", within))
		}
	}
}
