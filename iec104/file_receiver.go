package iec104

import (
	"errors"
	"fmt"
	"time"

	"stellwerk/iec104/asdu"
)

// FilePosition is how far a file has been read: behind a section that was
// written and acknowledged. A [Client.ReadFile] that failed can be gone on with
// from there, on another connection too. The zero value is the beginning.
type FilePosition struct {
	// Section is the last section that was acknowledged.
	Section uint8
	// Offset is how many octets were written.
	Offset uint32
	// Length is that of the file, as the station told.
	Length uint32
	// Sum is the sum of the octets modulo 256.
	Sum uint8
}

// receiverState is what a fileReceiver waits for or does.
type receiverState uint8

const (
	receiverSelected receiverState = iota // waits for the file to be ready
	receiverCalled                        // waits for the first section to be ready
	receiverSection                       // takes segments
	receiverStoring                       // has a whole section written
	receiverNext                          // waits for the next section, or the end of the file
	receiverRepeat                        // waits for the section again
	receiverCommit                        // has the file finished
)

func (s receiverState) String() string {
	return [...]string{
		"file ready", "section ready", "a segment or the last one", "nothing before the section is acknowledged",
		"the next section ready, or the last section", "the section ready again", "nothing before the file is acknowledged",
	}[s]
}

// fileReceiver receives a file (IEC 60870-5-5, 6.12, and 60870-5-101, 7.4.11):
// the control centre when a file is read, the station when one is written. It
// keeps a section until its checksum is right, which may be sent up to four
// times; where what was written can be taken back it writes long ones in pieces.
type fileReceiver struct {
	filePeer
	state      receiverState
	position   FilePosition
	resume     FilePosition // where the transfer began
	maxLength  uint32
	maxSection uint32

	section  uint8  // under way
	expected uint32 // its length, 0 where it was not told
	answered bool   // it was told to be ready after it had been called
	buffer   []byte // of the section, what was not handed out to be written
	sum      byte
	repeats  int

	revocable bool   // pieces are written
	written   uint32 // octets of the section that were handed out
	handed    []byte // the piece that is being written
	revoke    bool   // pieces must be taken back
}

// newFileReceiver returns one that waits for the request that begins the
// transfer, select or query, to be answered.
func newFileReceiver(p filePeer, now time.Duration, resume FilePosition) *fileReceiver {
	r := &fileReceiver{filePeer: p, position: resume, resume: resume, maxLength: asdu.MaxFileLength, maxSection: asdu.MaxFileLength}
	r.position.Length = 0
	r.progress(now)
	return r
}

// offered begins with a file that the other station has said to be ready.
func (r *fileReceiver) offered(now time.Duration, o asdu.FileReady) {
	r.position.Length = o.Length
	r.call(asdu.RequestFile, 0, asdu.FileFaultNone)
	r.state = receiverCalled
	r.progress(now)
}

func (r *fileReceiver) receive(now time.Duration, a asdu.ASDU) {
	if r.over || r.unknown(a) {
		return
	}
	if r.state == receiverSelected && a.Type != asdu.F_FR_NA_1 && a.Type != asdu.F_SC_NA_1 {
		return // of a transfer before, which was broken off
	}
	switch a.Type {
	case asdu.F_FR_NA_1:
		if o, err := asdu.First[asdu.FileReady](a); err == nil {
			r.fileReady(now, o)
		}
	case asdu.F_SR_NA_1:
		if o, err := asdu.First[asdu.SectionReady](a); err == nil {
			r.sectionReady(now, o)
		}
	case asdu.F_SG_NA_1:
		if o, err := asdu.First[asdu.Segment](a); err == nil {
			r.segment(now, o)
		}
	case asdu.F_LS_NA_1:
		if o, err := asdu.First[asdu.LastSection](a); err == nil {
			r.ended(now, o)
		}
	case asdu.F_SC_NA_1:
		if o, err := asdu.First[asdu.FileCall](a); err == nil {
			r.finish(r.told(o.Section, o.Error, ErrRefused))
		}
	case asdu.F_AF_NA_1:
		r.violated(asdu.FileFaultService, "an acknowledgement")
	default:
	}
}

// fileReady takes F_FR_NA_1.
func (r *fileReceiver) fileReady(now time.Duration, o asdu.FileReady) {
	switch {
	case o.Negative:
		r.finish(r.told(0, 0, ErrRefused))
	case r.state == receiverCalled: // told twice
	case r.state != receiverSelected:
		r.violated(asdu.FileFaultService, "file ready")
	case o.Length > r.maxLength:
		r.stop(asdu.FileFaultMemory, fmt.Errorf("%w: it has %d octets, at most %d are taken", ErrFileSpace, o.Length, r.maxLength))
	case r.resume.Section > 0 && o.Length != r.resume.Length:
		r.stop(asdu.FileFaultNone, fmt.Errorf("%w: it has %d octets, the one that was begun had %d", ErrFileChanged, o.Length, r.resume.Length))
	case r.resume.Section > 0 && o.Length == r.resume.Offset:
		r.position.Length = o.Length
		r.call(asdu.DeactivateFile, 0, asdu.FileFaultNone) // all of it is there
		r.finish(nil)
	default:
		r.offered(now, o)
	}
}

// sectionReady takes F_SR_NA_1.
func (r *fileReceiver) sectionReady(now time.Duration, o asdu.SectionReady) {
	next := r.position.Section + 1 // 0 behind 255
	switch {
	case o.NotReady:
		r.section = o.Section
		r.stop(asdu.FileFaultNone, fmt.Errorf("%w: the section is not ready", ErrRefused))
		return
	case r.state == receiverCalled && r.resume.Section > 0 && o.Section != next && next != 0:
		// What comes before is here: the section is called that comes next.
		r.begin(now, next, 0)
		return
	case r.state == receiverCalled || r.state == receiverNext:
	case r.state == receiverRepeat:
		next = r.section
	case r.state == receiverSection && !r.answered && r.expected == 0 && r.octets() == 0 && r.resume.Section > 0:
		r.answered = true
	default:
		r.violated(asdu.FileFaultService, fmt.Sprintf("section %d ready", o.Section))
		return
	}
	switch {
	case o.Section != next || next == 0:
		r.violated(asdu.FileFaultSection, fmt.Sprintf("section %d ready where it is the turn of %d", o.Section, next))
	case r.tooLong(o.Length):
	default:
		r.begin(now, next, o.Length)
	}
}

// begin calls a section.
func (r *fileReceiver) begin(now time.Duration, section uint8, length uint32) {
	r.section, r.expected = section, length
	r.buffer, r.sum, r.written = r.buffer[:0], 0, 0
	r.call(asdu.RequestSection, section, asdu.FileFaultNone)
	r.state = receiverSection
	r.progress(now)
}

// tooLong stops a section that has more octets than may come.
func (r *fileReceiver) tooLong(octets uint32) bool {
	length, total := r.position.Length, r.position.Offset+octets
	switch {
	case length > 0 && total > length:
		r.violated(asdu.FileFaultService, fmt.Sprintf("%d octets of section %d, and %d before it, where the file has %d", octets, r.section, r.position.Offset, length))
	case total > r.maxLength:
		r.stop(asdu.FileFaultMemory, fmt.Errorf("%w: more than %d octets come", ErrFileSpace, r.maxLength))
	case octets > r.maxSection:
		r.stop(asdu.FileFaultMemory, fmt.Errorf("%w: a section of %d octets, at most %d are taken", ErrFileSpace, octets, r.maxSection))
	default:
		return false
	}
	return true
}

// segment takes F_SG_NA_1.
func (r *fileReceiver) segment(now time.Duration, o asdu.Segment) {
	octets := r.octets() + uint32(len(o.Data))
	switch {
	case r.state != receiverSection:
		r.violated(asdu.FileFaultService, fmt.Sprintf("a segment of section %d", o.Section))
	case o.Section != r.section:
		r.violated(asdu.FileFaultSection, fmt.Sprintf("a segment of section %d where %d was called", o.Section, r.section))
	case r.expected > 0 && octets > r.expected:
		r.violated(asdu.FileFaultService, fmt.Sprintf("%d octets of section %d, which has %d", octets, o.Section, r.expected))
	case r.tooLong(octets) || len(o.Data) == 0: // empty ones are no progress
	default:
		r.buffer = append(r.buffer, o.Data...)
		r.sum += addUp(o.Data)
		r.progress(now)
	}
}

// ended takes F_LS_NA_1.
func (r *fileReceiver) ended(now time.Duration, o asdu.LastSection) {
	switch o.Qualifier {
	case asdu.SectionWithoutDeactivation:
		r.sectionEnded(now, o)
	case asdu.FileWithoutDeactivation:
		r.fileEnded(now, o)
	case asdu.FileWithDeactivation, asdu.SectionWithDeactivation:
		r.finish(r.told(o.Section, 0, ErrFileAborted))
	default:
		r.violated(asdu.FileFaultService, fmt.Sprintf("LSQ %d", o.Qualifier))
	}
}

// sectionEnded takes the end of a section.
func (r *fileReceiver) sectionEnded(now time.Duration, o asdu.LastSection) {
	switch {
	case r.state != receiverSection:
		r.violated(asdu.FileFaultService, fmt.Sprintf("the end of section %d", o.Section))
	case o.Section != r.section:
		r.violated(asdu.FileFaultSection, fmt.Sprintf("the end of section %d where %d was called", o.Section, r.section))
	case o.Checksum == r.sum && (r.expected == 0 || r.expected == r.octets()):
		r.state, r.repeats = receiverStoring, 0
		r.progress(now)
	case r.repeats == fileRepeats:
		r.refused(asdu.FileFaultChecksum, r.wrongSection(o))
	default:
		r.repeats++
		r.revoke = r.written > 0
		r.acknowledge(asdu.SectionNegative, r.section, asdu.FileFaultChecksum)
		r.state = receiverRepeat
		r.progress(now)
	}
}

// wrongSection says what is wrong with a section.
func (r *fileReceiver) wrongSection(o asdu.LastSection) error {
	if r.expected > 0 && r.expected != r.octets() {
		return fmt.Errorf("%w: the section has %d octets, %d came; sent %d times", ErrFile, r.expected, r.octets(), r.repeats+1)
	}
	return fmt.Errorf("%w: the checksum is said to be %#02x, that of the octets is %#02x; sent %d times", ErrFile, o.Checksum, r.sum, r.repeats+1)
}

// fileEnded takes the end of the file. Its checksum is that of all octets; that
// of the octets of this transfer is taken too, which some stations send where it
// began within the file.
func (r *fileReceiver) fileEnded(now time.Duration, o asdu.LastSection) {
	p := r.position
	switch {
	case r.state != receiverNext && (r.state != receiverCalled || r.resume.Section > 0):
		r.violated(asdu.FileFaultService, "the end of the file")
	case p.Length > 0 && p.Offset != p.Length:
		r.refused(asdu.FileFaultService, fmt.Errorf("%w: the file has %d octets, it ended after %d", ErrFile, p.Length, p.Offset))
	case o.Checksum != p.Sum && o.Checksum != p.Sum-r.resume.Sum:
		r.refused(asdu.FileFaultChecksum, fmt.Errorf("%w: the checksum of the file is said to be %#02x, that of its octets is %#02x", ErrFile, o.Checksum, p.Sum))
	default:
		r.section = o.Section
		r.state = receiverCommit
		r.progress(now)
	}
}

func (r *fileReceiver) step(time.Duration) fileStep {
	if next, ok := r.first(); ok {
		return next
	}
	if step, due := r.piece(); due {
		return step
	}
	switch r.state {
	case receiverStoring:
		return fileStep{task: fileStore, data: r.buffer}
	case receiverCommit:
		return fileStep{task: fileCommit}
	default:
		return fileStep{}
	}
}

// filePiece is how long a piece is at least, in octets.
const filePiece = 64 << 10

// piece returns the next piece of a long section that is to be written, or those
// that are to be taken back; false where there is neither. Segments may come while
// it is written.
func (r *fileReceiver) piece() (step fileStep, due bool) {
	switch {
	case r.revoke:
		return fileStep{task: fileRevoke, length: r.position.Offset}, true
	case r.revocable && r.state == receiverSection && len(r.buffer) >= filePiece:
		r.handed, r.buffer = r.buffer, nil
		r.written += uint32(len(r.handed))
		return fileStep{task: fileStore, data: r.handed}, true
	default:
		return fileStep{}, false
	}
}

// octets returns how many octets of the section have come.
func (r *fileReceiver) octets() uint32 { return r.written + uint32(len(r.buffer)) }

func (r *fileReceiver) done(now time.Duration, _ int, err error) {
	switch {
	case r.over:
	case err != nil:
		fault := asdu.FileFaultService
		if errors.Is(err, ErrFileSpace) {
			fault = asdu.FileFaultMemory
		}
		r.refused(fault, fmt.Errorf("the file cannot be written: %w", err))
	case r.handed != nil:
		r.handed = nil
		r.progress(now)
	case r.revoke:
		r.revoke = false
		r.progress(now)
	case r.state == receiverStoring:
		r.position.Section = r.section
		r.position.Offset += r.octets()
		r.position.Sum += r.sum
		r.acknowledge(asdu.SectionPositive, r.section, asdu.FileFaultNone)
		r.state = receiverNext
		r.progress(now)
	case r.state == receiverCommit:
		r.acknowledge(asdu.FilePositive, r.section, asdu.FileFaultNone)
		r.finish(nil)
	}
}

// violated breaks off what the other station does wrong.
func (r *fileReceiver) violated(fault asdu.FileFault, seen string) {
	r.refused(fault, fmt.Errorf("%w: %s came, expected was %s", ErrFile, seen, r.state))
}

// refused ends the transfer with a negative acknowledgement of the file.
func (r *fileReceiver) refused(fault asdu.FileFault, err error) {
	r.out = nil
	r.acknowledge(asdu.FileNegative, r.section, fault)
	r.finish(r.fault(r.section, fault, err))
}

// stop ends the transfer by deactivating the file.
func (r *fileReceiver) stop(fault asdu.FileFault, err error) {
	r.out = nil
	r.call(asdu.DeactivateFile, 0, fault)
	r.finish(r.fault(r.section, fault, err))
}

func (r *fileReceiver) abort(err error) {
	if !r.over {
		r.stop(asdu.FileFaultNone, err)
	}
}
