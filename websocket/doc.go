// Package websocket is WebSocket (RFC 6455) with the compression of messages
// (RFC 7692), for clients and servers, over any net.Conn.
//
//	conn, err := websocket.Dial(ctx, "ws://example.org/feed", nil)
//	defer conn.Close(websocket.NormalClosure, "")
//	err = conn.Write(ctx, websocket.Text, []byte("hello"), nil)
//	message, err := conn.Read(ctx)
//
// [Client] and [Server] take a connection that exists, [Upgrade] one of
// net/http.
//
// # Rules
//
// One goroutine reads at a time, any number may write, and Close may be called
// at any moment. Pings are answered while somebody reads. A message is in memory
// as a whole, within the limits of [Limits]; memory is taken as octets arrive,
// not as a header claims. Text is checked as it arrives. Whatever breaks the
// standard fails the connection with the close code that it demands; nothing is
// repaired or ignored.
//
// A context that ends while Read or Write waits ends the connection: nobody
// could go on in the middle of a frame.
package websocket
