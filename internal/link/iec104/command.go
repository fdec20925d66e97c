package iec104

import (
	"fmt"
	"time"

	proto "stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/point"
)

// commandOf returns the point command that a command telegram asks for.
func commandOf(object asdu.Object, zone proto.TimeZone, received time.Time) (point.Command, error) {
	var c point.Command
	set := func(value point.Value, qualifier uint8, selects bool) {
		c.Value, c.Qualifier = value, qualifier
		if selects {
			c.Action = point.Select
		}
	}
	switch o := object.(type) {
	case asdu.SingleCommand:
		set(point.SingleValue(o.Value), uint8(o.Qualifier), o.Select)
	case asdu.DoubleCommand:
		if !o.Value.Permitted() {
			return c, fmt.Errorf("the state %d of a double command is not permitted", o.Value)
		}
		set(point.DoubleValue(point.DoubleState(o.Value)), uint8(o.Qualifier), o.Select)
	case asdu.StepCommand:
		if !o.Value.Permitted() {
			return c, fmt.Errorf("the state %d of a regulating step command is not permitted", o.Value)
		}
		set(point.DoubleValue(point.DoubleState(o.Value)), uint8(o.Qualifier), o.Select)
	case asdu.NormalizedSetpoint:
		set(point.NumberValue(o.Value.Float64()), uint8(o.Qualifier), o.Select)
	case asdu.ScaledSetpoint:
		set(point.NumberValue(float64(o.Value)), uint8(o.Qualifier), o.Select)
	case asdu.FloatSetpoint:
		set(point.NumberValue(float64(o.Value)), uint8(o.Qualifier), o.Select)
	case asdu.BitStringCommand:
		set(point.BitsValue(o.Value), 0, false)
	default:
		return c, fmt.Errorf("%T is no command", object)
	}
	if t := object.Timestamp(); !t.IsZero() {
		c.Time = pointTime(t, zone, received)
	}
	return c, nil
}

// encodeCommand returns the telegram of a command, and the address that it goes
// to.
func (e *encoder) encodeCommand(c *point.Command) (asdu.ASDU, error) {
	a, err := parseAddress(e.params, c.ID.Address)
	if err != nil {
		return asdu.ASDU{}, err
	}
	t := choose(commands, commandFor(c.Type), c.Value.Kind(), c.Time.Known())
	family, known := find(commands, t)
	if !known {
		return asdu.ASDU{}, fmt.Errorf("no command carries a value of kind %s", c.Value.Kind())
	}
	if err := family.shape.Holds(c.Value); err != nil {
		return asdu.ASDU{}, err
	}
	h := asdu.Header{Type: t, Cause: asdu.Activation, Test: c.Test, CommonAddress: a.common}
	if c.Action == point.Cancel {
		h.Cause = asdu.Deactivation
	}
	selects := c.Action == point.Select
	kind := asdu.TimeNone
	if t == family.cp56 {
		kind = asdu.TimeCP56
	}
	tag := asduTime(c.Time, kind, e.zone)
	nearest, _ := family.shape.Fit(c.Value) // it holds the value, so only to a step
	number := nearest.Number()
	switch family.none {
	case asdu.C_SC_NA_1:
		return asdu.New(e.params, h, asdu.SingleCommand{Address: a.object, Value: c.Value.Single(), Qualifier: asdu.PulseQualifier(c.Qualifier & 31), Select: selects, Time: tag})
	case asdu.C_DC_NA_1:
		return asdu.New(e.params, h, asdu.DoubleCommand{Address: a.object, Value: asdu.DoubleCommandState(c.Value.Double()), Qualifier: asdu.PulseQualifier(c.Qualifier & 31), Select: selects, Time: tag})
	case asdu.C_RC_NA_1:
		return asdu.New(e.params, h, asdu.StepCommand{Address: a.object, Value: asdu.StepCommandState(c.Value.Double()), Qualifier: asdu.PulseQualifier(c.Qualifier & 31), Select: selects, Time: tag})
	case asdu.C_SE_NA_1:
		value, _ := asdu.NormalizedOf(number)
		return asdu.New(e.params, h, asdu.NormalizedSetpoint{Address: a.object, Value: value, Qualifier: asdu.SetpointQualifier(c.Qualifier & 127), Select: selects, Time: tag})
	case asdu.C_SE_NB_1:
		return asdu.New(e.params, h, asdu.ScaledSetpoint{Address: a.object, Value: int16(number), Qualifier: asdu.SetpointQualifier(c.Qualifier & 127), Select: selects, Time: tag})
	case asdu.C_SE_NC_1:
		return asdu.New(e.params, h, asdu.FloatSetpoint{Address: a.object, Value: float32(number), Qualifier: asdu.SetpointQualifier(c.Qualifier & 127), Select: selects, Time: tag})
	default:
		return asdu.New(e.params, h, asdu.BitStringCommand{Address: a.object, Value: c.Value.Bits(), Time: tag})
	}
}
