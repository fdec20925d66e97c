// Package tf6770 is FB_IotWebSocketClient of Beckhoff's TF6770 for Go: a
// WebSocket client that a cyclic program drives. [Client] has the inputs,
// outputs and methods that PLC programs know, with their defaults; every
// failure has a [Status] (ETcIotWebSocketStatus).
//
//	client := tf6770.NewClient()
//	client.HostName, client.URI = "example.org", "/feed"
//	client.OnWebSocketMessage = func(content []byte, kind tf6770.ContentType) ams.HRESULT {
//		fmt.Printf("%s\n", content)
//		return ams.OK
//	}
//	for range time.Tick(10 * time.Millisecond) {
//		client.Execute()
//		switch {
//		case client.Connected:
//			client.SendMessage([]byte("hello"), true, false)
//		case client.ConnectionState == tf6770.SocketNoConnection:
//			client.Connect(false)
//		case client.Error:
//			fmt.Println(client.ConnectionState, client.Err)
//			time.Sleep(5 * time.Second) // a failure is no reason to hurry
//			client.Connect(false)
//		}
//	}
//
// Nothing of it waits: what takes time happens in the background, and its
// results are seen, and callbacks called, by Execute.
//
// [StatusOf] gives the errors of package websocket, and those of package net
// below it, the same statuses.
//
// docs/tf6770.md holds it against the manual, and tells for each status what
// causes it.
package tf6770
