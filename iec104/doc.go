// Package iec104 is IEC 60870-5-104 for both stations: a [Client] is the
// controlling station on one connection, a [Server] is a controlled station
// for many. Both run over any net.Conn; TLS, proxies and recordings are put
// around it outside.
//
//	client, err := iec104.Dial(ctx, "192.0.2.1:2404", &iec104.ClientOptions{
//		Handler: func(a asdu.ASDU) error { … },
//	})
//	defer client.Close()
//	err = client.Start(ctx)
//	err = client.Interrogate(ctx, 1, asdu.InterrogateStation)
//
// A [Supervisor] keeps such a connection up. A controlled station is a [Station]
// of the application's own, or one of package stellwerk/iec104/station, which
// is filled with points and controls and knows the rest.
//
// # Link procedure
//
// Clause 5 of the standard is followed to the letter by one state machine for
// both roles, see [Parameters] for t0 to t3, k and w. What the standard leaves
// open, or what peers are known to get wrong, is decided as follows.
//
// Closed with [ErrProtocol]: octets that are no APDU, a U frame with no or
// several functions, an I or S frame while data transfer is stopped, an N(S)
// that is not the next one, an N(R) behind what was acknowledged or beyond what
// was sent. Closed with [ErrTimeout]: t1, and a peer that takes no octets for
// t1. Tolerated with a finding: bits that must be 0, a confirmation that nobody
// asked for, STARTDT and STOPDT act sent to a controlling station. STARTDT act
// while a stop is being confirmed starts again.
//
// A received frame is confirmed to the peer when its handler has returned nil,
// and not before. The acknowledgement is made as soon as w frames are taken over,
// however many more have come with them; those of one segment are written
// together, but none waits for longer than a millisecond. As long as a handler
// runs nothing else is read, test frames neither, and t1 is not judged. Answering
// test frames meanwhile would gain nothing: the frame in handling is not
// confirmed, so that the t1 of the peer that sent it ends the connection first.
//
// # Security
//
// [ServerOptions.Limits] says who may connect, how often, and what a connection
// may cost. TLS is put around the connection, by crypto/tls or by the profile of
// IEC 62351-3 in package iec62351: [Server.Serve] runs the handshakes beside each
// other and within a bound.
//
// # Redundancy
//
// [ServerOptions.Groups] makes connections redundancy groups (10), of which one is
// active and sends from the group's queue; [SupervisorOptions.Standby] is the other
// side of it. Where data transfer is started on two connections of a group at the
// same moment exactly one is active in the end. The other one is stopped, and the
// station is told so ([SessionObserver], [SupersedeObserver]); on the wire clause 10
// has no word for it, and an I frame that comes there closes it. An [EventBuffer]
// ranks events before counters and measurands.
//
// # Reversed roles
//
// [Server.Call] has the controlled station open the TCP connection, and an
// [Acceptor] is the controlling station that listens.
//
// # Files
//
// [Client.Directory], [Client.ReadFile], [Client.WriteFile], [Client.DeleteFile]
// and [Client.QueryLog] transfer files, and a station that is a [FileStation]
// serves them out of a [FileStore]. A transfer belongs to its connection and ends
// with it; nothing is kept but one section. Section lengths are 16 KiB, or what a
// file needs for 255 sections. What the standard leaves open is decided so: an
// empty file has one empty section; the checksum of the file covers all its
// sections, also those that were skipped; a file that is deactivated is answered
// with F_LS_NA_1 and LSQ 2; an offer is refused with F_SC_NA_1, SCQ 3 and the
// error; a directory without files has one entry, itself, with NOF 0.
//
// # ASDUs
//
// An ASDU whose octets do not fit its type and number of objects is counted,
// shown to the trace function and otherwise ignored; only the answer to an
// interrogation counts even without its object. A controlled station
// answers what it does not know with the request itself, octet for octet, the
// cause 44 to 47 and P/N = 1; it never answers an ASDU that has such a cause.
// A request with the test bit is confirmed and never carried out.
package iec104
