// Package iec104test tests stations of IEC 60870-5-104.
//
// [Cases] are the behaviours that a station must show, written once as values:
// they run against a [Subject], which is our own [Station] or [ControlCentre],
// or any device that can be connected to. The tester is a bare TCP peer that
// sends and receives frames by hand, so that it can do what a station must not.
//
//	for _, c := range iec104test.Cases() {
//		result := c.Run(ctx, subject, nil)
//	}
//
// [Pair] connects a client and a server in memory, and [Faulty] spoils what
// passes a connection, for tests of applications. Everything here also works
// in the virtual time of testing/synctest.
package iec104test
