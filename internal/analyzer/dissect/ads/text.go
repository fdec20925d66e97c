package ads

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/wire"
)

const (
	maxText  = 100 // characters of a name
	maxShown = 16  // octets of data in a line
	maxNamed = 4   // items and samples in a line
)

// textOf returns a name for one line, up to its NUL, with what cannot be printed
// replaced. Names that are no UTF-8 are read as ISO 8859-1, as devices before
// TwinCAT 3.1.4026 send them.
func textOf(octets []byte) string {
	if end := bytes.IndexByte(octets, 0); end >= 0 {
		octets = octets[:end]
	}
	latin := !utf8.Valid(octets)
	out := make([]byte, 0, min(len(octets), 4*maxText))
	count := 0
	for at := 0; at < len(octets); count++ {
		r, size := utf8.DecodeRune(octets[at:])
		if latin {
			r, size = rune(octets[at]), 1
		}
		at += size
		if count == maxText {
			return string(out) + "…"
		}
		if !unicode.IsPrint(r) {
			r = unicode.ReplacementChar
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}

// Words of summaries.
var (
	tRequest   = wire.Text{EN: " request", DE: " Anforderung"}
	tResponse  = wire.Text{EN: " response", DE: " Antwort"}
	tOctets    = things{wire.Text{EN: "octet", DE: "Oktett"}, wire.Text{EN: "octets", DE: "Oktette"}}
	tItems     = things{wire.Text{EN: "item", DE: "Element"}, wire.Text{EN: "items", DE: "Elemente"}}
	tSamples   = things{wire.Text{EN: "sample", DE: "Wert"}, wire.Text{EN: "samples", DE: "Werte"}}
	tFailed    = wire.Text{EN: "%d failed: ", DE: "%d fehlgeschlagen: "}
	tDiscovery = wire.Text{EN: "discovery: ", DE: "Suche: "}
	tRouter    = wire.Text{EN: "router: ", DE: "Router: "}
	tHandle    = wire.Text{EN: "notification handle", DE: "Notification-Handle"}
)

// things are what is counted.
type things struct{ one, many wire.Text }

// append appends how many there are.
func (w *things) append(dst []byte, n uint64, lang string) []byte {
	dst = append(strconv.AppendUint(dst, n, 10), ' ')
	if n == 1 {
		return append(dst, w.one.In(lang)...)
	}
	return append(dst, w.many.In(lang)...)
}

// AppendSummary appends one line, such as "Read request  5.23.145.10.1.1:851
// MAIN.fPower  4 octets".
func (t *Telegram) AppendSummary(dst []byte, lang string) []byte {
	switch {
	case t.Packet != nil:
		return t.appendDiscovery(dst, lang)
	case t.Router:
		return t.appendRouter(dst, lang)
	}
	h := &t.Header
	dst = append(dst, h.Command.String()...)
	switch {
	case t.Response():
		dst = append(dst, tResponse.In(lang)...)
	case h.Command != ams.DeviceNotification:
		dst = append(dst, tRequest.In(lang)...)
	}
	if t.UDP {
		dst = append(dst, " UDP"...)
	}
	dst, _ = t.Device().AppendText(append(dst, "  "...)) // never fails
	dst = t.appendSubject(dst)
	if failure := t.Failure(); t.Response() && failure != ams.NoError {
		dst = append(append(dst, "  "...), failure.String()...)
	} else if t.Err == nil {
		dst = t.appendBody(dst, lang)
	}
	return t.appendLatency(dst)
}

// appendLatency appends how long an answer took.
func (t *Telegram) appendLatency(dst []byte) []byte {
	if t.Request != nil {
		dst = append(append(dst, "  "...), span(t.Latency)...)
	}
	return dst
}

// span writes how long an answer took.
func span(d time.Duration) string {
	if d < time.Second {
		return strconv.FormatFloat(float64(d)/1e6, 'f', 3, 64) + " ms"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) + " s"
}

// appendSubject appends the symbol that a frame is about, or the index.
func (t *Telegram) appendSubject(dst []byte) []byte {
	index, ok := t.Index()
	if !ok || command.IsSum(index.Group) {
		return dst
	}
	dst = append(dst, "  "...)
	if name := t.Symbol(); name != "" {
		dst = append(dst, name...)
		if !command.Named(index.Group, t.Device().Port) {
			return dst
		}
		dst = append(dst, "  "...)
	}
	return append(dst, index.String()...)
}

// appendBody appends what a frame says besides.
func (t *Telegram) appendBody(dst []byte, lang string) []byte {
	if s := sumOf(t); s.items != nil {
		return t.appendItems(dst, &s, lang)
	}
	if t.Response() {
		return t.appendAnswer(dst, lang)
	}
	switch t.Header.Command { //nolint:exhaustive // the others have no body
	case ams.Read:
		if r, err := command.DecodeReadRequest(t.Data); err == nil {
			dst = octets(dst, uint64(r.Length), lang)
		}
	case ams.Write:
		if r, err := command.DecodeWriteRequest(t.Data); err == nil {
			dst = data(dst, r.Data)
		}
	case ams.ReadWrite:
		if r, err := command.DecodeReadWriteRequest(t.Data); err == nil {
			if !command.Named(r.Group, t.Device().Port) {
				dst = data(dst, r.Data)
			}
			dst = octets(dst, uint64(r.ReadLength), lang)
		}
	case ams.WriteControl:
		if r, err := command.DecodeWriteControlRequest(t.Data); err == nil {
			dst = state(dst, r.ADSState, r.DeviceState)
			dst = data(dst, r.Data)
		}
	case ams.AddDeviceNotification:
		if r, err := command.DecodeAddNotificationRequest(t.Data); err == nil {
			dst = octets(dst, uint64(r.Length), lang)
			dst = append(append(dst, "  "...), r.Mode.Text().In(lang)...)
			dst = append(append(dst, "  "...), r.CycleTime.String()...)
		}
	case ams.DeleteDeviceNotification:
		if handle, err := command.DecodeDeleteNotification(t.Data); err == nil {
			dst = t.appendNote(dst, handle, lang)
		}
	case ams.DeviceNotification:
		dst = t.appendSamples(dst, lang)
	}
	return dst
}

// appendNote names a notification by its handle.
func (t *Telegram) appendNote(dst []byte, handle uint32, lang string) []byte {
	if name := t.sample(handle); name != "" {
		return append(append(dst, "  "...), name...)
	}
	return fmt.Appendf(dst, "  %s 0x%X", tHandle.In(lang), handle)
}

func (t *Telegram) appendAnswer(dst []byte, lang string) []byte {
	switch t.Header.Command { //nolint:exhaustive // the others are results alone
	case ams.ReadDeviceInfo:
		if i, err := command.DecodeDeviceInfo(t.Data); err == nil {
			dst = append(append(dst, "  "...), textOf([]byte(i.Name))...)
			dst = append(append(dst, ' '), i.Version()...)
		}
	case ams.ReadState:
		if s, err := command.DecodeState(t.Data); err == nil {
			dst = state(dst, s.ADSState, s.DeviceState)
		}
	case ams.Read, ams.ReadWrite:
		if r, err := command.DecodeReadResponse(t.Data); err == nil {
			dst = data(dst, r.Data)
		}
	case ams.AddDeviceNotification:
		if r, err := command.DecodeAddNotificationResponse(t.Data); err == nil {
			dst = fmt.Appendf(dst, "  %s 0x%X", tHandle.In(lang), r.Handle)
		}
	}
	return dst
}

func octets(dst []byte, n uint64, lang string) []byte {
	return tOctets.append(append(dst, "  "...), n, lang)
}

func state(dst []byte, s command.ADSState, device uint16) []byte {
	dst = append(append(dst, "  "...), s.String()...)
	return strconv.AppendUint(append(dst, ' '), uint64(device), 10)
}

// data appends octets, as far as a line has room for them.
func data(dst, octets []byte) []byte {
	if len(octets) == 0 {
		return dst
	}
	return shown(append(dst, "  "...), octets)
}

func shown(dst, octets []byte) []byte {
	dst = hex.AppendEncode(dst, octets[:min(len(octets), maxShown)])
	if len(octets) > maxShown {
		dst = append(dst, "…"...)
	}
	return dst
}

// appendItems appends the items of a sum command: what they are about, what was
// read, and how many have failed.
func (t *Telegram) appendItems(dst []byte, s *Sum, lang string) []byte {
	dst = append(append(append(dst, "  "...), s.Group.Text().In(lang)...), ", "...)
	dst = tItems.append(dst, uint64(len(s.items)), lang)
	if failed, first := s.failed(); failed > 0 {
		dst = append(append(dst, "  "...), fmt.Sprintf(tFailed.In(lang), failed)...)
		dst = append(dst, first.String()...)
	}
	for i := range s.items[:min(len(s.items), maxNamed)] {
		item := &s.items[i]
		dst = append(dst, "  "...)
		switch name := t.itemName(item); {
		case s.Group == command.GroupSumDeleteNotes:
			dst = fmt.Appendf(dst, "0x%X", item.Handle)
		case name != "":
			dst = append(dst, name...)
		default:
			dst = append(dst, item.Index.String()...)
		}
		switch {
		case item.Answered && item.Result == ams.NoError && len(item.Data) > 0:
			dst = shown(append(dst, '='), item.Data)
		case s.Group == command.GroupSumWrite && len(item.Written) > 0:
			dst = shown(append(dst, '='), item.Written)
		}
	}
	if more := len(s.items) - maxNamed; more > 0 {
		dst = strconv.AppendInt(append(dst, "  +"...), int64(more), 10)
	}
	return dst
}

// failed counts the items that have failed, and returns the code of the first.
func (s *Sum) failed() (count int, first ams.ReturnCode) {
	for i := range s.items {
		if code := s.items[i].Result; code != ams.NoError {
			if count++; count == 1 {
				first = code
			}
		}
	}
	return count, first
}

// Failed returns how many items of a sum command have failed, of how many, and the
// code of the first.
func (t *Telegram) Failed() (count, of int, first ams.ReturnCode) {
	if !t.Response() {
		return 0, 0, ams.NoError
	}
	s := sumOf(t)
	count, first = s.failed()
	return count, len(s.items), first
}

func (t *Telegram) appendSamples(dst []byte, lang string) []byte {
	var list []byte
	count := 0
	for s, err := range command.Samples(t.Data) {
		if err != nil {
			break
		}
		if count++; count <= maxNamed {
			list = append(list, "  "...)
			if name := t.sample(s.Handle); name != "" {
				list = append(list, name...)
			} else {
				list = fmt.Appendf(list, "0x%X", s.Handle)
			}
			list = shown(append(list, '='), s.Data)
		}
	}
	dst = tSamples.append(append(dst, "  "...), uint64(count), lang)
	dst = append(dst, list...)
	if count > maxNamed {
		dst = strconv.AppendInt(append(dst, "  +"...), int64(count-maxNamed), 10)
	}
	return dst
}

func (t *Telegram) appendRouter(dst []byte, lang string) []byte {
	dst = append(append(dst, tRouter.In(lang)...), t.TCP.Command.Text().In(lang)...)
	id, port, state := t.said()
	if id != nil {
		dst, _ = id.AppendText(append(dst, "  "...)) // never fails
	}
	if port != nil {
		separator := "  "
		if id != nil {
			separator = ":"
		}
		dst = strconv.AppendUint(append(dst, separator...), uint64(*port), 10)
	}
	if state != nil {
		text := state.Text()
		if text.IsZero() {
			text = wire.Same(state.String())
		}
		dst = append(append(dst, "  "...), text.In(lang)...)
	}
	return dst
}

func (t *Telegram) appendDiscovery(dst []byte, lang string) []byte {
	p := t.Packet
	dst = append(dst, tDiscovery.In(lang)...)
	if text := p.Service.Text(); !text.IsZero() {
		dst = append(dst, text.In(lang)...)
	} else {
		dst = append(dst, p.Service.String()...)
	}
	if p.Response {
		dst = append(dst, tResponse.In(lang)...)
	} else {
		dst = append(dst, tRequest.In(lang)...)
	}
	dst, _ = p.Source.AppendText(append(dst, "  "...)) // never fails
	for _, tag := range p.Tags {
		if said := saidTag(tag); said != "" {
			dst = append(append(dst, "  "...), textOf([]byte(said))...)
		}
	}
	return t.appendLatency(dst)
}
