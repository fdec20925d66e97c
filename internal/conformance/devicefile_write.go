package conformance

import (
	"io"
	"time"

	"github.com/goccy/go-yaml"

	"stellwerk/iec104/iec104test"
)

// deviceHead explains a file that WriteDevice has written.
const deviceHead = `# What a controlled station has, for "stellwerk test station --device".
#
# What it tells when it is asked stands here already. What no question can find
# out is to be added; cases that need what is not here are skipped, and nothing
# that is not here is operated. Where the station has several common addresses,
# an object names its own with station: 2; without that it is the first.
#
# controls:                      # objects that the cases may OPERATE (with --arm)
#   - address: 2001
#     types: [C_SC_NA_1, C_SC_TA_1]
#     direct: true               # takes execute without select
#     select: true               # takes select and execute
#     select_timeout: 10s        # how long a selection stays
#     feedback: 1001             # point that returns information with cause 11
#     pulses: [1, 2, 3]          # qualifiers that it takes apart from 0
#     value: 0.5                 # what a set-point may be set to
#     duration: 10s              # how long a command takes, at most
#     no_termination: true       # the station sends no termination
# parameters:                    # parameters that the cases may LOAD (with --arm)
#   - address: 3001
#     type: P_ME_NC_1
#     kinds: [1]                 # 1 threshold, 2 smoothing, 3 and 4 limits
#     value: 0.1
#     point: 1101                # the measured value
#     activations: [3]           # qualifiers that P_AC_NA_1 takes there
# files:
#   - address: 4001
#     name: 1
#     writable: true             # the cases may WRITE it (with --arm)
# command_age: 30s               # how old a command with time tag may be
# event_buffer: 100              # events that are kept while nobody fetches them
# overflow: {address: 1}         # single point that is on after events were lost
# one_group: true                # all connections are one redundancy group
# zone: Europe/Berlin            # of the station's times; UTC without it
# extended: true                 # it knows C_TS_NA_1 and C_CD_NA_1 too
# private: [150]                 # private types that it handles
# ask: false                     # it is not asked what it has besides
#
# Points may also have cyclic: 5s, background: 60s and deadband: 1.0; counters
# mode: A, B, C or D.

`

// WriteDevice writes what is known of a controlled station as a file for
// [ReadDevice], with a head that says what can be added.
func WriteDevice(out io.Writer, inventory *iec104test.Inventory) error {
	f := deviceFile{
		Extended: flag(inventory.Extended), CommandAge: duration(inventory.CommandAge), EventBuffer: number(inventory.EventBuffer),
	}
	at := func(station, address uint32) reference {
		r := reference{Station: number(station), Address: number(address)}
		if len(inventory.CommonAddresses) > 0 && uint32(inventory.CommonAddresses[0]) == station {
			r.Station = 0
		}
		return r
	}
	for _, a := range inventory.CommonAddresses {
		f.CommonAddresses = append(f.CommonAddresses, number(a))
	}
	for _, t := range inventory.Private {
		f.Private = append(f.Private, number(t))
	}
	if l := inventory.Location; l != nil && l != time.UTC {
		f.Zone = word(l.String())
	}
	if p := inventory.Overflow; p != nil {
		f.Overflow = new(at(uint32(p.CommonAddress), uint32(p.Address)))
	}
	for _, p := range inventory.Points {
		var groups []number
		for _, g := range p.Groups {
			groups = append(groups, number(g))
		}
		f.Points = append(f.Points, point{
			Place: at(uint32(p.CommonAddress), uint32(p.Address)), Type: typeName(p.Type), Groups: groups, NotInterrogated: flag(p.NotInterrogated),
			Cyclic: duration(p.Cyclic), Background: duration(p.Background), Deadband: real(p.Deadband),
		})
	}
	for _, c := range inventory.Counters {
		added := counter{Place: at(uint32(c.CommonAddress), uint32(c.Address)), Type: typeName(c.Type), Group: number(c.Group)}
		if c.Mode != iec104test.ModeUnknown {
			added.Mode = word(rune(c.Mode))
		}
		f.Counters = append(f.Counters, added)
	}
	for _, c := range inventory.Controls {
		added := control{
			Place: at(uint32(c.CommonAddress), uint32(c.Address)), Direct: flag(c.Direct), Select: flag(c.Select), SelectTimeout: duration(c.SelectTimeout),
			Feedback: number(c.Feedback), NoTermination: flag(c.NoTermination), Duration: duration(c.Duration), Value: real(c.Value),
		}
		for _, t := range c.Types {
			added.Types = append(added.Types, typeName(t))
		}
		for _, q := range c.Pulses {
			added.Pulses = append(added.Pulses, number(q))
		}
		f.Controls = append(f.Controls, added)
	}
	for _, p := range inventory.Parameters {
		added := parameter{
			Place: at(uint32(p.CommonAddress), uint32(p.Address)), Type: typeName(p.Type), Value: real(p.Value), Point: number(p.Point),
		}
		for _, k := range p.Kinds {
			added.Kinds = append(added.Kinds, number(k))
		}
		for _, q := range p.Activations {
			added.Activations = append(added.Activations, number(q))
		}
		f.Parameters = append(f.Parameters, added)
	}
	for _, l := range inventory.Files {
		f.Files = append(f.Files, file{
			Place: at(uint32(l.CommonAddress), uint32(l.Address)), Name: number(l.Name), Writable: flag(l.Writable), Deletable: flag(l.Deletable),
		})
	}
	if _, err := io.WriteString(out, deviceHead); err != nil {
		return err
	}
	return yaml.NewEncoder(out, yaml.Indent(2), yaml.IndentSequence(true)).Encode(f)
}
