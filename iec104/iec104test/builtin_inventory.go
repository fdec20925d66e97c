package iec104test

import (
	"cmp"
	"slices"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// Inventory is part of [Inventoried].
func (b *Builtin) Inventory() *Inventory {
	inventory := InventoryOf(&b.options.Station, b.sector)
	inventory.Extended = b.options.Extended
	inventory.Files = []File{
		{CommonAddress: builtinAddress, Address: builtinFile(1).Address, Name: builtinFile(1).Name},
		{CommonAddress: builtinAddress, Address: builtinFile(2).Address, Name: builtinFile(2).Name, Writable: true, Deletable: true},
	}
	return inventory
}

// InventoryOf returns what cases must know of a station that was made with the
// given options, which may be nil, and sectors.
func InventoryOf(options *station.Options, sectors ...station.Sector) *Inventory {
	if options == nil {
		options = &station.Options{}
	}
	i := &Inventory{
		CommandAge: options.CommandAge, Location: options.Location,
		EventBuffer: cmp.Or(options.Server.Events, 1000), Extended: options.Server.Extended,
	}
	for _, sector := range sectors {
		ca := cmp.Or(sector.Address, 1)
		i.CommonAddresses = append(i.CommonAddresses, ca)
		for _, p := range sector.Points {
			i.addPoint(ca, p)
			if p.Address == sector.Overflow {
				i.Overflow = new(i.Points[len(i.Points)-1])
			}
		}
		for _, c := range sector.Controls {
			at := slices.IndexFunc(sector.Points, func(p station.Point) bool { return p.Address == c.Feedback })
			i.addControl(ca, c, at >= 0 && sector.Points[at].Type.Allows(asdu.ReturnRemote), options)
		}
	}
	return i
}

func (i *Inventory) addPoint(ca asdu.CommonAddress, p station.Point) {
	switch p.Type {
	case asdu.M_IT_NA_1, asdu.M_IT_TA_1, asdu.M_IT_TB_1:
		c := Counter{CommonAddress: ca, Address: p.Address, Type: p.Type, Mode: CounterMode(p.Counter.Mode.String()[0])}
		if len(p.Groups) > 0 {
			c.Group = p.Groups[0]
		}
		i.Counters = append(i.Counters, c)
		return
	default:
	}
	point := Point{
		CommonAddress: ca, Address: p.Address, Type: p.Type, Groups: p.Groups,
		Background: p.Background, Deadband: p.Measure.Threshold,
	}
	if t, ok := station.InterrogatedType(p.Type); ok {
		point.Type, point.NotInterrogated = t, p.NotInterrogated
	} else {
		point.NotInterrogated = true
	}
	if !p.CyclicOff {
		point.Cyclic = p.Cyclic
	}
	i.Points = append(i.Points, point)
	for _, parameter := range p.Parameters {
		value := map[asdu.TypeID]float64{asdu.P_ME_NA_1: 0.05, asdu.P_ME_NB_1: 50, asdu.P_ME_NC_1: 0.75}[parameterType(p.Type)]
		i.Parameters = append(i.Parameters, Parameter{
			CommonAddress: ca, Address: parameter.Address, Type: parameterType(p.Type), Point: p.Address,
			Kinds: []asdu.ParameterKind{parameter.Kind}, Value: value,
			Activations: []asdu.ParameterActivationQualifier{asdu.ActivateParameter},
		})
	}
	if point.Cyclic > 0 {
		i.addCyclic(point)
	}
}

// addControl adds a control; returns tells that its feedback has the cause 11,
// which measured values and bit strings do not have.
func (i *Inventory) addControl(ca asdu.CommonAddress, c station.Control, returns bool, options *station.Options) {
	control := Control{
		CommonAddress: ca, Address: c.Address, Types: []asdu.TypeID{c.Type},
		Direct: c.Select != station.SelectRequired, Select: c.Select != station.SelectNever,
		SelectTimeout: cmp.Or(options.Server.SelectTimeout, 30*time.Second), Duration: max(c.Running, c.LongPulse) + c.ShortPulse,
		Value: 0.5,
	}
	if returns {
		control.Feedback = c.Feedback
	}
	switch c.Type {
	case asdu.C_SC_NA_1, asdu.C_DC_NA_1, asdu.C_RC_NA_1, asdu.C_SC_TA_1, asdu.C_DC_TA_1, asdu.C_RC_TA_1:
		control.Pulses = []asdu.PulseQualifier{asdu.ShortPulse, asdu.LongPulse, asdu.PersistentPulse}
	case asdu.C_SE_NB_1, asdu.C_SE_TB_1:
		control.Value = 50
	case asdu.C_BO_NA_1, asdu.C_BO_TA_1:
		control.Select = false
	default:
	}
	if c.Type < asdu.C_SC_TA_1 {
		control.Types = append(control.Types, c.Type+asdu.C_SC_TA_1-asdu.C_SC_NA_1)
	}
	control.Types = slices.Clip(control.Types)
	i.Controls = append(i.Controls, control)
}
