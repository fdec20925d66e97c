package websockettest

import (
	"strings"

	"stellwerk/websocket"
	"stellwerk/wire"
)

// openings are what a server does instead of an answer to the request.
var openings = []Misbehaviour{
	{
		Name: "silent", Phase: Opening, Stage: websocket.Responding,
		Text:    wire.Text{EN: "takes the request and never answers", DE: "nimmt die Anfrage an und antwortet nie"},
		instead: (*talk).wait,
	},
	{
		Name: "hang-up", Phase: Opening, Stage: websocket.Responding,
		Text:    wire.Text{EN: "closes the connection instead of an answer", DE: "schließt die Verbindung, statt zu antworten"},
		instead: (*talk).cut,
	},
	{
		Name: "reset", Phase: Opening, Stage: websocket.Responding,
		Text:    wire.Text{EN: "resets the connection instead of an answer", DE: "bricht die Verbindung ab (RST), statt zu antworten"},
		instead: func(t *talk) error { return gone(t.peer.Reset()) },
	},
	{
		Name: "half-response", Phase: Opening, Stage: websocket.Responding,
		Text:    wire.Text{EN: "sends half of the response and stops", DE: "sendet die halbe Antwort und hört auf"},
		instead: func(t *talk) error { return t.half((*talk).wait) },
	},
	{
		Name: "cut-response", Phase: Opening, Stage: websocket.Responding,
		Text:    wire.Text{EN: "sends half of the response and closes the connection", DE: "sendet die halbe Antwort und schließt die Verbindung"},
		instead: func(t *talk) error { return t.half((*talk).cut) },
	},
	{
		Name: "reset-response", Phase: Opening, Stage: websocket.Responding,
		Text:    wire.Text{EN: "sends half of the response and resets the connection", DE: "sendet die halbe Antwort und bricht die Verbindung ab (RST)"},
		instead: func(t *talk) error { return t.half(func(t *talk) error { return gone(t.peer.Reset()) }) },
	},
	{
		Name: "drip-response", Phase: Opening, Stage: websocket.Responding,
		Text: wire.Text{EN: "sends the response an octet a second", DE: "sendet die Antwort mit einem Oktett je Sekunde"},
		instead: func(t *talk) error {
			r := rightResponse(t.request)
			r.set("X-Filler", strings.Repeat("drip", 1000))
			if err := t.drip([]byte(r.String())); err != nil {
				return err
			}
			return t.wait()
		},
	},
	{
		Name: "endless-response", Phase: Opening, Stage: websocket.Responding,
		Text: wire.Text{EN: "sends header after header without end", DE: "sendet Kopfzeilen ohne Ende"},
		instead: func(t *talk) error {
			octets := "HTTP/1.1 101 Switching Protocols\r\n"
			for line := "X-Filler: " + strings.Repeat("y", 1000) + "\r\n"; ; octets = line {
				if err := t.write(octets); err != nil {
					return err
				}
			}
		},
	},
	{
		Name: "endless-line", Phase: Opening, Stage: websocket.Responding,
		Text: wire.Text{EN: "sends a status line without end", DE: "sendet eine Statuszeile ohne Ende"},
		instead: func(t *talk) error {
			for octets := "HTTP/1.1 101 "; ; octets = strings.Repeat("y", 1000) {
				if err := t.write(octets); err != nil {
					return err
				}
			}
		},
	},
	{
		Name: "no-http", Phase: Opening, Stage: websocket.Responding,
		Text:    wire.Text{EN: "answers in another protocol", DE: "antwortet in einem anderen Protokoll"},
		instead: func(t *talk) error { return t.say("220 mail.example ESMTP\r\n250 OK\r\n") },
	},
	{
		Name: "binary-response", Phase: Opening, Stage: websocket.Responding,
		Text:    wire.Text{EN: "answers with octets that are no text", DE: "antwortet mit Oktetten, die kein Text sind"},
		instead: func(t *talk) error { return t.say("\x15\x03\x01\x00\x02\x02\x50\x00\xff\xfe\r\n\r\n") },
	},
	{
		Name: "frames-at-once", Phase: Opening, Stage: websocket.Responding,
		Text:    wire.Text{EN: "sends frames without a response", DE: "sendet Rahmen ohne Antwort"},
		instead: func(t *talk) error { return t.say("\x81\x05hello\x88\x02\x03\xe8") },
	},
}

// half sends half of the response.
func (t *talk) half(then func(*talk) error) error {
	r := rightResponse(t.request).String()
	if err := t.write(r[:len(r)/2]); err != nil {
		return err
	}
	return then(t)
}

// say sends octets and no more.
func (t *talk) say(octets string) error {
	if err := t.write(octets); err != nil {
		return err
	}
	return t.cut()
}
