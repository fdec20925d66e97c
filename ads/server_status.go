package ads

import "sync/atomic"

// ServerStatus says what a [Server], or one connection of it, has done so far.
type ServerStatus struct {
	Connections int    // that there are
	Accepted    uint64 // connections
	Refused     uint64 // connections, by the limits
	Malformed   uint64 // connections that ended because what came was no AMS
	Unexpected  uint64 // answers that nobody has asked for, and notifications

	Requests      uint64
	MailboxFull   uint64 // requests refused because too many were open
	Errors        uint64 // requests answered with an AMS error, MailboxFull among them
	Notifications uint64 // frames with notifications that were sent
	Dropped       uint64 // frames with notifications that the peer was too slow for
	OctetsIn      uint64
	OctetsOut     uint64
}

// serverCounters are those of a connection.
type serverCounters struct {
	requests, refused, errors, notifications, dropped, octetsIn atomic.Uint64
}

func (c *serverCounters) add(s *ServerStatus, out *serverOutput) {
	s.Requests += c.requests.Load()
	s.MailboxFull += c.refused.Load()
	s.Errors += c.errors.Load()
	s.Notifications += c.notifications.Load()
	s.Dropped += c.dropped.Load()
	s.OctetsIn += c.octetsIn.Load()
	octets, _ := out.state()
	s.OctetsOut += octets
}

// serverTotals are those of a server, with the connections that have ended.
type serverTotals struct {
	accepted, refused, malformed, unexpected atomic.Uint64
	ended                                    ServerStatus // guarded by the server's mu
}

// Status returns the counts of all connections, also those that have ended.
func (s *Server) Status() ServerStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	status := s.counters.ended
	status.Connections = len(s.conns)
	status.Accepted = s.counters.accepted.Load()
	status.Refused = s.counters.refused.Load()
	status.Malformed = s.counters.malformed.Load()
	status.Unexpected = s.counters.unexpected.Load()
	for c := range s.conns {
		c.peer.add(&status, c.out)
	}
	return status
}

// Status returns the counts of the connection.
func (c *ServerConn) Status() ServerStatus {
	var status ServerStatus
	c.peer.add(&status, c.out)
	return status
}
