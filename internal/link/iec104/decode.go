package iec104

import (
	"time"

	proto "stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/point"
)

// decoder turns process information into updates. It is not safe for concurrent
// use.
type decoder struct {
	link    string
	zone    proto.TimeZone
	names   names
	updates []point.Update
}

// decode returns the updates that an ASDU of monitoring direction carries. They
// are valid until the next call, except for what they point to.
func (d *decoder) decode(a asdu.ASDU, trace point.Trace, received time.Time) ([]point.Update, error) {
	d.updates = d.updates[:0]
	head := point.Update{
		Received: point.InstantOf(received), Trace: trace, Type: a.TypeName(),
		Cause: point.Cause(a.Cause), Test: a.Test,
	}
	if _, known := find(monitored, a.Type); !known {
		return d.untouched(a, head)
	}
	add := func(object asdu.ObjectAddress, value point.Value, quality asdu.Quality, t asdu.Time) {
		update := head
		update.ID = point.ID{Link: d.link, Address: d.names.text(address{a.CommonAddress, object})}
		update.Value, update.Quality = value, pointQuality(quality)
		if !t.IsZero() {
			update.Time = pointTime(t, d.zone, received)
		}
		d.updates = append(d.updates, update)
	}
	for object := range a.Objects() {
		switch o := object.(type) {
		case asdu.SinglePoint:
			add(o.Address, point.SingleValue(o.Value), o.Quality, o.Time)
		case asdu.DoublePoint:
			add(o.Address, point.DoubleValue(point.DoubleState(o.Value)), o.Quality, o.Time)
		case asdu.StepPosition:
			add(o.Address, point.StepValue(int(o.Value), o.Transient), o.Quality, o.Time)
		case asdu.BitString:
			add(o.Address, point.BitsValue(o.Value), o.Quality, o.Time)
		case asdu.NormalizedValue:
			add(o.Address, point.NumberValue(o.Value.Float64()), o.Quality, o.Time)
		case asdu.PlainNormalizedValue:
			add(o.Address, point.NumberValue(o.Value.Float64()), 0, 0)
		case asdu.ScaledValue:
			add(o.Address, point.NumberValue(float64(o.Value)), o.Quality, o.Time)
		case asdu.ShortFloat:
			add(o.Address, point.NumberValue(float64(o.Value)), o.Quality, o.Time)
		case asdu.IntegratedTotal:
			var quality asdu.Quality
			if o.Value.Invalid {
				quality = asdu.Invalid
			}
			add(o.Address, point.CounterValue(point.CounterReading{
				Count: o.Value.Count, Sequence: o.Value.Sequence, Carry: o.Value.Carry, Adjusted: o.Value.Adjusted,
			}), quality, o.Time)
		}
	}
	return d.updates, nil
}

// untouched returns the one update that carries the telegram itself, with the
// field lengths of IEC 60870-5-104 whatever those of the link are.
func (d *decoder) untouched(a asdu.ASDU, head point.Update) ([]point.Update, error) {
	standard, err := a.WithParams(nil)
	if err != nil {
		return nil, err
	}
	head.ID = point.ID{Link: d.link, Address: commonText(a.CommonAddress)}
	head.Value = point.RawValue()
	head.Telegram = &point.Telegram{Protocol: Protocol, Raw: standard.Append(nil)}
	d.updates = append(d.updates, head)
	return d.updates, nil
}

// monitoring reports whether a type goes from a station to a control centre, so
// that it is passed on. Requests that are mirrored, and files, are not; those that
// the standard reserves, and private types, are.
func monitoring(t asdu.TypeID) bool {
	return !t.Control() && t != asdu.M_EI_NA_1 && (t < asdu.F_FR_NA_1 || t.Private())
}
