package iec104

import (
	"fmt"
	"time"

	"stellwerk/iec104/asdu"
)

// fileMachine is one side of one exchange about a file: events and the time go
// in, and step says what is to be done. It has no goroutine, timer or file of
// its own, and whoever uses it guards it.
type fileMachine interface {
	// receive takes an ASDU about the machine's file.
	receive(now time.Duration, a asdu.ASDU)
	// step returns the next thing to be done.
	step(now time.Duration) fileStep
	// done tells what came of a step that reads or writes: how many octets, and
	// the error.
	done(now time.Duration, n int, err error)
	// abort breaks off for a reason of this station, which the other one is
	// told.
	abort(err error)
	// base returns what all machines have.
	base() *filePeer
}

// fileTask is a kind of fileStep.
type fileTask uint8

const (
	fileWait   fileTask = iota // for the other station
	fileSend                   // the ASDU
	fileLoad                   // fill data from the file
	fileStore                  // write data
	fileRevoke                 // take back all but the first octets
	fileCommit                 // the file is whole
	fileOver                   // see filePeer.err
)

// fileStep is what is to be done next.
type fileStep struct {
	task   fileTask
	asdu   asdu.ASDU
	data   []byte
	length uint32 // of what stays
}

// filePeer is what both sides of an exchange have.
type filePeer struct {
	op      string      // of errors that have a cause
	header  asdu.Header // of ASDUs that are sent
	params  *asdu.Params
	ref     FileRef
	timeout time.Duration // of the other station's answers

	out      []asdu.ASDU   // to be sent first
	deadline time.Duration // when the other station is silent for too long
	over     bool
	err      error // why it is over; nil when all is done
}

func newFilePeer(op string, params *asdu.Params, station asdu.CommonAddress, originator uint8, ref FileRef, timeout time.Duration) filePeer {
	return filePeer{
		op:      op,
		header:  asdu.Header{Cause: asdu.File, Originator: originator, CommonAddress: station},
		params:  params,
		ref:     ref,
		timeout: timeout,
	}
}

func (p *filePeer) base() *filePeer { return p }

// put adds an ASDU of one object to what is to be sent.
func put[T asdu.Information[T]](p *filePeer, t asdu.TypeID, object T) {
	h := p.header
	h.Type = t
	a, err := asdu.New(p.params, h, object)
	if err != nil { // an address that the parameters cannot carry
		p.finish(err)
		return
	}
	p.out = append(p.out, a)
}

// call adds an F_SC_NA_1.
func (p *filePeer) call(action asdu.FileAction, section uint8, fault asdu.FileFault) {
	put(p, asdu.F_SC_NA_1, asdu.FileCall{Address: p.ref.Address, File: p.ref.Name, Section: section, Action: action, Error: uint8(fault)})
}

// acknowledge adds an F_AF_NA_1.
func (p *filePeer) acknowledge(answer asdu.FileAnswer, section uint8, fault asdu.FileFault) {
	put(p, asdu.F_AF_NA_1, asdu.FileAcknowledgement{Address: p.ref.Address, File: p.ref.Name, Section: section, Answer: answer, Error: uint8(fault)})
}

// last adds an F_LS_NA_1.
func (p *filePeer) last(qualifier asdu.LastQualifier, section uint8, sum byte) {
	put(p, asdu.F_LS_NA_1, asdu.LastSection{Address: p.ref.Address, File: p.ref.Name, Section: section, Qualifier: qualifier, Checksum: sum})
}

// finish ends the exchange; the first reason counts.
func (p *filePeer) finish(err error) {
	if !p.over {
		p.over, p.err = true, err
	}
}

// progress gives the other station its time afresh.
func (p *filePeer) progress(now time.Duration) { p.deadline = now + p.timeout }

// first returns what comes before all else: what waits to be sent, and the end.
func (p *filePeer) first() (fileStep, bool) {
	switch {
	case len(p.out) > 0:
		a := p.out[0]
		p.out = p.out[1:]
		return fileStep{task: fileSend, asdu: a}, true
	case p.over:
		return fileStep{task: fileOver}, true
	}
	return fileStep{}, false
}

// fault makes the error of the file.
func (p *filePeer) fault(section uint8, fault asdu.FileFault, err error) *FileError {
	return &FileError{Ref: p.ref, Section: section, Fault: fault, Err: err}
}

// told makes the error of what the other station has said.
func (p *filePeer) told(section, fault uint8, err error) *FileError {
	return &FileError{Ref: p.ref, Section: section, Fault: asdu.FileFault(fault), Remote: true, Err: err}
}

// unknown ends the exchange where an ASDU says that type, cause or address is
// unknown.
func (p *filePeer) unknown(a asdu.ASDU) bool {
	if !a.Cause.Unknown() {
		return false
	}
	p.finish(&Error{Op: p.op, Cause: a.Cause, Negative: a.Negative, Err: &FileError{Ref: p.ref, Remote: true, Err: ErrRefused}})
	return true
}

// expire breaks an exchange off when the other station is silent for too long.
func expire(m fileMachine, now time.Duration) {
	p := m.base()
	if !p.over && now >= p.deadline {
		m.abort(fmt.Errorf("%w: nothing for %v", ErrTimeout, p.timeout))
	}
}

// fileDeletion asks to delete a file: F_SC_NA_1 with SCQ 4, answered by
// F_FR_NA_1.
type fileDeletion struct{ filePeer }

func newFileDeletion(p filePeer, now time.Duration) *fileDeletion {
	d := &fileDeletion{p}
	d.call(asdu.DeleteFile, 0, asdu.FileFaultNone)
	d.progress(now)
	return d
}

func (d *fileDeletion) receive(_ time.Duration, a asdu.ASDU) {
	if d.unknown(a) {
		return
	}
	switch a.Type {
	case asdu.F_FR_NA_1:
		o, err := asdu.First[asdu.FileReady](a)
		if err == nil && o.Negative {
			err = d.told(0, 0, ErrRefused)
		}
		d.finish(err)
	case asdu.F_SC_NA_1:
		if o, err := asdu.First[asdu.FileCall](a); err == nil && o.Error != 0 {
			d.finish(d.told(0, o.Error, ErrRefused))
		}
	default:
	}
}

func (d *fileDeletion) step(time.Duration) fileStep {
	s, _ := d.first()
	return s
}

func (d *fileDeletion) done(time.Duration, int, error) {}

func (d *fileDeletion) abort(err error) { d.finish(d.fault(0, asdu.FileFaultNone, err)) }
