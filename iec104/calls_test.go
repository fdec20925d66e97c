package iec104_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// callTime is when the client's clock stands still.
var callTime = time.Date(2009, 8, 13, 12, 34, 1, 0, time.UTC)

// calls are the typed calls, each with the conversation in which it is carried
// out: what begins with > comes from the client, what begins with < from the
// station.
var calls = []struct {
	name   string
	script []string
	call   func(context.Context, *iec104.Client) error
}{
	{
		"interrogation of a group",
		[]string{"> 64 01 06 00 0100 000000 15", "< 64 01 07 00 0100 000000 15", "< 01 01 15 00 0100 010000 01", "< 64 01 0a 00 0100 000000 15"},
		func(ctx context.Context, c *iec104.Client) error {
			return c.Interrogate(ctx, 1, asdu.InterrogateGroup(1))
		},
	},
	{
		"counters",
		[]string{"> 65 01 06 00 0100 000000 05", "< 65 01 07 00 0100 000000 05", "< 0f 01 25 00 0100 010000 07000000 00", "< 65 01 0a 00 0100 000000 05"},
		func(ctx context.Context, c *iec104.Client) error {
			return c.ReadCounters(ctx, 1, asdu.RequestAllCounters, asdu.FreezeRead)
		},
	},
	{
		"freeze with reset",
		[]string{"> 65 01 06 00 0100 000000 82", "< 65 01 07 00 0100 000000 82", "< 65 01 0a 00 0100 000000 82"},
		func(ctx context.Context, c *iec104.Client) error {
			return c.ReadCounters(ctx, 1, asdu.RequestCounterGroup(2), asdu.FreezeWithReset)
		},
	},
	{
		"read",
		[]string{
			"> 66 01 05 00 0100 010000",
			"< 01 01 03 00 0100 010000 00", // spontaneous
			"< 01 01 05 00 0100 020000 00", // another object
			"< 01 01 05 00 0100 010000 01",
		},
		func(ctx context.Context, c *iec104.Client) error {
			a, err := c.Read(ctx, 1, 1)
			if err == nil {
				if p, _ := asdu.First[asdu.SinglePoint](a); !p.Value || a.Cause != asdu.Request {
					return errors.New("not the data that were read")
				}
			}
			return err
		},
	},
	{
		"clock",
		[]string{"> 67 01 06 00 0100 000000 e803220c8d0809", "< 67 01 07 00 0100 000000 0000000c8d0809"},
		func(ctx context.Context, c *iec104.Client) error {
			before, err := c.SynchroniseClock(ctx, 1)
			if err == nil && before.String() != "2009-08-13T12:00:00.000" {
				return fmt.Errorf("the clock showed %s", before)
			}
			return err
		},
	},
	{
		"reset",
		[]string{"> 69 01 06 00 0100 000000 02", "< 69 01 07 00 0100 000000 02"},
		func(ctx context.Context, c *iec104.Client) error {
			return c.ResetProcess(ctx, 1, asdu.ResetEventBuffer)
		},
	},
	{
		"delay",
		[]string{
			"> 6a 01 06 00 0100 000000 e803", // sent at 1000 ms
			"< 6a 01 07 00 0100 000000 e803",
			"> 6a 01 03 00 0100 000000 0000",
		},
		func(ctx context.Context, c *iec104.Client) error {
			_, err := c.AcquireDelay(ctx, 1)
			return err
		},
	},
	{
		"test command",
		[]string{"> 6b 01 06 00 0100 000000 0100 e803220c8d0809", "< 6b 01 07 00 0100 000000 0100 e803220c8d0809"},
		func(ctx context.Context, c *iec104.Client) error { return c.TestCommand(ctx, 1) },
	},
	{
		"test pattern",
		[]string{"> 68 01 06 00 0100 000000 aa55", "< 68 01 07 00 0100 000000 aa55"},
		func(ctx context.Context, c *iec104.Client) error { return c.TestPattern(ctx, 1) },
	},
	{
		"parameter",
		[]string{"> 6f 01 06 00 0100 010000 0500 00", "< 6f 01 07 00 0100 010000 0500 00"},
		func(ctx context.Context, c *iec104.Client) error {
			return c.SetParameter(ctx, 1, asdu.ScaledParameter{Address: 1, Value: 5})
		},
	},
	{
		"cyclic transmission on",
		[]string{"> 71 01 06 00 0100 010000 03", "< 71 01 07 00 0100 010000 03"},
		func(ctx context.Context, c *iec104.Client) error {
			return c.ActivateParameter(ctx, 1, asdu.ParameterActivation{Address: 1, Qualifier: asdu.ActivateCyclic}, true)
		},
	},
	{
		"cyclic transmission off",
		[]string{"> 71 01 08 00 0100 010000 03", "< 71 01 09 00 0100 010000 03"},
		func(ctx context.Context, c *iec104.Client) error {
			return c.ActivateParameter(ctx, 1, asdu.ParameterActivation{Address: 1, Qualifier: asdu.ActivateCyclic}, false)
		},
	},
	{
		"direct command",
		[]string{"> 33 01 06 00 0100 010000 05000000", "< 33 01 07 00 0100 010000 05000000", "< 33 01 0a 00 0100 010000 05000000"},
		func(ctx context.Context, c *iec104.Client) error {
			operation, err := c.Operate(ctx, 1, asdu.BitStringCommand{Address: 1, Value: 5}, iec104.DirectExecute)
			if err == nil {
				_, err = operation.Confirmed(ctx)
			}
			if err == nil {
				_, err = operation.Terminated(ctx)
			}
			return err
		},
	},
	{
		"command with selection and return information",
		[]string{
			"> 2e 01 06 00 0100 010000 82", "< 2e 01 07 00 0100 010000 82",
			"> 2e 01 06 00 0100 010000 02", "< 2e 01 07 00 0100 010000 02",
			"< 03 01 0b 00 0100 020000 00", "< 2e 01 0a 00 0100 010000 02", "< 03 01 0b 00 0100 020000 02",
		},
		func(ctx context.Context, c *iec104.Client) error {
			a, err := c.OperateAndWait(ctx, 1, asdu.DoubleCommand{Address: 1, Value: asdu.CommandOn},
				&iec104.OperateOptions{Mode: iec104.SelectAndExecute, Feedback: 2})
			if p, _ := asdu.First[asdu.DoublePoint](a); err == nil && p.Value != asdu.On {
				return errors.New("not the return information")
			}
			return err
		},
	},
	{
		"cancel",
		[]string{"> 2d 01 08 00 0100 010000 81", "< 2d 01 09 00 0100 010000 81"},
		func(ctx context.Context, c *iec104.Client) error {
			return c.Cancel(ctx, 1, asdu.SingleCommand{Address: 1, Value: true, Select: true})
		},
	},
	{
		"directory",
		[]string{
			"> 7a 01 05 00 0100 000000 0000 00 00",
			"< 7e 01 05 00 0100 307500 0200 030000 00 e803220c8d0809",
			"< 7e 01 05 00 0100 317500 0200 030000 20 e803220c8d0809", // the last
		},
		func(ctx context.Context, c *iec104.Client) error {
			entries, err := c.Directory(ctx, 1, iec104.FileRef{})
			if err == nil && len(entries) != 2 {
				return fmt.Errorf("%d entries", len(entries))
			}
			return err
		},
	},
	{
		"read file", readFile("> 7a 01 0d 00 0100 307500 0200 00 01"),
		func(ctx context.Context, c *iec104.Client) error {
			var got bytes.Buffer
			_, err := c.ReadFile(ctx, 1, iec104.FileRef{Address: 30000, Name: 2}, &got, nil)
			if err == nil && got.String() != "abc" {
				return fmt.Errorf("%q", got.String())
			}
			return err
		},
	},
	{
		"query log", readFile("> 7f 01 0d 00 0100 307500 0200 e803220c8d0809 e803220d8d0809"),
		func(ctx context.Context, c *iec104.Client) error {
			var got bytes.Buffer
			_, err := c.QueryLog(ctx, 1, iec104.FileRef{Address: 30000, Name: 2}, callTime, callTime.Add(time.Hour), &got, nil)
			if err == nil && got.String() != "abc" {
				return fmt.Errorf("%q", got.String())
			}
			return err
		},
	},
	{
		"write file",
		[]string{
			"> 78 01 0d 00 0100 307500 0200 030000 00",
			"< 7a 01 0d 00 0100 307500 0200 00 02",
			"> 79 01 0d 00 0100 307500 0200 01 030000 00",
			"< 7a 01 0d 00 0100 307500 0200 01 06",
			"> 7d 01 0d 00 0100 307500 0200 01 03 616263",
			"> 7b 01 0d 00 0100 307500 0200 01 03 26",
			"< 7c 01 0d 00 0100 307500 0200 01 03",
			"> 7b 01 0d 00 0100 307500 0200 01 01 26",
			"< 7c 01 0d 00 0100 307500 0200 01 01",
		},
		func(ctx context.Context, c *iec104.Client) error {
			return c.WriteFile(ctx, 1, iec104.FileRef{Address: 30000, Name: 2}, strings.NewReader("abc"), 3, nil)
		},
	},
	{
		"delete file",
		[]string{"> 7a 01 0d 00 0100 307500 0200 00 04", "< 78 01 0d 00 0100 307500 0200 000000 00"},
		func(ctx context.Context, c *iec104.Client) error {
			return c.DeleteFile(ctx, 1, iec104.FileRef{Address: 30000, Name: 2})
		},
	},
}

// readFile is the conversation in which a file with the octets abc is read, which
// begins with a request of its own.
func readFile(request string) []string {
	return []string{
		request,
		"< 78 01 0d 00 0100 307500 0200 030000 00",    // file ready
		"> 7a 01 0d 00 0100 307500 0200 00 02",        // request
		"< 79 01 0d 00 0100 307500 0200 01 030000 00", // section 1 ready
		"> 7a 01 0d 00 0100 307500 0200 01 06",        // request of the section
		"< 7d 01 0d 00 0100 307500 0200 01 03 616263", // segment
		"< 7b 01 0d 00 0100 307500 0200 01 03 26",     // last segment, with checksum
		"> 7c 01 0d 00 0100 307500 0200 01 03",        // the section is acknowledged
		"< 7b 01 0d 00 0100 307500 0200 01 01 26",     // last section
		"> 7c 01 0d 00 0100 307500 0200 01 01",        // the file is acknowledged
	}
}

// play goes through a part of a script.
func (r *raw) play(script []string) {
	r.t.Helper()
	for _, step := range script {
		if text, sent := strings.CutPrefix(step, "< "); sent {
			r.request(text)
		} else {
			r.want(strings.TrimPrefix(step, "> "))
		}
	}
}

// idle acknowledges what has come and what comes, confirms test frames, and says
// nothing else, until the connection ends.
func (r *raw) idle() {
	octets := apci.AppendS(nil, r.receive)
	for {
		_, _ = r.conn.Write(octets) // it may end at any time
		switch r.next() {
		case "closed":
			return
		case "nothing":
			octets = nil
		case "TESTFR act":
			octets = apci.AppendU(nil, apci.TestFRCon)
		default:
			octets = apci.AppendS(nil, r.receive)
		}
	}
}

// refusals returns what may say no to a request, with the causes that the error
// must have.
func refusals(request string) map[string]asdu.Cause {
	request = strings.TrimPrefix(request, "> ")
	no := func(octet string) string { return request[:6] + octet + request[8:] }
	all := map[string]asdu.Cause{
		no("6c"): asdu.UnknownType, no("6d"): asdu.UnknownCause,
		no("6e"): asdu.UnknownCommonAddress, no("6f"): asdu.UnknownObjectAddress,
	}
	switch cause := request[6:8]; {
	case cause == "03": // not answered
		return nil
	case cause == "06":
		all[no("47")] = asdu.ActivationCon
	case cause == "08":
		all[no("49")] = asdu.DeactivationCon
	case request[:2] == "66":
		all[no("45")] = asdu.Request
	}
	return all
}

// TestCalls goes through the conversations to their end, and up to each of their
// steps: from there on the station says nothing, refuses, or is gone.
func TestCalls(t *testing.T) {
	for _, test := range calls {
		last := 0 // what the station says last
		for i, step := range test.script {
			if step[0] == '<' {
				last = i
			}
		}
		run := func(name string, steps int, then func(r *raw), judge func(t *testing.T, err error, took time.Duration)) {
			t.Run(fmt.Sprintf("%s/%s after %d", test.name, name, steps), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					client, r := rawStation(t, &iec104.ClientOptions{Clock: func() time.Time { return callTime }})
					done := make(chan error, 1)
					go func() { done <- test.call(t.Context(), client) }()
					r.play(test.script[:steps])
					begin := time.Now()
					then(r)
					err := <-done
					judge(t, err, time.Since(begin))
					if name == "carried out" {
						r.want("nothing") // the connection lives, and nothing more was sent
					}
					_ = client.Close()
				})
			})
		}
		run("carried out", len(test.script), func(*raw) {}, func(t *testing.T, err error, _ time.Duration) {
			t.Helper()
			if err != nil {
				t.Error(err)
			}
		})
		for steps := range last + 1 {
			run("connection lost", steps, func(r *raw) { _ = r.conn.Close() }, func(t *testing.T, err error, took time.Duration) {
				t.Helper()
				fault, named := errors.AsType[*iec104.Error](err)
				if !named || fault.Cause != 0 || took != 0 || !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
					t.Errorf("after %v: %v", took, err)
				}
			})
			if steps == 0 {
				continue
			}
			run("silence", steps, func(r *raw) { go r.idle() }, func(t *testing.T, err error, took time.Duration) {
				t.Helper()
				if !errors.Is(err, iec104.ErrTimeout) || took != 30*time.Second {
					t.Errorf("after %v: %v", took, err)
				}
			})
			if test.script[steps-1][0] == '<' {
				continue
			}
			for answer, cause := range refusals(test.script[steps-1]) {
				run(fmt.Sprintf("refused with %d", cause), steps, func(r *raw) { r.request(answer) }, func(t *testing.T, err error, _ time.Duration) {
					t.Helper()
					fault, ok := errors.AsType[*iec104.Error](err)
					if !errors.Is(err, iec104.ErrRefused) || !ok || fault.Cause != cause || !fault.Negative || fault.Op == "" {
						t.Errorf("%#v", err)
					}
				})
			}
		}
	}
}
