package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/config"
)

// commandFlags are the flags of a command besides those of the station.
type commandFlags struct {
	qualifier     uint8
	selects       bool
	timed         bool
	cancel        bool
	noTermination bool
	arm           bool
}

func newCommand() *cobra.Command {
	var f stationFlags
	var c commandFlags
	cmd := &cobra.Command{
		Use:   "command HOST ADDRESS TYPE VALUE --arm",
		Short: "Send a command to a station, and say what became of it",
		Long: `Command sends one command to an object of a station, and says when it was
selected, confirmed and carried out. Without --arm it only shows what would be
sent.

` + commandHelp() + `

The exit status is 1 when the station refuses, or confirms and never says that the
command is carried out.`,
		Example: `  stellwerk iec104 command 192.0.2.10 6001 double on --select --arm
  stellwerk iec104 command 192.0.2.10 6100 C_SE_NC_1 110.5 --arm
  stellwerk iec104 command 192.0.2.10 6001 double on`,
		Args: hostArguments("HOST", "ADDRESS", "TYPE", "VALUE"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 2 {
				return commandNames(), cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return usageError(cmd, err)
			}
			station, err := f.station(false)
			if err != nil {
				return usageError(cmd, err)
			}
			address, err := f.objectAddress(args[1])
			if err != nil {
				return usageError(cmd, err)
			}
			object, typeID, err := c.object(&f, address, args[2], args[3])
			if err != nil {
				return usageError(cmd, err)
			}
			if !c.arm {
				return notArmed(cmd, fmt.Sprintf("%s %s to %d/%d of %s%s", typeID, commandText(object), station, address, args[0], c.ways()))
			}
			return command(cmd, &f, &c, args[0], station, object)
		},
	}
	f.register(cmd, "1", "station that the object belongs to")
	flags := cmd.Flags()
	flags.BoolVar(&c.arm, "arm", false, "really send it")
	flags.BoolVar(&c.selects, "select", false, "select before operate")
	flags.Uint8Var(&c.qualifier, "qualifier", 0, "QU or QL: of commands 0 none, 1 short pulse, 2 long pulse, 3 persistent")
	flags.BoolVar(&c.timed, "time", false, "with time tag (types 58 to 64)")
	flags.BoolVar(&c.cancel, "cancel", false, "take the command, or with --select the selection, back (cause 8)")
	flags.BoolVar(&c.noTermination, "no-termination", false, "do not wait for the termination, which not every station sends")
	return cmd
}

// ways says how the command is carried out.
func (c *commandFlags) ways() string {
	switch {
	case c.cancel && c.selects:
		return ", to take the selection back"
	case c.cancel:
		return ", to take the command back"
	case c.selects:
		return ", select before operate"
	default:
		return ""
	}
}

// notArmed says what would have been sent.
func notArmed(cmd *cobra.Command, what string) error {
	fmt.Fprintln(cmd.OutOrStdout(), "would send", what)
	return withStatus(statusUsage, errors.New("nothing was sent\nNext: add --arm to send it"))
}

// commandKind is a family of commands.
type commandKind struct {
	name         string
	plain, timed asdu.TypeID
	values       string
	qualifiers   uint8 // the highest
}

// is reports whether a word names the family.
func (k commandKind) is(word string) bool {
	return strings.EqualFold(k.name, word) || strings.EqualFold(k.plain.String(), word) || strings.EqualFold(k.timed.String(), word)
}

// commandKinds are the families of commands by the names that people give them.
var commandKinds = []commandKind{
	{"single", asdu.C_SC_NA_1, asdu.C_SC_TA_1, "on, off", 31},
	{"double", asdu.C_DC_NA_1, asdu.C_DC_TA_1, "on, off", 31},
	{"step", asdu.C_RC_NA_1, asdu.C_RC_TA_1, "higher, lower", 31},
	{"normalized", asdu.C_SE_NA_1, asdu.C_SE_TA_1, "a number from -1 to 0.99997", 127},
	{"scaled", asdu.C_SE_NB_1, asdu.C_SE_TB_1, "a whole number from -32768 to 32767", 127},
	{"float", asdu.C_SE_NC_1, asdu.C_SE_TC_1, "a number", 127},
	{"bits", asdu.C_BO_NA_1, asdu.C_BO_TA_1, "a number such as 0xff00", 0},
}

func commandHelp() string {
	t := &textTable{indent: "  ", columns: []column{{"TYPE", false}, {"OR", false}, {"VALUE", false}}}
	for _, kind := range commandKinds {
		t.add(kind.name, kind.plain.String()+", "+kind.timed.String(), kind.values)
	}
	var text strings.Builder
	_ = t.write(&text) // a builder takes everything
	return strings.TrimRight(text.String(), "\n")
}

// commandNames are all words that name a type of command.
func commandNames() []string {
	var names []string
	for _, kind := range commandKinds {
		names = append(names, kind.name, kind.plain.String(), kind.timed.String())
	}
	return names
}

// object makes the command of the arguments.
func (c *commandFlags) object(f *stationFlags, address asdu.ObjectAddress, kind, value string) (asdu.Object, asdu.TypeID, error) {
	at := slices.IndexFunc(commandKinds, func(k commandKind) bool { return k.is(kind) })
	if at < 0 {
		return nil, 0, fmt.Errorf("%q is no type of command%s", kind, config.DidYouMean(kind, commandNames()))
	}
	k := commandKinds[at]
	typeID := k.plain
	var tag asdu.Time
	if c.timed || strings.EqualFold(k.timed.String(), kind) {
		typeID, tag = k.timed, asdu.CP56(time.Now().In(f.location()))
	}
	if c.qualifier > k.qualifiers {
		if k.qualifiers == 0 {
			return nil, 0, errors.New("--qualifier: a bit string command has none")
		}
		return nil, 0, fmt.Errorf("--qualifier %d: must be 0 to %d", c.qualifier, k.qualifiers)
	}
	object, err := commandObject(k.plain, address, value, c.qualifier, c.selects && c.cancel, tag)
	if err == nil && c.selects && k.plain == asdu.C_BO_NA_1 {
		err = errors.New("--select: a bit string command cannot be selected")
	}
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", typeID, err)
	}
	return object, typeID, nil
}

// commandText shows the value of a command without its time.
func commandText(object asdu.Object) string {
	return showObject(object).value
}

// commandResult is what --json prints.
type commandResult struct {
	Station       string             `json:"station"`
	CommonAddress asdu.CommonAddress `json:"common_address"`
	Address       asdu.ObjectAddress `json:"address"`
	Type          string             `json:"type"`
	Value         string             `json:"value"`
	Selected      *float64           `json:"selected_ms,omitempty"`
	Confirmed     *float64           `json:"confirmed_ms,omitempty"`
	Cancelled     *float64           `json:"cancelled_ms,omitempty"`
	Terminated    *float64           `json:"terminated_ms,omitempty"`
	Result        string             `json:"result"` // done, refused, not-terminated, no-answer
	Cause         asdu.Cause         `json:"cause,omitempty"`
	Negative      bool               `json:"negative,omitempty"`
	Text          string             `json:"text,omitempty"`
}

// ms gives a duration to JSON, in milliseconds with three decimals.
func ms(d time.Duration) *float64 {
	return new(float64(d.Round(time.Microsecond)) / float64(time.Millisecond))
}

// command sends a command and prints what became of it.
func command(cmd *cobra.Command, f *stationFlags, c *commandFlags, host string, station asdu.CommonAddress, object asdu.Object) error {
	answered := make(chan asdu.ASDU, 64)
	s, err := f.open(cmd, host, func(a asdu.ASDU) {
		if a.Cause != asdu.ReturnRemote && a.Cause != asdu.ReturnLocal {
			return
		}
		select {
		case answered <- a.Clone():
		default: // more than anybody wants to read
		}
	}, nil)
	if err != nil {
		return err
	}
	result := commandResult{
		Station: s.address, CommonAddress: station, Address: object.IOA(),
		Type: commandType(object).String(), Value: commandText(object), Result: "done",
	}
	s.waiting.say("commanding " + s.address)
	err = c.send(cmd, s, station, object, &result)
	s.waiting.clear()
	if f.json {
		err = errors.Join(err, withStatus(statusNo, json.NewEncoder(cmd.OutOrStdout()).Encode(result)))
	} else {
		result.print(cmd, answered)
	}
	return errors.Join(err, s.close())
}

// send carries the command through, and notes each step in the result.
func (c *commandFlags) send(cmd *cobra.Command, s *session, station asdu.CommonAddress, object asdu.Object, result *commandResult) error {
	ctx, begin := cmd.Context(), time.Now()
	refused := func(err error) error {
		result.Result, result.Text = "no-answer", err.Error()
		if e, ok := errors.AsType[*iec104.Error](err); ok && errors.Is(err, iec104.ErrRefused) {
			result.Result, result.Cause, result.Negative = "refused", e.Cause, e.Negative
		}
		return s.failed(ctx, err)
	}
	if c.cancel {
		if err := s.client.Cancel(ctx, station, object); err != nil {
			return refused(err)
		}
		result.Cancelled = ms(time.Since(begin))
		return nil
	}
	mode := iec104.DirectExecute
	if c.selects {
		mode = iec104.SelectAndExecute
	}
	activation, err := s.client.Operate(ctx, station, object, mode)
	if err != nil {
		return refused(err)
	}
	if c.selects {
		result.Selected = ms(time.Since(begin))
	}
	if _, err := activation.Confirmed(ctx); err != nil {
		return refused(err)
	}
	result.Confirmed = ms(time.Since(begin))
	if c.noTermination {
		return nil
	}
	s.waiting.say("confirmed; waiting for the termination")
	_, err = activation.Terminated(ctx)
	switch {
	case err == nil:
		result.Terminated = ms(time.Since(begin))
		return nil
	case errors.Is(err, iec104.ErrTimeout):
		result.Result = "not-terminated"
		return advise(statusNo, fmt.Errorf("%s has confirmed the command, but no termination (cause 10) came within %s", s.address, s.flags.options.Answer),
			"where the station sends none, leave the wait out with --no-termination")
	default:
		return refused(err)
	}
}

// print prints the result as lines.
func (r *commandResult) print(cmd *cobra.Command, answered <-chan asdu.ASDU) {
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s %s to %d/%d at %s\n", r.Type, r.Value, r.CommonAddress, r.Address, r.Station)
	for _, step := range []struct {
		what string
		took *float64
	}{{"selected", r.Selected}, {"confirmed", r.Confirmed}, {"cancelled", r.Cancelled}, {"terminated", r.Terminated}} {
		if step.took != nil {
			fmt.Fprintf(out, "  %-11s after %s\n", step.what, milliseconds(time.Duration(*step.took*float64(time.Millisecond))))
		}
	}
	switch r.Result {
	case "refused":
		fmt.Fprintf(out, "  refused     with %s\n", answerWords(r.Cause, r.Negative))
	case "not-terminated":
		fmt.Fprintln(out, "  not terminated")
	}
	for {
		select {
		case a := <-answered:
			for _, o := range showObjects(a, nil) {
				fmt.Fprintf(out, "  %-11s %s %s %s %s\n", "returned", o.id(), o.typeName, o.value, o.cause)
			}
		default:
			return
		}
	}
}
