package plc

import (
	"context"
	_ "embed" // of the declarations
	"fmt"
	"time"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/symbol"
)

//go:embed builtin.st
var builtinDeclarations string

// Builtin returns the PLC that needs no file: at 127.0.0.1.1.1:851, with a MAIN
// and a GVL that have every type.
func Builtin() (*Model, error) {
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	d.Text(builtinDeclarations, "GVL")
	table, err := d.Table()
	if err != nil {
		return nil, fmt.Errorf("the built-in PLC: %w", err)
	}
	m := &Model{
		Address: ams.Address{NetID: ams.LocalNetID, Port: ams.PortTC3PLC1}, Name: "Plc30 App",
		Version: ads.DeviceVersion{Major: 3, Minor: 1}, Table: table,
		Values: []Value{
			{"MAIN.sMessage", "ready"},
			{"MAIN.nSetpoint", 50},
			{"GVL.bBool", true},
			{"GVL.nByte", 0x12},
			{"GVL.nWord", 0x1234},
			{"GVL.nDWord", 0x12345678},
			{"GVL.nLWord", uint64(0x123456789ABCDEF0)},
			{"GVL.nSInt", -12},
			{"GVL.nUSInt", 200},
			{"GVL.nInt", -1234},
			{"GVL.nUInt", 50000},
			{"GVL.nDInt", -123456},
			{"GVL.nUDInt", 4000000000},
			{"GVL.nLInt", -1234567890123},
			{"GVL.nULInt", uint64(12345678901234567890)},
			{"GVL.fReal", 1.5},
			{"GVL.fLReal", 3.14159265358979},
			{"GVL.sString", "Größe 1"},
			{"GVL.wsString", "Ωhm €"},
			{"GVL.sUTF8", "Ωhm €"},
			{"GVL.tTime", 90 * time.Second},
			{"GVL.tLTime", 1500 * time.Microsecond},
			{"GVL.dDate", "D#2026-01-31"},
			{"GVL.dtTime", "DT#2026-01-31-12:30:00"},
			{"GVL.todTime", "TOD#12:30:15"},
			{"GVL.ldDate", "2026-01-31"},
			{"GVL.ldtTime", "2026-01-31T12:30:00.5Z"},
			{"GVL.ltodTime", "12:30:15.25"},
			{"GVL.eEnum", "Running"},
			{"GVL.nRange", 42},
			{"GVL.fAlias", 12.5},
			{"GVL.uUnion.nWord", 0x0102},
			{"GVL.aInt", []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
			{"GVL.aMatrix", [][]float64{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}},
			{"GVL.aNested[1][0]", true},
			{"GVL.aText", []string{"one", "two", "three"}},
			{"GVL.stSensor.sName", "spare"},
			{"GVL.nMemory", 7},
		},
		Moves: []Move{
			{Path: "MAIN.nCounter", Shape: Count, Period: 100 * time.Millisecond},
			{Path: "MAIN.bBlink", Shape: Square, Period: 2 * time.Second, High: 1},
			{Path: "MAIN.fSine", Shape: Sine, Period: 20 * time.Second, Low: -100, High: 100},
			{Path: "MAIN.fRamp", Shape: Ramp, Period: 10 * time.Second, High: 100},
			{Path: "GVL.nInput", Shape: Sine, Period: 30 * time.Second, Low: -1000, High: 1000},
			{Path: "MAIN.eState", Shape: Steps, Period: 8 * time.Second},
		},
		Calls: map[string]ads.DeviceCallFunc{"FB_Pump#Add": add},
	}
	for i := 1; i <= 4; i++ {
		sensor := fmt.Sprintf("MAIN.aSensors[%d]", i)
		m.Values = append(m.Values, Value{sensor + ".sName", fmt.Sprintf("sensor %d", i)}, Value{sensor + ".stLimits.fHigh", 90})
		m.Moves = append(m.Moves, Move{Path: sensor + ".fValue", Shape: Sine, Period: time.Duration(5*i) * time.Second, High: 100})
	}
	m.Bind = bindPumps
	return m, nil
}

// add is the method that has inputs, an output and a result.
func add(_ context.Context, c *ads.DeviceCall) error {
	a, _ := c.In["A"].(int16)
	b, _ := c.In["B"].(int16)
	sum := int32(a) + int32(b)
	c.Return = sum
	c.Out["nTwice"] = 2 * int64(sum)
	return nil
}

// bindPumps has the methods of pumps change them.
func bindPumps(d *ads.Device) error {
	start := func(_ context.Context, c *ads.DeviceCall) error {
		speed, _ := c.In["FSPEED"].(float64)
		if speed < 0 || speed > 100 {
			return ams.InvalidParameter
		}
		starts, err := d.Get(c.Instance + ".nStarts")
		if err != nil {
			return err
		}
		count, _ := starts.(uint32)
		c.Return = true
		return d.SetAll(
			ads.DeviceValue{Path: c.Instance + ".bEnable", Value: true},
			ads.DeviceValue{Path: c.Instance + ".fSpeed", Value: speed},
			ads.DeviceValue{Path: c.Instance + ".fActual", Value: speed},
			ads.DeviceValue{Path: c.Instance + ".eState", Value: "Running"},
			ads.DeviceValue{Path: c.Instance + ".nStarts", Value: count + 1})
	}
	stop := func(_ context.Context, c *ads.DeviceCall) error {
		c.Return = true
		return d.SetAll(
			ads.DeviceValue{Path: c.Instance + ".bEnable", Value: false},
			ads.DeviceValue{Path: c.Instance + ".fActual", Value: 0.0},
			ads.DeviceValue{Path: c.Instance + ".eState", Value: "Stopped"})
	}
	if err := d.OnCall("FB_Pump#Start", start); err != nil {
		return err
	}
	return d.OnCall("FB_Pump#Stop", stop)
}
