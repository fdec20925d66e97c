package router

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"stellwerk/ads/ams"
)

// Dial connects a program of this process. It has to [Register] a port, as
// programs by TCP have to. Nothing is sent from one end that the other one does
// not take: a program reads all the time.
func (r *Router) Dial() (net.Conn, error) {
	ours, theirs := net.Pipe()
	p := r.newPeer(ours, ams.OverTCP)
	p.name, p.calm = "memory", true
	if !p.become(program) {
		return nil, errors.New("a new connection is no program")
	}
	if err := r.serve(p); err != nil {
		return nil, errors.Join(err, theirs.Close())
	}
	return theirs, nil
}

// Register registers a port with the router at the other end of a connection,
// ours or TwinCAT's; 0 lets the router choose. It returns the address of the
// program from then on. The connection is usable in any case but for errors of
// reading and writing. A port that is taken has the code [ams.PortInUse].
func Register(ctx context.Context, conn net.Conn, port ams.Port) (ams.Address, error) {
	body := binary.LittleEndian.AppendUint16(nil, uint16(port))
	answer, err := converse(ctx, conn, ams.TCPPortConnect, body, 8)
	if err != nil {
		return ams.Address{}, fail("register", err)
	}
	address := ams.Address{NetID: ams.NetID(answer[:6]), Port: ams.Port(binary.LittleEndian.Uint16(answer[6:]))}
	if address.Port == 0 {
		if port == 0 {
			return ams.Address{}, failCode("register", noMoreQueues, "the router has no port left")
		}
		return ams.Address{}, failCode("register", ams.PortInUse, "the router does not give the port %d; another program has it", port)
	}
	return address, nil
}

// LocalNetID asks the router at the other end of a connection for the NetId of
// its machine.
func LocalNetID(ctx context.Context, conn net.Conn) (ams.NetID, error) {
	answer, err := converse(ctx, conn, ams.TCPLocalNetID, make([]byte, 4), 6)
	if err != nil {
		return ams.NetID{}, fail("ask for the NetId", err)
	}
	return ams.NetID(answer), nil
}

// converse says something to a router and returns its answer. Router notes, and
// answers to a port that was given back, are passed over.
func converse(ctx context.Context, conn net.Conn, command ams.TCPCommand, body []byte, octets int) ([]byte, error) {
	var end time.Time
	if until, ok := ctx.Deadline(); ok {
		end = until
	}
	_ = conn.SetDeadline(end) // what follows tells
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	answer, err := exchange(conn, command, body, octets)
	if !stop() {
		return nil, context.Cause(ctx)
	}
	_ = conn.SetDeadline(time.Time{}) // the next to use it tells
	return answer, err
}

// longestNote bounds what a router may say in between.
const longestNote = 64

func exchange(conn net.Conn, command ams.TCPCommand, body []byte, octets int) ([]byte, error) {
	request := append(ams.TCPHeader{Command: command, Length: uint32(len(body))}.Append(nil), body...)
	if _, err := conn.Write(request); err != nil {
		return nil, err
	}
	// Nothing beyond the answer may be read: it belongs to whoever goes on.
	head := make([]byte, ams.TCPHeaderLength)
	for {
		if _, err := io.ReadFull(conn, head); err != nil {
			return nil, noRouter(err)
		}
		h, _ := ams.DecodeTCPHeader(head) // has its octets
		beside := h.Command == ams.TCPRouterNote || h.Command == ams.TCPPortClose
		if h.Command != command && !beside || h.Length > longestNote {
			return nil, fmt.Errorf("the answer is %s with %d octets, not %s with %d; this is no AMS router that takes programs", h.Command, h.Length, command, octets)
		}
		answer := make([]byte, h.Length)
		if _, err := io.ReadFull(conn, answer); err != nil {
			return nil, noRouter(err)
		}
		if beside {
			continue
		}
		if len(answer) != octets {
			return nil, fmt.Errorf("%s is answered with %d octets, not with %d", command, len(answer), octets)
		}
		return answer, nil
	}
}

func noRouter(err error) error {
	if hungUp(err) {
		return fmt.Errorf("the other side hangs up; it is no router for programs of this machine: %w", err)
	}
	return err
}
