// Package point is the vocabulary in the middle of the house: what a link
// makes of a telegram, what is kept, routed and queued, and what another link
// makes a telegram of.
//
// # What travels
//
// An [Update] is one change, or one repetition, of one point: its [ID], its
// [Value], how far the value can be trusted ([Quality]), when it arose
// ([Time]), why it was sent ([Cause]) and the number of the telegram that
// brought it ([Trace]). A [Command] travels against that direction, from a
// control centre to the process, and comes back as a chain of [Result]. What no
// common point can express (private types, files) travels as the untouched
// [Telegram] that an Update or a Command then carries.
//
// A field enters this package only when two protocols use it.
//
// # Who hands over to whom
//
// [Sink] takes updates over: Put returning nil means that the sink now answers
// for them, and only then may a link confirm the telegram upstream. [Intake] is
// the sink in front of the house, which a link also tells when it can no longer
// vouch for its points. [Queue] is what a link takes from; it lets go of an
// update only when the far end has confirmed it. [Source] answers what the
// points are now, for interrogations. [Commander] carries commands out.
//
// # Traces
//
// A telegram gets a trace number when it arrives, every point made of it
// carries the number, and every telegram made of those points refers to it.
// [Traces] is the one place that gives numbers out.
package point
