package station

import (
	"fmt"
	"iter"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// application is what the server asks a station for.
type application struct{ *Station }

// newApplication returns the station as the server knows it.
func newApplication(s *Station) iec104.Station { return application{s} }

var (
	_ iec104.CounterStation     = application{}
	_ iec104.PointReader        = application{}
	_ iec104.ClockSetter        = application{}
	_ iec104.DelayStation       = application{}
	_ iec104.ParameterSetter    = application{}
	_ iec104.ParameterActivator = application{}
	_ iec104.ProcessResetter    = application{}
	_ iec104.FileStation        = application{}
	_ iec104.Initializer        = application{}
	_ iec104.ObjectKnower       = application{}
	_ iec104.TestStation        = application{}
	_ iec104.ASDUWatcher        = application{}
	_ iec104.ASDUHandler        = application{}
	_ iec104.SessionObserver    = application{}
)

func (a application) Interrogate(_ *iec104.Session, station asdu.CommonAddress, q asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	group := int(q - asdu.InterrogateStation)
	return a.interrogate(a.sectors[station], group, false, asdu.InterrogatedByGroup(group))
}

func (a application) InterrogateCounters(_ *iec104.Session, station asdu.CommonAddress, request asdu.CounterRequest) iter.Seq[asdu.ASDU] {
	one, group := a.sectors[station], counterGroup(request)
	if len(one.countersOf(0)) == 0 {
		return nil
	}
	return a.interrogate(one, group, true, asdu.RequestedByCounterGroup(group))
}

func (a application) FreezeCounters(_ *iec104.Session, station asdu.CommonAddress, request asdu.CounterRequest, freeze asdu.Freeze) (func(), error) {
	return a.freezeByCommand(a.sectors[station], counterGroup(request), freeze)
}

// counterGroup returns the counter group of a request, 0 for all counters.
func counterGroup(request asdu.CounterRequest) int {
	if request == asdu.RequestAllCounters {
		return 0
	}
	return int(request)
}

func (a application) ReadPoint(_ *iec104.Session, station asdu.CommonAddress, address asdu.ObjectAddress) (asdu.ASDU, bool) {
	one := a.sectors[station]
	p := one.points[address]
	if p == nil || !p.plain.Allows(asdu.Request) {
		return asdu.ASDU{}, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	h := asdu.Header{Type: p.plain, Cause: asdu.Request, CommonAddress: station, Test: one.mode == Test}
	object := p.object
	if p.hidden() {
		h.Type, object = asdu.M_ME_NA_1, p.qualified()
	}
	data, err := telegram(a.params, h, withTime(object, 0))
	return data, err == nil
}

func (a application) KnowsObject(station asdu.CommonAddress, t asdu.TypeID, address asdu.ObjectAddress) bool {
	one := a.sectors[station]
	if t == asdu.P_AC_NA_1 {
		_, isParameter := one.parameters[address]
		return address == 0 || isParameter || one.points[address] != nil
	}
	if family := parameterFamily(t); family != noFamily {
		at, ok := one.parameterOf(address)
		return ok && at.takes(family)
	}
	plain, _, _ := commandType(t)
	c := one.controls[address]
	return c != nil && c.plain == plain
}

func (a application) Testing(station asdu.CommonAddress) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	one := a.sectors[station]
	return one != nil && one.mode == Test
}

func (a application) Command(c *iec104.Command) { a.command(c) }

func (a application) SetClock(_ *iec104.Session, station asdu.CommonAddress, t asdu.Time) (asdu.Time, error) {
	return a.setClock(a.sectors[station], t)
}

func (a application) SetDelay(_ *iec104.Session, station asdu.CommonAddress, delay asdu.ElapsedTime) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sectors[station].clock.delay = delay.Duration()
}

func (a application) SetParameter(_ *iec104.Session, station asdu.CommonAddress, parameter asdu.Object) error {
	return a.setParameter(a.sectors[station], parameter)
}

func (a application) ActivateParameter(_ *iec104.Session, station asdu.CommonAddress, o asdu.ParameterActivation, active bool) error {
	return a.activateParameter(a.sectors[station], o, active)
}

func (a application) ResetProcess(_ *iec104.Session, station asdu.CommonAddress, q asdu.ResetQualifier) error {
	if q != asdu.ResetProcessGeneral && q != asdu.ResetEventBuffer {
		return fmt.Errorf("station: qualifier %d of the reset process command is not known", q)
	}
	if ask := a.options.Reset; ask != nil {
		if err := ask(station, q); err != nil {
			return err
		}
	}
	if q == asdu.ResetProcessGeneral {
		a.reset(a.sectors[station], asdu.RemoteReset)
	}
	return nil
}

func (a application) FileStore(station asdu.CommonAddress) iec104.FileStore {
	one := a.sectors[station]
	if one == nil {
		return nil
	}
	return one.files
}

func (a application) EndOfInitialization(session *iec104.Session, station asdu.CommonAddress) (asdu.EndOfInitialization, bool) {
	return a.endOfInitialization(a.sectors[station], session)
}

func (a application) BeforeASDU(session *iec104.Session, request asdu.ASDU) (bool, error) {
	if a.options.Before == nil {
		return false, nil
	}
	return a.options.Before(session, request)
}

func (a application) AfterASDU(session *iec104.Session, request asdu.ASDU) {
	if a.options.After != nil {
		a.options.After(session, request)
	}
}

func (a application) HandleASDU(session *iec104.Session, request asdu.ASDU) (bool, error) {
	if a.options.Other == nil {
		return false, nil
	}
	return a.options.Other(session, request)
}

func (a application) Connected(session *iec104.Session) {
	if a.options.Observer != nil {
		a.options.Observer.Connected(session)
	}
}

func (a application) StateChanged(session *iec104.Session, state iec104.State) {
	if a.options.Observer != nil {
		a.options.Observer.StateChanged(session, state)
	}
}

func (a application) Disconnected(session *iec104.Session, err error) {
	a.mu.Lock()
	for _, one := range a.order {
		delete(one.owed, session)
	}
	a.mu.Unlock()
	if a.options.Observer != nil {
		a.options.Observer.Disconnected(session, err)
	}
}
