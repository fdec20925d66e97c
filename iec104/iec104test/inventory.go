package iec104test

import (
	"slices"
	"time"

	"stellwerk/iec104/asdu"
)

// Inventory is what a controlled station has, as far as cases must know it.
// What is left out the station counts as not having: cases that need it are
// skipped. No case operates what is not listed. [Discover] finds out what a
// station tells by itself.
type Inventory struct {
	// CommonAddresses are those of the station, one for each sector.
	CommonAddresses []asdu.CommonAddress
	// Points are the monitored points, integrated totals aside.
	Points []Point
	// Counters are the integrated totals.
	Counters []Counter
	// Controls are the objects that cases may operate.
	Controls []Control
	// Parameters are the parameters of measured values that cases may load.
	Parameters []Parameter
	// Files are the files that cases may read.
	Files []File

	// Extended tells that the station also knows C_TS_NA_1 and C_CD_NA_1,
	// which belong to IEC 60870-5-101 alone.
	Extended bool
	// Private are the types from 128 on that the station handles.
	Private []asdu.TypeID
	// CommandAge is how old a command with time tag may be; 0 where the station
	// does not look.
	CommandAge time.Duration
	// EventBuffer is how many events the station keeps at least while data
	// transfer is stopped; 0 where that is not known.
	EventBuffer int
	// Overflow is the single point that is on after events were lost, nil
	// where there is none.
	Overflow *Point
	// Location is the zone of the station's times. Nil is UTC.
	Location *time.Location
}

// Point is a monitored point.
type Point struct {
	CommonAddress asdu.CommonAddress
	Address       asdu.ObjectAddress
	// Type is that of answers to interrogations, or of events where the point
	// is in none.
	Type asdu.TypeID
	// Groups are the interrogation groups of the point, 1 to 16.
	Groups []int
	// NotInterrogated tells that the station interrogation leaves the point
	// out, as it does with events of protection equipment.
	NotInterrogated bool
	// Cyclic and Background are the intervals of transmission with the causes
	// 1 and 2; 0 where there is none.
	Cyclic, Background time.Duration
	// Deadband is how far the value may move without an event, in the unit in
	// which [Changer] takes it; 0 where every change is an event or where that
	// is not known.
	Deadband float64
}

// CounterMode is the mode in which integrated totals are acquired (IEC
// 60870-5-101, 7.4.8).
type CounterMode byte

// The modes.
const (
	// ModeUnknown is for counters of which nobody has said.
	ModeUnknown CounterMode = 0
	// ModeA: the station freezes and sends by itself.
	ModeA CounterMode = 'A'
	// ModeB: the station freezes by itself, and sends when it is asked.
	ModeB CounterMode = 'B'
	// ModeC: frozen by command, sent when it is asked.
	ModeC CounterMode = 'C'
	// ModeD: frozen by command, sent by itself.
	ModeD CounterMode = 'D'
)

// Counter is an integrated total.
type Counter struct {
	CommonAddress asdu.CommonAddress
	Address       asdu.ObjectAddress
	// Type is that of answers to counter interrogations.
	Type asdu.TypeID
	// Group is 1 to 4, or 0 where the counter is in none.
	Group int
	Mode  CounterMode
}

// Control is an object that takes commands.
type Control struct {
	CommonAddress asdu.CommonAddress
	Address       asdu.ObjectAddress
	// Types are the commands that it takes, of 45 to 51 and 58 to 64.
	Types []asdu.TypeID
	// Direct tells that it takes execute without select, Select that it takes
	// select.
	Direct, Select bool
	// SelectTimeout is how long a selection stays; 0 where that is not known.
	SelectTimeout time.Duration
	// Feedback is the address of the monitored point that returns information
	// about the command with cause 11, 0 where there is none.
	Feedback asdu.ObjectAddress
	// NoTermination tells that the station sends no termination of these
	// commands, which the standard leaves to it.
	NoTermination bool
	// Pulses are the pulse qualifiers that it takes apart from 0.
	Pulses []asdu.PulseQualifier
	// Duration is how long it takes to carry out a command, at most. Zero is
	// 10 s.
	Duration time.Duration
	// Value is what set-point commands may set: in [-1, 1) for normalized
	// values. Bit strings and other commands have values of the cases' own.
	Value float64
}

// Parameter is a parameter of a measured value.
type Parameter struct {
	CommonAddress asdu.CommonAddress
	Address       asdu.ObjectAddress
	// Type is 110 to 112.
	Type asdu.TypeID
	// Kinds are the kinds that can be loaded at the address.
	Kinds []asdu.ParameterKind
	// Value is what may be loaded: in [-1, 1) for normalized values.
	Value float64
	// Point is the address of the measured value; 0 where that is not known.
	Point asdu.ObjectAddress
	// Activations are the qualifiers that P_AC_NA_1 takes at the address.
	Activations []asdu.ParameterActivationQualifier
}

// File is a file that can be read.
type File struct {
	CommonAddress asdu.CommonAddress
	Address       asdu.ObjectAddress
	Name          asdu.FileName
	// Writable tells that cases may write it, Deletable that they may delete it.
	Writable, Deletable bool
}

// has reports whether a station has an object at an address, of any kind.
func (i *Inventory) has(station asdu.CommonAddress, address asdu.ObjectAddress) bool {
	return slices.ContainsFunc(i.Points, func(p Point) bool { return p.CommonAddress == station && p.Address == address }) ||
		slices.ContainsFunc(i.Counters, func(c Counter) bool { return c.CommonAddress == station && c.Address == address }) ||
		slices.ContainsFunc(i.Controls, func(c Control) bool {
			return c.CommonAddress == station && (c.Address == address || c.Feedback == address)
		}) ||
		slices.ContainsFunc(i.Parameters, func(p Parameter) bool { return p.CommonAddress == station && p.Address == address }) ||
		slices.ContainsFunc(i.Files, func(f File) bool { return f.CommonAddress == station && f.Address == address })
}

// unknownStation returns a common address that no station has.
func (i *Inventory) unknownStation() asdu.CommonAddress {
	for ca := asdu.CommonAddress(65533); ; ca-- {
		if !slices.Contains(i.CommonAddresses, ca) {
			return ca
		}
	}
}

// unknownAddress returns an object address that the station does not have.
func (i *Inventory) unknownAddress(station asdu.CommonAddress) asdu.ObjectAddress {
	for address := asdu.ObjectAddress(0xfffffd); ; address-- {
		if !i.has(station, address) {
			return address
		}
	}
}

// station returns the first common address.
func (i *Inventory) station() asdu.CommonAddress { return i.CommonAddresses[0] }
