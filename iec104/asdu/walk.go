package asdu

import "stellwerk/wire"

// Walk dissects the octets of an ASDU, those of a wrong one too: what does
// not fit the layout of its type becomes a raw leaf. The leaves, put together
// by [wire.Join], are the octets.
func (p *Params) Walk(w *wire.Walker) {
	cause, common, address := p.octets()
	whole := true
	element := func(e wire.Element) {
		whole = whole && w.Element(e)
	}
	var a ASDU
	w.Group("ASDU", wire.Text{}, func() {
		element(wire.Element{Name: "TypeID", Octets: 1, Fields: []wire.Field{
			{Name: "TypeID", Width: 8, Text: func(value uint64) wire.Text {
				a.Type = TypeID(value)
				return p.typeText(a.Type)
			}},
		}})
		element(wire.Element{Name: "VSQ", Octets: 1, Fields: []wire.Field{
			{Name: "N", Bit: 0, Width: 7, Text: func(value uint64) wire.Text {
				a.count = int(value)
				return wire.Text{}
			}},
			{Name: "SQ", Bit: 7, Width: 1, Text: func(value uint64) wire.Text {
				a.Sequence = value == 1
				return sequenceText(value)
			}},
		}})
		element(elementCOT)
		if cause == 2 {
			element(elementOriginator)
		}
		element(addressElement("CA", common))
		if !whole {
			return
		}
		info := p.info(a.Type)
		if info == nil {
			w.Raw("information objects", wire.Text{EN: "of unknown layout", DE: "unbekannter Aufbau"}, w.Rest())
			return
		}
		var first uint64 // object address
		for i := range a.count {
			if !whole || w.Rest() == 0 && (info.size > 0 || !a.Sequence) {
				break
			}
			var text wire.Text
			if a.Sequence && i > 0 {
				number := wire.Number(first + uint64(i)).EN
				text = wire.Text{EN: "address " + number, DE: "Adresse " + number}
			}
			w.Group("object "+wire.Number(uint64(i+1)).EN, text, func() {
				if !a.Sequence || i == 0 {
					element(addressElement("IOA", address))
					first = last(w)
				}
				for _, e := range info.elements {
					if e.Octets == 0 { // as long as the octet before it says
						if e.Octets = int(last(w)); e.Octets == 0 {
							continue
						}
					}
					element(e)
				}
			})
		}
		w.Raw("surplus", wire.Text{EN: "octets that the type does not have", DE: "Oktette, die der Typ nicht hat"}, w.Rest())
	})
}

// last returns the number that was walked last.
func last(w *wire.Walker) uint64 {
	nodes := w.Nodes()
	return nodes[len(nodes)-1].Value
}

func (p *Params) typeText(t TypeID) wire.Text {
	info := p.info(t)
	if info == nil {
		return t.Text()
	}
	return wire.Text{EN: info.name + " " + info.text.EN, DE: info.name + " " + info.text.DE}
}

var sequenceText = wire.Flag(
	wire.Text{EN: "an address for each object", DE: "eine Adresse für jedes Objekt"},
	wire.Text{EN: "elements in sequence behind one address", DE: "Elemente in Folge hinter einer Adresse"},
)

// elementCOT is the first octet of the cause of transmission (7.2.3).
var elementCOT = wire.Element{Name: "COT", Octets: 1, Fields: []wire.Field{
	{Name: "cause", Bit: 0, Width: 6, Text: func(value uint64) wire.Text { return Cause(value).Text() }},
	{Name: "P/N", Bit: 6, Width: 1, Text: wire.Flag(wire.Text{EN: "positive", DE: "positiv"}, wire.Text{EN: "negative", DE: "negativ"})},
	{Name: "T", Bit: 7, Width: 1, Text: wire.Flag(wire.Text{EN: "no test", DE: "keine Prüfung"}, wire.Text{EN: "test", DE: "Prüfung"})},
}}

var elementOriginator = wire.Element{Name: "OA", Octets: 1, Fields: []wire.Field{{Name: "OA", Width: 8}}}

func addressElement(name string, octets int) wire.Element {
	return wire.Element{Name: name, Octets: octets, Fields: []wire.Field{{Name: name, Width: 8 * octets}}}
}
