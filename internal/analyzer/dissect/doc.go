// Package dissect says what the protocols of the analyzer have in common. A
// protocol's package below it makes lines of the octets of a connection. Each
// line is a telegram, something malformed, or a finding, and names the packet in
// which it ended.
//
// Every octet that is handed to a protocol becomes part of a line: of a telegram,
// or of one that says what is wrong.
package dissect
