package ads

import (
	"bytes"
	"encoding/json"
	"testing"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/wire"
)

// A packet that stands alone is shown as it is, and all of it.
func TestDecode(t *testing.T) {
	frame := func(h ams.Header, data []byte) []byte {
		h.Target, h.Source = ams.Address{NetID: ams.LocalNetID, Port: 851}, ams.Address{NetID: ams.NetID{1, 2, 3, 4, 1, 1}, Port: 40000}
		return (&ams.Frame{Header: h, Data: data}).Append(nil, ams.OverTCP)
	}
	notes := command.BeginNotification(nil)
	notes.Add(command.Sample{Time: 1, Handle: 2, Data: []byte{3, 4}})
	for name, octets := range map[string][]byte{
		"request":      frame(ams.Header{Command: ams.Read, StateFlags: ams.RequestFlags}, command.ReadRequest{Length: 4}.Append(nil)),
		"response":     frame(ams.Header{Command: ams.Read, StateFlags: ams.ResponseFlags}, command.ReadResponse{Data: []byte{1}}.Append(nil)),
		"AMS error":    frame(ams.Header{Command: ams.Read, StateFlags: ams.ResponseFlags, Error: ams.TargetPortNotFound}, nil),
		"notification": frame(ams.Header{Command: ams.DeviceNotification, StateFlags: ams.RequestFlags}, notes.End()),
		"router":       append(ams.TCPHeader{Command: ams.TCPPortConnect, Length: 2}.Append(nil), 0, 0),
		"short body":   frame(ams.Header{Command: ams.Write, StateFlags: ams.RequestFlags}, []byte{1, 2, 3}),
	} {
		telegram, err := Decode(octets)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		w := wire.NewWalker(octets)
		telegram.Walk(w)
		if joined := wire.Join(w.Nodes()); w.Rest() > 0 || !bytes.Equal(joined, octets) {
			t.Errorf("%s: its leaves are not the telegram", name)
		}
		if object := telegram.AppendJSON(nil); !json.Valid(object) {
			t.Errorf("%s: %s is no JSON", name, object)
		}
		for _, lang := range []string{"en", "de"} {
			if text := telegram.AppendSummary(nil, lang); len(text) == 0 {
				t.Errorf("%s: nothing is said in %s", name, lang)
			}
		}
	}
	whole := frame(ams.Header{Command: ams.Read, StateFlags: ams.RequestFlags}, command.ReadRequest{Length: 4}.Append(nil))
	if telegram, err := Decode(whole[:len(whole)-3]); err != nil || !telegram.(*Telegram).Cut { //nolint:forcetypeassert // it makes no other
		t.Errorf("one whose end is missing: %v", err)
	}
	for name, octets := range map[string][]byte{
		"nothing": nil, "too short": whole[:20], "no command": {9, 9, 0, 0, 0, 0}, "too long": append(bytes.Clone(whole), 0),
		"contradiction": append(ams.TCPHeader{Length: 40}.Append(nil), make([]byte, 40)...),
	} {
		if telegram, err := Decode(octets); err == nil {
			t.Errorf("%s is %v", name, telegram)
		}
	}
}
