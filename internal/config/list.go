package config

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"stellwerk/internal/point"
)

// maxRows is the number of rows that are read from all signal lists together.
const maxRows = 1 << 20

// List names a file with points: CSV (comma, semicolon or tab between the cells,
// which is found out) or XLSX. The first row that is not empty has the names of the
// columns; each further row is a point. Rows that are empty or begin with '#' are
// passed over.
type List struct {
	File     string   `yaml:"file" required:"true" help:"path of a CSV or XLSX file, from the directory of this file" example:"signals.csv"`
	Sheet    string   `yaml:"sheet" help:"name of the sheet in an XLSX file; without it the first one"`
	Encoding string   `yaml:"encoding" enum:"utf-8,windows-1252" help:"characters of a CSV file; UTF-16 is recognised by itself"`
	Link     string   `yaml:"link" help:"link of all points in the list; their ids are then addresses alone"`
	Ignore   []string `yaml:"ignore" help:"columns that are not for Stellwerk"`
}

// Encodings of a CSV file.
const (
	encodingUTF8        = "utf-8"
	encodingWindows1252 = "windows-1252"
)

// columnNames are further names of columns, in English and German, as
// [columnKey] writes them. The keys of [Point] are names too.
var columnNames = map[string]string{
	"address": "id", "point": "id", "adresse": "id", "punkt": "id", "datenpunkt": "id",
	"bezeichnung": "name", "signal": "name",
	"typ":     "type",
	"einheit": "unit",
	"comment": "description", "beschreibung": "description", "kommentar": "description", "bemerkung": "description",
	"gruppe": "group", "feld": "group",
	"target": "to", "targets": "to", "nach": "to", "ziel": "to", "ziele": "to",
	"target type": "to_type", "zieltyp": "to_type",
	"factor": "scale", "faktor": "scale", "skalierung": "scale",
	"versatz":  "offset",
	"inverted": "invert", "invertiert": "invert", "invertieren": "invert",
	"totband": "deadband", "schwelle": "deadband",
	"zeit":    "time",
	"command": "commands", "befehl": "commands", "befehle": "commands",
}

// columnKey brings the name of a column to the form in which it is looked up.
func columnKey(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	name = strings.NewReplacer("_", " ", "-", " ").Replace(name)
	return strings.Join(strings.Fields(name), " ")
}

// row is one row of a list. cell tells the place of a cell by its column, which
// counts from 0.
type row struct {
	cells []string
	where func(column int) func(format string, arguments ...any)
	at    Position
}

// signalList reads the file that an item of points names.
func (r *reading) signalList(node ast.Node) {
	list := List{Encoding: encodingUTF8}
	found := r.item(node, reflect.ValueOf(&list).Elem(), "the signal list")
	if found == nil {
		return
	}
	if list.Link != "" {
		if _, known := r.config.links[list.Link]; !known {
			found.problem("link", "there is no link %q%s", list.Link, DidYouMean(list.Link, r.linkNames()))
			return
		}
	}
	extension := strings.ToLower(filepath.Ext(list.File))
	if !filepath.IsAbs(list.File) {
		list.File = filepath.Join(filepath.Dir(r.config.File), list.File)
	}
	data, err := r.open(list.File)
	if err != nil {
		found.problem("file", "the signal list cannot be read: %s", openError(err))
		return
	}
	var rows iter.Seq[row]
	switch extension {
	case ".csv", ".txt":
		rows = r.csvRows(list, data)
	case ".xlsx", ".xlsm":
		rows = r.xlsxRows(list, data)
	default:
		found.problem("file", "a signal list is a file .csv or .xlsx, not %q", extension)
		return
	}
	r.table(list, rows)
}

// openError says why a file cannot be opened, without the path, which stands
// beside the sentence.
func openError(err error) string {
	var detail *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.As(err, &detail):
		return detail.Err.Error()
	}
	return err.Error()
}

// column is one column of a list.
type column struct {
	name string
	info *fieldInfo // nil for a column that is ignored
}

// table makes points of the rows.
func (r *reading) table(list List, rows iter.Seq[row]) {
	var columns []column
	for each := range rows {
		if skipped(each.cells) {
			continue
		}
		if columns == nil {
			if columns = r.header(list, each); columns == nil {
				return
			}
			continue
		}
		if len(r.rows) >= maxRows {
			r.report.report(span{position: Position{File: each.at.File}}, "the signal lists have more than %d points", maxRows)
			return
		}
		r.point(list, columns, each)
	}
	if columns == nil && !r.report.failed() {
		r.report.report(span{position: Position{File: list.File}}, "the signal list is empty: its first row has the names of the columns, one of them id")
	}
}

// skipped says whether a row is no point: it is empty, or its first cell begins
// with '#'.
func skipped(cells []string) bool {
	for i, cell := range cells {
		if i == 0 && strings.HasPrefix(strings.TrimSpace(cell), "#") {
			return true
		}
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

// header reads the names of the columns. It gives nil after it has reported what
// is wrong with them.
func (r *reading) header(list List, first row) []column {
	fields := fieldsOf(reflect.TypeFor[Point]())
	known := keysOf(fields)
	ignored := make(map[string]bool)
	for _, name := range list.Ignore {
		ignored[columnKey(name)] = true
	}
	taken := make(map[string]string)
	columns := make([]column, len(first.cells))
	good := true
	for i, cell := range first.cells {
		key := columnKey(cell)
		columns[i].name = strings.TrimSpace(cell)
		if key == "" || ignored[key] {
			continue
		}
		canonical, alias := columnNames[key]
		if !alias {
			canonical = strings.ReplaceAll(key, " ", "_")
		}
		info := fieldOf(fields, canonical)
		switch {
		case info == nil:
			guess := DidYouMean(canonical, known)
			if _, near := nearest(canonical, known); !near {
				guess = "; name it in ignore if it is not for Stellwerk" + guess
			}
			first.where(i)("unknown column %q%s", columns[i].name, guess)
			good = false
		case taken[canonical] != "":
			first.where(i)("the columns %q and %q mean the same", taken[canonical], columns[i].name)
			good = false
		default:
			taken[canonical] = columns[i].name
			columns[i].info = info
		}
	}
	if good && taken["id"] == "" {
		first.where(0)("no column is named id: it has the point, such as substation/1/4001")
		good = false
	}
	if !good {
		return nil
	}
	return columns
}

// point makes a point of a row.
func (r *reading) point(list List, columns []column, each row) {
	p := placed[Point]{value: Point{Handling: newHandling(), Position: each.at}}
	found := &cells{row: each, columns: columns}
	p.where = found
	into := reflect.ValueOf(&p.value).Elem()
	good := true
	for i, cell := range each.cells {
		cell = strings.TrimSpace(cell)
		switch {
		case i >= len(columns) || columns[i].name == "":
			if cell != "" {
				each.where(i)("the cell %q stands in a column without a name", short(cell))
				good = false
			}
			continue
		case columns[i].info == nil:
			continue
		}
		info := columns[i].info
		if cell == "" {
			continue
		}
		if info.key == "id" && list.Link != "" {
			cell = list.Link + "/" + cell
		}
		if err := setCell(into.FieldByIndex(info.index), cell, info); err != nil {
			found.problem(info.key, "%v", err)
			good = false
		}
	}
	switch {
	case !good:
	case p.value.ID == (point.ID{}):
		found.problem("id", "the row has no id")
	default:
		r.rows = append(r.rows, p)
	}
}

// setCell reads a cell. Spreadsheets write numbers and truth in the language of
// their user.
func setCell(into reflect.Value, cell string, info *fieldInfo) error {
	switch into.Kind() {
	case reflect.Bool:
		on, known := truths[strings.ToLower(cell)]
		if !known {
			return fmt.Errorf("%q is neither yes nor no", short(cell))
		}
		into.SetBool(on)
		return nil
	case reflect.Float64:
		if strings.Count(cell, ",") == 1 && !strings.Contains(cell, ".") &&
			setScalar(into, strings.Replace(cell, ",", ".", 1), info) == nil {
			return nil
		}
	case reflect.Slice:
		for part := range strings.FieldsSeq(cell) {
			item := reflect.New(into.Type().Elem()).Elem()
			if err := setScalar(item, part, info); err != nil {
				return err
			}
			into.Set(reflect.Append(into, item))
		}
		return nil
	default:
	}
	return setScalar(into, cell, info)
}

var truths = map[string]bool{
	"true": true, "yes": true, "ja": true, "wahr": true, "x": true, "1": true,
	"false": false, "no": false, "nein": false, "falsch": false, "-": false, "0": false,
}

// short cuts a cell that is too long for a sentence.
func short(cell string) string {
	if runes := []rune(cell); len(runes) > 40 {
		return string(runes[:39]) + "…"
	}
	return cell
}

// cells are the places of keys in a row of a list.
type cells struct {
	row     row
	columns []column
}

func (c *cells) problem(key, format string, arguments ...any) {
	for i, column := range c.columns {
		if column.info != nil && column.info.key == key {
			c.row.where(i)("column %q: %s", column.name, fmt.Sprintf(format, arguments...))
			return
		}
	}
	c.row.where(0)(format, arguments...)
}

func (c *cells) position() Position { return c.row.at }

func (r *reading) linkNames() []string {
	names := make([]string, len(r.config.Links))
	for i, link := range r.config.Links {
		names[i] = link.Name
	}
	slices.Sort(names)
	return names
}
