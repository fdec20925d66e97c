// Package ads is ADS, the Automation Device Specification of Beckhoff, for both
// ends: a [Client] asks devices such as PLCs over a connection that any number
// of targets share, and a [Server] answers. Both run over any net.Conn; TLS
// (secure ADS), proxies and recordings are put around it outside.
//
//	client, err := ads.Dial(ctx, "192.0.2.1:48898", &ads.ClientOptions{
//		Target: ams.Address{NetID: plc, Port: ams.PortTC3PLC1},
//	})
//	defer client.Close()
//	speed, err := client.ReadValue(ctx, "MAIN.fSpeed")
//
// A [Supervisor] keeps such a connection up, and subscriptions alive through lost
// connections, restarts and online changes of the PLC.
//
// # Requests
//
// All methods of a client may be called by any number of goroutines: requests
// are pipelined, up to [ClientOptions.Window] to each target, and written
// together. A target whose mailbox is full (return codes 4 and 0x502) has not
// taken the request: the client halves the window, pauses, asks again and lets
// the window grow as answers come.
//
// Each answer must have the invoke ID, the command and the addresses of an open
// request. Whatever else comes is counted and told to
// [ClientOptions.Unexpected], and the connection is kept. What ends it is a
// stream that cannot be read any further, and a peer that takes no octets.
//
// # Names
//
// Symbols are accessed by handles, which the client keeps; the symbol version of
// the target is looked at together with the values, and a value that comes with
// another version than its handle and type are of is thrown away, and
// everything is asked for again. Close releases the handles.
package ads
