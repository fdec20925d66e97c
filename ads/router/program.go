package router

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"stellwerk/ads/ams"
)

// talk answers what a program says to its router. An error ends the connection.
func (r *Router) talk(p *peer, packet ams.Packet) error {
	if p.is(stranger) && !r.options.Programs(p.conn.RemoteAddr()) {
		return fmt.Errorf("%s from another machine: only programs of this one may do that", packet.Command)
	}
	if !p.become(program) {
		return fmt.Errorf("%s from a connection on which a machine speaks", packet.Command)
	}
	switch packet.Command {
	case ams.TCPPortConnect:
		if len(packet.Body) != 2 {
			return fmt.Errorf("%s with %d octets, it has 2", packet.Command, len(packet.Body))
		}
		port, code := r.register(p, ams.Port(binary.LittleEndian.Uint16(packet.Body)))
		if code != ams.NoError {
			r.trace(Event{Kind: ConnectionRefused, Peer: p.name, Port: ams.Port(binary.LittleEndian.Uint16(packet.Body)), Code: code, Err: code})
		}
		// Port 0 says that there is none: the answer has no place for a reason.
		body := append(make([]byte, 0, 8), r.options.NetID[:]...)
		p.out.putBody(ams.TCPPortConnect, binary.LittleEndian.AppendUint16(body, uint16(port)))
	case ams.TCPPortClose:
		if len(packet.Body) != 2 {
			return fmt.Errorf("%s with %d octets, it has 2", packet.Command, len(packet.Body))
		}
		r.release(p, ams.Port(binary.LittleEndian.Uint16(packet.Body)))
		p.out.putBody(ams.TCPPortClose, nil) // there are programs that wait for it
	case ams.TCPLocalNetID:
		p.out.putBody(ams.TCPLocalNetID, r.options.NetID[:])
	case ams.TCPRouterNote:
		p.out.putBody(ams.TCPRouterNote, []byte{byte(ams.RouterStarted), 0, 0, 0})
	default:
		return errors.New("an AMS/TCP command that is none")
	}
	return nil
}

// register gives a program the port that it wants, or with 0 any that is free.
func (r *Router) register(p *peer, wanted ams.Port) (ams.Port, ams.ReturnCode) {
	r.mu.Lock()
	port, code := r.pick(wanted)
	if code != ams.NoError {
		r.mu.Unlock()
		return 0, code
	}
	first := p.ports == nil
	if first {
		p.ports = make(map[ams.Port]struct{}, 1)
	}
	p.ports[port] = struct{}{}
	r.ports[port] = p
	r.mu.Unlock()
	if first {
		r.trace(Event{Kind: ProgramConnected, Peer: p.name})
	}
	r.trace(Event{Kind: PortRegistered, Peer: p.name, Port: port})
	return port, ams.NoError
}

// noMoreQueues is the router's code when there are too many ports.
const noMoreQueues ams.ReturnCode = 0x508

// pick needs the lock.
func (r *Router) pick(wanted ams.Port) (ams.Port, ams.ReturnCode) {
	switch {
	case len(r.ports) >= r.options.Limits.Ports:
		return 0, noMoreQueues
	case wanted == ams.PortRouter:
		return 0, ams.PortInUse
	case wanted != 0:
		if r.ports[wanted] != nil {
			return 0, ams.PortInUse
		}
		return wanted, ams.NoError
	}
	// Ports go round, so that one that was given back is not used again at once.
	for range math.MaxUint16 - int(ams.PortFirstDynamic) + 1 {
		port := r.nextPort
		if r.nextPort++; r.nextPort == 0 {
			r.nextPort = ams.PortFirstDynamic
		}
		if r.ports[port] == nil {
			return port, ams.NoError
		}
	}
	return 0, noMoreQueues
}

// release takes a port back from the program that has it.
func (r *Router) release(p *peer, port ams.Port) {
	r.mu.Lock()
	_, owned := p.ports[port]
	if owned {
		delete(p.ports, port)
		delete(r.ports, port)
	}
	r.mu.Unlock()
	if owned {
		r.trace(Event{Kind: PortReleased, Peer: p.name, Port: port})
	}
}
