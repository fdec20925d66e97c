package main

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"stellwerk/ads/symbol"
)

// adsSymbols is the command ads symbols.
type adsSymbols struct {
	adsFlags
	tree bool
	typ  string
}

func newADSSymbols() *cobra.Command {
	f := &adsSymbols{}
	cmd := &cobra.Command{
		Use:   "symbols HOST [PATTERN]",
		Short: "List the variables of a PLC, and its types",
		Long: `Symbols loads the symbols and data types of a PLC, and lists name, type, size,
address and comment of each. PATTERN is a name with * and ?, or the beginning of
one; case does not matter. With --tree a tree goes into structures and arrays, and
with --type the structure of a type is shown.

` + adsHost + `

The exit status is 1 when nothing matches.`,
		Example: `  stellwerk ads symbols 192.0.2.5
  stellwerk ads symbols 192.0.2.5 'MAIN.*speed*'
  stellwerk ads symbols 192.0.2.5 MAIN.stAxis --tree
  stellwerk ads symbols 192.0.2.5 --type ST_Axis`,
		Args:              someArguments(1, 2, "HOST, and perhaps a PATTERN"),
		ValidArgsFunction: f.completeNames(1),
		RunE:              func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	f.register(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.tree, "tree", false, "show a tree that goes into structures and arrays")
	flags.StringVar(&f.typ, "type", "", "show the structure of this type, or of all types that match a pattern")
	return cmd
}

// symbolLine is a symbol as --json prints it; docs/manual.md has it.
type symbolLine struct {
	Name       string            `json:"name"`
	Type       string            `json:"type"`
	Size       uint32            `json:"size"`
	Group      uint32            `json:"index_group"`
	Offset     uint32            `json:"index_offset"`
	Flags      []string          `json:"flags,omitempty"`
	Comment    string            `json:"comment,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// typeLine is a type as --json prints it.
type typeLine struct {
	Type    string            `json:"type"`
	Kind    string            `json:"kind"`
	Size    uint32            `json:"size"`
	Base    string            `json:"base,omitempty"`
	Comment string            `json:"comment,omitempty"`
	Fields  []fieldLine       `json:"fields,omitempty"`
	Enum    map[string]int64  `json:"enum,omitempty"`
	Methods map[string]string `json:"methods,omitempty"` // name and declaration
}

type fieldLine struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Offset  uint32 `json:"offset"`
	Bit     uint8  `json:"bit,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// namePattern matches names as the command line has them.
func namePattern(pattern string) (func(string) bool, error) {
	lower := strings.ToLower(pattern)
	if !strings.ContainsAny(lower, "*?") {
		return func(name string) bool { return strings.HasPrefix(strings.ToLower(name), lower) }, nil
	}
	// Brackets are those of arrays here.
	lower = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, "/", "\x00").Replace(lower)
	if _, err := path.Match(lower, ""); err != nil {
		return nil, fmt.Errorf("%q is no pattern: %w", pattern, err)
	}
	return func(name string) bool {
		ok, _ := path.Match(lower, strings.ReplaceAll(strings.ToLower(name), "/", "\x00")) // it was tried
		return ok
	}, nil
}

func (f *adsSymbols) run(cmd *cobra.Command, args []string) error {
	pattern := ""
	if len(args) == 2 {
		pattern = args[1]
	}
	if f.typ != "" && (f.tree || pattern != "") {
		return usageError(cmd, errors.New("--type shows types: leave --tree and the PATTERN of symbols out"))
	}
	if f.tree && f.json {
		return usageError(cmd, errors.New("--tree is for people: leave it out with --json"))
	}
	matches, err := namePattern(pattern)
	if err != nil {
		return usageError(cmd, err)
	}
	s, err := f.open(cmd, args[0])
	if err != nil {
		return err
	}
	s.waiting.say("loading the symbols of " + s.host)
	table, err := s.client.Symbols(cmd.Context())
	s.waiting.clear()
	if table == nil {
		return errors.Join(s.failed(cmd.Context(), err), s.close())
	}
	if err != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "not all symbols could be read: %s\n", printable(err.Error()))
	}
	out := cmd.OutOrStdout()
	switch {
	case f.typ != "":
		err = f.types(out, table)
	case f.tree:
		err = symbolTree(out, table, pattern)
	default:
		err = f.list(out, table, matches)
	}
	if missing, ok := errors.AsType[*symbol.NotFoundError](err); ok {
		err = advise(statusNo, missing, "leave the name out, and all are listed")
	}
	return errors.Join(withStatusUnless(statusNo, err), s.close())
}

// withStatusUnless is withStatus for errors that have none yet.
func withStatusUnless(status int, err error) error {
	if _, ok := errors.AsType[*statusError](err); ok {
		return err
	}
	return withStatus(status, err)
}

func (f *adsSymbols) list(out io.Writer, table *symbol.Table, matches func(string) bool) error {
	rows := &textTable{columns: []column{
		{head: "NAME"}, {head: "TYPE"}, {head: "SIZE", right: true}, {head: "GROUP", right: true}, {head: "OFFSET", right: true}, {head: "COMMENT"},
	}}
	encoder := newLineEncoder(out)
	shown := 0
	for e := range table.Symbols() {
		if !matches(e.Name) {
			continue
		}
		shown++
		if f.json {
			if err := encoder.Encode(symbolLineOf(e)); err != nil {
				return err
			}
			continue
		}
		rows.add(printable(e.Name), printable(e.Type), strconv.FormatUint(uint64(e.Size), 10), fmt.Sprintf("0x%X", e.IndexGroup),
			strconv.FormatUint(uint64(e.IndexOffset), 10), oneLine(e.Comment))
	}
	switch {
	case shown == 0:
		return noneMatches(table)
	case f.json:
		return nil
	}
	return rows.write(out)
}

// noneMatches says that no symbol matches a pattern.
func noneMatches(table *symbol.Table) error {
	if table.Len() == 0 {
		return advise(statusNo, errors.New("the PLC has no symbols"), "look at \"stellwerk ads info\": is this the right --port, and is a program loaded?")
	}
	return advise(statusNo, fmt.Errorf("none of %s matches", number(table.Len(), "symbol")), "leave the pattern out, or put * around a part of the name")
}

func symbolLineOf(e *symbol.Entry) symbolLine {
	line := symbolLine{
		Name: e.Name, Type: e.Type, Size: e.Size, Group: e.IndexGroup, Offset: e.IndexOffset, Flags: e.Flags.Names(), Comment: e.Comment,
	}
	for _, a := range e.Attributes {
		if line.Attributes == nil {
			line.Attributes = make(map[string]string)
		}
		line.Attributes[a.Name] = a.Value
	}
	return line
}

// oneLine makes a line of a comment.
func oneLine(comment string) string { return printable(strings.Join(strings.Fields(comment), " ")) }

// treeRows bounds a tree, and treeChildren what is shown of one branch.
const (
	treeRows     = 5000
	treeChildren = 64
)

// symbolTree shows what is below a path.
func symbolTree(out io.Writer, table *symbol.Table, top string) error {
	rows := &textTable{columns: []column{{head: "NAME"}, {head: "TYPE"}, {head: "COMMENT"}}}
	if top != "" {
		cells := []string{printable(top), "", ""}
		if v, err := table.Find(top); err == nil {
			cells = []string{printable(v.Name), printable(v.Type.Name), oneLine(v.Comment)}
		}
		rows.add(cells...)
	}
	if err := growTree(rows, table, top, ""); err != nil {
		return err
	}
	return rows.write(out)
}

func growTree(rows *textTable, table *symbol.Table, above, indent string) error {
	children, err := table.Children(above, treeChildren+1)
	if err != nil {
		return err
	}
	for i, child := range children {
		if i == treeChildren || len(rows.rows) > treeRows {
			rows.add(indent+"└ … and more", "", "")
			break
		}
		branch, below := "├ ", "│ "
		if i == len(children)-1 {
			branch, below = "└ ", "  "
		}
		typ, comment := "", ""
		if child.Type != nil {
			typ = printable(child.Type.Name)
		}
		if child.Symbol != nil {
			typ, comment = printable(child.Symbol.Type), oneLine(child.Symbol.Comment)
		}
		rows.add(indent+branch+printable(child.Name), typ, comment)
		if child.Leaf {
			continue
		}
		if err := growTree(rows, table, child.Path, indent+below); err != nil {
			rows.add(indent+below+"└ "+printable(err.Error()), "", "")
		}
	}
	return nil
}

// types shows the structure of types.
func (f *adsSymbols) types(out io.Writer, table *symbol.Table) error {
	var list []*symbol.Type
	if strings.ContainsAny(f.typ, "*?") {
		matches, err := namePattern(f.typ)
		if err != nil {
			return withStatus(statusUsage, err)
		}
		for t, err := range table.Types().All() {
			if err == nil && matches(t.Name) {
				list = append(list, t)
			}
		}
		if len(list) == 0 {
			return advise(statusNo, fmt.Errorf("none of %s matches", number(len(table.Types().Entries()), "type")), "put * around a part of the name")
		}
	} else {
		t, err := table.Types().Resolve(f.typ)
		if err != nil {
			return err
		}
		list = append(list, t)
	}
	encoder := newLineEncoder(out)
	for i, t := range list {
		var err error
		switch {
		case f.json:
			err = encoder.Encode(typeLineOf(t, table.Types()))
		case i > 0:
			if _, err = fmt.Fprintln(out); err == nil {
				err = printType(out, t, table.Types())
			}
		default:
			err = printType(out, t, table.Types())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func typeLineOf(t *symbol.Type, types *symbol.Types) typeLine {
	line := typeLine{Type: t.Name, Kind: t.Kind.String(), Size: t.Size, Comment: t.Comment}
	if t.Base != nil {
		line.Base = t.Base.Name
	}
	for _, field := range t.Fields {
		line.Fields = append(line.Fields, fieldLine{Name: field.Name, Type: field.Type.Name, Offset: field.Offset, Bit: field.Bit, Comment: field.Comment})
	}
	for _, e := range t.Enum {
		if line.Enum == nil {
			line.Enum = make(map[string]int64)
		}
		line.Enum[e.Name] = e.Value
	}
	for i := range t.Methods {
		if line.Methods == nil {
			line.Methods = make(map[string]string)
		}
		line.Methods[t.Methods[i].Name] = methodText(&t.Methods[i], types)
	}
	return line
}

// printType shows a type as a table of its parts.
func printType(out io.Writer, t *symbol.Type, types *symbol.Types) error {
	head := fmt.Sprintf("%s, %s, %s", printable(t.Name), t.Kind, number(int(t.Size), "octet"))
	if t.Base != nil {
		head += ", made of " + printable(t.Base.Name)
	}
	if t.Range != nil {
		head += fmt.Sprintf(", %d to %d", t.Range.Low, t.Range.High)
	}
	if t.Target != "" {
		head += ", leads to " + printable(t.Target)
	}
	if t.Comment != "" {
		head += ": " + oneLine(t.Comment)
	}
	if _, err := fmt.Fprintln(out, head); err != nil {
		return err
	}
	if len(t.Fields) > 0 {
		rows := &textTable{indent: "  ", columns: []column{{head: "FIELD"}, {head: "TYPE"}, {head: "OFFSET", right: true}, {head: "COMMENT"}}}
		for _, field := range t.Fields {
			offset := strconv.FormatUint(uint64(field.Offset), 10)
			if field.Type.Kind == symbol.KindBit {
				offset += "." + strconv.Itoa(int(field.Bit))
			}
			rows.add(printable(field.Name), printable(field.Type.Name), offset, oneLine(field.Comment))
		}
		if err := rows.write(out); err != nil {
			return err
		}
	}
	if len(t.Enum) > 0 {
		rows := &textTable{indent: "  ", columns: []column{{head: "VALUE", right: true}, {head: "NAME"}, {head: "COMMENT"}}}
		for _, e := range t.Enum {
			rows.add(strconv.FormatInt(e.Value, 10), printable(e.Name), oneLine(e.Comment))
		}
		if err := rows.write(out); err != nil {
			return err
		}
	}
	for i := range t.Methods {
		if _, err := fmt.Fprintf(out, "  METHOD %s\n", methodText(&t.Methods[i], types)); err != nil {
			return err
		}
	}
	return nil
}

// methodText shows how a method is called and what it gives back.
func methodText(m *symbol.Method, types *symbol.Types) string {
	var in, back []string
	for i := range m.Parameters {
		p := &m.Parameters[i]
		if p.In() {
			in = append(in, p.Name+" : "+p.Type)
		}
		if p.Out() {
			back = append(back, p.Name+" : "+p.Type)
		}
	}
	text := m.Name + "(" + strings.Join(in, ", ") + ")"
	if m.ReturnType != "" {
		text += " : " + m.ReturnType
	}
	if len(back) > 0 {
		text += " => " + strings.Join(back, ", ")
	}
	if _, err := types.Signature(m); err != nil {
		text += " (cannot be called: " + err.Error() + ")"
	}
	return printable(text)
}
