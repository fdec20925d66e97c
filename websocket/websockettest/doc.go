// Package websockettest is the wrong end of a WebSocket connection: everything
// that RFC 6455 and RFC 7692 forbid, on request, and what a right end must do
// about it.
//
// # Servers that misbehave
//
// A [Server] echoes messages, apart from one [Misbehaviour], of which
// [Misbehaviours] lists all there are and [Find] one by its name:
//
//	wrong, _ := websockettest.Find("half-frame")
//	server := websockettest.Server{Misbehaviour: wrong}
//	err := server.Serve(ctx, listener)
//
// With ByPath the client chooses: ws://HOST/half-frame. TLS is put on the
// listener, or on the connection that is given to [Server.ServeConn].
//
// # Frames laid by hand
//
// A [Peer] is one end of a connection, of either role, that sends any octets
// and any [Frame], and is strict about what it gets.
//
// # Cases
//
// [Cases] are the behaviours that an end of a connection must show, written
// once as values: framing, pings, reserved bits, opcodes, fragments, UTF-8,
// closing, limits and compression. They run against anything that echoes
// messages, see [Case], as a client and as a server:
//
//	for c := range websockettest.Cases() {
//		err := c.Run(ctx, conn, websockettest.ServerRole)
//	}
//
// Nothing here depends on the clock but the pace at which a server drips, so
// that all of it works in the virtual time of testing/synctest too.
package websockettest
