package journal

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/ncruces/go-sqlite3"

	"stellwerk/wire"
)

// retryDelay is the pause between attempts while the file cannot be used.
const retryDelay = time.Second

// What cannot be done with the file.
const (
	writing = iota
	reading
	doings
)

// trouble is what is wrong with the file at the moment.
type trouble struct {
	mu    sync.Mutex
	texts [doings]wire.Text // guarded by mu
}

func (t *trouble) set(doing int, path string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.texts[doing] = describe(doing, path, err)
}

func (t *trouble) clear(doing int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.texts[doing] = wire.Text{}
}

func (t *trouble) get() wire.Text {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, text := range t.texts {
		if !text.IsZero() {
			return text
		}
	}
	return wire.Text{}
}

// Trouble says why the journal takes nothing over at the moment, or cannot hand
// out, and what to do about it. It is zero while everything works.
func (j *Journal) Trouble() wire.Text { return j.trouble.get() }

func describe(doing int, path string, err error) wire.Text {
	switch {
	case noRoom(path, err):
		return wire.Text{
			EN: "the disk of the journal " + path + " is full: nothing is taken over until there is room",
			DE: "Der Datenträger des Journals " + path + " ist voll: Nichts wird übernommen, bis Platz ist",
		}
	case errors.Is(err, sqlite3.BUSY), errors.Is(err, sqlite3.LOCKED):
		return wire.Text{
			EN: "another program has locked the journal " + path + ": nothing is taken over until it lets go",
			DE: "Ein anderes Programm hat das Journal " + path + " gesperrt: Nichts wird übernommen, bis es loslässt",
		}
	case errors.Is(err, sqlite3.CORRUPT), errors.Is(err, sqlite3.NOTADB):
		return wire.Text{
			EN: "the journal " + path + " is damaged: stop the program, move the file away together with " + path + "-wal, and start it again; sqlite3 " + path + " .recover shows what can be saved (" + err.Error() + ")",
			DE: "Das Journal " + path + " ist beschädigt: Programm anhalten, die Datei zusammen mit " + path + "-wal zur Seite legen und neu starten; sqlite3 " + path + " .recover zeigt, was zu retten ist (" + err.Error() + ")",
		}
	case doing == reading:
		return wire.Text{
			EN: "the journal " + path + " cannot be read: " + err.Error(),
			DE: "Das Journal " + path + " lässt sich nicht lesen: " + err.Error(),
		}
	default:
		return wire.Text{
			EN: "the journal " + path + " cannot be written, nothing is taken over: " + err.Error(),
			DE: "Das Journal " + path + " lässt sich nicht schreiben, nichts wird übernommen: " + err.Error(),
		}
	}
}

// noRoom says whether an error is due to a full disk. SQLite only says that it could
// not write, so that a file beside the journal is written to find out.
func noRoom(path string, err error) bool {
	if errors.Is(err, sqlite3.FULL) {
		return true
	}
	if !errors.Is(err, sqlite3.IOERR) {
		return false
	}
	const probe = 64 << 10
	file := path + "-room"
	err = os.WriteFile(file, make([]byte, probe), 0o600)
	_ = os.Remove(file) // may not be there
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
