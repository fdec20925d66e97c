package tf6770_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/tf6770"
	"stellwerk/websocket"
	ws "stellwerk/websocket/tf6770"
)

// failures are what may become of a request.
var failures = map[string]fate{
	"request lost": {lost: true}, "answer lost": {answerLost: true}, "slow": {cycles: 30}, "no route": {cycles: 1, code: ams.TargetPortNotFound},
}

// Whatever is lost once while there is a connection: nothing is sent or received
// twice, or not at all, and the program need not know.
func TestBlockLosesNothing(t *testing.T) {
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			for at := range 8 {
				synctest.Test(t, func(t *testing.T) {
					var mu sync.Mutex // guards got
					var got []string
					p := newSTPLC(t, &stOptions{constants: map[string]int64{"cSizeOfWebSocketReceiveBuffer": 512}}, server(t, nil, func(w *websocket.Conn) {
						for i := range 20 {
							_ = w.Write(endless, websocket.Text, []byte(fmt.Sprint(i)+strings.Repeat(".", 90*i)), nil)
						}
						for {
							m, err := w.Read(endless)
							if err != nil {
								return
							}
							mu.Lock()
							got = append(got, string(m.Data))
							mu.Unlock()
						}
					}))
					exchanges := 0
					p.connected()
					p.fate = func(command.IndexGroup) fate {
						if exchanges++; exchanges == at+1 || exchanges == at+2 {
							return failure
						}
						return fate{cycles: 1}
					}
					p.answers = []ams.HRESULT{ams.False, ams.OK, ams.OK, ams.False, ams.OK}
					sent := 0
					p.until("all is there", func() bool {
						if sent < 20 && p.send(fmt.Sprint(sent), true) {
							sent++
						}
						mu.Lock()
						defer mu.Unlock()
						return len(p.messages) == 22 && len(got) == 20 && exchanges > at+3
					})
					taken := slices.Compact(p.messages)
					if len(taken) != 20 {
						t.Fatalf("failure %d: %q", at, taken)
					}
					for i := range 20 {
						if got[i] != fmt.Sprint(i) || strings.Trim(taken[i], ".") != fmt.Sprint(i) {
							t.Errorf("failure %d: %d. %s, %.10s", at, i, got[i], taken[i])
						}
					}
					if p.block.get("bError") != 0 || p.block.get("bConnected") != 1 {
						t.Errorf("failure %d: %s", at, p.outputs())
					}
				})
			}
		})
	}
}

// What goes wrong while connecting or disconnecting, or thrice, is told, and
// another Connect goes as the first one.
func TestBlockFailsAndConnectsAgain(t *testing.T) {
	for name, failure := range failures {
		if name == "slow" {
			continue
		}
		for group, times := range map[command.IndexGroup]int{
			tf6770.GroupOpen: 1, tf6770.GroupConnect: 1, tf6770.GroupExchange: 3, tf6770.GroupDisconnect: 3,
		} {
			t.Run(fmt.Sprintf("%s %d", name, group&0xf), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newSTPLC(t, nil, server(t, nil, echo))
					if group == tf6770.GroupExchange || group == tf6770.GroupDisconnect {
						p.connected()
						p.send("before", true)
						p.until("the echo", func() bool { return len(p.messages) == 1 })
					}
					want := failure.code
					if want == ams.NoError {
						want = ams.SyncTimeout
					}
					left := times
					p.fate = func(g command.IndexGroup) fate {
						if g == group && left > 0 {
							left--
							return failure
						}
						return fate{cycles: 1}
					}
					if group == tf6770.GroupDisconnect {
						p.call("Disconnect")
					} else {
						p.call("Connect", 0)
						p.send("perhaps", true)
					}
					p.until("an error", p.on("bError"))
					if code, _ := ams.HRESULT(uint32(p.block.get("hrErrorCode"))).ReturnCode(); p.state() != ws.InternalError || code != want {
						t.Error(p.outputs())
					}
					if !p.call("Disconnect") || left != 0 {
						t.Errorf("there is nothing to disconnect: %s", p.outputs())
					}
					p.messages = nil
					p.connected()
					if p.block.get("bError") != 0 || p.block.get("hrErrorCode") != 0 {
						t.Error(p.outputs())
					}
					p.send("one", true)
					p.send("two", true)
					p.until("the echoes", func() bool { return len(p.messages) >= 2 })
					if got := strings.Join(p.messages, " "); got != "one two" {
						t.Errorf("%q", got)
					}
					if n := p.service.Clients(); n != 1 && group != tf6770.GroupOpen {
						t.Errorf("%d clients", n)
					}
				})
			})
		}
	}
}

// A service that was started again, or has let go of a client that was silent
// for long, knows no handle of before.
func TestBlockWithServiceStartedAgain(t *testing.T) {
	serve := func(t *testing.T) func(net.Conn) {
		return server(t, nil, func(w *websocket.Conn) {
			for i := range 3 {
				_ = w.Write(endless, websocket.Text, fmt.Append(nil, i), nil)
			}
			echo(w)
		})
	}
	t.Run("connected", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := &tf6770.Options{}
			p := newSTPLC(t, &stOptions{options: o}, serve(t))
			for range 3 {
				p.messages = nil
				p.connected()
				p.send("x", true)
				p.until("four messages", func() bool { return len(p.messages) == 4 })
				if got := strings.Join(p.messages, ""); got != "012x" {
					t.Errorf("%q", got)
				}
				_ = p.service.Close()
				p.start(o)
				p.until("an error", p.on("bError"))
				if code, _ := ams.HRESULT(uint32(p.block.get("hrErrorCode"))).ReturnCode(); code != ams.ClientUnknown || p.block.get("bConnected") != 0 {
					t.Error(p.outputs())
				}
			}
		})
	})
	t.Run("disconnected", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newSTPLC(t, nil, serve(t))
			for range 3 {
				p.messages = nil
				p.connected()
				p.until("three messages", func() bool { return len(p.messages) == 3 })
				p.until("disconnected", func() bool { return p.call("Disconnect") })
				time.Sleep(2 * time.Minute)
				if n := p.service.Clients(); n != 0 {
					t.Errorf("%d clients", n)
				}
				if p.block.get("bError") != 0 {
					t.Error(p.outputs())
				}
			}
		})
	})
	t.Run("disconnecting", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := &tf6770.Options{}
			p := newSTPLC(t, &stOptions{options: o}, serve(t))
			p.connected()
			_ = p.service.Close()
			p.start(o)
			p.until("disconnected", func() bool { return p.call("Disconnect") })
			p.connected()
		})
	})
}

// With failures and delays at random a program that connects again whenever it
// must neither gets nor sends anything twice or in another order, and gets
// everything from the first message of a connection on.
func TestBlockWithFailuresAtRandom(t *testing.T) {
	for seed := range uint64(4) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			type connection struct{ got []string }
			var mu sync.Mutex // guards connections and got
			var connections []*connection
			var writers sync.WaitGroup
			p := newSTPLC(t, &stOptions{wide: seed%2 == 0, constants: map[string]int64{
				"cWebSocketServiceTimeout": 100, "cSizeOfWebSocketReceiveBuffer": 512 + int64(random.IntN(200)), "cSizeOfWebSocketSendBuffer": 100 + int64(random.IntN(200)),
			}}, server(t, nil, func(w *websocket.Conn) {
				mu.Lock()
				c := &connection{}
				n := len(connections)
				connections = append(connections, c)
				mu.Unlock()
				writers.Go(func() {
					for i := range 30 {
						if w.Write(endless, websocket.Text, fmt.Appendf(nil, "%d.%d%s", n, i, strings.Repeat(" ", i*37%700)), nil) != nil {
							return
						}
						time.Sleep(time.Duration(i) * time.Millisecond)
					}
				})
				for {
					m, err := w.Read(endless)
					if err != nil {
						return
					}
					mu.Lock()
					c.got = append(c.got, string(m.Data))
					mu.Unlock()
				}
			}))
			p.fate = func(command.IndexGroup) fate {
				f := fate{cycles: 1 + random.IntN(4)}
				switch random.IntN(12) {
				case 0:
					f.lost = true
				case 1:
					f.answerLost = true
				case 2:
					f.code = ams.TargetPortNotFound
				}
				return f
			}
			p.onMessage = func(string) {
				if random.IntN(3) == 0 {
					p.answers = []ams.HRESULT{ams.False}
				}
			}
			sent := 0
			var accepted []string
			for range 3000 {
				if p.block.get("bConnected") == 0 {
					p.call("Connect", int64(random.IntN(2)))
				} else if random.IntN(3) == 0 && p.send(fmt.Sprint(sent), true) {
					accepted = append(accepted, fmt.Sprint(sent))
					sent++
				}
				if random.IntN(400) == 0 {
					p.call("Disconnect")
				}
				p.cycle()
			}
			_ = p.service.Close()
			writers.Wait()
			p.servers.Wait()
			// What the servers got is a part of what SendMessage took, in its order.
			at := 0
			for _, c := range connections {
				for _, m := range c.got {
					for at < len(accepted) && accepted[at] != m {
						at++
					}
					if at == len(accepted) {
						t.Fatalf("seed %d: %q came twice or in another order", seed, m)
					}
					at++
				}
			}
			// What the PLC took is, for each connection, its messages from the first
			// on; one that was held came again.
			n, next := -1, 0
			for _, m := range p.messages {
				var from, i int
				_, _ = fmt.Sscanf(m, "%d.%d", &from, &i)
				switch {
				case from == n && (i == next || i == next-1):
				case from > n && i == 0:
				default:
					t.Fatalf("seed %d: message %d.%d, %d.%d was to come", seed, from, i, n, next)
				}
				n, next = from, i+1
			}
			if len(connections) < 2 || len(p.messages) < 20 || at < 10 {
				t.Errorf("seed %d: %d connections, %d messages, %d sent", seed, len(connections), len(p.messages), at)
			}
		})
	}
}

// The same over AMS/TCP: a client and a device of package ads are between.
func TestBlockOverADS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := device(t, dialled(t, server(t, nil, echo)))
		p := newSTPLC(t, nil, nil)
		p.request = func(group command.IndexGroup, offset uint32, data []byte, read uint32) ([]byte, ams.ReturnCode) {
			index := command.Index{Group: group, Offset: offset}
			var answer []byte
			var err error
			if group == tf6770.GroupOpen || group == tf6770.GroupExchange {
				answer, err = client.ReadWrite(t.Context(), index, read, data)
			} else {
				err = client.Write(t.Context(), index, data)
			}
			if code, ok := errors.AsType[ams.ReturnCode](err); ok {
				return nil, code
			}
			if failed, ok := errors.AsType[*ads.Error](err); ok {
				return nil, failed.Code
			}
			if err != nil {
				t.Error(err)
			}
			return answer, ams.NoError
		}
		p.connected()
		long := strings.Repeat("0123456789", 300)
		p.until("room", func() bool { return p.send(long, true) })
		p.until("the echo", func() bool { return len(p.messages) == 1 })
		if p.messages[0] != long {
			t.Errorf("%d octets", len(p.messages[0]))
		}
		p.until("disconnected", func() bool { return p.call("Disconnect") })
		p.block.setText("sHostName", "forbidden")
		p.call("Connect", 1)
		p.until("refused", p.on("bError"))
		if code, _ := ams.HRESULT(uint32(p.block.get("hrErrorCode"))).ReturnCode(); code != ams.DeviceAccessDenied {
			t.Error(p.outputs())
		}
	})
}
