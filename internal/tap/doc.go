// Package tap tells what happens to telegrams and points on their way through
// the house: received, decoded, routed, dropped, encoded, sent, confirmed,
// refused.
//
// It is three small types. A [Tap] is where every part of the house reports an
// [Event]; a [Subscription] is a bounded ring in which one observer finds them; a
// [Recorder] is the observer that answers "why was this sent" and "where did this
// go" by trace number.
//
// The data path never waits for an observer. [Tap.Emit] copies the event into
// the ring of each subscription and returns; where a ring is full, its oldest
// event goes and is counted. Without subscriptions Emit costs one load from
// memory, and whoever has to work to build an event asks [Tap.Listening] first.
//
// # What is reported, and by whom
//
//	Received   link   a telegram arrived, with its octets and its trace number
//	Decoded    link   points were made of it, or, for control direction, a command
//	Routed     route  a point or command found its way to another point
//	Dropped    any    a point or telegram ends here; Reason says why
//	Encoded    link   a telegram was made; Related are the traces of its points
//	Sent       link   it was written to the connection, with its octets
//	Confirmed  link   the far end has confirmed it
//	Refused    any    a command was not carried out; Reason says why
//
// A telegram that is sent has a trace number of its own; Related leads back.
package tap
