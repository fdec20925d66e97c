package ads

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// staleness is what proves that names lead where they led before: the symbol
// version of the target when they were looked up, and a count of the times that
// all of them were thrown away.
type staleness struct {
	version uint8
	none    bool // the target has no symbol version
	epoch   uint64
}

// names are the symbols that a client has looked up. Whoever looks up more, or
// loads a table, has turn; what was looked up is guarded by mu.
type names struct {
	turn chan struct{} // holds one value while nobody has it

	mu      sync.Mutex
	at      staleness
	known   bool // at.version is known
	symbols map[string]*named
	stale   []uint32 // handles of an earlier symbol version
	info    *symbol.UploadInfo
	types   *symbol.Types // loaded, else nil
	table   *symbol.Table // loaded, else nil
	wrong   error         // what of the table could not be read
}

// named is a symbol, or a method of one, that was looked up.
type named struct {
	symbol.Variable
	method    *symbol.Method
	handle    uint32
	hasHandle bool // else the symbol is accessed by its address
}

// index is where the symbol is accessed.
func (n *named) index() command.Index {
	if n.hasHandle {
		return command.Index{Group: command.GroupValueByHandle, Offset: n.handle}
	}
	return command.Index{Group: command.IndexGroup(n.IndexGroup), Offset: n.IndexOffset}
}

// value decodes what was read there.
func (n *named) value(data []byte) (any, error) {
	if n.hasHandle {
		return n.Type.Decode(data)
	}
	return n.Decode(data)
}

// unmarshal decodes what was read there into a Go variable.
func (n *named) unmarshal(data []byte, into any) error {
	if n.hasHandle {
		return n.Type.Unmarshal(data, into)
	}
	return n.Unmarshal(data, into)
}

func (n *names) init() {
	n.turn, n.symbols = make(chan struct{}, 1), make(map[string]*named)
	n.turn <- struct{}{}
}

// take waits for the turn.
func (n *names) take(ctx context.Context) error {
	select {
	case <-n.turn:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (n *names) giveTurn() { n.turn <- struct{}{} }

// forget throws away everything that was looked up at a time, unless that has
// happened. Handles are given back later where the target still has them.
func (n *names) forget(at staleness, given bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.at.epoch != at.epoch {
		return
	}
	if given {
		n.stale = append(n.stale, n.handles()...)
	}
	n.at.epoch++
	n.known = false
	n.symbols = make(map[string]*named)
	n.info, n.types, n.table, n.wrong = nil, nil, nil, nil
}

// giveBack gives all handles back.
func (n *names) giveBack(ctx context.Context, c *Client) {
	n.mu.Lock()
	list := slices.Concat(n.stale, n.handles())
	n.stale, n.symbols = nil, make(map[string]*named)
	n.mu.Unlock()
	_ = c.releaseHandles(ctx, list) // where it fails there is nobody who holds them
}

// handles returns those of all symbols. The caller holds mu.
func (n *names) handles() []uint32 {
	var list []uint32
	for _, s := range n.symbols {
		if s.hasHandle {
			list = append(list, s.handle)
		}
	}
	return list
}

// stale reports whether a return code says that what was looked up may no longer
// be right. The target has not carried out what it answers so.
func stale(code ams.ReturnCode) bool {
	switch code {
	case ams.SymbolNotFound, ams.SymbolVersionInvalid, ams.InvalidOffset, ams.InvalidSize, ams.NotificationHandleInvalid:
		return true
	default:
		return false
	}
}

// versionIndex is where the symbol version is.
var versionIndex = command.Index{Group: command.GroupSymbolVersion}

// SymbolVersion reads the symbol version, which changes with each download and
// online change of a PLC.
func (c *Client) SymbolVersion(ctx context.Context) (uint8, error) {
	const op = "read symbol version"
	data, err := c.fetch(ctx, op, c.newRead(versionIndex, 1), 1, nil)
	if err == nil && len(data) < 1 {
		err = c.malformed(op, versionIndex, errors.New("no octet has come, 1 was asked for"))
	}
	if err != nil {
		return 0, err
	}
	return data[0], nil
}

// version reads the symbol version for a proof; a target that has none is one
// whose symbols never change, such as most devices other than PLCs.
func (c *Client) version(ctx context.Context) (version uint8, none bool, err error) {
	version, err = c.SymbolVersion(ctx)
	if err != nil && (unsupported(err) || failed(err) || Code(err) == ams.InvalidOffset || Code(err) == ams.NotFound) {
		return 0, true, nil
	}
	return version, false, err
}

// attempts is how often something is looked up again that has changed while it
// was used.
const attempts = 4

var errChanging = errors.New("the symbol version changes all the time")

// renew has load look something up that belongs to one symbol version. It is
// called by whom the turn has.
func (c *Client) renew(ctx context.Context, load func() error) (staleness, error) {
	n := &c.names
	for range attempts {
		version, none, err := c.version(ctx)
		if err != nil {
			return staleness{}, err
		}
		n.mu.Lock()
		at := n.at
		changed := n.known && (at.version != version || at.none != none)
		if !n.known {
			n.at.version, n.at.none, n.known = version, none, true
			at = n.at
		}
		n.mu.Unlock()
		if changed {
			n.forget(at, true)
			continue
		}
		c.releaseStale(ctx)
		if err := load(); err != nil {
			return staleness{}, err
		}
		after, none, err := c.version(ctx)
		switch {
		case err != nil:
			return staleness{}, err
		case after == at.version && none == at.none:
			return at, nil
		}
		n.forget(at, true)
	}
	return staleness{}, errChanging
}

// releaseStale gives handles of an earlier symbol version back.
func (c *Client) releaseStale(ctx context.Context) {
	c.names.mu.Lock()
	list := c.names.stale
	c.names.stale = nil
	c.names.mu.Unlock()
	_ = c.releaseHandles(ctx, list) // the target may have forgotten them
}

func (c *Client) releaseHandles(ctx context.Context, list []uint32) error {
	if len(list) == 0 {
		return nil
	}
	items := make([]command.WriteRequest, len(list))
	for i, handle := range list {
		items[i] = command.WriteRequest{
			Index: command.Index{Group: command.GroupReleaseHandle}, Data: binary.LittleEndian.AppendUint32(nil, handle),
		}
	}
	_, err := c.WriteMany(ctx, items)
	return err
}

// Handle gets a handle by which a symbol is read and written at the index group
// [command.GroupValueByHandle]. It is the caller's, who gives it back with
// [Client.ReleaseHandle]. Reading and writing values by name gets and keeps
// handles of its own.
func (c *Client) Handle(ctx context.Context, name string) (uint32, error) {
	const op = "get handle"
	index := command.Index{Group: command.GroupHandleByName}
	k := c.newReadWrite(index, 4, nameText(name, symbol.Windows1252))
	data, err := c.fetch(ctx, op, k, 4, nil)
	if err == nil && len(data) < 4 {
		err = c.malformed(op, index, fmt.Errorf("a handle with %d octets, it has 4", len(data)))
	}
	if err != nil {
		return 0, about(err, name)
	}
	return binary.LittleEndian.Uint32(data), nil
}

// ReleaseHandle gives a handle back.
func (c *Client) ReleaseHandle(ctx context.Context, handle uint32) error {
	return c.Write(ctx, command.Index{Group: command.GroupReleaseHandle}, binary.LittleEndian.AppendUint32(nil, handle))
}

// about puts the name to an error that is about it.
func about(err error, name string) error {
	if e, ok := errors.AsType[*Error](err); ok && e.Name == "" && e.Op != "connection" {
		named := *e
		named.Name = name
		return &named
	}
	return err
}

// nameText is a name as it is sent, ended by NUL.
func nameText(name string, page symbol.CodePage) []byte {
	typ, err := symbol.NewTypes(nil, &symbol.TypesOptions{Strings: page}).Resolve(fmt.Sprintf("STRING(%d)", len(name)))
	if err == nil {
		if data, err := typ.Encode(name); err == nil {
			return append([]byte(strings.TrimRight(string(data), "\x00")), 0)
		}
	}
	return append([]byte(name), 0) // no symbol has a name that the code page lacks
}

// uploadInfo returns the sizes of the tables; whom the turn has calls it.
func (c *Client) uploadInfo(ctx context.Context) (symbol.UploadInfo, error) {
	c.names.mu.Lock()
	known := c.names.info
	c.names.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	const op = "read upload info"
	index := command.Index{Group: command.GroupUploadInfo2}
	data, err := c.fetch(ctx, op, c.newRead(index, symbol.UploadInfoV3), symbol.UploadInfoV3, nil)
	if Code(err) == ams.InvalidSize { // older systems want their own length
		data, err = c.fetch(ctx, op, c.newRead(index, symbol.UploadInfoV2), symbol.UploadInfoV2, nil)
	}
	if unsupported(err) || Code(err) == ams.InvalidSize {
		index.Group = command.GroupUploadInfo
		data, err = c.fetch(ctx, op, c.newRead(index, symbol.UploadInfoV1), symbol.UploadInfoV1, nil)
	}
	if err != nil {
		return symbol.UploadInfo{}, err
	}
	info, err := symbol.DecodeUploadInfo(data)
	if err != nil {
		return info, c.malformed(op, index, err)
	}
	c.names.mu.Lock()
	c.names.info = &info
	c.names.mu.Unlock()
	return info, nil
}

// upload reads a table.
func (c *Client) upload(ctx context.Context, op string, group command.IndexGroup, octets uint32) ([]byte, error) {
	index := command.Index{Group: group}
	if octets == 0 {
		return nil, nil
	}
	if limit := c.conn.options.MaxData - 8; octets > limit {
		return nil, c.fail(op, index, fmt.Errorf("%w: the target says that the table has %d octets, the limit is %d (ClientOptions.MaxData)", ErrAnswer, octets, limit))
	}
	data, err := c.fetch(ctx, op, c.newRead(index, octets), octets, nil)
	if err == nil && len(data) < int(octets) {
		err = c.malformed(op, index, fmt.Errorf("%d octets have come of a table with %d", len(data), octets))
	}
	return data, err
}

// typesOptions are what tables do not tell.
func (c *Client) typesOptions() *symbol.TypesOptions {
	o := &symbol.TypesOptions{}
	if c.target.Port >= 800 && c.target.Port < 850 {
		o.PointerSize = 4 // TwinCAT 2
	}
	return o
}

// loadTypes loads the data types; whom the turn has calls it within renew. What
// cannot be read is missing.
func (c *Client) loadTypes(ctx context.Context) (*symbol.Types, error) {
	c.names.mu.Lock()
	types := c.names.types
	c.names.mu.Unlock()
	if types != nil {
		return types, nil
	}
	if given := c.conn.options.Symbols; given != nil {
		return given.Types(), nil
	}
	info, err := c.uploadInfo(ctx)
	if unsupported(err) {
		info, err = symbol.UploadInfo{}, nil
	}
	if err != nil {
		return nil, err
	}
	data, err := c.upload(ctx, "upload data types", command.GroupTypeUpload, info.TypeBytes)
	if err != nil && !unsupported(err) {
		return nil, err
	}
	entries, wrong := symbol.ReadTypeEntries(data, info.CodePage)
	types = symbol.NewTypes(entries, c.typesOptions())
	c.names.mu.Lock()
	defer c.names.mu.Unlock()
	c.names.types, c.names.wrong = types, wrong
	return types, nil
}

// Symbols loads the tables of symbols and data types, unless they are there and
// the symbol version is the same. What of them cannot be read is left out and
// told in an error beside the table, which is nil only where nothing came.
func (c *Client) Symbols(ctx context.Context) (*symbol.Table, error) {
	const op = "upload symbols"
	if err := c.names.take(ctx); err != nil {
		return nil, c.fail(op, command.Index{}, err)
	}
	defer c.names.giveTurn()
	var table *symbol.Table
	var wrong error
	_, err := c.renew(ctx, func() error {
		var err error
		table, wrong, err = c.loadTable(ctx)
		return err
	})
	if err != nil {
		return nil, c.fail(op, command.Index{}, err)
	}
	if wrong != nil {
		return table, c.malformed(op, command.Index{Group: command.GroupUpload}, wrong)
	}
	return table, nil
}

func (c *Client) loadTable(ctx context.Context) (table *symbol.Table, wrong, err error) {
	const op = "upload symbols"
	n := &c.names
	n.mu.Lock()
	table, wrong = n.table, n.wrong
	n.mu.Unlock()
	if table != nil {
		return table, wrong, nil
	}
	info, err := c.uploadInfo(ctx)
	if given := c.conn.options.Symbols; given != nil && unsupported(err) {
		return given, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	data, err := c.upload(ctx, op, command.GroupUpload, info.SymbolBytes)
	if err != nil {
		return nil, nil, err
	}
	types, err := c.loadTypes(ctx)
	if err != nil {
		return nil, nil, err
	}
	entries, wrong := symbol.ReadEntries(data, info.CodePage)
	if wrong == nil && len(entries) != int(info.Symbols) {
		wrong = fmt.Errorf("the table has %d symbols, the upload info says %d", len(entries), info.Symbols)
	}
	table = symbol.NewTable(entries, types)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.wrong = errors.Join(n.wrong, wrong)
	n.table = table
	return table, n.wrong, nil
}
