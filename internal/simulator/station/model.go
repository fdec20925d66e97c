package station

import (
	"math"
	"math/rand/v2"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
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

// doorEvery is how many seconds the door stays open or closed.
const doorEvery = 47

// switches are the double points, and whether they are closed at first.
var switches = map[asdu.ObjectAddress]bool{
	breakerE01: true, 102: true, 103: false, breakerE02: true, 112: true, 113: false,
}

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

// model is the process of the substation, as far as the station does not move it.
// It keeps no time of its own: each step is a second.
type model struct {
	second  int
	numbers map[asdu.ObjectAddress]float64
	load    [2]float64 // of the feeders, MW
	energy  [2]float64 // kWh, import and export
}

// plant is what commands and operators have made of the switchgear.
type plant struct {
	closed map[asdu.ObjectAddress]bool
	tap    int
	moving bool // the tap changer is under way
}

// bands are how far a number must move until it is reported.
var bands = map[asdu.ObjectAddress]float64{
	voltage: 0.05, 202: 4, 203: 0.1, 204: 0.1, 205: 4, 206: 0.1, frequency: 0.01, oil: 0.1, winding: 1, 502: 0.01,
}

func newModel() model {
	return model{
		numbers: map[asdu.ObjectAddress]float64{frequency: 50, oil: 48, winding: 55, 502: 0.97},
		load:    [2]float64{14, 9},
		energy:  [2]float64{184250, 1270},
	}
}

// step lets a second go by. It returns the direction in which the voltage
// controller moves the tap changer, 0 where it leaves it.
func (m *model) step(random *rand.Rand, p plant) (tap int) {
	m.second++
	wander := func(value, mean, pull, noise float64) float64 {
		return value + pull*(mean-value) + noise*random.NormFloat64()
	}
	day := math.Sin(float64(m.second) / 90)
	m.load[0] = wander(m.load[0], 14+5*day, 0.05, 0.12)
	m.load[1] = wander(m.load[1], 8-6*day, 0.05, 0.1)
	m.numbers[frequency] = wander(m.numbers[frequency], 50, 0.2, 0.006)
	m.electrics(p, 0.015*random.NormFloat64())
	power := m.numbers[203] + m.numbers[206]
	m.numbers[oil] += (38 + power/2 - m.numbers[oil]) / 240
	m.numbers[winding] = m.numbers[oil] + power*power/60
	m.energy[0] += max(0, power) * 1000 / 3600
	m.energy[1] += max(0, -power) * 1000 / 3600

	if m.second%10 == 0 && !p.moving {
		switch u := m.numbers[voltage]; {
		case u < 109.2:
			return 1
		case u > 110.8:
			return -1
		}
	}
	return 0
}

// electrics computes what follows from loads, switches and tap.
func (m *model) electrics(p plant, noise float64) {
	feeder := func(i int, breaker, disconnector asdu.ObjectAddress) float64 {
		if p.closed[breaker] && p.closed[disconnector] {
			return m.load[i]
		}
		return 0
	}
	p1, p2 := feeder(0, breakerE01, 102), feeder(1, breakerE02, 112)
	u := 108.4 + 0.5*float64(p.tap-8)*1.2 - 0.06*(p1+p2-23) + 1.6 + noise
	m.numbers[voltage] = u
	m.numbers[203], m.numbers[206] = p1, p2
	m.numbers[204] = 0.28 * p1
	current := func(p float64) float64 { return math.Abs(p) * 1000 / (math.Sqrt(3) * u) / 0.96 }
	m.numbers[202], m.numbers[205] = current(p1), current(p2)
}

// sector returns the substation as the station model has it.
func (m *model) sector() station.Sector {
	sector := station.Sector{Address: SubstationAddress}
	for _, s := range signals {
		if s.Type.Control() {
			continue
		}
		p := station.Point{Address: s.Address, Type: s.Type, Name: s.Name, Unit: s.Unit, Measure: station.Measure{Threshold: bands[s.Address]}}
		switch s.Type {
		case asdu.M_DP_TB_1:
			p.Initial = switches[s.Address]
		case asdu.M_ST_TB_1:
			p.Initial = 8
		case asdu.M_BO_TB_1:
			p.Initial = 0x3fff
		case asdu.M_IT_TB_1:
			p.Initial = int(m.energy[0])
			if s.Address == exported {
				p.Initial = int(m.energy[1])
			}
			p.Counter = station.Counting{Mode: station.ModeA, Period: 5 * time.Second}
		default:
			p.Initial = m.numbers[s.Address]
		}
		sector.Points = append(sector.Points, p)
	}
	sector.Controls = []station.Control{
		{Address: 1101, Type: asdu.C_DC_NA_1, Feedback: breakerE01, Select: station.SelectRequired, Running: 150 * time.Millisecond},
		{Address: 1111, Type: asdu.C_DC_NA_1, Feedback: breakerE02, Select: station.SelectRequired, Running: 150 * time.Millisecond},
		{Address: tapCommand, Type: asdu.C_RC_NA_1, Feedback: tapPosition, Running: 3 * time.Second, Low: 1, High: 17},
	}
	return sector
}
