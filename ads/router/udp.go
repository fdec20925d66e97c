package router

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/discovery"
)

// UDPOptions are the settings of [Discover], [AddRoute] and [DeleteRoute]. Nil
// options, and fields that are zero, have the values named beside them.
type UDPOptions struct {
	// Source is who asks. A zero NetID is made of the IP address of this
	// machine, as TwinCAT does; a zero port is that of the system service.
	Source ams.Address
	// Wait is how long answers are waited for. Zero is 2 s.
	Wait time.Duration
	// Repeat is when a question is asked again that nobody has answered. Zero is
	// 500 ms.
	Repeat time.Duration
	// Listen opens a socket; nil is UDP on any port.
	Listen func(ctx context.Context) (net.PacketConn, error)
	// Trace sees every packet.
	Trace func(peer netip.AddrPort, sent bool, p *discovery.Packet)
}

func (o *UDPOptions) withDefaults() UDPOptions {
	filled := UDPOptions{}
	if o != nil {
		filled = *o
	}
	filled.Wait = cmp.Or(filled.Wait, 2*time.Second)
	filled.Repeat = cmp.Or(filled.Repeat, 500*time.Millisecond)
	filled.Source.Port = cmp.Or(filled.Source.Port, ams.PortSystemService)
	if filled.Listen == nil {
		filled.Listen = func(ctx context.Context) (net.PacketConn, error) {
			return (&net.ListenConfig{}).ListenPacket(ctx, "udp", ":0")
		}
	}
	if filled.Trace == nil {
		filled.Trace = func(netip.AddrPort, bool, *discovery.Packet) {}
	}
	return filled
}

// errSilent says that nobody has answered.
var errSilent = errors.New("no answer")

// ask sends a packet to machines, again until they have answered, and hands on
// each first answer, until done reports true or the time is over. It returns the
// error of the last packet that could not be sent where nobody has answered.
func (o *UDPOptions) ask(ctx context.Context, machines []netip.AddrPort, p discovery.Packet, done func(from netip.AddrPort, took time.Duration, answer *discovery.Packet) bool) error {
	conn, err := o.Listen(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing is left to be sent
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()

	p.InvokeID = rand.Uint32() //nolint:gosec // nobody has to guess it but by chance
	p.Source = o.Source
	if p.Source.NetID.IsZero() {
		p.Source.NetID = netIDTowards(ctx, machines[0])
	}
	datagram := p.Append(nil)
	begin := time.Now()
	end := begin.Add(o.Wait)
	answered := make(map[netip.AddrPort]bool)
	buffer := make([]byte, discovery.MaxPacket)
	for now := begin; now.Before(end); now = time.Now() {
		var unsent error
		for _, to := range machines {
			if answered[to] {
				continue
			}
			if _, err := conn.WriteTo(datagram, net.UDPAddrFromAddrPort(to)); err != nil {
				unsent = err
				continue
			}
			o.Trace(to, true, &p)
		}
		if unsent != nil && len(machines) == 1 {
			return unsent
		}
		_ = conn.SetReadDeadline(earlier(end, now.Add(o.Repeat))) // reading tells
		for {
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			n, addr, err := conn.ReadFrom(buffer)
			if err != nil {
				if timedOut(err) {
					break
				}
				if errors.Is(err, net.ErrClosed) {
					return err
				}
				continue // what the network reports about an earlier packet
			}
			from, err := netip.ParseAddrPort(addr.String())
			if err != nil {
				continue
			}
			from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
			answer, err := discovery.Decode(buffer[:n])
			if err != nil || !answer.Response || answer.InvokeID != p.InvokeID || answer.Service != p.Service {
				continue // of somebody else
			}
			o.Trace(from, false, &answer)
			if answered[from] {
				continue
			}
			answered[from] = true
			if done(from, time.Since(begin), &answer) {
				return nil
			}
		}
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if len(answered) == 0 {
		return fmt.Errorf("%w within %v", errSilent, o.Wait)
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// netIDTowards makes a NetId of the IP address by which this machine reaches
// another one, with .1.1 behind it.
func netIDTowards(ctx context.Context, machine netip.AddrPort) ams.NetID {
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp4", machine.String()) // nothing is sent
	if err != nil {
		return ams.LocalNetID
	}
	defer conn.Close()
	return NetIDOf(conn.LocalAddr())
}

// NetIDOf returns the NetId that TwinCAT gives a machine with an IPv4 address:
// the address with .1.1 behind it. Others get 127.0.0.1.1.1.
func NetIDOf(addr net.Addr) ams.NetID {
	ip, ok := ipOf(addr)
	if !ok || !ip.Is4() {
		return ams.LocalNetID
	}
	octets := ip.As4()
	return ams.NetID{octets[0], octets[1], octets[2], octets[3], 1, 1}
}

// resolve returns the address of a machine for UDP.
func resolve(ctx context.Context, host string) (netip.AddrPort, error) {
	address, err := Endpoint(host, ams.UDPPort)
	if err != nil {
		return netip.AddrPort{}, err
	}
	name, port, _ := net.SplitHostPort(address) // it was joined
	number, err := net.DefaultResolver.LookupPort(ctx, "udp", port)
	if err != nil {
		return netip.AddrPort{}, err
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	if err != nil {
		return netip.AddrPort{}, err
	}
	best := found[0].Unmap()
	for _, ip := range found {
		if ip = ip.Unmap(); ip.Is4() {
			best = ip // TwinCAT speaks IPv4
			break
		}
	}
	return netip.AddrPortFrom(best, uint16(number)), nil
}
