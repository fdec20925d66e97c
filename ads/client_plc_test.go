package ads

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
	"stellwerk/internal/rig"
)

// testPLC is a PLC that a test changes behind the back of its clients: it
// downloads, restarts and forgets.
type testPLC struct {
	mu      sync.Mutex
	version uint8
	state   command.ADSState
	restart uint16
	symbols []symbol.Entry
	types   []symbol.TypeEntry
	memory  [4096]byte
	handles map[uint32]string
	next    uint32
	notes   map[uint32]*testNote
	noSums  bool
	refuses ams.ReturnCode                 // of the symbol version, where it has none
	old     bool                           // TwinCAT 2
	groups  map[command.IndexGroup]int     // requests
	between func(group command.IndexGroup) // called before each is answered
}

type testNote struct {
	conn   *ServerConn
	client ams.Address
	index  command.Index
	length uint32
}

// newTestPLC has INTs, a structure, an array and a function block.
func newTestPLC() *testPLC {
	p := &testPLC{
		version: 7, state: command.StateRun, handles: make(map[uint32]string), next: 100,
		notes: make(map[uint32]*testNote), groups: make(map[command.IndexGroup]int),
	}
	add := func(name, typ string, base symbol.BaseType, offset, size uint32) {
		p.symbols = append(p.symbols, symbol.Entry{
			IndexGroup: uint32(command.GroupData), IndexOffset: offset, Size: size, BaseType: base, Name: name, Type: typ,
		})
	}
	add("MAIN.n", "INT", symbol.BaseInt16, 0, 2)
	add("MAIN.f", "LREAL", symbol.BaseReal64, 8, 8)
	add("MAIN.s", "STRING(9)", symbol.BaseString, 16, 10)
	add("MAIN.p", "ST_Point", symbol.BaseBig, 32, 4)
	add("MAIN.fb", "FB_Sum", symbol.BaseBig, 64, 8)
	for i := range 700 {
		add(fmt.Sprintf("GVL.v%d", i), "DINT", symbol.BaseInt32, uint32(1000+4*i), 4)
	}
	field := func(name string, offset uint32) symbol.TypeEntry {
		return symbol.TypeEntry{Version: 1, Name: name, Type: "INT", Size: 2, Offset: offset, BaseType: symbol.BaseInt16, Flags: symbol.TypeFlagDataItem}
	}
	parameter := func(name string, flags symbol.ParameterFlags) symbol.Parameter {
		return symbol.Parameter{Name: name, Type: "INT", Size: 2, BaseType: symbol.BaseInt16, Flags: flags}
	}
	p.types = []symbol.TypeEntry{
		{
			Version: 1, Name: "ST_Point", Size: 4, BaseType: symbol.BaseBig, Flags: symbol.TypeFlagDataType,
			SubItems: []symbol.TypeEntry{field("x", 0), field("y", 2)},
		},
		{
			Version: 1, Name: "FB_Sum", Size: 8, BaseType: symbol.BaseBig, Flags: symbol.TypeFlagDataType,
			Methods: []symbol.Method{{
				Name: "Add", ReturnType: "DINT", ReturnSize: 4,
				Parameters: []symbol.Parameter{
					parameter("a", symbol.ParameterFlagIn), parameter("b", symbol.ParameterFlagIn), parameter("half", symbol.ParameterFlagOut),
				},
			}},
		},
	}
	return p
}

// serve connects a client with the PLC.
func (p *testPLC) serve(t testing.TB, options ClientOptions) *Client {
	t.Helper()
	server, err := NewServer(&ServerOptions{NetID: plc.NetID})
	if err != nil {
		t.Fatal(err)
	}
	server.Handle(plc.Port, p)
	near, far := rig.Pipe(nil)
	if _, err := server.ServeConn(far); err != nil {
		t.Fatal(err)
	}
	options.Target, options.Source = plc, station
	c, err := NewClient(near, &options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// change does something to the PLC.
func (p *testPLC) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// ServeADS answers.
func (p *testPLC) ServeADS(_ context.Context, r *Request, dst []byte) ([]byte, ams.ReturnCode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch r.Header.Command {
	case ams.ReadState:
		return command.State{ADSState: p.state}.Append(dst), 0
	case ams.Read:
		q, _ := command.DecodeReadRequest(r.Data)
		data, code := p.read(q)
		return command.ReadResponse{Result: code, Data: data}.Append(dst), 0
	case ams.Write:
		q, _ := command.DecodeWriteRequest(r.Data)
		return command.AppendResult(dst, p.write(q)), 0
	case ams.ReadWrite:
		q, _ := command.DecodeReadWriteRequest(r.Data)
		data, code := p.readWrite(r, q)
		return command.ReadResponse{Result: code, Data: data}.Append(dst), 0
	case ams.AddDeviceNotification:
		q, _ := command.DecodeAddNotificationRequest(r.Data)
		return p.subscribe(r, q).Append(dst), 0
	case ams.DeleteDeviceNotification:
		handle, _ := command.DecodeDeleteNotification(r.Data)
		return command.AppendResult(dst, p.unsubscribe(handle)), 0
	}
	return command.AppendResult(dst, ams.ServiceNotSupported), 0
}

func (p *testPLC) seen(group command.IndexGroup) {
	p.groups[group]++
	if p.between != nil {
		p.between(group)
	}
}

// find returns the entry of a name.
func (p *testPLC) find(name string) (symbol.Entry, bool) {
	i := slices.IndexFunc(p.symbols, func(e symbol.Entry) bool { return strings.EqualFold(e.Name, strings.TrimRight(name, "\x00")) })
	if i < 0 {
		return symbol.Entry{}, false
	}
	return p.symbols[i], true
}

// place returns the octets that an index leads to.
func (p *testPLC) place(i command.Index, length uint32) ([]byte, ams.ReturnCode) {
	switch i.Group {
	case command.GroupData:
		if i.Offset+length > uint32(len(p.memory)) {
			return nil, ams.InvalidOffset
		}
		return p.memory[i.Offset : i.Offset+length], 0
	case command.GroupValueByHandle:
		e, ok := p.find(p.handles[i.Offset])
		switch {
		case !ok:
			return nil, ams.SymbolNotFound
		case e.Size != length:
			return nil, ams.InvalidSize
		}
		return p.memory[e.IndexOffset : e.IndexOffset+length], 0
	default:
		return nil, ams.InvalidGroup
	}
}

func (p *testPLC) read(q command.ReadRequest) ([]byte, ams.ReturnCode) {
	p.seen(q.Group)
	switch q.Group {
	case command.GroupSymbolVersion:
		return []byte{p.version}, p.refuses
	case command.GroupUploadInfo2:
		if p.old {
			return nil, ams.InvalidGroup
		}
		fallthrough
	case command.GroupUploadInfo:
		symbols, types := p.tables()
		info := symbol.UploadInfo{
			Symbols: uint32(len(p.symbols)), SymbolBytes: uint32(len(symbols)),
			Types: uint32(len(p.types)), TypeBytes: uint32(len(types)), CodePage: symbol.UTF8,
		}
		return info.Append(nil)[:min(q.Length, 64)], 0
	case command.GroupUpload:
		symbols, _ := p.tables()
		return symbols, 0
	case command.GroupTypeUpload:
		_, types := p.tables()
		return types, 0
	}
	data, code := p.place(q.Index, q.Length)
	return slices.Clone(data), code
}

// tables returns the symbol table and the data type table.
func (p *testPLC) tables() (symbols, types []byte) {
	for i := range p.symbols {
		symbols, _ = p.symbols[i].Append(symbols, symbol.UTF8)
	}
	for i := range p.types {
		types, _ = p.types[i].Append(types, symbol.UTF8)
	}
	return symbols, types
}

func (p *testPLC) write(q command.WriteRequest) ams.ReturnCode {
	p.seen(q.Group)
	if q.Group == command.GroupReleaseHandle {
		handle := binary.LittleEndian.Uint32(q.Data)
		if _, ok := p.handles[handle]; !ok {
			return ams.SymbolNotFound
		}
		delete(p.handles, handle)
		return 0
	}
	data, code := p.place(q.Index, uint32(len(q.Data)))
	copy(data, q.Data)
	return code
}

func (p *testPLC) readWrite(r *Request, q command.ReadWriteRequest) ([]byte, ams.ReturnCode) {
	sum := q.Group >= command.GroupSumRead && q.Group <= command.GroupSumDeleteNotes
	if sum && p.noSums {
		return nil, ams.ServiceNotSupported
	}
	if !sum {
		p.seen(q.Group)
	} else {
		p.groups[q.Group]++
	}
	switch q.Group {
	case command.GroupHandleByName:
		name := strings.TrimRight(string(q.Data), "\x00")
		instance, method, called := strings.Cut(name, "#")
		if _, ok := p.find(instance); !ok || called && method != "Add" {
			return nil, ams.SymbolNotFound
		}
		p.next++
		p.handles[p.next] = name
		return binary.LittleEndian.AppendUint32(nil, p.next), 0
	case command.GroupInfoByNameEx:
		if p.old {
			return nil, ams.InvalidGroup
		}
		e, ok := p.find(string(q.Data))
		if !ok {
			return nil, ams.SymbolNotFound
		}
		data, _ := e.Append(nil, symbol.UTF8)
		return data, 0
	case command.GroupValueByHandle:
		if !strings.HasSuffix(p.handles[q.Offset], "#Add") {
			return nil, ams.SymbolNotFound
		}
		a, b := int16(binary.LittleEndian.Uint16(q.Data)), int16(binary.LittleEndian.Uint16(q.Data[2:]))
		data := binary.LittleEndian.AppendUint32(nil, uint32(int32(a)+int32(b)))
		return binary.LittleEndian.AppendUint16(data, uint16((a+b)/2)), 0
	case command.GroupSumRead:
		items, _ := command.DecodeSumReads(nil, q.Offset, q.Data)
		return command.AppendSumReadAnswers(nil, items, p.readAll(items)), 0
	case command.GroupSumReadEx2:
		items, _ := command.DecodeSumReads(nil, q.Offset, q.Data)
		return command.AppendSumDataAnswers(nil, p.readAll(items)), 0
	case command.GroupSumWrite:
		items, _ := command.DecodeSumWrites(nil, q.Offset, q.Data)
		var codes []ams.ReturnCode
		for _, item := range items {
			codes = append(codes, p.write(item))
		}
		return command.AppendSumResults(nil, codes), 0
	case command.GroupSumReadWrite:
		items, _ := command.DecodeSumReadWrites(nil, q.Offset, q.Data)
		var answers []command.SumAnswer
		for _, item := range items {
			data, code := p.readWrite(r, item)
			answers = append(answers, command.SumAnswer{Result: code, Data: data})
		}
		return command.AppendSumDataAnswers(nil, answers), 0
	case command.GroupSumAddNotes:
		items, _ := command.DecodeSumAddNotifications(nil, q.Offset, q.Data)
		var answers []command.AddNotificationResponse
		for _, item := range items {
			answers = append(answers, p.subscribe(r, item))
		}
		return command.AppendSumAddNotificationAnswers(nil, answers), 0
	case command.GroupSumDeleteNotes:
		handles, _ := command.DecodeSumDeleteNotifications(nil, q.Offset, q.Data)
		var codes []ams.ReturnCode
		for _, handle := range handles {
			codes = append(codes, p.unsubscribe(handle))
		}
		return command.AppendSumResults(nil, codes), 0
	}
	return nil, ams.InvalidGroup
}

func (p *testPLC) readAll(items []command.ReadRequest) (answers []command.SumAnswer) {
	for _, item := range items {
		data, code := p.read(item)
		answers = append(answers, command.SumAnswer{Result: code, Data: data})
	}
	return answers
}

func (p *testPLC) subscribe(r *Request, q command.AddNotificationRequest) command.AddNotificationResponse {
	_, code := p.place(q.Index, q.Length)
	if q.Group == command.GroupSymbolVersion {
		code = ams.NoError
	}
	if code != ams.NoError {
		return command.AddNotificationResponse{Result: code}
	}
	p.next++
	p.notes[p.next] = &testNote{r.Conn(), r.Header.Source, q.Index, q.Length}
	handle := p.next
	r.After(func() { p.change(func() { p.notify(handle) }) })
	return command.AddNotificationResponse{Handle: handle}
}

func (p *testPLC) unsubscribe(handle uint32) ams.ReturnCode {
	if p.notes[handle] == nil {
		return ams.NotificationHandleInvalid
	}
	delete(p.notes, handle)
	return 0
}

// notify sends the value of a notification. The caller holds mu.
func (p *testPLC) notify(handle uint32) {
	n := p.notes[handle]
	if n == nil {
		return
	}
	data, _ := p.place(n.index, n.length)
	if n.index.Group == command.GroupSymbolVersion {
		data = []byte{p.version}
	}
	b := command.BeginNotification(nil)
	b.Add(command.Sample{Time: 116444736000000000, Handle: handle, Data: data})
	n.conn.Notify(plc.Port, n.client, b.End())
}

// set sets an INT and notifies.
func (p *testPLC) set(name string, v int16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, _ := p.find(name)
	binary.LittleEndian.PutUint16(p.memory[e.IndexOffset:], uint16(v))
	for handle := range p.notes {
		p.notify(handle)
	}
}

// online is an online change that puts the symbol to another place.
func (p *testPLC) online(name string, offset uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.symbols, func(e symbol.Entry) bool { return e.Name == name })
	p.symbols[i].IndexOffset = offset
	p.version++
}

// reboot forgets all handles and notifications.
func (p *testPLC) reboot() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.handles)
	clear(p.notes)
	p.next += 1000
	p.restart++
}
