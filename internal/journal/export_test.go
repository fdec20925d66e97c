package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Waiting returns how many batches wait to be taken over.
func (q *Queue) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.requests)
}

// SetMaxPages bounds the file; 0 takes the bound away.
func (j *Journal) SetMaxPages(pages int) error {
	j.store.Lock()
	defer j.store.Unlock()
	if pages == 0 {
		pages = 1 << 30
	}
	return j.conn.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages))
}

// Pages returns how many pages the file has.
func (j *Journal) Pages() (int64, error) {
	j.store.Lock()
	defer j.store.Unlock()
	return number(j.conn, `PRAGMA page_count`)
}

// Rows returns how many entries the file has.
func (j *Journal) Rows(t testing.TB) int {
	j.store.Lock()
	defer j.store.Unlock()
	n, err := number(j.conn, `SELECT count(*) FROM entries`)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// Copy returns a copy of the files, made between two transactions: what is left
// where the program is killed.
func (j *Journal) Copy(t testing.TB) string {
	j.store.Lock()
	defer j.store.Unlock()
	left := filepath.Join(t.TempDir(), "journal.db")
	for _, suffix := range []string{"", "-wal"} {
		octets, err := os.ReadFile(j.path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(left+suffix, octets, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return left
}

// Unsynced leaves what is written to the operating system, so that tests do not
// depend on how fast a disk is. Killing the program harms nothing all the same.
func (j *Journal) Unsynced() error {
	j.store.Lock()
	defer j.store.Unlock()
	return j.conn.Exec(`PRAGMA synchronous = OFF`)
}

// Forget empties the cache, so that everything is read from the file.
func (j *Journal) Forget() error {
	j.store.Lock()
	defer j.store.Unlock()
	return j.conn.ReleaseMemory()
}
