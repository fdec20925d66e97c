package asdu_test

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"

	"stellwerk/iec104/asdu"
)

// family is what tests do with the types of one struct without naming it.
type family struct {
	types []asdu.TypeID
	// random makes the octets and objects of an ASDU of n objects at ascending
	// addresses from first on.
	random func(r *rand.Rand, p *asdu.Params, h asdu.Header, first asdu.ObjectAddress, n int) ([]byte, []asdu.Object, error)
	// encode makes octets of the objects that an ASDU holds, under another
	// header.
	encode func(a asdu.ASDU, h asdu.Header) ([]byte, error)
	// decode yields what [asdu.All] yields.
	decode func(a asdu.ASDU) iter.Seq2[asdu.Object, error]
}

// familyOf makes a family of a function that makes random objects.
func familyOf[T asdu.Information[T]](random func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) T, types ...asdu.TypeID) family {
	return family{
		types: types,
		random: func(r *rand.Rand, p *asdu.Params, h asdu.Header, first asdu.ObjectAddress, n int) ([]byte, []asdu.Object, error) {
			var typed []T
			var objects []asdu.Object
			for i := range n {
				object := random(r, first+asdu.ObjectAddress(i), kindOf(h.Type))
				typed, objects = append(typed, object), append(objects, object)
			}
			data, err := asdu.Append(nil, p, h, typed)
			return data, objects, err
		},
		encode: func(a asdu.ASDU, h asdu.Header) ([]byte, error) {
			var typed []T
			for object, err := range asdu.All[T](a) {
				if err != nil {
					return nil, err
				}
				typed = append(typed, object)
			}
			return asdu.Append(nil, a.Params(), h, typed)
		},
		decode: func(a asdu.ASDU) iter.Seq2[asdu.Object, error] {
			return func(yield func(asdu.Object, error) bool) {
				for object, err := range asdu.All[T](a) {
					if !yield(object, err) {
						return
					}
				}
			}
		},
	}
}

func familyOfType(id asdu.TypeID) family {
	for _, f := range families {
		if slices.Contains(f.types, id) {
			return f
		}
	}
	panic(fmt.Sprintf("no family of type %d", id))
}

// orders returns the values of SQ with which the standard allows a type.
func orders(id asdu.TypeID) []bool {
	switch id {
	case 1, 3, 5, 7, 9, 11, 13, 15, 20, 21, 126:
		return []bool{false, true}
	default:
		return []bool{false}
	}
}

// kindOf returns the kind of time that the standard gives the objects of a
// type.
func kindOf(id asdu.TypeID) asdu.TimeKind {
	switch id {
	case 2, 4, 6, 8, 10, 12, 14, 16, 17, 18, 19:
		return asdu.TimeCP24
	case 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 58, 59, 60, 61, 62, 63, 64, 103, 107, 126:
		return asdu.TimeCP56
	default:
		return asdu.TimeNone
	}
}

// timeOf makes a random time with every bit but reserved ones.
func timeOf(r *rand.Rand, kind asdu.TimeKind) asdu.Time {
	return asdu.RawTime(kind, r.Uint64()&^reservedTime)
}

const reservedTime = 0b1000_0000<<48 | 0b1111_0000<<40 | 0b0110_0000<<24

func qualityOf(r *rand.Rand, flags asdu.Quality) asdu.Quality {
	return asdu.Quality(r.Uint32()) & flags
}

const (
	siq = asdu.Blocked | asdu.Substituted | asdu.NotTopical | asdu.Invalid
	qds = siq | asdu.Overflow
	qdp = siq | asdu.ElapsedInvalid
)

func flip(r *rand.Rand) bool { return r.IntN(2) == 1 }

var families = []family{
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.SinglePoint {
		return asdu.SinglePoint{Address: at, Value: flip(r), Quality: qualityOf(r, siq), Time: timeOf(r, kind)}
	}, asdu.M_SP_NA_1, asdu.M_SP_TA_1, asdu.M_SP_TB_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.DoublePoint {
		return asdu.DoublePoint{Address: at, Value: asdu.DoublePointState(r.IntN(4)), Quality: qualityOf(r, siq), Time: timeOf(r, kind)}
	}, asdu.M_DP_NA_1, asdu.M_DP_TA_1, asdu.M_DP_TB_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.StepPosition {
		return asdu.StepPosition{Address: at, Value: int8(r.IntN(128) - 64), Transient: flip(r), Quality: qualityOf(r, qds), Time: timeOf(r, kind)}
	}, asdu.M_ST_NA_1, asdu.M_ST_TA_1, asdu.M_ST_TB_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.BitString {
		return asdu.BitString{Address: at, Value: r.Uint32(), Quality: qualityOf(r, qds), Time: timeOf(r, kind)}
	}, asdu.M_BO_NA_1, asdu.M_BO_TA_1, asdu.M_BO_TB_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.NormalizedValue {
		return asdu.NormalizedValue{Address: at, Value: asdu.Normalized(r.Uint32()), Quality: qualityOf(r, qds), Time: timeOf(r, kind)}
	}, asdu.M_ME_NA_1, asdu.M_ME_TA_1, asdu.M_ME_TD_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.PlainNormalizedValue {
		return asdu.PlainNormalizedValue{Address: at, Value: asdu.Normalized(r.Uint32())}
	}, asdu.M_ME_ND_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.ScaledValue {
		return asdu.ScaledValue{Address: at, Value: int16(r.Uint32()), Quality: qualityOf(r, qds), Time: timeOf(r, kind)}
	}, asdu.M_ME_NB_1, asdu.M_ME_TB_1, asdu.M_ME_TE_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.ShortFloat {
		return asdu.ShortFloat{Address: at, Value: r.Float32() * 1e6, Quality: qualityOf(r, qds), Time: timeOf(r, kind)}
	}, asdu.M_ME_NC_1, asdu.M_ME_TC_1, asdu.M_ME_TF_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.IntegratedTotal {
		return asdu.IntegratedTotal{Address: at, Value: asdu.Counter{
			Count: int32(r.Uint32()), Sequence: uint8(r.IntN(32)), Carry: flip(r), Adjusted: flip(r), Invalid: flip(r),
		}, Time: timeOf(r, kind)}
	}, asdu.M_IT_NA_1, asdu.M_IT_TA_1, asdu.M_IT_TB_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.ProtectionEvent {
		return asdu.ProtectionEvent{Address: at, Value: asdu.DoublePointState(r.IntN(4)), Quality: qualityOf(r, qdp), Elapsed: asdu.ElapsedTime(r.Uint32()), Time: timeOf(r, kind)}
	}, asdu.M_EP_TA_1, asdu.M_EP_TD_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.ProtectionStart {
		return asdu.ProtectionStart{Address: at, Value: asdu.StartEvents(r.IntN(64)), Quality: qualityOf(r, qdp), Duration: asdu.ElapsedTime(r.Uint32()), Time: timeOf(r, kind)}
	}, asdu.M_EP_TB_1, asdu.M_EP_TE_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.ProtectionOutput {
		return asdu.ProtectionOutput{Address: at, Value: asdu.OutputCircuits(r.IntN(16)), Quality: qualityOf(r, qdp), Operating: asdu.ElapsedTime(r.Uint32()), Time: timeOf(r, kind)}
	}, asdu.M_EP_TC_1, asdu.M_EP_TF_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.PackedSinglePoints {
		return asdu.PackedSinglePoints{Address: at, Status: uint16(r.Uint32()), Changed: uint16(r.Uint32()), Quality: qualityOf(r, qds)}
	}, asdu.M_PS_NA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.SingleCommand {
		return asdu.SingleCommand{Address: at, Value: flip(r), Qualifier: asdu.PulseQualifier(r.IntN(32)), Select: flip(r), Time: timeOf(r, kind)}
	}, asdu.C_SC_NA_1, asdu.C_SC_TA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.DoubleCommand {
		return asdu.DoubleCommand{Address: at, Value: asdu.DoubleCommandState(r.IntN(4)), Qualifier: asdu.PulseQualifier(r.IntN(32)), Select: flip(r), Time: timeOf(r, kind)}
	}, asdu.C_DC_NA_1, asdu.C_DC_TA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.StepCommand {
		return asdu.StepCommand{Address: at, Value: asdu.StepCommandState(r.IntN(4)), Qualifier: asdu.PulseQualifier(r.IntN(32)), Select: flip(r), Time: timeOf(r, kind)}
	}, asdu.C_RC_NA_1, asdu.C_RC_TA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.NormalizedSetpoint {
		return asdu.NormalizedSetpoint{Address: at, Value: asdu.Normalized(r.Uint32()), Qualifier: asdu.SetpointQualifier(r.IntN(128)), Select: flip(r), Time: timeOf(r, kind)}
	}, asdu.C_SE_NA_1, asdu.C_SE_TA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.ScaledSetpoint {
		return asdu.ScaledSetpoint{Address: at, Value: int16(r.Uint32()), Qualifier: asdu.SetpointQualifier(r.IntN(128)), Select: flip(r), Time: timeOf(r, kind)}
	}, asdu.C_SE_NB_1, asdu.C_SE_TB_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.FloatSetpoint {
		return asdu.FloatSetpoint{Address: at, Value: r.Float32(), Qualifier: asdu.SetpointQualifier(r.IntN(128)), Select: flip(r), Time: timeOf(r, kind)}
	}, asdu.C_SE_NC_1, asdu.C_SE_TC_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.BitStringCommand {
		return asdu.BitStringCommand{Address: at, Value: r.Uint32(), Time: timeOf(r, kind)}
	}, asdu.C_BO_NA_1, asdu.C_BO_TA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.EndOfInitialization {
		return asdu.EndOfInitialization{Address: at, Cause: asdu.InitializationCause(r.IntN(128)), ParametersChanged: flip(r)}
	}, asdu.M_EI_NA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.Interrogation {
		return asdu.Interrogation{Address: at, Qualifier: asdu.InterrogationQualifier(r.Uint32())}
	}, asdu.C_IC_NA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.CounterInterrogation {
		return asdu.CounterInterrogation{Address: at, Request: asdu.CounterRequest(r.IntN(64)), Freeze: asdu.Freeze(r.IntN(4))}
	}, asdu.C_CI_NA_1),
	familyOf(func(_ *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.Read {
		return asdu.Read{Address: at}
	}, asdu.C_RD_NA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.ClockSynchronization {
		return asdu.ClockSynchronization{Address: at, Time: timeOf(r, kind)}
	}, asdu.C_CS_NA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.TestCommand {
		return asdu.TestCommand{Address: at, Pattern: uint16(r.Uint32())}
	}, asdu.C_TS_NA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.ResetProcess {
		return asdu.ResetProcess{Address: at, Qualifier: asdu.ResetQualifier(r.Uint32())}
	}, asdu.C_RP_NA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.DelayAcquisition {
		return asdu.DelayAcquisition{Address: at, Delay: asdu.ElapsedTime(r.Uint32())}
	}, asdu.C_CD_NA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.TimedTestCommand {
		return asdu.TimedTestCommand{Address: at, Counter: uint16(r.Uint32()), Time: timeOf(r, kind)}
	}, asdu.C_TS_TA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.NormalizedParameter {
		return asdu.NormalizedParameter{Address: at, Value: asdu.Normalized(r.Uint32()), Qualifier: parameterOf(r)}
	}, asdu.P_ME_NA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.ScaledParameter {
		return asdu.ScaledParameter{Address: at, Value: int16(r.Uint32()), Qualifier: parameterOf(r)}
	}, asdu.P_ME_NB_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.FloatParameter {
		return asdu.FloatParameter{Address: at, Value: r.Float32(), Qualifier: parameterOf(r)}
	}, asdu.P_ME_NC_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.ParameterActivation {
		return asdu.ParameterActivation{Address: at, Qualifier: asdu.ParameterActivationQualifier(r.Uint32())}
	}, asdu.P_AC_NA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.FileReady {
		return asdu.FileReady{Address: at, File: asdu.FileName(r.Uint32()), Length: r.Uint32N(1 << 24), Qualifier: uint8(r.IntN(128)), Negative: flip(r)}
	}, asdu.F_FR_NA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.SectionReady {
		return asdu.SectionReady{
			Address: at, File: asdu.FileName(r.Uint32()), Section: uint8(r.Uint32()), Length: r.Uint32N(1 << 24),
			Qualifier: uint8(r.IntN(128)), NotReady: flip(r),
		}
	}, asdu.F_SR_NA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.FileCall {
		return asdu.FileCall{Address: at, File: asdu.FileName(r.Uint32()), Section: uint8(r.Uint32()), Action: asdu.FileAction(r.IntN(16)), Error: uint8(r.IntN(16))}
	}, asdu.F_SC_NA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.LastSection {
		return asdu.LastSection{
			Address: at, File: asdu.FileName(r.Uint32()), Section: uint8(r.Uint32()),
			Qualifier: asdu.LastQualifier(r.Uint32()), Checksum: uint8(r.Uint32()),
		}
	}, asdu.F_LS_NA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.FileAcknowledgement {
		return asdu.FileAcknowledgement{Address: at, File: asdu.FileName(r.Uint32()), Section: uint8(r.Uint32()), Answer: asdu.FileAnswer(r.IntN(16)), Error: uint8(r.IntN(16))}
	}, asdu.F_AF_NA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.Segment {
		data := make([]byte, r.IntN(200))
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		return asdu.Segment{Address: at, File: asdu.FileName(r.Uint32()), Section: uint8(r.Uint32()), Declared: uint8(len(data)), Data: data}
	}, asdu.F_SG_NA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, kind asdu.TimeKind) asdu.DirectoryEntry {
		return asdu.DirectoryEntry{
			Address: at, File: asdu.FileName(r.Uint32()), Length: r.Uint32N(1 << 24), Status: uint8(r.IntN(32)),
			Last: flip(r), Directory: flip(r), Active: flip(r), Time: timeOf(r, kind),
		}
	}, asdu.F_DR_TA_1),
	familyOf(func(r *rand.Rand, at asdu.ObjectAddress, _ asdu.TimeKind) asdu.LogQuery {
		return asdu.LogQuery{Address: at, File: asdu.FileName(r.Uint32()), From: timeOf(r, asdu.TimeCP56), To: timeOf(r, asdu.TimeCP56)}
	}, asdu.F_SC_NB_1),
}

func parameterOf(r *rand.Rand) asdu.ParameterQualifier {
	return asdu.ParameterQualifier{Kind: asdu.ParameterKind(r.IntN(64)), Changed: flip(r), NotInOperation: flip(r)}
}
