package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
	"stellwerk/iec104/station"
	"stellwerk/internal/app"
	"stellwerk/internal/config"
	link "stellwerk/internal/link/iec104"
	simulated "stellwerk/internal/simulator/station"
)

// simulateFlags are the flags of simulate station.
type simulateFlags struct {
	options         *link.Options
	listen, connect string
	profile, faults string
	link            string
	files           string
	writable        bool
	list, json      bool
	still, quiet    bool
	set             bool // the clock is taken for set from the beginning
	tls             tlsFlags
}

// notSimulated are the options of a link that a simulated station has no use for.
var notSimulated = []string{"originator", "answer"}

func newSimulateStation() *cobra.Command {
	f := simulateFlags{options: link.DefaultOptions()}
	cmd := &cobra.Command{
		Use:   "station [FILE]",
		Short: "Be a controlled station",
		Long: `Station is a controlled station that a control centre connects to. Without FILE it
is the built-in one at common address 1: points of every type, all groups,
counters, parameters, and an object for every type of command with its return
information; --list prints what it has. Its values move unless --still is given.

FILE is a signal list (CSV or XLSX, the columns of docs/configuration.md) whose ids
are COMMON ADDRESS/OBJECT ADDRESS, or a configuration of the router (YAML): then the
stations of its controlling links are simulated, or those of the link that --link
names. A command moves the point of its kind whose name its own begins with.

Times are invalid until a control centre has set the clock, or from the beginning
right with --synchronised.`,
		Example: `  stellwerk simulate station
  stellwerk simulate station --list
  stellwerk simulate station points.csv --listen 0.0.0.0:2404
  stellwerk simulate station --faults drop=20,delay=100ms
  stellwerk simulate station --connect 192.0.2.1:2404`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError(cmd, fmt.Errorf("%s takes one file, but was given %d", cmd.CommandPath(), len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return usageError(cmd, err)
			}
			file := ""
			if len(args) > 0 {
				file = args[0]
			}
			return f.run(cmd, file)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.listen, "listen", "", "address to wait on (default 127.0.0.1:2404, with --tls port 19998)")
	flags.StringVar(&f.connect, "connect", "", "connect to this control centre instead of waiting (reverse roles)")
	flags.BoolVar(&f.list, "list", false, "print what the station has, and end")
	flags.BoolVar(&f.json, "json", false, "with --list: print it as JSON")
	flags.StringVar(&f.profile, "profile", "104", "types of the built-in station: 104, or extended for those of IEC 60870-5-101 too")
	flags.StringVar(&f.link, "link", "", "link of FILE whose points are simulated")
	flags.BoolVar(&f.still, "still", false, "values do not move by themselves")
	flags.BoolVar(&f.quiet, "no-cycles", false, "nothing is sent in cycles and background scans")
	flags.BoolVar(&f.set, "synchronised", false, "times are valid from the beginning")
	flags.StringVar(&f.files, "files", "", "folder whose files the station has, named ADDRESS.NAME such as 30000.2")
	flags.BoolVar(&f.writable, "files-writable", false, "control centres may write and delete files in that folder")
	flags.StringVar(&f.faults, "faults", "", faultsHelp)
	f.tls.register(flags)
	registerOptions(flags, f.options, notSimulated...)
	return cmd
}

// check says what is wrong with the flags together.
func (f *simulateFlags) check() error {
	if f.profile != "104" && f.profile != "extended" {
		return fmt.Errorf("--profile %q: there is 104 and extended", f.profile)
	}
	if f.writable && f.files == "" {
		return errors.New("--files-writable goes with --files")
	}
	if f.json && !f.list {
		return errors.New("--json goes with --list")
	}
	if f.listen != "" && f.connect != "" {
		return errors.New("--listen and --connect: a station waits, or connects")
	}
	if _, err := parseFaults(f.faults); err != nil {
		return err
	}
	f.options.Role, f.options.Listen = "controlled", "127.0.0.1:0" // the real one is checked when it is opened
	if err := checkOptions(f.options); err != nil {
		return err
	}
	return f.tls.check()
}

// sectors are what the station has.
func (f *simulateFlags) sectors(cmd *cobra.Command, file string) ([]station.Sector, error) {
	if file == "" {
		return []station.Sector{iec104test.BuiltinSector(f.profile == "extended", !f.quiet)}, nil
	}
	points, err := readPoints(file, f.link)
	if err != nil {
		return nil, err
	}
	sectors, notes, err := simulated.FromList(points, f.options.Params())
	for _, note := range notes {
		fmt.Fprintln(cmd.ErrOrStderr(), "stellwerk:", note)
	}
	return sectors, withStatus(statusUsage, err)
}

func (f *simulateFlags) run(cmd *cobra.Command, file string) error {
	sectors, err := f.sectors(cmd, file)
	if err != nil {
		return err
	}
	if f.list {
		return withStatus(statusNo, printList(cmd, sectors, f.json))
	}
	if f.files != "" {
		folder, err := iec104.NewFileFolder(f.files, &iec104.FileFolderOptions{Writable: f.writable})
		if err != nil {
			return withStatus(statusUsage, fmt.Errorf("--files: %w", err))
		}
		defer folder.Close() //nolint:errcheck // nothing of it is open any more
		sectors[0].Files = folder
	}
	ctx := cmd.Context()
	talk := &teller{out: cmd.ErrOrStderr()}
	location, err := time.LoadLocation(f.options.Zone)
	if err != nil {
		return usageError(cmd, err) // check has found that it is there
	}
	options := &station.Options{
		Location: location, Unsynchronised: !f.set, CommandAge: time.Minute,
		Server: iec104.ServerOptions{
			Parameters: iec104.Parameters{T0: f.options.T0, T1: f.options.T1, T2: f.options.T2, T3: f.options.T3, K: f.options.K, W: f.options.W},
			ASDU:       f.options.Params(), Extended: f.profile == "extended",
		},
	}
	tellStation(options, talk)
	s, err := station.New(options, sectors...)
	if err != nil {
		return withStatus(statusUsage, err)
	}
	defer s.Close() //nolint:errcheck // what it waits for has ended
	if !f.still {
		move, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			simulated.Move(move, s)
		}()
		defer func() { stop(); <-done }()
	}
	if f.connect != "" {
		return f.reverse(cmd, s, talk, sectors)
	}
	return f.serve(cmd, s, talk, sectors)
}

// spoiled puts the faults around a connection.
func (f *simulateFlags) spoiled(conn net.Conn) net.Conn {
	faults, err := parseFaults(f.faults)
	if err != nil || faults == nil {
		return conn // check has found that they are right
	}
	return iec104test.Faulty(conn, faults())
}

// serve waits for control centres.
func (f *simulateFlags) serve(cmd *cobra.Command, s *station.Station, talk *teller, sectors []station.Sector) error {
	ctx := cmd.Context()
	listener, err := f.tls.listen(ctx, cmd, f.listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(talk.out, "A station with %s listens on %s. Ctrl-C ends.\n", inventory(sectors), listener.Addr())
	served := make(chan error, 1)
	go func() { served <- s.Serve(&faultyListener{Listener: listener, spoil: f.spoiled}) }()
	select {
	case <-ctx.Done():
		err = s.Close()
		if ended := <-served; !errors.Is(ended, iec104.ErrClosed) {
			err = errors.Join(err, ended)
		}
		fmt.Fprintln(talk.out, "ended")
		return withStatus(statusNo, err)
	case err := <-served:
		return withStatus(statusUnreachable, err)
	}
}

// faultyListener spoils the connections that it accepts.
type faultyListener struct {
	net.Listener
	spoil func(net.Conn) net.Conn
}

// Accept is part of net.Listener.
func (l *faultyListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.spoil(conn), nil
}

// reverse connects to a control centre again and again.
func (f *simulateFlags) reverse(cmd *cobra.Command, s *station.Station, talk *teller, sectors []station.Sector) error {
	ctx := cmd.Context()
	flags := stationFlags{options: f.options, tls: f.tls}
	d, err := flags.dialer(f.connect)
	if err != nil {
		return usageError(cmd, err)
	}
	fmt.Fprintf(talk.out, "A station with %s connects to %s. Ctrl-C ends.\n", inventory(sectors), d.address)
	err = s.Server().Call(ctx, d.address, &iec104.CallOptions{
		Dial: func(ctx context.Context, _ string) (net.Conn, error) {
			conn, err := d.plain(ctx)
			if err == nil {
				conn, err = d.secured(ctx, conn)
			}
			if err != nil {
				return nil, err
			}
			return f.spoiled(conn), nil
		},
		MaxBackoff: 10 * time.Second,
		Failed: func(err error, pause time.Duration) {
			talk.say("%s; again in %s", strings.ReplaceAll(err.Error(), "\n", ". "), milliseconds(pause))
		},
	})
	fmt.Fprintln(talk.out, "ended")
	if ctx.Err() != nil {
		return nil //nolint:nilerr // somebody has ended it
	}
	return withStatus(statusUnreachable, err)
}

// inventory says how much there is.
func inventory(sectors []station.Sector) string {
	points, controls := 0, 0
	var addresses []string
	for _, sector := range sectors {
		points += len(sector.Points)
		controls += len(sector.Controls)
		addresses = append(addresses, fmt.Sprint(sector.Address))
	}
	what := "common address "
	if len(addresses) > 1 {
		what = "common addresses "
	}
	return fmt.Sprintf("%s, %s and %s", what+strings.Join(addresses, ", "), number(points, "point"), number(controls, "control"))
}

// readPoints reads the points of a signal list, or of a configuration.
func readPoints(file, linkName string) ([]config.Point, error) {
	lower := strings.ToLower(file)
	var c *config.Config
	var err error
	if strings.HasSuffix(lower, ".yaml") || strings.HasSuffix(lower, ".yml") {
		c, err = readConfig(file)
	} else {
		c, err = simulated.ReadList(app.Registry(), file, linkName)
		err = withStatus(statusUsage, err)
	}
	if err != nil {
		return nil, err
	}
	var points []config.Point
	var names []string
	for _, l := range c.Links {
		o, ok := l.Options.(*link.Options)
		if !ok || linkName == "" && o.Role != "controlling" {
			continue
		}
		names = append(names, l.Name)
	}
	if linkName != "" {
		if _, ok := c.Link(linkName); !ok {
			return nil, withStatus(statusUsage, fmt.Errorf("--link %s: %s has no such link%s", linkName, file, config.DidYouMean(linkName, names)))
		}
		names = []string{linkName}
	}
	for _, p := range c.Points {
		if slices.Contains(names, p.ID.Link) {
			points = append(points, p)
		}
	}
	if len(points) == 0 {
		return nil, advise(statusUsage, fmt.Errorf("%s: no points of a controlling link", file), "list them under points, or name another link with --link")
	}
	return points, nil
}

// tellStation lets the station tell what happens to it.
func tellStation(options *station.Options, talk *teller) {
	options.Observer = &sessionTeller{talk: talk}
	options.SetClock = func(common asdu.CommonAddress, t time.Time) error {
		talk.say("clock of %d set to %s", common, t.Format("2006-01-02T15:04:05.000Z07:00"))
		return nil
	}
	options.Done = func(o *station.Operation, err error) {
		if err != nil {
			talk.say("%s: broken off: %v", operation(o), err)
			return
		}
		talk.say("%s: done", operation(o))
	}
	options.Refused = func(o *station.Operation, err error) { talk.say("%s: refused: %v", operation(o), err) }
	options.Reset = func(common asdu.CommonAddress, q asdu.ResetQualifier) error {
		talk.say("reset of %d: %s", common, q.Text().EN)
		return nil
	}
	options.Before = func(_ *iec104.Session, a asdu.ASDU) (bool, error) {
		if told(a) {
			text := ""
			for _, o := range showObjects(a, nil) {
				text = o.value
				break
			}
			talk.say("%s %s of %d: %s", a.TypeName(), a.Cause, a.CommonAddress, text)
		}
		return false, nil
	}
}

// told reports whether a request is told when it comes: those that nothing else
// tells of.
func told(a asdu.ASDU) bool {
	switch a.Type {
	case asdu.C_IC_NA_1, asdu.C_CI_NA_1, asdu.P_ME_NA_1, asdu.P_ME_NB_1, asdu.P_ME_NC_1, asdu.P_AC_NA_1:
		return true
	default:
		return false
	}
}

func operation(o *station.Operation) string {
	text := fmt.Sprintf("%s %s to %d/%d", commandType(o.Command), commandText(o.Command), o.Station, o.Control.Address)
	if o.Select && !strings.HasSuffix(commandText(o.Command), "select") {
		text += " (select)"
	}
	return text
}

// sessionTeller tells of connections.
type sessionTeller struct{ talk *teller }

// Connected is part of iec104.SessionObserver.
func (t *sessionTeller) Connected(s *iec104.Session) { t.talk.say("%s connected", s.RemoteAddr()) }

// StateChanged is part of iec104.SessionObserver.
func (t *sessionTeller) StateChanged(s *iec104.Session, state iec104.State) {
	if state == iec104.Started || state == iec104.Stopped {
		t.talk.say("%s data transfer %s", s.RemoteAddr(), state)
	}
}

// Disconnected is part of iec104.SessionObserver.
func (t *sessionTeller) Disconnected(s *iec104.Session, err error) {
	switch {
	case errors.Is(err, iec104.ErrClosed):
	case hungUp(err):
		t.talk.say("%s disconnected", s.RemoteAddr())
	default:
		t.talk.say("%s disconnected: %v", s.RemoteAddr(), err)
	}
}

// printList prints what sectors have.
func printList(cmd *cobra.Command, sectors []station.Sector, asJSON bool) error {
	out := cmd.OutOrStdout()
	t := &textTable{columns: []column{{"ADDRESS", true}, {"TYPE", false}, {"NAME", false}, {"UNIT", false}, {"GROUPS", false}, {"MOVES", true}, {"COMMAND", true}, {"SELECT", false}}}
	encoder := json.NewEncoder(out)
	for _, sector := range sectors {
		for _, entry := range iec104test.List(sector) {
			row := listRow(entry)
			if asJSON {
				if err := encoder.Encode(row); err != nil {
					return err
				}
				continue
			}
			moves, command := "", ""
			if row.Feedback != 0 {
				moves = fmt.Sprint(row.Feedback)
			}
			if len(row.Commands) > 0 {
				command = joined(row.Commands)
			}
			t.add(fmt.Sprintf("%d/%d", row.CommonAddress, row.Address), row.Type, row.Name, row.Unit, joined(row.Groups), moves, command, row.Select)
		}
	}
	if asJSON {
		return nil
	}
	return t.write(out)
}

// listedObject is a line of --list --json.
type listedObject struct {
	CommonAddress asdu.CommonAddress   `json:"common_address"`
	Address       asdu.ObjectAddress   `json:"address"`
	TypeID        asdu.TypeID          `json:"type_id"`
	Type          string               `json:"type"`
	Name          string               `json:"name"`
	Unit          string               `json:"unit,omitempty"`
	Groups        []int                `json:"groups,omitempty"`
	Feedback      asdu.ObjectAddress   `json:"feedback,omitempty"`
	Commands      []asdu.ObjectAddress `json:"commands,omitempty"`
	Select        string               `json:"select,omitempty"`
}

func listRow(e iec104test.Listed) listedObject {
	row := listedObject{
		CommonAddress: e.CommonAddress, Address: e.Address, TypeID: e.Type, Type: e.Type.String(), Name: e.Name,
		Unit: e.Unit, Groups: e.Groups, Feedback: e.Feedback, Commands: e.Commands,
	}
	if e.Control != nil {
		row.Select = e.Control.Select.String()
	}
	return row
}

func joined[T any](list []T) string {
	var parts []string
	for _, each := range list {
		parts = append(parts, fmt.Sprint(each))
	}
	return strings.Join(parts, ", ")
}
