package interop

import (
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	peer "github.com/thinkgos/go-iecp5/asdu"
	"github.com/thinkgos/go-iecp5/cs104"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// newOurStation starts a controlled station of ours and returns where it listens.
func newOurStation(t *testing.T, options *iec104.ServerOptions) (*ourStationApp, *iec104.Server, string) {
	t.Helper()
	app := &ourStationApp{t: t}
	server, err := iec104.NewServer(app, options)
	if err != nil {
		t.Fatal(err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		serving.Wait()
	})
	return app, server, listener.Addr().String()
}

// byType returns the objects that the peer decoded, by type.
func byType(all []received, cause asdu.Cause) map[asdu.TypeID][]asdu.Object {
	objects := map[asdu.TypeID][]asdu.Object{}
	for _, r := range all {
		if r.Cause == cause && !r.Type.Control() {
			objects[r.Type] = append(objects[r.Type], r.objects...)
		}
	}
	return objects
}

// sent returns the objects of ASDUs of ours, by type.
func sent(all []asdu.ASDU) map[asdu.TypeID][]asdu.Object {
	objects := map[asdu.TypeID][]asdu.Object{}
	for _, a := range all {
		objects[a.Type] = slices.AppendSeq(objects[a.Type], a.Objects())
	}
	return objects
}

// TestCentreConversation runs everything that a control centre of the peer and our
// station have to say to each other.
func TestCentreConversation(t *testing.T) {
	t.Parallel()
	app, server, address := newOurStation(t, &iec104.ServerOptions{Parameters: quick})
	// Both are made to send types that belong to IEC 60870-5-101 alone.
	l := newLine(t, address, "go-iecp5-control-centre.pcapng", ourStation, "type-of-101", "ours:type-of-101")
	centre := newPeerCentre(t, l.Addr(), cs104.DefaultConfig())

	t.Run("interrogation", func(t *testing.T) {
		all := centre.interrogate(t, 1)
		if first := all[0]; first.Type != asdu.C_IC_NA_1 || first.Cause != asdu.ActivationCon || first.Negative {
			t.Errorf("it begins with %+v", first.Header)
		}
		if diff := cmp.Diff(sent(state(t)), byType(all, asdu.InterrogatedByStation)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})

	t.Run("interrogation of a group", func(t *testing.T) {
		n := len(centre.received())
		centre.send(t, "it", func(c peer.Connect) error { return peer.InterrogationCmd(c, activation, 1, peer.QOIGroup1) })
		at := centre.wait(t, "the refusal", n, func(r received) bool { return r.Type == asdu.C_IC_NA_1 })
		if r := centre.received()[at]; r.Cause != asdu.ActivationCon || !r.Negative {
			t.Errorf("got %+v", r.Header)
		}
	})

	t.Run("events", func(t *testing.T) {
		n := len(centre.received())
		all := events(t)
		for _, a := range all {
			if err := server.Send(a); err != nil {
				t.Fatal(err)
			}
		}
		centre.wait(t, "the last event", n, func(r received) bool { return r.Type == asdu.M_EI_NA_1 })
		got := byType(centre.received()[n:], asdu.Spontaneous)
		got[asdu.M_EI_NA_1] = byType(centre.received()[n:], asdu.Initialized)[asdu.M_EI_NA_1]
		want := sent(all)
		// The peer believes that it has an octet more, and throws it away.
		delete(want, asdu.M_EP_TD_1)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})

	t.Run("clock", func(t *testing.T) {
		n := len(centre.received())
		centre.send(t, "the time", func(c peer.Connect) error { return peer.ClockSynchronizationCmd(c, activation, 1, sourceTime) })
		centre.wait(t, "the confirmation", n, func(r received) bool { return r.Type == asdu.C_CS_NA_1 && r.Cause == asdu.ActivationCon })
		app.mu.Lock()
		clock := app.clock
		app.mu.Unlock()
		if clock != asdu.CP56(sourceTime) {
			t.Errorf("the clock was set to %v, want %v", clock, sourceTime)
		}
		later := sourceTime.Add(time.Second)
		centre.send(t, "the time", func(c peer.Connect) error { return peer.ClockSynchronizationCmd(c, activation, 1, later) })
		centre.wait(t, "the time before", n, func(r received) bool {
			return len(r.objects) == 1 && r.objects[0] == asdu.ClockSynchronization{Time: asdu.CP56(sourceTime)}
		})
	})

	t.Run("commands", func(t *testing.T) { testPeerCommands(t, app, centre) })

	t.Run("unknown", func(t *testing.T) {
		n := len(centre.received())
		centre.send(t, "a command to an unknown object", func(c peer.Connect) error {
			return peer.SingleCmd(c, peer.C_SC_NA_1, activation, 1, peer.SingleCommandInfo{Ioa: 9999})
		})
		centre.send(t, "a command to an unknown station", func(c peer.Connect) error {
			return peer.SingleCmd(c, peer.C_SC_NA_1, activation, 99, peer.SingleCommandInfo{Ioa: ourBreaker})
		})
		for _, cause := range []asdu.Cause{asdu.UnknownObjectAddress, asdu.UnknownCommonAddress} {
			centre.wait(t, cause.String(), n, func(r received) bool { return r.Cause == cause && r.Negative && r.Type == asdu.C_SC_NA_1 })
		}
	})

	t.Run("other requests", func(t *testing.T) { testPeerRequests(t, app, centre) })

	t.Run("test frames", func(t *testing.T) {
		// t3 of ours is a second: a peer that did not confirm would lose the
		// connection five seconds later.
		time.Sleep(2500 * time.Millisecond)
		sessions := server.Sessions()
		if len(sessions) != 1 || sessions[0].Err() != nil || centre.connections() != 1 {
			t.Errorf("%d sessions, %d connections", len(sessions), centre.connections())
		}
	})

	t.Run("stop and start", func(t *testing.T) {
		state := func(want iec104.State) func() bool {
			return func() bool { return server.Sessions()[0].Status().State == want }
		}
		centre.client.SendStopDt()
		until(t, "data transfer is stopped", state(iec104.Stopped))
		n := len(centre.received())
		if err := server.Send(events(t)[0]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
		if got := centre.received()[n:]; len(got) > 0 {
			t.Errorf("received while stopped: %+v", got)
		}
		centre.client.SendStartDt()
		until(t, "data transfer is started", state(iec104.Started))
		centre.wait(t, "what was kept", n, func(r received) bool { return r.Type == events(t)[0].Type })
	})
	for _, s := range server.Sessions() {
		if finding := s.Status().Finding; finding != nil {
			t.Errorf("our station complained of %v", finding)
		}
	}
}

// testPeerCommands sends every type of command that the peer knows.
func testPeerCommands(t *testing.T, app *ourStationApp, centre *peerCentre) {
	pulse := peer.QualifierOfCommand{Qual: peer.QOCShortPulseDuration}
	level := peer.QualifierOfSetpointCmd{Qual: 64}
	long := asdu.CP56(sourceTime)
	for _, c := range []struct {
		typ  peer.TypeID
		send func(peer.Connect, peer.TypeID) error
		want asdu.Object
	}{
		{peer.C_SC_NA_1, func(c peer.Connect, t peer.TypeID) error {
			return peer.SingleCmd(c, t, activation, 1, peer.SingleCommandInfo{Ioa: ourBreaker, Value: true, Qoc: pulse, Time: sourceTime})
		}, asdu.SingleCommand{Address: ourBreaker, Value: true, Qualifier: asdu.ShortPulse}},
		{peer.C_SC_TA_1, func(c peer.Connect, t peer.TypeID) error {
			return peer.SingleCmd(c, t, activation, 1, peer.SingleCommandInfo{Ioa: ourBreaker, Value: true, Qoc: pulse, Time: sourceTime})
		}, asdu.SingleCommand{Address: ourBreaker, Value: true, Qualifier: asdu.ShortPulse, Time: long}},
		{peer.C_DC_NA_1, func(c peer.Connect, t peer.TypeID) error {
			return peer.DoubleCmd(c, t, activation, 1, peer.DoubleCommandInfo{Ioa: ourBreaker, Value: 2, Qoc: pulse})
		}, asdu.DoubleCommand{Address: ourBreaker, Value: asdu.CommandOn, Qualifier: asdu.ShortPulse}},
		{peer.C_DC_TA_1, func(c peer.Connect, t peer.TypeID) error {
			return peer.DoubleCmd(c, t, activation, 1, peer.DoubleCommandInfo{Ioa: ourBreaker, Value: 1, Qoc: pulse, Time: sourceTime})
		}, asdu.DoubleCommand{Address: ourBreaker, Value: asdu.CommandOff, Qualifier: asdu.ShortPulse, Time: long}},
		{peer.C_RC_NA_1, func(c peer.Connect, t peer.TypeID) error {
			return peer.StepCmd(c, t, activation, 1, peer.StepCommandInfo{Ioa: ourBreaker, Value: peer.SCOStepUP, Qoc: pulse})
		}, asdu.StepCommand{Address: ourBreaker, Value: 2, Qualifier: asdu.ShortPulse}},
		{peer.C_RC_TA_1, func(c peer.Connect, t peer.TypeID) error {
			return peer.StepCmd(c, t, activation, 1, peer.StepCommandInfo{Ioa: ourBreaker, Value: peer.SCOStepDown, Qoc: pulse, Time: sourceTime})
		}, asdu.StepCommand{Address: ourBreaker, Value: 1, Qualifier: asdu.ShortPulse, Time: long}},
		{peer.C_SE_NA_1, func(c peer.Connect, t peer.TypeID) error {
			return peer.SetpointCmdNormal(c, t, activation, 1, peer.SetpointCommandNormalInfo{Ioa: ourBreaker, Value: -32768, Qos: level})
		}, asdu.NormalizedSetpoint{Address: ourBreaker, Value: -32768, Qualifier: 64}},
		{peer.C_SE_TA_1, func(c peer.Connect, t peer.TypeID) error {
			return peer.SetpointCmdNormal(c, t, activation, 1, peer.SetpointCommandNormalInfo{Ioa: ourBreaker, Value: 32767, Time: sourceTime})
		}, asdu.NormalizedSetpoint{Address: ourBreaker, Value: 32767, Time: long}},
		{peer.C_SE_NB_1, func(c peer.Connect, t peer.TypeID) error {
			return peer.SetpointCmdScaled(c, t, activation, 1, peer.SetpointCommandScaledInfo{Ioa: ourBreaker, Value: -32768, Qos: level})
		}, asdu.ScaledSetpoint{Address: ourBreaker, Value: -32768, Qualifier: 64}},
		{peer.C_SE_TB_1, func(c peer.Connect, t peer.TypeID) error {
			return peer.SetpointCmdScaled(c, t, activation, 1, peer.SetpointCommandScaledInfo{Ioa: ourBreaker, Value: 1, Time: sourceTime})
		}, asdu.ScaledSetpoint{Address: ourBreaker, Value: 1, Time: long}},
		{peer.C_SE_NC_1, func(c peer.Connect, t peer.TypeID) error {
			return peer.SetpointCmdFloat(c, t, activation, 1, peer.SetpointCommandFloatInfo{Ioa: ourBreaker, Value: 49.98, Qos: level})
		}, asdu.FloatSetpoint{Address: ourBreaker, Value: 49.98, Qualifier: 64}},
		{peer.C_SE_TC_1, func(c peer.Connect, t peer.TypeID) error {
			return peer.SetpointCmdFloat(c, t, activation, 1, peer.SetpointCommandFloatInfo{Ioa: ourBreaker, Value: -1, Time: sourceTime})
		}, asdu.FloatSetpoint{Address: ourBreaker, Value: -1, Time: long}},
		{peer.C_BO_NA_1, func(c peer.Connect, t peer.TypeID) error {
			return peer.BitsString32Cmd(c, t, activation, 1, peer.BitsString32CommandInfo{Ioa: ourBreaker, Value: 0x80000001})
		}, asdu.BitStringCommand{Address: ourBreaker, Value: 0x80000001}},
		{peer.C_BO_TA_1, func(c peer.Connect, t peer.TypeID) error {
			return peer.BitsString32Cmd(c, t, activation, 1, peer.BitsString32CommandInfo{Ioa: ourBreaker, Value: 7, Time: sourceTime})
		}, asdu.BitStringCommand{Address: ourBreaker, Value: 7, Time: long}},
	} {
		typ := asdu.TypeID(c.typ)
		t.Run(typ.String(), func(t *testing.T) {
			n, commands := len(centre.received()), len(app.taken())
			centre.send(t, typ.String(), func(conn peer.Connect) error { return c.send(conn, c.typ) })
			until(t, "our station has the command", func() bool { return len(app.taken()) > commands })
			if got := app.taken()[commands:]; !cmp.Equal(got, []asdu.Object{c.want}) {
				t.Errorf("our station got %+v, want %+v", got, c.want)
			}
			centre.wait(t, "the return information", n, func(r received) bool { return r.Cause == asdu.ReturnRemote })
			if c.want.Timestamp().IsZero() { // the peer cannot read confirmations with time
				confirmed := centre.wait(t, "the confirmation", n, answers(typ, asdu.ActivationCon, c.want))
				terminated := centre.wait(t, "the termination", n, answers(typ, asdu.ActivationTermination, c.want))
				if terminated < confirmed {
					t.Error("the termination is before the confirmation")
				}
			}
		})
	}

	t.Run("select before operate", func(t *testing.T) {
		send := func(selects bool) {
			centre.send(t, "a double command", func(c peer.Connect) error {
				return peer.DoubleCmd(c, peer.C_DC_NA_1, activation, 1, peer.DoubleCommandInfo{Ioa: ourSwitch, Value: 2, Qoc: peer.QualifierOfCommand{InSelect: selects}})
			})
		}
		execute := asdu.DoubleCommand{Address: ourSwitch, Value: asdu.CommandOn}
		selecting := execute
		selecting.Select = true
		n := len(centre.received())
		send(false)
		centre.wait(t, "the refusal", n, func(r received) bool { return r.Negative && r.Cause == asdu.ActivationCon })
		n = len(centre.received())
		send(true)
		centre.wait(t, "the confirmation of the selection", n, answers(asdu.C_DC_NA_1, asdu.ActivationCon, selecting))
		send(false)
		centre.wait(t, "the confirmation", n, answers(asdu.C_DC_NA_1, asdu.ActivationCon, execute))
		centre.wait(t, "the termination", n, answers(asdu.C_DC_NA_1, asdu.ActivationTermination, execute))
	})
}

// answers tells whether an ASDU is a positive answer to a command.
func answers(typ asdu.TypeID, cause asdu.Cause, command asdu.Object) func(received) bool {
	return func(r received) bool {
		return r.Type == typ && r.Cause == cause && !r.Negative && cmp.Equal(r.objects, []asdu.Object{command})
	}
}

func (s *ourStationApp) taken() []asdu.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

// testPeerRequests sends what the peer can send besides.
func testPeerRequests(t *testing.T, app *ourStationApp, centre *peerCentre) {
	n := len(centre.received())
	for _, r := range []struct {
		typ  asdu.TypeID
		send func(peer.Connect) error
	}{
		{asdu.C_CI_NA_1, func(c peer.Connect) error {
			return peer.CounterInterrogationCmd(c, activation, 1, peer.QualifierCountCall{Request: peer.QCCTotal})
		}},
		{asdu.C_TS_NA_1, func(c peer.Connect) error { return peer.TestCommand(c, activation, 1) }},
		{asdu.C_RP_NA_1, func(c peer.Connect) error { return peer.ResetProcessCmd(c, activation, 1, peer.QPRGeneralRest) }},
		{asdu.C_CD_NA_1, func(c peer.Connect) error { return peer.DelayAcquireCommand(c, activation, 1, 100) }},
		{asdu.P_ME_NA_1, func(c peer.Connect) error {
			return peer.ParameterNormal(c, activation, 1, peer.ParameterNormalInfo{Ioa: 1, Value: 1, Qpm: peer.QualifierOfParameterMV{Category: peer.QPMThreshold}})
		}},
		{asdu.P_ME_NB_1, func(c peer.Connect) error {
			return peer.ParameterScaled(c, activation, 1, peer.ParameterScaledInfo{Ioa: 1, Value: 1, Qpm: peer.QualifierOfParameterMV{Category: peer.QPMLowLimit}})
		}},
		{asdu.P_ME_NC_1, func(c peer.Connect) error {
			return peer.ParameterFloat(c, activation, 1, peer.ParameterFloatInfo{Ioa: 1, Value: 1, Qpm: peer.QualifierOfParameterMV{Category: peer.QPMHighLimit}})
		}},
		{asdu.P_AC_NA_1, func(c peer.Connect) error {
			return peer.ParameterActivation(c, activation, 1, peer.ParameterActivationInfo{Ioa: 1, Qpa: peer.QPADeActObjectTransmission})
		}},
	} {
		centre.send(t, r.typ.String(), r.send)
		centre.wait(t, "the confirmation of "+r.typ.String(), n, func(got received) bool { return got.Type == r.typ && got.Cause == asdu.ActivationCon })
		app.mu.Lock()
		got := app.others[len(app.others)-1]
		app.mu.Unlock()
		if got.Type != r.typ || got.Count() != 1 {
			t.Errorf("our station got %+v for %v", got.Header, r.typ)
		}
	}
	centre.send(t, "C_TS_TA_1", func(c peer.Connect) error { return peer.TestCommandCP56Time2a(c, activation, 1, sourceTime) })
	// Our server answers it by itself. What the peer makes of the answer is in the
	// recording, which is judged.
	centre.send(t, "a read command", func(c peer.Connect) error { return peer.ReadCmd(c, activation, 1, 77) })
	centre.wait(t, "what it reads", n, func(r received) bool { return r.Cause == asdu.Request })
}

// TestCentreReconnects cuts the connection of a control centre of the peer while
// our station has events to send: they all arrive, in their order.
func TestCentreReconnects(t *testing.T) {
	t.Parallel()
	const count = 300
	buffer := iec104.NewEventBuffer(nil, 1000)
	_, _, address := newOurStation(t, &iec104.ServerOptions{Queue: func(net.Conn) iec104.EventQueue { return buffer }})
	l := newLine(t, address, "", ourStation)
	config := cs104.DefaultConfig()
	config.IdleTimeout3 = time.Second // and the peer is the one who sends test frames
	centre := newPeerCentre(t, l.Addr(), config)
	centre.interrogate(t, 1)
	for i := range count {
		a := make1(t, asdu.Header{Type: asdu.M_ME_TE_1, Cause: asdu.Spontaneous, CommonAddress: 1}, asdu.ScaledValue{Address: 26, Value: int16(i), Time: asdu.CP56(sourceTime)})
		if err := buffer.Put(a); err != nil {
			t.Fatal(err)
		}
		switch i {
		case count / 3:
			n := centre.connections()
			l.Cut()
			until(t, "the peer is connected again", func() bool { return centre.connections() > n })
		case 2 * count / 3:
			l.Refuse(true)
			l.Cut()
			until(t, "the peer has tried in vain", func() bool { return l.Refused() > 0 })
		case count - 1:
			l.Refuse(false)
		}
	}
	values := func() (list []int) {
		for _, r := range centre.received() {
			if r.Type == asdu.M_ME_TE_1 {
				list = append(list, int(r.objects[0].(asdu.ScaledValue).Value))
			}
		}
		return list
	}
	until(t, "the last event is there", func() bool { return slices.Contains(values(), count-1) })
	until(t, "the buffer is empty", func() bool { return buffer.Len() == 0 })
	if err := l.recorder.Flush(); err != nil {
		t.Fatal(err)
	}
	// What was on its way when the line was cut comes twice, because nobody can
	// know whether it had arrived; but nothing is left out.
	next := 0
	for _, a := range recordedBy(t, l.path) {
		if o, err := asdu.First[asdu.ScaledValue](a); err == nil && a.Type == asdu.M_ME_TE_1 {
			if int(o.Value) > next {
				t.Fatalf("on the line, event %d follows %d", o.Value, next-1)
			}
			next = max(next, int(o.Value)+1)
		}
	}
	if next != count {
		t.Errorf("%d events were on the line, want %d", next, count)
	}
	// The peer throws away what it has acknowledged but not yet handed on when the
	// line is cut.
	next = 0
	for _, v := range values() {
		if v > next {
			t.Logf("the peer has lost the events %d to %d", next, v-1)
		}
		next = max(next, v+1)
	}
	time.Sleep(1200 * time.Millisecond) // a test frame of the peer
}

// TestCentreWindow has a control centre of the peer acknowledge late. Our station
// must stop at k.
func TestCentreWindow(t *testing.T) {
	t.Parallel()
	const count = 200
	_, server, address := newOurStation(t, &iec104.ServerOptions{Parameters: iec104.Parameters{K: 4, W: 2}})
	l := newLine(t, address, "", ourStation)
	config := cs104.DefaultConfig()
	config.RecvUnAckLimitW = 100
	centre := newPeerCentre(t, l.Addr(), config)
	centre.interrogate(t, 1)
	n := len(centre.received())
	for range count {
		if err := server.Send(events(t)[1]); err != nil {
			t.Fatal(err)
		}
	}
	sessions := server.Sessions()
	until(t, "all events are there", func() bool {
		if u := sessions[0].Status().Unacknowledged; u > 4 {
			t.Errorf("%d frames unacknowledged, k is 4", u)
		}
		return len(centre.received()) >= n+count
	})
}
