package ads

import (
	"net/netip"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
	"stellwerk/internal/capture/stream"
)

// known are the symbols of the devices behind one end: what one connection to it
// brings to light is good for all others. Its names are kept to the end of the
// capture.
type known struct {
	handles map[handleKey]string
	symbols map[symbolKey]string
	pages   map[ams.Address]symbol.CodePage // of the names in tables
}

type handleKey struct {
	device ams.Address
	handle uint32
}

type symbolKey struct {
	device ams.Address
	index  command.Index
}

// names are what is known of the symbols of one connection.
type names struct {
	shared *Shared
	known  *known
	notes  map[noteKey]command.Index // as long as the connection lasts
}

type noteKey struct {
	device, client ams.Address
	handle         uint32
}

// newNames returns the names of a connection.
func newNames(shared *Shared, connection *stream.Connection) names {
	server := connection.Endpoints[stream.Backward]
	if first := connection.Endpoints[stream.Forward]; !connection.Opened && isADS(first) && !isADS(server) {
		server = first
	}
	k := shared.ends[server]
	if k == nil {
		k = &known{handles: map[handleKey]string{}, symbols: map[symbolKey]string{}, pages: map[ams.Address]symbol.CodePage{}}
		if shared.ends == nil {
			shared.ends = map[netip.AddrPort]*known{}
		}
		if len(shared.ends) < maxEnds {
			shared.ends[server] = k
		}
	}
	return names{shared: shared, known: k, notes: map[noteKey]command.Index{}}
}

func isADS(end netip.AddrPort) bool { return end.Port() == ams.TCPPort || end.Port() == ams.UDPPort }

// put adds a name, if there is room for it or it is there already.
func put[K comparable, V any](shared *Shared, all map[K]V, key K, value V) {
	if _, is := all[key]; !is {
		if shared.names >= maxNames {
			return
		}
		shared.names++
	}
	all[key] = value
}

// handle learns which symbol a handle stands for.
func (n *names) handle(device ams.Address, handle uint32, name string) {
	put(n.shared, n.known.handles, handleKey{device, handle}, name)
}

// symbol learns which symbol lies at an index.
func (n *names) symbol(device ams.Address, index command.Index, name string) {
	put(n.shared, n.known.symbols, symbolKey{device, index}, name)
}

// page learns in which code page a device has the names of its tables.
func (n *names) page(device ams.Address, page symbol.CodePage) {
	put(n.shared, n.known.pages, device, page)
}

// note learns what a notification is about.
func (n *names) note(key noteKey, index command.Index) { put(n.shared, n.notes, key, index) }

// unnote forgets a notification that has ended.
func (n *names) unnote(key noteKey) {
	if _, is := n.notes[key]; is {
		delete(n.notes, key)
		n.shared.names--
	}
}

// forget gives the room of what belongs to the connection back.
func (n *names) forget() {
	n.shared.names -= len(n.notes)
	n.notes = map[noteKey]command.Index{}
}

// of returns the symbol at an index, "" where it is not known.
func (n *names) of(device ams.Address, index command.Index) string {
	if index.Group == command.GroupValueByHandle {
		return n.known.handles[handleKey{device, index.Offset}]
	}
	return n.known.symbols[symbolKey{device, index}]
}

// ofNote returns the symbol of a notification, "" where it is not known.
func (n *names) ofNote(key noteKey) string {
	index, is := n.notes[key]
	if !is {
		return ""
	}
	return n.of(key.device, index)
}
