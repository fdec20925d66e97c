// Package rig is the test harness: everything that a test needs to put a
// network, a fault or a comparison around the code under test, and nothing that
// the program itself uses.
//
//   - [Network] and [Pipe] are connections in memory which behave like TCP:
//     buffered, with deadlines, half close, reset and latency. Blocking calls
//     wait on condition variables and timers only, so that all of it works in
//     virtual time within a testing/synctest bubble. Make a Network, a Pipe, a
//     Proxy or a [Faults] inside the bubble that uses it.
//   - [Faults] spoil one direction of a connection: stall, delay, split, drop,
//     corrupt, cut. [Wrap] puts them around a connection, [Proxy] between a
//     listener and a server, in memory and over TCP alike.
//   - [Golden] compares a result with a file below testdata and shows the
//     difference; the flag -update writes the file anew.
//   - [Main] fails a test program that leaves goroutines behind.
package rig
