package discovery

import (
	"encoding/binary"

	"stellwerk/ads/ams"
	"stellwerk/wire"
)

// The elements of packets, for whoever shows them. ElementHeader comes first,
// then for each tag ElementTag and the data, whose element [TagID.Element] has.
var (
	ElementHeader = wire.Element{Name: "discovery header", Octets: HeaderLength, Fields: []wire.Field{
		{Name: "cookie", Bit: 0, Width: 32, Text: cookieText},
		{Name: "invoke id", Bit: 32, Width: 32},
		{Name: "service", Bit: 64, Width: 31, Text: func(v uint64) wire.Text { return Service(v).Text() }},
		{Name: "response", Bit: 95, Width: 1, Text: wire.Flag(text("request", "Anforderung"), text("response", "Antwort"))},
		{Name: "source NetId", Bit: 96, Width: 48, Text: netIDText},
		{Name: "source port", Bit: 144, Width: 16},
		{Name: "tag count", Bit: 160, Width: 32},
	}}
	ElementTag = wire.Element{Name: "tag header", Octets: tagHeader, Fields: []wire.Field{
		{Name: "tag", Bit: 0, Width: 16, Text: func(v uint64) wire.Text { return TagID(v).Text() }},
		{Name: "length", Bit: 16, Width: 16},
	}}
)

var elements = map[TagID]wire.Element{
	TagStatus: {Name: "status", Octets: 4, Fields: []wire.Field{
		{Name: "status", Bit: 0, Width: 32, Text: statusText},
	}},
	TagVersion: {Name: "TwinCAT version", Octets: 4, Fields: []wire.Field{
		{Name: "major", Bit: 0, Width: 8},
		{Name: "minor", Bit: 8, Width: 8},
		{Name: "build", Bit: 16, Width: 16},
	}},
	// The text behind the numbers takes what is left of the tag.
	TagOSVersion: {Name: "OS version", Octets: osVersionLength, Fields: []wire.Field{
		{Name: "size", Bit: 0, Width: 32},
		{Name: "major", Bit: 32, Width: 32},
		{Name: "minor", Bit: 64, Width: 32},
		{Name: "build", Bit: 96, Width: 32},
		{Name: "platform", Bit: 128, Width: 32, Text: func(v uint64) wire.Text { return wire.Same(Platform(v).String()) }},
	}},
	TagNetID: {Name: "NetId", Octets: 6, Fields: []wire.Field{
		{Name: "NetId", Bit: 0, Width: 48, Text: netIDText},
	}},
	TagOptions: {Name: "options", Octets: 4, Fields: []wire.Field{
		{Name: "temporary", Bit: 0, Width: 1, Text: wire.Flag(text("permanent route", "dauerhafte Route"), text("temporary route", "temporäre Route"))},
		{Name: "reserved", Bit: 1, Width: 31, Text: wire.Hex},
	}},
}

// Element returns the description of the data of a tag that has fields. It
// reports false for texts and for what is not known, which are runs of octets.
func (id TagID) Element() (wire.Element, bool) {
	e, ok := elements[id]
	return e, ok
}

// Walk cuts the packet that is left to a walker into its fields, for whoever
// shows it. Each octet is in one leaf, whether the packet is well formed or not.
func Walk(w *wire.Walker) {
	data := w.Ahead(w.Rest())
	if !w.Element(ElementHeader) {
		return
	}
	count := binary.LittleEndian.Uint32(data[20:])
	for at := HeaderLength; count > 0 && w.Rest() >= tagHeader; count-- {
		id, length := TagID(binary.LittleEndian.Uint16(data[at:])), int(binary.LittleEndian.Uint16(data[at+2:]))
		length = min(length, w.Rest()-tagHeader)
		tag := Tag{ID: id, Data: data[at+tagHeader:][:length]}
		w.Group(id.String(), wire.Text{}, func() { tag.walk(w) })
		at += tagHeader + length
	}
	w.Raw("behind the tags", wire.Text{}, w.Rest())
}

// walk walks a tag.
func (t Tag) walk(w *wire.Walker) {
	w.Fields(ElementTag)
	element, ok := elements[t.ID]
	switch {
	case ok && len(t.Data) >= element.Octets:
		w.Fields(element)
		rest := t.Data[element.Octets:]
		meaning := wire.Text{}
		if t.ID == TagOSVersion {
			v, _ := t.OSVersion() // has its octets
			meaning = wire.Same(v.Text)
		}
		w.Raw("text", meaning, len(rest))
	case ok || !t.ID.Known():
		w.Raw("data", wire.Text{}, len(t.Data))
	default:
		w.Raw("text", wire.Same(t.String()), len(t.Data))
	}
}

func cookieText(v uint64) wire.Text {
	if v == Cookie {
		return wire.Text{}
	}
	return text("not the cookie of discovery", "nicht der Cookie der Suche")
}

func netIDText(v uint64) wire.Text {
	octets := binary.LittleEndian.AppendUint64(nil, v)
	return wire.Same(ams.NetID(octets[:6]).String())
}

func statusText(v uint64) wire.Text {
	if v == 0 {
		return text("done", "ausgeführt")
	}
	c := ams.ReturnCode(v)
	return wire.Text{EN: c.String() + ": " + c.Meaning().EN, DE: c.String() + ": " + c.Meaning().DE}
}
