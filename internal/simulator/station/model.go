package station

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"stellwerk/iec104/asdu"
)

// Points that the model speaks of by name.
const (
	breakerE01  asdu.ObjectAddress = 101
	breakerE02  asdu.ObjectAddress = 111
	doorContact asdu.ObjectAddress = 501
	voltage     asdu.ObjectAddress = 201
	frequency   asdu.ObjectAddress = 207
	tapPosition asdu.ObjectAddress = 301
	oil         asdu.ObjectAddress = 302
	winding     asdu.ObjectAddress = 303
	imported    asdu.ObjectAddress = 401
	exported    asdu.ObjectAddress = 402
	relays      asdu.ObjectAddress = 503

	tapCommand asdu.ObjectAddress = 1301
)

// breakers are the points that commands move, by the address of the command.
var breakers = map[asdu.ObjectAddress]asdu.ObjectAddress{1101: breakerE01, 1111: breakerE02}

// signals are all points of the substation, commands last.
var signals = []Signal{
	{breakerE01, asdu.M_DP_TB_1, "E01 Q0", "", "E01", "circuit breaker"},
	{102, asdu.M_DP_TB_1, "E01 Q1", "", "E01", "busbar disconnector"},
	{103, asdu.M_DP_TB_1, "E01 Q8", "", "E01", "earthing switch"},
	{104, asdu.M_SP_TB_1, "E01 SF6", "", "E01", "gas pressure low"},
	{breakerE02, asdu.M_DP_TB_1, "E02 Q0", "", "E02", "circuit breaker"},
	{112, asdu.M_DP_TB_1, "E02 Q1", "", "E02", "busbar disconnector"},
	{113, asdu.M_DP_TB_1, "E02 Q8", "", "E02", "earthing switch"},
	{voltage, asdu.M_ME_TF_1, "U", "kV", "T1", "busbar voltage"},
	{202, asdu.M_ME_TF_1, "E01 I", "A", "E01", "current"},
	{203, asdu.M_ME_TF_1, "E01 P", "MW", "E01", "active power"},
	{204, asdu.M_ME_TF_1, "E01 Q", "MVAr", "E01", "reactive power"},
	{205, asdu.M_ME_TF_1, "E02 I", "A", "E02", "current"},
	{206, asdu.M_ME_TF_1, "E02 P", "MW", "E02", "active power"},
	{frequency, asdu.M_ME_TF_1, "f", "Hz", "T1", "frequency"},
	{tapPosition, asdu.M_ST_TB_1, "T1 tap", "", "T1", "tap changer"},
	{oil, asdu.M_ME_TF_1, "T1 oil", "°C", "T1", "oil temperature"},
	{winding, asdu.M_ME_TE_1, "T1 winding", "°C", "T1", "winding temperature"},
	{imported, asdu.M_IT_TB_1, "E+", "kWh", "T1", "active energy, import"},
	{exported, asdu.M_IT_TB_1, "E-", "kWh", "T1", "active energy, export"},
	{doorContact, asdu.M_SP_TB_1, "Door", "", "Building", "door open"},
	{502, asdu.M_ME_TD_1, "Battery", "p.u.", "Building", "battery charge"},
	{relays, asdu.M_BO_TB_1, "Relays", "", "Building", "protection relays ready"},

	{1101, asdu.C_DC_NA_1, "E01 Q0 command", "", "E01", "circuit breaker, select before operate"},
	{1111, asdu.C_DC_NA_1, "E02 Q0 command", "", "E02", "circuit breaker, select before operate"},
	{tapCommand, asdu.C_RC_NA_1, "T1 tap command", "", "T1", "tap changer: off is lower, on is higher"},
}

// allAddresses returns the addresses of the points in monitoring direction.
func allAddresses() []asdu.ObjectAddress {
	var all []asdu.ObjectAddress
	for _, s := range signals {
		if !s.Type.Control() {
			all = append(all, s.Address)
		}
	}
	return all
}

// model is the process of the substation. It keeps no time of its own: each step
// is a second.
type model struct {
	second  int
	doubles map[asdu.ObjectAddress]asdu.DoublePointState
	singles map[asdu.ObjectAddress]bool
	numbers map[asdu.ObjectAddress]float64
	sent    map[asdu.ObjectAddress]float64 // what was reported of numbers
	load    [2]float64                     // of the feeders, MW
	tap     int8
	moving  bool
	energy  [2]float64 // kWh, import and export
}

// bands are how far a number must move until it is reported.
var bands = map[asdu.ObjectAddress]float64{
	voltage: 0.05, 202: 4, 203: 0.1, 204: 0.1, 205: 4, 206: 0.1, frequency: 0.01, oil: 0.1, winding: 1, 502: 0.01,
}

func newModel() model {
	m := model{
		doubles: map[asdu.ObjectAddress]asdu.DoublePointState{
			breakerE01: asdu.On, 102: asdu.On, 103: asdu.Off,
			breakerE02: asdu.On, 112: asdu.On, 113: asdu.Off,
		},
		singles: map[asdu.ObjectAddress]bool{104: false, doorContact: false},
		numbers: map[asdu.ObjectAddress]float64{frequency: 50, oil: 48, winding: 55, 502: 0.97},
		sent:    map[asdu.ObjectAddress]float64{},
		load:    [2]float64{14, 9},
		tap:     8,
		energy:  [2]float64{184250, 1270},
	}
	m.electrics(0)
	return m
}

// step lets a second go by. It returns the points to report, and the direction in
// which the voltage controller moves the tap changer.
func (m *model) step(random *rand.Rand) (changed []asdu.ObjectAddress, tap int) {
	m.second++
	wander := func(value, mean, pull, noise float64) float64 {
		return value + pull*(mean-value) + noise*random.NormFloat64()
	}
	day := math.Sin(float64(m.second) / 90)
	m.load[0] = wander(m.load[0], 14+5*day, 0.05, 0.12)
	m.load[1] = wander(m.load[1], 8-6*day, 0.05, 0.1)
	m.numbers[frequency] = wander(m.numbers[frequency], 50, 0.2, 0.006)
	m.electrics(0.015 * random.NormFloat64())
	power := m.numbers[203] + m.numbers[206]
	m.numbers[oil] += (38 + power/2 - m.numbers[oil]) / 240
	m.numbers[winding] = m.numbers[oil] + power*power/60
	m.energy[0] += max(0, power) * 1000 / 3600
	m.energy[1] += max(0, -power) * 1000 / 3600

	for _, s := range signals {
		if band, ok := bands[s.Address]; ok && math.Abs(m.numbers[s.Address]-m.sent[s.Address]) >= band {
			changed = append(changed, s.Address)
		}
	}
	if m.second%15 == 3 {
		changed = append(changed, imported, exported)
	}
	if m.second%47 == 0 {
		m.singles[doorContact] = !m.singles[doorContact]
		changed = append(changed, doorContact)
	}
	if m.second%10 == 0 && !m.moving {
		switch u := m.numbers[voltage]; {
		case u < 109.2:
			tap = 1
		case u > 110.8:
			tap = -1
		}
	}
	return changed, tap
}

// electrics computes what follows from loads, switches and tap.
func (m *model) electrics(noise float64) {
	feeder := func(i int, breaker, disconnector asdu.ObjectAddress) float64 {
		if m.doubles[breaker] == asdu.On && m.doubles[disconnector] == asdu.On {
			return m.load[i]
		}
		return 0
	}
	p1, p2 := feeder(0, breakerE01, 102), feeder(1, breakerE02, 112)
	u := 108.4 + 0.5*float64(m.tap-8)*1.2 - 0.06*(p1+p2-23) + 1.6 + noise
	m.numbers[voltage] = u
	m.numbers[203], m.numbers[206] = p1, p2
	m.numbers[204] = 0.28 * p1
	current := func(p float64) float64 { return math.Abs(p) * 1000 / (math.Sqrt(3) * u) / 0.96 }
	m.numbers[202], m.numbers[205] = current(p1), current(p2)
}

// beginTap begins a step of the tap changer; false where it cannot move.
func (m *model) beginTap(direction int) bool {
	next := int(m.tap) + direction
	if m.moving || next < 1 || next > 17 {
		return false
	}
	m.moving = true
	return true
}

func (m *model) endTap(direction int) {
	m.tap += int8(direction)
	m.moving = false
}

// telegram returns the ASDU of a point as it is now.
func (m *model) telegram(address asdu.ObjectAddress, cause asdu.Cause, now time.Time) (asdu.ASDU, error) {
	t := asdu.CP56(now.UTC())
	for _, s := range signals {
		if s.Address != address {
			continue
		}
		h := asdu.Header{Type: s.Type, Cause: cause, CommonAddress: SubstationAddress}
		m.sent[address] = m.numbers[address]
		switch s.Type {
		case asdu.M_DP_TB_1:
			return asdu.New(nil, h, asdu.DoublePoint{Address: address, Value: m.doubles[address], Time: t})
		case asdu.M_SP_TB_1:
			return asdu.New(nil, h, asdu.SinglePoint{Address: address, Value: m.singles[address], Time: t})
		case asdu.M_ST_TB_1:
			return asdu.New(nil, h, asdu.StepPosition{Address: address, Value: m.tap, Transient: m.moving, Time: t})
		case asdu.M_BO_TB_1:
			return asdu.New(nil, h, asdu.BitString{Address: address, Value: 0x0000_3fff, Time: t})
		case asdu.M_ME_TD_1:
			value, _ := asdu.NormalizedOf(m.numbers[address])
			return asdu.New(nil, h, asdu.NormalizedValue{Address: address, Value: value, Time: t})
		case asdu.M_ME_TE_1:
			return asdu.New(nil, h, asdu.ScaledValue{Address: address, Value: int16(math.Round(m.numbers[address])), Time: t})
		case asdu.M_ME_TF_1:
			return asdu.New(nil, h, asdu.ShortFloat{Address: address, Value: float32(math.Round(m.numbers[address]*1000) / 1000), Time: t})
		case asdu.M_IT_TB_1:
			count := m.energy[0]
			if address == exported {
				count = m.energy[1]
			}
			return asdu.New(nil, h, asdu.IntegratedTotal{Address: address, Value: asdu.Counter{Count: int32(count), Sequence: uint8(m.second / 15 % 32)}, Time: t})
		default:
		}
	}
	return asdu.ASDU{}, fmt.Errorf("no point in monitoring direction has the address %d", address)
}
