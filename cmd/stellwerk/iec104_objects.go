package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"stellwerk/iec104/asdu"
	dissect104 "stellwerk/internal/analyzer/dissect/iec104"
)

// shownObject is an information object as it is printed.
type shownObject struct {
	common               asdu.CommonAddress
	address              asdu.ObjectAddress
	typeID               asdu.TypeID
	typeName, cause      string
	value, quality, time string
}

// id is the object's address as configurations have it.
func (o *shownObject) id() string { return fmt.Sprintf("%d/%d", o.common, o.address) }

// showObjects returns the objects of an ASDU as they are printed.
func showObjects(a asdu.ASDU, zone *time.Location) []shownObject {
	var list []shownObject
	for object := range a.Objects() {
		o := shownObject{
			common: a.CommonAddress, address: object.IOA(), typeID: a.Type,
			typeName: a.TypeName(), cause: a.Cause.String(),
		}
		o.value, o.quality, o.time = dissect104.ObjectText(object, "en", zone)
		if a.Negative {
			o.cause += " P/N=1"
		}
		if a.Test {
			o.cause += " T=1"
		}
		list = append(list, o)
	}
	return list
}

// sortObjects puts them in the order of their addresses.
func sortObjects(list []shownObject) {
	slices.SortStableFunc(list, func(a, b shownObject) int {
		return cmp.Or(cmp.Compare(a.common, b.common), cmp.Compare(a.address, b.address), cmp.Compare(a.typeID, b.typeID))
	})
}

// objectTable makes a table of objects.
func objectTable(list []shownObject) *textTable {
	t := &textTable{columns: []column{{"ADDRESS", false}, {"TYPE", false}, {"VALUE", true}, {"QUALITY", false}, {"TIME", false}}}
	for i := range list {
		o := &list[i]
		t.add(o.id(), o.typeName, o.value, o.quality, o.time)
	}
	return t
}

// number says how many there are of something: "1 object", "2 objects".
func number(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// milliseconds shows a duration with the unit and the digits that suit it.
func milliseconds(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + milliseconds(-d)
	case d >= 100*time.Second:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.0f ms", float64(d)/float64(time.Millisecond))
	default:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	}
}
