package iec104test

import (
	"fmt"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// builtinAddress is the common address of the built-in station.
const builtinAddress asdu.CommonAddress = 1

// Addresses of the built-in station tell the type: a hundred times its number,
// and what counts the objects of the type from 1. From 11 on they are return
// information of commands.
func builtinObject(t asdu.TypeID, n int) asdu.ObjectAddress {
	return asdu.ObjectAddress(100*int(t) + n)
}

// perType is how many points of each type there are, return information aside.
const perType = 3

// The intervals of the built-in station, where it is told to have them.
const (
	builtinCyclic     = 2 * time.Second
	builtinBackground = 10 * time.Second
	builtinFreeze     = time.Minute
	builtinBreaker    = 500 * time.Millisecond // running time of a breaker
	builtinTap        = time.Second            // running time of a tap changer
	builtinShort      = 500 * time.Millisecond
	builtinLong       = 2 * time.Second
)

// builtinGroups are the groups of the types that interrogations answer: in the
// profile 104 one type in each of the 16 groups.
var builtinGroups = map[asdu.TypeID]int{
	asdu.M_SP_NA_1: 1, asdu.M_DP_NA_1: 2, asdu.M_ST_NA_1: 3, asdu.M_BO_NA_1: 4,
	asdu.M_ME_NA_1: 5, asdu.M_ME_NB_1: 6, asdu.M_ME_NC_1: 7, asdu.M_PS_NA_1: 8,
	asdu.M_ME_ND_1: 9, asdu.M_SP_TB_1: 10, asdu.M_DP_TB_1: 11, asdu.M_ST_TB_1: 12,
	asdu.M_BO_TB_1: 13, asdu.M_ME_TD_1: 14, asdu.M_ME_TE_1: 15, asdu.M_ME_TF_1: 16,
	asdu.M_SP_TA_1: 1, asdu.M_DP_TA_1: 2, asdu.M_ST_TA_1: 3, asdu.M_BO_TA_1: 4,
	asdu.M_ME_TA_1: 5, asdu.M_ME_TB_1: 6, asdu.M_ME_TC_1: 7,
}

// BuiltinSector is what the built-in station has at its common address 1:
//
//   - three points of every type in monitoring direction, of which one is in
//     the group of the type, 1 to 16, with other types; types with 24-bit time
//     only in the extended profile;
//   - integrated totals in counter groups 1 to 4 and of the modes A to D, those
//     that freeze by themselves only with cycles;
//   - parameters of one measured value of each kind: threshold, smoothing, low
//     and high limit;
//   - a single point with time tag that is on while events are being lost;
//   - a file of more than a section, and a short one;
//   - two controls for every type of command, the second of which must be
//     selected, each with a point as return information.
//
// Addresses tell the type: 3001 is the first point of type 30, 3011 the first
// that returns information, 4501 the first control of type 45, 12001 the first
// file.
func BuiltinSector(extended, cycles bool) station.Sector {
	sector := station.Sector{Address: builtinAddress, Files: builtinFiles()}
	for t := range asdu.Types() {
		if t > asdu.M_EP_TF_1 || t.Extended() && !extended {
			continue
		}
		for n := range perType {
			sector.Points = append(sector.Points, builtinPoint(t, n, cycles))
		}
	}
	for t := range asdu.Types() {
		if t >= asdu.C_SC_NA_1 && t <= asdu.C_BO_TA_1 {
			for n := range 2 {
				control, feedback := builtinControl(t, n)
				sector.Points = append(sector.Points, feedback)
				sector.Controls = append(sector.Controls, control)
			}
		}
	}
	overflow := builtinPoint(asdu.M_SP_TB_1, perType, false)
	overflow.Name, overflow.Groups = "events are being lost", nil
	sector.Points = append(sector.Points, overflow)
	sector.Overflow = overflow.Address
	return sector
}

// builtinFile is the ref of the n-th file, from 1: a transparent file.
func builtinFile(n int) iec104.FileRef {
	return iec104.FileRef{Address: builtinObject(asdu.F_FR_NA_1, n), Name: 1}
}

// builtinFiles returns the files: the first is of two sections, the second is
// short.
func builtinFiles() *iec104.FileMemory {
	store := iec104.NewFileMemory(nil)
	created := asdu.CP56(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	for n, length := range []int{20000, 100} {
		data := make([]byte, length)
		for i := range data {
			data[i] = byte(i ^ i>>8)
		}
		if err := store.Put(builtinFile(n+1), data, created); err != nil {
			panic("iec104test: " + err.Error()) // a mistake in this function
		}
	}
	return store
}

// builtinNames name what the types carry, without their time.
var builtinNames = map[asdu.TypeID]string{
	asdu.M_SP_NA_1: "single point", asdu.M_DP_NA_1: "double point", asdu.M_ST_NA_1: "step position", asdu.M_BO_NA_1: "bit string",
	asdu.M_ME_NA_1: "normalized value", asdu.M_ME_NB_1: "scaled value", asdu.M_ME_NC_1: "floating point value",
	asdu.M_PS_NA_1: "packed single points", asdu.M_ME_ND_1: "normalized value without quality", asdu.M_IT_NA_1: "integrated total",
	asdu.M_EP_TA_1: "protection event", asdu.M_EP_TB_1: "protection start", asdu.M_EP_TC_1: "protection output",
	asdu.C_SC_NA_1: "single command", asdu.C_DC_NA_1: "double command", asdu.C_RC_NA_1: "step command",
	asdu.C_SE_NA_1: "normalized set-point", asdu.C_SE_NB_1: "scaled set-point", asdu.C_SE_NC_1: "floating point set-point",
	asdu.C_BO_NA_1: "bit string command",
}

// builtinName names the n-th object of a type, from 0.
func builtinName(t asdu.TypeID, n int) string {
	plain, timed := t, ""
	switch {
	case t >= asdu.C_SC_TA_1:
		plain, timed = t-asdu.C_SC_TA_1+asdu.C_SC_NA_1, " with time"
	case t >= asdu.M_EP_TD_1 && t <= asdu.M_EP_TF_1:
		plain = t - asdu.M_EP_TD_1 + asdu.M_EP_TA_1
	case t == asdu.M_IT_TA_1 || t == asdu.M_IT_TB_1:
		plain, timed = asdu.M_IT_NA_1, " with time"
	default:
		if untimed, ok := station.InterrogatedType(t); ok && untimed != t {
			plain, timed = untimed, " with time"
		}
	}
	return fmt.Sprintf("%s%s %d", builtinNames[plain], timed, n+1)
}

// builtinPoint returns the n-th point of a type, from 0.
func builtinPoint(t asdu.TypeID, n int, cycles bool) station.Point {
	p := station.Point{
		Address: builtinObject(t, n+1), Type: t,
		Name: builtinName(t, n), Initial: builtinInitial(t, n),
	}
	if group, ok := builtinGroups[t]; ok {
		p.Groups = []int{group}
	}
	switch t {
	case asdu.M_IT_NA_1, asdu.M_IT_TA_1, asdu.M_IT_TB_1:
		p.Groups = []int{n + 1}
		if t == asdu.M_IT_TB_1 {
			p.Groups = []int{4 - n}
			p.Counter.Mode = [perType]station.CounterMode{station.ModeD, station.ModeC, station.ModeC}[n]
			if cycles && n > 0 {
				p.Counter.Mode = [perType]station.CounterMode{1: station.ModeA, 2: station.ModeB}[n]
				p.Counter.Period = builtinFreeze
			}
		}
	case asdu.M_ME_NA_1, asdu.M_ME_NB_1, asdu.M_ME_NC_1, asdu.M_ME_ND_1:
		if n == 1 {
			p.Cyclic, p.CyclicOff = builtinCyclic, !cycles
		}
	case asdu.M_ME_TD_1, asdu.M_ME_TE_1, asdu.M_ME_TF_1:
		if n == 0 { // 110, 111 and 112 are the parameters of 34, 35 and 36
			parameter := t - asdu.M_ME_TD_1 + asdu.P_ME_NA_1
			for kind := asdu.ParameterThreshold; kind <= asdu.ParameterHighLimit; kind++ {
				p.Parameters = append(p.Parameters, station.Parameter{Address: builtinObject(parameter, int(kind)), Kind: kind})
			}
		}
		if n == 1 {
			p.Measure.Threshold = map[asdu.TypeID]float64{asdu.M_ME_TD_1: 0.01, asdu.M_ME_TE_1: 10, asdu.M_ME_TF_1: 0.5}[t]
		}
	case asdu.M_SP_NA_1, asdu.M_DP_NA_1, asdu.M_ST_NA_1, asdu.M_BO_NA_1, asdu.M_PS_NA_1:
		if n == 1 && cycles {
			p.Background = builtinBackground
		}
	default:
	}
	return p
}

func builtinInitial(t asdu.TypeID, n int) any {
	switch t {
	case asdu.M_SP_NA_1, asdu.M_SP_TA_1, asdu.M_SP_TB_1:
		return n == 1
	case asdu.M_DP_NA_1, asdu.M_DP_TA_1, asdu.M_DP_TB_1:
		return 1 + n%2
	case asdu.M_ST_NA_1, asdu.M_ST_TA_1, asdu.M_ST_TB_1:
		return 3 * (n - 1)
	case asdu.M_BO_NA_1, asdu.M_BO_TA_1, asdu.M_BO_TB_1:
		return uint32(0xa5a50000) + uint32(n)
	case asdu.M_ME_NA_1, asdu.M_ME_TA_1, asdu.M_ME_TD_1, asdu.M_ME_ND_1:
		return 0.25 * float64(n)
	case asdu.M_ME_NB_1, asdu.M_ME_TB_1, asdu.M_ME_TE_1:
		return 1000 * (n + 1)
	case asdu.M_ME_NC_1, asdu.M_ME_TC_1, asdu.M_ME_TF_1:
		return 110.5 + float64(n)
	case asdu.M_PS_NA_1:
		return 0x00ff << n
	case asdu.M_IT_NA_1, asdu.M_IT_TA_1, asdu.M_IT_TB_1:
		return 1000 * (n + 1)
	default:
		return nil
	}
}

// builtinControl returns the n-th control of a type, from 0, and the point that
// follows it.
func builtinControl(t asdu.TypeID, n int) (station.Control, station.Point) {
	c := station.Control{
		Address: builtinObject(t, n+1), Type: t, Name: builtinName(t, n),
		ShortPulse: builtinShort, LongPulse: builtinLong,
	}
	plain, second := t, 0
	if t >= asdu.C_SC_TA_1 {
		plain, second = t-asdu.C_SC_TA_1+asdu.C_SC_NA_1, 2
	}
	var moved asdu.TypeID
	switch plain {
	case asdu.C_SC_NA_1:
		moved = asdu.M_SP_TB_1
	case asdu.C_DC_NA_1:
		moved, c.Running = asdu.M_DP_TB_1, builtinBreaker
	case asdu.C_RC_NA_1:
		moved, c.Running = asdu.M_ST_TB_1, builtinTap
	case asdu.C_SE_NA_1:
		moved = asdu.M_ME_TD_1
	case asdu.C_SE_NB_1:
		moved = asdu.M_ME_TE_1
	case asdu.C_SE_NC_1:
		moved = asdu.M_ME_TF_1
	default:
		moved = asdu.M_BO_TB_1
	}
	if n == 1 && plain != asdu.C_BO_NA_1 {
		c.Select = station.SelectRequired
	}
	p := station.Point{
		Address: builtinObject(moved, 11+second+n), Type: moved,
		Name: "return of " + c.Name,
	}
	c.Feedback = p.Address
	return c, p
}
