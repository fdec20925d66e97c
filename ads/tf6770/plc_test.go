package tf6770_test

import (
	"context"
	"encoding/binary"
	"net"
	"sync"
	"testing"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/tf6770"
	"stellwerk/websocket"
	ws "stellwerk/websocket/tf6770"
)

// endless is for what ends with the connection.
var endless = context.Background()

// address is that of the PLC in the tests.
var address = ams.Address{NetID: ams.NetID{5, 1, 2, 3, 1, 1}, Port: 851}

// plc does what the function block in Structured Text does, with buffers as small
// as the test wants.
type plc struct {
	t        *testing.T
	service  *tf6770.Service
	servers  sync.WaitGroup
	handle   uint32
	room     uint32 // of the answer
	sendRoom int    // of a piece

	out      tf6770.ExchangeResponse
	taken    uint32 // number of the last message that was taken
	assembly []byte // of the message behind it
	hold     bool   // S_FALSE was returned for it
	fresh    bool   // nothing has come since Connect, so that numbers begin with what comes
	kind     ws.ContentType
	next     uint32 // number of the next message to be sent
	outbox   []tf6770.Piece

	answers  []ams.HRESULT // of OnWebSocketMessage, afterwards OK
	verdict  func(protocol string) bool
	flags    uint32
	messages []string
	closes   []websocket.CloseCode
}

// newPLC returns a PLC whose clients are connected with the function.
func newPLC(t *testing.T, options *tf6770.Options, serve func(net.Conn)) *plc {
	t.Helper()
	p := &plc{t: t, room: 4096, sendRoom: 1000, next: 1}
	if options == nil {
		options = &tf6770.Options{}
	}
	if options.Permit == nil {
		options.Permit = func(_ ams.Address, in *tf6770.Parameters) error {
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
	p.service = tf6770.NewService(options)
	t.Cleanup(func() {
		_ = p.service.Close()
		p.servers.Wait()
	})
	p.open()
	return p
}

func (p *plc) open() {
	p.t.Helper()
	data, code := p.service.ReadWrite(address, command.ReadWriteRequest{
		Index: command.Index{Group: tf6770.GroupOpen, Offset: tf6770.ProtocolVersion}, ReadLength: 4, Data: []byte("MAIN.fbClient\x00"),
	})
	if code != ams.NoError {
		p.t.Fatalf("open: %v", code)
	}
	p.handle = binary.LittleEndian.Uint32(data)
}

// connect is Connect, with the inputs set by the function.
func (p *plc) connect(reconfig bool, set func(in *tf6770.Parameters)) ams.ReturnCode {
	p.t.Helper()
	in := ws.NewClient().Inputs
	if set != nil {
		set(&in)
	}
	var flags uint32
	if reconfig {
		flags |= tf6770.ConnectReconfig
	}
	if p.verdict != nil {
		flags |= tf6770.ConnectJudge
	}
	data, err := tf6770.AppendParameters(binary.LittleEndian.AppendUint32(nil, flags), &in)
	if err != nil {
		p.t.Fatal(err)
	}
	p.assembly, p.hold, p.outbox, p.next, p.flags, p.fresh = nil, false, nil, p.out.Sent+1, 0, true
	return p.write(tf6770.GroupConnect, data)
}

func (p *plc) write(group command.IndexGroup, data []byte) ams.ReturnCode {
	return p.service.Write(address, command.WriteRequest{Index: command.Index{Group: group, Offset: p.handle}, Data: data})
}

// send is SendMessage.
func (p *plc) send(content string, text, compress bool) {
	kind := ws.Binary
	if text {
		kind = ws.Text
	}
	for at := 0; ; {
		n := min(len(content)-at, p.sendRoom)
		p.outbox = append(p.outbox, tf6770.Piece{
			Sequence: p.next, Total: uint32(len(content)), Offset: uint32(at), Kind: kind, Compress: compress, Data: []byte(content[at : at+n]),
		})
		if at += n; at == len(content) {
			break
		}
	}
	p.next++
}

// exchange says and hears something, which it returns raw.
func (p *plc) exchange(request *tf6770.ExchangeRequest) ([]byte, ams.ReturnCode) {
	return p.service.ReadWrite(address, command.ReadWriteRequest{
		Index: command.Index{Group: tf6770.GroupExchange, Offset: p.handle}, ReadLength: p.room, Data: request.Append(nil),
	})
}

// execute is one cycle of Execute.
func (p *plc) execute() {
	p.t.Helper()
	request := tf6770.ExchangeRequest{Acknowledged: p.taken, Held: uint32(len(p.assembly))}
	if p.hold {
		request.Flags |= tf6770.HoldMessages
		p.message(p.assembly)
		request.Acknowledged = p.taken
	}
	request.Flags |= p.flags
	p.flags = 0
	if len(p.outbox) > 0 {
		request.Pieces = p.outbox[:1]
	}
	data, code := p.exchange(&request)
	if code != ams.NoError {
		p.t.Fatalf("exchange: %v", code)
	}
	if uint32(len(data)) > p.room {
		p.t.Fatalf("%d octets in an answer, there is room for %d", len(data), p.room)
	}
	var err error
	if p.out, err = tf6770.DecodeExchangeResponse(data); err != nil {
		p.t.Fatal(err)
	}
	if len(p.outbox) > 0 && p.out.Flags&tf6770.SendLater == 0 {
		p.outbox = p.outbox[1:]
	}
	if p.out.Flags&tf6770.JudgeProtocol != 0 {
		p.flags |= tf6770.ProtocolRejected
		if p.verdict == nil || p.verdict(p.out.Protocol) {
			p.flags ^= tf6770.ProtocolRejected | tf6770.ProtocolAccepted
		}
	}
	for _, piece := range p.out.Pieces {
		if p.fresh {
			p.taken, p.fresh = piece.Sequence-1, false
		}
		switch {
		case piece.Sequence != p.taken+1 || int(piece.Offset) != len(p.assembly):
			p.t.Fatalf("a piece of message %d from %d on, while %d were taken and %d octets are there", piece.Sequence, piece.Offset, p.taken, len(p.assembly))
		case p.hold:
			p.t.Fatal("a message came while one is held")
		}
		p.assembly, p.kind = append(p.assembly, piece.Data...), piece.Kind
		if !piece.Last() {
			continue
		}
		p.message(p.assembly)
		if p.hold {
			break
		}
	}
	if p.out.Flags&tf6770.TellClose != 0 {
		p.closes = append(p.closes, p.out.CloseCode)
		p.flags |= tf6770.CloseTold
	}
}

// message calls OnWebSocketMessage.
func (p *plc) message(content []byte) {
	result := ams.OK
	if len(p.answers) > 0 {
		result, p.answers = p.answers[0], p.answers[1:]
	}
	p.messages = append(p.messages, string(content))
	p.hold = result == ams.False
	if p.hold {
		return
	}
	if result.Failed() {
		p.flags |= tf6770.MessageFailed
	}
	p.taken++
	p.assembly = nil
}

// until executes until something is so.
func (p *plc) until(what string, so func() bool) {
	p.t.Helper()
	for range 2000 {
		if so() {
			return
		}
		p.execute()
		time.Sleep(10 * time.Millisecond)
	}
	p.t.Fatalf("not within 20 s: %s; it is %+v", what, p.out)
}

func (p *plc) connected() {
	p.t.Helper()
	if code := p.connect(true, nil); code != ams.NoError {
		p.t.Fatal(code)
	}
	p.until("connected", func() bool { return p.out.Connected })
}

// server is a WebSocket server.
func server(t *testing.T, options *websocket.ServerOptions, talk func(*websocket.Conn)) func(net.Conn) {
	return func(conn net.Conn) {
		w, err := websocket.Server(endless, conn, options)
		if err != nil {
			t.Errorf("the server: %v", err)
			return
		}
		talk(w)
	}
}

// echo sends back what it gets.
func echo(w *websocket.Conn) {
	for {
		m, err := w.Read(endless)
		if err != nil {
			return
		}
		if w.Write(endless, m.Kind, m.Data, nil) != nil {
			return
		}
	}
}
