package command

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"unicode"
	"unicode/utf8"

	"stellwerk/ads/ams"
	"stellwerk/wire"
)

// Body says what [Body.Walk] dissects: the data behind an AMS header.
type Body struct {
	Command  ams.Command
	Response bool
	// Port is that of the device, as index groups have a meaning of their own at
	// some.
	Port ams.Port
	// Request is the body of the request that an answer belongs to, as far as it
	// is known. What answers a sum command cannot be told without.
	Request []byte
	// Symbol names what an index stands for, Sample the symbol of a
	// notification's handle; "" where that is not known. Both may be nil.
	Symbol func(Index) string
	Sample func(handle uint32) string
}

// Walk dissects all octets that are left to the walker.
func (b *Body) Walk(w *wire.Walker) {
	rest := w.Rest()
	switch {
	case rest == 0:
	case !b.Command.Known():
	case b.Command == ams.DeviceNotification:
		b.notifications(w)
	case b.Response:
		b.response(w)
	default:
		b.request(w)
	}
	w.Raw("octets", wire.Text{}, w.Rest())
}

// request dissects what is asked.
func (b *Body) request(w *wire.Walker) {
	switch b.Command { //nolint:exhaustive // the others have no body
	case ams.Read:
		b.indexed(w, ElementReadRequest)
	case ams.Write:
		index, _ := b.indexed(w, ElementWriteRequest)
		b.data(w, index, false)
	case ams.ReadWrite:
		index, whole := b.indexed(w, ElementReadWriteRequest)
		if whole && IsSum(index.Group) {
			b.items(w, sumOfGroup(index.Group), index.Offset)
			return
		}
		b.data(w, index, false)
	case ams.AddDeviceNotification:
		b.indexed(w, ElementAddNotificationRequest)
	case ams.DeleteDeviceNotification:
		if handle, whole := number(w, 0); whole && b.Sample != nil && b.Sample(handle) != "" {
			w.Group("notification", wire.Same(b.Sample(handle)), func() { w.Fields(ElementNotificationHandle) })
			return
		}
		w.Fields(ElementNotificationHandle)
	case ams.WriteControl:
		if w.Fields(ElementWriteControlRequest) {
			w.Raw("data", wire.Text{}, w.Rest())
		}
	}
}

// indexed dissects what begins with an index, and returns it where it is there.
func (b *Body) indexed(w *wire.Walker, e wire.Element) (Index, bool) {
	e = AtPort(e, b.Port)
	index, whole := b.at(w)
	whole = whole && e.Octets <= w.Rest()
	if name := b.symbol(index); whole && name != "" {
		w.Group("symbol", wire.Same(name), func() { w.Fields(e) })
	} else {
		w.Fields(e)
	}
	return index, whole
}

// at reads the index that comes next.
func (b *Body) at(w *wire.Walker) (Index, bool) {
	group, _ := number(w, 0)
	offset, whole := number(w, 4)
	return Index{IndexGroup(group), offset}, whole
}

func (b *Body) symbol(index Index) string {
	if b.Symbol == nil {
		return ""
	}
	return b.Symbol(index)
}

// response dissects an answer.
func (b *Body) response(w *wire.Walker) {
	if w.Rest() == ElementResult.Octets {
		w.Fields(ElementResult)
		return
	}
	switch b.Command {
	case ams.ReadDeviceInfo:
		if w.Fields(ElementDeviceInfo) && w.Rest() >= maxDeviceName {
			name := w.Ahead(maxDeviceName)
			w.Raw("name", wire.Same(printable(name)), maxDeviceName)
		}
	case ams.ReadState:
		w.Fields(ElementState)
	case ams.AddDeviceNotification:
		w.Fields(ElementAddNotificationResponse)
	case ams.Read, ams.ReadWrite:
		if !w.Fields(ElementReadResponse) {
			return
		}
		index, asked := b.asked()
		if asked && b.Command == ams.ReadWrite && IsSum(index.Group) {
			b.answers(w, sumOfGroup(index.Group), index.Offset)
			return
		}
		b.data(w, index, true)
	default:
		w.Fields(ElementResult)
	}
}

// asked returns the index of the request.
func (b *Body) asked() (Index, bool) {
	if len(b.Request) < 8 {
		return Index{}, false
	}
	return Index{
		Group:  IndexGroup(binary.LittleEndian.Uint32(b.Request)),
		Offset: binary.LittleEndian.Uint32(b.Request[4:]),
	}, true
}

// data dissects what is read or written at an index.
func (b *Body) data(w *wire.Walker, index Index, read bool) {
	switch {
	case w.Rest() == 0:
	case read && index.Group == GroupHandleByName && w.Rest() == 4, !read && index.Group == GroupReleaseHandle && w.Rest() == 4:
		w.Fields(ElementHandle)
	case !read && Named(index.Group, b.Port):
		w.Raw("name", wire.Same(printable(w.Ahead(w.Rest()))), w.Rest())
	default:
		w.Raw("data", wire.Text{}, w.Rest())
	}
}

// Named reports whether what is written to an index group is a name: of a
// symbol, of a type, or of a file.
func Named(g IndexGroup, port ams.Port) bool {
	switch g {
	case GroupHandleByName, GroupValueByName, GroupInfoByName, GroupInfoByNameEx, GroupTypeInfoByNameEx:
		return true
	case GroupFileOpen, GroupFileDelete, GroupFileFind:
		return port == ams.PortSystemService
	default:
		return false
	}
}

// number looks at a number of 4 octets ahead.
func number(w *wire.Walker, at int) (uint32, bool) {
	octets := w.Ahead(at + 4)
	if len(octets) < at+4 {
		return 0, false
	}
	return binary.LittleEndian.Uint32(octets[at:]), true
}

// notifications dissects a stream of notifications.
func (b *Body) notifications(w *wire.Walker) {
	stamps, whole := number(w, 4)
	if !w.Fields(ElementNotifications) || !whole {
		return
	}
	for range stamps {
		if w.Rest() == 0 {
			return
		}
		w.Group("stamp", wire.Text{}, func() {
			samples, whole := number(w, 8)
			if !w.Fields(ElementStamp) || !whole {
				return
			}
			for range samples {
				if w.Rest() == 0 {
					return
				}
				b.sample(w)
			}
		})
	}
}

func (b *Body) sample(w *wire.Walker) {
	handle, _ := number(w, 0)
	size, whole := number(w, 4)
	name := ""
	if whole && b.Sample != nil {
		name = b.Sample(handle)
	}
	w.Group("sample", wire.Same(name), func() {
		if w.Fields(ElementSample) && whole {
			raw(w, "data", size)
		}
	})
}

// raw dissects data of a length that is not to be trusted.
func raw(w *wire.Walker, name string, length uint32) {
	if uint64(length) > uint64(w.Rest()) {
		w.Raw(name, wire.Text{EN: "cut short", DE: "abgeschnitten"}, w.Rest())
		return
	}
	w.Raw(name, wire.Text{}, int(length))
}

// printable returns a name for one line of text, up to its NUL.
func printable(octets []byte) string {
	const most = 200
	if end := bytes.IndexByte(octets, 0); end >= 0 {
		octets = octets[:end]
	}
	out := make([]byte, 0, min(len(octets), most))
	for _, r := range string(octets[:min(len(octets), 4*most)]) {
		if len(out) >= most {
			return string(out) + "…"
		}
		if !unicode.IsPrint(r) {
			r = unicode.ReplacementChar
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}

// itemText names an item: its number, counted from 1, and its symbol.
func itemText(i uint32, name string) wire.Text {
	text := strconv.FormatUint(uint64(i)+1, 10)
	if name != "" {
		text += " " + name
	}
	return wire.Same(text)
}
