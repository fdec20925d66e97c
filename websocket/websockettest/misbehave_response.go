package websockettest

import (
	"strconv"
	"strings"

	"stellwerk/websocket"
	"stellwerk/wire"
)

// responses are answers to the request that lie.
var responses = []Misbehaviour{
	status(100, "Continue", wire.Text{EN: "has the client continue and says no more", DE: "lässt den Client fortfahren und sagt nichts mehr"}),
	status(200, "OK", wire.Text{EN: "answers as to a page", DE: "antwortet wie auf eine Seite"}),
	status(204, "No Content", wire.Text{EN: "answers without content", DE: "antwortet ohne Inhalt"}),
	status(301, "Moved Permanently", wire.Text{EN: "redirects for ever", DE: "leitet dauerhaft um"}, "Location: ws://127.0.0.1:9/elsewhere"),
	status(302, "Found", wire.Text{EN: "redirects", DE: "leitet um"}, "Location: /elsewhere"),
	status(307, "Temporary Redirect", wire.Text{EN: "redirects for now", DE: "leitet vorübergehend um"}, "Location: http://127.0.0.1:9/"),
	status(400, "Bad Request", wire.Text{EN: "finds the request wrong", DE: "hält die Anfrage für falsch"}),
	status(401, "Unauthorized", wire.Text{EN: "wants a password", DE: "will ein Kennwort"}, `WWW-Authenticate: Basic realm="plant"`),
	status(403, "Forbidden", wire.Text{EN: "forbids the connection", DE: "verbietet die Verbindung"}),
	status(404, "Not Found", wire.Text{EN: "has nothing there", DE: "hat dort nichts"}),
	status(407, "Proxy Authentication Required", wire.Text{EN: "wants a password as a proxy does", DE: "will wie ein Proxy ein Kennwort"}, `Proxy-Authenticate: Basic realm="plant"`),
	status(426, "Upgrade Required", wire.Text{EN: "wants another version", DE: "will eine andere Version"}, "Sec-WebSocket-Version: 8"),
	status(500, "Internal Server Error", wire.Text{EN: "fails", DE: "versagt"}),
	status(503, "Service Unavailable", wire.Text{EN: "is not available", DE: "ist nicht verfügbar"}, "Retry-After: 3600"),
	status(600, "Beyond", wire.Text{EN: "answers with a status that does not exist", DE: "antwortet mit einem Status, den es nicht gibt"}),
	lie("garbled-status", websocket.Responding, wire.Text{EN: "answers with a status that is no number", DE: "antwortet mit einem Status, der keine Zahl ist"},
		func(r *response) { r.status = "HTTP/1.1 ok Switching Protocols" }),
	lie("http-1.0", websocket.Headers, wire.Text{EN: "answers in HTTP/1.0", DE: "antwortet in HTTP/1.0"},
		func(r *response) { r.status = "HTTP/1.0 101 Switching Protocols" }),
	lie("http-2", websocket.Headers, wire.Text{EN: "answers in HTTP/2.0", DE: "antwortet in HTTP/2.0"},
		func(r *response) { r.status = "HTTP/2.0 101 Switching Protocols" }),
	lie("line-without-colon", websocket.Responding, wire.Text{EN: "sends a header without a colon", DE: "sendet eine Kopfzeile ohne Doppelpunkt"},
		func(r *response) { r.lines = append(r.lines, "hello") }),
	lie("no-upgrade", websocket.Headers, wire.Text{EN: "leaves out Upgrade", DE: "lässt Upgrade weg"},
		func(r *response) { r.set("Upgrade") }),
	lie("empty-upgrade", websocket.Headers, wire.Text{EN: "leaves Upgrade empty", DE: "lässt Upgrade leer"},
		func(r *response) { r.set("Upgrade", "") }),
	lie("wrong-upgrade", websocket.Headers, wire.Text{EN: "upgrades to another protocol", DE: "wechselt in ein anderes Protokoll"},
		func(r *response) { r.set("Upgrade", "h2c") }),
	lie("no-connection", websocket.Headers, wire.Text{EN: "leaves out Connection", DE: "lässt Connection weg"},
		func(r *response) { r.set("Connection") }),
	lie("wrong-connection", websocket.Headers, wire.Text{EN: "says Connection: close", DE: "meldet Connection: close"},
		func(r *response) { r.set("Connection", "close") }),
	lie("no-accept", websocket.Accept, wire.Text{EN: "leaves out Sec-WebSocket-Accept", DE: "lässt Sec-WebSocket-Accept weg"},
		func(r *response) { r.set("Sec-WebSocket-Accept") }),
	lie("empty-accept", websocket.Accept, wire.Text{EN: "leaves Sec-WebSocket-Accept empty", DE: "lässt Sec-WebSocket-Accept leer"},
		func(r *response) { r.set("Sec-WebSocket-Accept", "") }),
	lie("two-accepts", websocket.Accept, wire.Text{EN: "sends Sec-WebSocket-Accept twice", DE: "sendet Sec-WebSocket-Accept zweimal"},
		func(r *response) {
			right := r.value("Sec-WebSocket-Accept")
			r.set("Sec-WebSocket-Accept", right, right)
		}),
	lie("wrong-accept", websocket.AcceptHash, wire.Text{EN: "sends the Sec-WebSocket-Accept of another request", DE: "sendet das Sec-WebSocket-Accept einer anderen Anfrage"},
		func(r *response) { r.set("Sec-WebSocket-Accept", accept("dGhlIHNhbXBsZSBub25jZQ==")) }),
	lie("small-accept", websocket.AcceptHash, wire.Text{EN: "sends Sec-WebSocket-Accept in small letters", DE: "sendet Sec-WebSocket-Accept in Kleinbuchstaben"},
		func(r *response) { r.set("Sec-WebSocket-Accept", strings.ToLower(r.value("Sec-WebSocket-Accept"))) }),
	lie("unknown-extension", websocket.Extension, wire.Text{EN: "wants an extension that does not exist", DE: "will eine Erweiterung, die es nicht gibt"},
		func(r *response) { r.set("Sec-WebSocket-Extensions", "x-unknown") }),
	lie("garbled-extension", websocket.Extension, wire.Text{EN: "sends an extension that cannot be read", DE: "sendet eine unlesbare Erweiterung"},
		func(r *response) { r.set("Sec-WebSocket-Extensions", "permessage-deflate; =;;") }),
	lie("extension-twice", websocket.Extension, wire.Text{EN: "wants the compression twice", DE: "will die Kompression zweimal"},
		func(r *response) { r.set("Sec-WebSocket-Extensions", "permessage-deflate, permessage-deflate") }),
	lie("unknown-parameter", websocket.Extension, wire.Text{EN: "gives the compression a parameter that does not exist", DE: "gibt der Kompression einen Parameter, den es nicht gibt"},
		func(r *response) { r.set("Sec-WebSocket-Extensions", "permessage-deflate; level=9") }),
	lie("window-of-16-bits", websocket.Extension, wire.Text{EN: "compresses with a window that is too large", DE: "komprimiert mit einem zu großen Fenster"},
		func(r *response) { r.set("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=16") }),
	lie("window-of-7-bits", websocket.Extension, wire.Text{EN: "wants a window that is too small", DE: "will ein zu kleines Fenster"},
		func(r *response) { r.set("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits=7") }),
	lie("window-without-value", websocket.Extension, wire.Text{EN: "leaves out the size of the window", DE: "lässt die Größe des Fensters weg"},
		func(r *response) { r.set("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits") }),
	lie("unknown-subprotocol", websocket.Subprotocol, wire.Text{EN: "chooses a subprotocol that was not offered", DE: "wählt ein Unterprotokoll, das nicht angeboten wurde"},
		func(r *response) { r.set("Sec-WebSocket-Protocol", "x-unknown") }),
	lie("two-subprotocols", websocket.Subprotocol, wire.Text{EN: "chooses two subprotocols", DE: "wählt zwei Unterprotokolle"},
		func(r *response) { r.set("Sec-WebSocket-Protocol", "x-unknown", "y-unknown") }),
}

// status is an answer with another status than 101.
func status(code int, reason string, text wire.Text, lines ...string) Misbehaviour {
	name := "status-" + strconv.Itoa(code)
	return lie(name, websocket.StatusLine, text, func(r *response) {
		r.status = "HTTP/1.1 " + strconv.Itoa(code) + " " + reason
		r.lines = lines
		if code >= 200 && code != 204 {
			r.body = reason + "\n"
			r.lines = append([]string{"Connection: close", "Content-Length: " + strconv.Itoa(len(r.body))}, lines...)
		}
	})
}

// lie is an answer with something wrong. Behind it the server says nothing
// more: the client has no reason to go on.
func lie(name string, stage websocket.Stage, text wire.Text, respond func(*response)) Misbehaviour {
	return Misbehaviour{Name: name, Text: text, Phase: Opening, Stage: stage, respond: respond, act: (*talk).wait}
}
