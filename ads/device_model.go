package ads

import (
	"fmt"
	"slices"
	"strings"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// deviceMaxMemory is how many octets all areas of a device have at most. The
// addresses of a table that was read from a file may be anything.
const deviceMaxMemory = 1 << 30

// deviceModel is a table of symbols with the memory behind them. All but the
// memory and the spans is fixed.
type deviceModel struct {
	table   *symbol.Table
	upload  *symbol.Upload
	strings *symbol.Type // decodes names that are not UTF-8
	areas   map[command.IndexGroup]*deviceArea
}

// deviceArea is the memory of an index group.
type deviceArea struct {
	group command.IndexGroup
	data  []byte
	// What is called before reads, and asked about writes.
	reads  deviceSpans[string]
	writes deviceSpans[string] // "" is read only
}

// deviceSpan is a piece of an area that something is known of.
type deviceSpan[T any] struct {
	from, to uint32 // octets; to is behind the last
	what     T
}

// deviceSpans are sorted by their beginnings.
type deviceSpans[T any] struct {
	all     []deviceSpan[T]
	longest uint32
}

func (s *deviceSpans[T]) add(span deviceSpan[T]) {
	i, _ := slices.BinarySearchFunc(s.all, span.from, func(a deviceSpan[T], from uint32) int {
		if a.from <= from {
			return -1
		}
		return 1
	})
	s.all = slices.Insert(s.all, i, span)
	s.longest = max(s.longest, span.to-span.from)
}

// over yields the spans that a range touches.
func (s *deviceSpans[T]) over(from, to uint32, yield func(deviceSpan[T]) bool) {
	first := from - min(from, s.longest)
	i, _ := slices.BinarySearchFunc(s.all, first, func(a deviceSpan[T], from uint32) int {
		if a.from < from {
			return -1
		}
		return 1
	})
	for ; i < len(s.all) && s.all[i].from < to; i++ {
		if s.all[i].to > from && !yield(s.all[i]) {
			return
		}
	}
}

// deviceBits says which groups address bits of others.
var deviceBits = map[command.IndexGroup]command.IndexGroup{
	command.GroupMemoryBits: command.GroupMemory,
	command.GroupDataBits:   command.GroupData,
	command.GroupInputBits:  command.GroupInputs,
	command.GroupOutputBits: command.GroupOutputs,
}

// newModel makes the memory for a table.
func (d *Device) newModel(table *symbol.Table) (*deviceModel, error) {
	if table == nil {
		table = symbol.NewTable(nil, symbol.NewTypes(nil, nil))
	}
	m := &deviceModel{table: table, areas: make(map[command.IndexGroup]*deviceArea)}
	var err error
	if m.upload, err = table.Upload(d.page); err != nil {
		return nil, fmt.Errorf("ads: the symbols cannot be served: %w", err)
	}
	if m.strings, err = table.Types().Resolve("STRING(255)"); err != nil {
		return nil, fmt.Errorf("ads: the symbols cannot be served: %w", err)
	}
	sizes := map[command.IndexGroup]uint64{
		command.GroupInputs:  uint64(d.options.Inputs),
		command.GroupOutputs: uint64(d.options.Outputs),
		command.GroupMemory:  uint64(d.options.Memory),
		command.GroupData:    0,
		command.GroupRetain:  0,
	}
	for e := range table.Symbols() {
		group, end := command.IndexGroup(e.IndexGroup), uint64(e.IndexOffset)+uint64(e.Size)
		if octets, ok := deviceBits[group]; ok {
			group, end = octets, (uint64(e.IndexOffset)+max(8*uint64(e.Size), 1)+7)/8
		}
		if deviceReserved(group) {
			return nil, fmt.Errorf("ads: the symbol %s has the index group %v, which is a service of devices", e.Name, group)
		}
		sizes[group] = max(sizes[group], end)
	}
	var sum uint64
	for _, size := range sizes {
		sum += size
	}
	if sum > deviceMaxMemory {
		return nil, fmt.Errorf("ads: the symbols need %d octets of memory, at most %d are given; is an index offset wrong?", sum, deviceMaxMemory)
	}
	for group, size := range sizes {
		m.areas[group] = &deviceArea{group: group, data: make([]byte, size)}
	}
	for e := range table.Symbols() {
		if e.Flags&symbol.FlagReadOnly == 0 {
			continue
		}
		if ref, code := m.refer(command.Index{Group: command.IndexGroup(e.IndexGroup), Offset: e.IndexOffset}, e.Size); code == ams.NoError {
			ref.area.writes.add(deviceSpan[string]{ref.offset, ref.offset + ref.octets(), ""})
			d.writeHooks.Add(1)
		}
	}
	return m, nil
}

// deviceReserved reports whether a group is a service, behind which no symbol can
// lie.
func deviceReserved(g command.IndexGroup) bool {
	switch g {
	case command.GroupInputs, command.GroupOutputs:
		return false
	case command.GroupMemorySize, command.GroupRetainSize, command.GroupDataSize, command.GroupDeviceData:
		return true
	default:
		return g >= command.GroupSymbolTable && g <= command.GroupSumDeleteNotes
	}
}

// deviceRef is a place in memory.
type deviceRef struct {
	area   *deviceArea
	offset uint32 // octet
	size   uint32 // of the value: octets, or with bits octets that are 0 or 1
	bits   bool   // the value is bits, each an octet of 0 or 1 for the client
	bit    uint8  // of the first octet
}

// octets returns how many octets of the area the place has.
func (r deviceRef) octets() uint32 {
	if r.bits {
		return (uint32(r.bit) + r.size + 7) / 8
	}
	return r.size
}

// refer finds the place of an address.
func (m *deviceModel) refer(index command.Index, size uint32) (deviceRef, ams.ReturnCode) {
	group := index.Group
	switch group {
	case command.GroupInputsOld:
		group = command.GroupInputs
	case command.GroupOutputsOld:
		group = command.GroupOutputs
	default:
	}
	if area := m.areas[group]; area != nil {
		if uint64(index.Offset)+uint64(size) > uint64(len(area.data)) {
			return deviceRef{}, m.beyond(area, uint64(index.Offset), uint64(len(area.data)))
		}
		return deviceRef{area: area, offset: index.Offset, size: size}, ams.NoError
	}
	area := m.areas[deviceBits[group]]
	if area == nil || deviceBits[group] == 0 {
		return deviceRef{}, ams.ServiceNotSupported // TwinCAT 3 says 0x701, not 0x702, of a group that it does not know
	}
	if uint64(index.Offset)+uint64(size) > 8*uint64(len(area.data)) {
		return deviceRef{}, m.beyond(area, uint64(index.Offset), 8*uint64(len(area.data)))
	}
	return deviceRef{area: area, offset: index.Offset / 8, size: size, bits: true, bit: uint8(index.Offset % 8)}, ams.NoError
}

// beyond tells an address that is outside from a size that is too large.
func (*deviceModel) beyond(_ *deviceArea, offset, end uint64) ams.ReturnCode {
	if offset >= end {
		return ams.InvalidOffset
	}
	return ams.InvalidSize
}

// place finds the memory of a variable.
func (m *deviceModel) place(v *symbol.Variable) (deviceRef, ams.ReturnCode) {
	index := command.Index{Group: command.IndexGroup(v.IndexGroup), Offset: v.IndexOffset}
	if v.Symbol != nil && v.Symbol.Flags&symbol.FlagBitValue != 0 && deviceBits[index.Group] != 0 {
		return m.refer(index, uint32(min(max(v.Type.BitSize(), 1), 1<<31)))
	}
	ref, code := m.refer(index, v.Size)
	if code == ams.NoError && v.IsBit() {
		ref.bits, ref.bit, ref.size = true, v.Bit, uint32(v.Type.BitSize())
	}
	return ref, code
}

// appendTo appends the octets that a client reads, at most length.
func (r deviceRef) appendTo(dst []byte, length uint32) []byte {
	n := min(r.size, length)
	if !r.bits {
		return append(dst, r.area.data[r.offset:r.offset+n]...)
	}
	for i := range n {
		at := uint32(r.bit) + i
		dst = append(dst, r.area.data[r.offset+at/8]>>(at%8)&1)
	}
	return dst
}

// copyFrom sets the memory to what a client writes.
func (r deviceRef) copyFrom(data []byte) {
	if !r.bits {
		copy(r.area.data[r.offset:r.offset+r.size], data)
		return
	}
	r.setBits(r.area.data[r.offset:], data)
}

func (r deviceRef) setBits(memory, data []byte) {
	for i, value := range data[:min(len(data), int(r.size))] {
		at := int(r.bit) + i
		memory[at/8] &^= 1 << (at % 8)
		if value != 0 {
			memory[at/8] |= 1 << (at % 8)
		}
	}
}

// fold makes names comparable: case does not matter, nor does the leading dot of
// TwinCAT 2's globals.
func deviceFold(name string) string { return strings.ToUpper(strings.TrimPrefix(name, ".")) }
