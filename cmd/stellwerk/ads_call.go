package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"stellwerk/ads"
	"stellwerk/ads/symbol"
)

// adsCall is the command ads call.
type adsCall struct {
	adsFlags
	arm bool
}

func newADSCall() *cobra.Command {
	f := &adsCall{}
	cmd := &cobra.Command{
		Use:   "call HOST INSTANCE.METHOD [VALUE|NAME=VALUE]… --arm",
		Short: "Call a method of a function block",
		Long: `Call calls a method of a function block (one with the attribute TcRpcEnable) with its
inputs, in their order or by their names, and prints what it returns and its outputs.
Without --arm it only shows what would be called, as a method may change anything.
"stellwerk ads symbols HOST --type BLOCK" lists the methods of a block.

` + adsHost + `

The exit status is 1 when the PLC refuses.`,
		Example: `  stellwerk ads call 192.0.2.5 MAIN.fbPump.Start 50 --arm
  stellwerk ads call 192.0.2.5 MAIN.fbPump.Add a=1 b=2 --arm --json`,
		Args:              someNames("INSTANCE.METHOD", "INSTANCE.METHOD"),
		ValidArgsFunction: f.completeNames(1),
		RunE:              func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0], args[1], args[2:]) },
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&f.arm, "arm", false, "really call it")
	return cmd
}

// calledLine is what --json prints; docs/manual.md has it.
type calledLine struct {
	Instance string          `json:"instance"`
	Method   string          `json:"method"`
	Inputs   json.RawMessage `json:"inputs"`
	Return   json.RawMessage `json:"return,omitempty"`
	Outputs  json.RawMessage `json:"outputs,omitempty"`
}

func (f *adsCall) run(cmd *cobra.Command, host, name string, list []string) error {
	at := strings.LastIndexAny(name, ".#")
	if at <= 0 || at == len(name)-1 {
		return usageError(cmd, fmt.Errorf("%q is no INSTANCE.METHOD, such as MAIN.fbPump.Start", name))
	}
	s, err := f.open(cmd, host)
	if err != nil {
		return err
	}
	err = f.call(cmd, s, name[:at], name[at+1:], list)
	return errors.Join(err, s.close())
}

// method looks a method up.
func (s *adsSession) method(ctx context.Context, instance, name string) (symbol.Variable, *symbol.Signature, error) {
	table, err := s.client.Symbols(ctx)
	if table == nil {
		return symbol.Variable{}, nil, err
	}
	v, err := table.Find(instance)
	if err != nil {
		if whole, err := table.Find(instance + "." + name); err == nil && len(whole.Type.Unaliased().Methods) > 0 {
			return whole, nil, withoutMethod(&whole)
		}
		return v, nil, err
	}
	m := v.Type.Unaliased().Method(name)
	if m == nil {
		missing := &symbol.NotFoundError{What: "method", Name: name, Within: v.Name + ", a " + v.Type.Name}
		for i := range v.Type.Unaliased().Methods {
			missing.Nearest = append(missing.Nearest, v.Type.Unaliased().Methods[i].Name)
		}
		missing.Nearest = missing.Nearest[:min(3, len(missing.Nearest))]
		return v, nil, missing
	}
	signature, err := table.Types().Signature(m)
	return v, signature, err
}

// withoutMethod says that an instance is named, and none of its methods.
func withoutMethod(instance *symbol.Variable) error {
	methods := instance.Type.Unaliased().Methods
	var names []string
	for i := range methods {
		names = append(names, methods[i].Name)
	}
	return advise(statusUsage, fmt.Errorf("%s is a whole %s: name one of its methods, %s", instance.Name, instance.Type.Name, strings.Join(names, ", ")),
		"write it behind a dot, such as "+instance.Name+"."+names[0])
}

// inputs reads values by order or by name.
func inputs(signature *symbol.Signature, list []string) ([]any, error) {
	fields := signature.In.Fields
	values := make([]any, len(fields))
	given := make([]bool, len(fields))
	var names []string
	for _, field := range fields {
		names = append(names, field.Name+" : "+field.Type.Name)
	}
	takes := signature.Name + " takes " + number(len(fields), "input")
	if len(names) > 0 {
		takes += ": " + strings.Join(names, ", ")
	}
	place := 0
	for _, text := range list {
		at := -1
		if name, value, found := strings.Cut(text, "="); found {
			name = strings.TrimSuffix(name, ":")
			if at = slices.IndexFunc(fields, func(f symbol.Field) bool { return strings.EqualFold(f.Name, name) }); at >= 0 {
				text = value
			}
		}
		if at < 0 {
			at, place = place, place+1
		}
		switch {
		case at >= len(fields):
			return nil, fmt.Errorf("%q is one too many, or no name of an input: %s", text, takes)
		case given[at]:
			return nil, fmt.Errorf("the input %s is given twice", fields[at].Name)
		}
		var err error
		if values[at], err = fields[at].Type.ParseText(text); err != nil {
			return nil, fmt.Errorf("%s: %w", fields[at].Name, err)
		}
		given[at] = true
	}
	for i, ok := range given {
		if !ok {
			return nil, fmt.Errorf("the input %s is missing: %s", fields[i].Name, takes)
		}
	}
	return values, nil
}

func (f *adsCall) call(cmd *cobra.Command, s *adsSession, instance, method string, list []string) error {
	ctx := cmd.Context()
	s.waiting.say("loading the types of " + s.host)
	variable, signature, err := s.method(ctx, instance, method)
	if told, ok := errors.AsType[*statusError](err); ok {
		s.waiting.clear()
		return told
	}
	if err != nil {
		return s.failed(ctx, err)
	}
	values, err := inputs(signature, list)
	if err != nil {
		return usageError(cmd, err)
	}
	var given symbol.Struct
	var texts []string
	for i, field := range signature.In.Fields {
		given.Fields = append(given.Fields, symbol.FieldValue{Name: field.Name, Value: values[i]})
		texts = append(texts, field.Name+" := "+adsText(field.Type, values[i]))
	}
	s.waiting.clear()
	if err := armed(cmd, f.arm, fmt.Sprintf("call %s.%s(%s) at %s", variable.Name, signature.Name, strings.Join(texts, ", "), s.client.Address())); err != nil {
		return err
	}
	s.waiting.say("calling " + variable.Name + "." + signature.Name)
	result, err := s.client.Call(ctx, variable.Name, signature.Name, values...)
	s.waiting.clear()
	if err != nil {
		return s.failed(ctx, err)
	}
	if f.json {
		line := calledLine{Instance: variable.Name, Method: signature.Name, Inputs: signature.In.AppendJSON(nil, given)}
		if signature.Return != nil {
			line.Return = signature.Return.AppendJSON(nil, result.Return)
		}
		if len(result.Outputs.Fields) > 0 {
			line.Outputs = outputsJSON(signature, result.Outputs)
		}
		return withStatus(statusNo, newLineEncoder(cmd.OutOrStdout()).Encode(line))
	}
	return withStatus(statusNo, printCalled(cmd, signature, &result))
}

// outputTypes are the types of outputs by name: what comes back has the returned
// value before them.
func outputTypes(signature *symbol.Signature) []symbol.Field {
	fields := signature.Out.Fields
	if signature.Return != nil && len(fields) > 0 {
		fields = fields[1:]
	}
	return fields
}

func outputsJSON(signature *symbol.Signature, outputs symbol.Struct) []byte {
	text := []byte{'{'}
	for i, field := range outputTypes(signature) {
		if i >= len(outputs.Fields) {
			break
		}
		if i > 0 {
			text = append(text, ',')
		}
		name, _ := json.Marshal(field.Name) // a string always can be
		text = append(append(text, name...), ':')
		text = field.Type.AppendJSON(text, outputs.Fields[i].Value)
	}
	return append(text, '}')
}

// printCalled shows what a method has given back.
func printCalled(cmd *cobra.Command, signature *symbol.Signature, result *ads.CallResult) error {
	table := newValueTable(false)
	if signature.Return != nil {
		table.part("", signature.Name, signature.Return, result.Return)
	}
	for i, field := range outputTypes(signature) {
		if i < len(result.Outputs.Fields) {
			table.part("", field.Name, field.Type, result.Outputs.Fields[i].Value)
		}
	}
	if len(table.rows) == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "done; the method gives nothing back")
		return nil
	}
	return table.write(cmd.OutOrStdout())
}
