package config

import (
	"bytes"
	"iter"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Bounds of a spreadsheet: it is a compressed archive, and a small one can be
// very large inside.
const (
	maxXLSX         = 64 << 20
	maxXLSXUnpacked = 1 << 30
)

// xlsxRows yields the rows of a sheet. What is wrong with the file is reported,
// and ends the rows.
func (r *reading) xlsxRows(list List, data []byte) iter.Seq[row] {
	return func(yield func(row) bool) {
		whole := span{position: Position{File: list.File}}
		r.report.opened(list.File, "")
		if len(data) > maxXLSX {
			r.report.report(whole, "the signal list has %d octets, at most %d are read", len(data), maxXLSX)
			return
		}
		book, err := openBook(data)
		if err != nil {
			r.report.report(whole, "the signal list is no spreadsheet that can be read: %v", err)
			return
		}
		defer func() {
			if err := book.Close(); err != nil {
				r.report.report(whole, "the signal list cannot be closed: %v", err)
			}
		}()
		sheets := book.GetSheetList()
		sheet := list.Sheet
		if sheet == "" && len(sheets) > 0 {
			sheet = sheets[0]
		}
		if !slices.Contains(sheets, sheet) {
			r.report.report(whole, "the file has no sheet %q; there are: %s", sheet, strings.Join(sheets, ", "))
			return
		}
		rows, err := book.Rows(sheet)
		if err != nil {
			r.report.report(whole, "the sheet %q cannot be read: %v", sheet, err)
			return
		}
		for number := 1; ; number++ {
			cells, more, err := nextRow(rows)
			if err != nil {
				r.report.report(whole, "row %d of the sheet %q cannot be read: %v", number, sheet, err)
				return
			}
			if !more {
				break
			}
			if len(cells) == 0 {
				continue
			}
			if !yield(row{
				cells: cells, at: cellPosition(list.File, sheet, number, 0),
				where: func(column int) func(string, ...any) {
					contents := ""
					if column < len(cells) {
						contents = cells[column]
					}
					return func(format string, arguments ...any) {
						r.report.reportCell(cellPosition(list.File, sheet, number, column), contents, format, arguments...)
					}
				},
			}) {
				break
			}
		}
		if err := rows.Close(); err != nil {
			r.report.report(whole, "the sheet %q cannot be closed: %v", sheet, err)
		}
	}
}

// openBook opens a spreadsheet. The parser is not ours; what it cannot bear is a
// mistake in the file.
func openBook(data []byte) (book *excelize.File, err error) {
	defer func() {
		if recover() != nil {
			err = excelize.ErrWorkbookFileFormat
		}
	}()
	return excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		UnzipSizeLimit: maxXLSXUnpacked, UnzipXMLSizeLimit: maxXLSXUnpacked / 64,
	})
}

// nextRow reads a row, guarded as openBook is.
func nextRow(rows *excelize.Rows) (cells []string, more bool, err error) {
	defer func() {
		if recover() != nil {
			err = excelize.ErrWorkbookFileFormat
		}
	}()
	if !rows.Next() {
		return nil, false, rows.Error()
	}
	cells, err = rows.Columns(excelize.Options{RawCellValue: true})
	return cells, true, err
}

func cellPosition(file, sheet string, number, column int) Position {
	position := Position{File: file, Line: number, Column: column + 1, Sheet: sheet}
	if cell, err := excelize.CoordinatesToCellName(column+1, number); err == nil {
		position.Cell = cell
	}
	return position
}
