package iec104

import "stellwerk/iec104/asdu"

// EventQueue is what a controlled station takes spontaneous ASDUs from, to
// send them on a connection on which data transfer is started. An ASDU that
// was taken stays the queue's until the controlling station has acknowledged
// it; when the connection breaks before that, or another one of the same
// redundancy group takes over, it is sent again on the next one. [EventBuffer] is the queue in memory; one that survives a restart is
// for the application to make.
//
// Next, Done and Rewind are never called at the same time. They are called on
// the data path: they must not wait, and must not call the server or one of
// its sessions.
type EventQueue interface {
	// Next returns the oldest ASDU that was not taken yet, and false where
	// there is none. Its octets must be valid until the next call.
	Next() (asdu.ASDU, bool)
	// Done lets go of the n oldest ASDUs that were taken: an N(R) covers them.
	Done(n int)
	// Rewind offers again what was taken and is not done: the connection is
	// gone, or another one has taken over.
	Rewind()
	// Ready returns a channel that receives when Next has something again
	// after it had nothing. The channel is always the same.
	Ready() <-chan struct{}
}
