package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/internal/conformance"
)

// TestPerson asks who operates a control centre, and takes the answers.
func TestPerson(t *testing.T) {
	read := conformance.Action{Case: "C4.read", Name: "read", Arguments: []string{"type=C_RD_NA_1"}, Text: "send a read command"}
	once := conformance.Action{Case: "A11", Name: "events", Text: "send 1 requests of any kind, at once", Count: 1}
	many := conformance.Action{Case: "A9", Name: "events", Text: "send 17 requests of any kind, at once", Count: 17}
	stop := conformance.Action{Case: "A19", Name: "stop", Text: "stop data transfer", Told: true}
	timed := conformance.Action{Case: "A15", Name: "call-silent", Text: "call an address where nobody answers", Timed: true}
	for _, test := range []struct {
		answers string
		actions []conformance.Action
		want    []string // "" for done, "-" with the reason where it cannot be done, and otherwise the error
		asked   int
	}{
		{"y\nN\n", []conformance.Action{read, read}, []string{"", "it shows a failure, or nothing"}, 2},
		{"\n", []conformance.Action{once}, []string{""}, 1},
		{"", []conformance.Action{timed}, []string{"-no person can time this"}, 0},
		{"\ny\n\ns\n", []conformance.Action{stop, stop, stop}, []string{"", "", "-as you said"}, 3},
		{"", []conformance.Action{many}, []string{"-no person sends so many"}, 0},
		{"what?\ny\n", []conformance.Action{read}, []string{""}, 1},
		{"s\n\n", []conformance.Action{read, read, once}, []string{"-as you said", "-as you said", ""}, 2},
		{"q\ny\n", []conformance.Action{read, once}, []string{"-to be asked no more", "-to be asked no more"}, 1},
		{"", []conformance.Action{read, once}, []string{"-standard input has ended", "-standard input has ended"}, 1},
	} {
		var talk bytes.Buffer
		cmd := &cobra.Command{}
		cmd.SetErr(&talk)
		p := newPerson(t.Context(), strings.NewReader(test.answers), &testRun{cmd: cmd, waiting: newWaitLine(io.Discard, false)})
		for i, a := range test.actions {
			err := p.Drive(t.Context(), a)
			want, unable := strings.CutPrefix(test.want[i], "-")
			switch {
			case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)), unable != errors.Is(err, errors.ErrUnsupported):
				t.Errorf("%q: action %d: %v, want %q", test.answers, i+1, err, test.want[i])
			}
		}
		p.close()
		if n := strings.Count(talk.String(), "let the control centre"); n != test.asked {
			t.Errorf("%q: asked %d times:\n%s", test.answers, n, talk.String())
		}
	}
}

// TestPersonIsNotThere has nobody answer: it is asked once, and no more.
func TestPersonIsNotThere(t *testing.T) {
	in, out := io.Pipe()
	defer out.Close()
	cmd := &cobra.Command{}
	cmd.SetErr(io.Discard)
	p := newPerson(t.Context(), in, &testRun{cmd: cmd, waiting: newWaitLine(io.Discard, false)})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	for range 2 {
		if err := p.Drive(ctx, conformance.Action{Name: "switch"}); !errors.Is(err, errors.ErrUnsupported) || err.Error() != "nobody has answered" {
			t.Error(err)
		}
		ctx = t.Context()
	}
	_ = in.Close()
	p.close()
}
