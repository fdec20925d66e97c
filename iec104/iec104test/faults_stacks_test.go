package iec104test_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/iec104test"
)

// replacing puts octets in place of what is written where that fits.
type replacing struct {
	net.Conn
	fits func([]byte) bool
	by   []byte
}

func (c replacing) Write(octets []byte) (int, error) {
	if !c.fits(octets) {
		return c.Conn.Write(octets)
	}
	if len(c.by) > 0 {
		if _, err := c.Conn.Write(c.by); err != nil {
			return 0, err
		}
	}
	return len(octets), nil
}

func prefix(octets ...byte) func([]byte) bool {
	return func(written []byte) bool { return bytes.HasPrefix(written, octets) }
}

func in(by []byte, fits func([]byte) bool) func(net.Conn) net.Conn {
	return func(conn net.Conn) net.Conn { return replacing{conn, fits, by} }
}

// unstarted ignores I and S frames until data transfer is started.
func unstarted(conn net.Conn) net.Conn {
	started := false
	look := func(apdu apci.APDU) {
		started = started || apdu.Format == apci.FormatU && apdu.Function == apci.StartDTCon
	}
	var mu sync.Mutex
	fault := func(drop bool) iec104test.Fault {
		return func(frame []byte) [][]byte {
			mu.Lock()
			defer mu.Unlock()
			apdu, err := apci.Decode(frame)
			if err != nil {
				return [][]byte{frame}
			}
			look(apdu)
			if drop && !started && apdu.Format != apci.FormatU {
				return nil
			}
			return [][]byte{frame}
		}
	}
	return iec104test.Faulty(conn, iec104test.Faults{Sent: fault(true), Received: fault(false)})
}

// wrapping closes the connection when an I frame with the last number comes.
func wrapping(conn net.Conn) net.Conn {
	return iec104test.Faulty(conn, iec104test.Faults{Received: func(frame []byte) [][]byte {
		if apdu, err := apci.Decode(frame); err == nil && apdu.Format == apci.FormatI && apdu.Send == apci.Modulus-1 {
			_ = conn.Close()
			return nil
		}
		return [][]byte{frame}
	}})
}

// clocked is a subject whose connection closes with a step of its clock.
type clocked struct {
	peer
	conn *net.Conn
}

func (c clocked) Connect(ctx context.Context) (net.Conn, error) {
	conn, err := c.peer.Connect(ctx)
	*c.conn = conn
	return conn, err
}

func (c clocked) StepClock(time.Duration) error { return (*c.conn).Close() }

// stackFaults are the faults of link procedure that well-known stacks have.
var stackFaults = []struct {
	name string
	wrap func(net.Conn) net.Conn
	id   string
}{
	{"accepts length 3", in(nil, prefix(0x68, 3)), "A22"},
	{"takes length 254", in(nil, prefix(0x68, 254)), "A22"},
	{"answers a U frame with two functions", in([]byte{0x68, 4, 0x43, 0, 0, 0}, prefix(0x68, 4, 0x47)), "A21"},
	{"ignores I and S frames while stopped", unstarted, "A17"},
	{"ignores I and S frames while stopped", unstarted, "A18"},
	{"loses the connection when the numbers wrap", wrapping, "A8"},
	{"loses the connection with a step of the clock", nil, "A26"},
}

// TestCasesFindFaultsOfStacks has subjects with those faults.
func TestCasesFindFaultsOfStacks(t *testing.T) {
	for _, test := range stackFaults {
		for _, c := range iec104test.Cases() {
			if c.ID != test.id {
				continue
			}
			t.Run(fmt.Sprintf("%s/%s/%s", test.name, c.ID, c.Role), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					inner := newPeer(t, c, iec104.Parameters{K: 32767, W: 20000}, nil)
					if test.wrap == nil {
						mustFail(t, run(c, clocked{peer: inner, conn: new(net.Conn)}, quick))
						return
					}
					fault := altered{peer: inner, wrap: test.wrap}
					if c.Role == iec104.Controlled {
						mustFail(t, run(c, alteredStation{inner.(*iec104test.Builtin), fault}, quick))
						return
					}
					mustFail(t, run(c, alteredCentre{inner.(*iec104test.ControlCentre), fault}, quick))
				})
			})
		}
	}
}
