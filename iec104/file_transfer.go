package iec104

import (
	"io"
	"sync"
	"time"

	"stellwerk/iec104/asdu"
)

// sessionFiles are the transfers of a session, one in each direction, and the
// directory that is being sent.
type sessionFiles struct {
	workers   sync.WaitGroup // what reads and writes files
	mu        sync.Mutex
	transfers [2]*fileTransfer // by fileReading and fileWriting; guarded by mu
	again     [2]func()        // begins anew when what works at the old one is over; guarded by mu
	header    asdu.Header      // of the directory; guarded by mu
	entries   []asdu.DirectoryEntry
	listing   bool // guarded by mu, as are the entries
	turn      bool // files come before interrogations; of whoever writes
}

// fileTransfer is one of a station. Who writes runs its machine, as it does with
// interrogations: data are asked for when there is room for them in the window and
// nothing else to send. Files are read and written by a goroutine for each step, so
// that a disk that takes its time delays nothing but its file.
type fileTransfer struct {
	session *Session
	slot    int
	place   filePlace
	machine fileMachine   // guarded by files.mu
	source  io.ReadCloser // of what is sent; nil for what is received
	sink    FileWriter    // of what is received; nil for what is sent
	timer   *time.Timer   // guarded by files.mu
	working chan struct{} // closed when the step is over that is under way without files.mu, nil while there is none; guarded by it
	ended   bool          // guarded by files.mu
}

// begin makes a transfer known and lets it run, unless the connection was
// superseded meanwhile.
func (f *sessionFiles) begin(t *fileTransfer, reign uint32) {
	f.mu.Lock()
	f.transfers[t.slot] = t
	t.timer = time.AfterFunc(t.session.server.options.FileTimeout, t.expire)
	if t.session.superseded(reign) {
		t.drop(ErrSuperseded)
	}
	f.mu.Unlock()
	t.session.kickFiles()
}

// busy reports whether there is a transfer in a direction.
func (f *sessionFiles) busy(slot int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.transfers[slot] != nil
}

// leave ends the transfer of a file that is begun anew. True says that its file is
// just being read or written, and that again is called when that is over.
func (f *sessionFiles) leave(slot int, place filePlace, again func()) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.transfers[slot]
	if t == nil || t.place != place {
		return false
	}
	t.drop(ErrSuperseded)
	if t.ended {
		return false
	}
	f.again[slot] = again
	return true
}

// maxUnwritten is how many octets of a file that a control centre writes are kept
// in memory, as long as the disk has not taken those before: then nothing more is
// received on the connection.
const maxUnwritten = 1 << 20

// hand gives an ASDU to the transfer that it belongs to, and reports false where
// there is none.
func (f *sessionFiles) hand(ref FileRef, a asdu.ASDU) bool {
	f.mu.Lock()
	t := f.belongs(ref, a)
	if t == nil {
		f.mu.Unlock()
		return false
	}
	t.machine.receive(t.session.link.now(), a)
	r, receives := t.machine.(*fileReceiver)
	if receives && t.working == nil && !r.over {
		// Not left to who writes, which waits for the window to open.
		if step, due := r.piece(); due {
			t.begin(step)
		}
	}
	var full chan struct{}
	if receives && len(r.buffer) >= maxUnwritten {
		full = t.working
	}
	t.settle()
	f.mu.Unlock()
	t.session.kickFiles()
	if full != nil {
		select {
		case <-full:
		case <-t.session.link.failed:
		}
	}
	return true
}

// belongs returns the transfer that an ASDU belongs to. The caller holds mu.
func (f *sessionFiles) belongs(ref FileRef, a asdu.ASDU) *fileTransfer {
	slot := fileWriting
	if a.Type == asdu.F_AF_NA_1 || a.Type == asdu.F_SC_NA_1 {
		slot = fileReading
	}
	t := f.transfers[slot]
	if t == nil || t.place != (filePlace{a.CommonAddress, ref}) || t.machine.base().over {
		return nil
	}
	return t
}

// list begins to send a directory, in place of one that is being sent.
func (s *Session) list(h asdu.Header, entries []asdu.DirectoryEntry) {
	f := &s.files
	f.mu.Lock()
	if !s.superseded(s.reign) {
		f.header, f.entries, f.listing = h, entries, true
	}
	f.mu.Unlock()
	s.kickFiles()
}

// nextListed returns the next ASDU of the directory.
func (f *sessionFiles) nextListed(p *asdu.Params) (asdu.ASDU, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.listing {
		return asdu.ASDU{}, false
	}
	a, rest, err := nextEntries(p, f.header, f.entries)
	f.entries, f.listing = rest, err == nil && len(rest) > 0
	if err != nil { // an entry that cannot be sent: the application's fault
		f.entries = nil
	}
	return a, err == nil
}

// kickFiles makes the writer look for what there is to send.
func (s *Session) kickFiles() {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	s.link.kick()
}

// nextPulled returns the next ASDU of what is made as fast as it can be sent.
// Interrogations and files take turns. Whoever writes calls it, one at a time.
func (s *Session) nextPulled() (asdu.ASDU, bool) {
	s.files.turn = !s.files.turn
	if s.files.turn {
		if a, ok := s.nextFile(); ok {
			return a, true
		}
		return s.nextInterrogated()
	}
	if a, ok := s.nextInterrogated(); ok {
		return a, true
	}
	return s.nextFile()
}

// nextFile returns the next ASDU of directories and transfers.
func (s *Session) nextFile() (asdu.ASDU, bool) {
	if a, ok := s.files.nextListed(s.link.params); ok {
		return a, true
	}
	for slot := range s.files.transfers {
		s.files.mu.Lock()
		t := s.files.transfers[slot]
		s.files.mu.Unlock()
		if t == nil {
			continue
		}
		if a, ok := t.next(); ok {
			return a, true
		}
	}
	return asdu.ASDU{}, false
}

// next returns the next ASDU, false where there is none now.
func (t *fileTransfer) next() (asdu.ASDU, bool) {
	t.session.files.mu.Lock()
	defer t.session.files.mu.Unlock()
	if t.ended {
		return asdu.ASDU{}, false
	}
	if t.working != nil {
		step, _ := t.machine.base().first()
		return step.asdu, step.task == fileSend
	}
	step := t.machine.step(t.session.link.now())
	switch step.task {
	case fileLoad, fileStore, fileRevoke, fileCommit:
		t.begin(step)
	default:
		t.settle()
	}
	return step.asdu, step.task == fileSend
}

// begin lets a goroutine carry a step out. The caller holds files.mu.
func (t *fileTransfer) begin(step fileStep) {
	t.working = make(chan struct{})
	t.session.files.workers.Go(func() {
		n, err := t.work(step)
		again := t.worked(n, err)
		if step.task == fileCommit && err == nil {
			t.session.announceFiles(t.place.station)
		}
		if again != nil {
			again()
		}
		t.session.kickFiles()
	})
}

// worked tells the machine what came of a step, and returns what is to be done
// where the file was begun anew meanwhile.
func (t *fileTransfer) worked(n int, err error) (again func()) {
	f := &t.session.files
	f.mu.Lock()
	defer f.mu.Unlock()
	close(t.working)
	t.working = nil
	t.machine.done(t.session.link.now(), n, err)
	t.settle()
	if t.ended {
		again, f.again[t.slot] = f.again[t.slot], nil
	}
	return again
}

// work reads or writes.
func (t *fileTransfer) work(step fileStep) (n int, err error) {
	switch step.task {
	case fileLoad:
		return io.ReadFull(t.source, step.data)
	case fileStore:
		return t.sink.Write(step.data)
	case fileRevoke:
		return 0, t.sink.(RevocableWriter).Truncate(step.length) //nolint:forcetypeassert // others are not asked
	default:
		return 0, t.sink.Commit()
	}
}

// settle ends a transfer that is over. What it has to say goes the way of
// answers, which is open while data transfer is stopped too. The caller holds
// files.mu.
func (t *fileTransfer) settle() {
	p := t.machine.base()
	if !p.over || t.working != nil || t.ended {
		return
	}
	for _, a := range p.out {
		_ = t.session.Answer(a) // an error says that the connection is gone
	}
	p.out = nil
	t.ended = true
	t.timer.Stop()
	if t.source != nil {
		_ = t.source.Close() // it was only read
	}
	if t.sink != nil {
		_ = t.sink.Close() // what counts is Commit
	}
	t.session.server.files.give(t.place)
	if t.session.files.transfers[t.slot] == t {
		t.session.files.transfers[t.slot] = nil
	}
}

// expire is called when the time of the control centre may be over.
func (t *fileTransfer) expire() {
	t.session.files.mu.Lock()
	defer t.session.files.mu.Unlock()
	if t.ended {
		return
	}
	now := t.session.link.now()
	if t.working != nil { // it is this station that takes its time
		t.machine.base().progress(now)
	}
	expire(t.machine, now)
	t.settle()
	if !t.ended {
		t.timer.Reset(max(time.Millisecond, t.machine.base().deadline-now))
	}
}

// malformedFile breaks off the transfers that a malformed ASDU may belong to.
func (s *Session) malformedFile(a asdu.ASDU) {
	if !isFile(a.Type) {
		return
	}
	s.files.mu.Lock()
	defer s.files.mu.Unlock()
	for _, t := range s.files.transfers {
		if t != nil && t.place.station == a.CommonAddress {
			t.machine.abort(ErrASDU)
			t.settle()
		}
	}
}

// endFiles ends transfers and directories with the session, or with its turn.
func (s *Session) endFiles(err error) {
	s.files.mu.Lock()
	defer s.files.mu.Unlock()
	s.files.entries, s.files.listing = nil, false
	clear(s.files.again[:])
	for _, t := range s.files.transfers {
		if t != nil {
			t.drop(err)
		}
	}
}

// drop ends a transfer of which nobody is to hear any more. The caller holds
// files.mu.
func (t *fileTransfer) drop(err error) {
	p := t.machine.base()
	p.out = nil
	p.finish(err)
	t.settle()
}
