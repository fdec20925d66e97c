package ads

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// tcpPeer is the other end of a client's TCP connection, which answers all reads
// of marker with two octets and hands everything else to the test.
type tcpPeer struct {
	conn   net.Conn
	others chan ams.Frame
}

// newTCPPeer returns a client that has lent its connection, and its peer.
func newTCPPeer(t *testing.T) (*Client, *tcpPeer) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	c, err := Dial(t.Context(), listener.Addr().String(), &ClientOptions{Target: plc, Source: station})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	p := &tcpPeer{conn: conn, others: make(chan ams.Frame, 100)}
	var all sync.WaitGroup
	all.Go(func() {
		reader := ams.NewReader(conn, ams.OverTCP, 0)
		for {
			packet, err := reader.Next()
			if err != nil {
				return
			}
			f := packet.Frame
			if q, err := command.DecodeReadRequest(f.Data); err == nil && f.Command == ams.Read && q.Index == marker {
				p.answer(&f, value(1, 2))
				continue
			}
			f.Data = bytes.Clone(f.Data)
			p.others <- f
		}
	})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		conn.Close()
		all.Wait()
	})
	return c, p
}

// lent reads until the connection is lent.
func lent(t *testing.T, c *Client) {
	t.Helper()
	for range 10000 {
		if data, err := c.Read(t.Context(), marker, 2); err != nil || !bytes.Equal(data, []byte{1, 2}) {
			t.Fatal(data, err)
		}
		c.conn.mu.Lock()
		is := c.conn.reader.lent
		c.conn.mu.Unlock()
		if is {
			return
		}
	}
	t.Fatal("the connection is never lent")
}

func (p *tcpPeer) answer(request *ams.Frame, body []byte) {
	answer := ams.Frame{Header: request.Answer(0, ams.NoError), Data: body}
	_, _ = p.conn.Write(answer.Append(nil, ams.OverTCP)) // the client finds out what is missing
}

// silent is what the peer does not answer of itself.
var silent = command.Index{Group: 1, Offset: 2}

// A caller that reads itself leaves when its context ends, and what comes then is
// for those that wait.
func TestClientReaderContext(t *testing.T) {
	c, p := newTCPPeer(t)
	for range 5 {
		lent(t, c)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		if _, err := c.Read(ctx, silent, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		cancel()
		f := <-p.others
		p.answer(&f, value(1))
	}
	lent(t, c)
	if s := c.Status(); s.Unexpected != 5 || s.Open != 0 {
		t.Errorf("%+v", s)
	}
}

// A started read is sent though nobody waits for its answer, and slow answers
// come though nobody lends a hand.
func TestClientReaderStarted(t *testing.T) {
	c, p := newTCPPeer(t)
	lent(t, c)
	var octets [1]byte
	pending, err := c.StartRead(t.Context(), silent, octets[:])
	if err != nil {
		t.Fatal(err)
	}
	f := <-p.others
	time.Sleep(10 * lease)
	p.answer(&f, value(7))
	if n, err := pending.Wait(t.Context()); n != 1 || octets[0] != 7 || err != nil {
		t.Error(n, octets, err)
	}
	lent(t, c)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f := <-p.others
		time.Sleep(10 * lease)
		p.answer(&f, value(8))
	}()
	if data, err := c.Read(t.Context(), silent, 1); err != nil || data[0] != 8 {
		t.Error(data, err)
	}
	<-done
}

// Callers that wait at the same time all get what is theirs, with and without one
// that is never answered.
func TestClientReaderTogether(t *testing.T) {
	c, p := newTCPPeer(t)
	for round := range 20 {
		lent(t, c)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 50 {
					if data, err := c.Read(t.Context(), marker, 2); err != nil || !bytes.Equal(data, []byte{1, 2}) {
						t.Error(data, err)
						return
					}
				}
			})
		}
		if round%2 == 0 {
			all.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				go func() {
					<-p.others
					cancel()
				}()
				if _, err := c.Read(ctx, silent, 1); !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
}

// What a lent connection gets of itself is seen, and so is its end, by who reads
// and while nobody does.
func TestClientReaderUnasked(t *testing.T) {
	c, p := newTCPPeer(t)
	lent(t, c)
	odd := ams.Frame{Header: ams.Header{Target: station, Source: plc, Command: ams.DeviceNotification, StateFlags: ams.RequestFlags}}
	if _, err := p.conn.Write(odd.Append(nil, ams.OverTCP)); err != nil {
		t.Fatal(err)
	}
	for received := c.Status().Received; c.Status().Received == received; {
		time.Sleep(lease)
	}
	c.conn.mu.Lock()
	if r := &c.conn.reader; r.lent || !r.pushed {
		t.Error("a connection with notifications is lent")
	}
	c.conn.mu.Unlock()

	c, p = newTCPPeer(t)
	lent(t, c)
	p.conn.Close()
	<-c.Done()
	if _, err := c.Read(t.Context(), marker, 2); err == nil || c.Err() == nil {
		t.Error(err, c.Err())
	}

	c, p = newTCPPeer(t)
	lent(t, c)
	go func() {
		<-p.others
		p.conn.Close()
	}()
	if _, err := c.Read(t.Context(), silent, 1); err == nil {
		t.Error("no error")
	}
	<-c.Done()
}

// Close ends who reads.
func TestClientReaderClose(t *testing.T) {
	for range 20 {
		c, p := newTCPPeer(t)
		lent(t, c)
		got := make(chan error, 1)
		go func() {
			_, err := c.Read(t.Context(), silent, 1)
			got <- err
		}()
		<-p.others
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := <-got; !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	}
}
