package iec104test_test

import (
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
	"stellwerk/iec104/station"
)

// builtinClient connects a client that has started, and collects what it gets.
func builtinClient(t *testing.T, b *iec104test.Builtin) (*iec104.Client, func() []asdu.ASDU) {
	t.Helper()
	near, far := net.Pipe()
	if _, err := b.ServeConn(far); err != nil {
		t.Fatal(err)
	}
	received := make(chan asdu.ASDU, 4096)
	client, err := iec104.NewClient(near, &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
		received <- a.Clone()
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return client, func() []asdu.ASDU {
		synctest.Wait()
		var all []asdu.ASDU
		for len(received) > 0 {
			all = append(all, <-received)
		}
		return all
	}
}

// TestBuiltin holds the built-in station to what it promises: every type, all
// groups, and a control with return information for every command.
func TestBuiltin(t *testing.T) {
	for _, extended := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b, err := iec104test.NewBuiltin(&iec104test.BuiltinOptions{Extended: extended})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			client, received := builtinClient(t, b)
			if all := received(); len(all) != 1 || all[0].Type != asdu.M_EI_NA_1 {
				t.Errorf("after the start: %v, want the end of initialisation", all)
			}

			types := map[asdu.TypeID]bool{}
			listed := map[asdu.TypeID]bool{}
			for _, p := range b.Sector().Points {
				types[p.Type] = true
			}
			for _, c := range b.Sector().Controls {
				types[c.Type] = true
			}
			for _, o := range iec104test.List(b.Sector()) {
				listed[o.Type] = true
			}
			for typ := range asdu.Types() {
				want := typ < asdu.M_EI_NA_1 && (extended || !typ.Extended())
				if types[typ] != want {
					t.Errorf("extended %t: %s is there: %t", extended, typ, types[typ])
				}
				parameter := typ >= asdu.P_ME_NA_1 && typ <= asdu.P_ME_NC_1
				if listed[typ] != (want || parameter) {
					t.Errorf("extended %t: %s is in the list: %t", extended, typ, listed[typ])
				}
			}

			for group := 1; group <= 16; group++ {
				if err := client.Interrogate(t.Context(), 1, asdu.InterrogateGroup(group)); err != nil {
					t.Fatal(err)
				}
				data := slices.DeleteFunc(received(), func(a asdu.ASDU) bool { return a.Type.Control() })
				if len(data) == 0 || data[0].Cause != asdu.InterrogatedByGroup(group) {
					t.Errorf("group %d: %v", group, data)
				}
			}
			for _, c := range b.Sector().Controls {
				operation, err := client.Operate(t.Context(), 1, commandOf(c), iec104.DirectExecute)
				if err == nil {
					_, err = operation.Terminated(t.Context())
				}
				if refused := errors.Is(err, iec104.ErrRefused); refused != (c.Select == station.SelectRequired) || err != nil && !refused {
					t.Errorf("%s: %v", c.Name, err)
				}
				if data := received(); err == nil && !slices.ContainsFunc(data, func(a asdu.ASDU) bool {
					o, _ := b.Station().Get(1, c.Feedback)
					return a.Type < asdu.C_SC_NA_1 && (a.Cause == asdu.ReturnRemote || a.Cause == asdu.Spontaneous) && o != nil
				}) {
					t.Errorf("%s: no return information among %v", c.Name, data)
				}
			}
		})
	}
}

// commandOf returns a command that moves what the control controls.
func commandOf(c station.Control) asdu.Object {
	var now asdu.Time
	if c.Type >= asdu.C_SC_TA_1 {
		now = asdu.CP56(time.Now().UTC())
	}
	switch c.Type {
	case asdu.C_SC_NA_1, asdu.C_SC_TA_1:
		return asdu.SingleCommand{Address: c.Address, Value: true, Qualifier: asdu.ShortPulse, Time: now}
	case asdu.C_DC_NA_1, asdu.C_DC_TA_1:
		return asdu.DoubleCommand{Address: c.Address, Value: asdu.CommandOn, Time: now}
	case asdu.C_RC_NA_1, asdu.C_RC_TA_1:
		return asdu.StepCommand{Address: c.Address, Value: asdu.NextHigher, Time: now}
	case asdu.C_SE_NA_1, asdu.C_SE_TA_1:
		return asdu.NormalizedSetpoint{Address: c.Address, Value: 1 << 14, Time: now}
	case asdu.C_SE_NB_1, asdu.C_SE_TB_1:
		return asdu.ScaledSetpoint{Address: c.Address, Value: 77, Time: now}
	case asdu.C_SE_NC_1, asdu.C_SE_TC_1:
		return asdu.FloatSetpoint{Address: c.Address, Value: 1.5, Time: now}
	default:
		return asdu.BitStringCommand{Address: c.Address, Value: 0x1234, Time: now}
	}
}

// TestCasesAgainstBuiltin runs every case of the controlled station against the
// built-in one of the extended profile, and against one that sends by itself.
func TestCasesAgainstBuiltin(t *testing.T) {
	for _, c := range iec104test.Cases() {
		if c.Role != iec104.Controlled {
			continue
		}
		for name, o := range map[string]iec104test.BuiltinOptions{
			"extended": {Extended: true}, "cycles": {Cycles: true},
		} {
			if o.Cycles && c.ID[0] == 'A' {
				continue // they are about silence, and about every frame
			}
			t.Run(c.ID+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b, err := iec104test.NewBuiltin(&o)
					if err != nil {
						t.Fatal(err)
					}
					report(t, run(c, b, &iec104test.RunOptions{Tolerance: 2 * time.Millisecond, Prompt: 100 * time.Millisecond}))
				})
			})
		}
	}
}
