package plc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/symbol"
)

// maxFile is how long a file may be.
const maxFile = 64 << 20

// Read makes a model of a file: a declaration in YAML (.yaml, .yml), or what
// TwinCAT writes about a project (.tmc of TwinCAT 3, .tpy of 2 or 3). Errors in
// YAML are [*config.Problems], with the lines of the file.
func Read(file string) (*Model, error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("there is no file %s", file)
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder; name a file .yaml, .tmc or .tpy", file)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%s has %d octets, at most %d are read", file, info.Size(), maxFile)
	}
	extension := strings.ToLower(filepath.Ext(file))
	if extension == ".yaml" || extension == ".yml" {
		data, err := os.ReadFile(file) //nolint:gosec // the user names it
		if err != nil {
			return nil, err
		}
		return parse(file, data)
	}
	in, err := os.Open(file) //nolint:gosec // the user names it
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // it was only read
	m := newModel(false)
	switch extension {
	case ".tmc":
		m.Table, err = symbol.ReadTMC(in)
	case ".tpy":
		m, err = readTPY(in)
	default:
		return nil, fmt.Errorf("%s is none of .yaml, .yml, .tmc and .tpy; what is it?", file)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return m, nil
}

// readTPY reads the description of a project of TwinCAT 2, or of 3 where its port
// says so.
func readTPY(in io.ReadSeeker) (*Model, error) {
	port, err := symbol.ReadTPYPort(in)
	if err != nil {
		return nil, err
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	m := newModel(port < uint16(ams.PortTC3PLC1))
	if port != 0 {
		m.Address.Port = ams.Port(port)
	}
	m.Table, err = symbol.ReadTPY(in)
	return m, err
}

// newModel returns a model without symbols.
func newModel(twinCAT2 bool) *Model {
	m := &Model{
		Address: ams.Address{NetID: ams.LocalNetID, Port: ams.PortTC3PLC1},
		Name:    "Plc30 App", Version: ads.DeviceVersion{Major: 3, Minor: 1},
	}
	if twinCAT2 {
		m.TwinCAT2, m.Address.Port = true, ams.PortTC2PLC1
		m.Name, m.Version = "TCatPlcCtrl", ads.DeviceVersion{Major: 2, Minor: 11}
	}
	return m
}

// declare makes the model that a file declares.
func (f *document) declare(r *reader) *Model {
	twinCAT2 := false
	switch f.TwinCAT.text {
	case "", "3":
	case "2":
		twinCAT2 = true
	default:
		r.report(f.TwinCAT, "there is TwinCAT 2 and 3")
	}
	m := newModel(twinCAT2)
	f.identify(m, r)
	layout := symbol.TwinCAT3
	if twinCAT2 {
		layout = symbol.TwinCAT2
	}
	d := symbol.NewDeclaration(layout)
	d.Text(f.Declarations.text, "GVL")
	names := f.declareTypes(d, r)
	for i := range f.Symbols {
		s := &f.Symbols[i]
		if s.Name.text == "" || s.Type.text == "" {
			r.report(s.Name, "a symbol needs a name and a type")
			continue
		}
		v := d.Symbol(s.Name.text, s.Type.text).Comment(s.Comment.text)
		if s.At.text != "" {
			v.At(s.At.text)
		}
		if s.ReadOnly {
			v.Flags(symbol.FlagReadOnly)
		}
		names = append(names, s.Name, s.Type, s.At)
	}
	if r.failed() {
		return m
	}
	var err error
	if m.Table, err = d.Table(); err != nil {
		f.blame(err, names, r)
		return m
	}
	f.fill(m, r)
	return m
}

// identify sets who the PLC is.
func (f *document) identify(m *Model, r *reader) {
	var err error
	if f.NetID.text != "" {
		if m.Address.NetID, err = ams.ParseNetID(f.NetID.text); err != nil {
			r.report(f.NetID, "%v", err)
		}
	}
	if f.Port.text != "" {
		a, err := ams.ParseAddress("0.0.0.0.0.0:" + f.Port.text)
		if err != nil || a.Port == 0 {
			r.report(f.Port, "an AMS port is a number from 1 to 65535")
		}
		m.Address.Port = a.Port
	}
	if f.Name.text != "" {
		if m.Name = f.Name.text; len(m.Name) > 16 {
			r.report(f.Name, "the name of a device has at most 16 octets")
		}
	}
	if f.Version.text != "" {
		v := &m.Version
		if n, err := fmt.Sscanf(f.Version.text, "%d.%d.%d", &v.Major, &v.Minor, &v.Build); n != 3 || err != nil {
			r.report(f.Version, "a version is of the form 3.1.4026")
		}
	}
}

// declareTypes declares the types, and returns the names that errors may be about.
func (f *document) declareTypes(d *symbol.Declaration, r *reader) (names []word) {
	for i := range f.Types {
		t := &f.Types[i]
		forms := 0
		for _, there := range []bool{t.Fields != nil, t.Values != nil, t.Alias.text != ""} {
			if there {
				forms++
			}
		}
		if t.Name.text == "" || forms != 1 {
			r.report(t.Name, "a type needs a name, and one of fields, values and alias")
			continue
		}
		names = append(names, t.Name)
		switch {
		case t.Fields != nil:
			var members []symbol.Member
			for _, field := range t.Fields {
				members = append(members, symbol.Member{Name: field.Name.text, Type: field.Type.text, Comment: field.Comment.text})
				names = append(names, field.Type)
			}
			d.Structure(t.Name.text, members...).Comment(t.Comment.text)
		case t.Values != nil:
			d.Enum(t.Name.text, t.Base.text, t.Values...).Comment(t.Comment.text)
		default:
			d.Alias(t.Name.text, t.Alias.text).Comment(t.Comment.text)
			names = append(names, t.Alias)
		}
	}
	return names
}

// blame finds the places that errors of a declaration are about.
func (f *document) blame(err error, names []word, r *reader) {
	// Longer names first: MAIN.nCount is in errors about MAIN.nCounter too.
	slices.SortStableFunc(names, func(a, b word) int { return len(b.text) - len(a.text) })
	list := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		list = joined.Unwrap()
	}
	for _, err := range list {
		var line int
		if n, _ := fmt.Sscanf(err.Error(), "declaration, line %d:", &line); n == 1 {
			_, text, _ := strings.Cut(err.Error(), ": ")
			r.reportLine(f.Declarations, line, text)
			continue
		}
		i := slices.IndexFunc(names, func(w word) bool { return w.text != "" && strings.Contains(err.Error(), w.text) })
		at := f.Declarations
		if i >= 0 {
			at = names[i]
		}
		r.report(at, "%v", err)
	}
}

// fill sets values and movements.
func (f *document) fill(m *Model, r *reader) {
	for i := range f.Symbols {
		s := &f.Symbols[i]
		f.value(m, r, s.Name.text, s.Value)
		f.move(m, r, s.Name.text, s.Moves)
	}
	for _, v := range f.Values {
		f.value(m, r, v.Path.text, v.Value)
		f.move(m, r, v.Path.text, v.Moves)
		if v.Value.node == nil && v.Moves == nil {
			r.report(v.Path, "what is the value of %s, or how does it move?", v.Path.text)
		}
	}
}

// value sets an initial value.
func (*document) value(m *Model, r *reader, path string, given word) {
	if given.node == nil {
		return
	}
	v, err := m.Table.Find(path)
	if err != nil {
		r.report(given, "%v", err)
		return
	}
	value := given.value
	if text, ok := value.(string); ok && v.Type.Kind != symbol.KindString && v.Type.Kind != symbol.KindWString {
		if value, err = v.Type.ParseText(text); err != nil {
			r.report(given, "%s: %v", path, err)
			return
		}
	}
	octets := make([]byte, v.Type.Size) // fields that are missing are 0
	if err := v.Type.EncodeInto(octets, value); err != nil {
		r.report(given, "%s: %v", path, err)
		return
	}
	m.Values = append(m.Values, Value{path, value})
}

// move sets a movement.
func (*document) move(m *Model, r *reader, path string, given *movement) {
	if given == nil {
		return
	}
	v, err := m.Table.Find(path)
	if err != nil {
		r.report(given.Shape, "%v", err)
		return
	}
	move := Move{Path: path, Shape: Shape(given.Shape.text), Period: 10 * time.Second, High: 100}
	if !slices.Contains(shapes, given.Shape.text) {
		r.report(given.Shape, "there is no shape %q; write one of %s", given.Shape.text, strings.Join(shapes, ", "))
		return
	}
	if given.Period.text != "" {
		if move.Period, err = time.ParseDuration(given.Period.text); err != nil || move.Period <= 0 {
			r.report(given.Period, "a period is a time above 0, such as 10s")
			return
		}
	}
	if given.Low != nil {
		move.Low = *given.Low
	}
	if given.High != nil {
		move.High = *given.High
	} else if v.Type.Kind == symbol.KindBool {
		move.High = 1
	}
	for _, turn := range []time.Duration{0, move.Period / 4, move.Period * 3 / 4} {
		value, err := move.at(v.Type, turn)
		if err == nil {
			_, err = v.Type.Encode(value)
		}
		if err != nil {
			r.report(given.Shape, "%s cannot move so: %v", path, err)
			return
		}
	}
	m.Moves = append(m.Moves, move)
}
