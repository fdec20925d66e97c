package tf6770

import (
	"bytes"
	"testing"

	"stellwerk/ads/ams"
	ws "stellwerk/websocket/tf6770"
)

// FuzzExchange has requests that a PLC makes up: no panic, and what is understood
// means the same when it is said again.
func FuzzExchange(f *testing.F) {
	f.Add((&ExchangeRequest{Acknowledged: 3, Flags: HoldMessages, Pieces: []Piece{{Sequence: 1, Total: 2, Kind: ws.Text, Data: []byte("ab")}}}).Append(nil))
	f.Add((&ExchangeResponse{Connected: true, Protocol: "p", CloseContent: []byte("x"), Pieces: []Piece{{Sequence: 1, Kind: ws.Binary}}}).Append(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := DecodeExchangeRequest(data); err == nil {
			again, err := DecodeExchangeRequest(r.Append(nil))
			if err != nil || !bytes.Equal(again.Append(nil), r.Append(nil)) {
				t.Fatalf("%+v became %+v: %v", r, again, err)
			}
			var s sending
			if code := s.take(r.Pieces, ws.NewClient()); code == ams.NoError && len(s.message) > ws.DefaultMaxQueue {
				t.Fatalf("%d octets are kept", len(s.message))
			}
		}
		if r, err := DecodeExchangeResponse(data); err == nil {
			if _, err := DecodeExchangeResponse(r.Append(nil)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzParameters has parameters that a PLC makes up.
func FuzzParameters(f *testing.F) {
	in := ws.NewClient().Inputs
	in.HostName, in.HostPort, in.TLS.PSKKey, in.KeepAlive = "plant.example", 8443, []byte{1, 2, 3}, false
	seed, _ := AppendParameters(nil, &in)
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := DecodeParameters(data)
		if err != nil {
			return
		}
		octets, err := AppendParameters(nil, &in)
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeParameters(octets)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := AppendParameters(nil, &again); err != nil || !bytes.Equal(octets, second) {
			t.Fatalf("%x became %x", octets, second)
		}
	})
}
