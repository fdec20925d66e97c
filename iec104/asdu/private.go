package asdu

import (
	"fmt"
	"maps"

	"stellwerk/wire"
)

// PrivateType declares the layout of a type of the private range that has the
// structure of the standard's types: an information object address, the
// information elements of a known family, and a time where the family has types
// with time.
type PrivateType struct {
	// Type is 128 to 255.
	Type TypeID
	// Name is shown in place of the number, such as "M_XX_NA_1".
	Name string
	// Like is a standard type that has the same information elements. Its time
	// does not count.
	Like TypeID
	// Time is the kind of time behind the elements.
	Time TimeKind
}

// Declare returns params that also know the given private types. The receiver
// stays as it is.
func (p *Params) Declare(declarations ...PrivateType) (*Params, error) {
	declared := Params{}
	if p != nil {
		declared = *p
	}
	declared.private = maps.Clone(declared.private)
	if declared.private == nil {
		declared.private = make(map[TypeID]*typeInfo)
	}
	for _, d := range declarations {
		if d.Type < 128 {
			return nil, fmt.Errorf("private type %d: must be 128 to 255", d.Type)
		}
		like := types[d.Like]
		if like == nil {
			return nil, fmt.Errorf("private type %d: type %d, whose elements it shall have, is not a type of the standard", d.Type, d.Like)
		}
		if d.Time > TimeCP56 {
			return nil, fmt.Errorf("private type %d: no such kind of time: %d", d.Type, d.Time)
		}
		if d.Time != TimeNone && !like.family.timed() {
			return nil, fmt.Errorf("private type %d: the information of %s has no time", d.Type, like.name)
		}
		name := d.Name
		if name == "" {
			name = fmt.Sprintf("private type %d", d.Type)
		}
		info := &typeInfo{
			id: d.Type, name: name, family: like.family, time: d.Time, sequence: like.sequence,
			text: wire.Text{
				EN: "private type with elements of " + like.name,
				DE: "privater Typ mit Elementen von " + like.name,
			},
		}
		declared.private[d.Type] = info.prepare()
	}
	return &declared, nil
}
