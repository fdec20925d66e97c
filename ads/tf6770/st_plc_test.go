package tf6770_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/tf6770"
	ws "stellwerk/websocket/tf6770"
)

// stDerived is a block as users write it. What its methods do is said by the
// test; TestClose has no result to speak of.
const stDerived = `
FUNCTION_BLOCK FB_Test EXTENDS FB_IotWebSocketClient
VAR
	nMessages : UDINT;
END_VAR
METHOD OnWebSocketMessage : HRESULT
VAR_INPUT
	content : PVOID;
	contentLength : UDINT;
	contentType : ETcIotWebSocketContentType;
END_VAR
nMessages := nMessages + 1;
OnWebSocketMessage := TestMessage(content, contentLength, contentType);
IF bTestEcho AND OnWebSocketMessage = 0 THEN
	IF NOT SendMessage(content, contentLength, contentType = ETcIotWebSocketContentType.WS_CONTENT_TEXT, FALSE) THEN
		OnWebSocketMessage := 1;
	END_IF
END_IF
END_METHOD
METHOD OnWebSocketClose : HRESULT
VAR_INPUT
	statusCode : UINT;
	content : PVOID;
	contentLength : UDINT;
END_VAR
OnWebSocketClose := SUPER^.OnWebSocketClose(statusCode, content, contentLength);
TestClose(statusCode, content, contentLength);
END_METHOD
METHOD CheckProtocol : BOOL
VAR_IN_OUT CONSTANT
	sProtocol : STRING;
END_VAR
CheckProtocol := TestProtocol(ADR(sProtocol));
END_METHOD
END_FUNCTION_BLOCK
`

// fate is what becomes of an ADS request.
type fate struct {
	cycles     int // that the answer takes
	lost       bool
	answerLost bool
	code       ams.ReturnCode // instead of asking the service
}

// stPLC is a PLC that runs the function block.
type stPLC struct {
	t       *testing.T
	machine *stMachine
	block   *stInstance
	scratch int64
	request func(group command.IndexGroup, offset uint32, data []byte, read uint32) ([]byte, ams.ReturnCode)
	service *tf6770.Service
	servers sync.WaitGroup

	fate     func(group command.IndexGroup) fate // nil: an answer in the next cycle
	requests int

	answers   []ams.HRESULT // of OnWebSocketMessage, afterwards OK
	onMessage func(content string)
	onClose   func()
	verdict   func(protocol string) bool
	messages  []string
	kinds     []int64
	closes    []int64
	reasons   []string
}

// stOptions are what a test wants otherwise.
type stOptions struct {
	constants map[string]int64
	options   *tf6770.Options
	echo      bool // the PLC sends back what it gets
	wide      bool
}

func newSTPLC(t *testing.T, o *stOptions, serve func(net.Conn)) *stPLC {
	t.Helper()
	if o == nil {
		o = &stOptions{}
	}
	p := &stPLC{t: t}
	pvoid, udint, uint16, boolean := stElementary["PVOID"], stElementary["UDINT"], stElementary["UINT"], stElementary["BOOL"]
	natives := map[string]*stNative{
		"TESTMESSAGE":  {[]*stType{pvoid, udint, stElementary["DINT"]}, stElementary["HRESULT"], p.message},
		"TESTCLOSE":    {[]*stType{uint16, pvoid, udint}, nil, p.close},
		"TESTPROTOCOL": {[]*stType{pvoid}, boolean, p.protocol},
	}
	constants := map[string]int64{
		"cSizeOfWebSocketSendBuffer": 4096, "cSizeOfWebSocketReceiveBuffer": 4096, "cSizeOfWebSocketMessage": 32768,
	}
	maps.Copy(constants, o.constants)
	derived := stDerived
	value := "FALSE"
	if o.echo {
		value = "TRUE"
	}
	derived = replaceOnce(t, derived, "	nMessages : UDINT;", "	nMessages : UDINT;\n	bTestEcho : BOOL := "+value+";")
	var err error
	if p.machine, err = newSTMachine(constants, natives, stSources(derived)...); err != nil {
		t.Fatal(err)
	}
	p.machine.wide = o.wide
	p.machine.blocks["ADSRDWRT"].native = p.readWrite
	p.machine.blocks["ADSWRITE"].native = p.write
	p.block = p.machine.instantiate(p.machine.blocks["FB_TEST"])
	p.block.setText("sName", "MAIN.fbTest")
	p.block.setText("sHostName", "server.example")
	p.scratch = stBase + int64(p.machine.allocate(&stType{kind: stArray, size: 1 << 17}))
	if o.options == nil {
		o.options = &tf6770.Options{}
	}
	if o.options.Permit == nil {
		o.options.Permit = func(_ ams.Address, in *tf6770.Parameters) error {
			in.Dial = func(context.Context, string, string) (net.Conn, error) {
				here, there := net.Pipe()
				p.servers.Go(func() {
					defer func() { _ = there.Close() }()
					serve(there)
				})
				return here, nil
			}
			return nil
		}
	}
	p.start(o.options)
	t.Cleanup(func() {
		_ = p.service.Close()
		p.servers.Wait()
	})
	return p
}

// start starts a service, which knows of nothing that was before.
func (p *stPLC) start(options *tf6770.Options) {
	p.service = tf6770.NewService(options)
	p.request = func(group command.IndexGroup, offset uint32, data []byte, read uint32) ([]byte, ams.ReturnCode) {
		index := command.Index{Group: group, Offset: offset}
		if group == tf6770.GroupOpen || group == tf6770.GroupExchange {
			return p.service.ReadWrite(address, command.ReadWriteRequest{Index: index, ReadLength: read, Data: data})
		}
		return nil, p.service.Write(address, command.WriteRequest{Index: index, Data: data})
	}
}

func (p *stPLC) message(args []int64) int64 {
	content := string(p.machine.bytes(0, args[0], args[1]))
	p.messages, p.kinds = append(p.messages, content), append(p.kinds, args[2])
	if p.onMessage != nil {
		p.onMessage(content)
	}
	result := ams.OK
	if len(p.answers) > 0 {
		result, p.answers = p.answers[0], p.answers[1:]
	}
	return int64(int32(uint32(result)))
}

func (p *stPLC) close(args []int64) int64 {
	p.closes, p.reasons = append(p.closes, args[0]), append(p.reasons, string(p.machine.bytes(0, args[1], args[2])))
	if p.onClose != nil {
		p.onClose()
	}
	return 0
}

func (p *stPLC) protocol(args []int64) int64 {
	if p.verdict == nil || p.verdict(p.machine.text(0, args[0])) {
		return 1
	}
	return 0
}

// stRequest is an ADS request under way.
type stRequest struct {
	before  bool // of the input that starts
	cycles  int
	lost    bool
	expires time.Time
	data    []byte
	code    ams.ReturnCode
}

// readWrite is ADSRDWRT, as far as its manual tells: a rising edge of WRTRD
// begins, the data written are those of then; BUSY until there is an answer or
// the time is over, and the data read are there when it falls.
func (p *stPLC) readWrite(i *stInstance) { p.ads(i, "WRTRD", "WRITELEN", true) }

// write is ADSWRITE.
func (p *stPLC) write(i *stInstance) { p.ads(i, "WRITE", "LEN", false) }

func (p *stPLC) ads(i *stInstance, start, length string, read bool) {
	r, _ := i.state.(*stRequest)
	if r == nil {
		r = &stRequest{}
		i.state = r
	}
	m := i.machine
	switch now := i.get(start) != 0; {
	case i.get("BUSY") == 0 && now && !r.before:
		if port := i.get("PORT"); port != int64(tf6770.DefaultPort) {
			p.t.Errorf("port %d", port)
		}
		data := slices.Clone(m.bytes(0, i.get("SRCADDR"), i.get(length)))
		*r = stRequest{expires: time.Now().Add(time.Duration(i.get("TMOUT")) * time.Millisecond)}
		i.set("BUSY", 1)
		i.set("ERR", 0)
		i.set("ERRID", 0)
		octets := uint32(0)
		if read {
			octets = uint32(i.get("READLEN"))
		}
		p.ask(r, command.IndexGroup(i.get("IDXGRP")), uint32(i.get("IDXOFFS")), data, octets)
	case i.get("BUSY") != 0:
		r.cycles--
		switch {
		case !r.lost && r.cycles <= 0:
			if read && r.code == ams.NoError {
				copy(m.bytes(0, i.get("DESTADDR"), i.get("READLEN")), r.data)
			}
		case !time.Now().Before(r.expires):
			r.code = ams.SyncTimeout
		default:
			r.before = now
			return
		}
		i.set("BUSY", 0)
		i.set("ERRID", int64(r.code))
		if r.code != ams.NoError {
			i.set("ERR", 1)
		}
	}
	r.before = i.get(start) != 0
}

// ask asks the service.
func (p *stPLC) ask(r *stRequest, group command.IndexGroup, offset uint32, data []byte, octets uint32) {
	p.requests++
	f := fate{cycles: 1}
	if p.fate != nil {
		f = p.fate(group)
	}
	r.cycles, r.lost, r.code = f.cycles, f.lost || f.answerLost, f.code
	if f.lost || f.code != ams.NoError {
		return
	}
	r.data, r.code = p.request(group, offset, data, octets)
	if uint32(len(r.data)) > octets {
		p.t.Errorf("%d octets in an answer, there is room for %d", len(r.data), octets)
	}
}

func (p *stPLC) call(name string, args ...int64) bool {
	p.t.Helper()
	result, err := p.block.call(name, args...)
	if err != nil {
		p.t.Fatal(err)
	}
	return result != 0
}

// send is SendMessage.
func (p *stPLC) send(content string, text bool) bool {
	p.t.Helper()
	copy(p.machine.bytes(0, p.scratch, int64(len(content))), content)
	kind := int64(0)
	if text {
		kind = 1
	}
	return p.call("SendMessage", p.scratch, int64(len(content)), kind, 0)
}

// cycle is one of the PLC, 10 ms.
func (p *stPLC) cycle() {
	p.t.Helper()
	p.call("Execute")
	time.Sleep(10 * time.Millisecond)
}

// until executes until something is so.
func (p *stPLC) until(what string, so func() bool) {
	p.t.Helper()
	for range 10000 {
		if so() {
			return
		}
		p.cycle()
	}
	p.t.Fatalf("not within 100 s: %s; %s", what, p.outputs())
}

func (p *stPLC) outputs() string {
	var b strings.Builder
	for _, name := range []string{"bError", "hrErrorCode", "eConnectionState", "bConnected", "nCloseReason", "nStep", "bActive", "nHandle", "nQueue", "nHeld"} {
		fmt.Fprintf(&b, "%s %d, ", name, p.block.get(name))
	}
	return b.String()
}

func (p *stPLC) on(name string) func() bool { return func() bool { return p.block.get(name) != 0 } }

func (p *stPLC) state() ws.Status { return ws.Status(p.block.get("eConnectionState")) }

func (p *stPLC) connected() {
	p.t.Helper()
	p.call("Connect", 0)
	p.until("connected", p.on("bConnected"))
}
