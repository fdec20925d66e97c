package ads

import (
	"time"

	"stellwerk/ads/ams"
)

// ClientFrame is what a connection carries, as [ClientOptions.Trace] sees it.
type ClientFrame struct {
	// Time is when it was received, or put together to be sent.
	Time time.Time
	// Sent tells that this side sends it.
	Sent bool
	// Octets are the packet with all of its headers: that of AMS/TCP too, unless
	// the framing is [ams.Bare]. They are valid until the function returns.
	Octets []byte
}

// trace shows a packet.
func (cc *clientConn) trace(sent bool, octets []byte) {
	if cc.options.Trace == nil {
		return
	}
	cc.tracing.Lock()
	defer cc.tracing.Unlock()
	cc.options.Trace(ClientFrame{Time: time.Now(), Sent: sent, Octets: octets})
}

// traceReceived shows a packet that has come.
func (cc *clientConn) traceReceived(p *ams.Packet) {
	if cc.options.Trace == nil {
		return
	}
	if p.Command == ams.TCPFrame {
		cc.trace(false, p.Frame.Append(nil, cc.options.Framing))
		return
	}
	cc.trace(false, append(ams.TCPHeader{Command: p.Command, Length: uint32(len(p.Body))}.Append(nil), p.Body...))
}
