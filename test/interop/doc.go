// Package interop holds tests against programs of other people. It is a module of
// its own so that nothing of theirs comes near the program.
//
// That of IEC 104 is thinkgos/go-iecp5, in both roles: as a controlled station it meets
// our client, as a control centre our server, and as both at once the router
// between them. All octets pass a proxy that records them; tshark and our
// own analyzer then judge every frame. What is known to be wrong with frames of the
// peer is named in the test that sees it, and in docs/interoperability.md;
// anything else fails.
//
// Those of WebSocket are lxzan/gws, gorilla/websocket and coder/websocket, in both
// roles, and Chromium as a client; those of TLS are the programs of OpenSSL and of
// GnuTLS, in both roles.
//
// Two of the recordings are kept in test/captures. They are made anew with
//
//	go test -run Conversation -record ./...
package interop
