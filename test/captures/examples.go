package captures

import (
	"math"
	"time"

	"stellwerk/iec104/asdu"
)

// tagged is the time that examples carry: in winter, on a Monday.
var tagged = time.Date(2026, time.March, 2, 8, 29, 59, 750e6, time.UTC)

// Examples returns an ASDU of each type of IEC 60870-5-101 and -104, in the
// order of their numbers: common address 1, objects at addresses of their own,
// values and flags that tell the fields apart.
func Examples() ([]asdu.ASDU, error) {
	var list []asdu.ASDU
	for _, make := range exampleTable {
		a, err := make()
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

// example makes a maker of an ASDU.
func example[T asdu.Information[T]](id asdu.TypeID, cause asdu.Cause, objects ...T) func() (asdu.ASDU, error) {
	return func() (asdu.ASDU, error) {
		return asdu.New(nil, asdu.Header{Type: id, Cause: cause, CommonAddress: 1}, objects...)
	}
}

// normalized returns a fraction as a normalized value.
func normalized(fraction float64) asdu.Normalized {
	value, _ := asdu.NormalizedOf(fraction)
	return value
}

var (
	cp24 = asdu.CP24(tagged)
	cp56 = asdu.CP56(tagged)
	// summery is a time with every flag: summer time, substituted, invalid.
	summery = asdu.CP56(time.Date(2026, time.July, 31, 23, 59, 59, 999e6, time.UTC)).
		WithSummer(true).WithSubstituted(true).WithInvalid(true)
)

var exampleTable = []func() (asdu.ASDU, error){
	example(asdu.M_SP_NA_1, asdu.InterrogatedByStation,
		asdu.SinglePoint{Address: 101, Value: true},
		asdu.SinglePoint{Address: 103, Quality: asdu.Blocked | asdu.Substituted | asdu.NotTopical | asdu.Invalid}),
	example(asdu.M_SP_TA_1, asdu.Spontaneous, asdu.SinglePoint{Address: 102, Value: true, Time: cp24}),
	example(asdu.M_DP_NA_1, asdu.InterrogatedByStation,
		asdu.DoublePoint{Address: 201, Value: asdu.Off},
		asdu.DoublePoint{Address: 202, Value: asdu.On},
		asdu.DoublePoint{Address: 204, Value: asdu.Intermediate, Quality: asdu.NotTopical},
		asdu.DoublePoint{Address: 205, Value: asdu.Indeterminate, Quality: asdu.Invalid}),
	example(asdu.M_DP_TA_1, asdu.Spontaneous, asdu.DoublePoint{Address: 203, Value: asdu.On, Time: cp24}),
	example(asdu.M_ST_NA_1, asdu.InterrogatedByStation,
		asdu.StepPosition{Address: 301, Value: -64},
		asdu.StepPosition{Address: 302, Value: 63, Transient: true, Quality: asdu.Overflow}),
	example(asdu.M_ST_TA_1, asdu.Spontaneous, asdu.StepPosition{Address: 303, Value: 7, Transient: true, Time: cp24}),
	example(asdu.M_BO_NA_1, asdu.InterrogatedByStation, asdu.BitString{Address: 401, Value: 0x80000001, Quality: asdu.Blocked}),
	example(asdu.M_BO_TA_1, asdu.Spontaneous, asdu.BitString{Address: 402, Value: 0x0000ffff, Time: cp24}),
	example(asdu.M_ME_NA_1, asdu.Cyclic,
		asdu.NormalizedValue{Address: 501, Value: normalized(-1)},
		asdu.NormalizedValue{Address: 502, Value: normalized(0.5), Quality: asdu.Overflow}),
	example(asdu.M_ME_TA_1, asdu.Spontaneous, asdu.NormalizedValue{Address: 503, Value: normalized(0.25), Time: cp24}),
	example(asdu.M_ME_NB_1, asdu.Cyclic,
		asdu.ScaledValue{Address: 511, Value: -32768},
		asdu.ScaledValue{Address: 512, Value: 32767, Quality: asdu.Substituted}),
	example(asdu.M_ME_TB_1, asdu.Spontaneous, asdu.ScaledValue{Address: 513, Value: -1, Time: cp24}),
	example(asdu.M_ME_NC_1, asdu.Cyclic,
		asdu.ShortFloat{Address: 521, Value: 230.4},
		asdu.ShortFloat{Address: 522, Value: notANumber, Quality: asdu.Invalid},
		asdu.ShortFloat{Address: 523, Value: -infinity, Quality: asdu.Overflow}),
	example(asdu.M_ME_TC_1, asdu.Spontaneous, asdu.ShortFloat{Address: 524, Value: -1e-10, Time: cp24}),
	example(asdu.M_IT_NA_1, asdu.RequestedByGeneralCounter,
		asdu.IntegratedTotal{Address: 601, Value: asdu.Counter{Count: 2147483647, Sequence: 31, Carry: true, Adjusted: true, Invalid: true}}),
	example(asdu.M_IT_TA_1, asdu.Spontaneous, asdu.IntegratedTotal{Address: 602, Value: asdu.Counter{Count: -1, Sequence: 1}, Time: cp24}),
	example(asdu.M_EP_TA_1, asdu.Spontaneous,
		asdu.ProtectionEvent{Address: 701, Value: asdu.On, Quality: asdu.ElapsedInvalid, Elapsed: 1234, Time: cp24}),
	example(asdu.M_EP_TB_1, asdu.Spontaneous,
		asdu.ProtectionStart{Address: 702, Value: asdu.StartGeneral | asdu.StartL2 | asdu.StartReverse, Duration: 80, Time: cp24}),
	example(asdu.M_EP_TC_1, asdu.Spontaneous,
		asdu.ProtectionOutput{Address: 703, Value: asdu.OutputGeneral | asdu.OutputL3, Operating: 59999, Time: cp24}),
	example(asdu.M_PS_NA_1, asdu.InterrogatedByStation,
		asdu.PackedSinglePoints{Address: 104, Status: 0x8001, Changed: 0x0003, Quality: asdu.NotTopical}),
	example(asdu.M_ME_ND_1, asdu.Cyclic, asdu.PlainNormalizedValue{Address: 504, Value: normalized(-0.125)}),
	example(asdu.M_SP_TB_1, asdu.Spontaneous,
		asdu.SinglePoint{Address: 105, Value: true, Time: cp56},
		asdu.SinglePoint{Address: 106, Quality: asdu.Invalid, Time: summery}),
	example(asdu.M_DP_TB_1, asdu.Spontaneous, asdu.DoublePoint{Address: 206, Value: asdu.Off, Time: cp56}),
	example(asdu.M_ST_TB_1, asdu.Spontaneous, asdu.StepPosition{Address: 304, Value: -1, Time: cp56}),
	example(asdu.M_BO_TB_1, asdu.Spontaneous, asdu.BitString{Address: 403, Value: 0xdeadbeef, Time: cp56}),
	example(asdu.M_ME_TD_1, asdu.Spontaneous, asdu.NormalizedValue{Address: 505, Value: normalized(0.75), Time: cp56}),
	example(asdu.M_ME_TE_1, asdu.Spontaneous, asdu.ScaledValue{Address: 514, Value: 4711, Time: cp56}),
	example(asdu.M_ME_TF_1, asdu.Spontaneous, asdu.ShortFloat{Address: 525, Value: 49.98, Time: cp56}),
	example(asdu.M_IT_TB_1, asdu.Spontaneous, asdu.IntegratedTotal{Address: 603, Value: asdu.Counter{Count: 123456, Sequence: 9, Adjusted: true}, Time: cp56}),
	example(asdu.M_EP_TD_1, asdu.Spontaneous, asdu.ProtectionEvent{Address: 704, Value: asdu.Off, Elapsed: 15, Time: cp56}),
	example(asdu.M_EP_TE_1, asdu.Spontaneous,
		asdu.ProtectionStart{Address: 705, Value: asdu.StartL1 | asdu.StartL3 | asdu.StartEarthCurrent, Quality: asdu.Blocked, Duration: 20, Time: cp56}),
	example(asdu.M_EP_TF_1, asdu.Spontaneous,
		asdu.ProtectionOutput{Address: 706, Value: asdu.OutputL1 | asdu.OutputL2, Operating: 35, Time: cp56}),
	example(asdu.C_SC_NA_1, asdu.Activation, asdu.SingleCommand{Address: 1001, Value: true, Select: true, Qualifier: asdu.ShortPulse}),
	example(asdu.C_DC_NA_1, asdu.Activation, asdu.DoubleCommand{Address: 1002, Value: asdu.CommandOn, Qualifier: asdu.LongPulse}),
	example(asdu.C_RC_NA_1, asdu.Activation, asdu.StepCommand{Address: 1003, Value: asdu.NextHigher, Qualifier: asdu.PersistentPulse}),
	example(asdu.C_SE_NA_1, asdu.Activation, asdu.NormalizedSetpoint{Address: 1004, Value: normalized(0.5), Select: true}),
	example(asdu.C_SE_NB_1, asdu.Activation, asdu.ScaledSetpoint{Address: 1005, Value: -20}),
	example(asdu.C_SE_NC_1, asdu.Activation, asdu.FloatSetpoint{Address: 1006, Value: 12.5, Qualifier: 64}),
	example(asdu.C_BO_NA_1, asdu.Activation, asdu.BitStringCommand{Address: 1007, Value: 0x12345678}),
	example(asdu.C_SC_TA_1, asdu.Activation, asdu.SingleCommand{Address: 1011, Time: cp56}),
	example(asdu.C_DC_TA_1, asdu.Activation, asdu.DoubleCommand{Address: 1012, Value: asdu.CommandOff, Select: true, Time: cp56}),
	example(asdu.C_RC_TA_1, asdu.Activation, asdu.StepCommand{Address: 1013, Value: asdu.NextLower, Time: cp56}),
	example(asdu.C_SE_TA_1, asdu.Activation, asdu.NormalizedSetpoint{Address: 1014, Value: normalized(-0.25), Time: cp56}),
	example(asdu.C_SE_TB_1, asdu.Activation, asdu.ScaledSetpoint{Address: 1015, Value: 1000, Time: cp56}),
	example(asdu.C_SE_TC_1, asdu.Activation, asdu.FloatSetpoint{Address: 1016, Value: -0.5, Time: cp56}),
	example(asdu.C_BO_TA_1, asdu.Activation, asdu.BitStringCommand{Address: 1017, Value: 255, Time: cp56}),
	example(asdu.M_EI_NA_1, asdu.Initialized, asdu.EndOfInitialization{Cause: asdu.RemoteReset, ParametersChanged: true}),
	example(asdu.C_IC_NA_1, asdu.Activation, asdu.Interrogation{Qualifier: asdu.InterrogateStation}),
	example(asdu.C_CI_NA_1, asdu.Activation, asdu.CounterInterrogation{Request: asdu.RequestAllCounters, Freeze: asdu.FreezeOnly}),
	example(asdu.C_RD_NA_1, asdu.Request, asdu.Read{Address: 521}),
	example(asdu.C_CS_NA_1, asdu.Activation, asdu.ClockSynchronization{Time: cp56}),
	example(asdu.C_TS_NA_1, asdu.Activation, asdu.TestCommand{Pattern: asdu.FixedTestPattern}),
	example(asdu.C_RP_NA_1, asdu.Activation, asdu.ResetProcess{Qualifier: asdu.ResetProcessGeneral}),
	example(asdu.C_CD_NA_1, asdu.Activation, asdu.DelayAcquisition{Delay: 250}),
	example(asdu.C_TS_TA_1, asdu.Activation, asdu.TimedTestCommand{Counter: 4660, Time: cp56}),
	example(asdu.P_ME_NA_1, asdu.Activation, asdu.NormalizedParameter{
		Address: 501, Value: normalized(0.125), Qualifier: asdu.ParameterQualifier{Kind: asdu.ParameterThreshold},
	}),
	example(asdu.P_ME_NB_1, asdu.Activation, asdu.ScaledParameter{
		Address: 511, Value: -100, Qualifier: asdu.ParameterQualifier{Kind: asdu.ParameterLowLimit, Changed: true},
	}),
	example(asdu.P_ME_NC_1, asdu.Activation, asdu.FloatParameter{
		Address: 521, Value: 253, Qualifier: asdu.ParameterQualifier{Kind: asdu.ParameterHighLimit, NotInOperation: true},
	}),
	example(asdu.P_AC_NA_1, asdu.Activation, asdu.ParameterActivation{Address: 501, Qualifier: asdu.ActivateCyclic}),
	example(asdu.F_FR_NA_1, asdu.File, asdu.FileReady{Address: 9001, File: 1, Length: 70000}),
	example(asdu.F_SR_NA_1, asdu.File, asdu.SectionReady{Address: 9001, File: 1, Section: 1, Length: 12, NotReady: true}),
	example(asdu.F_SC_NA_1, asdu.File, asdu.FileCall{Address: 9001, File: 1, Section: 1, Action: asdu.SelectSection}),
	example(asdu.F_LS_NA_1, asdu.File, asdu.LastSection{Address: 9001, File: 1, Section: 1, Qualifier: asdu.SectionWithoutDeactivation, Checksum: 0xbb}),
	example(asdu.F_AF_NA_1, asdu.File, asdu.FileAcknowledgement{Address: 9001, File: 1, Section: 1, Answer: asdu.SectionNegative, Error: 2}),
	example(asdu.F_SG_NA_1, asdu.File, asdu.Segment{Address: 9001, File: 1, Section: 1, Data: []byte("fault record")}),
	example(asdu.F_DR_TA_1, asdu.Request,
		asdu.DirectoryEntry{Address: 9000, File: 1, Length: 70000, Time: cp56},
		asdu.DirectoryEntry{Address: 9001, File: 2, Status: 5, Last: true, Directory: true, Active: true, Time: cp56}),
	example(asdu.F_SC_NB_1, asdu.File, asdu.LogQuery{Address: 9002, File: 3, From: cp56, To: summery}),
}

var (
	notANumber = float32(math.NaN())
	infinity   = float32(math.Inf(1))
)
