package tf6770

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// files are the function block and its types, in Structured Text.
//
//go:embed plc/*.st
var files embed.FS

// object is one thing of a PLC program: what stands in one file.
type object struct {
	name        string
	declaration string
	code        string
	methods     []object
}

// kind is the word that a declaration begins with, behind comments and attributes.
func (o *object) kind() string {
	for line := range strings.Lines(o.declaration) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") && !strings.HasPrefix(line, "{") {
			word, _, _ := strings.Cut(line, " ")
			return word
		}
	}
	return ""
}

// objects reads the embedded sources.
func objects() []object {
	names, _ := fs.Glob(files, "plc/*.st") // the pattern is right
	var all []object
	for _, name := range names {
		text, _ := files.ReadFile(name) // is embedded
		all = append(all, parseObject(strings.TrimSuffix(path.Base(name), ".st"), string(text)))
	}
	return all
}

// parseObject cuts a source into declaration, code and methods.
func parseObject(name, text string) object {
	if o := (object{name: name, declaration: text}); o.kind() != "FUNCTION_BLOCK" {
		return o
	}
	text, _, _ = strings.Cut(text, "END_FUNCTION_BLOCK")
	var parts []string // the block, and its methods with the comments before them
	begin, comment := 0, -1
	at := 0
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "//") && comment < 0:
			comment = at
		case strings.HasPrefix(line, "METHOD "):
			if comment < 0 {
				comment = at
			}
			parts = append(parts, text[begin:comment])
			begin, comment = comment, -1
		case !strings.HasPrefix(line, "//"):
			comment = -1
		}
		at += len(line)
	}
	parts = append(parts, text[begin:])
	o := divide(name, parts[0])
	for _, part := range parts[1:] {
		part, _, _ = strings.Cut(part, "END_METHOD")
		o.methods = append(o.methods, divide(methodName(part), part))
	}
	return o
}

// methodName finds the name in METHOD PRIVATE Name : TYPE.
func methodName(text string) string {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "METHOD "); ok {
			rest, _, _ = strings.Cut(strings.TrimPrefix(rest, "PRIVATE "), ":")
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// divide cuts a block or method into its declaration, which ends with the last
// END_VAR or the line that names it, and its code.
func divide(name, text string) object {
	end, at := 0, 0
	for line := range strings.Lines(text) {
		at += len(line)
		word := strings.TrimSpace(line)
		if word == "END_VAR" || strings.HasPrefix(word, "METHOD ") || strings.HasPrefix(word, "FUNCTION_BLOCK ") {
			end = at
		}
	}
	return object{name: name, declaration: strings.TrimSpace(text[:end]) + "\n", code: strings.TrimSpace(text[end:]) + "\n"}
}

// guid makes a GUID of a name, the same each time.
func guid(name string) string {
	sum := sha256.Sum256([]byte("stellwerk/ads/tf6770/" + name))
	sum[6], sum[8] = sum[6]&0xf|0x40, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum[:16])
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:32])
}

// SourceFile is a file for a PLC project.
type SourceFile struct {
	Name    string
	Content []byte
}

// TwinCATSources returns the function block and its types as files of TwinCAT 3
// (TcPOU, TcDUT, TcGVL), to be added to a PLC project.
func TwinCATSources() []SourceFile {
	var all []SourceFile
	for _, o := range objects() {
		element, suffix := "DUT", ".TcDUT"
		switch o.kind() {
		case "FUNCTION_BLOCK":
			element, suffix = "POU", ".TcPOU"
		case "VAR_GLOBAL":
			element, suffix = "GVL", ".TcGVL"
		}
		var b bytes.Buffer
		b.WriteString("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<TcPlcObject Version=\"1.1.0.1\">\n")
		fmt.Fprintf(&b, "  <%s Name=\"%s\" Id=\"{%s}\">\n", element, o.name, guid(o.name))
		twinCATBody(&b, &o, "    ", element == "POU")
		for i := range o.methods {
			m := &o.methods[i]
			fmt.Fprintf(&b, "    <Method Name=\"%s\" Id=\"{%s}\">\n", m.name, guid(o.name+"."+m.name))
			twinCATBody(&b, m, "      ", true)
			b.WriteString("    </Method>\n")
		}
		fmt.Fprintf(&b, "  </%s>\n</TcPlcObject>\n", element)
		all = append(all, SourceFile{o.name + suffix, b.Bytes()})
	}
	return all
}

func twinCATBody(b *bytes.Buffer, o *object, indent string, code bool) {
	fmt.Fprintf(b, "%s<Declaration><![CDATA[%s]]></Declaration>\n", indent, o.declaration)
	if code {
		fmt.Fprintf(b, "%s<Implementation>\n%s  <ST><![CDATA[%s]]></ST>\n%s</Implementation>\n", indent, indent, o.code, indent)
	}
}

// StructuredText returns the sources as they are.
func StructuredText() []SourceFile {
	var all []SourceFile
	names, _ := fs.Glob(files, "plc/*.st") // the pattern is right
	for _, name := range names {
		text, _ := files.ReadFile(name) // is embedded
		all = append(all, SourceFile{path.Base(name), text})
	}
	return all
}
