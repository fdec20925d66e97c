package journal

import (
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

const (
	// applicationID marks our files ("Stwk"), for us and for file(1).
	applicationID = 0x5374776b
	// schemaVersion is that of the tables below.
	schemaVersion = 1
)

// schema makes the tables of an empty file. The primary key of entries is the
// order in which they are read and let go, so that there is no other index.
const schema = `
CREATE TABLE queues (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,           -- the link
	dropped INTEGER NOT NULL DEFAULT 0,  -- updates that were let go because the queue was full
	dropped_at INTEGER NOT NULL DEFAULT 0 -- when the last of them was, ns since 1970 UTC
);
CREATE TABLE entries (
	queue INTEGER NOT NULL REFERENCES queues (id),
	class INTEGER NOT NULL,      -- 0 event, 1 measurand
	position INTEGER NOT NULL,   -- order of the queue
	point TEXT NOT NULL,         -- LINK/ADDRESS of the target
	type TEXT NOT NULL,          -- in the protocol's terms
	kind TEXT NOT NULL,          -- what value is
	value,                       -- a number; the octets of a number that is none; NULL for a telegram
	flags INTEGER NOT NULL,      -- step: 1 transient; counter: 1 carry, 2 adjusted, the sequence number times 256
	quality INTEGER NOT NULL,    -- 1 overflow, 2 blocked, 4 substituted, 8 not topical, 16 invalid
	cause INTEGER NOT NULL,      -- cause of transmission
	test INTEGER NOT NULL,
	time INTEGER NOT NULL,       -- ns since 1970 UTC
	time_flags INTEGER NOT NULL, -- 1 source, 2 reception, 4 invalid, 8 substituted, 16 summer
	received INTEGER NOT NULL,   -- ns since 1970 UTC
	trace INTEGER NOT NULL,      -- number of the telegram that brought it
	protocol TEXT,               -- of raw
	raw BLOB,                    -- an untouched telegram
	PRIMARY KEY (queue, class, position)
) WITHOUT ROWID;
CREATE VIEW waiting AS
SELECT
	queues.name AS link, position, CASE class WHEN 0 THEN 'event' ELSE 'measurand' END AS class,
	point, type, kind,
	CASE kind
		WHEN 'single' THEN CASE value WHEN 0 THEN 'off' ELSE 'on' END
		WHEN 'double' THEN CASE value WHEN 0 THEN 'intermediate' WHEN 1 THEN 'off' WHEN 2 THEN 'on' ELSE 'indeterminate' END
		WHEN 'raw' THEN hex(raw)
		ELSE CASE typeof(value) WHEN 'blob' THEN 'NaN' ELSE value END
	END AS value,
	CASE quality WHEN 0 THEN 'good' ELSE trim(
		CASE WHEN quality & 1 THEN 'OV ' ELSE '' END || CASE WHEN quality & 2 THEN 'BL ' ELSE '' END ||
		CASE WHEN quality & 4 THEN 'SB ' ELSE '' END || CASE WHEN quality & 8 THEN 'NT ' ELSE '' END ||
		CASE WHEN quality & 16 THEN 'IV ' ELSE '' END) END AS quality,
	cause,
	CASE WHEN time_flags & 3 AND time <> 0 THEN strftime('%Y-%m-%dT%H:%M:%fZ', time / 1e9, 'unixepoch') END AS time,
	CASE WHEN received <> 0 THEN strftime('%Y-%m-%dT%H:%M:%fZ', received / 1e9, 'unixepoch') END AS received,
	trace
FROM entries JOIN queues ON queues.id = entries.queue
ORDER BY link, position;
`

// prepare makes the tables of a new file, or checks those of another one.
func prepare(conn *sqlite3.Conn, path string) error {
	const settings = `PRAGMA busy_timeout = 100; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8192`
	tables, err := number(conn, `SELECT count(*) FROM sqlite_schema`)
	if err != nil {
		return openError(path, err)
	}
	if tables > 0 {
		if err := check(conn, path); err != nil {
			return err
		}
	}
	if err := conn.Exec(settings); err != nil {
		return openError(path, err)
	}
	if tables > 0 {
		return nil
	}
	marks := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, schemaVersion)
	if err := conn.Exec("BEGIN IMMEDIATE;" + schema + marks + "COMMIT"); err != nil {
		return openError(path, err)
	}
	return nil
}

// check says why a file with tables is none of ours, or cannot be relied on.
func check(conn *sqlite3.Conn, path string) error {
	application, err := number(conn, `PRAGMA application_id`)
	if err != nil {
		return openError(path, err)
	}
	version, err := number(conn, `PRAGMA user_version`)
	if err != nil {
		return openError(path, err)
	}
	switch {
	case application != applicationID:
		return fmt.Errorf("the journal %s is the database of another program: name another file", path)
	case version != schemaVersion:
		return fmt.Errorf("the journal %s has the format %d, and this version of Stellwerk knows %d: let the version that wrote it deliver what waits, or move the file away, together with what it holds", path, version, schemaVersion)
	}
	result := ""
	if err := query(conn, `PRAGMA quick_check(1)`, func(row *sqlite3.Stmt) { result = row.ColumnText(0) }); err != nil {
		return openError(path, err)
	}
	if result != "ok" {
		return damaged(path, errors.New(result))
	}
	return nil
}

// query runs a statement with its parameters, and gives each row to a function.
func query(conn *sqlite3.Conn, sql string, row func(*sqlite3.Stmt), parameters ...any) error {
	statement, _, err := conn.Prepare(sql)
	if err != nil {
		return err
	}
	b := binder{statement: statement}
	for _, parameter := range parameters {
		switch p := parameter.(type) {
		case int64:
			b.integer(p)
		case string:
			b.text(p)
		}
	}
	for b.err == nil && statement.Step() {
		row(statement)
	}
	return firstOf(b.err, statement.Err(), statement.Close())
}

// number returns the integer that a query has as its only result.
func number(conn *sqlite3.Conn, sql string) (n int64, err error) {
	err = query(conn, sql, func(row *sqlite3.Stmt) { n = row.ColumnInt64(0) })
	return n, err
}

// openError says what to do about a file that cannot be opened.
func openError(path string, err error) error {
	switch {
	case errors.Is(err, sqlite3.CORRUPT), errors.Is(err, sqlite3.NOTADB):
		return damaged(path, err)
	case errors.Is(err, sqlite3.BUSY), errors.Is(err, sqlite3.LOCKED):
		return fmt.Errorf("the journal %s is locked by another program, such as an SQLite tool that writes to it: close that (%w)", path, err)
	case errors.Is(err, sqlite3.FULL):
		return fmt.Errorf("the journal %s cannot be opened: the disk is full (%w)", path, err)
	case errors.Is(err, sqlite3.READONLY), errors.Is(err, sqlite3.PERM):
		return fmt.Errorf("the journal %s may not be written: give the user of this process the right to write it and to its directory (%w)", path, err)
	}
	return fmt.Errorf("the journal %s cannot be opened: %w", path, err)
}

// damaged says what to do about a file that is not what we have written.
func damaged(path string, err error) error {
	return fmt.Errorf("the journal %[1]s is damaged (%[2]w). It holds what waited for the far end and was not confirmed. "+
		"Move it away together with %[1]s-wal to begin with an empty one; what can be saved of it shows: sqlite3 %[1]s .recover", path, err)
}
