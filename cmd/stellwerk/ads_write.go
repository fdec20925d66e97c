package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/symbol"
)

// adsWrite is the command ads write.
type adsWrite struct {
	adsFlags
	arm bool
}

func newADSWrite() *cobra.Command {
	f := &adsWrite{}
	cmd := &cobra.Command{
		Use:   "write HOST NAME=VALUE… --arm",
		Short: "Write variables of a PLC",
		Long: `Write writes variables by their names, all in one request. Without --arm it only
shows what would be written, and what is there now. Nothing is written unless all
values fit their variables.

  integers          12  -3  16#FF  0x1F  2#1010
  REAL, LREAL       1.5  1e3
  BOOL              TRUE  false  1  0
  texts             ready  'it$'s'  "it's"
  times and dates   T#1m30s  12:30  2026-01-31  DT#2026-01-31-12:30:00
  enumerations      Running  20
  arrays            [1,2,3]  [3(0),7]
  structures        {fLow:=1, fHigh:=90}: fields that are missing keep what was read

` + adsHost + `

The exit status is 1 when the PLC refuses.`,
		Example: `  stellwerk ads write 192.0.2.5 MAIN.nSetpoint=50 --arm
  stellwerk ads write 192.0.2.5 MAIN.bEnable=TRUE 'MAIN.stLimits={fHigh:=90}' --arm
  stellwerk ads write 192.0.2.5 MAIN.nSetpoint=50`,
		Args: someNames("NAME=VALUE", "NAME=VALUE"),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			if strings.Contains(begun, "=") {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			names, directive := f.completeNames(0)(cmd, args, begun)
			return names, directive | cobra.ShellCompDirectiveNoSpace // "=" follows
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0], args[1:]) },
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&f.arm, "arm", false, "really write")
	return cmd
}

// writtenLine is what --json prints for each variable; docs/manual.md has it.
type writtenLine struct {
	adsValue

	Written bool `json:"written"`
}

func (f *adsWrite) run(cmd *cobra.Command, host string, list []string) error {
	names, texts := make([]string, len(list)), make([]string, len(list))
	for i, text := range list {
		name, value, found := strings.Cut(text, "=")
		if !found || name == "" {
			return usageError(cmd, fmt.Errorf("%q is no NAME=VALUE", text))
		}
		names[i], texts[i] = strings.TrimSuffix(name, ":"), value // ST has :=
	}
	s, err := f.open(cmd, host)
	if err != nil {
		return err
	}
	err = f.write(cmd, s, names, texts)
	return errors.Join(err, s.close())
}

func (f *adsWrite) write(cmd *cobra.Command, s *adsSession, names, texts []string) error {
	ctx := cmd.Context()
	// What is there now says of which type it is.
	values, err := s.client.ReadValues(ctx, names...)
	if err != nil {
		return s.failed(ctx, err)
	}
	var problem error
	before := make([]string, len(values))
	for i := range values {
		v := &values[i]
		if v.Err != nil {
			problem = errors.Join(problem, s.failed(ctx, v.Err))
			continue
		}
		before[i] = adsText(v.Variable.Type, v.Value)
		if err := replace(v, texts[i]); err != nil {
			problem = errors.Join(problem, withStatus(statusUsage, fmt.Errorf("%s: %w", v.Variable.Name, err)))
		}
	}
	if problem != nil {
		return errors.Join(problem, errors.New("nothing was written"))
	}
	s.waiting.clear()
	if !f.arm {
		return f.notArmed(cmd, s.client.Address(), values, before)
	}
	s.waiting.say("writing to " + s.host)
	if err := s.client.WriteValues(ctx, values); err != nil {
		return s.failed(ctx, err)
	}
	s.waiting.clear()
	return f.print(ctx, cmd, s, values, before)
}

// replace puts what a text says into a value that was read.
func replace(v *ads.Value, text string) error {
	value, err := v.Variable.Type.ParseText(text)
	if err != nil {
		return err
	}
	if err := v.Variable.EncodeInto(v.Data, value); err != nil {
		return err
	}
	if v.Value, err = v.Variable.Decode(v.Data); err != nil {
		return err
	}
	_, err = v.Variable.Type.Encode(v.Value) // as it will be written
	return err
}

// notArmed shows what would be written.
func (f *adsWrite) notArmed(cmd *cobra.Command, target ams.Address, values []ads.Value, before []string) error {
	out := cmd.OutOrStdout()
	var err error
	if f.json {
		for i := range values {
			err = errors.Join(err, newLineEncoder(out).Encode(writtenLine{adsValue: valueLine(&values[i], false)}))
		}
	} else {
		fmt.Fprintf(out, "would write to %s\n", target)
		err = changeTable(values, before).write(out)
	}
	return errors.Join(withStatus(statusUsage, errors.New("nothing was written\nNext: add --arm to write")), withStatus(statusNo, err))
}

// changeTable shows values beside those that were there before.
func changeTable(values []ads.Value, before []string) *textTable {
	table := &textTable{indent: "  ", columns: []column{{head: "NAME"}, {head: "TYPE"}, {head: "VALUE"}, {head: "BEFORE"}}}
	for i := range values {
		v := &values[i]
		if v.Err == nil {
			table.add(printable(v.Variable.Name), printable(v.Variable.Type.Name), cut(adsText(v.Variable.Type, v.Value), 60), cut(before[i], 60))
		}
	}
	return table
}

func (f *adsWrite) print(ctx context.Context, cmd *cobra.Command, s *adsSession, values []ads.Value, before []string) error {
	out := cmd.OutOrStdout()
	var problem, err error
	written := 0
	for i := range values {
		v := &values[i]
		if v.Err == nil {
			written++
		} else {
			problem = errors.Join(problem, s.failed(ctx, v.Err))
		}
		if f.json {
			err = errors.Join(err, newLineEncoder(out).Encode(writtenLine{adsValue: valueLine(v, false), Written: v.Err == nil}))
		}
	}
	if !f.json && written > 0 {
		fmt.Fprintf(out, "written to %s\n", s.client.Address())
		err = changeTable(values, before).write(out)
	}
	return errors.Join(problem, withStatus(statusNo, err))
}

// adsText shows a value in one line.
func adsText(t *symbol.Type, value any) string {
	if data, ok := value.([]byte); ok {
		return fmt.Sprintf("% x", data)
	}
	return printable(t.Text(value))
}
