package iec104

import (
	"fmt"
	"io"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// senderState is what a fileSender waits for or does.
type senderState uint8

const (
	senderOffered senderState = iota // waits for the call of the file
	senderLoading                    // reads a section
	senderReady                      // waits for the call of the section
	senderSending                    // sends segments
	senderSent                       // waits for the acknowledgement of the section
	senderLast                       // waits for the acknowledgement of the file
)

// fileSender sends a file (IEC 60870-5-5, 6.12, and 60870-5-101, 7.4.11): the
// station when a file is read, the control centre when one is written. It keeps
// one section, so that it can be repeated, and reads the file once from its
// beginning to its end.
type fileSender struct {
	filePeer
	state    senderState
	length   uint32
	size     uint32 // of each section but the last
	sections int    // how many there are, 1 to 255

	section    int    // that is loaded, from 1; 0 none
	wanted     int    // that is to be loaded
	announce   bool   // tell that the wanted section is ready, and wait for its call
	buffer     []byte // the section
	sent       int    // octets of it
	sum        byte   // of the section
	before     byte   // of the sections before
	repeats    int    // of the section
	complaints int

	// confirmed is the section that was acknowledged last, and acknowledged how
	// many octets were by then, those included that the other station did not want.
	confirmed    int
	acknowledged uint32
}

// newFileSender announces a file of a length up to [asdu.MaxFileLength].
func newFileSender(p filePeer, now time.Duration, length uint32) *fileSender {
	s := &fileSender{filePeer: p, length: length}
	s.size = max(fileSection, (length+maxFileSections-1)/maxFileSections)
	s.sections = max(1, int((length+s.size-1)/s.size)) // an empty file has one empty section
	put(&s.filePeer, asdu.F_FR_NA_1, asdu.FileReady{Address: p.ref.Address, File: p.ref.Name, Length: length})
	s.progress(now)
	return s
}

func (s *fileSender) receive(now time.Duration, a asdu.ASDU) {
	if s.over || s.unknown(a) {
		return
	}
	switch a.Type {
	case asdu.F_SC_NA_1:
		if o, err := asdu.First[asdu.FileCall](a); err == nil {
			s.called(now, o)
		}
	case asdu.F_AF_NA_1:
		if o, err := asdu.First[asdu.FileAcknowledgement](a); err == nil {
			s.answered(now, o)
		}
	case asdu.F_FR_NA_1:
		if o, err := asdu.First[asdu.FileReady](a); err == nil && o.Negative {
			s.finish(s.told(0, 0, ErrRefused))
		}
	default:
	}
}

// called takes a call.
func (s *fileSender) called(now time.Duration, o asdu.FileCall) {
	if o.Error != 0 {
		s.finish(s.told(o.Section, o.Error, ErrRefused))
		return
	}
	if s.state == senderOffered && o.Action != asdu.RequestFile && o.Action != asdu.DeactivateFile {
		return // of a transfer before, which was broken off
	}
	n := int(o.Section)
	switch o.Action {
	case asdu.RequestFile:
		if s.state == senderOffered {
			s.load(1, true)
			s.progress(now)
		}
	case asdu.RequestSection:
		switch {
		case s.state == senderSending && n == s.section: // asked again
		case s.state != senderReady:
			s.complain(o, asdu.FileFaultService)
		case n == s.section:
			s.state = senderSending
			s.progress(now)
		case n > s.section && n <= s.sections:
			s.load(n, false)
			s.progress(now)
		default:
			s.complain(o, asdu.FileFaultSection)
		}
	case asdu.SelectSection:
		switch {
		case s.state != senderReady:
			s.complain(o, asdu.FileFaultService)
		case n < s.section || n > s.sections:
			s.complain(o, asdu.FileFaultSection)
		default:
			s.load(n, true)
			s.progress(now)
		}
	case asdu.DeactivateSection:
		if s.state != senderSending || n != s.section {
			s.complain(o, asdu.FileFaultService)
			return
		}
		s.last(asdu.SectionWithDeactivation, o.Section, addUp(s.buffer[:s.sent]))
		s.state, s.sent = senderReady, 0
		s.progress(now)
	case asdu.DeactivateFile:
		s.last(asdu.FileWithDeactivation, uint8(s.section), 0)
		s.finish(s.told(uint8(s.section), 0, ErrFileAborted))
	default:
		s.complain(o, asdu.FileFaultService)
	}
}

// complain returns a call that cannot be carried out, with the reason.
func (s *fileSender) complain(o asdu.FileCall, fault asdu.FileFault) {
	s.complaints++
	if s.complaints > fileComplaints {
		s.abort(fmt.Errorf("%w: it calls again and again what cannot be called, at last %s of section %d", ErrFile, o.Action.Text().EN, o.Section))
		return
	}
	s.call(o.Action, o.Section, fault)
}

// answered takes an acknowledgement.
func (s *fileSender) answered(now time.Duration, o asdu.FileAcknowledgement) {
	section := o.Answer == asdu.SectionPositive || o.Answer == asdu.SectionNegative
	switch {
	case o.Answer == asdu.FileNegative:
		s.finish(s.told(o.Section, o.Error, ErrRefused))
	case s.state == senderOffered: // of a transfer before, which was broken off
	case section && s.state == senderSent && int(o.Section) != s.section:
		s.abort(fmt.Errorf("%w: section %d is acknowledged, section %d was sent", ErrFile, o.Section, s.section))
	case o.Answer == asdu.SectionPositive && s.state == senderSent:
		s.confirmed, s.acknowledged = s.section, min(s.length, uint32(s.section)*s.size)
		if s.section < s.sections {
			s.load(s.section+1, true)
		} else {
			s.last(asdu.FileWithoutDeactivation, uint8(s.section), s.before+s.sum)
			s.state = senderLast
		}
		s.progress(now)
	case o.Answer == asdu.SectionNegative && s.state == senderSent:
		s.repeats++
		if s.repeats > fileRepeats {
			s.last(asdu.FileWithDeactivation, o.Section, 0)
			s.finish(s.told(o.Section, o.Error, fmt.Errorf("%w: the section %d times", ErrRefused, s.repeats)))
			return
		}
		s.ready()
		s.progress(now)
	case o.Answer == asdu.FilePositive && s.state == senderLast:
		s.finish(nil)
	default:
		s.abort(fmt.Errorf("%w: %q where nothing was to be acknowledged", ErrFile, o.Answer.Text().EN))
	}
}

// load makes a section the wanted one.
func (s *fileSender) load(section int, announce bool) {
	s.wanted, s.announce, s.state = section, announce, senderLoading
}

// ready tells that the loaded section is ready.
func (s *fileSender) ready() {
	put(&s.filePeer, asdu.F_SR_NA_1, asdu.SectionReady{
		Address: s.ref.Address, File: s.ref.Name, Section: uint8(s.section), Length: uint32(len(s.buffer)),
	})
	s.state, s.sent = senderReady, 0
}

func (s *fileSender) step(now time.Duration) fileStep {
	if next, ok := s.first(); ok {
		return next
	}
	switch {
	case s.state == senderLoading && s.section < s.wanted:
		n := s.octetsOf(s.section + 1)
		if cap(s.buffer) < n {
			s.buffer = make([]byte, n)
		}
		return fileStep{task: fileLoad, data: s.buffer[:n]}
	case s.state == senderLoading && s.announce:
		s.ready()
	case s.state == senderLoading:
		s.state = senderSending
	case s.state == senderSending && s.sent < len(s.buffer):
		segment := s.buffer[s.sent:min(len(s.buffer), s.sent+segmentOctets(s.params))]
		s.sent += len(segment)
		put(&s.filePeer, asdu.F_SG_NA_1, asdu.Segment{Address: s.ref.Address, File: s.ref.Name, Section: uint8(s.section), Data: segment})
	case s.state == senderSending:
		s.last(asdu.SectionWithoutDeactivation, uint8(s.section), s.sum)
		s.state = senderSent
	default:
		return fileStep{}
	}
	s.progress(now)
	return s.step(now)
}

// octetsOf returns the length of a section.
func (s *fileSender) octetsOf(section int) int {
	return int(min(s.size, s.length-uint32(section-1)*s.size))
}

func (s *fileSender) done(now time.Duration, n int, err error) {
	if s.over || s.state != senderLoading {
		return
	}
	s.section++
	if want := s.octetsOf(s.section); err == nil && n != want {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		s.abort(fmt.Errorf("the file of %d octets cannot be read: %w", s.length, err))
		return
	}
	s.before += s.sum
	s.buffer, s.sent, s.repeats = s.buffer[:n], 0, 0
	s.sum = addUp(s.buffer)
	s.progress(now)
}

// segmentOctets returns how many octets of a file an ASDU carries.
func segmentOctets(p *asdu.Params) int {
	const names = 4 // NOF, NOS and LOS
	octets := 1
	for p.MaxObjectAddress()>>(8*octets) > 0 {
		octets++
	}
	return apci.MaxASDU - p.HeaderOctets() - octets - names
}

func (s *fileSender) abort(err error) {
	if s.over {
		return
	}
	s.out = nil
	s.last(asdu.FileWithDeactivation, uint8(s.section), 0)
	s.finish(s.fault(uint8(s.section), asdu.FileFaultNone, err))
}
