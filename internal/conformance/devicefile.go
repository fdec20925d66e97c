package conformance

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
)

// deviceFile is a file that says what a controlled station has. Lists are short
// flows, so that an object is a line.
type deviceFile struct {
	Ask             *flag       `yaml:"ask,omitempty"`
	CommonAddresses []number    `yaml:"common_addresses,flow,omitempty"`
	Points          []point     `yaml:"points,omitempty"`
	Counters        []counter   `yaml:"counters,omitempty"`
	Controls        []control   `yaml:"controls,omitempty"`
	Parameters      []parameter `yaml:"parameters,omitempty"`
	Files           []file      `yaml:"files,omitempty"`
	Extended        flag        `yaml:"extended,omitempty"`
	Private         []number    `yaml:"private,flow,omitempty"`
	CommandAge      duration    `yaml:"command_age,omitempty"`
	EventBuffer     number      `yaml:"event_buffer,omitempty"`
	Overflow        *reference  `yaml:"overflow,omitempty"`
	OneGroup        flag        `yaml:"one_group,omitempty"`
	Zone            word        `yaml:"zone,omitempty"`
}

// reference is the address of an object.
type reference struct {
	Station number `yaml:"station,omitempty"`
	Address number `yaml:"address"`
}

type point struct {
	Place           reference `yaml:",inline"`
	Type            typeName  `yaml:"type"`
	Groups          []number  `yaml:"groups,flow,omitempty"`
	NotInterrogated flag      `yaml:"not_interrogated,omitempty"`
	Cyclic          duration  `yaml:"cyclic,omitempty"`
	Background      duration  `yaml:"background,omitempty"`
	Deadband        real      `yaml:"deadband,omitempty"`
}

type counter struct {
	Place reference `yaml:",inline"`
	Type  typeName  `yaml:"type"`
	Group number    `yaml:"group,omitempty"`
	Mode  word      `yaml:"mode,omitempty"`
}

type control struct {
	Place         reference  `yaml:",inline"`
	Types         []typeName `yaml:"types,flow"`
	Direct        flag       `yaml:"direct,omitempty"`
	Select        flag       `yaml:"select,omitempty"`
	SelectTimeout duration   `yaml:"select_timeout,omitempty"`
	Feedback      number     `yaml:"feedback,omitempty"`
	NoTermination flag       `yaml:"no_termination,omitempty"`
	Pulses        []number   `yaml:"pulses,flow,omitempty"`
	Duration      duration   `yaml:"duration,omitempty"`
	Value         real       `yaml:"value,omitempty"`
}

type parameter struct {
	Place       reference `yaml:",inline"`
	Type        typeName  `yaml:"type"`
	Kinds       []number  `yaml:"kinds,flow,omitempty"`
	Value       real      `yaml:"value,omitempty"`
	Point       number    `yaml:"point,omitempty"`
	Activations []number  `yaml:"activations,flow,omitempty"`
}

type file struct {
	Place     reference `yaml:",inline"`
	Name      number    `yaml:"name"`
	Writable  flag      `yaml:"writable,omitempty"`
	Deletable flag      `yaml:"deletable,omitempty"`
}

// maxDeviceFile bounds a file that says what a device has, in octets.
const maxDeviceFile = 1 << 20

// DeviceFile is what a file says of a controlled station.
type DeviceFile struct {
	// Inventory is what the file lists.
	Inventory iec104test.Inventory
	// Ask tells that the station is to be asked too.
	Ask bool
	// OneGroup tells that all connections with it are one redundancy group.
	OneGroup bool
}

// ReadDevice reads a YAML file that says what a controlled station has; name is
// for errors, which show the line and what is wrong with it.
func ReadDevice(in io.Reader, name string) (*DeviceFile, error) {
	data, err := io.ReadAll(io.LimitReader(in, maxDeviceFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", name, err)
	}
	if len(data) > maxDeviceFile {
		return nil, fmt.Errorf("%s has more than %d octets: that is no description of a device", name, maxDeviceFile)
	}
	f, err := parseDevice(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, true))
	}
	d, err := f.device()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return d, nil
}

// parseDevice reads the YAML of a device file. Its errors show where they are.
func parseDevice(data []byte) (f deviceFile, err error) {
	defer func() {
		// The parser is not ours; what it cannot bear is a mistake in the file.
		if recover() != nil {
			err = errors.New("this is no YAML: it cannot be parsed")
		}
	}()
	err = yaml.UnmarshalWithOptions(data, &f, yaml.Strict())
	if errors.Is(err, io.EOF) {
		return f, nil // an empty file
	}
	if other, ok := errors.AsType[*yaml.UnexpectedNodeTypeError](err); ok {
		wanted := "keys and values are wanted here, such as address: 1"
		if other.Expected == ast.SequenceType {
			wanted = "a list is wanted here, such as [1, 2]"
		}
		return f, &yaml.SyntaxError{Message: wanted, Token: other.Token}
	}
	return f, err
}

// The greatest addresses of objects and stations, and names of files.
const (
	maxAddress = 1<<24 - 1
	maxStation = 1<<16 - 2
	maxName    = 1<<16 - 1
	// maxEventBuffer bounds event_buffer: no station keeps more events.
	maxEventBuffer = 1 << 30
)

// within checks numbers of an item of a list.
func within(what string, i int, name string, least, most number, values ...number) error {
	for _, v := range values {
		if v < least || v > most {
			return fmt.Errorf("%s, item %d: %s %d: must be %d to %d", what, i+1, name, v, least, most)
		}
	}
	return nil
}

// place completes and checks the address of an object. A station that is not
// named is the first of the file.
func (f *deviceFile) place(what string, i int, r reference) (asdu.CommonAddress, asdu.ObjectAddress, error) {
	station := r.Station
	if station == 0 {
		station = 1
		if len(f.CommonAddresses) > 0 {
			station = f.CommonAddresses[0]
		}
	}
	if err := within(what, i, "station", 1, maxStation, station); err != nil {
		return 0, 0, err
	}
	if err := within(what, i, "address", 1, maxAddress, r.Address); err != nil {
		return 0, 0, err
	}
	return asdu.CommonAddress(station), asdu.ObjectAddress(r.Address), nil
}

// device makes an inventory of the file.
func (f *deviceFile) device() (*DeviceFile, error) {
	d := &DeviceFile{Ask: f.Ask == nil || bool(*f.Ask), OneGroup: bool(f.OneGroup)}
	inventory := &d.Inventory
	inventory.Extended, inventory.CommandAge, inventory.EventBuffer = bool(f.Extended), time.Duration(f.CommandAge), int(f.EventBuffer)
	for _, a := range f.CommonAddresses {
		if a < 1 || a > maxStation {
			return nil, fmt.Errorf("common_addresses: %d: must be 1 to %d", a, maxStation)
		}
		inventory.CommonAddresses = append(inventory.CommonAddresses, asdu.CommonAddress(a))
	}
	for _, t := range f.Private {
		if t < 128 || t > 255 {
			return nil, fmt.Errorf("private: %d is none; private types are 128 to 255", t)
		}
		inventory.Private = append(inventory.Private, asdu.TypeID(t))
	}
	if f.EventBuffer < 0 {
		return nil, fmt.Errorf("event_buffer: %d: must not be negative", f.EventBuffer)
	}
	if f.EventBuffer > maxEventBuffer {
		return nil, fmt.Errorf("event_buffer: %d: must be %d at most", f.EventBuffer, maxEventBuffer)
	}
	if f.Zone != "" {
		location, err := time.LoadLocation(string(f.Zone))
		if err != nil {
			return nil, fmt.Errorf("zone: %q is no time zone: write a name such as Europe/Berlin", f.Zone)
		}
		inventory.Location = location
	}
	if err := errors.Join(f.addPoints(inventory), f.addCounters(inventory), f.addControls(inventory), f.addParameters(inventory), f.addFiles(inventory)); err != nil {
		return nil, err
	}
	if f.Overflow != nil {
		station, address, err := f.place("overflow", 0, *f.Overflow)
		if err != nil {
			return nil, err
		}
		inventory.Overflow = &iec104test.Point{CommonAddress: station, Address: address, Type: asdu.M_SP_NA_1}
	}
	return d, nil
}

func (f *deviceFile) addPoints(inventory *iec104test.Inventory) error {
	for i, p := range f.Points {
		station, address, err := f.place("points", i, p.Place)
		switch {
		case err != nil:
			return err
		case p.Type == 0:
			return fmt.Errorf("points, item %d: type is missing", i+1)
		case slices.ContainsFunc(p.Groups, func(g number) bool { return g < 1 || g > 16 }):
			return fmt.Errorf("points, item %d: groups %v: must be 1 to 16", i+1, p.Groups)
		case p.Deadband < 0:
			return fmt.Errorf("points, item %d: deadband %v: must not be negative", i+1, p.Deadband)
		}
		var groups []int
		for _, g := range p.Groups {
			groups = append(groups, int(g))
		}
		inventory.Points = append(inventory.Points, iec104test.Point{
			CommonAddress: station, Address: address, Type: asdu.TypeID(p.Type), Groups: groups, NotInterrogated: bool(p.NotInterrogated),
			Cyclic: time.Duration(p.Cyclic), Background: time.Duration(p.Background), Deadband: float64(p.Deadband),
		})
	}
	return nil
}

func (f *deviceFile) addCounters(inventory *iec104test.Inventory) error {
	for i, c := range f.Counters {
		station, address, err := f.place("counters", i, c.Place)
		switch {
		case err != nil:
			return err
		case c.Type == 0:
			return fmt.Errorf("counters, item %d: type is missing", i+1)
		case c.Group < 0 || c.Group > 4:
			return fmt.Errorf("counters, item %d: group %d: must be 1 to 4", i+1, c.Group)
		case c.Mode != "" && !slices.Contains([]word{"A", "B", "C", "D"}, c.Mode):
			return fmt.Errorf("counters, item %d: mode %q: must be A, B, C or D", i+1, c.Mode)
		}
		added := iec104test.Counter{CommonAddress: station, Address: address, Type: asdu.TypeID(c.Type), Group: int(c.Group)}
		if c.Mode != "" {
			added.Mode = iec104test.CounterMode(c.Mode[0])
		}
		inventory.Counters = append(inventory.Counters, added)
	}
	return nil
}

func (f *deviceFile) addControls(inventory *iec104test.Inventory) error {
	for i, c := range f.Controls {
		station, address, err := f.place("controls", i, c.Place)
		if err != nil {
			return err
		}
		if err := within("controls", i, "feedback", 0, maxAddress, c.Feedback); err != nil {
			return err
		}
		if err := within("controls", i, "pulse", 0, 31, c.Pulses...); err != nil {
			return err
		}
		if len(c.Types) == 0 {
			return fmt.Errorf("controls, item %d: types is missing: name the commands that the object takes", i+1)
		}
		added := iec104test.Control{
			CommonAddress: station, Address: address, Direct: bool(c.Direct), Select: bool(c.Select), SelectTimeout: time.Duration(c.SelectTimeout),
			Feedback: asdu.ObjectAddress(c.Feedback), NoTermination: bool(c.NoTermination), Duration: time.Duration(c.Duration), Value: float64(c.Value),
		}
		for _, t := range c.Types {
			if t < 45 || t > 64 || t > 51 && t < 58 {
				return fmt.Errorf("controls, item %d: %s is no command to the process: those are 45 to 51 and 58 to 64", i+1, asdu.TypeID(t))
			}
			added.Types = append(added.Types, asdu.TypeID(t))
		}
		if !c.Direct && !c.Select {
			return fmt.Errorf("controls, item %d: say direct: true, select: true, or both", i+1)
		}
		for _, q := range c.Pulses {
			added.Pulses = append(added.Pulses, asdu.PulseQualifier(q))
		}
		inventory.Controls = append(inventory.Controls, added)
	}
	return nil
}

func (f *deviceFile) addParameters(inventory *iec104test.Inventory) error {
	for i, p := range f.Parameters {
		station, address, err := f.place("parameters", i, p.Place)
		switch {
		case err != nil:
			return err
		case p.Type < 110 || p.Type > 112:
			return fmt.Errorf("parameters, item %d: type %s: must be P_ME_NA_1, P_ME_NB_1 or P_ME_NC_1", i+1, asdu.TypeID(p.Type))
		}
		if err := errors.Join(within("parameters", i, "point", 0, maxAddress, p.Point),
			within("parameters", i, "kind", 0, 63, p.Kinds...),
			within("parameters", i, "activation", 0, 255, p.Activations...)); err != nil {
			return err
		}
		added := iec104test.Parameter{
			CommonAddress: station, Address: address, Type: asdu.TypeID(p.Type), Value: float64(p.Value), Point: asdu.ObjectAddress(p.Point),
		}
		for _, k := range p.Kinds {
			added.Kinds = append(added.Kinds, asdu.ParameterKind(k))
		}
		for _, q := range p.Activations {
			added.Activations = append(added.Activations, asdu.ParameterActivationQualifier(q))
		}
		inventory.Parameters = append(inventory.Parameters, added)
	}
	return nil
}

func (f *deviceFile) addFiles(inventory *iec104test.Inventory) error {
	for i, l := range f.Files {
		station, address, err := f.place("files", i, l.Place)
		if err != nil {
			return err
		}
		if err := within("files", i, "name", 0, maxName, l.Name); err != nil {
			return err
		}
		inventory.Files = append(inventory.Files, iec104test.File{
			CommonAddress: station, Address: address, Name: asdu.FileName(l.Name), Writable: bool(l.Writable), Deletable: bool(l.Deletable),
		})
	}
	return nil
}

// Complete adds what was found out about a station to what the file says. Where
// both know an object, the file is right.
func (d *DeviceFile) Complete(found *iec104test.Inventory) *iec104test.Inventory {
	known := d.Inventory
	if len(known.CommonAddresses) == 0 {
		known.CommonAddresses = found.CommonAddresses
	}
	points, counters := slices.Clone(known.Points), slices.Clone(known.Counters)
	for _, p := range found.Points {
		if !slices.ContainsFunc(known.Points, func(k iec104test.Point) bool {
			return k.CommonAddress == p.CommonAddress && k.Address == p.Address
		}) {
			points = append(points, p)
		}
	}
	for _, c := range found.Counters {
		if !slices.ContainsFunc(known.Counters, func(k iec104test.Counter) bool {
			return k.CommonAddress == c.CommonAddress && k.Address == c.Address
		}) {
			counters = append(counters, c)
		}
	}
	known.Points, known.Counters = points, counters
	return &known
}
