package interop

import (
	"errors"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// Objects of our station that can be commanded.
const (
	ourBreaker = 301 // direct or selected
	ourSwitch  = 302 // must be selected
)

// ourStationApp is the application of a controlled station of ours.
type ourStationApp struct {
	t *testing.T

	mu       sync.Mutex
	commands []asdu.Object // guarded by mu
	clock    asdu.Time     // guarded by mu
	others   []asdu.ASDU   // guarded by mu
}

// make1 makes an ASDU of one family; errors are those of the test.
func make1[T asdu.Information[T]](t *testing.T, h asdu.Header, objects ...T) asdu.ASDU {
	t.Helper()
	a, err := asdu.New(nil, h, objects...)
	if err != nil {
		t.Errorf("%+v: %v", h, err)
	}
	return a
}

// state is what an interrogation of our station brings: every type that may be
// interrogated.
func state(t *testing.T) []asdu.ASDU {
	return []asdu.ASDU{
		make1(t, asdu.Header{Type: asdu.M_SP_NA_1},
			asdu.SinglePoint{Address: 1, Value: true}, asdu.SinglePoint{Address: 99, Quality: asdu.Blocked | asdu.Substituted | asdu.NotTopical | asdu.Invalid}),
		make1(t, asdu.Header{Type: asdu.M_DP_NA_1, Sequence: true},
			asdu.DoublePoint{Address: 3, Value: asdu.Intermediate}, asdu.DoublePoint{Address: 4, Value: asdu.Off},
			asdu.DoublePoint{Address: 5, Value: asdu.On}, asdu.DoublePoint{Address: 6, Value: asdu.Indeterminate, Quality: asdu.Invalid}),
		make1(t, asdu.Header{Type: asdu.M_ST_NA_1}, asdu.StepPosition{Address: 7, Value: -64, Transient: true}, asdu.StepPosition{Address: 8, Value: 63, Quality: asdu.Overflow}),
		make1(t, asdu.Header{Type: asdu.M_BO_NA_1}, asdu.BitString{Address: 9, Value: 0x80000001, Quality: asdu.NotTopical}),
		make1(t, asdu.Header{Type: asdu.M_ME_NA_1, Sequence: true}, asdu.NormalizedValue{Address: 10, Value: -32768, Quality: asdu.Overflow}, asdu.NormalizedValue{Address: 11, Value: 32767}),
		make1(t, asdu.Header{Type: asdu.M_ME_NB_1}, asdu.ScaledValue{Address: 12, Value: -32768, Quality: asdu.Substituted}),
		make1(t, asdu.Header{Type: asdu.M_ME_NC_1}, asdu.ShortFloat{Address: 0xffffff, Value: -1e-30}),
		make1(t, asdu.Header{Type: asdu.M_ME_ND_1}, asdu.PlainNormalizedValue{Address: 14, Value: -1}),
		make1(t, asdu.Header{Type: asdu.M_PS_NA_1}, asdu.PackedSinglePoints{Address: 15, Status: 0x1234, Changed: 0xff00, Quality: asdu.Blocked}),
	}
}

// events are the other types of the monitor direction.
func events(t *testing.T) []asdu.ASDU {
	short, long := asdu.CP24(sourceTime), asdu.CP56(sourceTime)
	spontaneous := func(typ asdu.TypeID) asdu.Header {
		return asdu.Header{Type: typ, Cause: asdu.Spontaneous, CommonAddress: 1}
	}
	return []asdu.ASDU{
		make1(t, spontaneous(asdu.M_SP_TA_1), asdu.SinglePoint{Address: 20, Value: true, Time: short}),
		make1(t, spontaneous(asdu.M_SP_TB_1), asdu.SinglePoint{Address: 20, Quality: asdu.Invalid, Time: long}, asdu.SinglePoint{Address: 21, Value: true, Time: long}),
		make1(t, spontaneous(asdu.M_DP_TA_1), asdu.DoublePoint{Address: 22, Value: asdu.On, Time: short}),
		make1(t, spontaneous(asdu.M_DP_TB_1), asdu.DoublePoint{Address: 22, Value: asdu.Off, Quality: asdu.Blocked, Time: long}),
		make1(t, spontaneous(asdu.M_ST_TA_1), asdu.StepPosition{Address: 23, Value: 9, Time: short}),
		make1(t, spontaneous(asdu.M_ST_TB_1), asdu.StepPosition{Address: 23, Value: -9, Transient: true, Time: long}),
		make1(t, spontaneous(asdu.M_BO_TA_1), asdu.BitString{Address: 24, Value: 1, Time: short}),
		make1(t, spontaneous(asdu.M_BO_TB_1), asdu.BitString{Address: 24, Value: 1 << 31, Time: long}),
		make1(t, spontaneous(asdu.M_ME_TA_1), asdu.NormalizedValue{Address: 25, Value: 1, Time: short}),
		make1(t, spontaneous(asdu.M_ME_TD_1), asdu.NormalizedValue{Address: 25, Value: -1, Time: long}),
		make1(t, spontaneous(asdu.M_ME_TB_1), asdu.ScaledValue{Address: 26, Value: 1, Time: short}),
		make1(t, spontaneous(asdu.M_ME_TE_1), asdu.ScaledValue{Address: 26, Value: -1, Quality: asdu.Overflow, Time: long}),
		make1(t, spontaneous(asdu.M_ME_TC_1), asdu.ShortFloat{Address: 27, Value: 49.98, Time: short}),
		make1(t, spontaneous(asdu.M_ME_TF_1), asdu.ShortFloat{Address: 27, Value: 50.02, Quality: asdu.NotTopical, Time: long}),
		make1(t, spontaneous(asdu.M_IT_NA_1), asdu.IntegratedTotal{Address: 28, Value: asdu.Counter{Count: -1, Sequence: 31, Carry: true, Adjusted: true, Invalid: true}}),
		make1(t, spontaneous(asdu.M_IT_TA_1), asdu.IntegratedTotal{Address: 28, Value: asdu.Counter{Count: 5}, Time: short}),
		make1(t, spontaneous(asdu.M_IT_TB_1), asdu.IntegratedTotal{Address: 28, Value: asdu.Counter{Count: 6, Sequence: 1}, Time: long}),
		make1(t, spontaneous(asdu.M_EP_TA_1), asdu.ProtectionEvent{Address: 29, Value: asdu.On, Elapsed: 59999, Time: short}),
		make1(t, spontaneous(asdu.M_EP_TB_1), asdu.ProtectionStart{Address: 29, Value: 0x3f, Quality: asdu.Blocked, Duration: 1, Time: short}),
		make1(t, spontaneous(asdu.M_EP_TC_1), asdu.ProtectionOutput{Address: 29, Value: 0x0f, Operating: 2, Time: short}),
		make1(t, spontaneous(asdu.M_EP_TD_1), asdu.ProtectionEvent{Address: 29, Value: asdu.Off, Quality: asdu.Invalid, Elapsed: 3, Time: long}),
		make1(t, spontaneous(asdu.M_EP_TE_1), asdu.ProtectionStart{Address: 29, Value: 1, Duration: 4, Time: long}),
		make1(t, spontaneous(asdu.M_EP_TF_1), asdu.ProtectionOutput{Address: 29, Value: 8, Quality: asdu.Substituted, Operating: 5, Time: long}),
		make1(t, asdu.Header{Type: asdu.M_EI_NA_1, Cause: asdu.Initialized, CommonAddress: 1}, asdu.EndOfInitialization{Cause: 1}),
	}
}

func (s *ourStationApp) Interrogate(_ *iec104.Session, _ asdu.CommonAddress, q asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	if q != asdu.InterrogateStation {
		return nil
	}
	return slices.Values(state(s.t))
}

func (s *ourStationApp) Command(c *iec104.Command) {
	s.mu.Lock()
	s.commands = append(s.commands, c.Object)
	s.mu.Unlock()
	var err error
	switch address := c.Object.IOA(); {
	case address != ourBreaker && address != ourSwitch:
		err = c.Disown()
	case address == ourSwitch && !c.Select && !c.Selected:
		err = c.Refuse()
	case c.Select:
		err = c.Confirm()
	default:
		information := make1(s.t, asdu.Header{Type: asdu.M_SP_NA_1, Cause: asdu.ReturnRemote, CommonAddress: c.ASDU.CommonAddress}, asdu.SinglePoint{Address: 1, Value: true})
		err = errors.Join(c.Confirm(), c.Session.Answer(information), c.Terminate())
	}
	if err != nil {
		s.t.Errorf("answer to %+v: %v", c.Object, err)
	}
}

func (s *ourStationApp) SetClock(_ *iec104.Session, _ asdu.CommonAddress, at asdu.Time) (asdu.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.clock
	s.clock = at
	if before.IsZero() {
		before = asdu.CP56(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).WithInvalid(true)
	}
	return before, nil
}

// HandleASDU mirrors what else the peer can ask for, and keeps it.
func (s *ourStationApp) HandleASDU(session *iec104.Session, a asdu.ASDU) (bool, error) {
	switch a.Type {
	case asdu.C_CI_NA_1, asdu.C_RP_NA_1, asdu.C_TS_NA_1, asdu.C_TS_TA_1, asdu.C_CD_NA_1, asdu.P_ME_NA_1, asdu.P_ME_NB_1, asdu.P_ME_NC_1, asdu.P_AC_NA_1:
		s.mu.Lock()
		s.others = append(s.others, a.Clone())
		s.mu.Unlock()
		return true, session.Answer(a.Mirror(asdu.ActivationCon, false))
	case asdu.C_RD_NA_1:
		read, err := asdu.First[asdu.Read](a)
		if err != nil {
			return true, err
		}
		h := asdu.Header{Type: asdu.M_SP_NA_1, Cause: asdu.Request, CommonAddress: a.CommonAddress, Originator: a.Originator}
		return true, session.Answer(make1(s.t, h, asdu.SinglePoint{Address: read.Address, Value: true}))
	default:
		return false, nil
	}
}
