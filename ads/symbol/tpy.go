package symbol

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// tpyFile is the file in which a PLC project describes its variables, written
// by TwinCAT 2 and, on demand, by TwinCAT 3: root PlcProjectInfo.
type tpyFile struct {
	XMLName   xml.Name
	Port      string      `xml:"RoutingInfo>AdsInfo>Port"`
	DataTypes []tmcType   `xml:"DataTypes>DataType"`
	Symbols   []tpySymbol `xml:"Symbols>Symbol"`
}

type tpySymbol struct {
	Name       string        `xml:"Name"`
	Type       tmcName       `xml:"Type"`
	Comment    string        `xml:"Comment"`
	Group      string        `xml:"IGroup"`
	Offset     string        `xml:"IOffset"`
	BitSize    tmcSize       `xml:"BitSize"`
	Arrays     []tmcArray    `xml:"ArrayInfo"`
	Properties []tmcProperty `xml:"Properties>Property"`
}

// ReadTPY reads the TPY file of a PLC project, TwinCAT 2 or 3, and makes the
// tables that the PLC would upload: the addresses of symbols are those in the
// file. Types in it differ from those of a TMC file only in that their names may have
// been decorated. Parts of the file that cannot be used are told in the error,
// and the table has all others. At most 512 MiB are read.
func ReadTPY(r io.Reader) (*Table, error) {
	var file tpyFile
	if err := readXML(r, &file, "TPY file"); err != nil {
		return nil, err
	}
	if file.XMLName.Local != "PlcProjectInfo" {
		return nil, fmt.Errorf("TPY file: its root is <%s>, <PlcProjectInfo> is needed", file.XMLName.Local)
	}
	im := importer{what: "TPY file", x64: file.wide()}
	for i := range file.DataTypes {
		im.tmcType(&file.DataTypes[i])
	}
	for i := range file.Symbols {
		im.tpySymbol(&file.Symbols[i])
	}
	return im.table()
}

// wide tells whether a pointer in the file has 64 bits.
func (f *tpyFile) wide() bool {
	tmc := tmcFile{DataTypes: f.DataTypes}
	for i := range f.DataTypes {
		for j := range f.DataTypes[i].Items {
			item := &f.DataTypes[i].Items[j]
			if strings.HasPrefix(fold(strings.TrimSpace(item.Type.Text)), "POINTER TO ") && len(item.Arrays) == 0 {
				return strings.TrimSpace(item.BitSize.Bits) == "64"
			}
		}
	}
	if port := parsePort(f.Port); port >= 800 && port < 850 {
		return false // TwinCAT 2
	}
	return tmc.wide()
}

// ReadTPYPort returns the AMS port of the PLC that a TPY file is for, 0 where it
// does not tell. Those of TwinCAT 2 are 801 to 849, those of TwinCAT 3 begin with
// 851. At most 512 MiB are read.
func ReadTPYPort(r io.Reader) (uint16, error) {
	var file struct {
		Port string `xml:"RoutingInfo>AdsInfo>Port"`
	}
	if err := readXML(r, &file, "TPY file"); err != nil {
		return 0, err
	}
	return parsePort(file.Port), nil
}

func parsePort(text string) uint16 {
	port, err := strconv.ParseUint(strings.TrimSpace(text), 10, 16)
	if err != nil {
		return 0 // it is not told
	}
	return uint16(port)
}

func (im *importer) tpySymbol(s *tpySymbol) {
	name := strings.TrimSpace(s.Name)
	group, groupErr := parseAddress(s.Group, "IGroup")
	offset, offsetErr := parseAddress(s.Offset, "IOffset")
	size, err := s.BitSize.bits(im.x64)
	typ, dims, typeErr := s.Type.written(s.Arrays)
	if err = errors.Join(groupErr, offsetErr, err, typeErr); err != nil {
		im.fail("symbol %s: %w", name, err)
		return
	}
	e := Entry{
		Name: name, Type: typ, Comment: cutTo(s.Comment, math.MaxUint16), Dimensions: dims, Attributes: properties(s.Properties),
		IndexGroup: group, IndexOffset: offset, Size: uint32((size + 7) / 8),
	}
	if size == 1 {
		e.Flags |= FlagBitValue
	}
	im.symbols = append(im.symbols, e)
}

func parseAddress(text, what string) (uint32, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 0, 32)
	if err != nil {
		return 0, fmt.Errorf("<%s> is %q, which is no number of 32 bits", what, text)
	}
	return uint32(n), nil
}
