package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/simulator/controlcentre"
)

// centreFlags are the flags of simulate control-centre besides those of a station.
type centreFlags struct {
	connect, listen string
	commands        []string
	setClock, arm   bool
	quiet           bool
	count           int
	duration        time.Duration
}

func newSimulateControlCentre() *cobra.Command {
	var f stationFlags
	var c centreFlags
	cmd := &cobra.Command{
		Use:   "control-centre",
		Short: "Be a control centre",
		Long: `Control-centre is a control centre that connects to a station, starts data
transfer, interrogates, and prints what comes, a line for each object (with --json a
line for each telegram, docs/json.md). It connects again when the connection is lost.
With --listen the station connects to it (reverse roles).

With --arm it sends commands: those of --command once after the first interrogation,
and those that stand on standard input, a line each:

  ADDRESS TYPE VALUE [select]        such as   6001 double on select

` + commandHelp(),
		Example: `  stellwerk simulate control-centre --connect 127.0.0.1:2404
  stellwerk simulate control-centre --connect 192.0.2.10 --synchronise --arm
  echo "6001 double on select" | stellwerk simulate control-centre --connect 192.0.2.10 --arm
  stellwerk simulate control-centre --listen 127.0.0.1:2404`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(cmd); err != nil {
				return usageError(cmd, err)
			}
			station, err := f.station(true)
			if err != nil {
				return usageError(cmd, err)
			}
			if err := c.check(); err != nil {
				return usageError(cmd, err)
			}
			commands, err := c.parse(&f)
			if err != nil {
				return usageError(cmd, err)
			}
			return runControlCentre(cmd, &f, &c, station, commands)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&c.connect, "connect", "", "station to connect to, HOST or HOST:PORT")
	flags.StringVar(&c.listen, "listen", "", "address to wait on for the station (reverse roles)")
	flags.BoolVar(&c.arm, "arm", false, "really send commands, and set the clock")
	flags.StringArrayVar(&c.commands, "command", nil, "command to send once, as in \"6001 double on select\"; may be repeated")
	flags.BoolVar(&c.setClock, "synchronise", false, "set the station's clock after each start")
	flags.BoolVar(&c.quiet, "no-interrogation", false, "do not interrogate")
	flags.IntVar(&c.count, "count", 0, "end after so many objects, with --json after so many telegrams")
	flags.DurationVar(&c.duration, "duration", 0, "end after this time")
	f.register(cmd, "1", "station that is interrogated and commanded, or all")
	return cmd
}

// check says what is wrong with the flags together.
func (c *centreFlags) check() error {
	switch {
	case c.connect == "" && c.listen == "":
		return errors.New("name the station with --connect HOST, or wait for it with --listen ADDRESS")
	case c.connect != "" && c.listen != "":
		return errors.New("--connect and --listen: a control centre connects, or waits")
	case !c.arm && len(c.commands) > 0:
		return errors.New("--command sends commands to the process: add --arm")
	case !c.arm && c.setClock:
		return errors.New("--synchronise sets the station's clock: add --arm")
	case c.count < 0:
		return fmt.Errorf("--count %d: must not be negative", c.count)
	case c.duration < 0:
		return fmt.Errorf("--duration %s: must not be negative", c.duration)
	}
	return nil
}

func (c *centreFlags) parse(f *stationFlags) ([]controlcentre.Command, error) {
	var list []controlcentre.Command
	for _, text := range c.commands {
		command, err := parseCommandLine(f, text)
		if err != nil {
			return nil, fmt.Errorf("--command %q: %w", text, err)
		}
		list = append(list, command)
	}
	return list, nil
}

// parseCommandLine reads ADDRESS TYPE VALUE [select].
func parseCommandLine(f *stationFlags, text string) (controlcentre.Command, error) {
	words := strings.Fields(text)
	selects := len(words) == 4 && words[3] == "select"
	if len(words) != 3 && !selects {
		return controlcentre.Command{}, errors.New("write ADDRESS TYPE VALUE [select], such as: 6001 double on select")
	}
	address, err := f.objectAddress(words[0])
	if err != nil {
		return controlcentre.Command{}, err
	}
	flags := commandFlags{selects: selects}
	object, typeID, err := flags.object(f, address, words[1], words[2])
	return controlcentre.Command{Name: fmt.Sprintf("%s %s to %d", typeID, words[2], address), Object: object, Select: selects}, err
}

func runControlCentre(cmd *cobra.Command, f *stationFlags, c *centreFlags, station asdu.CommonAddress, commands []controlcentre.Command) error {
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	if c.duration > 0 {
		defer time.AfterFunc(c.duration, cancel).Stop()
	}
	talk := &teller{out: cmd.ErrOrStderr()}
	t, err := f.newTapeFor(cmd)
	if err != nil {
		return err
	}
	w := &watcher{station: station, count: c.count, out: cmd.OutOrStdout(), zone: f.shownZone(), enough: cancel}
	if f.json {
		w.json = newJSONLines(w.out)
	}
	t.line = w.line
	address, dial, done, err := c.dialling(ctx, cmd, f, talk)
	if err != nil {
		return errors.Join(err, t.close())
	}
	defer done()
	operator, err := controlcentre.NewOperator(controlcentre.OperatorOptions{
		Address: address, Dial: dial, Station: station, Quiet: c.quiet, SetClock: c.setClock,
		Client: iec104.ClientOptions{
			Parameters: f.parameters(), ASDU: f.options.Params(), Originator: f.options.Originator,
			AnswerTimeout: f.options.Answer, Location: f.location(),
		},
		Connected: func(conn net.Conn) { t.connected(conn, c.listen != "", f.dissection(), f.judged(cmd)) },
		Frame:     t.frame, Ended: t.ended,
		Received: w.take,
		Event:    func(text string) { talk.say("%s", strings.ReplaceAll(text, "\n", ". ")) },
	})
	if err != nil {
		return errors.Join(withStatus(statusUsage, err), t.close())
	}
	var work sync.WaitGroup
	if c.arm {
		work.Go(func() { c.command(ctx, cmd.InOrStdin(), f, operator, commands, talk) })
	}
	operator.Run(ctx)
	cancel()
	work.Wait()
	fmt.Fprintln(talk.out, "ended")
	w.mu.Lock()
	defer w.mu.Unlock()
	return withStatus(statusNo, errors.Join(w.failed, t.close()))
}

// dialling returns how the connection comes about, and what ends it.
func (c *centreFlags) dialling(ctx context.Context, cmd *cobra.Command, f *stationFlags, talk *teller) (address string, dial func(context.Context) (net.Conn, error), done func(), err error) {
	if c.connect != "" {
		d, err := f.dialer(c.connect)
		if err != nil {
			return "", nil, nil, usageError(cmd, err)
		}
		fmt.Fprintf(talk.out, "A control centre connects to %s. Ctrl-C ends.\n", d.address)
		return d.address, func(ctx context.Context) (net.Conn, error) {
			conn, err := d.plain(ctx)
			if err != nil {
				return nil, err
			}
			return d.secured(ctx, conn)
		}, func() {}, nil
	}
	listener, err := f.tls.listen(ctx, cmd, c.listen)
	if err != nil {
		return "", nil, nil, err
	}
	fmt.Fprintf(talk.out, "A control centre waits on %s for a station to connect. Ctrl-C ends.\n", listener.Addr())
	calls := make(chan net.Conn)
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			select {
			case calls <- conn:
			case <-ctx.Done():
				_ = conn.Close() // nobody wants it any more
			}
		}
	})
	dial = func(context.Context) (net.Conn, error) { // waits as long as it takes: t0 is for who connects
		select {
		case conn := <-calls:
			return conn, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return listener.Addr().String(), dial, func() {
		_ = listener.Close() // ends accepting
		accepting.Wait()
	}, nil
}

// command sends the commands of the flags when the connection is up, and then
// those of standard input until it ends.
func (c *centreFlags) command(ctx context.Context, in io.Reader, f *stationFlags, operator *controlcentre.Operator, commands []controlcentre.Command, talk *teller) {
	for operator.Client() == nil {
		select {
		case <-ctx.Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
	for _, command := range commands {
		talk.say("%s: %s", command.Name, operator.Operate(ctx, command))
	}
	if file, ok := in.(*os.File); ok && isTerminal(file) {
		fmt.Fprintln(talk.out, "Write commands: ADDRESS TYPE VALUE [select]")
	}
	lines := bufio.NewScanner(interruptible(ctx, in))
	for lines.Scan() {
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		command, err := parseCommandLine(f, text)
		if err != nil {
			talk.say("%q: %v", text, err)
			continue
		}
		talk.say("%s: %s", command.Name, operator.Operate(ctx, command))
	}
}
