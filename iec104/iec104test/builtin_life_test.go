package iec104test_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
)

// TestBuiltinMoves: with Moving, every type of state and measured value changes
// in the course of a minute, and nothing does without.
func TestBuiltinMoves(t *testing.T) {
	for _, moving := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			b, err := iec104test.NewBuiltin(&iec104test.BuiltinOptions{Moving: moving})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			_, received := builtinClient(t, b)
			received()
			time.Sleep(time.Minute)
			moved := map[asdu.TypeID]bool{}
			for _, a := range received() {
				moved[a.Type] = true
			}
			for _, typ := range []asdu.TypeID{
				asdu.M_SP_NA_1, asdu.M_DP_NA_1, asdu.M_ME_NA_1, asdu.M_ME_NB_1, asdu.M_ME_NC_1, asdu.M_ME_ND_1,
				asdu.M_SP_TB_1, asdu.M_DP_TB_1, asdu.M_ME_TD_1, asdu.M_ME_TE_1, asdu.M_ME_TF_1,
			} {
				if moved[typ] != moving {
					t.Errorf("moving %t: events of %s came: %t", moving, typ, moved[typ])
				}
			}
		})
	}
}

// TestBuiltinFaults: a station that loses its first I frame is found out.
func TestBuiltinFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, err := iec104test.NewBuiltin(&iec104test.BuiltinOptions{Faults: func() iec104test.Faults {
			return iec104test.Faults{Sent: iec104test.Drop(1, 1, iec104test.IFrame)}
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		client, _ := builtinClient(t, b)
		// M_EI_NA_1 is lost, so that N(S) of the next frame is not the expected one.
		if err := client.Interrogate(t.Context(), 1, asdu.InterrogateStation); !errors.Is(err, iec104.ErrProtocol) {
			t.Errorf("a frame was lost, and nobody saw it: %v", err)
		}
	})
}

// TestBuiltinRestart starts a station afresh that is called over TCP: the
// connection ends, values are the first ones, and the next connection hears of
// the initialisation.
func TestBuiltinRestart(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b, err := iec104test.NewBuiltin(&iec104test.BuiltinOptions{Listener: listener})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for range 2 {
		initialized := make(chan struct{})
		conn, err := b.Connect(ctx)
		if err != nil {
			t.Fatal(err)
		}
		client, err := iec104.NewClient(conn, &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
			if a.Type == asdu.M_EI_NA_1 {
				close(initialized)
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if err := client.Start(ctx); err != nil {
			t.Fatal(err)
		}
		select {
		case <-initialized:
		case <-ctx.Done():
			t.Fatal("no end of initialisation")
		}
		if o, _ := b.Station().Get(1, 3001); o.(asdu.SinglePoint).Value {
			t.Error("the point is not what it was at first")
		}
		if err := b.Station().Set(1, 3001, true); err != nil {
			t.Fatal(err)
		}
		if err := b.Restart(ctx); err != nil {
			t.Fatal(err)
		}
		select {
		case <-client.Done():
		case <-ctx.Done():
			t.Fatal("the connection outlives the station")
		}
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if err := b.Restart(ctx); !errors.Is(err, iec104.ErrClosed) {
		t.Errorf("restarted after its end: %v", err)
	}
}

// TestInventory tells cases what the built-in station can do and cannot.
func TestInventory(t *testing.T) {
	b, err := iec104test.NewBuiltin(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	known := b.Inventory()
	var types []asdu.TypeID
	for _, c := range known.Controls {
		types = append(types, c.Types...)
		// Measured values and bit strings do not have cause 11.
		plain := c.Types[0]
		if plain >= asdu.C_SC_TA_1 {
			plain -= asdu.C_SC_TA_1 - asdu.C_SC_NA_1
		}
		if returns := plain <= asdu.C_RC_NA_1; returns != (c.Feedback != 0) {
			t.Errorf("control %d: feedback %d", c.Address, c.Feedback)
		}
	}
	for typ := asdu.C_SC_NA_1; typ <= asdu.C_BO_TA_1; typ++ {
		if typ.Control() && !slices.Contains(types, typ) {
			t.Errorf("nothing takes %s", typ)
		}
	}
	groups := map[int]bool{}
	for _, p := range known.Points {
		for _, group := range p.Groups {
			groups[group] = true
		}
	}
	if len(groups) != 16 || len(known.Counters) == 0 || len(known.Parameters) != 12 || len(known.Files) != 2 {
		t.Errorf("%d groups, %d counters, %d parameters, %d files", len(groups), len(known.Counters), len(known.Parameters), len(known.Files))
	}
}
