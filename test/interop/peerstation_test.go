package interop

import (
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	peer "github.com/thinkgos/go-iecp5/asdu"
	"github.com/thinkgos/go-iecp5/cs104"
)

// peerStation is a controlled station made with go-iecp5. Like those of its
// users it answers what the library leaves to it.
type peerStation struct {
	address string
	server  *cs104.Server
	// mirrors makes it confirm with the library's SendReplyMirror in handlers
	// where that loses the object address.
	mirrors bool

	mu       sync.Mutex
	sessions map[peer.Connect]bool // guarded by mu
	lost     int                   // sessions that have ended; guarded by mu
	commands []received            // guarded by mu
	clock    time.Time             // guarded by mu
	groups   []peer.QualifierOfInterrogation
}

// newPeerStation starts a station; k, w and the like are those of config. The
// peer takes an address, not a listener, so that another test may have taken the
// port meanwhile: then there is another one.
func newPeerStation(t *testing.T, config cs104.Config) *peerStation {
	t.Helper()
	for range 5 {
		if s := startPeerStation(t, config); s.visited() {
			return s
		}
	}
	t.Fatal("the station of the peer has seen no connection come and go")
	return nil
}

func startPeerStation(t *testing.T, config cs104.Config) *peerStation {
	t.Helper()
	s := &peerStation{address: freeAddress(t), sessions: map[peer.Connect]bool{}}
	s.server = cs104.NewServer(s).SetConfig(config)
	s.server.SetOnConnectionHandler(func(c peer.Connect) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sessions[c] = true
	})
	s.server.SetConnectionLostHandler(func(c peer.Connect) {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.sessions, c)
		s.lost++
	})
	var serving sync.WaitGroup
	serving.Go(func() { s.server.ListenAndServer(s.address) })
	t.Cleanup(func() {
		_ = s.server.Close()
		serving.Wait()
	})
	return s
}

// visited connects, and reports whether the station has seen that come and go:
// what is sent to a session that comes late goes nowhere.
func (s *peerStation) visited() bool {
	called := false
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if !called {
			if conn, err := net.Dial("tcp", s.address); err == nil {
				conn.Close()
				called = true
			}
		}
		s.mu.Lock()
		gone := s.lost > 0 && len(s.sessions) == 0
		s.mu.Unlock()
		if gone {
			return true
		}
	}
	return false
}

// received returns the commands that came.
func (s *peerStation) received() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.commands...)
}

// answer sends an ASDU with the given octets of objects as the answer to another.
func answer(c peer.Connect, to *peer.ASDU, cause peer.Cause, address peer.InfoObjAddr, octets ...byte) error {
	identifier := to.Identifier
	identifier.Coa.Cause = cause
	a := peer.NewASDU(c.Params(), identifier)
	if err := a.AppendInfoObjAddr(address); err != nil {
		return err
	}
	return c.Send(a.AppendBytes(octets...))
}

// What an interrogation of the peer's station brings.
const (
	peerSingle     = 101
	peerDouble     = 102
	peerStep       = 104 // behind the second double point
	peerBits       = 105
	peerNormalized = 106
	peerScaled     = 107
	peerFloat      = 108
	peerCommon     = 7
)

func (s *peerStation) InterrogationHandler(c peer.Connect, a *peer.ASDU, q peer.QualifierOfInterrogation) error {
	s.mu.Lock()
	s.groups = append(s.groups, q)
	s.mu.Unlock()
	confirm := func(cause peer.Cause) error {
		if s.mirrors {
			return a.SendReplyMirror(c, cause)
		}
		return answer(c, a, cause, peer.InfoObjAddrIrrelevant, byte(q))
	}
	cause := peer.CauseOfTransmission{Cause: peer.InterrogatedByStation}
	return errors.Join(
		confirm(peer.ActivationCon),
		peer.Single(c, false, cause, a.CommonAddr,
			peer.SinglePointInfo{Ioa: peerSingle, Value: true},
			peer.SinglePointInfo{Ioa: peerSingle + 1000, Value: false, Qds: peer.QDSBlocked | peer.QDSSubstituted}),
		peer.Double(c, true, cause, a.CommonAddr,
			peer.DoublePointInfo{Ioa: peerDouble, Value: peer.DPIDeterminedOn},
			peer.DoublePointInfo{Value: peer.DPIDeterminedOff, Qds: peer.QDSInvalid}),
		peer.Step(c, false, cause, a.CommonAddr, peer.StepPositionInfo{Ioa: peerStep, Value: peer.StepPosition{Val: -7, HasTransient: true}}),
		peer.BitString32(c, false, cause, a.CommonAddr, peer.BitString32Info{Ioa: peerBits, Value: 0xdeadbeef}),
		peer.MeasuredValueNormal(c, false, cause, a.CommonAddr, peer.MeasuredValueNormalInfo{Ioa: peerNormalized, Value: -32768}),
		peer.MeasuredValueScaled(c, false, cause, a.CommonAddr, peer.MeasuredValueScaledInfo{Ioa: peerScaled, Value: -1234, Qds: peer.QDSOverflow}),
		peer.MeasuredValueFloat(c, false, cause, a.CommonAddr, peer.MeasuredValueFloatInfo{Ioa: peerFloat, Value: 230.5, Qds: peer.QDSNotTopical}),
		confirm(peer.ActivationTerm),
	)
}

func (*peerStation) CounterInterrogationHandler(peer.Connect, *peer.ASDU, peer.QualifierCountCall) error {
	return errors.New("no counters here")
}

func (*peerStation) ReadHandler(c peer.Connect, a *peer.ASDU, address peer.InfoObjAddr) error {
	return peer.Single(c, false, peer.CauseOfTransmission{Cause: peer.Request}, a.CommonAddr, peer.SinglePointInfo{Ioa: address, Value: true})
}

func (s *peerStation) ClockSyncHandler(c peer.Connect, a *peer.ASDU, at time.Time) error {
	s.mu.Lock()
	before := s.clock
	s.clock = at
	s.mu.Unlock()
	if s.mirrors {
		return a.SendReplyMirror(c, peer.ActivationCon)
	}
	if before.IsZero() {
		before = at
	}
	return answer(c, a, peer.ActivationCon, peer.InfoObjAddrIrrelevant, peer.CP56Time2a(before, time.UTC)...)
}

func (*peerStation) ResetProcessHandler(c peer.Connect, a *peer.ASDU, q peer.QualifierOfResetProcessCmd) error {
	return answer(c, a, peer.ActivationCon, peer.InfoObjAddrIrrelevant, byte(q))
}

func (*peerStation) DelayAcquisitionHandler(peer.Connect, *peer.ASDU, uint16) error {
	return errors.New("not here")
}

// Objects of the peer's station that can be commanded. All others do not exist.
const (
	peerBreaker = 201 // single command, direct or selected
	peerSwitch  = 202 // double command, selected before it is operated
	peerLocked  = 203 // refuses everything
)

// ASDUHandler carries out commands.
func (s *peerStation) ASDUHandler(c peer.Connect, a *peer.ASDU) error {
	command := translate(a)
	if len(command.objects) != 1 {
		return errors.New("not a type of ours")
	}
	s.mu.Lock()
	s.commands = append(s.commands, command)
	s.mu.Unlock()
	cause := peer.ActivationCon
	if a.Coa.Cause == peer.Deactivation {
		cause = peer.DeactivationCon
	}
	switch command.objects[0].IOA() {
	case peerBreaker:
		o := a.Clone().GetSingleCmd()
		if o.Qoc.InSelect || cause == peer.DeactivationCon {
			return a.SendReplyMirror(c, cause)
		}
		return errors.Join(
			a.SendReplyMirror(c, cause),
			peer.Single(c, false, peer.CauseOfTransmission{Cause: peer.ReturnInfoRemote}, a.CommonAddr, peer.SinglePointInfo{Ioa: peerSingle, Value: o.Value}),
			a.SendReplyMirror(c, peer.ActivationTerm),
		)
	case peerSwitch:
		o := a.Clone().GetDoubleCmd()
		if o.Qoc.InSelect || cause == peer.DeactivationCon {
			return a.SendReplyMirror(c, cause)
		}
		return errors.Join(
			a.SendReplyMirror(c, cause),
			peer.DoubleCP56Time2a(c, peer.CauseOfTransmission{Cause: peer.ReturnInfoRemote}, a.CommonAddr,
				peer.DoublePointInfo{Ioa: peerDouble, Value: peer.DoublePoint(o.Value), Time: sourceTime}),
			a.SendReplyMirror(c, peer.ActivationTerm),
		)
	case peerLocked:
		a.Coa.IsNegative = true
		return a.SendReplyMirror(c, cause)
	default:
		return a.SendReplyMirror(c, peer.UnknownIOA)
	}
}

// sourceTime is a time as sources put it into telegrams; a Monday in winter.
var sourceTime = time.Date(2026, time.March, 2, 8, 30, 15, 123e6, time.UTC)
