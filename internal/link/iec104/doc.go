// Package iec104 is a configured connection over IEC 60870-5-104: towards a
// controlled station ([Controlling]) or towards a control centre ([Controlled]).
//
// Process information becomes points, with the address COMMON ADDRESS/OBJECT
// ADDRESS. Everything that points cannot express (protection events, packed
// points, files, private types) travels as an untouched telegram that is
// addressed by its common address alone.
//
// A controlled link serves one control centre at a time: where a second
// connection starts data transfer, it takes the events over from the first, which
// is closed. Each further control centre has a link of its own.
package iec104
