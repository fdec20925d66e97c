package layers

// Name returns the name of a node in the language "de", and in English for
// every other. Names that [Dissect] does not give come back as they are.
func Name(name, lang string) string {
	if lang != "de" {
		return name
	}
	if german, ok := germanNames[name]; ok {
		return german
	}
	return name
}

// germanNames has the names that differ. Abbreviations, and the names of
// protocols and of their options, are the same in both languages.
var germanNames = map[string]string{
	"IEEE 802.3 data":         "IEEE-802.3-Daten",
	"Linux cooked capture":    "Linux-Sammelaufzeichnung",
	"Linux cooked capture v2": "Linux-Sammelaufzeichnung v2",
	"VLAN tag":                "VLAN-Kennung",
	"acknowledgment number":   "Quittungsnummer",
	"address":                 "Adresse",
	"address length":          "Adresslänge",
	"authentication header":   "Authentisierungskopf",
	"checksum":                "Prüfsumme",
	"data":                    "Daten",
	"data offset":             "Daten-Offset",
	"destination":             "Ziel",
	"destination options":     "Ziel-Optionen",
	"destination port":        "Ziel-Port",
	"echo reply":              "Echo",
	"family":                  "Familie",
	"fragment header":         "Fragmentkopf",
	"fragment offset":         "Fragment-Offset",
	"frame check sequence":    "Blockprüfsumme",
	"granularity":             "Einheit",
	"hardware type":           "Schnittstellenart",
	"header checksum":         "Kopf-Prüfsumme",
	"hop limit":               "Hop-Limit",
	"hop-by-hop options":      "Hop-by-Hop-Optionen",
	"host identity header":    "Host-Identity-Kopf",
	"identification":          "Identifikation",
	"interface":               "Schnittstelle",
	"kind":                    "Art",
	"left edge":               "linker Rand",
	"length":                  "Länge",
	"loopback":                "Loopback",
	"maximum segment size":    "größte Segmentlänge",
	"mobility header":         "Mobilitätskopf",
	"next header":             "nächster Kopf",
	"option":                  "Option",
	"options":                 "Optionen",
	"packet":                  "Paket",
	"packet type":             "Paketart",
	"padding":                 "Füllung",
	"payload":                 "Nutzdaten",
	"payload length":          "Nutzlänge",
	"pointer":                 "Zeiger",
	"precedence":              "Priorität",
	"protocol":                "Protokoll",
	"reserved":                "reserviert",
	"right edge":              "rechter Rand",
	"routing header":          "Routing-Kopf",
	"routing type":            "Routing-Art",
	"segments left":           "verbleibende Abschnitte",
	"sequence number":         "Folgenummer",
	"shift":                   "Verschiebung",
	"shim6 header":            "Shim6-Kopf",
	"source":                  "Quelle",
	"source port":             "Quell-Port",
	"stream identifier":       "Stromkennung",
	"time to live":            "Lebensdauer",
	"total length":            "Gesamtlänge",
	"traffic class":           "Verkehrsklasse",
	"type":                    "Typ",
	"type of service":         "Dienstart",
	"urgent pointer":          "Urgent Pointer",
	"user timeout":            "Zeitüberschreitung",
	"value":                   "Wert",
	"window":                  "Fenster",
	"version":                 "Version",
	"flags":                   "Flags",
	"flow label":              "Flow Label",
	"fragment":                "Fragment",
}
