package plc

import (
	"context"
	"fmt"
	"math"
	"time"

	"stellwerk/ads"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// Shape is how a value moves.
type Shape string

// The shapes.
const (
	Sine   Shape = "sine"   // between Low and High and back, smoothly
	Ramp   Shape = "ramp"   // from Low to High, and then from Low again
	Square Shape = "square" // Low for half of the period, then High
	Count  Shape = "count"  // one more each period
	Steps  Shape = "steps"  // an enumeration goes through its values within the period
)

// shapes are those that there are.
var shapes = []string{string(Sine), string(Ramp), string(Square), string(Count), string(Steps)}

// Move is a value that moves by itself.
type Move struct {
	Path      string
	Shape     Shape
	Period    time.Duration // above 0
	Low, High float64
}

// at returns the value at a time since the PLC began.
func (m *Move) at(t *symbol.Type, since time.Duration) (any, error) {
	turn := float64(since%m.Period) / float64(m.Period)
	var v float64
	switch m.Shape {
	case Sine:
		v = m.Low + (m.High-m.Low)*(1+math.Sin(2*math.Pi*turn))/2
	case Ramp:
		v = m.Low + (m.High-m.Low)*turn
	case Square:
		v = m.Low
		if turn >= 0.5 {
			v = m.High
		}
	case Count:
		v = m.Low + float64(since/m.Period)
	case Steps:
		if len(t.Enum) == 0 {
			return nil, fmt.Errorf("%s is no enumeration, whose values it could go through", t.Name)
		}
		return t.Enum[min(int(turn*float64(len(t.Enum))), len(t.Enum)-1)].Value, nil
	default:
		return nil, fmt.Errorf("there is no %q", m.Shape)
	}
	switch t.Kind {
	case symbol.KindBool, symbol.KindBit:
		return v > 0, nil
	case symbol.KindReal32, symbol.KindReal64:
		return v, nil
	case symbol.KindTime, symbol.KindLTime:
		return time.Duration(v * float64(time.Second)), nil
	case symbol.KindString, symbol.KindWString:
		return fmt.Sprintf("%.2f", v), nil
	default:
		if m.Shape == Count {
			bits := min(t.Size*8, 53) // it begins anew where the type ends
			return int64(math.Mod(v, math.Ldexp(1, int(bits)-1))), nil
		}
		return int64(math.Round(v)), nil
	}
}

// moveEvery is how often values are moved: the cycle of the PLC's task.
const moveEvery = 50 * time.Millisecond

// Move has the values move, until ctx ends. While the PLC is stopped they stand.
func (p *PLC) Move(ctx context.Context) {
	ticker := time.NewTicker(moveEvery)
	defer ticker.Stop()
	var since time.Duration
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			if state, _ := p.Device.State(); state == command.StateRun {
				since += now.Sub(last)
				p.moveTo(since)
			}
			last = now
		}
	}
}

// moveTo sets all values that move. Those that cannot be set stand: their
// variables have been checked, but may be gone after an online change.
func (p *PLC) moveTo(since time.Duration) {
	moves := p.program().Moves
	values := make([]ads.DeviceValue, 0, len(moves))
	for i := range moves {
		m := &moves[i]
		v, err := p.Device.Find(m.Path)
		if err != nil {
			continue
		}
		if value, err := m.at(v.Type, since); err == nil {
			values = append(values, ads.DeviceValue{Path: m.Path, Value: value})
		}
	}
	if p.Device.SetAll(values...) == nil {
		return
	}
	for _, v := range values { // one of them stands, and not all
		_ = p.Device.Set(v.Path, v.Value)
	}
}
