package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stellwerk/ads/ams"
	"stellwerk/iec104/asdu"
	"stellwerk/websocket/frame"
	"stellwerk/websocket/tf6770"
	"stellwerk/wire"
)

// code is what there is to say about one meaning of a number.
type code struct {
	kind  string // for programs
	group wire.Text
	name  string // empty for codes without one
	value int64
	// result is the HRESULT that goes with it, 0 for none.
	result                 ams.HRESULT
	meaning, cause, remedy wire.Text
	note                   wire.Text
}

// allCodes returns every code with a name.
func allCodes() []code {
	var all []code
	for s := range tf6770.Statuses() {
		c := code{
			kind: "websocket-status", group: wire.Text{EN: "WebSocket status (ETcIotWebSocketStatus)", DE: "WebSocket-Status (ETcIotWebSocketStatus)"},
			name: s.String(), value: int64(s), meaning: s.Meaning(), cause: s.Cause(), remedy: s.Remedy(), note: s.Absent(),
		}
		if c.result = s.HRESULT(); !c.result.Failed() {
			c.result = 0
		}
		all = append(all, c)
	}
	for r := range ams.ReturnCodes() {
		c := code{
			kind: "ads-return-code", group: r.Group(), name: r.String(), value: int64(r),
			meaning: r.Meaning(), cause: r.Cause(), remedy: r.Remedy(),
		}
		if r != ams.NoError {
			c.result = r.HRESULT()
		}
		all = append(all, c)
	}
	for _, h := range []ams.HRESULT{ams.OK, ams.False, ams.Pending, ams.WatchdogTimeout} {
		all = append(all, code{
			kind: "hresult", group: wire.Text{EN: "HRESULT that reports no failure", DE: "HRESULT ohne Fehler"},
			name: h.String(), value: int64(h), meaning: h.Meaning(), cause: h.Cause(), remedy: h.Remedy(),
		})
	}
	for t := range asdu.Types() {
		all = append(all, code{
			kind: "type-id", group: wire.Text{EN: "IEC 60870-5-104 type identification", DE: "IEC 60870-5-104 Typkennung"},
			name: t.String(), value: int64(t), meaning: t.Text(),
		})
	}
	for c := range asdu.Cause(64) {
		if c.Defined() {
			all = append(all, code{
				kind: "cause", group: wire.Text{EN: "IEC 60870-5-104 cause of transmission", DE: "IEC 60870-5-104 Übertragungsursache"},
				name: c.String(), value: int64(c), meaning: c.Text(),
			})
		}
	}
	return all
}

// unknownCode says of what was asked for that it is not known, in the languages that
// there are.
type unknownCode struct{ text wire.Text }

func (u *unknownCode) Error() string { return u.text.EN }

// notKnown makes an error of a sentence in English and one in German, both with the
// same arguments.
func notKnown(english, german string, arguments ...any) error {
	return &unknownCode{wire.Text{EN: fmt.Sprintf(english, arguments...), DE: fmt.Sprintf(german, arguments...)}}
}

// lookUp returns all meanings of a value or a name. Its errors are [*unknownCode].
func lookUp(all []code, arg string) ([]code, error) {
	text := strings.TrimSpace(arg)
	if number, ok := parseCode(text, 0); ok {
		found := byNumber(all, number)
		if number, hex := parseCode(text, 16); len(found) == 0 && hex {
			found = byNumber(all, number) // 98110745 is an HRESULT without its 0x
		}
		if len(found) == 0 {
			near := nearestTo(number)
			return nil, &unknownCode{wire.Text{
				EN: text + " is no code that is known here" + near.EN, DE: text + " ist kein Code, der hier bekannt ist" + near.DE,
			}}
		}
		return found, nil
	}
	if found := byName(all, text); len(found) > 0 {
		return found, nil
	}
	if number, ok := parseCode(text, 16); ok {
		if found := byNumber(all, number); len(found) > 0 {
			return found, nil
		}
	}
	return byPart(all, text)
}

// parseCode reads a number: with a base of 0 as it is marked, and decimal
// otherwise.
func parseCode(text string, base int) (int64, bool) {
	text = strings.ReplaceAll(text, "_", "")
	switch {
	case strings.HasPrefix(text, "16#"):
		text, base = text[3:], 16
	case base == 0 && len(text) > 2 && strings.EqualFold(text[:2], "0x"):
		text, base = text[2:], 16
	case base == 0:
		base = 10
	}
	number, err := strconv.ParseInt(text, base, 64)
	return number, err == nil
}

// byNumber returns the meanings of a number.
func byNumber(all []code, number int64) []code {
	var found []code
	result := ams.HRESULT(uint32(number)) // an HRESULT may be written as a negative number
	whole := number >= -1<<31 && number < 1<<32
	ads, wrapped := result.ReturnCode()
	for _, c := range all {
		if c.value == number || whole && c.value < 0 && uint32(c.value) == uint32(number) ||
			whole && wrapped && c.kind == "ads-return-code" && c.value == int64(ads) {
			found = append(found, c)
		}
	}
	if closing, ok := closeCode(number); ok {
		found = append(found, closing)
	}
	return found
}

// closeCode returns the meaning of a number as a close code of WebSocket.
func closeCode(number int64) (code, bool) {
	if number < 1000 || number > 4999 {
		return code{}, false
	}
	c := frame.CloseCode(number)
	if !c.Sendable() && !slices.Contains([]frame.CloseCode{frame.NoStatus, frame.AbnormalClosure, frame.TLSHandshake}, c) {
		return code{}, false
	}
	return code{
		kind: "close-code", group: wire.Text{EN: "WebSocket close code (nCloseReason)", DE: "WebSocket-Close-Code (nCloseReason)"},
		value: number, meaning: c.Text(),
	}, true
}

// nearestTo says what is around a number that is not known.
func nearestTo(number int64) wire.Text {
	result := ams.HRESULT(uint32(number)) // an HRESULT may be written as a negative number
	if ads, ok := result.ReturnCode(); ok && number != int64(ads) {
		return wire.Text{
			EN: fmt.Sprintf(": it is an HRESULT with the ADS return code 0x%X, which is not documented", uint32(ads)),
			DE: fmt.Sprintf(": es ist ein HRESULT mit dem ADS-Returncode 0x%X, der nicht dokumentiert ist", uint32(ads)),
		}
	}
	if number >= 0 && number < 1<<16 {
		if group := ams.ReturnCode(number).Group(); !group.IsZero() {
			return wire.Text{
				EN: fmt.Sprintf(": it lies among those of the kind %q, but is not documented", group.EN),
				DE: fmt.Sprintf(": er liegt unter denen der Art „%s“, ist aber nicht dokumentiert", group.DE),
			}
		}
	}
	return wire.Text{}
}

// byName returns the codes with a name, in any case.
func byName(all []code, name string) []code {
	var found []code
	for _, c := range all {
		if strings.EqualFold(c.name, name) {
			found = append(found, c)
		}
	}
	return found
}

// byPart returns the code in whose name alone a text is a part, or an error that
// names those that are near.
func byPart(all []code, text string) ([]code, error) {
	part := strings.ToUpper(text)
	var near []code
	if len(part) >= 3 {
		for _, c := range all {
			if strings.Contains(strings.ToUpper(c.name), part) {
				near = append(near, c)
			}
		}
	}
	if len(near) == 1 {
		return near, nil
	}
	const most = 8
	names := make([]string, 0, most)
	for _, c := range near[:min(len(near), most)] {
		names = append(names, c.name)
	}
	switch {
	case len(near) > most:
		return nil, notKnown("%q is part of %d names: %s, …", "%q ist Teil von %d Namen: %s, …", text, len(near), strings.Join(names, ", "))
	case len(near) > 1:
		return nil, notKnown("%q is part of %d names: %s; write one of them", "%q ist Teil von %d Namen: %s; einen davon angeben", text, len(near), strings.Join(names, ", "))
	default:
		return nil, notKnown("%q is no code that is known here, and no part of a name", "%q ist kein Code, der hier bekannt ist, und kein Teil eines Namens", text)
	}
}
