// Package tf6770 has what PLC programs know of WebSocket connections from
// Beckhoff's TF6770: a status for each thing that can go wrong
// (ETcIotWebSocketStatus), the defaults of FB_IotWebSocketClient, and its
// keep-alive.
//
//	conn, err := websocket.Dial(ctx, address, options)
//	if err != nil {
//		status := tf6770.StatusOf(err)
//		fmt.Printf("%v (%d): %s\n", status, status, status.Remedy().EN)
//	}
package tf6770
