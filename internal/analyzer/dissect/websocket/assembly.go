package websocket

import (
	"slices"
)

// assembly is a message that is put together, or a control frame.
type assembly struct {
	octets  []byte // of the wire, headers included, as far as they are kept
	frames  []Frame
	count   int64   // frames, those that are not listed included
	carried int64   // octets of payload, those that are not kept or missing included
	missing int64   // octets of payload that the capture lacks
	cut     bool    // not everything is kept
	joined  bool    // it began before what was captured
	breaks  bool    // it began before the one before it had ended
	earlier []int64 // packets that hold its octets, up to the one at hand
	touched bool    // the packet at hand holds some
}

// begun reports whether there is anything of it.
func (a *assembly) begun() bool { return a.count > 0 }

// header adds a frame.
func (a *assembly) header(shared *Shared, f *Frame, octets []byte) {
	a.count++
	a.touched = true
	if len(a.frames) == maxFrames || !a.room(shared, len(octets)) {
		a.cut = true
	} else {
		a.octets = append(a.octets, octets...)
	}
	if len(a.frames) < maxFrames {
		a.frames = append(a.frames, *f)
	}
}

// payload adds octets of the payload of the last frame.
func (a *assembly) payload(shared *Shared, octets []byte) {
	a.carried += int64(len(octets))
	a.touched = true
	if a.cut || len(octets) == 0 {
		return
	}
	n := min(len(octets), maxMessage-len(a.octets))
	if n <= 0 || !a.room(shared, n) {
		a.cut = true
		return
	}
	a.cut = n < len(octets)
	a.octets = append(a.octets, octets[:n]...)
	a.frames[len(a.frames)-1].kept += n
}

// hole adds octets of the payload that are missing: what follows them is not kept,
// since nobody could tell where it belongs.
func (a *assembly) hole(octets int64) {
	a.carried += octets
	a.missing += octets
	a.cut = true
}

func (a *assembly) room(shared *Shared, octets int) bool {
	return !a.cut && len(a.octets)+octets <= maxMessage && shared.take(octets)
}

// seen notes that a packet has held octets of it.
func (a *assembly) seen(packet int64) { a.earlier = noted(a.earlier, packet) }

func noted(earlier []int64, packet int64) []int64 {
	if n := len(earlier); n > 0 && earlier[n-1] == packet {
		return earlier
	}
	earlier = append(earlier, packet)
	return slices.Delete(earlier, 0, max(0, len(earlier)-maxPackets))
}

// reset makes room for the next one.
func (a *assembly) reset(shared *Shared) {
	shared.give(len(a.octets))
	const kept = 4 << 10 // memory that is used again
	octets, frames, earlier := a.octets[:0], a.frames[:0], a.earlier[:0]
	if cap(octets) > kept {
		octets = nil
	}
	if cap(frames) > 16 {
		frames = nil
	}
	*a = assembly{octets: octets, frames: frames, earlier: earlier}
}
