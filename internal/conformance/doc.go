// Package conformance runs the cases of package iec104test against a device and
// reports what came of them.
//
// [Device] is a controlled station that is called, [Centre] a controlling
// station that calls us. [Run] takes cases one after the other and hands on each
// [Outcome]; a [Report] collects them and is written as text, HTML, JUnit XML,
// JSON and, as evidence, a pcapng file. Nothing that operates a process is run
// unless [Options.Armed] says so.
//
// What a device has is found out by asking it, and completed by a file
// ([ReadDevice]): which objects may be operated no question can find out.
package conformance
