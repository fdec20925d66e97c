package iec104

import (
	"strings"

	"stellwerk/iec104/apci"
	"stellwerk/wire"
)

// WalkMalformed dissects octets that are no APDU, as far as they look like one.
func WalkMalformed(w *wire.Walker, octets []byte) {
	apci.Walk(w, octets)
	w.Raw("octets", wire.Text{}, w.Rest())
}

// Name returns the name of a node in the language "de", and in English for every
// other. Abbreviations of the standard are the same in both.
func Name(name, lang string) string {
	if lang != "de" {
		return name
	}
	if number, ok := strings.CutPrefix(name, "object "); ok {
		return "Objekt " + number
	}
	if german, ok := germanNames[name]; ok {
		return german
	}
	return name
}

var germanNames = map[string]string{
	"octets":              "Oktette",
	"control field":       "Kontrollfeld",
	"format":              "Format",
	"cause":               "Ursache",
	"information objects": "Informationsobjekte",
	"surplus":             "Überzählig",
	"value":               "Wert",
	"counter reading":     "Zählerstand",
	"milliseconds":        "Millisekunden",
	"minute":              "Minute",
	"hour":                "Stunde",
	"day of month":        "Tag",
	"day of week":         "Wochentag",
	"month":               "Monat",
	"year":                "Jahr",
	"action":              "Vorgang",
	"answer":              "Antwort",
	"error":               "Fehler",
	"qualifier":           "Kennung",
	"from":                "von",
	"to":                  "bis",
}
