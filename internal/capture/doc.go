// Package capture reads and writes files of captured packets: pcap (both byte
// orders, microseconds and nanoseconds, also compressed with gzip) and pcapng
// (several sections and interfaces, every packet block).
//
// A [Reader] yields one [Packet] after the other and holds no more than one
// of them, whatever lengths the file claims. A [Writer] makes pcapng; packets
// that were read from another file keep their octets, their time stamps with
// full resolution, their options and the description of their interface.
//
// The packages below take packets further: inet reads the headers, stream puts
// byte streams together, layers shows headers field by field, fabricate makes
// packets out of application data.
package capture
