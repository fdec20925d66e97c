package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// ErrClosed says that the station has ended the connection.
var ErrClosed = errors.New("the station has closed the connection")

// ErrSilent says that the station does not answer at all.
var ErrSilent = errors.New("the station is silent")

// arrival is what comes from the station: an APDU, or the end.
type arrival struct {
	at   time.Time
	apdu apci.APDU
	err  error
}

// peer is a bare controlling station on one connection. Its methods are called by
// one goroutine; another one reads.
type peer struct {
	conn     net.Conn
	params   *asdu.Params
	p        iec104.Parameters
	trace    func(iec104.Frame)
	arrivals chan arrival
	quit     chan struct{}
	reading  sync.WaitGroup

	// take is told of every ASDU without fault.
	take func(a asdu.ASDU, at time.Time)

	send, acked        apci.Sequence // V(S), and what the station has acknowledged
	receive, confirmed apci.Sequence // V(R), and what we have acknowledged
	waiting            time.Time     // when the first unconfirmed I frame came
	heard              time.Time     // when anything came
	oldest             time.Time     // when the first of our unacknowledged I frames went out
	tested             time.Time     // when a test frame went out that is not confirmed
	hold               bool          // acknowledgements are withheld
	functions          map[apci.Function]time.Time
}

// maxArrivals is how many frames wait to be looked at; then TCP makes the station
// wait.
const maxArrivals = 256

func newPeer(conn net.Conn, params *asdu.Params, p iec104.Parameters, trace func(iec104.Frame)) *peer {
	l := &peer{
		conn: conn, params: params, p: p, trace: trace,
		arrivals: make(chan arrival, maxArrivals), quit: make(chan struct{}),
		heard: time.Now(), functions: map[apci.Function]time.Time{},
	}
	l.reading.Go(l.read)
	return l
}

// close ends the connection and the goroutine.
func (l *peer) close() {
	close(l.quit)
	_ = l.conn.Close() // nothing more is wanted of it
	l.reading.Wait()
}

// read hands on what comes.
func (l *peer) read() {
	var framer apci.Framer
	for {
		buffer := make([]byte, 4096) // ASDUs alias it
		n, err := l.conn.Read(buffer)
		now := time.Now()
		framer.Feed(buffer[:n])
		for {
			frame, fault := framer.Next()
			if fault == nil && frame == nil {
				break
			}
			a := arrival{at: now, err: fault}
			octets := buffer[:n]
			if fault == nil {
				octets = append([]byte(nil), frame...)
				a.apdu, a.err = apci.Decode(octets)
			}
			l.seen(iec104.Frame{Time: now, Octets: octets})
			if a.err != nil {
				a.err = fmt.Errorf("the station sends what is no telegram of IEC 60870-5-104: %w", a.err)
			}
			if !l.push(a) || fault != nil {
				return
			}
		}
		if err != nil {
			l.push(arrival{at: now, err: ended(err)})
			return
		}
	}
}

// ended says how a connection ended.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return ErrClosed
	}
	return err
}

func (l *peer) push(a arrival) bool {
	select {
	case l.arrivals <- a:
		return true
	case <-l.quit:
		return false
	}
}

func (l *peer) seen(f iec104.Frame) {
	if l.trace != nil {
		l.trace(f)
	}
}

func (l *peer) write(octets []byte) error {
	now := time.Now()
	l.seen(iec104.Frame{Time: now, Sent: true, Octets: octets})
	if err := l.conn.SetWriteDeadline(now.Add(l.p.T1)); err != nil {
		return ended(err)
	}
	_, err := l.conn.Write(octets)
	if err != nil {
		return ended(err)
	}
	return nil
}

// function sends a U frame and forgets an earlier confirmation of it.
func (l *peer) function(f apci.Function) error {
	delete(l.functions, f<<1)
	return l.write(apci.AppendU(nil, f))
}

// request sends an I frame, which acknowledges what has come unless that is
// withheld. The caller minds k.
func (l *peer) request(a asdu.ASDU) error {
	if !l.hold {
		l.confirmed = l.receive
	}
	if l.unacknowledged() == 0 {
		l.oldest = time.Now()
	}
	octets := apci.AppendI(nil, l.send, l.confirmed, a.Append(nil))
	l.send = l.send.Next()
	return l.write(octets)
}

// acknowledge sends an S frame.
func (l *peer) acknowledge() error {
	l.confirmed = l.receive
	return l.write(apci.AppendS(nil, l.receive))
}

// unacknowledged is how many of our I frames the station has not acknowledged.
func (l *peer) unacknowledged() int { return l.send.Since(l.acked) }

// unconfirmed is how many of its I frames we have not.
func (l *peer) unconfirmed() int { return l.receive.Since(l.confirmed) }

// until takes what comes until the condition holds, which is told by true, or
// that time has come. Test frames are answered on the way, and received frames
// acknowledged at w, and as soon as there are no more: a station with a small k
// shall not have to wait.
func (l *peer) until(ctx context.Context, at time.Time, condition func() bool) (bool, error) {
	for {
		if condition() {
			return true, nil
		}
		now := time.Now()
		if !now.Before(at) {
			return false, nil
		}
		if l.unconfirmed() > 0 && !l.hold && len(l.arrivals) == 0 {
			if err := l.acknowledge(); err != nil {
				return false, err
			}
		}
		timer := time.NewTimer(l.next(now, at))
		select {
		case a := <-l.arrivals:
			timer.Stop()
			if err := l.arrived(a); err != nil {
				return false, err
			}
		case <-timer.C:
			if err := l.timers(); err != nil {
				return false, err
			}
		case <-ctx.Done():
			timer.Stop()
			return false, ctx.Err()
		}
	}
}

// next returns how long nothing is to be done.
func (l *peer) next(now, at time.Time) time.Duration {
	return max(0, min(at.Sub(now), l.heard.Add(l.p.T3).Sub(now), time.Second))
}

// timers does what is due.
func (l *peer) timers() error {
	now := time.Now()
	switch {
	case !l.tested.IsZero() && now.Sub(l.tested) > l.p.T1:
		return fmt.Errorf("%w: a test frame was not confirmed within t1 (%s)", ErrSilent, l.p.T1)
	case l.tested.IsZero() && now.Sub(l.heard) >= l.p.T3:
		l.tested, l.heard = now, now
		return l.function(apci.TestFRAct)
	}
	return nil
}

// arrived takes a frame of the station.
func (l *peer) arrived(a arrival) error {
	if a.err != nil {
		return a.err
	}
	l.heard = a.at
	switch a.apdu.Format {
	case apci.FormatU:
		return l.functioned(a)
	case apci.FormatS:
		return l.covered(a.apdu.Receive)
	case apci.FormatI:
	}
	if a.apdu.Send != l.receive {
		return fmt.Errorf("the station sends an I frame with N(S)=%d where %d was to come", a.apdu.Send, l.receive)
	}
	if err := l.covered(a.apdu.Receive); err != nil {
		return err
	}
	if l.unconfirmed() == 0 {
		l.waiting = a.at
	}
	l.receive = l.receive.Next()
	if data, err := l.params.Decode(a.apdu.ASDU); err == nil {
		l.take(data, a.at)
	}
	if !l.hold && l.unconfirmed() >= l.p.W {
		return l.acknowledge()
	}
	return nil
}

// functioned takes a U frame.
func (l *peer) functioned(a arrival) error {
	f := a.apdu.Function
	l.functions[f] = a.at
	switch f {
	case apci.TestFRAct:
		return l.write(apci.AppendU(nil, apci.TestFRCon))
	case apci.TestFRCon:
		l.tested = time.Time{}
	default:
	}
	return nil
}

// covered takes an N(R).
func (l *peer) covered(n apci.Sequence) error {
	if n.Since(l.acked) > l.unacknowledged() {
		return fmt.Errorf("the station acknowledges with N(R)=%d, but %d is what comes next", n, l.send)
	}
	if n != l.acked {
		l.acked, l.oldest = n, time.Now() // what is left of a burst went out with the rest
	}
	return nil
}
