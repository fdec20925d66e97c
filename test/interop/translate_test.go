package interop

import (
	"time"

	peer "github.com/thinkgos/go-iecp5/asdu"

	"stellwerk/iec104/asdu"
)

// received is an ASDU as the peer has decoded it, in our words.
type received struct {
	asdu.Header
	objects []asdu.Object
	octets  []byte // as the peer writes them again
}

// translate takes apart what the peer has received with the peer's own functions.
func translate(a *peer.ASDU) received {
	r := received{Header: asdu.Header{
		Type: asdu.TypeID(a.Type), Sequence: a.Variable.IsSequence,
		Cause: asdu.Cause(a.Coa.Cause), Negative: a.Coa.IsNegative, Test: a.Coa.IsTest,
		Originator: uint8(a.OrigAddr), CommonAddress: asdu.CommonAddress(a.CommonAddr),
	}}
	// The functions that follow consume what they read.
	if octets, err := a.Clone().MarshalBinary(); err == nil {
		r.octets = octets
	}
	r.objects = objectsOf(a.Clone(), asdu.TypeID(a.Type))
	return r
}

// tag returns the time tag of a type for a time that the peer has read; where the
// tag was invalid it reads none.
func tag(t asdu.TypeID, at time.Time) asdu.Time {
	switch timed := t.String()[len("M_SP_")] == 'T'; {
	case !timed && t != asdu.C_CS_NA_1:
		return 0
	case t <= asdu.M_EP_TC_1:
		return asdu.CP24(at).WithInvalid(at.IsZero())
	default:
		return asdu.CP56(at).WithInvalid(at.IsZero())
	}
}

// objectsOf returns the objects of an ASDU, nil where the peer has no function
// for the type.
func objectsOf(a *peer.ASDU, t asdu.TypeID) (all []asdu.Object) {
	switch t {
	case asdu.M_SP_NA_1, asdu.M_SP_TA_1, asdu.M_SP_TB_1:
		for _, o := range a.GetSinglePoint() {
			all = append(all, asdu.SinglePoint{Address: asdu.ObjectAddress(o.Ioa), Value: o.Value, Quality: asdu.Quality(o.Qds), Time: tag(t, o.Time)})
		}
	case asdu.M_DP_NA_1, asdu.M_DP_TA_1, asdu.M_DP_TB_1:
		for _, o := range a.GetDoublePoint() {
			all = append(all, asdu.DoublePoint{Address: asdu.ObjectAddress(o.Ioa), Value: asdu.DoublePointState(o.Value), Quality: asdu.Quality(o.Qds), Time: tag(t, o.Time)})
		}
	case asdu.M_ST_NA_1, asdu.M_ST_TA_1, asdu.M_ST_TB_1:
		for _, o := range a.GetStepPosition() {
			all = append(all, asdu.StepPosition{Address: asdu.ObjectAddress(o.Ioa), Value: int8(o.Value.Val), Transient: o.Value.HasTransient, Quality: asdu.Quality(o.Qds), Time: tag(t, o.Time)})
		}
	case asdu.M_BO_NA_1, asdu.M_BO_TA_1, asdu.M_BO_TB_1:
		for _, o := range a.GetBitString32() {
			all = append(all, asdu.BitString{Address: asdu.ObjectAddress(o.Ioa), Value: o.Value, Quality: asdu.Quality(o.Qds), Time: tag(t, o.Time)})
		}
	case asdu.M_ME_NA_1, asdu.M_ME_TA_1, asdu.M_ME_TD_1:
		for _, o := range a.GetMeasuredValueNormal() {
			all = append(all, asdu.NormalizedValue{Address: asdu.ObjectAddress(o.Ioa), Value: asdu.Normalized(o.Value), Quality: asdu.Quality(o.Qds), Time: tag(t, o.Time)})
		}
	case asdu.M_ME_ND_1:
		for _, o := range a.GetMeasuredValueNormal() {
			all = append(all, asdu.PlainNormalizedValue{Address: asdu.ObjectAddress(o.Ioa), Value: asdu.Normalized(o.Value)})
		}
	case asdu.M_ME_NB_1, asdu.M_ME_TB_1, asdu.M_ME_TE_1:
		for _, o := range a.GetMeasuredValueScaled() {
			all = append(all, asdu.ScaledValue{Address: asdu.ObjectAddress(o.Ioa), Value: o.Value, Quality: asdu.Quality(o.Qds), Time: tag(t, o.Time)})
		}
	case asdu.M_ME_NC_1, asdu.M_ME_TC_1, asdu.M_ME_TF_1:
		for _, o := range a.GetMeasuredValueFloat() {
			all = append(all, asdu.ShortFloat{Address: asdu.ObjectAddress(o.Ioa), Value: o.Value, Quality: asdu.Quality(o.Qds), Time: tag(t, o.Time)})
		}
	case asdu.M_IT_NA_1, asdu.M_IT_TA_1, asdu.M_IT_TB_1:
		for _, o := range a.GetIntegratedTotals() {
			all = append(all, asdu.IntegratedTotal{Address: asdu.ObjectAddress(o.Ioa), Time: tag(t, o.Time), Value: asdu.Counter{
				Count: o.Value.CounterReading, Sequence: o.Value.SeqNumber, Carry: o.Value.HasCarry, Adjusted: o.Value.IsAdjusted, Invalid: o.Value.IsInvalid,
			}})
		}
	case asdu.M_EP_TA_1, asdu.M_EP_TD_1:
		for _, o := range a.GetEventOfProtectionEquipment() {
			// The peer takes bit 1 of the event for a quality, and EI for nothing.
			all = append(all, asdu.ProtectionEvent{Address: asdu.ObjectAddress(o.Ioa), Value: asdu.DoublePointState(o.Event), Quality: asdu.Quality(o.Qdp &^ 1), Elapsed: asdu.ElapsedTime(o.Msec), Time: tag(t, o.Time)})
		}
	case asdu.M_EP_TB_1, asdu.M_EP_TE_1:
		o := a.GetPackedStartEventsOfProtectionEquipment()
		all = append(all, asdu.ProtectionStart{Address: asdu.ObjectAddress(o.Ioa), Value: asdu.StartEvents(o.Event), Quality: asdu.Quality(o.Qdp), Duration: asdu.ElapsedTime(o.Msec), Time: tag(t, o.Time)})
	case asdu.M_EP_TC_1, asdu.M_EP_TF_1:
		o := a.GetPackedOutputCircuitInfo()
		all = append(all, asdu.ProtectionOutput{Address: asdu.ObjectAddress(o.Ioa), Value: asdu.OutputCircuits(o.Oci), Quality: asdu.Quality(o.Qdp), Operating: asdu.ElapsedTime(o.Msec), Time: tag(t, o.Time)})
	case asdu.M_PS_NA_1:
		for _, o := range a.GetPackedSinglePointWithSCD() {
			all = append(all, asdu.PackedSinglePoints{Address: asdu.ObjectAddress(o.Ioa), Status: uint16(o.Scd), Changed: uint16(o.Scd >> 16), Quality: asdu.Quality(o.Qds)})
		}
	case asdu.M_EI_NA_1:
		address, cause := a.GetEndOfInitialization()
		all = append(all, asdu.EndOfInitialization{Address: asdu.ObjectAddress(address), Cause: asdu.InitializationCause(cause.Cause), ParametersChanged: cause.IsLocalChange})
	case asdu.C_SC_NA_1, asdu.C_SC_TA_1:
		o := a.GetSingleCmd()
		all = append(all, asdu.SingleCommand{Address: asdu.ObjectAddress(o.Ioa), Value: o.Value, Qualifier: asdu.PulseQualifier(o.Qoc.Qual), Select: o.Qoc.InSelect, Time: tag(t, o.Time)})
	case asdu.C_DC_NA_1, asdu.C_DC_TA_1:
		o := a.GetDoubleCmd()
		all = append(all, asdu.DoubleCommand{Address: asdu.ObjectAddress(o.Ioa), Value: asdu.DoubleCommandState(o.Value), Qualifier: asdu.PulseQualifier(o.Qoc.Qual), Select: o.Qoc.InSelect, Time: tag(t, o.Time)})
	case asdu.C_RC_NA_1, asdu.C_RC_TA_1:
		o := a.GetStepCmd()
		all = append(all, asdu.StepCommand{Address: asdu.ObjectAddress(o.Ioa), Value: asdu.StepCommandState(o.Value), Qualifier: asdu.PulseQualifier(o.Qoc.Qual), Select: o.Qoc.InSelect, Time: tag(t, o.Time)})
	case asdu.C_SE_NA_1, asdu.C_SE_TA_1:
		o := a.GetSetpointNormalCmd()
		all = append(all, asdu.NormalizedSetpoint{Address: asdu.ObjectAddress(o.Ioa), Value: asdu.Normalized(o.Value), Qualifier: asdu.SetpointQualifier(o.Qos.Qual), Select: o.Qos.InSelect, Time: tag(t, o.Time)})
	case asdu.C_SE_NB_1, asdu.C_SE_TB_1:
		o := a.GetSetpointCmdScaled()
		all = append(all, asdu.ScaledSetpoint{Address: asdu.ObjectAddress(o.Ioa), Value: o.Value, Qualifier: asdu.SetpointQualifier(o.Qos.Qual), Select: o.Qos.InSelect, Time: tag(t, o.Time)})
	case asdu.C_SE_NC_1, asdu.C_SE_TC_1:
		o := a.GetSetpointFloatCmd()
		all = append(all, asdu.FloatSetpoint{Address: asdu.ObjectAddress(o.Ioa), Value: o.Value, Qualifier: asdu.SetpointQualifier(o.Qos.Qual), Select: o.Qos.InSelect, Time: tag(t, o.Time)})
	case asdu.C_BO_NA_1, asdu.C_BO_TA_1:
		o := a.GetBitsString32Cmd()
		all = append(all, asdu.BitStringCommand{Address: asdu.ObjectAddress(o.Ioa), Value: o.Value, Time: tag(t, o.Time)})
	case asdu.C_IC_NA_1:
		address, qualifier := a.GetInterrogationCmd()
		all = append(all, asdu.Interrogation{Address: asdu.ObjectAddress(address), Qualifier: asdu.InterrogationQualifier(qualifier)})
	case asdu.C_CS_NA_1:
		address, at := a.GetClockSynchronizationCmd()
		all = append(all, asdu.ClockSynchronization{Address: asdu.ObjectAddress(address), Time: tag(t, at)})
	default: // nobody looks into the others
	}
	return all
}
