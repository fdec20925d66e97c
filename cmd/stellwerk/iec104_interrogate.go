package main

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/capture/stream"
)

func newInterrogate() *cobra.Command {
	var f stationFlags
	var group int
	cmd := &cobra.Command{
		Use:   "interrogate HOST",
		Short: "Ask a station for the state of its points",
		Long: `Interrogate asks a station for the state of all its points (C_IC_NA_1), or of
those of a group, and prints them when the station has sent them all. With --json
each telegram of the answer is a line of its own, as "analyze -o json" prints it
(docs/json.md).`,
		Example: `  stellwerk iec104 interrogate 192.0.2.10
  stellwerk iec104 interrogate 192.0.2.10:2405 --common-address 7 --group 3
  stellwerk iec104 interrogate 192.0.2.10 --common-address all --json`,
		Args: hostArguments("HOST"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return usageError(cmd, err)
			}
			station, err := f.station(true)
			if err != nil {
				return usageError(cmd, err)
			}
			if group < 0 || group > 16 {
				return usageError(cmd, fmt.Errorf("--group %d: there are the groups 1 to 16", group))
			}
			return interrogate(cmd, &f, args[0], station, group)
		},
	}
	f.register(cmd, "1", "station that is asked, or all")
	cmd.Flags().IntVar(&group, "group", 0, "ask only for this group, 1 to 16")
	return cmd
}

// answers collects the objects that answer a request.
type answers struct {
	wanted func(asdu.ASDU) bool
	zone   *time.Location
	json   *jsonLines // nil where a table is printed

	mu     sync.Mutex
	list   []shownObject // guarded by mu
	asdus  int           // guarded by mu
	beside int           // ASDUs that came beside the answer; guarded by mu
	failed error         // of the output; guarded by mu
}

// take is told of every ASDU that is received.
func (c *answers) take(a asdu.ASDU) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.wanted(a):
		c.asdus++
		c.list = append(c.list, showObjects(a, c.zone)...)
	case !a.Type.Control():
		c.beside++
	}
}

// line is told of every line about the connection.
func (c *answers) line(line *dissect.Line) {
	t := telegramOf(line)
	if c.json == nil || t == nil || line.Direction != stream.Backward || !c.wanted(t.ASDU) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = errors.Join(c.failed, c.json.print(line))
}

// newAnswers collects what wanted says is the answer.
func (f *stationFlags) newAnswers(cmd *cobra.Command, wanted func(asdu.ASDU) bool) *answers {
	c := &answers{wanted: wanted, zone: f.shownZone()}
	if f.json {
		c.json = newJSONLines(cmd.OutOrStdout())
	}
	return c
}

// print prints what has come, and on the talk how much it was, unless a refusal
// says all.
func (c *answers) print(cmd *cobra.Command, took time.Duration, refused bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if refused && len(c.list) == 0 {
		return nil
	}
	if c.json == nil && len(c.list) > 0 {
		sortObjects(c.list)
		c.failed = errors.Join(c.failed, objectTable(c.list).write(cmd.OutOrStdout()))
	}
	talk := fmt.Sprintf("%s in %s, %s", number(len(c.list), "object"), number(c.asdus, "ASDU"), milliseconds(took))
	if c.beside > 0 {
		talk += fmt.Sprintf("; %s besides, which \"stellwerk iec104 watch\" shows", number(c.beside, "ASDU"))
	}
	fmt.Fprintln(cmd.ErrOrStderr(), talk)
	return withStatus(statusNo, c.failed)
}

func interrogate(cmd *cobra.Command, f *stationFlags, host string, station asdu.CommonAddress, group int) error {
	got := f.newAnswers(cmd, func(a asdu.ASDU) bool { return a.Cause == asdu.InterrogatedByGroup(group) })
	s, err := f.open(cmd, host, got.take, func(t *tape) { t.line = got.line })
	if err != nil {
		return err
	}
	s.waiting.say("interrogating " + s.address)
	q := asdu.InterrogateStation + asdu.InterrogationQualifier(group)
	begin := time.Now()
	err = s.client.Interrogate(cmd.Context(), station, q)
	took := time.Since(begin)
	if err != nil {
		err = s.failed(cmd.Context(), err)
	}
	s.waiting.clear()
	return errors.Join(got.print(cmd, took, err != nil), err, s.close())
}
