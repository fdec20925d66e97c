package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"stellwerk/ads"
	adscommand "stellwerk/ads/command"
)

// adsWatch is the command ads watch.
type adsWatch struct {
	adsFlags
	cycle, delay, poll time.Duration
	cyclic             bool
	count              int
	duration           time.Duration
}

func newADSWatch() *cobra.Command {
	f := &adsWatch{}
	cmd := &cobra.Command{
		Use:   "watch HOST NAME…",
		Short: "Show values of a PLC as they change",
		Long: `Watch subscribes to variables (those that match where a name has * and ?), or to
addresses GROUP:OFFSET:LENGTH, and shows a line for each change with the time stamp
of the PLC. It outlasts lost connections, restarts and online changes of the PLC,
and says from when to when values are missing. With --poll it reads them instead,
for devices without notifications. Ctrl-C ends it, and so do --count and --for.

` + adsHost,
		Example: `  stellwerk ads watch 192.0.2.5 MAIN.nCounter MAIN.bRun
  stellwerk ads watch 192.0.2.5 MAIN.fSpeed --cyclic --cycle 10ms --for 1m > speed.txt
  stellwerk ads watch 192.0.2.5 MAIN.stAxis --json --count 100 | jq .value.fPosition`,
		Args:              someNames("NAME", "name"),
		ValidArgsFunction: f.completeNames(0),
		RunE:              func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0], args[1:]) },
	}
	f.register(cmd)
	flags := cmd.Flags()
	flags.DurationVar(&f.cycle, "cycle", 100*time.Millisecond, "how often the PLC looks at the values")
	flags.DurationVar(&f.delay, "delay", 0, "how long the PLC may collect changes before it sends them")
	flags.BoolVar(&f.cyclic, "cyclic", false, "show each value in each cycle, whether it has changed or not")
	flags.DurationVar(&f.poll, "poll", 0, "read the values so often, instead of subscribing")
	flags.IntVar(&f.count, "count", 0, "end after so many values")
	flags.DurationVar(&f.duration, "for", 0, "end after this time")
	return cmd
}

// check finds what flags cannot be.
func (f *adsWatch) check(cmd *cobra.Command) error {
	switch {
	case f.cycle < 0 || f.cycle > adscommand.MaxNotificationTime:
		return fmt.Errorf("--cycle %s: must be 0 to %s", f.cycle, adscommand.MaxNotificationTime)
	case f.delay < 0 || f.delay > adscommand.MaxNotificationTime:
		return fmt.Errorf("--delay %s: must be 0 to %s", f.delay, adscommand.MaxNotificationTime)
	case f.poll < 0:
		return fmt.Errorf("--poll %s: must not be negative", f.poll)
	case f.poll > 0 && (cmd.Flags().Changed("cycle") || cmd.Flags().Changed("delay")):
		return errors.New("--poll: values are read then; --cycle and --delay are about subscribing")
	case f.count < 0:
		return fmt.Errorf("--count %d: must not be negative", f.count)
	case f.duration < 0:
		return fmt.Errorf("--for %s: must not be negative", f.duration)
	}
	return nil
}

func (f *adsWatch) run(cmd *cobra.Command, host string, list []string) error {
	parts, err := parseParts(list)
	if err == nil {
		err = f.check(cmd)
	}
	if err != nil {
		return usageError(cmd, err)
	}
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	if f.duration > 0 {
		ctx, cancel = context.WithTimeout(ctx, f.duration)
		defer cancel()
	}
	// What is wrong from the beginning is an error, not a reason to wait.
	s, err := f.open(cmd, host)
	if err != nil {
		return err
	}
	parts, values, err := s.read(cmd.Context(), parts)
	if err != nil {
		return errors.Join(err, s.close())
	}
	var problem error
	for i := range values {
		if values[i].Err != nil {
			problem = errors.Join(problem, s.failed(cmd.Context(), values[i].Err))
		}
	}
	if problem != nil {
		return errors.Join(problem, s.close())
	}
	_ = s.client.Close() // the supervisor makes a connection of its own
	s.waiting.stop()
	w := &valueWatch{watch: f, place: s.adsPlace, out: cmd.OutOrStdout(), parts: parts}
	for _, p := range parts {
		w.width = max(w.width, utf8.RuneCountInString(p.text))
	}
	err = w.run(ctx, s.tape)
	return errors.Join(withStatus(statusNo, err), withStatus(statusNo, s.tape.close()))
}

// valueWatch shows values as they come. Its methods are called by one goroutine.
type valueWatch struct {
	watch *adsWatch
	place *adsPlace
	parts []adsPart
	out   io.Writer
	width int // of the longest name
	shown int
}

// watchLine is a value, or a time without, as --json prints it; docs/manual.md has
// it.
type watchLine struct {
	Time  time.Time       `json:"time"`
	Name  string          `json:"name"`
	Type  string          `json:"type,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
	Raw   string          `json:"raw,omitempty"`
	// Event is "value", "lost" or "ended".
	Event   string    `json:"event"`
	Error   string    `json:"error,omitempty"`
	Dropped uint64    `json:"dropped,omitempty"` // values that came faster than they were taken
	Gap     *watchGap `json:"gap,omitempty"`
}

type watchGap struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Error string    `json:"error,omitempty"`
}

// run watches until the context ends or enough has been shown.
func (w *valueWatch) run(ctx context.Context, tape *adsTape) error {
	ctx, stop := context.WithCancel(ctx)
	options := w.place.options()
	options.Trace = tape.frame
	supervisor, err := ads.NewSupervisor(w.place.address, &ads.SupervisorOptions{
		Client: options, MaxBackoff: 10 * time.Second,
		Dial: func(ctx context.Context, address string) (net.Conn, error) {
			conn, err := w.place.dial(ctx, address)
			if err == nil {
				tape.connected(conn, options.Framing)
			}
			return conn, err
		},
	})
	if err != nil {
		stop()
		return err
	}
	var job sync.WaitGroup
	defer job.Wait()
	defer stop()
	job.Go(func() { _ = supervisor.Run(ctx) }) // it ends as the context does
	if w.watch.poll > 0 {
		return w.poll(ctx, supervisor)
	}
	queue := ads.NewNotificationQueue(0)
	mode := adscommand.ServerOnChange
	if w.watch.cyclic {
		mode = adscommand.ServerCycle
	}
	names := make(map[*ads.Subscription]adsPart)
	for _, p := range w.parts {
		request := ads.SubscribeRequest{Name: p.text, Mode: mode, MaxDelay: w.watch.delay, CycleTime: w.watch.cycle}
		if p.address {
			request.Name, request.Index, request.Length = "", p.index, p.length
		}
		list, err := supervisor.Subscribe(queue, request)
		if err != nil {
			return err
		}
		names[list[0]] = p
	}
	for n := range queue.All(ctx) {
		if err := w.take(names[n.Subscription], &n); err != nil {
			return err
		}
		if w.full() {
			break
		}
	}
	return nil
}

func (w *valueWatch) full() bool { return w.watch.count > 0 && w.shown >= w.watch.count }

// take shows a notification.
func (w *valueWatch) take(p adsPart, n *ads.Notification) error {
	line := watchLine{Time: n.Time, Name: p.text, Event: "value", Dropped: n.Dropped}
	var text string
	switch n.Event {
	case ads.Lost, ads.Ended:
		line.Event = n.Event.String()
		if n.Err != nil {
			line.Error = n.Err.Error()
		}
		text = "! no values: " + printable(line.Error)
	default:
		if n.Gap != nil {
			line.Gap = &watchGap{From: n.Gap.From, To: n.Gap.To}
			if n.Gap.Err != nil {
				line.Gap.Error = n.Gap.Err.Error()
			}
		}
		w.shown++
		value, err := n.Value()
		t := n.Subscription.Variable().Type
		switch {
		case err != nil:
			line.Error, text = err.Error(), "! "+printable(err.Error())
		case p.address || t == nil:
			line.Raw, text = hex.EncodeToString(n.Data), fmt.Sprintf("% x", n.Data)
		default:
			line.Type, line.Value, text = t.Name, t.AppendJSON(nil, value), adsText(t, value)
		}
	}
	return w.print(&line, text)
}

// print prints a line, and before it what is missing.
func (w *valueWatch) print(line *watchLine, text string) error {
	if w.watch.json {
		return newLineEncoder(w.out).Encode(line)
	}
	const clock = "15:04:05.000"
	var all bytes.Buffer
	when, name := line.Time.Local().Format(clock), fmt.Sprintf("%-*s", w.width, printable(line.Name))
	if line.Gap != nil {
		note := fmt.Sprintf("%s  %s  ! nothing is known from %s to %s", when, name, line.Gap.From.Local().Format(clock), line.Gap.To.Local().Format(clock))
		if line.Gap.Error != "" {
			note += ": " + printable(line.Gap.Error)
		}
		fmt.Fprintln(&all, painted(w.out, styleBad, note))
	}
	if line.Dropped > 0 {
		fmt.Fprintln(&all, painted(w.out, styleBad, fmt.Sprintf("%s  %s  ! %s not shown: they came too fast", when, name, number(int(line.Dropped), "value"))))
	}
	style := ""
	if line.Event != "value" || line.Error != "" {
		style = styleBad
	}
	fmt.Fprintln(&all, painted(w.out, style, when+"  "+name+"  "+text))
	_, err := w.out.Write(all.Bytes())
	return err
}

// poll reads the values again and again.
func (w *valueWatch) poll(ctx context.Context, supervisor *ads.Supervisor) error {
	ticker := time.NewTicker(w.watch.poll)
	defer ticker.Stop()
	last := make([][]byte, len(w.parts))
	good := make([]time.Time, len(w.parts)) // when a value was read for the last time
	reason := make([]error, len(w.parts))   // why none can be read, nil where one can
	for first := true; ; first = false {
		if !first || !w.ready(ctx, supervisor) {
			select {
			case <-ctx.Done():
				return nil
			case <-ticker.C:
			}
		}
		values, err := w.read(ctx, supervisor)
		if ctx.Err() != nil {
			return nil
		}
		now := time.Now()
		for i, p := range w.parts {
			problem := err
			if err == nil {
				problem = values[i].Err
			}
			if problem != nil {
				if reason[i] == nil {
					if err := w.print(&watchLine{Time: now, Name: p.text, Event: "lost", Error: problem.Error()}, "! no values: "+printable(problem.Error())); err != nil {
						return err
					}
				}
				reason[i] = problem
				continue
			}
			line := watchLine{Time: now, Name: p.text, Event: "value"}
			if reason[i] != nil {
				line.Gap = &watchGap{From: good[i], To: now, Error: reason[i].Error()}
			}
			same := reason[i] == nil && last[i] != nil && bytes.Equal(last[i], values[i].Data)
			reason[i], good[i], last[i] = nil, now, values[i].Data
			if same && !w.watch.cyclic {
				continue
			}
			text := fmt.Sprintf("% x", values[i].Data)
			if t := values[i].Variable.Type; t != nil {
				line.Type, line.Value, text = t.Name, t.AppendJSON(nil, values[i].Value), adsText(t, values[i].Value)
			} else {
				line.Raw = hex.EncodeToString(values[i].Data)
			}
			w.shown++
			if err := w.print(&line, text); err != nil {
				return err
			}
			if w.full() {
				return nil
			}
		}
	}
}

// ready waits a moment for the first connection.
func (w *valueWatch) ready(ctx context.Context, supervisor *ads.Supervisor) bool {
	for range 50 {
		if _, err := supervisor.Client(); err == nil {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
	return false
}

func (w *valueWatch) read(ctx context.Context, supervisor *ads.Supervisor) ([]ads.Value, error) {
	client, err := supervisor.Client()
	if err != nil {
		if status := supervisor.Status(); status.Err != nil {
			err = status.Err
		}
		return nil, err
	}
	return readParts(ctx, client, w.parts)
}
