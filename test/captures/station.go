package captures

import (
	"io"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/capture/fabricate"
)

// substation is a capture of an ordinary quarter of an hour: initialisation,
// clock, interrogation, events, commands, counters, and quiet with test frames.
func substation(w io.Writer) error {
	s := newSession(w, "substation")
	send(s, fabricate.Server, asdu.Header{Type: asdu.M_EI_NA_1, Cause: asdu.Initialized, CommonAddress: 1}, asdu.EndOfInitialization{})
	clock := asdu.Header{Type: asdu.C_CS_NA_1, Cause: asdu.Activation, CommonAddress: 1}
	send(s, fabricate.Client, clock, asdu.ClockSynchronization{Time: asdu.CP56(s.at)})
	clock.Cause = asdu.ActivationCon
	send(s, fabricate.Server, clock, asdu.ClockSynchronization{Time: asdu.CP56(s.at.Add(-time.Hour)).WithInvalid(true)})

	interrogation := asdu.Header{Type: asdu.C_IC_NA_1, Cause: asdu.Activation, CommonAddress: 1}
	send(s, fabricate.Client, interrogation, asdu.Interrogation{Qualifier: asdu.InterrogateStation})
	interrogation.Cause = asdu.ActivationCon
	send(s, fabricate.Server, interrogation, asdu.Interrogation{Qualifier: asdu.InterrogateStation})
	send(s, fabricate.Server, asdu.Header{Type: asdu.M_SP_NA_1, Sequence: true, Cause: asdu.InterrogatedByStation, CommonAddress: 1},
		asdu.SinglePoint{Address: 100, Value: true}, asdu.SinglePoint{Address: 101}, asdu.SinglePoint{Address: 102, Quality: asdu.NotTopical})
	send(s, fabricate.Server, asdu.Header{Type: asdu.M_DP_NA_1, Cause: asdu.InterrogatedByStation, CommonAddress: 1},
		asdu.DoublePoint{Address: 200, Value: asdu.On}, asdu.DoublePoint{Address: 210, Value: asdu.Off})
	send(s, fabricate.Server, asdu.Header{Type: asdu.M_ME_NC_1, Cause: asdu.InterrogatedByStation, CommonAddress: 1},
		asdu.ShortFloat{Address: 300, Value: 110.5}, asdu.ShortFloat{Address: 301, Value: 49.98})
	interrogation.Cause = asdu.ActivationTermination
	send(s, fabricate.Server, interrogation, asdu.Interrogation{Qualifier: asdu.InterrogateStation})
	s.acknowledge(fabricate.Client)

	s.at = s.at.Add(3 * time.Second)
	send(s, fabricate.Server, asdu.Header{Type: asdu.M_SP_TB_1, Cause: asdu.Spontaneous, CommonAddress: 1},
		asdu.SinglePoint{Address: 101, Value: true, Time: asdu.CP56(s.at)})
	send(s, fabricate.Server, asdu.Header{Type: asdu.M_ME_NC_1, Cause: asdu.Spontaneous, CommonAddress: 1}, asdu.ShortFloat{Address: 300, Value: 111.25})

	// A breaker is selected and opened; its position comes back.
	breaker := asdu.Header{Type: asdu.C_DC_NA_1, Cause: asdu.Activation, CommonAddress: 1, Originator: 7}
	confirmed := breaker
	confirmed.Cause = asdu.ActivationCon
	for _, selects := range []bool{true, false} {
		s.at = s.at.Add(time.Second)
		order := asdu.DoubleCommand{Address: 1200, Value: asdu.CommandOff, Select: selects, Qualifier: asdu.ShortPulse}
		send(s, fabricate.Client, breaker, order)
		send(s, fabricate.Server, confirmed, order)
	}
	send(s, fabricate.Server, asdu.Header{Type: asdu.M_DP_TB_1, Cause: asdu.ReturnRemote, CommonAddress: 1, Originator: 7},
		asdu.DoublePoint{Address: 200, Value: asdu.Off, Time: asdu.CP56(s.at)})
	confirmed.Cause = asdu.ActivationTermination
	send(s, fabricate.Server, confirmed, asdu.DoubleCommand{Address: 1200, Value: asdu.CommandOff, Qualifier: asdu.ShortPulse})

	// A set point is refused.
	s.at = s.at.Add(time.Second)
	setpoint := asdu.Header{Type: asdu.C_SE_NC_1, Cause: asdu.Activation, CommonAddress: 1, Originator: 7}
	send(s, fabricate.Client, setpoint, asdu.FloatSetpoint{Address: 1300, Value: 400})
	setpoint.Cause, setpoint.Negative = asdu.ActivationCon, true
	send(s, fabricate.Server, setpoint, asdu.FloatSetpoint{Address: 1300, Value: 400})

	// A command to an object that does not exist.
	nowhere := asdu.Header{Type: asdu.C_SC_NA_1, Cause: asdu.Activation, CommonAddress: 1, Originator: 7}
	send(s, fabricate.Client, nowhere, asdu.SingleCommand{Address: 4711, Value: true})
	nowhere.Cause, nowhere.Negative = asdu.UnknownObjectAddress, true
	send(s, fabricate.Server, nowhere, asdu.SingleCommand{Address: 4711, Value: true})

	counters := asdu.Header{Type: asdu.C_CI_NA_1, Cause: asdu.Activation, CommonAddress: 1}
	order := asdu.CounterInterrogation{Request: asdu.RequestAllCounters}
	send(s, fabricate.Client, counters, order)
	counters.Cause = asdu.ActivationCon
	send(s, fabricate.Server, counters, order)
	send(s, fabricate.Server, asdu.Header{Type: asdu.M_IT_NA_1, Cause: asdu.RequestedByGeneralCounter, CommonAddress: 1},
		asdu.IntegratedTotal{Address: 600, Value: asdu.Counter{Count: 815, Sequence: 4}})
	counters.Cause = asdu.ActivationTermination
	send(s, fabricate.Server, counters, order)
	s.acknowledge(fabricate.Client)

	for range 2 {
		s.at = s.at.Add(20 * time.Second)
		s.function(fabricate.Server, apci.TestFRAct)
		s.function(fabricate.Client, apci.TestFRCon)
	}
	return s.end()
}

// send makes an ASDU and sends it.
func send[T asdu.Information[T]](s *session, side fabricate.Side, h asdu.Header, objects ...T) {
	a, err := asdu.New(nil, h, objects...)
	if err != nil && s.err == nil {
		s.err = err
	}
	s.send(side, a)
}
