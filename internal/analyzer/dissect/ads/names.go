package ads

import (
	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// names are what is known of the symbols of one connection.
type names struct {
	shared  *Shared
	handles map[handleKey]string
	symbols map[symbolKey]string
	notes   map[noteKey]command.Index
	known   int // names that are counted in what is shared
}

type handleKey struct {
	device ams.Address
	handle uint32
}

type symbolKey struct {
	device ams.Address
	index  command.Index
}

type noteKey struct {
	device, client ams.Address
	handle         uint32
}

// room asks for room for one more name.
func (n *names) room() bool {
	if n.shared.names >= maxNames {
		return false
	}
	n.shared.names++
	n.known++
	return true
}

// forget gives all names back.
func (n *names) forget() {
	n.shared.names -= n.known
	*n = names{shared: n.shared}
}

// handle learns which symbol a handle stands for.
func (n *names) handle(device ams.Address, handle uint32, name string) {
	key := handleKey{device, handle}
	if _, known := n.handles[key]; !known && !n.room() {
		return
	}
	if n.handles == nil {
		n.handles = map[handleKey]string{}
	}
	n.handles[key] = name
}

// symbol learns which symbol lies at an index.
func (n *names) symbol(device ams.Address, index command.Index, name string) {
	key := symbolKey{device, index}
	if _, known := n.symbols[key]; !known && !n.room() {
		return
	}
	if n.symbols == nil {
		n.symbols = map[symbolKey]string{}
	}
	n.symbols[key] = name
}

// note learns what a notification is about.
func (n *names) note(key noteKey, index command.Index) {
	if _, known := n.notes[key]; !known && !n.room() {
		return
	}
	if n.notes == nil {
		n.notes = map[noteKey]command.Index{}
	}
	n.notes[key] = index
}

// unnote forgets a notification that has ended.
func (n *names) unnote(key noteKey) {
	if _, known := n.notes[key]; known {
		delete(n.notes, key)
		n.shared.names--
		n.known--
	}
}

// of returns the symbol at an index, "" where it is not known.
func (n *names) of(device ams.Address, index command.Index) string {
	if index.Group == command.GroupValueByHandle {
		return n.handles[handleKey{device, index.Offset}]
	}
	return n.symbols[symbolKey{device, index}]
}

// ofNote returns the symbol of a notification, "" where it is not known.
func (n *names) ofNote(key noteKey) string {
	index, known := n.notes[key]
	if !known {
		return ""
	}
	return n.of(key.device, index)
}
