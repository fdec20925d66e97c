package iec104

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/iec104/asdu"
)

// FileOptions are how a file is read or written. Nil options, and fields that
// are zero, have the values named beside them.
type FileOptions struct {
	// Progress is told of each section that is written or acknowledged, by the
	// goroutine that called.
	Progress func(FileProgress)
	// Timeout is how long the station may be silent. Zero is the client's
	// AnswerTimeout.
	Timeout time.Duration

	// MaxLength is how long a file may be that is read, in octets: up to
	// [asdu.MaxFileLength], which is also what zero stands for.
	MaxLength uint32
	// MaxSection is how long a section may be that is read: as much is kept in
	// memory. Zero is [asdu.MaxFileLength].
	MaxSection uint32
	// Resume is where to go on: what an earlier ReadFile of the same file
	// returned. The zero value begins at the beginning, as writing always does.
	Resume FilePosition
	// Expect is the file as its directory had it. The directory is called
	// first, and where length or time are others now [ErrFileChanged] tells so.
	// Nil asks for nothing of that kind; a file that is gone on with must have
	// the same length in any case.
	Expect *asdu.DirectoryEntry
}

// FileProgress is how far a transfer is.
type FileProgress struct {
	Ref FileRef
	// Section is the section that was written or acknowledged last.
	Section int
	// Octets are those that the receiving side has got for certain, and Length
	// is how many there will be, 0 where the station has not told.
	Octets, Length uint32
}

// The exchanges about files that a connection can have at the same time.
const (
	fileReading = iota // and deleting
	fileWriting
	fileCallingDirectory
	fileSlots
)

// clientFiles are the exchanges of a client about files.
type clientFiles struct {
	running atomic.Int32 // none is the common case

	mu    sync.Mutex
	slots [fileSlots]*clientFile // guarded by mu, and what is in them too
}

// clientFile is one exchange.
type clientFile struct {
	machine fileMachine
	wake    chan struct{} // tells of news; capacity 1
}

// Directory calls a directory of the station with a common address and returns
// its files and subdirectories. The zero ref is the main directory. One call is
// under way on a connection at a time, and another is [ErrBusy].
func (c *Client) Directory(ctx context.Context, station asdu.CommonAddress, ref FileRef) ([]asdu.DirectoryEntry, error) {
	const op = "directory"
	listing := newFileListing(c.filePeer(op, station, ref, nil), c.link.now())
	err := c.exchange(ctx, fileCallingDirectory, listing, nil, nil, nil)
	return listing.entries, fail(op, err)
}

// ReadFile reads a file of the station with a common address and writes it to
// w, section by section, each when its checksum is right. It returns how far it
// has come: where it fails, and w has kept what it got, a later ReadFile can go
// on from there (see [FileOptions.Resume]).
//
// A section with a wrong checksum is asked for again, up to three times. Errors
// hold a [*FileError], and wrap [ErrRefused], [ErrTimeout], [ErrFile],
// [ErrFileAborted], [ErrFileChanged], [ErrFileSpace], the error of w, or that of
// the connection; what ends it on this side is told to the station. One file is
// read on a connection at a time, and another is [ErrBusy].
func (c *Client) ReadFile(ctx context.Context, station asdu.CommonAddress, ref FileRef, w io.Writer, options *FileOptions) (FilePosition, error) {
	const op = "read file"
	if options != nil && options.Expect != nil {
		if err := c.unchanged(ctx, station, ref, options.Expect); err != nil {
			return options.Resume, fail(op, err)
		}
	}
	r := c.receiver(op, station, ref, options)
	r.call(asdu.SelectFile, 0, asdu.FileFaultNone)
	err := c.exchange(ctx, fileReading, r, nil, w, progressOf(options))
	return r.position, fail(op, err)
}

// QueryLog asks for the part of an archive between two times and writes it to
// w, as [Client.ReadFile] does. The times are those of the station. An answer
// that was cut short cannot be gone on with: options.Resume must be zero.
func (c *Client) QueryLog(ctx context.Context, station asdu.CommonAddress, ref FileRef, from, to time.Time, w io.Writer, options *FileOptions) (FilePosition, error) {
	const op = "query log"
	if options != nil && options.Resume != (FilePosition{}) {
		return FilePosition{}, fail(op, errors.New("the answer to a query cannot be gone on with: Resume must be zero"))
	}
	r := c.receiver(op, station, ref, options)
	put(&r.filePeer, asdu.F_SC_NB_1, asdu.LogQuery{
		Address: ref.Address, File: ref.Name,
		From: c.zone().CP56(from), To: c.zone().CP56(to),
	})
	err := c.exchange(ctx, fileReading, r, nil, w, progressOf(options))
	return r.position, fail(op, err)
}

// WriteFile writes a file of size octets, up to [asdu.MaxFileLength], from r to
// the station with a common address. Whether the station takes it, replaces an
// older one or refuses, is its own matter; a transfer that fails leaves no part
// of a file behind there. Errors are those of [Client.ReadFile]. One file is
// written on a connection at a time, and another is [ErrBusy].
func (c *Client) WriteFile(ctx context.Context, station asdu.CommonAddress, ref FileRef, r io.Reader, size int64, options *FileOptions) error {
	const op = "write file"
	if size < 0 || size > asdu.MaxFileLength {
		return fail(op, &FileError{Ref: ref, Err: fmt.Errorf("%w: %d octets, a file has 0 to %d", ErrFileSpace, size, asdu.MaxFileLength)})
	}
	if options != nil && options.Resume != (FilePosition{}) {
		return fail(op, &FileError{Ref: ref, Err: errors.New("writing cannot be gone on with, as a station keeps no part of a file: Resume must be zero")})
	}
	s := newFileSender(c.filePeer(op, station, ref, options), c.link.now(), uint32(size))
	return fail(op, c.exchange(ctx, fileWriting, s, r, nil, progressOf(options)))
}

// DeleteFile deletes a file of the station with a common address. Errors are
// those of [Client.ReadFile].
func (c *Client) DeleteFile(ctx context.Context, station asdu.CommonAddress, ref FileRef) error {
	const op = "delete file"
	d := newFileDeletion(c.filePeer(op, station, ref, nil), c.link.now())
	return fail(op, c.exchange(ctx, fileReading, d, nil, nil, nil))
}

// unchanged calls the directory and looks whether the file is the expected one.
func (c *Client) unchanged(ctx context.Context, station asdu.CommonAddress, ref FileRef, expected *asdu.DirectoryEntry) error {
	entries, err := c.Directory(ctx, station, FileRef{})
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Address != ref.Address || entry.File != ref.Name || entry.Directory {
			continue
		}
		if entry.Length != expected.Length || entry.Time != expected.Time {
			return &FileError{Ref: ref, Err: fmt.Errorf("%w: %d octets of %s, expected were %d of %s",
				ErrFileChanged, entry.Length, entry.Time, expected.Length, expected.Time)}
		}
		return nil
	}
	return &FileError{Ref: ref, Err: fmt.Errorf("%w: the directory has it no more", ErrFileChanged)}
}

func (c *Client) filePeer(op string, station asdu.CommonAddress, ref FileRef, options *FileOptions) filePeer {
	timeout := c.options.AnswerTimeout
	if options != nil && options.Timeout > 0 {
		timeout = options.Timeout
	}
	return newFilePeer(op, c.options.ASDU, station, c.options.Originator, ref, timeout)
}

func (c *Client) receiver(op string, station asdu.CommonAddress, ref FileRef, options *FileOptions) *fileReceiver {
	var resume FilePosition
	if options != nil {
		resume = options.Resume
	}
	r := newFileReceiver(c.filePeer(op, station, ref, options), c.link.now(), resume)
	if options != nil && options.MaxLength > 0 {
		r.maxLength = min(options.MaxLength, asdu.MaxFileLength)
	}
	if options != nil && options.MaxSection > 0 {
		r.maxSection = min(options.MaxSection, asdu.MaxFileLength)
	}
	return r
}

func progressOf(options *FileOptions) func(FileProgress) {
	if options == nil {
		return nil
	}
	return options.Progress
}

// exchange carries a machine's exchange out until it is over.
func (c *Client) exchange(ctx context.Context, slot int, m fileMachine, source io.Reader, sink io.Writer, progress func(FileProgress)) error {
	p := m.base()
	if err := addressee(asdu.F_SC_NA_1, p.header.CommonAddress, c.options.ASDU); err != nil {
		return &FileError{Ref: p.ref, Err: err}
	}
	f := &clientFile{machine: m, wake: make(chan struct{}, 1)}
	if err := c.files.add(slot, f); err != nil {
		return err
	}
	defer c.files.remove(slot)
	var told FileProgress
	for {
		c.files.mu.Lock()
		s := m.step(c.link.now())
		deadline, at := m.base().deadline, progressAt(m)
		c.files.mu.Unlock()
		if progress != nil && at.Section > 0 && at != told {
			told = at
			progress(at)
		}
		var n int
		var err error
		switch s.task {
		case fileSend:
			if err = c.link.send(ctx, s.asdu); err != nil {
				c.giveUp(ctx, m, err)
			}
			continue
		case fileLoad:
			n, err = io.ReadFull(source, s.data)
		case fileStore:
			n, err = sink.Write(s.data)
		case fileCommit:
		case fileOver:
			return m.base().err
		default:
			if err := c.news(ctx, f, deadline); err != nil {
				c.giveUp(ctx, m, err)
			}
			continue
		}
		c.files.mu.Lock()
		m.done(c.link.now(), n, err)
		c.files.mu.Unlock()
	}
}

// news waits for something to do.
func (c *Client) news(ctx context.Context, f *clientFile, deadline time.Duration) error {
	timer := time.NewTimer(deadline - c.link.now())
	defer timer.Stop()
	select {
	case <-f.wake:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		c.files.mu.Lock()
		defer c.files.mu.Unlock()
		expire(f.machine, c.link.now())
		return nil
	}
}

// giveUp ends an exchange from this side. The station is told without waiting,
// as far as that can be done.
func (c *Client) giveUp(ctx context.Context, m fileMachine, err error) {
	c.files.mu.Lock()
	defer c.files.mu.Unlock()
	p := m.base()
	m.abort(err)
	if ctx.Err() != nil { // and the connection is there still, as far as is known
		for _, a := range p.out {
			if c.link.answer(a, reserve, 0) != nil {
				break
			}
		}
	}
	p.out = nil
}

// progressAt returns how far a machine is.
func progressAt(m fileMachine) FileProgress {
	switch m := m.(type) {
	case *fileReceiver:
		return FileProgress{Ref: m.ref, Section: int(m.position.Section), Octets: m.position.Offset, Length: m.position.Length}
	case *fileSender:
		return FileProgress{Ref: m.ref, Section: m.confirmed, Octets: m.acknowledged, Length: m.length}
	default:
		return FileProgress{}
	}
}

func (f *clientFiles) add(slot int, file *clientFile) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.slots[slot] != nil {
		return fmt.Errorf("%w: file %s is under way on the connection", ErrBusy, f.slots[slot].machine.base().ref)
	}
	f.slots[slot] = file
	f.running.Add(1)
	return nil
}

func (f *clientFiles) remove(slot int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.slots[slot] = nil
	f.running.Add(-1)
}

// take hands an ASDU of the station to the exchange that it belongs to.
func (f *clientFiles) take(a asdu.ASDU, now time.Duration) {
	if !isFile(a.Type) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	ref, known := refOf(a)
	for slot, file := range f.slots {
		if file == nil || a.CommonAddress != file.machine.base().header.CommonAddress {
			continue
		}
		directory := slot == fileCallingDirectory
		switch {
		case a.Type == asdu.F_DR_TA_1:
			if !directory || a.Cause != asdu.Request {
				continue // one that nobody called is for the handler
			}
		case !known || ref != file.machine.base().ref || !concerns(file.machine, a):
			continue
		}
		file.machine.receive(now, a)
		signal(file.wake)
		return
	}
}

// concerns reports whether an ASDU about a machine's file is for that machine:
// a file may be under way on a connection in both directions.
func concerns(m fileMachine, a asdu.ASDU) bool {
	switch m.(type) {
	case *fileSender:
		switch a.Type {
		case asdu.F_SC_NA_1, asdu.F_AF_NA_1:
			return !a.Cause.Unknown()
		default:
			return a.Cause.Unknown() || a.Type == asdu.F_FR_NA_1
		}
	case *fileReceiver:
		switch a.Type {
		case asdu.F_SC_NA_1:
			o, err := asdu.First[asdu.FileCall](a)
			return a.Cause.Unknown() || err == nil && o.Error != 0
		case asdu.F_AF_NA_1, asdu.F_SC_NB_1:
			return a.Cause.Unknown()
		default:
			return !a.Cause.Unknown()
		}
	default:
		return a.Type == asdu.F_SC_NA_1 || a.Type == asdu.F_FR_NA_1
	}
}

// malformed breaks off what a malformed ASDU may have been about.
func (f *clientFiles) malformed(a asdu.ASDU) {
	if !isFile(a.Type) {
		return
	}
	f.abort(a.CommonAddress, fmt.Errorf("%w: %s whose octets do not fit it came", ErrASDU, a.TypeName()))
}

// abort breaks off all exchanges with a station.
func (f *clientFiles) abort(station asdu.CommonAddress, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, file := range f.slots {
		if file != nil && file.machine.base().header.CommonAddress == station {
			file.machine.abort(err)
			signal(file.wake)
		}
	}
}

// fail ends all exchanges without telling the stations.
func (f *clientFiles) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, file := range f.slots {
		if file != nil {
			p := file.machine.base()
			p.out = nil
			p.finish(&FileError{Ref: p.ref, Err: err})
			signal(file.wake)
		}
	}
}
