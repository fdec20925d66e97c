package command

import (
	"encoding/binary"

	"stellwerk/wire"
)

// answered says how long the data of an item is in an answer.
type answered uint8

const (
	noData   answered = iota
	asAsked           // as was asked for
	asItSays          // as the head of the answer says
)

// sum is the layout of a sum command: heads of items, and data behind all of
// them.
type sum struct {
	heads   wire.Element
	written int // where a head has the length of what is written, 0 where nothing is
	answers wire.Element
	data    answered
}

func sumOfGroup(g IndexGroup) sum {
	switch g {
	case GroupSumRead:
		return sum{heads: ElementReadRequest, answers: ElementResult, data: asAsked}
	case GroupSumWrite:
		return sum{heads: ElementWriteRequest, written: 8, answers: ElementResult}
	case GroupSumReadWrite:
		return sum{heads: ElementReadWriteRequest, written: 12, answers: ElementReadResponse, data: asItSays}
	case GroupSumReadEx:
		return sum{heads: ElementReadRequest, answers: ElementReadResponse, data: asAsked}
	case GroupSumReadEx2:
		return sum{heads: ElementReadRequest, answers: ElementReadResponse, data: asItSays}
	case GroupSumAddNotes:
		return sum{heads: ElementAddNotificationRequest, answers: ElementAddNotificationResponse}
	case GroupSumDeleteNotes:
		return sum{heads: ElementNotificationHandle, answers: ElementResult}
	default:
		return sum{}
	}
}

// IsSum reports whether an index group is that of a sum command, whose index
// offset is the number of its items.
func IsSum(g IndexGroup) bool { return g >= GroupSumRead && g <= GroupSumDeleteNotes }

// items dissects the items of a sum command.
func (b *Body) items(w *wire.Walker, kind sum, count uint32) {
	heads := AtPort(kind.heads, b.Port)
	there := min(count, uint32(w.Rest()/heads.Octets))
	octets := w.Ahead(int(there) * heads.Octets)
	for i := range there {
		name := b.itemName(kind, octets[int(i)*heads.Octets:])
		w.Group("item", itemText(i, name), func() { w.Fields(heads) })
	}
	if kind.written == 0 || there < count {
		return
	}
	for i := range there {
		length := binary.LittleEndian.Uint32(octets[int(i)*heads.Octets+kind.written:])
		if length == 0 || w.Rest() == 0 {
			continue
		}
		head := octets[int(i)*heads.Octets:]
		w.Group("item data", itemText(i, b.itemName(kind, head)), func() {
			if uint64(length) > uint64(w.Rest()) {
				raw(w, "data", length)
				return
			}
			b.itemData(w, head, int(length))
		})
	}
}

// itemData dissects what an item of a sum command writes.
func (b *Body) itemData(w *wire.Walker, head []byte, length int) {
	group := IndexGroup(binary.LittleEndian.Uint32(head))
	switch {
	case group == GroupReleaseHandle && length == ElementHandle.Octets:
		w.Fields(ElementHandle)
	case Named(group, b.Port):
		w.Raw("name", wire.Same(printable(w.Ahead(length))), length)
	default:
		w.Raw("data", wire.Text{}, length)
	}
}

// itemName returns the symbol of an item, whose head is at hand.
func (b *Body) itemName(kind sum, head []byte) string {
	if kind.heads.Octets == ElementNotificationHandle.Octets {
		if b.Sample == nil {
			return ""
		}
		return b.Sample(binary.LittleEndian.Uint32(head))
	}
	return b.symbol(Index{
		Group:  IndexGroup(binary.LittleEndian.Uint32(head)),
		Offset: binary.LittleEndian.Uint32(head[4:]),
	})
}

// answers dissects the answers to the items of a sum command.
func (b *Body) answers(w *wire.Walker, kind sum, count uint32) {
	request := b.Request[min(ElementReadWriteRequest.Octets, len(b.Request)):]
	head := func(i uint32) []byte { // of the item in the request, nil where it is not known
		at := uint64(i) * uint64(kind.heads.Octets)
		if at+uint64(kind.heads.Octets) > uint64(len(request)) {
			return nil
		}
		return request[at:]
	}
	named := func(i uint32) wire.Text {
		if octets := head(i); octets != nil {
			return itemText(i, b.itemName(kind, octets))
		}
		return itemText(i, "")
	}
	there := min(count, uint32(w.Rest()/kind.answers.Octets))
	octets := w.Ahead(int(there) * kind.answers.Octets)
	for i := range there {
		w.Group("item", named(i), func() { w.Fields(kind.answers) })
	}
	if kind.data == noData || there < count {
		return
	}
	for i := range there {
		asked := head(i)
		var length uint32
		switch {
		case kind.data == asItSays:
			length = binary.LittleEndian.Uint32(octets[int(i)*kind.answers.Octets+4:])
		case asked == nil:
			return // nobody knows where the data of this item ends
		default:
			length = binary.LittleEndian.Uint32(asked[8:])
		}
		if length == 0 || w.Rest() == 0 {
			continue
		}
		w.Group("item data", named(i), func() {
			handle := asked != nil && IndexGroup(binary.LittleEndian.Uint32(asked)) == GroupHandleByName
			if handle && length == 4 && w.Rest() >= 4 {
				w.Fields(ElementHandle)
				return
			}
			raw(w, "data", length)
		})
	}
}
