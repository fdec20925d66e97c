package ads

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

const (
	// entryRoom is the room for a symbol entry; one that needs more is asked for
	// again with mostEntryRoom.
	entryRoom     = 2 << 10
	mostEntryRoom = 256 << 10
	// courtesy is how many octets the symbol table may have to be loaded for a
	// name that the target does not find.
	courtesy = 1 << 20
)

// resolve returns what names lead to, or an error for each. Methods are
// instance#Method.
func (c *Client) resolve(ctx context.Context, list []string) ([]*named, []error, staleness, error) {
	found := make([]*named, len(list))
	errs := make([]error, len(list))
	if at, missing := c.names.lookUp(list, found); len(missing) == 0 {
		return found, errs, at, nil
	}
	if err := c.names.take(ctx); err != nil {
		return nil, nil, staleness{}, err
	}
	defer c.names.giveTurn()
	at, err := c.renew(ctx, func() error {
		_, missing := c.names.lookUp(list, found)
		l := nameLoader{client: c, ctx: ctx, list: list, found: found, errs: errs}
		if err := l.load(missing); err != nil {
			return err
		}
		c.names.mu.Lock()
		defer c.names.mu.Unlock()
		for _, i := range missing {
			if errs[i] = about(errs[i], list[i]); errs[i] == nil {
				c.names.symbols[list[i]] = found[i]
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, staleness{}, err
	}
	return found, errs, at, nil
}

// lookUp fills in what is known, and returns the places of what is not.
func (n *names) lookUp(list []string, found []*named) (at staleness, missing []int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, name := range list {
		if found[i] = n.symbols[name]; found[i] == nil || !n.known {
			missing = append(missing, i)
		}
	}
	return n.at, missing
}

// nameLoader looks names up. Whom the turn has uses it, within renew.
type nameLoader struct {
	client *Client
	ctx    context.Context // it lives as long as the call of resolve
	list   []string
	found  []*named
	errs   []error
	page   symbol.CodePage
	places []int // those of what is looked up, as long as there is no error
}

// fatal reports whether an error concerns more than one name.
func (l *nameLoader) fatal(err error) bool {
	return err != nil && (l.ctx.Err() != nil || errors.Is(err, ErrTimeout) || l.client.Err() != nil || gone(Code(err)))
}

// load looks up the names at the places.
func (l *nameLoader) load(missing []int) error {
	if len(missing) == 0 {
		return nil
	}
	info, err := l.client.uploadInfo(l.ctx)
	if l.fatal(err) {
		return err
	}
	l.page = info.CodePage
	for _, i := range missing {
		l.found[i], l.errs[i] = nil, nil
	}
	l.places = missing
	for _, step := range []func() error{l.variables, l.table, l.types, l.methods, l.handles} {
		if err := step(); err != nil {
			return err
		}
		l.drop()
	}
	return nil
}

// drop goes on without names that have an error.
func (l *nameLoader) drop() {
	var good []int
	for _, i := range l.places {
		if l.errs[i] == nil {
			good = append(good, i)
		}
	}
	l.places = good
}

// symbol returns the name of the symbol, without that of a method.
func (l *nameLoader) symbol(i int) string {
	name, _, _ := strings.Cut(l.list[i], "#")
	return name
}

// variables asks for symbol entries by name, unless the table is there.
func (l *nameLoader) variables() error {
	l.client.names.mu.Lock()
	loaded := l.client.names.table != nil
	l.client.names.mu.Unlock()
	if loaded {
		return nil
	}
	items := make([]command.ReadWriteRequest, len(l.places))
	for j, i := range l.places {
		items[j] = l.entryRequest(i, entryRoom)
	}
	answers, err := l.client.ReadWriteMany(l.ctx, items)
	if err != nil {
		return err
	}
	for j, i := range l.places {
		a := answers[j]
		if a.Result == ams.InvalidSize {
			r := l.entryRequest(i, mostEntryRoom)
			a.Data, err = l.client.ReadWrite(l.ctx, r.Index, r.ReadLength, r.Data)
			if l.fatal(err) {
				return err
			}
			a.Result = Code(err)
		}
		switch {
		case a.Result == ams.ServiceNotSupported || a.Result == ams.InvalidGroup:
			// Found in the table below.
		case a.Result != ams.NoError:
			l.errs[i] = l.client.fail("look up", items[j].Index, a.Result)
		default:
			e, _, err := symbol.DecodeEntry(a.Data, l.page)
			if err != nil {
				l.errs[i] = l.client.malformed("look up", items[j].Index, err)
				continue
			}
			l.found[i] = &named{Variable: symbol.Variable{Symbol: &e}}
		}
	}
	return l.suggest()
}

func (l *nameLoader) entryRequest(i int, room uint32) command.ReadWriteRequest {
	return command.ReadWriteRequest{
		Index: command.Index{Group: command.GroupInfoByNameEx}, ReadLength: room, Data: nameText(l.symbol(i), l.page),
	}
}

// suggest looks into the table for names that the target does not find, where
// that is not large: it may know a part of a symbol that the target does not, or
// what was meant.
func (l *nameLoader) suggest() error {
	for _, i := range l.places {
		if Code(l.errs[i]) != ams.SymbolNotFound {
			continue
		}
		info, err := l.client.uploadInfo(l.ctx)
		if err != nil || info.SymbolBytes > courtesy || info.TypeBytes > courtesy {
			return nil //nolint:nilerr // the names are not found, which is in their errors
		}
		table, _, err := l.client.loadTable(l.ctx)
		if l.fatal(err) {
			return err
		}
		if err != nil {
			return nil //nolint:nilerr // as above
		}
		v, err := table.Find(l.symbol(i))
		if err != nil {
			e := *l.errs[i].(*Error) //nolint:errorlint,forcetypeassert // made above
			e.Err = err
			l.errs[i] = &e
			continue
		}
		l.errs[i], l.found[i] = nil, &named{Variable: v}
	}
	return nil
}

// table finds in the table what is not found yet.
func (l *nameLoader) table() error {
	for _, i := range l.places {
		if l.found[i] != nil {
			continue
		}
		table, _, err := l.client.loadTable(l.ctx)
		if l.fatal(err) {
			return err
		}
		if err != nil {
			l.errs[i] = err
			continue
		}
		v, err := table.Find(l.symbol(i))
		if err != nil {
			l.errs[i] = &Error{Op: "look up", Target: l.client.target, Code: ams.SymbolNotFound, Err: err}
			continue
		}
		l.found[i] = &named{Variable: v}
	}
	return nil
}

// types resolves the types of entries, with the data type table where they need
// it.
func (l *nameLoader) types() error {
	l.client.names.mu.Lock()
	types := l.client.names.types
	l.client.names.mu.Unlock()
	loaded := types != nil
	if !loaded {
		types = symbol.NewTypes(nil, l.client.typesOptions())
	}
	for _, i := range l.places {
		n := l.found[i]
		if n.Type != nil {
			continue
		}
		typ, err := types.ResolveEntry(n.Symbol)
		if !loaded && (err != nil || opaque(typ) || guessed(types, n.Symbol)) {
			loaded = true
			if types, err = l.client.loadTypes(l.ctx); err != nil {
				return err
			}
			typ, err = types.ResolveEntry(n.Symbol)
		}
		if err != nil {
			l.errs[i] = l.client.malformed("look up", command.Index{}, err)
			continue
		}
		e := n.Symbol
		n.Variable = symbol.Variable{
			Name: e.Name, IndexGroup: e.IndexGroup, IndexOffset: e.IndexOffset, Size: typ.Size,
			Type: typ, Symbol: e, Attributes: e.Attributes, Comment: e.Comment,
		}
	}
	return nil
}

// opaque reports whether nothing is known of the values of a type.
func opaque(t *symbol.Type) bool {
	for t.Kind == symbol.KindArray {
		t = t.Elem
	}
	return t.Kind == symbol.KindOpaque
}

// guessed reports whether nothing but its base type is known of a symbol, so that
// names of an enumeration, for one, are not.
func guessed(types *symbol.Types, e *symbol.Entry) bool {
	if e.Type == "" {
		return false
	}
	_, err := types.Resolve(e.Type)
	return err != nil
}

// methods finds methods in the types of their instances.
func (l *nameLoader) methods() error {
	for _, i := range l.places {
		_, name, ok := strings.Cut(l.list[i], "#")
		if !ok {
			continue
		}
		method := l.found[i].Type.Method(name)
		if method == nil {
			l.errs[i] = &Error{
				Op: "look up", Target: l.client.target, Code: ams.SymbolNotFound,
				Err: &symbol.NotFoundError{What: "method", Name: name, Within: l.found[i].Name + ", a " + l.found[i].Type.Name},
			}
			continue
		}
		one := *l.found[i]
		one.method = method
		l.found[i] = &one
	}
	return nil
}

// handles gets handles. Where the target has none, variables are accessed by
// their addresses.
func (l *nameLoader) handles() error {
	index := command.Index{Group: command.GroupHandleByName}
	items := make([]command.ReadWriteRequest, len(l.places))
	for j, i := range l.places {
		items[j] = command.ReadWriteRequest{Index: index, ReadLength: 4, Data: nameText(l.list[i], l.page)}
	}
	if len(items) == 0 {
		return nil
	}
	answers, err := l.client.ReadWriteMany(l.ctx, items)
	if err != nil {
		return err
	}
	for j, i := range l.places {
		n, a := l.found[i], answers[j]
		switch {
		case a.Result == ams.NoError && len(a.Data) == 4:
			n.handle, n.hasHandle = binary.LittleEndian.Uint32(a.Data), true
		case a.Result == ams.NoError:
			l.errs[i] = l.client.malformed("get handle", index, fmt.Errorf("a handle with %d octets, it has 4", len(a.Data)))
		case n.method == nil && n.IndexGroup != 0 && !n.IsBit():
			// A device without handles, or without those of parts.
		default:
			l.errs[i] = l.client.fail("get handle", index, a.Result)
		}
	}
	return nil
}

// Symbol looks a variable up by its name: a symbol, or a part of one, such as
// MAIN.aData[3].fX.
func (c *Client) Symbol(ctx context.Context, name string) (symbol.Variable, error) {
	found, errs, _, err := c.resolve(ctx, []string{name})
	if err == nil {
		err = errs[0]
	}
	if err != nil {
		return symbol.Variable{}, about(c.fail("look up", command.Index{}, err), name)
	}
	return found[0].Variable, nil
}
