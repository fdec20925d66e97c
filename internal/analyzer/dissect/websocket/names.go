package websocket

import "stellwerk/wire"

// Words of summaries.
var (
	tOctets      = wire.Text{EN: "octets", DE: "Oktette"}
	tCompressed  = wire.Text{EN: " (compressed: %d)", DE: " (komprimiert: %d)"}
	tFrames      = wire.Text{EN: " in %d frames", DE: " in %d Rahmen"}
	tWithoutCode = wire.Text{EN: " without code", DE: " ohne Code"}
	tUpgrade     = wire.Text{EN: "  upgrade to WebSocket", DE: "  Wechsel zu WebSocket"}
	tNoUpgrade   = wire.Text{EN: "  no upgrade to WebSocket", DE: "  kein Wechsel zu WebSocket"}
	tRefused     = wire.Text{EN: "  no WebSocket", DE: "  kein WebSocket"}
	tDeflated    = wire.Text{EN: "compressed", DE: "komprimiert"}
)

var outcomeTexts = [...]wire.Text{
	Inflated:   {},
	Damaged:    {EN: "it cannot be inflated: damaged", DE: "nicht dekomprimierbar: beschädigt"},
	Lacking:    {EN: "it cannot be inflated: it refers to messages that are not in the capture", DE: "nicht dekomprimierbar: Bezug auf Nachrichten, die im Mitschnitt fehlen"},
	Endless:    {EN: "it cannot be inflated: it has more than 64 MiB", DE: "nicht dekomprimiert: mehr als 64 MiB"},
	Crowded:    {EN: "it is not inflated: too many connections at the same time", DE: "nicht dekomprimiert: zu viele Verbindungen gleichzeitig"},
	Incomplete: {EN: "it cannot be inflated: not all of it is there", DE: "nicht dekomprimierbar: unvollständig"},
}

// Text says why a compressed message cannot be read, and nothing where it can.
func (o Outcome) Text() wire.Text {
	if int(o) < len(outcomeTexts) {
		return outcomeTexts[o]
	}
	return wire.Text{}
}

// WalkMalformed dissects octets that are no message.
func WalkMalformed(w *wire.Walker, _ []byte) { w.Raw("octets", wire.Text{}, w.Rest()) }

// Name returns the name of a node in the language "de", and in English for every
// other. Names of the standard are the same in both.
func Name(name, lang string) string {
	if lang != "de" {
		return name
	}
	if german, ok := germanNames[name]; ok {
		return german
	}
	return name
}

var germanNames = map[string]string{
	"octets":          "Oktette",
	"header":          "Kopf",
	"opcode":          "Opcode",
	"length":          "Länge",
	"extended length": "erweiterte Länge",
	"masking key":     "Maskenschlüssel",
	"payload":         "Nutzdaten",
	"message":         "Nachricht",
	"frame":           "Rahmen",
	"close code":      "Schließcode",
	"reason":          "Grund",
	"request line":    "Anfragezeile",
	"status line":     "Statuszeile",
	"end of head":     "Ende des Kopfs",
	"line":            "Zeile",
	"body":            "Rumpf",
}
