package interop

import (
	peer "github.com/thinkgos/go-iecp5/asdu"

	"stellwerk/iec104/asdu"
)

// spontaneous is the cause of events.
var spontaneous = peer.CauseOfTransmission{Cause: peer.Spontaneous}

// sendings are every type that go-iecp5 can send in monitor direction, and
// what must arrive.
var sendings = []struct {
	typ  asdu.TypeID
	send func(peer.Connect) error
	want []asdu.Object
}{
	{asdu.M_SP_NA_1, func(c peer.Connect) error {
		return peer.Single(c, false, spontaneous, peerCommon,
			peer.SinglePointInfo{Ioa: 1, Value: true}, peer.SinglePointInfo{Ioa: 0xffffff, Qds: 0xf0})
	}, []asdu.Object{
		asdu.SinglePoint{Address: 1, Value: true},
		asdu.SinglePoint{Address: 0xffffff, Quality: asdu.Blocked | asdu.Substituted | asdu.NotTopical | asdu.Invalid},
	}},
	{asdu.M_SP_TA_1, func(c peer.Connect) error {
		return peer.SingleCP24Time2a(c, spontaneous, peerCommon, peer.SinglePointInfo{Ioa: 2, Value: true, Time: sourceTime})
	}, []asdu.Object{asdu.SinglePoint{Address: 2, Value: true, Time: asdu.CP24(sourceTime)}}},
	{asdu.M_SP_TB_1, func(c peer.Connect) error {
		return peer.SingleCP56Time2a(c, spontaneous, peerCommon, peer.SinglePointInfo{Ioa: 30, Value: true, Qds: peer.QDSInvalid, Time: sourceTime})
	}, []asdu.Object{asdu.SinglePoint{Address: 30, Value: true, Quality: asdu.Invalid, Time: asdu.CP56(sourceTime)}}},
	{asdu.M_DP_NA_1, func(c peer.Connect) error {
		return peer.Double(c, true, spontaneous, peerCommon,
			peer.DoublePointInfo{Ioa: 3, Value: 0}, peer.DoublePointInfo{Value: 1}, peer.DoublePointInfo{Value: 2}, peer.DoublePointInfo{Value: 3, Qds: peer.QDSBlocked})
	}, []asdu.Object{
		asdu.DoublePoint{Address: 3, Value: asdu.Intermediate},
		asdu.DoublePoint{Address: 4, Value: asdu.Off},
		asdu.DoublePoint{Address: 5, Value: asdu.On},
		asdu.DoublePoint{Address: 6, Value: asdu.Indeterminate, Quality: asdu.Blocked},
	}},
	{asdu.M_DP_TA_1, func(c peer.Connect) error {
		return peer.DoubleCP24Time2a(c, spontaneous, peerCommon, peer.DoublePointInfo{Ioa: 4, Value: 2, Time: sourceTime})
	}, []asdu.Object{asdu.DoublePoint{Address: 4, Value: asdu.On, Time: asdu.CP24(sourceTime)}}},
	{asdu.M_DP_TB_1, func(c peer.Connect) error {
		return peer.DoubleCP56Time2a(c, spontaneous, peerCommon, peer.DoublePointInfo{Ioa: 31, Value: 1, Time: sourceTime})
	}, []asdu.Object{asdu.DoublePoint{Address: 31, Value: asdu.Off, Time: asdu.CP56(sourceTime)}}},
	{asdu.M_ST_NA_1, func(c peer.Connect) error {
		return peer.Step(c, false, spontaneous, peerCommon,
			peer.StepPositionInfo{Ioa: 5, Value: peer.StepPosition{Val: -64}}, peer.StepPositionInfo{Ioa: 6, Value: peer.StepPosition{Val: 63, HasTransient: true}, Qds: peer.QDSOverflow})
	}, []asdu.Object{
		asdu.StepPosition{Address: 5, Value: -64},
		asdu.StepPosition{Address: 6, Value: 63, Transient: true, Quality: asdu.Overflow},
	}},
	{asdu.M_ST_TA_1, func(c peer.Connect) error {
		return peer.StepCP24Time2a(c, spontaneous, peerCommon, peer.StepPositionInfo{Ioa: 6, Value: peer.StepPosition{Val: 9}, Time: sourceTime})
	}, []asdu.Object{asdu.StepPosition{Address: 6, Value: 9, Time: asdu.CP24(sourceTime)}}},
	// The library's own function for this type writes the type 30 into it, see
	// TestPeerStepWithTime; a user who knows that makes the ASDU himself.
	{asdu.M_ST_TB_1, func(c peer.Connect) error {
		a := peer.NewASDU(c.Params(), peer.Identifier{Type: peer.M_ST_TB_1, Variable: peer.VariableStruct{Number: 1}, Coa: spontaneous, CommonAddr: peerCommon})
		if err := a.AppendInfoObjAddr(32); err != nil {
			return err
		}
		return c.Send(a.AppendBytes(peer.StepPosition{Val: -1}.Value(), 0).AppendCP56Time2a(sourceTime, nil))
	}, []asdu.Object{asdu.StepPosition{Address: 32, Value: -1, Time: asdu.CP56(sourceTime)}}},
	{asdu.M_BO_NA_1, func(c peer.Connect) error {
		return peer.BitString32(c, false, spontaneous, peerCommon, peer.BitString32Info{Ioa: 7, Value: 0x80000001})
	}, []asdu.Object{asdu.BitString{Address: 7, Value: 0x80000001}}},
	{asdu.M_BO_TA_1, func(c peer.Connect) error {
		return peer.BitString32CP24Time2a(c, spontaneous, peerCommon, peer.BitString32Info{Ioa: 8, Value: 1, Qds: peer.QDSNotTopical, Time: sourceTime})
	}, []asdu.Object{asdu.BitString{Address: 8, Value: 1, Quality: asdu.NotTopical, Time: asdu.CP24(sourceTime)}}},
	{asdu.M_BO_TB_1, func(c peer.Connect) error {
		return peer.BitString32CP56Time2a(c, spontaneous, peerCommon, peer.BitString32Info{Ioa: 33, Value: 0xffffffff, Time: sourceTime})
	}, []asdu.Object{asdu.BitString{Address: 33, Value: 0xffffffff, Time: asdu.CP56(sourceTime)}}},
	{asdu.M_ME_NA_1, func(c peer.Connect) error {
		return peer.MeasuredValueNormal(c, true, spontaneous, peerCommon,
			peer.MeasuredValueNormalInfo{Ioa: 9, Value: -32768, Qds: peer.QDSOverflow}, peer.MeasuredValueNormalInfo{Value: 32767})
	}, []asdu.Object{
		asdu.NormalizedValue{Address: 9, Value: -32768, Quality: asdu.Overflow},
		asdu.NormalizedValue{Address: 10, Value: 32767},
	}},
	{asdu.M_ME_TA_1, func(c peer.Connect) error {
		return peer.MeasuredValueNormalCP24Time2a(c, spontaneous, peerCommon, peer.MeasuredValueNormalInfo{Ioa: 10, Value: 16384, Time: sourceTime})
	}, []asdu.Object{asdu.NormalizedValue{Address: 10, Value: 16384, Time: asdu.CP24(sourceTime)}}},
	{asdu.M_ME_TD_1, func(c peer.Connect) error {
		return peer.MeasuredValueNormalCP56Time2a(c, spontaneous, peerCommon, peer.MeasuredValueNormalInfo{Ioa: 34, Value: -1, Time: sourceTime})
	}, []asdu.Object{asdu.NormalizedValue{Address: 34, Value: -1, Time: asdu.CP56(sourceTime)}}},
	{asdu.M_ME_ND_1, func(c peer.Connect) error {
		return peer.MeasuredValueNormalNoQuality(c, false, spontaneous, peerCommon, peer.MeasuredValueNormalInfo{Ioa: 21, Value: 42})
	}, []asdu.Object{asdu.PlainNormalizedValue{Address: 21, Value: 42}}},
	{asdu.M_ME_NB_1, func(c peer.Connect) error {
		return peer.MeasuredValueScaled(c, false, spontaneous, peerCommon, peer.MeasuredValueScaledInfo{Ioa: 11, Value: -32768})
	}, []asdu.Object{asdu.ScaledValue{Address: 11, Value: -32768}}},
	{asdu.M_ME_TB_1, func(c peer.Connect) error {
		return peer.MeasuredValueScaledCP24Time2a(c, spontaneous, peerCommon, peer.MeasuredValueScaledInfo{Ioa: 12, Value: 32767, Time: sourceTime})
	}, []asdu.Object{asdu.ScaledValue{Address: 12, Value: 32767, Time: asdu.CP24(sourceTime)}}},
	{asdu.M_ME_TE_1, func(c peer.Connect) error {
		return peer.MeasuredValueScaledCP56Time2a(c, spontaneous, peerCommon, peer.MeasuredValueScaledInfo{Ioa: 35, Value: 100, Qds: peer.QDSSubstituted, Time: sourceTime})
	}, []asdu.Object{asdu.ScaledValue{Address: 35, Value: 100, Quality: asdu.Substituted, Time: asdu.CP56(sourceTime)}}},
	{asdu.M_ME_NC_1, func(c peer.Connect) error {
		return peer.MeasuredValueFloat(c, false, spontaneous, peerCommon, peer.MeasuredValueFloatInfo{Ioa: 13, Value: -0.25}, peer.MeasuredValueFloatInfo{Ioa: 14, Value: 1e30, Qds: peer.QDSOverflow})
	}, []asdu.Object{
		asdu.ShortFloat{Address: 13, Value: -0.25},
		asdu.ShortFloat{Address: 14, Value: 1e30, Quality: asdu.Overflow},
	}},
	{asdu.M_ME_TC_1, func(c peer.Connect) error {
		return peer.MeasuredValueFloatCP24Time2a(c, spontaneous, peerCommon, peer.MeasuredValueFloatInfo{Ioa: 14, Value: 49.98, Time: sourceTime})
	}, []asdu.Object{asdu.ShortFloat{Address: 14, Value: 49.98, Time: asdu.CP24(sourceTime)}}},
	{asdu.M_ME_TF_1, func(c peer.Connect) error {
		return peer.MeasuredValueFloatCP56Time2a(c, spontaneous, peerCommon, peer.MeasuredValueFloatInfo{Ioa: 36, Value: 230.4, Time: sourceTime})
	}, []asdu.Object{asdu.ShortFloat{Address: 36, Value: 230.4, Time: asdu.CP56(sourceTime)}}},
	{asdu.M_IT_NA_1, func(c peer.Connect) error {
		return peer.IntegratedTotals(c, false, spontaneous, peerCommon, peer.BinaryCounterReadingInfo{Ioa: 15, Value: peer.BinaryCounterReading{
			CounterReading: -5, SeqNumber: 31, HasCarry: true, IsAdjusted: true, IsInvalid: true,
		}})
	}, []asdu.Object{asdu.IntegratedTotal{Address: 15, Value: asdu.Counter{Count: -5, Sequence: 31, Carry: true, Adjusted: true, Invalid: true}}}},
	{asdu.M_IT_TA_1, func(c peer.Connect) error {
		return peer.IntegratedTotalsCP24Time2a(c, spontaneous, peerCommon, peer.BinaryCounterReadingInfo{Ioa: 16, Value: peer.BinaryCounterReading{CounterReading: 1}, Time: sourceTime})
	}, []asdu.Object{asdu.IntegratedTotal{Address: 16, Value: asdu.Counter{Count: 1}, Time: asdu.CP24(sourceTime)}}},
	{asdu.M_IT_TB_1, func(c peer.Connect) error {
		return peer.IntegratedTotalsCP56Time2a(c, spontaneous, peerCommon, peer.BinaryCounterReadingInfo{Ioa: 37, Value: peer.BinaryCounterReading{CounterReading: 1 << 30, SeqNumber: 4}, Time: sourceTime})
	}, []asdu.Object{asdu.IntegratedTotal{Address: 37, Value: asdu.Counter{Count: 1 << 30, Sequence: 4}, Time: asdu.CP56(sourceTime)}}},
	{asdu.M_EP_TA_1, func(c peer.Connect) error {
		return peer.EventOfProtectionEquipmentCP24Time2a(c, spontaneous, peerCommon, peer.EventOfProtectionEquipmentInfo{Ioa: 17, Event: 2, Qdp: peer.QDPElapsedTimeInvalid, Msec: 59999, Time: sourceTime})
	}, []asdu.Object{asdu.ProtectionEvent{Address: 17, Value: asdu.On, Quality: asdu.ElapsedInvalid, Elapsed: 59999, Time: asdu.CP24(sourceTime)}}},
	{asdu.M_EP_TB_1, func(c peer.Connect) error {
		return peer.PackedStartEventsOfProtectionEquipmentCP24Time2a(c, spontaneous, peerCommon, peer.PackedStartEventsOfProtectionEquipmentInfo{Ioa: 18, Event: 0x3f, Qdp: peer.QDPBlocked, Msec: 80, Time: sourceTime})
	}, []asdu.Object{asdu.ProtectionStart{Address: 18, Value: 0x3f, Quality: asdu.Blocked, Duration: 80, Time: asdu.CP24(sourceTime)}}},
	{asdu.M_EP_TC_1, func(c peer.Connect) error {
		return peer.PackedOutputCircuitInfoCP24Time2a(c, spontaneous, peerCommon, peer.PackedOutputCircuitInfoInfo{Ioa: 19, Oci: 0x0f, Msec: 40, Time: sourceTime})
	}, []asdu.Object{asdu.ProtectionOutput{Address: 19, Value: 0x0f, Operating: 40, Time: asdu.CP24(sourceTime)}}},
	{asdu.M_PS_NA_1, func(c peer.Connect) error {
		return peer.PackedSinglePointWithSCD(c, false, spontaneous, peerCommon, peer.PackedSinglePointWithSCDInfo{Ioa: 20, Scd: 0x00ff1234, Qds: peer.QDSInvalid})
	}, []asdu.Object{asdu.PackedSinglePoints{Address: 20, Status: 0x1234, Changed: 0x00ff, Quality: asdu.Invalid}}},
	{asdu.M_EP_TD_1, func(c peer.Connect) error {
		return peer.EventOfProtectionEquipmentCP56Time2a(c, spontaneous, peerCommon, peer.EventOfProtectionEquipmentInfo{Ioa: 38, Event: 1, Msec: 1, Time: sourceTime})
	}, []asdu.Object{asdu.ProtectionEvent{Address: 38, Value: asdu.Off, Elapsed: 1, Time: asdu.CP56(sourceTime)}}},
	{asdu.M_EP_TE_1, func(c peer.Connect) error {
		return peer.PackedStartEventsOfProtectionEquipmentCP56Time2a(c, spontaneous, peerCommon, peer.PackedStartEventsOfProtectionEquipmentInfo{Ioa: 39, Event: 1, Msec: 2, Time: sourceTime})
	}, []asdu.Object{asdu.ProtectionStart{Address: 39, Value: 1, Duration: 2, Time: asdu.CP56(sourceTime)}}},
	{asdu.M_EP_TF_1, func(c peer.Connect) error {
		return peer.PackedOutputCircuitInfoCP56Time2a(c, spontaneous, peerCommon, peer.PackedOutputCircuitInfoInfo{Ioa: 40, Oci: 8, Qdp: peer.QDPInvalid, Msec: 3, Time: sourceTime})
	}, []asdu.Object{asdu.ProtectionOutput{Address: 40, Value: 8, Quality: asdu.Invalid, Operating: 3, Time: asdu.CP56(sourceTime)}}},
	{asdu.M_EI_NA_1, func(c peer.Connect) error {
		return peer.EndOfInitialization(c, spontaneous, peerCommon, 0, peer.CauseOfInitial{Cause: peer.COIRemoteReset, IsLocalChange: true})
	}, []asdu.Object{asdu.EndOfInitialization{Cause: 2, ParametersChanged: true}}},
}
