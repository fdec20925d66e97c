package station_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	model "stellwerk/iec104/station"
	"stellwerk/internal/config"
	"stellwerk/internal/point"
	"stellwerk/internal/simulator/station"
)

func listed(address, name, typ string) config.Point {
	return config.Point{ID: point.ID{Link: "station", Address: address}, Name: name, Type: typ}
}

// TestFromList makes sectors, and gives commands the points that they move.
func TestFromList(t *testing.T) {
	sectors, notes, err := station.FromList([]config.Point{
		listed("2/5", "Door", "M_SP_TB_1"),
		listed("1/100", "E01 Q0", "M_DP_TB_1"),
		listed("1/101", "E01 Q01", "M_DP_TB_1"),
		listed("1/102", "E01", "M_ME_TF_1"),
		listed("1/1100", "E01 Q01 command", "C_DC_NA_1"),
		listed("1/1200", "E01 set-point", "C_SE_NC_1"),
		listed("1/1300", "unlike all", "C_SC_NA_1"),
		listed("1/1400", "E01 tap", "C_RC_NA_1"),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(sectors) != 2 || sectors[0].Address != 1 || sectors[1].Address != 2 || len(sectors[0].Points) != 3 {
		t.Fatalf("sectors %+v", sectors)
	}
	moves := map[asdu.ObjectAddress]asdu.ObjectAddress{}
	for _, c := range sectors[0].Controls {
		moves[c.Address] = c.Feedback
	}
	if diff := cmp.Diff(map[asdu.ObjectAddress]asdu.ObjectAddress{1100: 101, 1200: 102, 1300: 0}, moves); diff != "" {
		t.Error(diff)
	}
	if want := []string{`the step command 1/1400 is left out: no step position has a name that "E01 tap" begins with`}; !cmp.Equal(want, notes) {
		t.Errorf("notes %q", notes)
	}
	for _, wrong := range []config.Point{listed("1/1", "", ""), listed("1/1", "", "M_XX"), listed("0/1", "", "M_SP_TB_1"), listed("1", "", "M_SP_TB_1")} {
		if _, _, err := station.FromList([]config.Point{wrong}, nil); err == nil {
			t.Errorf("no error for %+v", wrong)
		}
	}
}

// TestMove lets everything move but what a control moves.
func TestMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sectors, _, err := station.FromList([]config.Point{
			listed("1/1", "float", "M_ME_TF_1"), listed("1/2", "scaled", "M_ME_TE_1"), listed("1/3", "normalized", "M_ME_TD_1"),
			listed("1/4", "counter", "M_IT_TB_1"), listed("1/5", "single", "M_SP_TB_1"), listed("1/6", "double", "M_DP_TB_1"),
			listed("1/7", "held", "M_DP_TB_1"), listed("1/8", "held command", "C_DC_NA_1"),
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := model.New(nil, sectors...)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		near, far := net.Pipe()
		if _, err := s.ServeConn(far); err != nil {
			t.Fatal(err)
		}
		came := map[asdu.ObjectAddress]int{}
		client, err := iec104.NewClient(near, &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
			for o := range a.Objects() {
				came[o.IOA()]++
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
		defer stop()
		station.Move(ctx, s)
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		for address := asdu.ObjectAddress(1); address <= 6; address++ {
			if came[address] == 0 && address != 4 {
				t.Errorf("point %d does not move", address)
			}
		}
		if came[7] != 0 {
			t.Errorf("point 7 moves %d times, although a control holds it", came[7])
		}
		if o, _ := s.Get(1, 4); o == nil {
			t.Error("there is no counter")
		} else if total, ok := o.(asdu.IntegratedTotal); !ok || total.Value.Count == 0 {
			t.Errorf("the counter stands at %+v", o)
		}
	})
}
