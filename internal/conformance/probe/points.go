package probe

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/finding"
)

// maxPoints is how many points are remembered.
const maxPoints = 1 << 20

// place is where a point is.
type place struct {
	common  asdu.CommonAddress
	address asdu.ObjectAddress
}

// seenPoint is what is known of a point.
type seenPoint struct {
	interrogated, spontaneous asdu.TypeID // 0 where it did not come so
	group                     int         // the first that it belongs to
	kinds                     [2]asdu.TypeID
}

// points collects what a station has.
type points struct {
	report *Report
	all    map[place]*seenPoint
	group  int // that is being asked for; 0 is none
	full   bool
}

func (p *points) init(report *Report) {
	p.report, p.all = report, map[place]*seenPoint{}
}

// station returns the entry of a common address, which it makes where there is
// none.
func (p *points) station(common asdu.CommonAddress) *Station {
	for _, s := range p.report.Stations {
		if s.CommonAddress == common {
			return s
		}
	}
	s := &Station{CommonAddress: common, Answered: "not finished", types: map[asdu.TypeID]*Type{}}
	p.report.Stations = append(p.report.Stations, s)
	slices.SortFunc(p.report.Stations, func(a, b *Station) int { return cmp.Compare(a.CommonAddress, b.CommonAddress) })
	return s
}

func (p *points) commonAddresses() []asdu.CommonAddress {
	var list []asdu.CommonAddress
	for _, s := range p.report.Stations {
		list = append(list, s.CommonAddress)
	}
	return list
}

// take remembers the objects of an ASDU.
func (p *points) take(a asdu.ASDU) {
	s := p.station(a.CommonAddress)
	t := s.types[a.Type]
	if t == nil {
		t = &Type{ID: a.Type, Name: a.TypeName(), addresses: map[asdu.ObjectAddress]struct{}{}, causes: map[asdu.Cause]struct{}{}}
		s.types[a.Type] = t
	}
	t.causes[a.Cause] = struct{}{}
	for object := range a.Objects() {
		at := place{a.CommonAddress, object.IOA()}
		point := p.all[at]
		if point == nil {
			if len(p.all) == maxPoints {
				p.full = true
				continue
			}
			point = &seenPoint{}
			p.all[at] = point
		}
		t.addresses[at.address] = struct{}{}
		point.came(a, p.group)
	}
}

// came notes a type that a point came with.
func (point *seenPoint) came(a asdu.ASDU, group int) {
	if a.Cause.Interrogated() || a.Cause.CounterRequested() || a.Cause == asdu.Request {
		point.interrogated = a.Type
		if group > 0 && point.group == 0 && a.Cause == asdu.InterrogatedByGroup(group) {
			point.group = group
		}
	} else if point.spontaneous == 0 || a.TimeKind() == asdu.TimeCP56 {
		point.spontaneous = a.Type
	}
	kind := kindOf(a.Type)
	switch point.kinds[0] {
	case 0, kind:
		point.kinds[0] = kind
	default:
		point.kinds[1] = kind
	}
}

// kindOf returns the type of the same family that has no time, and for others the
// type itself.
func kindOf(t asdu.TypeID) asdu.TypeID {
	switch t {
	case asdu.M_SP_TA_1, asdu.M_SP_TB_1:
		return asdu.M_SP_NA_1
	case asdu.M_DP_TA_1, asdu.M_DP_TB_1:
		return asdu.M_DP_NA_1
	case asdu.M_ST_TA_1, asdu.M_ST_TB_1:
		return asdu.M_ST_NA_1
	case asdu.M_BO_TA_1, asdu.M_BO_TB_1:
		return asdu.M_BO_NA_1
	case asdu.M_ME_TA_1, asdu.M_ME_TD_1, asdu.M_ME_ND_1:
		return asdu.M_ME_NA_1
	case asdu.M_ME_TB_1, asdu.M_ME_TE_1:
		return asdu.M_ME_NB_1
	case asdu.M_ME_TC_1, asdu.M_ME_TF_1:
		return asdu.M_ME_NC_1
	case asdu.M_IT_TA_1, asdu.M_IT_TB_1:
		return asdu.M_IT_NA_1
	case asdu.M_EP_TA_1:
		return asdu.M_EP_TD_1
	case asdu.M_EP_TB_1:
		return asdu.M_EP_TE_1
	case asdu.M_EP_TC_1:
		return asdu.M_EP_TF_1
	default:
		return t
	}
}

// routable reports whether a point of the type can be routed: protection events
// and packed points travel only as whole telegrams.
func routable(t asdu.TypeID) bool {
	switch k := kindOf(t); k {
	case asdu.M_EP_TD_1, asdu.M_EP_TE_1, asdu.M_EP_TF_1, asdu.M_PS_NA_1:
		return false
	default:
		return k < asdu.M_PS_NA_1
	}
}

// judge finds what is wrong with the points.
func (p *points) judge() {
	if p.full {
		p.report.Found(finding.New(finding.PointsNotRemembered, maxPoints), 0)
	}
	for _, at := range p.sorted() {
		if kinds := p.all[at].kinds; kinds[1] != 0 {
			p.report.Found(finding.New(finding.AddressShared, fmt.Sprintf("%d/%d", at.common, at.address), fmt.Sprintf("%s and %s", kinds[0], kinds[1])), 0)
		}
	}
}

func (p *points) sorted() []place {
	return slices.SortedFunc(maps.Keys(p.all), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.common, b.common), cmp.Compare(a.address, b.address))
	})
}

// List is the point list of a station.
type List struct {
	rows [][]string // id, name, type, description, group
}

// list makes the list of what was seen.
func (p *points) list() *List {
	l := &List{}
	for _, at := range p.sorted() {
		point := p.all[at]
		t := point.spontaneous
		if t == 0 {
			t = point.interrogated
		}
		id := fmt.Sprintf("%d/%d", at.common, at.address)
		if !routable(t) {
			id = "# " + id
		}
		group := ""
		if point.group > 0 {
			group = fmt.Sprintf("group %d", point.group)
		}
		l.rows = append(l.rows, []string{id, "", t.String(), t.Text().EN, group})
	}
	return l
}

// Len returns how many points there are.
func (l *List) Len() int { return len(l.rows) }

// WriteCSV writes the list as a signal list of the router's configuration, with
// addresses within a link. Points that only travel as whole telegrams stand in
// comments.
func (l *List) WriteCSV(w io.Writer, station string) error {
	_, err := fmt.Fprintf(w, "# Points of %s. In the configuration: points: [{file: points.csv, link: NAME}]\n", strings.ReplaceAll(station, "\n", " "))
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write([]string{"id", "name", "type", "description", "group"}); err != nil {
		return err
	}
	if err := out.WriteAll(l.rows); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}
