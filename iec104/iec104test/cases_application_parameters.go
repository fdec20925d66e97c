package iec104test

import (
	"fmt"
	"slices"
	"time"

	"stellwerk/iec104/asdu"
)

// Parameters of measured values (IEC 60870-5-101, 7.4.12).
var parameterRequirements = []requirement{
	{
		id: "C10.load", clause: "7.4.12", title: "a parameter is loaded: the confirmation mirrors it",
		affects: SetsParameters,
		controlled: func(b *bench) {
			known := b.parametrized()
			b.started()
			for _, p := range known.Parameters {
				for _, kind := range p.Kinds {
					b.request(parameter(p, kind, p.Value), asdu.ActivationCon)
				}
			}
			b.restored(known)
		},
		controlling: func(b *bench) {
			b.started()
			b.eachOf(slices.Concat(asked(asdu.P_ME_NA_1), asked(asdu.P_ME_NB_1), asked(asdu.P_ME_NC_1)), b.answered)
		},
	},
	{
		id: "C10.kind", clause: "7.2.6.24", title: "a parameter of a kind that the standard does not use is refused",
		affects: SetsParameters,
		controlled: func(b *bench) {
			known := b.parametrized()
			b.started()
			for _, p := range known.Parameters {
				for _, kind := range []asdu.ParameterKind{0, 5, 31} {
					b.refused(parameter(p, kind, p.Value), asdu.ActivationCon)
				}
			}
		},
	},
	{
		id: "C10.threshold", clause: "7.2.6.24", title: "a threshold that was loaded takes effect: only greater changes are events",
		affects: SetsParameters,
		controlled: func(b *bench) {
			known := b.parametrized()
			changer, ok := b.subject.(Changer)
			if !ok {
				b.skip("the process of the station cannot be moved by the test")
				return
			}
			tested := false
			b.started()
			for _, p := range known.Parameters {
				if p.Point == 0 || p.Value <= 0 || !slices.Contains(p.Kinds, asdu.ParameterThreshold) {
					continue
				}
				tested = true
				b.request(parameter(p, asdu.ParameterThreshold, p.Value), asdu.ActivationCon)
				b.deadband(changer, p.CommonAddress, p.Point, p.Value)
			}
			if !tested {
				b.skip("no threshold of a measured value is known that may be loaded")
			}
			b.restored(known)
		},
	},
	{
		id: "C10.activation", clause: "7.4.12", title: "P_AC_NA_1 is confirmed with cause 7, its deactivation with cause 9",
		affects: SetsParameters,
		controlled: func(b *bench) {
			known := b.parametrized()
			if !slices.ContainsFunc(known.Parameters, func(p Parameter) bool { return len(p.Activations) > 0 }) {
				b.skip("no parameter is known that can be activated")
			}
			b.started()
			for _, p := range known.Parameters {
				for _, qualifier := range p.Activations {
					request := activation(p, qualifier)
					b.request(request, asdu.ActivationCon)
					request[2] = byte(asdu.Deactivation)
					b.request(request, asdu.DeactivationCon)
					b.request(activation(p, qualifier), asdu.ActivationCon)
				}
				for _, qualifier := range []asdu.ParameterActivationQualifier{0, 4, 127} {
					b.refused(activation(p, qualifier), asdu.ActivationCon)
				}
			}
		},
		controlling: func(b *bench) {
			b.started()
			b.answered(asked(asdu.P_AC_NA_1)[0])
		},
	},
	{
		id: "C10.cyclic", clause: "7.2.6.25", title: "P_AC_NA_1 with qualifier 3 stops cyclic transmission and starts it again",
		affects: SetsParameters,
		controlled: func(b *bench) {
			known := b.parametrized()
			tested := false
			b.started()
			for _, p := range known.Parameters {
				i := slices.IndexFunc(known.Points, func(o Point) bool {
					return o.CommonAddress == p.CommonAddress && o.Address == p.Point && o.Cyclic > 0
				})
				if i < 0 || !slices.Contains(p.Activations, asdu.ActivateCyclic) {
					continue
				}
				tested = true
				point := known.Points[i]
				request := activation(p, asdu.ActivateCyclic)
				request[2] = byte(asdu.Deactivation)
				b.request(request, asdu.DeactivationCon)
				b.settleData() // of a cycle that has begun the rest may wait for the window
				b.data = nil
				b.quietAnswers(2*point.Cyclic, "cyclic transmission is stopped")
				if sent(b.data, point.CommonAddress, point.Address, asdu.Cyclic) {
					b.fail(fmt.Sprintf("no object %d with cause 1", point.Address), "it came")
				}
				b.request(activation(p, asdu.ActivateCyclic), asdu.ActivationCon)
				b.awaitSent(point, asdu.Cyclic, 2*point.Cyclic+b.prompt)
			}
			if !tested {
				b.skip("no parameter is known that stops cyclic transmission")
			}
		},
	},
}

// parametrized returns the inventory of a station with parameters.
func (b *bench) parametrized() *Inventory {
	known := b.know()
	if len(known.Parameters) == 0 {
		b.skip("no parameter is known that may be loaded")
	}
	return known
}

// activation lays a parameter activation.
func activation(p Parameter, qualifier asdu.ParameterActivationQualifier) []byte {
	return telegram(asdu.P_AC_NA_1, asdu.Activation, p.CommonAddress, object(p.Address, byte(qualifier)))
}

// restored takes what was loaded out of operation, or loads the thresholds that
// the points had.
func (b *bench) restored(known *Inventory) {
	for _, p := range known.Parameters {
		if slices.Contains(p.Activations, asdu.ActivateParameter) {
			request := activation(p, asdu.ActivateParameter)
			request[2] = byte(asdu.Deactivation)
			b.request(request, asdu.DeactivationCon)
			continue
		}
		i := slices.IndexFunc(known.Points, func(o Point) bool { return o.CommonAddress == p.CommonAddress && o.Address == p.Point })
		if i >= 0 && slices.Contains(p.Kinds, asdu.ParameterThreshold) {
			b.request(parameter(p, asdu.ParameterThreshold, known.Points[i].Deadband), asdu.ActivationCon)
		}
	}
}

// deadband wants changes of a point to be events where they are greater than
// the deadband, and not otherwise.
func (b *bench) deadband(changer Changer, station asdu.CommonAddress, address asdu.ObjectAddress, band float64) {
	change := func(value float64) {
		b.data = nil
		b.try(func() error { return changer.Change(station, address, value) })
	}
	change(-2 * band)
	b.quietAnswers(b.prompt, "a value has changed")
	change(0)
	b.awaitSent(Point{CommonAddress: station, Address: address}, asdu.Spontaneous, b.patience())
	change(band / 2)
	b.quietAnswers(b.prompt, "a value has changed")
	if sent(b.data, station, address, asdu.Spontaneous) {
		b.fail(fmt.Sprintf("no event of object %d, which has moved by half its deadband", address), "an event")
	}
	change(2 * band)
	b.awaitSent(Point{CommonAddress: station, Address: address}, asdu.Spontaneous, b.patience())
}

// awaitSent wants a point to be sent with a cause.
func (b *bench) awaitSent(p Point, cause asdu.Cause, within time.Duration) {
	end := time.Now().Add(within)
	for !b.over() {
		r, ok := b.nextASDU(time.Until(end))
		switch {
		case b.over():
		case !ok:
			b.fail(fmt.Sprintf("object %d with cause %d", p.Address, cause), b.seenInstead(within))
		case sent([]reply{r}, p.CommonAddress, p.Address, cause):
			b.sound(r)
			return
		}
	}
}
