package iec104

import (
	"fmt"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// maxFileEntries is how many entries of a directory are taken.
const maxFileEntries = 1 << 16

// fileListing calls a directory: F_SC_NA_1 with the cause 5 and SCQ 0, answered
// by F_DR_TA_1.
type fileListing struct {
	filePeer
	entries []asdu.DirectoryEntry
}

func newFileListing(p filePeer, now time.Duration) *fileListing {
	l := &fileListing{filePeer: p}
	l.header.Cause = asdu.Request
	l.call(asdu.FileDefault, 0, asdu.FileFaultNone)
	l.progress(now)
	return l
}

func (l *fileListing) receive(now time.Duration, a asdu.ASDU) {
	if l.over || l.unknown(a) {
		return
	}
	switch a.Type {
	case asdu.F_SC_NA_1:
		if o, err := asdu.First[asdu.FileCall](a); err == nil {
			l.finish(l.told(0, o.Error, ErrRefused))
		}
	case asdu.F_DR_TA_1:
		l.take(now, a)
	default:
	}
}

// take adds entries.
func (l *fileListing) take(now time.Duration, a asdu.ASDU) {
	if a.Count() == 0 {
		l.finish(nil) // the directory is empty
		return
	}
	for entry, err := range asdu.All[asdu.DirectoryEntry](a) {
		switch {
		case err != nil:
			return
		case len(l.entries) == maxFileEntries:
			l.finish(l.fault(0, asdu.FileFaultNone, fmt.Errorf("%w: the directory has more than %d entries", ErrFile, maxFileEntries)))
			return
		}
		if !entry.Directory || entry.File != nowhere.File {
			l.entries = append(l.entries, entry)
		}
		if entry.Last {
			l.finish(nil)
			return
		}
	}
	l.progress(now)
}

func (l *fileListing) step(time.Duration) fileStep {
	s, _ := l.first()
	return s
}

func (l *fileListing) done(time.Duration, int, error) {}

func (l *fileListing) abort(err error) { l.finish(l.fault(0, asdu.FileFaultNone, err)) }

// nowhere is the only entry of an empty directory, for which the standard has no
// sign: the directory itself, with a name that no file has. F_DR_TA_1 without an
// object would be malformed.
var nowhere = asdu.DirectoryEntry{Directory: true, Last: true, Time: asdu.RawTime(asdu.TimeCP56, 0).WithInvalid(true)}

// nextEntries returns the next ASDU of a directory and what is left of it.
func nextEntries(p *asdu.Params, h asdu.Header, entries []asdu.DirectoryEntry) (asdu.ASDU, []asdu.DirectoryEntry, error) {
	h.Type = asdu.F_DR_TA_1
	if len(entries) == 0 {
		entries = []asdu.DirectoryEntry{nowhere}
	}
	n := min(len(entries), p.Capacity(h.Type, false, apci.MaxASDU))
	if n == len(entries) {
		entries[n-1].Last = true
	}
	a, err := asdu.New(p, h, entries[:n]...)
	return a, entries[n:], err
}
