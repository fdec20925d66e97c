package ams

import (
	"fmt"

	"stellwerk/wire"
)

// HRESULT is what methods of PLC programs return. The topmost bit is set where
// something has failed; ADS return codes stand in the lower 16 bits of
// 0x9811….
type HRESULT uint32

// The results that report no failure.
const (
	OK              HRESULT = 0x000 // S_OK
	False           HRESULT = 0x001 // S_FALSE
	Pending         HRESULT = 0x203 // S_PENDING
	WatchdogTimeout HRESULT = 0x256 // S_WATCHDOG_TIMEOUT
)

const (
	adsFacility   HRESULT = 0x9811_0000
	win32Facility HRESULT = 0x8007_0000 // of Windows, which has the Winsock codes
)

// HRESULT returns the code as an HRESULT: [OK] for no error, never 0x98110000.
func (c ReturnCode) HRESULT() HRESULT {
	if c == NoError {
		return OK
	}
	return adsFacility | HRESULT(c&0xFFFF)
}

// Failed reports whether something has failed.
func (h HRESULT) Failed() bool { return h&0x8000_0000 != 0 }

// ReturnCode returns the ADS return code in an HRESULT, and whether it has one:
// one of 0x9811…, or a Winsock code that Windows has wrapped in 0x8007….
func (h HRESULT) ReturnCode() (ReturnCode, bool) {
	code := ReturnCode(h & 0xFFFF)
	switch h & 0xFFFF_0000 {
	case adsFacility:
		return code, true
	case win32Facility:
		_, ok := winsockCodes[code]
		return code, ok
	default:
		return 0, false
	}
}

var positiveResults = map[HRESULT]explanation{
	OK: {
		"S_OK", text("done, without an error", "erledigt, ohne Fehler"),
		text("the call has succeeded", "der Aufruf war erfolgreich"),
		text("nothing is to be done", "es ist nichts zu tun"),
	},
	False: {
		"S_FALSE", text("done without an error, but the answer is no or not complete", "ohne Fehler erledigt, aber mit negativem oder unvollständigem Ergebnis"),
		text("a check was negative, or a part of the result is missing; OnWebSocketMessage returns it to get the message again", "eine Prüfung fiel negativ aus, oder ein Teil des Ergebnisses fehlt; OnWebSocketMessage liefert es, um die Nachricht noch einmal zu bekommen"),
		text("look at the result before it is used", "das Ergebnis ansehen, bevor es verwendet wird"),
	},
	Pending: {
		"S_PENDING", text("begun without an error, the result is not there yet", "ohne Fehler begonnen, das Ergebnis liegt noch nicht vor"),
		text("the work goes on in the background", "die Arbeit läuft im Hintergrund weiter"),
		text("call again in the next cycle", "im nächsten Zyklus erneut aufrufen"),
	},
	WatchdogTimeout: {
		"S_WATCHDOG_TIMEOUT", text("done without an error, but a time limit has passed", "ohne Fehler erledigt, aber eine Zeitgrenze wurde überschritten"),
		text("the work has taken longer than its watchdog allows", "die Arbeit hat länger gedauert, als ihr Watchdog erlaubt"),
		text("do less in a cycle, or raise the limit", "weniger pro Zyklus tun oder die Grenze erhöhen"),
	},
}

// explain looks a result up.
func (h HRESULT) explain() explanation {
	if e, ok := positiveResults[h]; ok {
		return e
	}
	if code, ok := h.ReturnCode(); ok {
		return code.explain()
	}
	return explanation{}
}

// Known reports whether the result is documented.
func (h HRESULT) Known() bool { return h.explain().name != "" }

// String returns the name, as in S_OK or ADSERR_CLIENT_SYNCTIMEOUT, and a number
// for results that are not documented.
func (h HRESULT) String() string {
	if e := h.explain(); e.name != "" {
		return e.name
	}
	return fmt.Sprintf("HRESULT 0x%08X", uint32(h))
}

// Meaning says what the result means. Of one that is not documented, this and
// the other texts are zero.
func (h HRESULT) Meaning() wire.Text { return h.explain().meaning }

// Cause says what brings the result about.
func (h HRESULT) Cause() wire.Text { return h.explain().cause }

// Remedy says what helps.
func (h HRESULT) Remedy() wire.Text { return h.explain().remedy }
