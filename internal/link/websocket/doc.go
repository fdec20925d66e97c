// Package websocket is a configured connection over WebSocket (RFC 6455), as client
// or as server, that carries points as JSON. docs/websocket-link.md has the schema,
// version 1: hello, snapshot, change, confirmation, command, result, overflow, token
// and error.
//
// A link that sends values gives each peer a snapshot and then every change. A
// server may have several peers. An update leaves the queue when all peers that it
// was sent to and that confirm have confirmed it; where none does, when it is
// written to one. What a peer leaves unconfirmed is sent again, to all that are
// there: a change can come twice, and none is lost. While there is no peer the queue
// keeps what its rule says, and the next peer gets it behind its snapshot. A peer
// that confirms nothing for too long, or does not take what it is sent, 8 MiB of
// changes, is let go, and begins again with a snapshot.
package websocket
