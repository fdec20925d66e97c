package ads

import (
	"stellwerk/ads/ams"
	"stellwerk/wire"
)

// WalkMalformed dissects octets that are no telegram, as far as they look like
// one.
func WalkMalformed(w *wire.Walker, octets []byte) {
	if t, err := ams.DecodeTCPHeader(octets); err == nil && t.Command.Known() {
		w.Element(ams.ElementTCPHeader)
		if t.Command == ams.TCPFrame && w.Rest() >= ams.HeaderLength {
			w.Element(ams.ElementHeader)
		}
	}
	w.Raw("octets", wire.Text{}, w.Rest())
}

// Name returns the name of a node in the language "de", and in English for every
// other. Names of Beckhoff's documentation are the same in both.
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
	"octets":              "Oktette",
	"AMS/TCP header":      "AMS/TCP-Kopf",
	"AMS header":          "AMS-Kopf",
	"command":             "Befehl",
	"length":              "Länge",
	"target NetId":        "Ziel-NetId",
	"target port":         "Ziel-Port",
	"source NetId":        "Quell-NetId",
	"source port":         "Quell-Port",
	"command id":          "Befehls-ID",
	"response":            "Antwort",
	"no return":           "ohne Antwort",
	"ADS command":         "ADS-Befehl",
	"system command":      "Systembefehl",
	"high priority":       "hohe Priorität",
	"time stamp":          "Zeitstempel",
	"init command":        "Init-Befehl",
	"broadcast":           "Broadcast",
	"reserved":            "reserviert",
	"data length":         "Datenlänge",
	"AMS error":           "AMS-Fehler",
	"invoke id":           "Invoke-ID",
	"port":                "Port",
	"state":               "Zustand",
	"result":              "Ergebnis",
	"major version":       "Hauptversion",
	"minor version":       "Nebenversion",
	"name":                "Name",
	"index group":         "Indexgruppe",
	"index offset":        "Indexoffset",
	"read length":         "Leselänge",
	"write length":        "Schreiblänge",
	"data":                "Daten",
	"ADS state":           "ADS-Status",
	"device state":        "Gerätestatus",
	"transmission mode":   "Übertragungsart",
	"max delay":           "größte Verzögerung",
	"cycle time":          "Zykluszeit",
	"notification handle": "Notification-Handle",
	"notification":        "Notification",
	"handle":              "Handle",
	"stamps":              "Stempel",
	"stamp":               "Stempel",
	"samples":             "Werte",
	"sample":              "Wert",
	"size":                "Größe",
	"symbol":              "Symbol",
	"item":                "Element",
	"item data":           "Elementdaten",
	"read request":        "Leseanforderung",
	"read response":       "Leseantwort",
	"write request":       "Schreibanforderung",
	"read write request":  "Lese-Schreib-Anforderung",
	"discovery header":    "Kopf des Suchpakets",
	"service":             "Dienst",
	"tag count":           "Anzahl der Tags",
	"tag":                 "Tag",
	"text":                "Text",
	"behind the tags":     "hinter den Tags",
	"major":               "Hauptversion",
	"minor":               "Nebenversion",
	"platform":            "Plattform",
	"options":             "Optionen",
	"temporary":           "temporär",
	"status":              "Status",
	"computer name":       "Rechnername",
	"password":            "Passwort",
	"user name":           "Benutzername",
	"route name":          "Routenname",
	"fingerprint":         "Fingerabdruck",
	"TwinCAT version":     "TwinCAT-Version",
	"OS version":          "Betriebssystem",
}
