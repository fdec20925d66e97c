package ads

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/internal/rig"
)

// plc is the address of the device in these tests, and station that of the
// client.
var (
	plc     = ams.Address{NetID: ams.NetID{5, 1, 2, 3, 1, 1}, Port: 851}
	station = ams.Address{NetID: ams.NetID{10, 0, 0, 9, 1, 1}, Port: 40000}
)

// peer is the other end of a client's connection, which the test plays.
type peer struct {
	t      *testing.T
	conn   *rig.Conn
	reader *ams.Reader
}

// newPeer returns a client and its peer.
func newPeer(t *testing.T, options ClientOptions) (*Client, *peer) {
	t.Helper()
	near, far := rig.Pipe(nil)
	if options.Target == (ams.Address{}) {
		options.Target = plc
	}
	if options.Source == (ams.Address{}) {
		options.Source = station
	}
	c, err := NewClient(near, &options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		far.Close()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c, &peer{t: t, conn: far, reader: ams.NewReader(far, options.Framing, 0)}
}

// next returns the next request, with data that stays.
func (p *peer) next() ams.Frame {
	p.t.Helper()
	packet, err := p.reader.Next()
	if err != nil {
		p.t.Error(err)
		return ams.Frame{}
	}
	f := packet.Frame
	f.Data = append([]byte(nil), f.Data...)
	return f
}

// send sends a frame.
func (p *peer) send(f ams.Frame) {
	p.t.Helper()
	if _, err := p.conn.Write(f.Append(nil, ams.OverTCP)); err != nil {
		p.t.Error(err)
	}
}

// answer answers a request.
func (p *peer) answer(request *ams.Frame, body []byte) {
	p.t.Helper()
	p.send(ams.Frame{Header: request.Answer(uint32(len(body)), ams.NoError), Data: body})
}

// refuse answers a request with an AMS error and no data.
func (p *peer) refuse(request *ams.Frame, code ams.ReturnCode) {
	p.t.Helper()
	p.send(ams.Frame{Header: request.Answer(0, code)})
}

// result is a body that is a return code alone.
func result(code ams.ReturnCode) []byte { return command.AppendResult(nil, code) }

// value is the body of an answer to Read.
func value(data ...byte) []byte { return command.ReadResponse{Data: data}.Append(nil) }

// marker is where these tests read.
var marker = command.Index{Group: command.GroupMemory, Offset: 7}

// TestClientCommands compares each command with its octets.
func TestClientCommands(t *testing.T) {
	le := binary.LittleEndian
	for _, test := range []struct {
		name    string
		do      func(ctx context.Context, c *Client) (any, error)
		command ams.Command
		request []byte
		answer  []byte
		want    any
	}{
		{
			"Read",
			func(ctx context.Context, c *Client) (any, error) {
				data, err := c.Read(ctx, marker, 4)
				return string(data), err
			},
			ams.Read,
			[]byte{0x20, 0x40, 0, 0, 7, 0, 0, 0, 4, 0, 0, 0},
			[]byte{0, 0, 0, 0, 4, 0, 0, 0, 1, 2, 3, 4},
			"\x01\x02\x03\x04",
		},
		{
			"Write",
			func(ctx context.Context, c *Client) (any, error) { return nil, c.Write(ctx, marker, []byte{9, 8}) },
			ams.Write,
			[]byte{0x20, 0x40, 0, 0, 7, 0, 0, 0, 2, 0, 0, 0, 9, 8},
			[]byte{0, 0, 0, 0},
			nil,
		},
		{
			"ReadWrite",
			func(ctx context.Context, c *Client) (any, error) {
				data, err := c.ReadWrite(ctx, command.Index{Group: command.GroupHandleByName}, 4, []byte("A\x00"))
				return le.Uint32(data), err
			},
			ams.ReadWrite,
			[]byte{0x03, 0xF0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 'A', 0},
			[]byte{0, 0, 0, 0, 4, 0, 0, 0, 0x78, 0x56, 0x34, 0x12},
			uint32(0x12345678),
		},
		{
			"ReadState",
			func(ctx context.Context, c *Client) (any, error) { return c.ReadState(ctx) },
			ams.ReadState, nil,
			[]byte{0, 0, 0, 0, 5, 0, 1, 0},
			command.State{ADSState: command.StateRun, DeviceState: 1},
		},
		{
			"DeviceInfo",
			func(ctx context.Context, c *Client) (any, error) { return c.DeviceInfo(ctx) },
			ams.ReadDeviceInfo, nil,
			append([]byte{0, 0, 0, 0, 3, 1, 0xB8, 0x0F}, "Plc30 App\x00\x00\x00\x00\x00\x00\x00"...),
			command.DeviceInfo{Major: 3, Minor: 1, Build: 4024, Name: "Plc30 App"},
		},
		{
			"DeviceInfo with a short name",
			func(ctx context.Context, c *Client) (any, error) { return c.DeviceInfo(ctx) },
			ams.ReadDeviceInfo, nil,
			append([]byte{0, 0, 0, 0, 1, 2, 3, 0}, "Server\x00"...),
			command.DeviceInfo{Major: 1, Minor: 2, Build: 3, Name: "Server"},
		},
		{
			"WriteControl",
			func(ctx context.Context, c *Client) (any, error) {
				return nil, c.WriteControl(ctx, command.WriteControlRequest{ADSState: command.StateStop})
			},
			ams.WriteControl,
			[]byte{6, 0, 0, 0, 0, 0, 0, 0},
			[]byte{0, 0, 0, 0},
			nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := newPeer(t, ClientOptions{})
				go func() {
					f := p.next()
					if f.Command != test.command || f.StateFlags != 4 || f.Target != plc || f.Source != station || string(f.Data) != string(test.request) {
						t.Errorf("%+v", f)
					}
					p.answer(&f, test.answer)
				}()
				got, err := test.do(t.Context(), c)
				if err != nil || got != test.want {
					t.Errorf("%v, %v; want %v", got, err, test.want)
				}
			})
		})
	}
}

// TestClientErrors has return codes in the body and in the header.
func TestClientErrors(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(p *peer, f *ams.Frame)
		code   ams.ReturnCode
		is     error
		text   string
	}{
		{
			"of the device",
			func(p *peer, f *ams.Frame) { p.answer(f, command.ReadResponse{Result: ams.InvalidOffset}.Append(nil)) },
			ams.InvalidOffset, ams.InvalidOffset,
			"read 0x4020:0x7 at 5.1.2.3.1.1:851: ",
		},
		{
			"of the device, without a length",
			func(p *peer, f *ams.Frame) { p.answer(f, result(ams.InvalidGroup)) },
			ams.InvalidGroup, ams.InvalidGroup, "read",
		},
		{
			"of the router",
			func(p *peer, f *ams.Frame) { p.refuse(f, ams.TargetPortNotFound) },
			ams.TargetPortNotFound, ams.TargetPortNotFound, "read",
		},
		{
			"too short",
			func(p *peer, f *ams.Frame) { p.answer(f, []byte{0, 0, 0, 0, 9, 0, 0, 0, 1}) },
			0, ErrAnswer, "malformed answer",
		},
		{
			"too much",
			func(p *peer, f *ams.Frame) { p.answer(f, value(1, 2, 3, 4, 5)) },
			0, ErrAnswer, "5 octets have come, 4 were asked for",
		},
		{
			"none",
			func(*peer, *ams.Frame) {},
			0, ErrTimeout, "5s",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := newPeer(t, ClientOptions{})
				go func() {
					f := p.next()
					test.answer(p, &f)
				}()
				begin := time.Now()
				_, err := c.Read(t.Context(), marker, 4)
				if Code(err) != test.code || !errors.Is(err, test.is) {
					t.Errorf("%v: code %v", err, Code(err))
				}
				if errors.Is(err, ErrTimeout) && time.Since(begin) != 5*time.Second {
					t.Errorf("after %v", time.Since(begin))
				}
				e, ok := errors.AsType[*Error](err)
				if !ok || e.Op != "read" || e.Target != plc || e.Index != marker {
					t.Errorf("%#v", err)
				}
				t.Log(err)
			})
		})
	}
}
