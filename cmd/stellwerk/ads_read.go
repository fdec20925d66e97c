package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	adscommand "stellwerk/ads/command"
)

// adsRead is the command ads read.
type adsRead struct {
	adsFlags
	raw bool
}

func newADSRead() *cobra.Command {
	f := &adsRead{}
	cmd := &cobra.Command{
		Use:   "read HOST NAME…",
		Short: "Read variables of a PLC",
		Long: `Read reads variables by their names, such as MAIN.nCount, GVL.aData[3].fX or a
whole structure, all in one request, and shows them with their types. A name with *
and ? stands for all that match, as in "ads symbols". Instead of a name,
GROUP:OFFSET:LENGTH is an address with so many octets, such as 0x4020:0:4 for the
first four of %M.

` + adsHost + `

The exit status is 1 when one of them cannot be read.`,
		Example: `  stellwerk ads read 192.0.2.5 MAIN.nCount MAIN.stAxis
  stellwerk ads read 192.0.2.5 'GVL.*'
  stellwerk ads read 5.23.145.10.1.1 GVL.aData[3] --json | jq .value
  stellwerk ads read 192.0.2.5 0x4020:0:16`,
		Args:              someNames("NAME", "name"),
		ValidArgsFunction: f.completeNames(0),
		RunE:              func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0], args[1:]) },
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&f.raw, "raw", false, "show the octets instead of what they mean")
	return cmd
}

// someNames wants a host and at least one of something.
func someNames(what, word string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= 2 {
			return nil
		}
		if len(args) == 0 {
			return usageError(cmd, fmt.Errorf("%s needs HOST and %s…, but was given no arguments", cmd.CommandPath(), what))
		}
		return usageError(cmd, fmt.Errorf("%s needs a %s after the host %q", cmd.CommandPath(), word, args[0]))
	}
}

// adsPart is a place of a command line: a name, or an address with a length.
type adsPart struct {
	text    string
	address bool
	index   adscommand.Index
	length  uint32
}

// parsePart reads NAME or GROUP:OFFSET:LENGTH.
func parsePart(text string) (adsPart, error) {
	p := adsPart{text: text}
	if text == "" {
		return p, errors.New("a name is empty")
	}
	if !strings.Contains(text, ":") {
		return p, nil
	}
	fields := strings.Split(text, ":")
	if len(fields) != 3 {
		return p, fmt.Errorf("%q is no address: it must be GROUP:OFFSET:LENGTH, such as 0x4020:0:4", text)
	}
	var numbers [3]uint32
	for i, word := range []string{"index group", "index offset", "length"} {
		digits := fields[i]
		if rest, found := strings.CutPrefix(digits, "16#"); found {
			digits = "0x" + rest
		}
		n, err := strconv.ParseUint(digits, 0, 32)
		if err != nil {
			return p, fmt.Errorf("%q: %q is no %s: it must be a number from 0 to 0xFFFFFFFF", text, fields[i], word)
		}
		numbers[i] = uint32(n)
	}
	p.address, p.index, p.length = true, adscommand.Index{Group: adscommand.IndexGroup(numbers[0]), Offset: numbers[1]}, numbers[2]
	if p.length == 0 || p.length > ams.MaxData {
		return p, fmt.Errorf("%q: the length must be 1 to %d octets", text, ams.MaxData)
	}
	return p, nil
}

// parseParts reads all of them.
func parseParts(list []string) ([]adsPart, error) {
	parts := make([]adsPart, len(list))
	var problem error
	for i, text := range list {
		var err error
		parts[i], err = parsePart(text)
		problem = errors.Join(problem, err)
	}
	return parts, problem
}

// expand puts the symbols that match in the place of names with * and ?.
func (s *adsSession) expand(ctx context.Context, parts []adsPart) ([]adsPart, error) {
	isPattern := func(p adsPart) bool { return !p.address && strings.ContainsAny(p.text, "*?") }
	if !slices.ContainsFunc(parts, isPattern) {
		return parts, nil
	}
	s.waiting.say("loading the symbols of " + s.host)
	table, err := s.client.Symbols(ctx)
	s.waiting.clear()
	if table == nil {
		return nil, s.failed(ctx, err)
	}
	var all []adsPart
	for _, p := range parts {
		if !isPattern(p) {
			all = append(all, p)
			continue
		}
		matches, err := namePattern(p.text)
		if err != nil {
			return nil, withStatus(statusUsage, err)
		}
		before := len(all)
		for e := range table.Symbols() {
			if matches(e.Name) {
				all = append(all, adsPart{text: e.Name})
			}
		}
		if len(all) == before {
			return nil, noneMatches(table)
		}
	}
	return all, nil
}

// read reads all parts, those that match in the place of patterns.
func (s *adsSession) read(ctx context.Context, parts []adsPart) ([]adsPart, []ads.Value, error) {
	parts, err := s.expand(ctx, parts)
	if err != nil {
		return nil, nil, err
	}
	values, err := readParts(ctx, s.client, parts)
	if err != nil {
		return nil, nil, s.failed(ctx, err)
	}
	return parts, values, nil
}

// readParts reads all parts: those with names in one sum command, and those with
// addresses in another. The error says that nothing could be read.
func readParts(ctx context.Context, client *ads.Client, parts []adsPart) ([]ads.Value, error) {
	var names []string
	var items []adscommand.ReadRequest
	for _, p := range parts {
		if p.address {
			items = append(items, adscommand.ReadRequest{Index: p.index, Length: p.length})
		} else {
			names = append(names, p.text)
		}
	}
	var values []ads.Value
	var answers []adscommand.SumAnswer
	var err error
	if len(names) > 0 {
		if values, err = client.ReadValues(ctx, names...); err != nil {
			return nil, err
		}
	}
	if len(items) == 1 {
		// Alone it may have fewer octets than were asked for.
		data, err := client.Read(ctx, items[0].Index, items[0].Length)
		if err != nil && client.Err() != nil {
			return nil, err
		}
		answers = []adscommand.SumAnswer{{Result: ads.Code(err), Data: data}}
		if err != nil && ads.Code(err) == ams.NoError {
			return nil, err
		}
	} else if len(items) > 1 {
		if answers, err = client.ReadMany(ctx, items); err != nil {
			return nil, err
		}
	}
	all := make([]ads.Value, len(parts))
	for i, p := range parts {
		if !p.address {
			all[i], values = values[0], values[1:]
			continue
		}
		all[i] = ads.Value{Name: p.text, Data: answers[0].Data}
		if code := answers[0].Result; code != ams.NoError {
			all[i].Err = &ads.Error{Op: "read", Target: client.Address(), Index: p.index, Code: code}
		}
		answers = answers[1:]
	}
	return all, nil
}

func (f *adsRead) run(cmd *cobra.Command, host string, list []string) error {
	parts, err := parseParts(list)
	if err != nil {
		return usageError(cmd, err)
	}
	s, err := f.open(cmd, host)
	if err != nil {
		return err
	}
	_, values, err := s.read(cmd.Context(), parts)
	if err != nil {
		return errors.Join(err, s.close())
	}
	s.waiting.clear()
	out := cmd.OutOrStdout()
	table := newValueTable(f.raw)
	var problem error
	for i := range values {
		v := &values[i]
		if v.Err != nil {
			problem = errors.Join(problem, s.failed(cmd.Context(), v.Err))
		}
		switch {
		case f.json:
			err = errors.Join(err, newLineEncoder(out).Encode(valueLine(v, f.raw)))
		case v.Err == nil:
			table.value(v)
		}
	}
	if !f.json && len(table.rows) > 0 {
		err = table.write(out)
	}
	return errors.Join(problem, withStatus(statusNo, err), s.close())
}

// adsValue is a value as --json prints it; docs/manual.md has it.
type adsValue struct {
	Name  string          `json:"name"`
	Type  string          `json:"type,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
	Raw   string          `json:"raw,omitempty"`
	Error string          `json:"error,omitempty"`
	Code  uint32          `json:"code,omitempty"`
}

// valueLine makes JSON of a value that was read.
func valueLine(v *ads.Value, raw bool) adsValue {
	line := adsValue{Name: v.Name}
	if v.Err != nil {
		line.Error, line.Code = v.Err.Error(), uint32(ads.Code(v.Err))
		return line
	}
	if v.Variable.Type == nil || raw {
		line.Raw = hex.EncodeToString(v.Data)
	}
	if t := v.Variable.Type; t != nil {
		line.Name, line.Type = v.Variable.Name, t.Name
		line.Value = t.AppendJSON(nil, v.Value)
	}
	return line
}
