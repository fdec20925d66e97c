package ads

import (
	"encoding/binary"

	"stellwerk/ads/ams"
)

// said returns what program and router say, as far as it is there. Requests and
// answers differ by their length.
func (t *Telegram) said() (id *ams.NetID, port *ams.Port, state *ams.RouterState) {
	body := t.Body
	if t.TCP.Command == ams.TCPRouterNote {
		if len(body) >= 4 {
			state = new(ams.RouterState(binary.LittleEndian.Uint32(body)))
		}
		return nil, nil, state
	}
	if len(body) >= len(ams.NetID{}) {
		id = new(ams.NetID(body[:6]))
		body = body[6:]
	} else if len(body) != 2 {
		return nil, nil, nil // the 4 octets that ask for the NetId say nothing
	}
	if len(body) >= 2 {
		port = new(ams.Port(binary.LittleEndian.Uint16(body)))
	}
	return id, port, nil
}
