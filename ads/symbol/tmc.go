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

// maxFile bounds the octets that are read of a TMC or TPY file.
const maxFile = 512 << 20

// tmcFile is a TwinCAT Module Class file, which the PLC compiler of TwinCAT 3
// writes: root TcModuleClass.
type tmcFile struct {
	XMLName   xml.Name
	DataTypes []tmcType   `xml:"DataTypes>DataType"`
	Modules   []tmcModule `xml:"Modules>Module"`
}

type tmcModule struct {
	Name  string    `xml:"Name"`
	Areas []tmcArea `xml:"DataAreas>DataArea"`
}

type tmcArea struct {
	No struct {
		Type string `xml:"AreaType,attr"`
	} `xml:"AreaNo"`
	Name    string      `xml:"Name"`
	Context string      `xml:"ContextId"`
	Symbols []tmcSymbol `xml:"Symbol"`
}

// tmcName is the name of a type with what stands in its attributes.
type tmcName struct {
	Text        string `xml:",chardata"`
	GUID        string `xml:"GUID,attr"`
	Namespace   string `xml:"Namespace,attr"`
	PointerTo   string `xml:"PointerTo,attr"`
	ReferenceTo string `xml:"ReferenceTo,attr"`
	Static      string `xml:"Static,attr"`
	Direction   string `xml:"RpcDirection,attr"` // of a parameter: in, out, inout
}

// tmcSize is a number of bits; on 64 bits it may be another.
type tmcSize struct {
	Bits string `xml:",chardata"`
	X64  string `xml:"X64,attr"`
}

type tmcArray struct {
	Lower       string `xml:"LBound"`
	Elements    string `xml:"Elements"`
	Level       string `xml:"Level,attr"`
	PointerTo   string `xml:"PointerTo,attr"`
	ReferenceTo string `xml:"ReferenceTo,attr"`
}

type tmcProperty struct {
	Name  string `xml:"Name"`
	Value string `xml:"Value"`
}

type tmcEnum struct {
	Text    string `xml:"Text"`
	Enum    string `xml:"Enum"`
	Comment string `xml:"Comment"`
}

// tmcItem is a sub-item, a property with getter and setter, or a parameter.
type tmcItem struct {
	Name        tmcName       `xml:"Name"`
	Type        tmcName       `xml:"Type"`
	Comment     string        `xml:"Comment"`
	BitSize     tmcSize       `xml:"BitSize"`
	BitOffs     tmcSize       `xml:"BitOffs"`
	Arrays      []tmcArray    `xml:"ArrayInfo"`
	Properties  []tmcProperty `xml:"Properties>Property"`
	GetCodeOffs string        `xml:"GetCodeOffs"`
	SetCodeOffs string        `xml:"SetCodeOffs"`
}

type tmcMethod struct {
	Name       tmcMethodName `xml:"Name"`
	Comment    string        `xml:"Comment"`
	Return     tmcName       `xml:"ReturnType"`
	ReturnSize tmcSize       `xml:"ReturnBitSize"`
	Parameters []tmcItem     `xml:"Parameter"`
	Properties []tmcProperty `xml:"Properties>Property"`
}

type tmcMethodName struct {
	Text string `xml:",chardata"`
	RPC  string `xml:"RpcEnable,attr"`
}

type tmcType struct {
	Name       tmcName       `xml:"Name"`
	Comment    string        `xml:"Comment"`
	BitSize    tmcSize       `xml:"BitSize"`
	BaseType   tmcName       `xml:"BaseType"`
	Extends    tmcName       `xml:"ExtendsType"`
	Arrays     []tmcArray    `xml:"ArrayInfo"`
	Enums      []tmcEnum     `xml:"EnumInfo"`
	Items      []tmcItem     `xml:"SubItem"`
	PropItems  []tmcItem     `xml:"PropertyItem"`
	Methods    []tmcMethod   `xml:"Method"`
	Properties []tmcProperty `xml:"Properties>Property"`
}

type tmcSymbol struct {
	Name       string        `xml:"Name"`
	BaseType   tmcName       `xml:"BaseType"`
	Comment    string        `xml:"Comment"`
	BitSize    tmcSize       `xml:"BitSize"`
	BitOffs    tmcSize       `xml:"BitOffs"`
	Arrays     []tmcArray    `xml:"ArrayInfo"`
	Properties []tmcProperty `xml:"Properties>Property"`
}

// ReadTMC reads a TwinCAT Module Class file, which lies beside a TwinCAT 3 PLC
// project, and makes the tables that the PLC would upload: data types in the
// order of the file and those that they are made of, symbols with addresses.
// Inputs lie in index group 0xF020, outputs in 0xF030, %M in 0x4020 and
// everything else in 0x4040, at the octet that the file gives; which address a
// running PLC gives to a variable only its own upload tells. The size of addresses is
// taken from the file: 8 octets where a pointer in it has 64 bits, else 4.
//
// Parts of the file that cannot be used are told in the error, and the table
// has all others. At most 512 MiB are read.
func ReadTMC(r io.Reader) (*Table, error) {
	var file tmcFile
	if err := readXML(r, &file, "TMC file"); err != nil {
		return nil, err
	}
	if file.XMLName.Local != "TcModuleClass" {
		return nil, fmt.Errorf("TMC file: its root is <%s>, <TcModuleClass> is needed", file.XMLName.Local)
	}
	im := importer{what: "TMC file"}
	im.x64 = file.wide()
	for i := range file.DataTypes {
		im.tmcType(&file.DataTypes[i])
	}
	for i := range file.Modules {
		for j := range file.Modules[i].Areas {
			im.tmcArea(&file.Modules[i].Areas[j])
		}
	}
	return im.table()
}

// readXML reads a whole file.
func readXML(r io.Reader, into any, what string) error {
	limited := &io.LimitedReader{R: r, N: maxFile}
	decoder := xml.NewDecoder(limited)
	decoder.CharsetReader = func(charset string, input io.Reader) (io.Reader, error) {
		switch strings.ToLower(charset) {
		case "windows-1252", "iso-8859-1", "us-ascii":
			return &windowsReader{from: input}, nil
		}
		return nil, fmt.Errorf("its characters are coded as %q, which is not known", charset)
	}
	err := decoder.Decode(into)
	switch {
	case limited.N <= 0:
		return fmt.Errorf("%s: it has more than %d octets", what, maxFile)
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%s: it is empty", what)
	case err != nil:
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// windowsReader makes UTF-8 of Windows-1252.
type windowsReader struct {
	from    io.Reader
	pending []byte
	buffer  [1024]byte
}

func (w *windowsReader) Read(p []byte) (int, error) {
	for len(w.pending) == 0 {
		n, err := w.from.Read(w.buffer[:])
		if n == 0 {
			return 0, err
		}
		w.pending = []byte(Windows1252.decode(w.buffer[:n]))
	}
	n := copy(p, w.pending)
	w.pending = w.pending[n:]
	return n, nil
}

// wide tells whether the file is for 64 bits: whether a pointer within a type
// has so many.
func (f *tmcFile) wide() bool {
	for i := range f.DataTypes {
		for j := range f.DataTypes[i].Items {
			item := &f.DataTypes[i].Items[j]
			if (item.Type.PointerTo != "" || set(item.Type.ReferenceTo)) && len(item.Arrays) == 0 {
				return strings.TrimSpace(item.BitSize.Bits) == "64"
			}
		}
	}
	for i := range f.Modules {
		for j := range f.Modules[i].Areas {
			for k := range f.Modules[i].Areas[j].Symbols {
				s := &f.Modules[i].Areas[j].Symbols[k]
				if (s.BaseType.PointerTo != "" || set(s.BaseType.ReferenceTo)) && len(s.Arrays) == 0 {
					return strings.TrimSpace(s.BitSize.Bits) == "64"
				}
			}
		}
	}
	return true
}

func set(flag string) bool {
	flag = strings.TrimSpace(flag)
	return flag != "" && flag != "0" && !strings.EqualFold(flag, "false")
}

// written is the name of a type as it would be declared.
func (n *tmcName) written(arrays []tmcArray) (name string, dims []Dimension, err error) {
	name = strings.TrimSpace(n.Text)
	// ARRAY OF ARRAY has a level for each; the outermost is 0.
	levels := map[int][]Dimension{}
	prefixes := map[int]string{}
	last := 0
	for i := range arrays {
		a := &arrays[i]
		lower, lowerErr := strconv.ParseInt(strings.TrimSpace(a.Lower), 10, 32)
		count, countErr := strconv.ParseUint(strings.TrimSpace(a.Elements), 10, 32)
		level, levelErr := 0, error(nil)
		if a.Level != "" {
			level, levelErr = strconv.Atoi(a.Level)
		}
		if lowerErr != nil || countErr != nil || levelErr != nil || level < 0 || level > maxNesting {
			return "", nil, fmt.Errorf("<ArrayInfo> with <LBound> %q and <Elements> %q", a.Lower, a.Elements)
		}
		levels[level] = append(levels[level], Dimension{Lower: int32(lower), Elements: uint32(count)})
		prefixes[level] += addressPrefix(a.PointerTo, a.ReferenceTo)
		last = max(last, level)
	}
	name = addressPrefix(n.PointerTo, n.ReferenceTo) + name
	for level := last; level >= 0 && len(arrays) > 0; level-- {
		if dims := levels[level]; len(dims) > 0 {
			name = prefixes[level] + arrayPrefix(dims) + name
		}
	}
	if len(levels[0]) > 0 && prefixes[0] == "" {
		dims = levels[0]
	}
	return name, dims, nil
}

// addressPrefix returns "POINTER TO " as many times as the attribute says.
func addressPrefix(pointer, reference string) string {
	if set(reference) {
		return "REFERENCE TO "
	}
	if !set(pointer) {
		return ""
	}
	times, err := strconv.Atoi(strings.TrimSpace(pointer))
	if err != nil {
		times = 1
	}
	return strings.Repeat("POINTER TO ", min(max(times, 1), maxNesting))
}

// bits returns the number for the width of the file.
func (s *tmcSize) bits(x64 bool) (uint64, error) {
	text := s.Bits
	if x64 && s.X64 != "" {
		text = s.X64
	}
	if text = strings.TrimSpace(text); text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n > 8*math.MaxUint32 {
		return 0, fmt.Errorf("%q is no number of bits up to %d", text, uint64(8*math.MaxUint32))
	}
	return n, nil
}

func properties(list []tmcProperty) []Attribute {
	var attributes []Attribute
	for _, p := range list {
		attributes = append(attributes, Attribute{Name: cutTo(p.Name, math.MaxUint8), Value: cutTo(p.Value, math.MaxUint8)})
	}
	return attributes
}

// cutTo keeps texts to what the wire allows.
func cutTo(s string, octets int) string {
	if len(s) <= octets {
		return s
	}
	return strings.ToValidUTF8(s[:octets], "")
}
