// Package command has the bodies of the nine ADS commands, of notifications and
// of sum commands: what stands behind the AMS header (package ams).
//
// It is pure: octets in, values out. Encoders append to a slice, decoders alias
// the octets they are given, and neither takes memory in steady state (but for
// the name of a device, which is a string). All
// integers are little endian. Octets behind a body are ignored, as devices that
// add a time stamp send them; a body that is too short is an error that says
// where it ends.
package command
