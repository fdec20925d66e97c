package iec104_test

import (
	"errors"
	"iter"
	"testing"
	"testing/synctest"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// thinking takes its time before it answers an interrogation.
type thinking struct {
	plant
	think chan struct{}
}

func (s *thinking) Interrogate(session *iec104.Session, station asdu.CommonAddress, q asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	<-s.think
	return s.plant.Interrogate(session, station, q)
}

// TestLateAnswers: what the station says to a request after another connection
// has taken over is not sent, neither on standby nor when the connection is
// active again.
func TestLateAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		station := &thinking{think: make(chan struct{}), plant: plant{points: 3, execute: func(*iec104.Command) {}}}
		server := newServer(t, station, &iec104.ServerOptions{Groups: []iec104.RedundancyGroup{{Name: "all"}}})
		a, sa := rawClient(t, server)
		a.request("2d 01 06 00 0100 640000 01")
		a.request("2d 01 06 00 0100 650000 01")
		a.request("2d 01 06 00 0100 660000 81")
		synctest.Wait()
		carriedOut, undecided, selected := station.commands[0], station.commands[1], station.commands[2]
		if err := carriedOut.Confirm(); err != nil {
			t.Fatal(err)
		}
		a.want("2d 01 07 00 0100 640000 01")
		a.request("64 01 06 00 0100 000000 14")
		synctest.Wait()
		b, _ := rawClient(t, server)
		station.think <- struct{}{}
		late := func(what string, err error) {
			t.Helper()
			if !errors.Is(err, iec104.ErrSuperseded) {
				t.Errorf("%s: %v", what, err)
			}
		}
		late("terminated", carriedOut.Terminate())
		late("answer on standby", sa.Answer(single(1, asdu.Request)))
		if sa.Supply(station.plant.Interrogate(sa, 1, 20)) {
			t.Error("supplied on standby")
		}
		synctest.Wait()
		if sa.Err() != nil {
			t.Fatal(sa.Err())
		}
		a.write(apci.AppendU(nil, apci.StartDTAct))
		a.want("S N(R)=4", "STARTDT con", "nothing")
		late("confirmed", undecided.Confirm())
		late("selected", selected.Confirm())
		a.want("nothing")
		a.request("2d 01 06 00 0100 660000 01") // not selected any more
		synctest.Wait()
		if c := station.commands[len(station.commands)-1]; c.Selected {
			t.Error("still selected")
		}
		b.want("nothing")
	})
}

// TestLateDirectory: a directory under way is not gone on with on a connection
// that was superseded meanwhile.
func TestLateDirectory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := iec104.NewFileMemory(nil)
		for n := range 60 {
			if err := files.Put(iec104.FileRef{Address: asdu.ObjectAddress(n + 1), Name: 1}, nil, asdu.RawTime(asdu.TimeCP56, 0)); err != nil {
				t.Fatal(err)
			}
		}
		server := newServer(t, archive{&plant{}, files}, &iec104.ServerOptions{
			Parameters: iec104.Parameters{K: 1, W: 1}, Groups: []iec104.RedundancyGroup{{Name: "all"}},
		})
		a, _ := rawClient(t, server)
		a.request("7a 01 05 00 0100 000000 0000 00 00")
		a.want("S N(R)=1")
		if got := a.next(); got[:2] != "7e" {
			t.Fatal(got)
		}
		rawClient(t, server)
		a.write(apci.AppendU(nil, apci.StartDTAct))
		a.want("STARTDT con")
		a.write(apci.AppendS(nil, a.receive))
		a.want("nothing")
	})
}
