package tf6770

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// The names of what tools of the CODESYS family add to PLCopen XML, which has no
// methods and no constants in types of its own.
const (
	dataMethod    = "http://www.3s-software.com/plcopenxml/method"
	dataPlainText = "http://www.3s-software.com/plcopenxml/interfaceasplaintext"
	dataGlobals   = "http://www.3s-software.com/plcopenxml/globalvars"
	nsXHTML       = "http://www.w3.org/1999/xhtml"
)

// PLCopenXML returns the function block and its types as one file of PLCopen XML
// (TC6, version 2.01), to be imported into a PLC project. Methods, and
// declarations as text, stand in it as TwinCAT and CODESYS write them.
func PLCopenXML() SourceFile {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	b.WriteString(`<project xmlns="http://www.plcopen.org/xml/tc6_0200">
  <fileHeader companyName="Stellwerk" productName="Stellwerk" productVersion="1" creationDateTime="2026-01-01T00:00:00"/>
  <contentHeader name="FB_IotWebSocketClient">
    <coordinateInfo><fbd><scaling x="1" y="1"/></fbd><ld><scaling x="1" y="1"/></ld><sfc><scaling x="1" y="1"/></sfc></coordinateInfo>
  </contentHeader>
  <types>
`)
	all := objects()
	b.WriteString("    <dataTypes>\n")
	for i := range all {
		if all[i].kind() == "TYPE" {
			openType(&b, &all[i])
		}
	}
	b.WriteString("    </dataTypes>\n    <pous>\n")
	for i := range all {
		if all[i].kind() == "FUNCTION_BLOCK" {
			openPOU(&b, &all[i])
		}
	}
	b.WriteString("    </pous>\n  </types>\n  <instances><configurations/></instances>\n  <addData>\n")
	for i := range all {
		if all[i].kind() == "VAR_GLOBAL" {
			fmt.Fprintf(&b, "    <data name=\"%s\" handleUnknown=\"implementation\">\n      <globalVars name=\"%s\" constant=\"true\">\n", dataGlobals, all[i].name)
			openVariables(&b, sections(all[i].declaration), "        ")
			openPlainText(&b, all[i].declaration, "        ")
			b.WriteString("      </globalVars>\n    </data>\n")
		}
	}
	b.WriteString("  </addData>\n</project>\n")
	return SourceFile{"FB_IotWebSocketClient.xml", b.Bytes()}
}

// variable is a declared one.
type variable struct {
	name, typ, initial string
}

// section is VAR_INPUT and the like.
type section struct {
	head      string
	variables []variable
}

// declared matches one variable in a line.
var declared = regexp.MustCompile(`^(\w+)\s*:\s*([^:;]+?)\s*(?::=\s*([^;]+?)\s*)?;$`)

// sections reads a declaration, or the fields of a structure.
func sections(declaration string) []section {
	var all []section
	for line := range strings.Lines(declaration) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "VAR") || line == "STRUCT":
			all = append(all, section{head: line})
		case len(all) > 0:
			if m := declared.FindStringSubmatch(line); m != nil {
				last := &all[len(all)-1]
				last.variables = append(last.variables, variable{m[1], m[2], m[3]})
			}
		}
	}
	return all
}

// enumerated matches one value of an enumeration in a line.
var enumerated = regexp.MustCompile(`^(\w+)\s*:=\s*(-?\d+),?$`)

func openType(b *bytes.Buffer, o *object) {
	fmt.Fprintf(b, "      <dataType name=\"%s\">\n        <baseType>\n", o.name)
	if strings.Contains(o.declaration, "STRUCT\n") {
		b.WriteString("          <struct>\n")
		openVariables(b, sections(o.declaration), "            ")
		b.WriteString("          </struct>\n")
	} else {
		b.WriteString("          <enum>\n            <values>\n")
		for line := range strings.Lines(o.declaration) {
			if m := enumerated.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
				fmt.Fprintf(b, "              <value name=\"%s\" value=\"%s\"/>\n", m[1], m[2])
			}
		}
		b.WriteString("            </values>\n            <baseType><DINT/></baseType>\n          </enum>\n")
	}
	b.WriteString("        </baseType>\n")
	openPlainText(b, o.declaration, "        ")
	b.WriteString("      </dataType>\n")
}

func openPOU(b *bytes.Buffer, o *object) {
	fmt.Fprintf(b, "      <pou name=\"%s\" pouType=\"functionBlock\">\n", o.name)
	openInterface(b, o, "        ", "")
	openBody(b, o, "        ")
	b.WriteString("        <addData>\n")
	for i := range o.methods {
		m := &o.methods[i]
		fmt.Fprintf(b, "          <data name=\"%s\" handleUnknown=\"implementation\">\n            <Method name=\"%s\" ObjectId=\"%s\">\n",
			dataMethod, m.name, guid(o.name+"."+m.name))
		openInterface(b, m, "              ", returned(m.declaration))
		openBody(b, m, "              ")
		b.WriteString("            </Method>\n          </data>\n")
	}
	b.WriteString("        </addData>\n      </pou>\n")
}

// returned finds the type in METHOD Name : TYPE, "" for none.
func returned(declaration string) string {
	for line := range strings.Lines(declaration) {
		if strings.HasPrefix(line, "METHOD ") {
			_, typ, _ := strings.Cut(line, ":")
			return strings.TrimSpace(typ)
		}
	}
	return ""
}

// interfaces are the elements for the sections.
var interfaces = map[string]string{
	"VAR_INPUT": "<inputVars>", "VAR_OUTPUT": "<outputVars>", "VAR": "<localVars>", "VAR_IN_OUT CONSTANT": `<inOutVars constant="true">`,
}

func openInterface(b *bytes.Buffer, o *object, indent, result string) {
	fmt.Fprintf(b, "%s<interface>\n", indent)
	if result != "" {
		fmt.Fprintf(b, "%s  <returnType>%s</returnType>\n", indent, openTypeName(result))
	}
	for _, s := range sections(o.declaration) {
		open := interfaces[s.head]
		fmt.Fprintf(b, "%s  %s\n", indent, open)
		openVariables(b, []section{s}, indent+"    ")
		word, _, _ := strings.Cut(strings.Trim(open, "<>"), " ")
		fmt.Fprintf(b, "%s  </%s>\n", indent, word)
	}
	openPlainText(b, o.declaration, indent+"  ")
	fmt.Fprintf(b, "%s</interface>\n", indent)
}

func openVariables(b *bytes.Buffer, all []section, indent string) {
	for _, s := range all {
		for _, v := range s.variables {
			fmt.Fprintf(b, "%s<variable name=\"%s\"><type>%s</type>", indent, v.name, openTypeName(v.typ))
			if v.initial != "" {
				fmt.Fprintf(b, "<initialValue><simpleValue value=\"%s\"/></initialValue>", escaped(v.initial))
			}
			b.WriteString("</variable>\n")
		}
	}
}

func openPlainText(b *bytes.Buffer, text, indent string) {
	fmt.Fprintf(b, "%s<addData><data name=\"%s\" handleUnknown=\"implementation\"><InterfaceAsPlainText><xhtml xmlns=\"%s\">%s</xhtml></InterfaceAsPlainText></data></addData>\n",
		indent, dataPlainText, nsXHTML, escaped(text))
}

func openBody(b *bytes.Buffer, o *object, indent string) {
	fmt.Fprintf(b, "%s<body><ST><xhtml xmlns=\"%s\">%s</xhtml></ST></body>\n", indent, nsXHTML, escaped(o.code))
}

// elementary are the types that PLCopen XML has elements for.
var elementary = map[string]bool{
	"BOOL": true, "BYTE": true, "WORD": true, "DWORD": true, "USINT": true, "UINT": true, "UDINT": true, "DINT": true, "TIME": true,
}

// array matches ARRAY[a..b] OF TYPE.
var array = regexp.MustCompile(`^ARRAY\[(.+)\.\.(.+)\] OF (.+)$`)

// constants are those of ParameterList.
var constants = sync.OnceValue(func() map[string]int64 {
	all := map[string]int64{}
	for _, o := range objects() {
		if o.kind() != "VAR_GLOBAL" {
			continue
		}
		for _, s := range sections(o.declaration) {
			for _, v := range s.variables {
				if n, err := strconv.ParseInt(strings.Replace(v.initial, "16#", "0x", 1), 0, 64); err == nil {
					all[o.name+"."+v.name] = n
				}
			}
		}
	}
	return all
})

// constant calculates a sum as the declarations have it: the schema has numbers
// for bounds and lengths, and the text of the declaration the names.
func constant(sum string) int64 {
	var total int64
	for term := range strings.SplitSeq(strings.ReplaceAll(sum, " - ", " + -"), " + ") {
		product := int64(1)
		for factor := range strings.SplitSeq(term, " * ") {
			n, ok := constants()[factor]
			if !ok {
				n, _ = strconv.ParseInt(factor, 10, 64) // a test calculates them all
			}
			product *= n
		}
		total += product
	}
	return total
}

// openTypeName writes a type as an element.
func openTypeName(typ string) string {
	if m := array.FindStringSubmatch(typ); m != nil {
		return fmt.Sprintf(`<array><dimension lower="%d" upper="%d"/><baseType>%s</baseType></array>`, constant(m[1]), constant(m[2]), openTypeName(m[3]))
	}
	if length, ok := strings.CutPrefix(typ, "STRING("); ok {
		return fmt.Sprintf(`<string length="%d"/>`, constant(strings.TrimSuffix(length, ")")))
	}
	if target, ok := strings.CutPrefix(typ, "POINTER TO "); ok {
		return "<pointer><baseType>" + openTypeName(target) + "</baseType></pointer>"
	}
	switch {
	case typ == "STRING":
		return "<string/>"
	case elementary[typ]:
		return "<" + typ + "/>"
	default:
		return fmt.Sprintf(`<derived name="%s"/>`, typ)
	}
}

func escaped(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a buffer takes all
	return strings.NewReplacer("&#xA;", "\n", "&#x9;", "\t").Replace(b.String())
}
