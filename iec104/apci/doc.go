// Package apci encodes and decodes the application protocol control
// information of IEC 60870-5-104, clause 5, and cuts byte streams into APDUs.
//
// An APDU is a start octet 0x68, a length octet that counts what follows it (4
// to 253), four octets of control field, and in I format an ASDU of up to 249
// octets. [Decode] reads one whole APDU, the Append functions write one, and a
// [Framer] finds them in a stream, however it was cut into segments.
//
//	framer.Feed(segment)
//	for {
//		frame, err := framer.Next()
//		if err != nil || frame == nil { … }
//		apdu, err := apci.Decode(frame)
//	}
//
// The package does no input or output, keeps no global state, and allocates
// only for errors. Octets are numbered from 1, the start octet, as in the
// drawings of the standard.
//
// Bits that the standard reserves are sent as 0. On receipt they are
// tolerated: [APDU.Reserved] tells of them, and [Walk] shows them.
package apci
