package iec104test

import (
	"cmp"
	"slices"

	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// Listed is an object of a station as a list shows it.
type Listed struct {
	CommonAddress asdu.CommonAddress
	Address       asdu.ObjectAddress
	Type          asdu.TypeID
	Name, Unit    string
	// Groups are those of interrogation, or of counter interrogation for
	// integrated totals.
	Groups []int
	// Feedback is the point that a control moves, or the measured value that a
	// parameter belongs to; 0 for others.
	Feedback asdu.ObjectAddress
	// Commands are the controls that move a point.
	Commands []asdu.ObjectAddress
	// Control is what a control is like, nil for others.
	Control *station.Control
	// Parameter is the kind of a parameter, 0 for others.
	Parameter asdu.ParameterKind
}

// List returns everything that a sector has, in the order of addresses: points,
// parameters and controls.
func List(sector station.Sector) []Listed {
	var list []Listed
	for _, p := range sector.Points {
		entry := Listed{CommonAddress: sector.Address, Address: p.Address, Type: p.Type, Name: p.Name, Unit: p.Unit, Groups: p.Groups}
		for _, c := range sector.Controls {
			if c.Feedback == p.Address {
				entry.Commands = append(entry.Commands, c.Address)
			}
		}
		list = append(list, entry)
		for _, parameter := range p.Parameters {
			list = append(list, Listed{
				CommonAddress: sector.Address, Address: parameter.Address, Type: parameterType(p.Type),
				Name: parameter.Kind.Text().EN + " of " + p.Name, Feedback: p.Address, Parameter: parameter.Kind,
			})
		}
	}
	for _, c := range sector.Controls {
		list = append(list, Listed{
			CommonAddress: sector.Address, Address: c.Address, Type: c.Type, Name: c.Name,
			Feedback: c.Feedback, Control: new(c),
		})
	}
	slices.SortFunc(list, func(a, b Listed) int { return cmp.Compare(a.Address, b.Address) })
	return list
}

// parameterType returns the type of the parameters of a measured value.
func parameterType(t asdu.TypeID) asdu.TypeID {
	switch t {
	case asdu.M_ME_NB_1, asdu.M_ME_TB_1, asdu.M_ME_TE_1:
		return asdu.P_ME_NB_1
	case asdu.M_ME_NC_1, asdu.M_ME_TC_1, asdu.M_ME_TF_1:
		return asdu.P_ME_NC_1
	default:
		return asdu.P_ME_NA_1
	}
}
