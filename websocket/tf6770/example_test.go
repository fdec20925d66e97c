package tf6770_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/websocket"
	"stellwerk/websocket/tf6770"
)

// A task sends a message as soon as the connection stands, and takes the answer.
func ExampleClient() {
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		if m, err := conn.Read(r.Context()); err == nil {
			_ = conn.Write(r.Context(), m.Kind, m.Data, nil)
		}
		_ = conn.Close(websocket.NormalClosure, "that was all")
	}))
	defer echo.Close()

	client := tf6770.NewClient()
	client.HostName = strings.TrimPrefix(echo.URL, "http://")
	client.URI = "/feed"
	client.OnWebSocketMessage = func(content []byte, kind tf6770.ContentType) ams.HRESULT {
		fmt.Printf("received %s\n", content)
		return ams.OK // ams.False would bring it again in the next cycle
	}
	ended := false
	client.OnWebSocketClose = func(code websocket.CloseCode, content []byte) ams.HRESULT {
		fmt.Printf("the server closes with %v: %s\n", code, content)
		ended = true
		return ams.OK
	}
	client.Connect(false)
	sent := false
	for !ended && !client.Error { // the task
		client.Execute()
		if client.Connected && !sent {
			sent = client.SendMessage([]byte(`{"power":42}`), true, false)
		}
		time.Sleep(time.Millisecond)
	}
	fmt.Println(client.ConnectionState, client.CloseReason)
	// Output:
	// received {"power":42}
	// the server closes with 1000 normal closure: that was all
	// WS_STATUS_SOCK_NO_CONN 1000 normal closure
}

// The outputs of a connection that fails, and what helps.
func ExampleClient_Connect() {
	client := tf6770.NewClient()
	client.HostName = "plc.example"
	client.Dial = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "plc.example", IsNotFound: true}
	}
	for client.Connect(false); client.ConnectionState == tf6770.Busy; client.Execute() {
		time.Sleep(time.Millisecond)
	}
	fmt.Println(client.ConnectionState, client.ErrorCode)
	fmt.Println(client.Err)
	fmt.Println(client.ConnectionState.Remedy().EN)
	// Output:
	// WS_STATUS_SOCK_ERR_EAI ERR_TARGETMACHINENOTFOUND
	// websocket: no connection to plc.example:80: lookup plc.example: no such host
	// check the spelling and the machine's DNS, or give the IP address
}

// Errors of package websocket have a status too.
func ExampleStatusOf() {
	_, err := websocket.Dial(context.Background(), "ws://127.0.0.1:1/", nil)
	status := tf6770.StatusOf(err)
	fmt.Println(status, int(status))
	fmt.Println(status.Meaning().EN)
	fmt.Println(status.Meaning().DE)
	// Output:
	// WS_STATUS_SOCK_CONN_REFUSED 5
	// the host has refused the TCP connection
	// der Host hat die TCP-Verbindung abgelehnt
}
