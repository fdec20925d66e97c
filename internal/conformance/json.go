package conformance

import (
	"encoding/json"
	"io"
	"time"
)

// JSON writes an outcome as a line. These keys come first and stay: id, role
// ("station" or "control-centre"), result ("passed", "failed" or "skipped"),
// expected and seen, which of a skipped case is the reason.
func JSON(out io.Writer, o Outcome) error {
	line := struct {
		ID       string   `json:"id"`
		Role     string   `json:"role"`
		Result   string   `json:"result"`
		Expected string   `json:"expected"`
		Seen     string   `json:"seen"`
		Title    string   `json:"title"`
		Clause   string   `json:"clause"`
		Affects  string   `json:"affects,omitempty"`
		Began    string   `json:"began,omitempty"`
		Seconds  *float64 `json:"seconds,omitempty"`
	}{
		ID: o.Case.ID, Role: RoleName(o.Case.Role), Result: o.Status.String(),
		Expected: o.expected(), Seen: o.seen(), Title: o.Case.Title, Clause: clause(o.Case),
	}
	if o.Case.Affects != 0 {
		line.Affects = o.Case.Affects.String()
	}
	if !o.Began.IsZero() {
		line.Began = o.Began.UTC().Format(time.RFC3339Nano)
		line.Seconds = new(o.Took.Seconds())
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(line)
}
