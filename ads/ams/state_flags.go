package ams

import (
	"fmt"
	"strings"
)

// StateFlags are the state flags of an AMS header. The AMS header's page defines
// bits 0, 2 and 6 and has the others sent as 0; what TwinCAT itself uses them
// for is named here so that it can be shown.
type StateFlags uint16

// The state flags.
const (
	Response      StateFlags = 0x0001 // an answer; a request without it
	NoReturn      StateFlags = 0x0002 // the sender wants no answer
	ADSCommand    StateFlags = 0x0004 // always set when data is exchanged by ADS commands
	SystemCommand StateFlags = 0x0008
	HighPriority  StateFlags = 0x0010
	TimeStamp     StateFlags = 0x0020 // eight octets of time stand behind the data
	UDP           StateFlags = 0x0040 // sent by UDP; by TCP without it
	InitCommand   StateFlags = 0x0080
	Broadcast     StateFlags = 0x8000
)

// The flags of requests and answers by TCP.
const (
	RequestFlags  = ADSCommand
	ResponseFlags = ADSCommand | Response
)

// defined are the bits that the AMS header's page gives a meaning.
const defined = Response | ADSCommand | UDP

var flagNames = []struct {
	flag StateFlags
	name string
}{
	{Response, "response"},
	{NoReturn, "no return"},
	{ADSCommand, "ADS command"},
	{SystemCommand, "system command"},
	{HighPriority, "high priority"},
	{TimeStamp, "time stamp"},
	{UDP, "UDP"},
	{InitCommand, "init command"},
	{Broadcast, "broadcast"},
}

// Undefined returns the bits that have to be 0 by the AMS header's page.
func (f StateFlags) Undefined() StateFlags { return f &^ defined }

// String returns the names of the bits that are set, and what is left as a
// number.
func (f StateFlags) String() string {
	var names []string
	for _, n := range flagNames {
		if f&n.flag != 0 {
			names = append(names, n.name)
			f &^= n.flag
		}
	}
	if f != 0 || names == nil {
		names = append(names, fmt.Sprintf("0x%04X", uint16(f)))
	}
	return strings.Join(names, ", ")
}
