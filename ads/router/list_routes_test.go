package router_test

import (
	"testing"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/router"
)

// The router lists its routes as the system service of a machine does.
func TestRoutesAreListed(t *testing.T) {
	r, _ := newRouter(t, router.Options{Routes: []router.Route{
		{Name: "mill", NetID: mill, Address: "mill.example"}, {Name: "press", NetID: press, Address: "10.0.0.2"},
	}})
	client := dialed(t, r, 0)
	read := func(number, length uint32) command.ReadResponse {
		t.Helper()
		request := command.ReadRequest{Index: command.Index{Group: command.GroupListRoutes, Offset: number}, Length: length}
		data, code := client.ask(ams.Address{NetID: here, Port: ams.PortSystemService}, number+1, string(request.Append(nil)))
		answer, err := command.DecodeReadResponse([]byte(data))
		if code != 0 || err != nil {
			t.Fatal(code, err)
		}
		return answer
	}
	for number, want := range []command.Route{
		{Name: "mill", NetID: mill, Address: "mill.example", Transport: command.RouteTCP, Timeout: 5 * time.Second},
		{Name: "press", NetID: press, Address: "10.0.0.2", Transport: command.RouteTCP, Timeout: 5 * time.Second},
	} {
		answer := read(uint32(number), 2048)
		if got, err := command.DecodeRoute(answer.Data); err != nil || answer.Result != 0 || got != want {
			t.Errorf("%+v, %v, %v; want %+v", got, answer.Result, err, want)
		}
	}
	if answer := read(2, 2048); answer.Result != ams.NotFound || len(answer.Data) != 0 {
		t.Errorf("behind the last: %v, %x", answer.Result, answer.Data)
	}
	if answer := read(0, 7); answer.Result != 0 || len(answer.Data) != 7 {
		t.Errorf("7 octets were asked for: %v, %x", answer.Result, answer.Data)
	}
}
