package iec104

import (
	"fmt"
	"math"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/point"
)

var (
	shapeSingle     = point.Shape{Kind: point.Single}
	shapeDouble     = point.Shape{Kind: point.Double}
	shapeStep       = point.Shape{Kind: point.Step}
	shapeBits       = point.Shape{Kind: point.Bits}
	shapeCounter    = point.Shape{Kind: point.Counter}
	shapeNormalized = point.Shape{Kind: point.Number, Min: -1, Max: math.MaxInt16 / 32768.0, Step: 1 / 32768.0}
	shapeScaled     = point.Shape{Kind: point.Number, Min: math.MinInt16, Max: math.MaxInt16, Step: 1}
	shapeFloat      = point.Shape{Kind: point.Number, Min: -math.MaxFloat32, Max: math.MaxFloat32}
)

// variants are the types of process information of one family, which differ in
// their time.
type variants struct {
	shape            point.Shape
	none, cp24, cp56 asdu.TypeID
}

// monitored are the families that points can express, those that are chosen for
// a kind by default first.
var monitored = []variants{
	{shape: shapeSingle, none: asdu.M_SP_NA_1, cp24: asdu.M_SP_TA_1, cp56: asdu.M_SP_TB_1},
	{shape: shapeDouble, none: asdu.M_DP_NA_1, cp24: asdu.M_DP_TA_1, cp56: asdu.M_DP_TB_1},
	{shape: shapeStep, none: asdu.M_ST_NA_1, cp24: asdu.M_ST_TA_1, cp56: asdu.M_ST_TB_1},
	{shape: shapeBits, none: asdu.M_BO_NA_1, cp24: asdu.M_BO_TA_1, cp56: asdu.M_BO_TB_1},
	{shape: shapeFloat, none: asdu.M_ME_NC_1, cp24: asdu.M_ME_TC_1, cp56: asdu.M_ME_TF_1},
	{shape: shapeNormalized, none: asdu.M_ME_NA_1, cp24: asdu.M_ME_TA_1, cp56: asdu.M_ME_TD_1},
	{shape: shapeScaled, none: asdu.M_ME_NB_1, cp24: asdu.M_ME_TB_1, cp56: asdu.M_ME_TE_1},
	{shape: shapeCounter, none: asdu.M_IT_NA_1, cp24: asdu.M_IT_TA_1, cp56: asdu.M_IT_TB_1},
	{shape: shapeNormalized, none: asdu.M_ME_ND_1},
}

// commands are the types of commands that points can express. A regulating step
// command is a double one: lower is off, higher is on, as their numbers are.
var commands = []variants{
	{shape: shapeSingle, none: asdu.C_SC_NA_1, cp56: asdu.C_SC_TA_1},
	{shape: shapeDouble, none: asdu.C_DC_NA_1, cp56: asdu.C_DC_TA_1},
	{shape: shapeFloat, none: asdu.C_SE_NC_1, cp56: asdu.C_SE_TC_1},
	{shape: shapeBits, none: asdu.C_BO_NA_1, cp56: asdu.C_BO_TA_1},
	{shape: shapeDouble, none: asdu.C_RC_NA_1, cp56: asdu.C_RC_TA_1},
	{shape: shapeNormalized, none: asdu.C_SE_NA_1, cp56: asdu.C_SE_TA_1},
	{shape: shapeScaled, none: asdu.C_SE_NB_1, cp56: asdu.C_SE_TB_1},
}

// find returns the family that a type belongs to.
func find(families []variants, t asdu.TypeID) (variants, bool) {
	for _, v := range families {
		if t != 0 && (t == v.none || t == v.cp24 || t == v.cp56) {
			return v, true
		}
	}
	return variants{}, false
}

// choose returns the type to send a value as: of the family of the wanted type
// where that suits the value's kind, otherwise of the first family that does; with
// a time where the wanted type has one, or none is wanted, and the value has it.
// It is 0 where no type suits.
func choose(families []variants, wanted string, kind point.Kind, timed bool) asdu.TypeID {
	t, _ := asdu.ParseTypeID(wanted)
	v, known := find(families, t)
	if !known || v.shape.Kind != kind {
		t = 0
		for _, v = range families {
			if v.shape.Kind == kind {
				break
			}
		}
		if v.shape.Kind != kind {
			return 0
		}
	}
	switch {
	case !timed || t == v.none || v.cp56 == 0:
		return v.none
	case t != 0 && t == v.cp24:
		return v.cp24
	default:
		return v.cp56
	}
}

// commandFor returns the type of the commands to a point whose values have a type:
// M_ME_NB_1 is commanded by C_SE_NB_1. The name of any other type comes back.
func commandFor(name string) string {
	t, _ := asdu.ParseTypeID(name)
	v, known := find(monitored, t)
	if !known {
		return name
	}
	var command asdu.TypeID // with time: without one the type without is chosen
	switch v.none {
	case asdu.M_SP_NA_1:
		command = asdu.C_SC_TA_1
	case asdu.M_DP_NA_1:
		command = asdu.C_DC_TA_1
	case asdu.M_ST_NA_1:
		command = asdu.C_RC_TA_1
	case asdu.M_BO_NA_1:
		command = asdu.C_BO_TA_1
	case asdu.M_ME_NA_1, asdu.M_ME_ND_1:
		command = asdu.C_SE_TA_1
	case asdu.M_ME_NB_1:
		command = asdu.C_SE_TB_1
	case asdu.M_ME_NC_1:
		command = asdu.C_SE_TC_1
	default:
		return "" // counters take no commands
	}
	return command.String()
}

// shapeOf says what the values of a type look like.
func shapeOf(name string) (point.Shape, error) {
	t, ok := asdu.ParseTypeID(name)
	if !ok || t.String() != name && name != "C_RP_NC_1" {
		return point.Shape{}, fmt.Errorf("there is no type %q; write the mnemonic, such as M_ME_TF_1", name)
	}
	for _, families := range [...][]variants{monitored, commands} {
		if v, found := find(families, t); found {
			return v.shape, nil
		}
	}
	return point.Shape{}, fmt.Errorf("%s (%s) is not the type of a point: such telegrams are routed untouched, by their common address", name, t.Text().EN)
}

// IsCommand reports whether a type is that of a command.
func IsCommand(name string) bool {
	t, ok := asdu.ParseTypeID(name)
	_, found := find(commands, t)
	return ok && found
}
