package conformance

import (
	"context"
	"fmt"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
)

// DrivenDevice is a controlled station whose process is moved by a driver. It is
// an [iec104test.EventSource], an [iec104test.Changer], an
// [iec104test.LocalOperator], an [iec104test.Restarter] and an
// [iec104test.ClockStepper].
type DrivenDevice struct {
	*Device
	Driver Driver
	// Within is how long the driver may take. Zero is two minutes.
	Within time.Duration

	present present
}

var (
	_ iec104test.EventSource   = (*DrivenDevice)(nil)
	_ iec104test.Changer       = (*DrivenDevice)(nil)
	_ iec104test.LocalOperator = (*DrivenDevice)(nil)
	_ iec104test.Restarter     = (*DrivenDevice)(nil)
	_ iec104test.ClockStepper  = (*DrivenDevice)(nil)
	_ iec104test.Deliberate    = (*DrivenDevice)(nil)
)

// Deliberation is part of [iec104test.Deliberate].
func (d *DrivenDevice) Deliberation() time.Duration { return driverTime(d.Within) }

// Event is part of [iec104test.EventSource].
func (d *DrivenDevice) Event(n int) error {
	return d.drive(Action{
		Name: "events", Arguments: []string{fmt.Sprintf("count=%d", n)}, Count: n, Told: true,
		Text: fmt.Sprintf("let %d events arise, each in an ASDU of its own", n),
	})
}

// Change is part of [iec104test.Changer].
func (d *DrivenDevice) Change(station asdu.CommonAddress, address asdu.ObjectAddress, value float64) error {
	return d.drive(Action{
		Name:      "change",
		Arguments: []string{fmt.Sprintf("station=%d", station), fmt.Sprintf("address=%d", address), fmt.Sprintf("value=%v", value)},
		Told:      true, Text: fmt.Sprintf("let the process move object %d of station %d to %v", address, station, value),
	})
}

// Operate is part of [iec104test.LocalOperator].
func (d *DrivenDevice) Operate(station asdu.CommonAddress, command asdu.Object) error {
	a, err := actionOf(iec104test.Request{Type: commandType(command), CommonAddress: station, Object: command})
	if err != nil {
		return err
	}
	a.Name, a.Told = "operate", true
	a.Text = "operate on the spot, as this would: " + a.Text
	return d.drive(a)
}

// commandType returns the type of a command without time tag.
func commandType(o asdu.Object) asdu.TypeID {
	switch o.(type) {
	case asdu.SingleCommand:
		return asdu.C_SC_NA_1
	case asdu.DoubleCommand:
		return asdu.C_DC_NA_1
	case asdu.StepCommand:
		return asdu.C_RC_NA_1
	case asdu.NormalizedSetpoint:
		return asdu.C_SE_NA_1
	case asdu.ScaledSetpoint:
		return asdu.C_SE_NB_1
	case asdu.FloatSetpoint:
		return asdu.C_SE_NC_1
	default:
		return asdu.C_BO_NA_1
	}
}

// Restart is part of [iec104test.Restarter].
func (d *DrivenDevice) Restart(ctx context.Context) error {
	return driveWithin(ctx, d.Driver, driverTime(d.Within), d.present.name(Action{
		Name: "restart", Told: true, Text: "start the station afresh, and wait until it can be called again",
	}))
}

// StepClock is part of [iec104test.ClockStepper].
func (d *DrivenDevice) StepClock(by time.Duration) error { return d.drive(clockStep(by)) }

func (d *DrivenDevice) drive(a Action) error {
	return driveWithin(d.present.context(), d.Driver, driverTime(d.Within), d.present.name(a))
}

func (d *DrivenDevice) begin(ctx context.Context, id string) { d.present.begin(ctx, id) }
