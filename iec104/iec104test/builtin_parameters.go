package iec104test

import "stellwerk/iec104/asdu"

// addCyclic adds the parameters of a point that is sent cyclically: P_AC_NA_1
// stops that at the point's own address, where a station without other
// addresses for parameters also takes all kinds.
func (i *Inventory) addCyclic(p Point) {
	t := parameterType(p.Type)
	i.Parameters = append(i.Parameters, Parameter{
		CommonAddress: p.CommonAddress, Address: p.Address, Type: t, Point: p.Address,
		Kinds: []asdu.ParameterKind{asdu.ParameterThreshold},
		Value: map[asdu.TypeID]float64{asdu.P_ME_NA_1: 0.05, asdu.P_ME_NB_1: 50, asdu.P_ME_NC_1: 0.75}[t],

		Activations: []asdu.ParameterActivationQualifier{asdu.ActivateParameter, asdu.ActivateCyclic},
	})
}
