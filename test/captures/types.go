package captures

import (
	"io"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/capture/fabricate"
)

// types is a capture with every type: the examples, each from the side that
// sends it, commands with their confirmations, lists with SQ=1, and private
// types.
func types(w io.Writer) error {
	s := newSession(w, "types")
	list, err := Examples()
	if err != nil {
		return err
	}
	for _, a := range list {
		switch {
		case a.Type == asdu.C_RD_NA_1 || a.Type == asdu.F_SC_NA_1 || a.Type == asdu.F_AF_NA_1 || a.Type == asdu.F_SC_NB_1:
			s.send(fabricate.Client, a)
		case a.Type.Control() && a.Type < asdu.M_EI_NA_1, a.Type == asdu.C_IC_NA_1, a.Type == asdu.C_CI_NA_1:
			s.command(a, asdu.ActivationCon, asdu.ActivationTermination)
		case a.Type.Control():
			s.command(a, asdu.ActivationCon)
		default:
			s.send(fabricate.Server, a)
		}
	}
	for _, a := range []func() (asdu.ASDU, error){
		sequence(asdu.M_SP_NA_1, asdu.SinglePoint{Address: 101, Value: true}, asdu.SinglePoint{Address: 102}),
		sequence(asdu.M_DP_NA_1, asdu.DoublePoint{Address: 201, Value: asdu.On}, asdu.DoublePoint{Address: 202, Value: asdu.Off}),
		sequence(asdu.M_ST_NA_1, asdu.StepPosition{Address: 301, Value: 1}, asdu.StepPosition{Address: 302, Value: 2}),
		sequence(asdu.M_BO_NA_1, asdu.BitString{Address: 401, Value: 1}, asdu.BitString{Address: 402, Value: 2}),
		sequence(asdu.M_ME_NA_1, asdu.NormalizedValue{Address: 501, Value: 1}, asdu.NormalizedValue{Address: 502, Value: 2}),
		sequence(asdu.M_ME_NB_1, asdu.ScaledValue{Address: 511, Value: 1}, asdu.ScaledValue{Address: 512, Value: -2}),
		sequence(asdu.M_ME_NC_1, asdu.ShortFloat{Address: 521, Value: 0.5}, asdu.ShortFloat{Address: 522, Value: -0.5}),
		sequence(asdu.M_IT_NA_1, asdu.IntegratedTotal{Address: 601, Value: asdu.Counter{Count: 10}}, asdu.IntegratedTotal{Address: 602}),
		sequence(asdu.M_PS_NA_1, asdu.PackedSinglePoints{Address: 111, Status: 1, Changed: 1}, asdu.PackedSinglePoints{Address: 112}),
		sequence(asdu.M_ME_ND_1, asdu.PlainNormalizedValue{Address: 531, Value: 1}, asdu.PlainNormalizedValue{Address: 532, Value: 2}),
		sequence(asdu.F_DR_TA_1, asdu.DirectoryEntry{Address: 9000, File: 1, Time: cp56}, asdu.DirectoryEntry{Address: 9001, File: 2, Time: cp56}),
	} {
		a, err := a()
		if err != nil {
			return err
		}
		s.send(fabricate.Server, a)
	}
	private, err := asdu.NewRaw(nil, asdu.Header{Type: 150, Cause: asdu.Spontaneous, CommonAddress: 1}, 1,
		[]byte{0x39, 0x30, 0, 0, 0, 0x66, 0x43, 0}) // as M_ME_NC_1: object 12345, 230, good
	if err != nil {
		return err
	}
	s.send(fabricate.Server, private)
	routed, err := asdu.NewRaw(nil, asdu.Header{Type: 130, Cause: 48, CommonAddress: 1}, 1, []byte{1, 2, 3, 4})
	if err != nil {
		return err
	}
	s.send(fabricate.Client, routed)
	return s.end()
}

// sequence makes a maker of an ASDU with SQ=1.
func sequence[T asdu.Information[T]](id asdu.TypeID, objects ...T) func() (asdu.ASDU, error) {
	cause := asdu.InterrogatedByGroup1
	switch id {
	case asdu.M_IT_NA_1:
		cause = asdu.RequestedByCounterGroup1
	case asdu.F_DR_TA_1:
		cause = asdu.Request
	default:
	}
	return func() (asdu.ASDU, error) {
		return asdu.New(nil, asdu.Header{Type: id, Sequence: true, Cause: cause, CommonAddress: 1, Originator: 3}, objects...)
	}
}
