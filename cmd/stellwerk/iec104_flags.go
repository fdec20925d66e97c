package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/config"
	link "stellwerk/internal/link/iec104"
)

// stationFlags are the flags that every command has which speaks to a station.
type stationFlags struct {
	options *link.Options // fed by flags of the same names
	common  string
	wait    time.Duration
	write   string
	trace   bool
	json    bool
	tls     tlsFlags

	zoned bool // --zone was given: times get their offset
}

// notFlags are the options of a configured link that a command for one request
// has no use for.
var notFlags = []string{"role", "connect", "listen", "interrogate", "set_clock", "summer_unmarked"}

// flagNames are flags that are not called as the key in the configuration is.
var flagNames = map[string]string{"answer": "timeout"}

// register adds the flags to a command. Common is the default of the flag
// --common-address, and what it is for.
func (f *stationFlags) register(cmd *cobra.Command, common, commonHelp string) {
	flags := cmd.Flags()
	flags.SortFlags = false
	f.options = link.DefaultOptions()
	f.options.Role, f.options.Connect = "controlling", "station:2404" // where to connect is an argument
	f.options.Answer = 10 * time.Second
	flags.StringVar(&f.common, "common-address", common, commonHelp)
	flags.DurationVar(&f.wait, "wait", 0, "try again for so long when the station cannot be reached")
	flags.BoolVar(&f.json, "json", false, "print the result as JSON")
	flags.BoolVar(&f.trace, "trace", false, "show every frame on standard error")
	flags.StringVarP(&f.write, "write", "w", "", "write the conversation to this pcapng file")
	f.tls.register(flags)
	f.tls.registerName(flags)
	registerOptions(flags, f.options)
}

// registerOptions makes flags of the options of a link, without some.
func registerOptions(flags *pflag.FlagSet, options *link.Options, without ...string) {
	for field := range config.Fields(options) {
		if !slices.Contains(notFlags, field.Key) && !slices.Contains(without, field.Key) {
			flags.Var(&fieldFlag{field: field, text: field.Default}, flagName(field.Key), field.Help)
		}
	}
}

// flagName returns the name of the flag for a key.
func flagName(key string) string {
	if name, renamed := flagNames[key]; renamed {
		return name
	}
	return strings.ReplaceAll(key, "_", "-")
}

// checkOptions says what is wrong with options that flags have fed.
func checkOptions(options *link.Options) error {
	var problem error
	options.Check(func(key, text string) {
		if key != "" {
			text = "--" + flagName(key) + ": " + text
		}
		problem = errors.Join(problem, errors.New(text))
	})
	return problem
}

// fieldFlag is a flag that sets a field of an options struct.
type fieldFlag struct {
	field config.Field
	text  string
}

// String is part of pflag.Value.
func (f *fieldFlag) String() string { return f.text }

// Type is part of pflag.Value.
func (f *fieldFlag) Type() string { return f.field.Kind }

// Set is part of pflag.Value.
func (f *fieldFlag) Set(text string) error {
	f.text = text
	return f.field.Set(text)
}

// check says what is wrong with the flags together.
func (f *stationFlags) check(cmd *cobra.Command) error {
	problem := checkOptions(f.options)
	f.zoned = cmd.Flags().Changed("zone")
	if problem == nil && f.wait < 0 {
		problem = fmt.Errorf("--wait %s: must not be negative", f.wait)
	}
	if problem == nil {
		problem = f.tls.check()
	}
	return problem
}

// parameters returns those of the link procedure.
func (f *stationFlags) parameters() iec104.Parameters {
	o := f.options
	return iec104.Parameters{T0: o.T0, T1: o.T1, T2: o.T2, T3: o.T3, K: o.K, W: o.W}
}

// location returns the zone of the station's clock.
func (f *stationFlags) location() *time.Location {
	location, err := time.LoadLocation(f.options.Zone)
	if err != nil {
		return time.UTC // check has found that it is there
	}
	return location
}

// shownZone is the zone that printed times get their offset from, nil where they
// are printed as they are in telegrams.
func (f *stationFlags) shownZone() *time.Location {
	if !f.zoned {
		return nil
	}
	return f.location()
}

// station returns the common address that requests go to.
func (f *stationFlags) station(broadcast bool) (asdu.CommonAddress, error) {
	params := f.options.Params()
	highest := uint64(params.Broadcast())
	if f.common == "all" {
		if !broadcast {
			return 0, errors.New("--common-address all: this request goes to one station only; name its address")
		}
		return params.Broadcast(), nil
	}
	number, err := strconv.ParseUint(f.common, 10, 16)
	switch {
	case err == nil && number > 0 && number < highest:
		return asdu.CommonAddress(number), nil
	case err == nil && number == highest && broadcast:
		return params.Broadcast(), nil
	case broadcast:
		return 0, fmt.Errorf("--common-address %q: must be 1 to %d, or all", f.common, highest-1)
	default:
		return 0, fmt.Errorf("--common-address %q: must be 1 to %d", f.common, highest-1)
	}
}

// objectAddress reads an argument.
func (f *stationFlags) objectAddress(text string) (asdu.ObjectAddress, error) {
	highest := f.options.Params().MaxObjectAddress()
	number, err := strconv.ParseUint(text, 0, 32)
	if err != nil || number > uint64(highest) {
		return 0, fmt.Errorf("%q is no information object address: it must be a number from 0 to %d", text, highest)
	}
	return asdu.ObjectAddress(number), nil
}

// hostArguments wants as many arguments as there are names.
func hostArguments(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		return usageError(cmd, fmt.Errorf("%s needs %s, but was given %d argument(s)", cmd.CommandPath(), strings.Join(names, " "), len(args)))
	}
}
