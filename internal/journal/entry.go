package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"stellwerk/internal/point"
)

// class ranks entries: where there is no room, measurands are let go first.
type class int

const (
	events class = iota
	measurands
	classes
)

func classOf(u *point.Update) class {
	if u.Measurand() {
		return measurands
	}
	return events
}

// amount is a number of entries, and of the octets that they count for.
type amount struct {
	entries int
	octets  int64
}

func (a *amount) remove(octets int64) { a.entries--; a.octets -= octets }

// overhead is what an entry counts for besides its texts and octets. It is about
// what the file needs.
const overhead = 64

// sizeOf is what an entry counts for; sizeSQL says the same.
func sizeOf(u *point.Update) int64 {
	n := overhead + len(u.ID.Link) + 1 + len(u.ID.Address) + len(u.Type)
	if u.Telegram != nil {
		n += len(u.Telegram.Raw)
	}
	return int64(n)
}

const sizeSQL = `64 + octet_length(point) + octet_length(type) + coalesce(octet_length(raw), 0)`

// Bits of the column flags.
const (
	flagTransient = 1 // of a step
	flagCarry     = 1 // of a counter
	flagAdjusted  = 2
	sequenceShift = 8
)

// columns are those of an entry behind queue and class, as scan expects them.
const columns = `position, point, type, kind, value, flags, quality, cause, test, time, time_flags, received, trace, protocol, raw`

// binder binds parameters one after the other and remembers the first error.
type binder struct {
	statement *sqlite3.Stmt
	at        int
	err       error
}

func (b *binder) did(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *binder) next() int { b.at++; return b.at }

func (b *binder) integer(v int64)  { b.did(b.statement.BindInt64(b.next(), v)) }
func (b *binder) text(v string)    { b.did(b.statement.BindText(b.next(), v)) }
func (b *binder) float(v float64)  { b.did(b.statement.BindFloat(b.next(), v)) }
func (b *binder) octets(v []byte)  { b.did(b.statement.BindBlob(b.next(), v)) }
func (b *binder) null()            { b.did(b.statement.BindNull(b.next())) }
func (b *binder) boolean(set bool) { b.integer(int64(toBit(set, 1))) }

func toBit(set bool, bit int) int {
	if set {
		return bit
	}
	return 0
}

// bind binds an entry to the statement insertSQL.
func bind(statement *sqlite3.Stmt, queue int64, c class, position point.Position, u *point.Update) error {
	b := binder{statement: statement}
	b.integer(queue)
	b.integer(int64(c))
	b.integer(int64(position))
	b.text(u.ID.Link + "/" + u.ID.Address)
	b.text(u.Type)
	b.text(u.Value.Kind().String())
	b.value(u.Value)
	b.integer(int64(u.Quality))
	b.integer(int64(u.Cause))
	b.boolean(u.Test)
	b.integer(int64(u.Time.At))
	b.integer(int64(u.Time.Flags))
	b.integer(int64(u.Received))
	b.integer(int64(u.Trace))
	if u.Telegram == nil {
		b.null()
		b.null()
	} else {
		b.text(u.Telegram.Protocol)
		b.octets(u.Telegram.Raw)
	}
	return b.err
}

// value binds the columns value and flags.
func (b *binder) value(v point.Value) {
	flags := 0
	switch v.Kind() {
	case point.Single:
		b.boolean(v.Single())
	case point.Double:
		b.integer(int64(v.Double()))
	case point.Step:
		position, transient := v.Step()
		b.integer(int64(position))
		flags = toBit(transient, flagTransient)
	case point.Bits:
		b.integer(int64(v.Bits()))
	case point.Number:
		if number := v.Number(); math.IsNaN(number) { // SQLite would make NULL of it
			b.octets(binary.BigEndian.AppendUint64(nil, math.Float64bits(number)))
		} else {
			b.float(number)
		}
	case point.Counter:
		reading := v.Counter()
		b.integer(int64(reading.Count))
		flags = toBit(reading.Carry, flagCarry) | toBit(reading.Adjusted, flagAdjusted) | int(reading.Sequence)<<sequenceShift
	case point.None, point.Raw:
		b.null()
	}
	b.integer(int64(flags))
}

var kinds = func() map[string]point.Kind {
	m := map[string]point.Kind{}
	for _, kind := range point.Kinds() {
		m[kind.String()] = kind
	}
	return m
}()

// scan reads the columns of an entry. Texts that repeat are kept once, in names.
func scan(statement *sqlite3.Stmt, names map[string]string) (u point.Update, position point.Position, err error) {
	position = point.Position(statement.ColumnInt64(0))
	link, address, found := strings.Cut(statement.ColumnText(1), "/")
	if !found {
		return u, position, fmt.Errorf("entry %d names no point", position)
	}
	u.ID = point.ID{Link: once(names, []byte(link)), Address: address}
	u.Type = once(names, statement.ColumnRawText(2))
	if u.Value, err = valueOf(statement); err != nil {
		return u, position, fmt.Errorf("entry %d, %s: %w", position, u.ID, err)
	}
	u.Quality = point.Quality(statement.ColumnInt64(6))
	u.Cause = point.Cause(statement.ColumnInt64(7))
	u.Test = statement.ColumnInt64(8) != 0
	u.Time = point.Time{At: point.Instant(statement.ColumnInt64(9)), Flags: point.TimeFlags(statement.ColumnInt64(10))}
	u.Received = point.Instant(statement.ColumnInt64(11))
	u.Trace = point.Trace(statement.ColumnInt64(12))
	if statement.ColumnType(13) != sqlite3.NULL {
		u.Telegram = &point.Telegram{
			Protocol: once(names, statement.ColumnRawText(13)), Raw: statement.ColumnBlob(14, nil),
		}
	}
	return u, position, nil
}

// maxNames bounds how many texts are kept: links, types and protocols are few.
const maxNames = 1024

func once(names map[string]string, text []byte) string {
	if name, known := names[string(text)]; known {
		return name
	}
	if len(names) >= maxNames {
		clear(names)
	}
	name := string(text)
	names[name] = name
	return name
}

// valueOf reads the columns kind, value and flags.
func valueOf(statement *sqlite3.Stmt) (point.Value, error) {
	kind, known := kinds[string(statement.ColumnRawText(3))]
	if !known {
		return point.Value{}, fmt.Errorf("there is no kind of value %q", statement.ColumnText(3))
	}
	typ, integer, flags := statement.ColumnType(4), statement.ColumnInt64(4), statement.ColumnInt64(5)
	want := sqlite3.INTEGER
	switch kind {
	case point.Number:
		return numberOf(statement, typ)
	case point.None:
		return point.Value{}, nil
	case point.Raw:
		return point.RawValue(), nil
	case point.Single, point.Double, point.Step, point.Bits, point.Counter:
	}
	if typ != want {
		return point.Value{}, fmt.Errorf("its value is not of the kind %s", kind)
	}
	switch kind {
	case point.Single:
		return point.SingleValue(integer != 0), nil
	case point.Double:
		return point.DoubleValue(point.DoubleState(integer)), nil
	case point.Step:
		return point.StepValue(int(integer), flags&flagTransient != 0), nil
	case point.Bits:
		return point.BitsValue(uint32(integer)), nil
	default:
		return point.CounterValue(point.CounterReading{
			Count: int32(integer), Sequence: uint8(flags >> sequenceShift),
			Carry: flags&flagCarry != 0, Adjusted: flags&flagAdjusted != 0,
		}), nil
	}
}

func numberOf(statement *sqlite3.Stmt, typ sqlite3.Datatype) (point.Value, error) {
	switch typ {
	case sqlite3.FLOAT, sqlite3.INTEGER:
		return point.NumberValue(statement.ColumnFloat(4)), nil
	case sqlite3.BLOB:
		if octets := statement.ColumnRawBlob(4); len(octets) == 8 {
			return point.NumberValue(math.Float64frombits(binary.BigEndian.Uint64(octets))), nil
		}
	case sqlite3.NULL, sqlite3.TEXT:
	}
	return point.Value{}, errors.New("its value is no number")
}
