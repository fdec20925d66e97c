package router_test

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/router"
)

func TestListRoutes(t *testing.T) {
	want := []router.Route{{Name: "mill", NetID: mill, Address: "mill.example"}, {Name: "press", NetID: press, Address: "10.0.0.2"}}
	r, _ := newRouter(t, router.Options{Routes: want})
	client := dialed(t, r, 0)
	id := uint32(0)
	read := func(_ context.Context, index command.Index, length uint32) ([]byte, error) {
		id++
		data, code := client.ask(ams.Address{NetID: here, Port: ams.PortSystemService}, id, string(command.ReadRequest{Index: index, Length: length}.Append(nil)))
		if code != 0 {
			return nil, code
		}
		if code := ams.ReturnCode(binary.LittleEndian.Uint32([]byte(data))); code != 0 {
			return nil, code
		}
		return []byte(data)[8:], nil
	}
	got, err := router.ListRoutes(t.Context(), read)
	if err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%v, %v", got, err)
	}
	for name, broken := range map[string]func([]byte) []byte{
		"10 octets":       func(b []byte) []byte { return b[:10] },
		"octets, 22 foll": func(b []byte) []byte { return append(b[:32:32], append([]byte{255, 255, 255, 255}, b[36:]...)...)[:62] },
	} {
		_, err := router.ListRoutes(t.Context(), func(ctx context.Context, index command.Index, length uint32) ([]byte, error) {
			data, err := read(ctx, index, length)
			if err != nil {
				return nil, err
			}
			return broken(append(data, make([]byte, 62)...)), nil
		})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := router.ListRoutes(t.Context(), func(context.Context, command.Index, uint32) ([]byte, error) { return nil, ams.AccessDenied }); !errors.Is(err, ams.AccessDenied) {
		t.Error(err)
	}
}
