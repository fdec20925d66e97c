package capture

import (
	"bufio"
	"fmt"
	"io"
)

// Writer writes packets to a pcapng file. Packets that a [Reader] returned are
// written as they were: same octets, time stamp, options and interface; each
// section of their file becomes one of the new file, in its byte order. Other
// packets are written with nanoseconds. A Writer is not safe for concurrent
// use. After an error every later call returns that error.
type Writer struct {
	w           *bufio.Writer
	application string
	err         error
	buf         []byte

	section  *section // being written; nil before the first
	declared int      // interfaces of the section written so far
	own      *section // for interfaces that no Reader made
	ownIndex map[*Interface]int
}

// NewWriter returns a writer that names the application in each section
// header. Nothing is written before the first call of another method.
func NewWriter(w io.Writer, application string) *Writer {
	return &Writer{
		w:           bufio.NewWriterSize(w, 64<<10),
		application: application,
		own:         &section{order: littleEndian},
		ownIndex:    map[*Interface]int{},
	}
}

// Write writes a packet. The packet needs an Interface and Data; a Length
// below len(Data) stands for len(Data).
func (w *Writer) Write(p *Packet) error {
	if w.err != nil {
		return w.err
	}
	switch {
	case p.Interface == nil:
		return fmt.Errorf("packet %d cannot be written: it has no interface", p.Number)
	case p.Interface.LinkType == LinkTypeUndeclared:
		return fmt.Errorf("packet %d cannot be written: its file does not describe interface %d", p.Number, p.Interface.Index)
	case p.Interface.LinkType > 0xffff:
		return fmt.Errorf("packet %d cannot be written: pcapng has no room for link type %d", p.Number, p.Interface.LinkType)
	case len(p.Data) > MaxPacket:
		return fmt.Errorf("packet %d cannot be written: it has %d octets, %d is the most", p.Number, len(p.Data), MaxPacket)
	}
	index := w.enter(p.Interface)
	length := uint32(max(p.Length, len(p.Data)))
	if p.NoTime && index == 0 {
		w.begin(blockSimplePacket)
		w.uint32(length)
		w.buf = pad(append(w.buf, p.Data...), len(p.Data))
		return w.end()
	}
	stamp := p.stamp
	if p.Interface.section == nil {
		stamp = uint64(max(0, p.Time))
	}
	w.begin(blockEnhancedPacket)
	w.uint32(uint32(index))
	w.uint32(uint32(stamp >> 32))
	w.uint32(uint32(stamp))
	w.uint32(uint32(len(p.Data)))
	w.uint32(length)
	w.buf = pad(append(w.buf, p.Data...), len(p.Data))
	switch {
	case len(p.options) > 0:
		w.buf = append(w.buf, p.options...)
	case p.Comment != "":
		w.buf = appendOption(w.buf, w.section.order, optionComment, []byte(p.Comment))
		w.uint32(optionEnd)
	}
	return w.end()
}

// Flush hands everything written so far to the underlying writer. A file
// without packets gets its header.
func (w *Writer) Flush() error {
	if w.err == nil && w.section == nil {
		w.startSection(w.own)
	}
	if w.err == nil {
		w.err = w.w.Flush()
	}
	return w.err
}

// enter makes sure that the interface is described in the section being
// written, and returns its number there.
func (w *Writer) enter(iface *Interface) int {
	if iface.section != nil {
		if w.section != iface.section {
			w.startSection(iface.section)
		}
		for w.declared <= iface.Index {
			w.declare(iface.section.interfaces[w.declared])
		}
		return iface.Index
	}
	index, known := w.ownIndex[iface]
	if !known {
		index = len(w.own.interfaces)
		w.own.interfaces = append(w.own.interfaces, iface)
		w.ownIndex[iface] = index
	}
	if w.section != w.own {
		w.startSection(w.own)
	}
	for w.declared <= index {
		w.declare(w.own.interfaces[w.declared])
	}
	return index
}

func (w *Writer) startSection(s *section) {
	w.section, w.declared = s, 0
	w.begin(blockSectionHeader)
	w.uint32(byteOrderMagic)
	w.buf = s.order.append16(w.buf, 1) // version 1.0
	w.buf = s.order.append16(w.buf, 0)
	w.uint32(0xffffffff) // length of the section: not stated
	w.uint32(0xffffffff)
	if w.application != "" {
		w.buf = appendOption(w.buf, s.order, optionApplication, []byte(w.application))
		w.uint32(optionEnd)
	}
	_ = w.end() // the error is kept
}

func (w *Writer) declare(iface *Interface) {
	w.declared++
	order := w.section.order
	w.begin(blockInterface)
	w.buf = order.append16(w.buf, uint16(iface.LinkType))
	w.buf = order.append16(w.buf, 0)
	w.uint32(iface.SnapLength)
	if len(iface.options) > 0 {
		w.buf = append(w.buf, iface.options...)
		_ = w.end()
		return
	}
	if iface.Name != "" {
		w.buf = appendOption(w.buf, order, optionInterfaceName, []byte(iface.Name))
	}
	if iface.Description != "" {
		w.buf = appendOption(w.buf, order, optionInterfaceDescription, []byte(iface.Description))
	}
	resolution := byte(9)
	if iface.section != nil && iface.unit.perSecond == microseconds.perSecond {
		resolution = 6
	}
	w.buf = appendOption(w.buf, order, optionTimeResolution, []byte{resolution})
	if iface.FCSLength != 0 {
		w.buf = appendOption(w.buf, order, optionInterfaceFCSLength, []byte{byte(iface.FCSLength)})
	}
	w.uint32(optionEnd)
	_ = w.end()
}

// begin starts a block with room for its length.
func (w *Writer) begin(kind uint32) {
	w.buf = w.buf[:0]
	w.uint32(kind)
	w.uint32(0)
}

func (w *Writer) uint32(value uint32) {
	w.buf = w.section.order.append32(w.buf, value)
}

// end writes the block that begin started.
func (w *Writer) end() error {
	length := uint32(len(w.buf) + 4)
	w.uint32(length)
	_ = w.section.order.append32(w.buf[:4], length)
	if w.err == nil {
		_, w.err = w.w.Write(w.buf)
	}
	return w.err
}
