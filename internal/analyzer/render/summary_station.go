package render

import (
	"net/netip"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/iec104"
)

// stationKey names a station: the controlled side of a connection, and a common
// address.
type stationKey struct {
	address netip.Addr
	common  asdu.CommonAddress
}

// station is what is counted of a common address.
type station struct {
	types map[asdu.TypeID]*typeCount
}

// typeCount is what is counted of a type.
type typeCount struct {
	name           string
	asdus, objects int64
	addresses      ranges
	causes         [64]int64
}

// asdu counts an ASDU.
func (s *Summary) asdu(at frame, line *dissect.Line, t *iec104.Telegram, c *connection) {
	a := &t.ASDU
	c.role.learnType(a, line.Direction)
	key := stationKey{c.controlled().Addr(), a.CommonAddress}
	of := s.stations[key]
	if of == nil {
		if len(s.stations) >= maxStations {
			s.moreStations++
			return
		}
		of = &station{types: map[asdu.TypeID]*typeCount{}}
		s.stations[key] = of
	}
	count := of.types[a.Type]
	if count == nil {
		count = &typeCount{name: a.TypeName()}
		of.types[a.Type] = count
	}
	count.asdus++
	count.objects += int64(a.Count())
	count.causes[a.Cause&63]++
	for object := range a.Objects() {
		if _, raw := object.(asdu.Raw); !raw {
			count.addresses.add(uint32(object.IOA()))
		}
	}
	if t.Err == nil {
		s.command(at, key, line, t, c)
	}
}
