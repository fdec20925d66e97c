package render

import "stellwerk/wire"

// Heads of the summary.
var (
	hFiles       = wire.Text{EN: "Files", DE: "Dateien"}
	hNumber      = wire.Text{EN: "no.", DE: "Nr."}
	hFile        = wire.Text{EN: "file", DE: "Datei"}
	hPackets     = wire.Text{EN: "packets", DE: "Pakete"}
	hOctets      = wire.Text{EN: "octets", DE: "Oktette"}
	hFrom        = wire.Text{EN: "from", DE: "von"}
	hTo          = wire.Text{EN: "to", DE: "bis"}
	hDuration    = wire.Text{EN: "duration", DE: "Dauer"}
	hLink        = wire.Text{EN: "link type", DE: "Verbindungsart"}
	hConnections = wire.Text{EN: "Connections", DE: "Verbindungen"}
	hControlling = wire.Text{EN: "controlling station", DE: "Zentralstation"}
	hControlled  = wire.Text{EN: "controlled station", DE: "Unterstation"}
	hFirstFrame  = wire.Text{EN: "packet", DE: "Paket"}
	hOctetsTo    = wire.Text{EN: "octets >", DE: "Oktette >"}
	hOctetsFrom  = wire.Text{EN: "octets <", DE: "Oktette <"}
	hTelegrams   = wire.Text{EN: "Telegrams (> from the controlling station)", DE: "Telegramme (> von der Zentralstation)"}
	hTests       = wire.Text{EN: "test frames", DE: "Testtelegramme"}
	hMean        = wire.Text{EN: "mean", DE: "Mittel"}
	hLongest     = wire.Text{EN: "longest", DE: "längster"}
	hTransfer    = wire.Text{EN: "transfer", DE: "Übertragung"}
	hEnd         = wire.Text{EN: "end", DE: "Ende"}

	hStations     = wire.Text{EN: "Stations", DE: "Stationen"}
	hStation      = wire.Text{EN: "%s, common address %d", DE: "%s, gemeinsame Adresse %d"}
	hStationShort = wire.Text{EN: "station", DE: "Station"}
	hType         = wire.Text{EN: "type", DE: "Typ"}
	hASDUs        = wire.Text{EN: "ASDUs", DE: "ASDUs"}
	hObjects      = wire.Text{EN: "objects", DE: "Objekte"}
	hAddresses    = wire.Text{EN: "addresses", DE: "Adressen"}
	hCauses       = wire.Text{EN: "causes", DE: "Ursachen"}
	hMeaning      = wire.Text{EN: "meaning", DE: "Bedeutung"}

	hCommands   = wire.Text{EN: "Commands", DE: "Befehle"}
	hCA         = wire.Text{EN: "CA", DE: "CA"}
	hIOA        = wire.Text{EN: "IOA", DE: "IOA"}
	hSent       = wire.Text{EN: "sent", DE: "gesendet"}
	hSelects    = wire.Text{EN: "selects", DE: "Anwahlen"}
	hConfirmed  = wire.Text{EN: "confirmed", DE: "bestätigt"}
	hRefused    = wire.Text{EN: "refused", DE: "abgelehnt"}
	hOpen       = wire.Text{EN: "no answer", DE: "ohne Antwort"}
	hTerminated = wire.Text{EN: "terminated", DE: "beendet"}
	hLast       = wire.Text{EN: "last", DE: "zuletzt"}

	hSockets     = wire.Text{EN: "WebSocket", DE: "WebSocket"}
	hMessages    = wire.Text{EN: "Messages (> from the client)", DE: "Nachrichten (> vom Client)"}
	hClient      = wire.Text{EN: "client", DE: "Client"}
	hServer      = wire.Text{EN: "server", DE: "Server"}
	hTarget      = wire.Text{EN: "target", DE: "Ziel"}
	hAnswer      = wire.Text{EN: "answer", DE: "Antwort"}
	hSubprotocol = wire.Text{EN: "subprotocol", DE: "Unterprotokoll"}
	hCompression = wire.Text{EN: "compression", DE: "Kompression"}
	hCloseFrame  = wire.Text{EN: "close frame", DE: "Schließen"}
	hFrames      = wire.Text{EN: "frames", DE: "Rahmen"}
	hBinary      = wire.Text{EN: "binary", DE: "binär"}
	hCarried     = wire.Text{EN: "carried", DE: "übertragen"}

	hMachines    = wire.Text{EN: "Machines found (ADS)", DE: "Gefundene Rechner (ADS)"}
	hAddress     = wire.Text{EN: "address", DE: "Adresse"}
	hName        = wire.Text{EN: "name", DE: "Name"}
	hSystem      = wire.Text{EN: "system", DE: "System"}
	hADS         = wire.Same("ADS")
	hADSCommands = wire.Text{EN: "ADS commands", DE: "ADS-Befehle"}
	hCommand     = wire.Text{EN: "command", DE: "Befehl"}
	hDevice      = wire.Text{EN: "device", DE: "Gerät"}
	hRequests    = wire.Text{EN: "requests", DE: "Anforderungen"}
	hAnswers     = wire.Text{EN: "answers", DE: "Antworten"}
	hErrors      = wire.Text{EN: "errors", DE: "Fehler"}
	hCodes       = wire.Text{EN: "codes", DE: "Codes"}
	hSamples     = wire.Text{EN: "samples", DE: "Abonnementwerte"}
	hSymbols     = wire.Text{EN: "symbols", DE: "Symbole"}
	hSymbolTable = wire.Text{EN: "ADS symbols", DE: "ADS-Symbole"}
	hSymbol      = wire.Text{EN: "symbol", DE: "Symbol"}
	hReads       = wire.Text{EN: "read", DE: "gelesen"}
	hWrites      = wire.Text{EN: "written", DE: "geschrieben"}

	hFindings  = wire.Text{EN: "Findings", DE: "Befunde"}
	hSeverity  = wire.Text{EN: "severity", DE: "Schwere"}
	hCode      = wire.Text{EN: "code", DE: "Code"}
	hCount     = wire.Text{EN: "count", DE: "Anzahl"}
	hFirstText = wire.Text{EN: "the first", DE: "der erste"}

	hOthers          = wire.Text{EN: "Other traffic", DE: "Anderer Verkehr"}
	hConnectionCount = wire.Text{EN: "connections", DE: "Verbindungen"}
	hOther           = wire.Text{EN: "what", DE: "was"}
)

// States, and rows of other traffic.
var (
	tUnknown   = wire.Text{EN: "unknown", DE: "unbekannt"}
	tStopped   = wire.Text{EN: "stopped", DE: "gestoppt"}
	tStarted   = wire.Text{EN: "started", DE: "gestartet"}
	tOpen      = wire.Text{EN: "open", DE: "offen"}
	tClosed    = wire.Text{EN: "closed", DE: "geschlossen"}
	tReset     = wire.Text{EN: "reset", DE: "abgebrochen"}
	tReplaced  = wire.Text{EN: "replaced", DE: "abgelöst"}
	tDeflated  = wire.Text{EN: "yes", DE: "ja"}
	tPlain     = wire.Text{EN: "no", DE: "nein"}
	tUndefined = wire.Text{EN: "not defined", DE: "nicht definiert"}
	tNothing   = wire.Text{EN: "none", DE: "keine"}

	oPort        = wire.Text{EN: "TCP port %d, not recognised or encrypted", DE: "TCP-Port %d, nicht erkannt oder verschlüsselt"}
	oPorts       = wire.Text{EN: "further TCP ports", DE: "weitere TCP-Ports"}
	oProtocol    = wire.Text{EN: "IP protocol %s", DE: "IP-Protokoll %s"}
	oLength      = wire.Text{EN: "IEEE 802.3 frames with a length", DE: "IEEE-802.3-Rahmen mit Länge"}
	oFragments   = wire.Text{EN: "fragments of IP datagrams", DE: "Fragmente von IP-Datagrammen"}
	oDamaged     = wire.Text{EN: "packets with damaged headers", DE: "Pakete mit beschädigten Köpfen"}
	oUnsupported = wire.Text{EN: "packets of link types that cannot be taken apart", DE: "Pakete von Verbindungsarten, die nicht zerlegt werden können"}

	mFiles       = wire.Text{EN: "and %d files more", DE: "und %d weitere Dateien"}
	mConnections = wire.Text{EN: "and %d connections more", DE: "und %d weitere Verbindungen"}
	mSockets     = wire.Text{EN: "and %d lines of further connections", DE: "und %d Zeilen weiterer Verbindungen"}
	mMachines    = wire.Text{EN: "and %d answers of further machines", DE: "und %d Antworten weiterer Rechner"}
	mPairs       = wire.Text{EN: "and %d telegrams of further programs", DE: "und %d Telegramme weiterer Programme"}
	mSymbols     = wire.Text{EN: "and %d accesses to further symbols", DE: "und %d Zugriffe auf weitere Symbole"}
	mStations    = wire.Text{EN: "and %d ASDUs of further stations", DE: "und %d ASDUs weiterer Stationen"}
	mCommands    = wire.Text{EN: "and %d telegrams of further commands", DE: "und %d Telegramme weiterer Befehle"}
)
