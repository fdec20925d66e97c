// Package iec104test tests stations of IEC 60870-5-104: those of this module,
// your own, and any device that can be connected to.
//
// # Your own program
//
// A program that is a control centre is tested against the built-in station,
// see [NewBuiltin]. It has points of every type, counters, parameters, files
// and an object for every command, and says which, see [List]:
//
//	station, err := iec104test.NewBuiltin(nil)
//	defer station.Close()
//	conn, err := station.Connect(ctx)           // for iec104.NewClient, or
//	go yourControlCentre(conn)
//	err = station.Change(1, 3001, 1)            // the process moves
//
// With a listener in its options it serves TCP. A program that is a station is
// tested by the built-in control centre, see [NewControlCentre], which asks
// what it is told to, and remembers what it got:
//
//	conn, err := centre.Connect(ctx)            // the control centre calls
//	go yourStation(conn)
//	err = centre.Do(ctx, iec104test.Request{…}) // nil: carried out
//	got := centre.Received()
//
// [Pair] connects a client and a server that you have made, in memory.
//
// # Faults
//
// [Faulty] spoils the frames of a connection: [Drop], [Delay], [Repeat] (a
// wrong sequence), [WithoutAcknowledgement], or a [Fault] of your own. The link
// procedure notices. [Altered] changes, loses and adds ASDUs and lets the
// frames fit: the link procedure notices nothing, and the application gets what
// a wrong peer would send.
//
// # Cases
//
// [Cases] are the behaviours that a station must show, written once as values.
// They run against a [Subject]: the built-in stations, or a device of which is
// known where to connect to. The tester is a bare peer that lays every octet
// itself, so that it can do what a station must not.
//
//	for _, c := range iec104test.Cases() {
//		if c.Role == iec104.Controlled && c.Affects == 0 {
//			result := c.Run(ctx, subject, nil)
//		}
//	}
//
// Case.Affects says what a case does to a process; run none of those where
// nobody has released the device for it. What a case needs of a subject it
// finds in interfaces that the subject may implement, and in its [Inventory];
// [Discover] finds out the part of that which a station tells. Cases whose need
// is not met are skipped, and say why.
//
// Everything here also works in the virtual time of testing/synctest.
package iec104test
