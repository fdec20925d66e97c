package journal_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"stellwerk/internal/journal"
	"stellwerk/internal/point"
)

// with runs statements on a file, as another program would.
func with(t *testing.T, path, sql string) {
	t.Helper()
	conn, err := sqlite3.Open("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Exec(sql); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
}

// filled returns a journal that is closed and holds so many entries.
func filled(t *testing.T, entries int) string {
	t.Helper()
	path := file(t)
	j := open(t, path)
	batch := make([]point.Update, entries)
	for i := range batch {
		batch[i] = event("a point with a name that takes some room in the file", true)
	}
	put(t, queue(t, j, journal.QueueOptions{}), batch...)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFilesThatCannotBeOpened(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(t *testing.T) string
		want string
	}{
		{"no directory", func(t *testing.T) string { return filepath.Join(t.TempDir(), "not", "there.db") }, "there is no directory "},
		{"a directory", func(t *testing.T) string { return t.TempDir() }, "cannot be opened: open "},
		{"no database", func(t *testing.T) string {
			path := file(t)
			if err := os.WriteFile(path, []byte(strings.Repeat("no database", 500)), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}, "is damaged (sqlite3: file is not a database"},
		{"cut off", func(t *testing.T) string {
			path := filled(t, 1000)
			if err := os.Truncate(path, 3*4096); err != nil {
				t.Fatal(err)
			}
			return path
		}, "Move it away together with "},
		{"overwritten", func(t *testing.T) string {
			path := filled(t, 1000)
			octets, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			clear(octets[5*4096 : 7*4096])
			if err := os.WriteFile(path, octets, 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}, "is damaged ("},
		{"another program's", func(t *testing.T) string {
			path := file(t)
			with(t, path, `CREATE TABLE birds (name TEXT)`)
			return path
		}, "is the database of another program: name another file"},
		{"a later version's", func(t *testing.T) string {
			path := filled(t, 1)
			with(t, path, `PRAGMA user_version = 2`)
			return path
		}, "has the format 2, and this version of Stellwerk knows 1"},
		{"only the log is left", func(t *testing.T) string {
			path := file(t)
			j := open(t, path)
			put(t, queue(t, j, journal.QueueOptions{}), event("a", true))
			left := j.Copy(t)
			if err := os.Remove(left); err != nil {
				t.Fatal(err)
			}
			return left
		}, "-wal is there and holds what was written last"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := test.make(t)
			j, err := journal.Open(path)
			if err == nil {
				_ = j.Close()
				t.Fatal("was opened")
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestOnlyOneHasIt(t *testing.T) {
	path := file(t)
	j := open(t, path)
	if other, err := journal.Open(path); err == nil || !strings.Contains(err.Error(), path+" is in use by another process") {
		_ = other.Close()
		t.Errorf("%v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestFilesAreForTheUserAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes are not those of Unix")
	}
	path := file(t)
	put(t, queue(t, open(t, path), journal.QueueOptions{}), event("a", true))
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, name := range files {
		if info, err := os.Stat(name); err != nil || info.Mode() != fs.FileMode(0o600) {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

// The tool that everybody has reads the file while it is in use, and also after the
// program was killed, which harms nothing.
func TestReadWithAnotherTool(t *testing.T) {
	tool, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("sqlite3 is not installed")
	}
	path := file(t)
	j := open(t, path)
	q := queue(t, j, journal.QueueOptions{})
	u := timed(event("1/4001", true))
	u.Type, u.Trace, u.Quality = "M_SP_TB_1", 7, point.Invalid|point.NotTopical
	put(t, q, u, measured("1/2", 2.5))
	const want = "control|1|event|control/1/4001|M_SP_TB_1|single|on|NT IV|3|1970-01-01T00:16:40.000Z||7\n" +
		"control|2|measurand|control/1/2||number|2.5|good|3|||0\n"
	left := j.Copy(t)
	for _, file := range []string{path, left} {
		output, err := exec.CommandContext(t.Context(), tool, file, `SELECT * FROM waiting`).CombinedOutput()
		if err != nil || string(output) != want {
			t.Errorf("%v: %s", err, output)
		}
	}
	put(t, q, event("a", true))
	expect(t, q, "1/4001=on 1/2=2.5 a=on")
	expect(t, queue(t, open(t, left), journal.QueueOptions{}), "1/4001=on 1/2=2.5")
}
