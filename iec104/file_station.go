package iec104

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"stellwerk/iec104/asdu"
)

// AnnounceFiles sends the main directory of a station to every connection with
// the cause spontaneous. The server does so by itself when a control centre has
// written or deleted a file; the application does when files come and go
// otherwise.
func (s *Server) AnnounceFiles(station asdu.CommonAddress) error {
	const op = "announce files"
	files, ok := s.station.(FileStation)
	if !ok {
		return fail(op, errors.New("the station has no files: it is no FileStation"))
	}
	store := files.FileStore(station)
	if store == nil {
		return fail(op, fmt.Errorf("station %d has no files", station))
	}
	entries, err := s.entries(store, station, FileRef{})
	if err != nil {
		return fail(op, err)
	}
	h := asdu.Header{Cause: asdu.Spontaneous, CommonAddress: station, Test: s.testing(station)}
	for more := true; more; more = len(entries) > 0 {
		var a asdu.ASDU
		if a, entries, err = nextEntries(s.options.ASDU, h, entries); err != nil {
			return fail(op, err)
		}
		if err := s.Send(a); err != nil {
			return err
		}
	}
	return nil
}

// entries returns a directory, with what the server knows of its files.
func (s *Server) entries(store FileStore, station asdu.CommonAddress, ref FileRef) ([]asdu.DirectoryEntry, error) {
	entries, err := store.Directory(ref)
	if err != nil {
		return nil, err
	}
	for i := range entries {
		e := &entries[i]
		e.Last = false
		e.Active = s.files.taken(filePlace{station, FileRef{e.Address, e.File}})
	}
	return entries, nil
}

// filePlace is a file of a station.
type filePlace struct {
	station asdu.CommonAddress
	ref     FileRef
}

// filePlaces are the files of a server that are being transferred.
type filePlaces struct {
	mu  sync.Mutex
	all map[filePlace]struct{} // guarded by mu
}

// take makes a file that of one transfer, and fails where it is another's.
func (p *filePlaces) take(place filePlace) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, taken := p.all[place]; taken {
		return false
	}
	if p.all == nil {
		p.all = make(map[filePlace]struct{})
	}
	p.all[place] = struct{}{}
	return true
}

func (p *filePlaces) give(place filePlace) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.all, place)
}

func (p *filePlaces) taken(place filePlace) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, taken := p.all[place]
	return taken
}

// fileStation returns the station's files, nil where it has none.
func (s *Session) fileStation() FileStation {
	files, _ := s.server.station.(FileStation)
	return files
}

// file takes an ASDU of file transfer.
func (s *Session) file(a asdu.ASDU) error {
	if !s.addressed(a) {
		return s.refuse(a, asdu.UnknownCommonAddress)
	}
	store := s.fileStation().FileStore(a.CommonAddress)
	directory := a.Type == asdu.F_SC_NA_1 && a.Cause == asdu.Request
	query := a.Type == asdu.F_SC_NB_1 && a.Cause == asdu.Request
	ref, known := refOf(a)
	switch {
	case store == nil || a.Type == asdu.F_DR_TA_1:
		return s.refuse(a, asdu.UnknownType)
	case a.Cause != asdu.File && !directory && !query:
		return s.refuse(a, asdu.UnknownCause)
	case !known || a.Count() != 1 || a.Sequence:
		return s.refuse(a, asdu.UnknownObjectAddress)
	case directory:
		return s.listFiles(a, store, ref)
	case a.Test:
		return s.fileTest(a)
	}
	switch a.Type {
	case asdu.F_SC_NA_1:
		return s.callFile(a, store, ref)
	case asdu.F_SC_NB_1:
		return s.queryLog(a, store, ref)
	case asdu.F_FR_NA_1:
		return s.offerFile(a, store, ref)
	default:
		return s.goOnWithFile(a, ref)
	}
}

// fileTest refuses what has the test bit: nothing may be transferred for it.
func (s *Session) fileTest(a asdu.ASDU) error {
	switch a.Type {
	case asdu.F_SC_NA_1:
		return s.refuseCall(a, asdu.FileFaultService)
	case asdu.F_SC_NB_1:
		return s.confirmFile(a, true)
	case asdu.F_FR_NA_1:
		return s.refuseFile(a, asdu.FileFaultService)
	default:
		return nil // of no transfer
	}
}

// callFile takes F_SC_NA_1 with the cause 13.
func (s *Session) callFile(a asdu.ASDU, store FileStore, ref FileRef) error {
	o, err := asdu.First[asdu.FileCall](a)
	if err != nil {
		return s.refuse(a, asdu.UnknownObjectAddress)
	}
	switch {
	case o.Error != 0: // an answer, whatever its action is
	case o.Action == asdu.SelectFile:
		return s.sendFile(a, ref, func() (io.ReadCloser, uint32, error) { return store.Open(ref) })
	case o.Action == asdu.DeleteFile:
		return s.deleteFile(a, store, ref)
	}
	if s.files.hand(ref, a) {
		return nil
	}
	switch {
	case o.Error != 0:
		return nil // an answer: were it answered, it would go on forever
	case o.Action == asdu.DeactivateFile:
		return s.confirmFile(a, true)
	case s.files.busy(fileReading):
		return s.refuseCall(a, asdu.FileFaultName)
	default:
		return s.refuseCall(a, asdu.FileFaultService)
	}
}

// goOnWithFile takes what belongs to a transfer that has begun.
func (s *Session) goOnWithFile(a asdu.ASDU, ref FileRef) error {
	if s.files.hand(ref, a) {
		return nil
	}
	fault := asdu.FileFaultService
	if s.files.busy(fileWriting) {
		fault = asdu.FileFaultName
	}
	switch a.Type {
	case asdu.F_SR_NA_1:
		return s.refuseFile(a, fault)
	case asdu.F_LS_NA_1:
		if o, err := asdu.First[asdu.LastSection](a); err == nil &&
			(o.Qualifier == asdu.SectionWithoutDeactivation || o.Qualifier == asdu.FileWithoutDeactivation) {
			return s.refuseFile(a, fault)
		}
	default: // segments may be under way still when a transfer is broken off
	}
	return nil
}

// sendFile begins to send what open opens: a file, or the part of an archive.
// A file that is selected again is sent from its beginning.
func (s *Session) sendFile(a asdu.ASDU, ref FileRef, open func() (io.ReadCloser, uint32, error)) error {
	a, reign := a.Clone(), s.reign
	if s.files.leave(fileReading, filePlace{a.CommonAddress, ref}, func() { _ = s.beginSending(a, ref, reign, open) }) {
		return nil
	}
	return s.beginSending(a, ref, reign, open)
}

func (s *Session) beginSending(a asdu.ASDU, ref FileRef, reign uint32, open func() (io.ReadCloser, uint32, error)) error {
	t := &fileTransfer{session: s, slot: fileReading, place: filePlace{a.CommonAddress, ref}}
	if s.files.busy(fileReading) || !s.server.files.take(t.place) {
		return s.confirmFile(a, true)
	}
	source, length, err := open()
	if err == nil && length > asdu.MaxFileLength {
		err = errors.Join(ErrFileSpace, source.Close())
	}
	if err != nil {
		s.server.files.give(t.place)
		return s.confirmFile(a, true)
	}
	t.source = source
	t.machine = newFileSender(s.filePeer(a, ref), s.link.now(), length)
	s.files.begin(t, reign)
	return nil
}

// queryLog takes F_SC_NB_1.
func (s *Session) queryLog(a asdu.ASDU, store FileStore, ref FileRef) error {
	log, ok := store.(LogStore)
	o, err := asdu.First[asdu.LogQuery](a)
	if !ok || err != nil {
		return s.confirmFile(a, true)
	}
	return s.sendFile(a, ref, func() (io.ReadCloser, uint32, error) { return log.QueryLog(ref, o.From, o.To) })
}

// offerFile takes F_FR_NA_1: the control centre wants to write a file. The same
// one, offered again, is written from its beginning.
func (s *Session) offerFile(a asdu.ASDU, store FileStore, ref FileRef) error {
	o, err := asdu.First[asdu.FileReady](a)
	switch {
	case err != nil:
		return s.refuse(a, asdu.UnknownObjectAddress)
	case o.Negative:
		return nil // an answer to nothing that this station asks for
	}
	a, reign := a.Clone(), s.reign
	if s.files.leave(fileWriting, filePlace{a.CommonAddress, ref}, func() { _ = s.beginReceiving(a, store, ref, reign, o) }) {
		return nil
	}
	return s.beginReceiving(a, store, ref, reign, o)
}

func (s *Session) beginReceiving(a asdu.ASDU, store FileStore, ref FileRef, reign uint32, o asdu.FileReady) error {
	t := &fileTransfer{session: s, slot: fileWriting, place: filePlace{a.CommonAddress, ref}}
	if s.files.busy(fileWriting) || !s.server.files.take(t.place) {
		return s.refuseOffer(a, asdu.FileFaultService)
	}
	sink, err := store.Create(ref, o.Length)
	if err != nil {
		s.server.files.give(t.place)
		return s.refuseOffer(a, faultOf(err))
	}
	t.sink = sink
	r := newFileReceiver(s.filePeer(a, ref), s.link.now(), FilePosition{})
	if _, r.revocable = sink.(RevocableWriter); !r.revocable {
		r.maxSection = maxUnwritten
	}
	r.offered(s.link.now(), o)
	t.machine = r
	s.files.begin(t, reign)
	return nil
}

// faultOf tells an error of a store to the control centre.
func faultOf(err error) asdu.FileFault {
	switch {
	case errors.Is(err, ErrFileSpace):
		return asdu.FileFaultMemory
	case errors.Is(err, fs.ErrNotExist):
		return asdu.FileFaultName
	default:
		return asdu.FileFaultService
	}
}

// deleteFile deletes a file that has no transfer.
func (s *Session) deleteFile(a asdu.ASDU, store FileStore, ref FileRef) error {
	place := filePlace{a.CommonAddress, ref}
	if !s.server.files.take(place) {
		return s.confirmFile(a, true)
	}
	err := store.Delete(ref)
	s.server.files.give(place)
	if answer := s.confirmFile(a, err != nil); answer != nil || err != nil {
		return answer
	}
	s.announceFiles(a.CommonAddress)
	return nil
}

// announceFiles tells of a change of the directory. That it cannot be read, or
// that the buffers are full, is no reason to break off what has changed it.
func (s *Session) announceFiles(station asdu.CommonAddress) { _ = s.server.AnnounceFiles(station) }

// listFiles answers the call of a directory. As it changes nothing, one with the
// test bit is answered too.
func (s *Session) listFiles(a asdu.ASDU, store FileStore, ref FileRef) error {
	entries, err := s.server.entries(store, a.CommonAddress, ref)
	if err != nil {
		fault := asdu.FileFaultService
		if errors.Is(err, fs.ErrNotExist) {
			fault = asdu.FileFaultName
		}
		return s.refuseCall(a, fault)
	}
	h := a.Header
	h.Test = h.Test || s.server.testing(h.CommonAddress)
	s.list(h, entries)
	return nil
}

// confirmFile answers a deletion, or refuses, with F_FR_NA_1.
func (s *Session) confirmFile(a asdu.ASDU, negative bool) error {
	ref, _ := refOf(a)
	return answerFile(s, a, asdu.F_FR_NA_1, asdu.FileReady{Address: ref.Address, File: ref.Name, Negative: negative})
}

// refuseCall returns a call with the reason why it is not carried out.
func (s *Session) refuseCall(a asdu.ASDU, fault asdu.FileFault) error {
	o, err := asdu.First[asdu.FileCall](a)
	if err != nil {
		return s.refuse(a, asdu.UnknownObjectAddress)
	}
	o.Error = uint8(fault)
	return answerFile(s, a, asdu.F_SC_NA_1, o)
}

// refuseOffer answers a file that is ready, and that the station does not take.
func (s *Session) refuseOffer(a asdu.ASDU, fault asdu.FileFault) error {
	ref, _ := refOf(a)
	return answerFile(s, a, asdu.F_SC_NA_1, asdu.FileCall{
		Address: ref.Address, File: ref.Name, Action: asdu.DeactivateFile, Error: uint8(fault),
	})
}

// refuseFile answers what belongs to no transfer.
func (s *Session) refuseFile(a asdu.ASDU, fault asdu.FileFault) error {
	ref, _ := refOf(a)
	return answerFile(s, a, asdu.F_AF_NA_1, asdu.FileAcknowledgement{
		Address: ref.Address, File: ref.Name, Answer: asdu.FileNegative, Error: uint8(fault),
	})
}

// answerFile answers with an object of file transfer.
func answerFile[T asdu.Information[T]](s *Session, a asdu.ASDU, t asdu.TypeID, object T) error {
	h := a.Header
	h.Type, h.Negative, h.Test = t, false, h.Test || s.server.testing(h.CommonAddress)
	answer, err := asdu.New(a.Params(), h, object)
	if err != nil {
		return err
	}
	return s.Answer(answer)
}

func (s *Session) filePeer(a asdu.ASDU, ref FileRef) filePeer {
	p := newFilePeer("file", s.link.params, a.CommonAddress, a.Originator, ref, s.server.options.FileTimeout)
	p.header.Test = s.server.testing(a.CommonAddress)
	return p
}
