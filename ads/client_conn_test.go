package ads

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// TestClientIsNotConfused answers with everything but the answer, and then with
// that.
func TestClientIsNotConfused(t *testing.T) {
	other := ams.Address{NetID: ams.NetID{9, 9, 9, 9, 1, 1}, Port: 851}
	for _, test := range []struct {
		name  string
		alter func(f *ams.Frame)
		want  string
	}{
		{"invoke ID", func(f *ams.Frame) { f.InvokeID += 1000 }, "nobody has asked for"},
		{"command", func(f *ams.Frame) { f.Command = ams.Write }, "answer to Write, and the request with this invoke ID is Read"},
		{"source", func(f *ams.Frame) { f.Source = other }, "from 9.9.9.9.1.1:851, and 5.1.2.3.1.1:851 was asked"},
		{"target", func(f *ams.Frame) { f.Target = other }, "for 9.9.9.9.1.1:851"},
		{"request", func(f *ams.Frame) { f.StateFlags = ams.RequestFlags }, "this end is no device"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var found []string
				c, p := newPeer(t, ClientOptions{Unexpected: func(_ ams.Header, err error) {
					if !errors.Is(err, ErrUnexpected) {
						t.Error(err)
					}
					found = append(found, err.Error())
				}})
				go func() {
					f := p.next()
					wrong := ams.Frame{Header: f.Answer(0, 0), Data: value(6, 6)}
					test.alter(&wrong)
					p.send(wrong)
					time.Sleep(time.Second)
					p.answer(&f, value(1, 2))
					p.answer(&f, value(3, 4))
				}()
				data, err := c.Read(t.Context(), marker, 2)
				if err != nil || !bytes.Equal(data, []byte{1, 2}) {
					t.Error(data, err)
				}
				synctest.Wait()
				if len(found) != 2 || !strings.Contains(found[0], test.want) || !strings.Contains(found[1], "had come before") ||
					c.Status().Unexpected != 2 || c.Err() != nil {
					t.Error(found, c.Err())
				}
			})
		})
	}
}

// TestClientLateAnswers has answers come after their time, and after the caller
// has gone: they are nobody's, and never the next one's.
func TestClientLateAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newPeer(t, ClientOptions{Window: 1})
		requests := make(chan ams.Frame, 10)
		go func() {
			for range 3 {
				requests <- p.next()
			}
		}()
		if _, err := c.Read(t.Context(), marker, 1); !errors.Is(err, ErrTimeout) {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Read(ctx, marker, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		go func() {
			synctest.Wait()
			a, b, last := <-requests, <-requests, <-requests
			p.answer(&a, value(1))
			p.answer(&b, value(2))
			p.answer(&last, value(3))
		}()
		if data, err := c.Read(t.Context(), marker, 1); err != nil || data[0] != 3 {
			t.Error(data, err)
		}
		if s := c.Status(); s.TimedOut != 1 || s.Unexpected != 2 || s.Open != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestClientWindow has more requests than the window lets through, and answers
// them in another order.
func TestClientWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newPeer(t, ClientOptions{Window: 8})
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				data, err := c.Read(t.Context(), command.Index{Group: 1, Offset: uint32(i)}, 1)
				if err != nil || data[0] != byte(i) {
					t.Errorf("%d: %v %v", i, data, err)
				}
			})
		}
		for range 5 {
			var requests []ams.Frame
			for range 8 {
				requests = append(requests, p.next())
			}
			synctest.Wait()
			if s := c.Status(); s.Open != 8 {
				t.Errorf("%+v", s)
			}
			rand.Shuffle(len(requests), func(i, j int) { requests[i], requests[j] = requests[j], requests[i] })
			for _, f := range requests {
				p.answer(&f, value(f.Data[4]))
			}
		}
		all.Wait()
	})
}

// TestClientFullMailbox has a target that takes four requests at once, and says
// so in both ways.
func TestClientFullMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newPeer(t, ClientOptions{Window: 64})
		go func() {
			var held []ams.Frame
			var mu sync.Mutex
			for {
				packet, err := p.reader.Next()
				if err != nil {
					return
				}
				f := packet.Frame
				f.Data = bytes.Clone(f.Data)
				mu.Lock()
				switch {
				case len(held) < 4:
					if held = append(held, f); len(held) == 1 {
						time.AfterFunc(10*time.Millisecond, func() {
							mu.Lock()
							defer mu.Unlock()
							for _, f := range held {
								p.answer(&f, value(f.Data[4]))
							}
							held = nil
						})
					}
				case f.InvokeID%2 == 0:
					p.refuse(&f, ams.MailboxFull)
				default:
					p.answer(&f, result(ams.Mailbox))
				}
				mu.Unlock()
			}
		}()
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				data, err := c.Read(t.Context(), command.Index{Group: 1, Offset: uint32(i)}, 1)
				if err != nil || data[0] != byte(i) {
					t.Errorf("%d: %v %v", i, data, err)
				}
			})
		}
		all.Wait()
		if s := c.Status(); s.Window > 16 || s.Retried == 0 || s.Open != 0 || s.Waiting != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestClientMailboxStaysFull gives up after the timeout, and widens the window
// again when the target answers.
func TestClientMailboxStaysFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newPeer(t, ClientOptions{Window: 4})
		full := true
		go func() {
			for {
				packet, err := p.reader.Next()
				if err != nil {
					return
				}
				if full {
					p.refuse(&packet.Frame, ams.Mailbox)
				} else {
					p.answer(&packet.Frame, value(1))
				}
			}
		}()
		begin := time.Now()
		if _, err := c.Read(t.Context(), marker, 1); Code(err) != ams.Mailbox || time.Since(begin) < 5*time.Second || time.Since(begin) > 6*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		full = false
		for range 20 {
			if _, err := c.Read(t.Context(), marker, 1); err != nil {
				t.Error(err)
			}
		}
		if s := c.Status(); s.Window != 4 {
			t.Errorf("%+v", s)
		}
	})
}

// TestClientNoRoute has a router that closes at once.
func TestClientNoRoute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newPeer(t, ClientOptions{})
		go func() {
			p.next()
			p.conn.Close()
		}()
		_, err := c.ReadState(t.Context())
		if !errors.Is(err, ErrNoRoute) || !strings.Contains(err.Error(), "no route back to the NetId 10.0.0.9.1.1") {
			t.Error(err)
		}
		<-c.Done()
		if _, err := c.ReadState(t.Context()); !errors.Is(err, ErrNoRoute) {
			t.Error(err)
		}
	})
}

// TestClientTargets asks two machines over one connection.
func TestClientTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newPeer(t, ClientOptions{})
		other := c.Target(ams.Address{Port: 10000})
		if other.Address() != (ams.Address{NetID: plc.NetID, Port: 10000}) || c.Target(other.Address()) != other {
			t.Error(other.Address())
		}
		go func() {
			a, b := p.next(), p.next()
			p.answer(&b, value(byte(b.Target.Port)))
			p.answer(&a, value(byte(a.Target.Port)))
		}()
		var all sync.WaitGroup
		for _, c := range []*Client{c, other} {
			all.Go(func() {
				data, err := c.Read(t.Context(), marker, 1)
				if err != nil || data[0] != byte(c.Address().Port) {
					t.Error(data, err)
				}
			})
		}
		all.Wait()
	})
}

// TestClientRegisters gets its address from a router, and gives it back.
func TestClientRegisters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newPeer(t, ClientOptions{Register: true, Source: ams.Address{Port: 33000}})
		given := ams.Address{NetID: ams.NetID{7, 7, 7, 7, 1, 1}, Port: 33001}
		done := make(chan struct{})
		go func() {
			defer close(done)
			packet, err := p.reader.Next()
			if err != nil || packet.Command != ams.TCPPortConnect || binary.LittleEndian.Uint16(packet.Body) != 33000 {
				t.Error(packet, err)
			}
			body := binary.LittleEndian.AppendUint16(given.NetID[:], uint16(given.Port))
			p.conn.Write(append(ams.TCPHeader{Command: ams.TCPPortConnect, Length: 8}.Append(nil), body...)) //nolint:errcheck // seen by the client
			f := p.next()
			if f.Source != given {
				t.Error(f)
			}
			p.answer(&f, value(1))
			if packet, err = p.reader.Next(); err != nil || packet.Command != ams.TCPLocalNetID || len(packet.Body) != 4 {
				t.Error(packet, err)
			}
			p.conn.Write(append(ams.TCPHeader{Command: ams.TCPLocalNetID, Length: 6}.Append(nil), given.NetID[:]...)) //nolint:errcheck // seen by the client
			if packet, err = p.reader.Next(); err != nil || packet.Command != ams.TCPPortClose || binary.LittleEndian.Uint16(packet.Body) != 33001 {
				t.Error(packet, err)
			}
		}()
		if _, err := c.Read(t.Context(), marker, 1); err != nil || c.Source() != given {
			t.Error(err)
		}
		if id, err := c.LocalNetID(t.Context()); err != nil || id != given.NetID {
			t.Error(id, err)
		}
		if n := c.Status().Unexpected; n != 0 {
			t.Errorf("%d unexpected frames", n)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
}

// TestClientFraming ends the connection where the stream cannot be read.
func TestClientFraming(t *testing.T) {
	for _, test := range []struct {
		name   string
		octets []byte
		want   string
	}{
		{"4 GiB in six octets", []byte{0, 0, 255, 255, 255, 255}, "the limit is"},
		{"no AMS", []byte("HTTP/1.1 400 Bad Request\r\n\r\n"), "this is not AMS"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := newPeer(t, ClientOptions{})
				if _, err := p.conn.Write(test.octets); err != nil {
					t.Error(err)
				}
				<-c.Done()
				if _, ok := errors.AsType[*ams.FramingError](c.Err()); !ok || !strings.Contains(c.Err().Error(), test.want) {
					t.Error(c.Err())
				}
				if _, err := c.Read(t.Context(), marker, 1); !errors.Is(err, c.Err()) {
					t.Error(err)
				}
			})
		})
	}
}

// TestClientTrace sees what the wire carries.
func TestClientTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var seen []string
		c, p := newPeer(t, ClientOptions{Trace: func(f ClientFrame) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, fmt.Sprint(f.Sent, len(f.Octets), f.Time.Equal(time.Now())))
		}})
		go func() {
			f := p.next()
			p.answer(&f, value(1, 2))
		}()
		if _, err := c.Read(t.Context(), marker, 2); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if got := strings.Join(seen, ", "); got != "true 50 true, false 48 true" {
			t.Error(got)
		}
	})
}

// TestClientClose ends what is under way.
func TestClientClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newPeer(t, ClientOptions{Window: 1})
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if _, err := c.Read(t.Context(), marker, 1); !errors.Is(err, ErrClosed) {
					t.Error(err)
				}
			})
		}
		p.next()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		all.Wait()
		if err := c.Write(t.Context(), marker, nil); !errors.Is(err, ErrClosed) || !errors.Is(c.Err(), ErrClosed) {
			t.Error(err)
		}
	})
}

func TestClientOptionsAreChecked(t *testing.T) {
	for _, o := range []ClientOptions{{Window: -1}, {Timeout: -1}, {Framing: 5}, {Framing: ams.Bare, Register: true}} {
		if _, err := NewClient(nil, &o); err == nil {
			t.Errorf("%+v", o)
		}
	}
}

// FuzzClient feeds frames to a client that has requests and subscriptions open.
// Its connection may end; it must not fail otherwise, and Close ends everything.
func FuzzClient(f *testing.F) {
	answer := ams.Frame{Header: ams.Header{Target: station, Source: plc, Command: ams.Read, StateFlags: ams.ResponseFlags}, Data: value(1)}
	f.Add(answer.Append(nil, ams.OverTCP), byte(1))
	note := notification(samples(command.Sample{Handle: 9, Data: []byte{1}}))
	f.Add(note.Append(nil, ams.OverTCP), byte(0))
	f.Add([]byte{0, 0, 255, 255, 255, 255}, byte(0))
	f.Add(append(ams.TCPHeader{Command: ams.TCPPortConnect, Length: 8}.Append(nil), 1, 2, 3, 4, 5, 6, 7, 8), byte(2))
	f.Fuzz(func(t *testing.T, octets []byte, how byte) {
		synctest.Test(t, func(t *testing.T) {
			c, p := newPeer(t, ClientOptions{Timeout: time.Second, MaxData: 1 << 16})
			q := NewNotificationQueue(8)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var all sync.WaitGroup
			all.Go(func() { c.Subscribe(ctx, q, SubscribeRequest{Index: marker, Length: 1}) })                  //nolint:errcheck // whatever comes
			all.Go(func() { c.ReadValues(ctx, "MAIN.a", "MAIN.b#c") })                                          //nolint:errcheck // whatever comes
			all.Go(func() { c.ReadMany(ctx, make([]command.ReadRequest, 3)) })                                  //nolint:errcheck // whatever comes
			all.Go(func() { c.Symbols(ctx) })                                                                   //nolint:errcheck // whatever comes
			all.Go(func() { c.SubscribeMany(ctx, q, make([]SubscribeRequest, 3)) })                             // whatever comes
			all.Go(func() { c.Routes(ctx); c.Licence(ctx); c.ReadFile(ctx, "x", 1000); c.Call(ctx, "a", "b") }) //nolint:errcheck // whatever comes
			go func() {
				// The octets are the data of answers to what was asked, or what
				// comes at all.
				for n := 0; ; n++ {
					packet, err := p.reader.Next()
					if err != nil {
						return
					}
					if how%2 == 0 && n == int(how/2) {
						p.conn.Write(octets) //nolint:errcheck // seen by the client
						continue
					}
					h := packet.Frame.Answer(0, 0)
					body := octets
					if how%3 == 0 {
						body = command.ReadResponse{Data: octets}.Append(nil)
					}
					p.conn.Write((&ams.Frame{Header: h, Data: body}).Append(nil, ams.OverTCP)) //nolint:errcheck // seen by the client
				}
			}()
			all.Wait()
		})
	})
}
