package iec104_test

import (
	"errors"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

func event(n int) string { return fmt.Sprintf("01010300010%d%02x000001", 0, n) }

func TestEventBuffer(t *testing.T) {
	b := iec104.NewEventBuffer(nil, 3)
	put := func(n int) error { return b.Put(single(asdu.ObjectAddress(n), asdu.Spontaneous)) }
	next := func() asdu.ObjectAddress {
		a, ok := b.Next()
		if !ok {
			return 0
		}
		p, err := asdu.First[asdu.SinglePoint](a)
		if err != nil {
			t.Fatal(err)
		}
		return p.Address
	}
	want := func(addresses ...asdu.ObjectAddress) {
		t.Helper()
		for _, address := range addresses {
			if got := next(); got != address {
				t.Errorf("got %d, want %d", got, address)
			}
		}
	}
	for n := 1; n <= 3; n++ {
		if err := put(n); err != nil {
			t.Error(err)
		}
	}
	select {
	case <-b.Ready():
	default:
		t.Error("not ready")
	}
	want(1)
	if err := put(4); err != nil || b.Lost() != 1 { // in place of 2
		t.Error(err, b.Lost())
	}
	want(3, 4, 0)
	if err := put(5); !errors.Is(err, iec104.ErrBusy) || b.Lost() != 2 || b.Len() != 3 {
		t.Error(err, b.Lost(), b.Len())
	}
	b.Done(1) // 1
	if err := put(6); err != nil {
		t.Error(err)
	}
	want(6, 0)
	b.Rewind()
	want(3, 4, 6, 0)
	b.Done(3)
	want(0)
	b.Done(5) // more than there are
	if b.Len() != 0 {
		t.Error(b.Len())
	}
	for n := range 1000 { // round and round
		if err := put(n%200 + 1); err != nil {
			t.Fatal(err)
		}
		want(asdu.ObjectAddress(n%200 + 1))
		b.Done(1)
	}
}

// FuzzEventBuffer compares the buffer with a plain list.
func FuzzEventBuffer(f *testing.F) {
	f.Add(uint8(3), []byte{0, 0, 1, 0, 0, 2, 3, 1, 1, 2})
	f.Fuzz(func(t *testing.T, capacity uint8, steps []byte) {
		b := iec104.NewEventBuffer(nil, int(capacity))
		var list []int // oldest first
		handed, put := 0, 0
		for _, step := range steps[:min(len(steps), 4096)] {
			switch step % 4 {
			case 0:
				put++
				err := b.Put(single(asdu.ObjectAddress(put), asdu.Spontaneous))
				switch {
				case len(list) < max(1, int(capacity)):
					list = append(list, put)
				case handed == len(list):
					if err == nil {
						t.Fatal("taken in, but full")
					}
				default:
					list = append(append(append([]int(nil), list[:handed]...), list[handed+1:]...), put)
				}
			case 1:
				a, ok := b.Next()
				if ok != (handed < len(list)) {
					t.Fatal(ok, handed, len(list))
				}
				if ok {
					p, err := asdu.First[asdu.SinglePoint](a)
					if err != nil || int(p.Address) != list[handed] {
						t.Fatal(p.Address, list[handed], err)
					}
					handed++
				}
			case 2:
				n := min(int(step/4)%3, handed)
				b.Done(n)
				list, handed = list[n:], handed-n
			case 3:
				b.Rewind()
				handed = 0
			}
			if b.Len() != len(list) {
				t.Fatal(b.Len(), len(list))
			}
		}
	})
}

// TestEventsAreSentAgain breaks the connection with events unacknowledged: the
// next connection gets them, and those that arose meanwhile, in order.
func TestEventsAreSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		buffer := iec104.NewEventBuffer(nil, 100)
		server := newServer(t, &plant{}, &iec104.ServerOptions{
			Parameters: iec104.Parameters{K: 3},
			Queue:      func(net.Conn) iec104.EventQueue { return buffer },
		})
		put := func(n int) {
			if err := buffer.Put(single(asdu.ObjectAddress(n), asdu.Spontaneous)); err != nil {
				t.Error(err)
			}
		}
		for n := 1; n <= 5; n++ {
			put(n) // while there is no connection
		}
		a, _ := rawClient(t, server)
		a.want(event(1), event(2), event(3), "nothing")
		a.write(apci.AppendS(nil, 2)) // 3 is on its way
		a.want(event(4), event(5))
		_ = a.conn.Close()
		synctest.Wait()
		put(6)
		b, _ := rawClient(t, server)
		b.want(event(3), event(4), event(5))
		b.write(apci.AppendS(nil, 3))
		b.want(event(6), "nothing")

		// A second connection takes over, and the first is on standby.
		c, _ := rawClient(t, server)
		b.want("nothing")
		b.write(apci.AppendS(nil, 4)) // 6 has been received, too late
		b.write(apci.AppendU(nil, apci.TestFRAct))
		b.want("TESTFR con")
		c.want(event(6))
		c.write(apci.AppendS(nil, 1))
		put(7)
		c.want(event(7), "nothing")
		c.write(apci.AppendS(nil, 2))
		c.write(apci.AppendU(nil, apci.StopDTAct))
		c.want("STOPDT con")
		put(8)
		d, _ := rawClient(t, server)
		d.want(event(8))
		c.want("nothing") // c had stopped: it stays
		c.write(apci.AppendU(nil, apci.TestFRAct))
		c.want("TESTFR con")
		if n := buffer.Len(); n != 1 {
			t.Errorf("%d left", n)
		}
	})
}

// TestEventsReachEveryConnection has connections with buffers of their own.
func TestEventsReachEveryConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, &plant{}, &iec104.ServerOptions{Events: 2})
		a, _ := rawClient(t, server)
		near, far := net.Pipe()
		defer near.Close()
		if _, err := server.ServeConn(far); err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= 3; n++ {
			if err := server.Send(single(asdu.ObjectAddress(n), asdu.Spontaneous)); err != nil {
				t.Error(err)
			}
			a.want(event(n))
			a.write(apci.AppendS(nil, a.receive))
			synctest.Wait()
		}
		b := &raw{t: t, conn: near}
		b.write(apci.AppendU(nil, apci.StartDTAct))
		b.want("STARTDT con", event(2), event(3), "nothing") // 1 has given way
	})
}

// TestSessionSend has a sender that is faster than the window.
func TestSessionSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, &plant{}, &iec104.ServerOptions{SendQueue: 4})
		r, session := rawClient(t, server)
		const total = 200
		done := make(chan error, 1)
		go func() {
			for n := range total {
				if err := session.Send(t.Context(), single(asdu.ObjectAddress(n+1), asdu.Spontaneous)); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
		for n := range total {
			r.want(event(n + 1))
			if n%5 == 0 {
				r.write(apci.AppendS(nil, r.receive))
			}
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		r.write(apci.AppendS(nil, r.receive))
		r.write(apci.AppendU(nil, apci.StopDTAct))
		r.want("STOPDT con")
		if err := session.Send(t.Context(), single(1, asdu.Spontaneous)); !errors.Is(err, iec104.ErrStopped) {
			t.Error(err)
		}
		// One octet more than an ASDU can have, by other field lengths.
		short := &asdu.Params{CauseOctets: 1, CommonAddressOctets: 1, ObjectAddressOctets: 1}
		long, err := asdu.NewRaw(short, asdu.Header{Type: 200, Cause: 3, CommonAddress: 1}, 1, make([]byte, 245))
		if err != nil {
			t.Fatal(err)
		}
		if err := session.Send(t.Context(), long); !errors.Is(err, iec104.ErrASDU) {
			t.Error(err)
		}
		if err := server.Send(long); !errors.Is(err, iec104.ErrASDU) {
			t.Error(err)
		}
		time.Sleep(time.Second)
		if session.Err() != nil {
			t.Error(session.Err())
		}
	})
}
