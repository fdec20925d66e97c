package ads

import (
	"net/netip"

	"stellwerk/ads/discovery"
	"stellwerk/internal/analyzer/dissect"
)

// maxSearches is how many packets of discovery that ask are remembered for their
// answers. For one more the oldest half is forgotten.
const maxSearches = 1024

// searchKey is what answers of discovery return. Whoever is asked does not belong
// to it: many may answer to what was sent to all.
type searchKey struct {
	client   netip.AddrPort
	service  discovery.Service
	invokeID uint32
}

// searches are the packets of discovery that ask.
type searches struct {
	asked map[searchKey]*Request
	order []searchKey // oldest first
}

// ask notes a packet that asks.
func (s *searches) ask(place *dissect.Place, p *discovery.Packet) {
	key := searchKey{place.Source(), p.Service, p.InvokeID}
	if s.asked == nil {
		s.asked = make(map[searchKey]*Request)
	}
	if s.asked[key] == nil {
		if len(s.order) >= maxSearches {
			for _, old := range s.order[:maxSearches/2] {
				delete(s.asked, old)
			}
			s.order = append(s.order[:0], s.order[maxSearches/2:]...)
		}
		s.order = append(s.order, key)
	}
	s.asked[key] = &Request{Frame: place.Frame, Time: place.Time, Client: p.Source, InvokeID: p.InvokeID}
}

// answer finds what a packet answers, nil where it is not known.
func (s *searches) answer(place *dissect.Place, p *discovery.Packet) *Request {
	return s.asked[searchKey{place.Destination(), p.Service, p.InvokeID}]
}
