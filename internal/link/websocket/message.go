package websocket

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"stellwerk/internal/point"
)

// Subprotocol names the schema of the messages, and schema is its version.
const (
	Subprotocol = "stellwerk.points.v1"
	schema      = 1
)

// maxPoints is how many points a message may have that is taken.
const maxPoints = 10000

// The kinds of messages.
const (
	kindHello        = "hello"
	kindSnapshot     = "snapshot"
	kindChange       = "change"
	kindConfirmation = "confirmation"
	kindCommand      = "command"
	kindResult       = "result"
	kindOverflow     = "overflow"
	kindToken        = "token"
	kindError        = "error"
)

// message is one of any kind. Keys that it does not know are passed over.
type message struct {
	Kind string `json:"kind"`

	Version int    `json:"version,omitempty"` // hello
	Name    string `json:"name,omitempty"`    // hello
	Confirm bool   `json:"confirm,omitempty"` // hello
	Token   string `json:"token,omitempty"`   // hello, token

	Sequence uint64      `json:"sequence,omitempty"` // snapshot, change, confirmation
	Last     bool        `json:"last,omitempty"`     // snapshot
	Points   []wirePoint `json:"points,omitempty"`   // snapshot, change

	ID        string          `json:"id,omitempty"` // command, result
	Address   string          `json:"address,omitempty"`
	Type      string          `json:"type,omitempty"`
	Value     json.RawMessage `json:"value,omitempty"`
	Action    string          `json:"action,omitempty"`
	Qualifier uint8           `json:"qualifier,omitempty"`
	Time      *string         `json:"time,omitempty"`
	TimeFlags []string        `json:"time_flags,omitempty"`
	Test      bool            `json:"test,omitempty"`

	Outcome string `json:"outcome,omitempty"` // result
	Reason  string `json:"reason,omitempty"`
	Detail  string `json:"detail,omitempty"`

	Dropped uint64 `json:"dropped,omitempty"` // overflow
	Text    string `json:"text,omitempty"`    // error
}

// wirePoint is a point in a message.
type wirePoint struct {
	Address   string          `json:"address"`
	Type      string          `json:"type"`
	Value     json.RawMessage `json:"value"`
	Quality   []string        `json:"quality"`
	Time      *string         `json:"time"`
	TimeFlags []string        `json:"time_flags"`
	Cause     string          `json:"cause"`
	Test      bool            `json:"test"`
}

// encode returns the JSON of a message without points.
func encode(m *message) []byte {
	text, err := json.Marshal(m)
	if err != nil { // cannot be: the struct has nothing that JSON has no form for
		return []byte(`{"kind":"error","text":"a message could not be written"}`)
	}
	return text
}

// decode reads a message.
func decode(data []byte) (*message, error) {
	var m message
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("the message is no JSON of the schema: %w", err)
	}
	if m.Kind == "" {
		return nil, errors.New("the message has no kind")
	}
	if len(m.Points) > maxPoints {
		return nil, fmt.Errorf("the message has %d points, at most %d are taken", len(m.Points), maxPoints)
	}
	return &m, nil
}

// errNoValue says that there is nothing to send of an update.
var errNoValue = errors.New("the point has no value that JSON of the schema can carry")

// appendPoint appends a point of a message.
func appendPoint(dst []byte, u *point.Update) ([]byte, error) {
	kind := u.Value.Kind()
	if u.Telegram != nil || kind == point.Raw {
		return dst, errNoValue
	}
	dst = appendText(append(dst, `{"address":`...), u.ID.Address)
	value, err := u.Value.MarshalJSON()
	if err != nil {
		return dst, err
	}
	if kind != point.None {
		dst = append(append(append(dst, `,"type":"`...), kind.String()...), '"')
	} else if _, known := kindOf(u.Type); known {
		dst = append(append(append(dst, `,"type":"`...), u.Type...), '"')
	}
	dst = append(append(dst, `,"value":`...), value...)
	quality, err := u.Quality.MarshalJSON()
	if err != nil {
		return dst, err
	}
	dst = append(append(dst, `,"quality":`...), quality...)
	dst = appendTime(dst, u.Time)
	dst = appendText(append(dst, `,"cause":`...), u.Cause.String())
	if u.Test {
		dst = append(dst, `,"test":true`...)
	}
	return append(dst, '}'), nil
}

func appendTime(dst []byte, t point.Time) []byte {
	dst = append(dst, `,"time":`...)
	if !t.Known() || t.At == 0 {
		dst = append(dst, "null"...)
	} else {
		dst = append(t.At.Time().AppendFormat(append(dst, '"'), time.RFC3339Nano), '"')
	}
	separator := `,"time_flags":["`
	for _, row := range timeFlags {
		if t.Known() && t.Has(row.flag) {
			dst = append(append(dst, separator...), row.name...)
			separator = `","`
		}
	}
	if separator == `","` {
		dst = append(dst, `"]`...)
	}
	return dst
}

func appendText(dst []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil { // cannot be: a string has no such errors
		return append(dst, `""`...)
	}
	return append(dst, quoted...)
}

// appendHead appends a message of points up to the first of them.
func appendHead(dst []byte, kind string, sequence uint64) []byte {
	dst = append(append(append(dst, `{"kind":"`...), kind...), `","sequence":`...)
	return append(strconv.AppendUint(dst, sequence, 10), `,"points":[`...)
}

// update makes an update of a point. Its cause is the one given where the point
// names none.
func (w *wirePoint) update(link string, otherwise point.Cause) (point.Update, error) {
	u := point.Update{Type: w.Type, Cause: otherwise, Test: w.Test}
	var err error
	if u.ID, err = point.ParseID(link + "/" + w.Address); err != nil {
		return u, err
	}
	if u.Quality, err = parseQuality(w.Quality); err != nil {
		return u, fmt.Errorf("point %q: %w", w.Address, err)
	}
	if u.Time, err = parseTime(w.Time, w.TimeFlags); err != nil {
		return u, fmt.Errorf("point %q: %w", w.Address, err)
	}
	if cause, ok := causes[w.Cause]; ok {
		u.Cause = cause
	}
	if u.Value, err = parseValue(w.Type, w.Value); err != nil {
		return u, fmt.Errorf("point %q: %w", w.Address, err)
	}
	if u.Type == "" {
		u.Type = u.Value.Kind().String()
	}
	return u, nil
}

// hasValue reports whether there is a value: a point that never had one comes
// without.
func (w *wirePoint) hasValue() bool { return len(w.Value) > 0 && string(w.Value) != "null" }

// causes are the causes by their names.
var causes = func() map[string]point.Cause {
	all := map[string]point.Cause{}
	for c := range point.Cause(64) {
		all[c.String()] = c
	}
	delete(all, point.CauseUnknown.String())
	return all
}()

// outcomes are the names of outcomes in results.
var outcomes = map[point.Outcome]string{
	point.Confirmed: "confirmed", point.Terminated: "terminated", point.Refused: "refused",
	point.TimedOut: "timed-out", point.Cancelled: "cancelled",
}

func parseOutcome(name string) (point.Outcome, bool) {
	for outcome, each := range outcomes {
		if each == name {
			return outcome, true
		}
	}
	return 0, false
}

// parseReason reads a reason; one that is not known is that of the far end.
func parseReason(name string) point.Reason {
	for reason := point.ReasonNone + 1; reason <= point.ReasonNotSupported; reason++ {
		if reason.String() == name {
			return reason
		}
	}
	return point.ReasonFarEnd
}

// parseAction reads an action; none is to execute.
func parseAction(name string) (point.Action, error) {
	for action := point.Execute; action <= point.Cancel; action++ {
		if name == action.String() {
			return action, nil
		}
	}
	if name == "" {
		return point.Execute, nil
	}
	return 0, fmt.Errorf(`the action is %q, there is "execute", "select" and "cancel"`, cutText(name))
}
