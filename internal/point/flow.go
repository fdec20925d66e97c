package point

import (
	"context"
	"iter"
)

// Sink takes updates over.
//
// Put returning nil means that the sink now answers for every update of the
// batch; only then may the caller confirm upstream. An error means that the
// caller still answers for all of them: it does not confirm, and it may put the
// same batch again, in which case some receivers can see an update twice. Put
// waits while there is no room, until ctx ends.
//
// The batch is the caller's: the sink changes nothing in it and keeps nothing of
// it after Put has returned. The updates are in the order in which they arose. A
// Sink may be called by several goroutines at the same time; the order is kept
// for each of them.
type Sink interface {
	Put(ctx context.Context, batch []Update) error
}

// Intake is the sink in front of the house, where links put what they receive.
// All updates of a batch are of one link.
type Intake interface {
	Sink
	// Lost says that nobody can vouch for the points of a link any more: the
	// connection broke off, or the far end stopped. Every point of the link that
	// is not marked already becomes not topical, and the change goes down all
	// routes as a spontaneous update without a time. New data restores a point. A
	// link calls Lost after its last Put has returned, and with the trace of the
	// telegram that said so, or 0. The error is that of [Sink]: the loss may not
	// have reached every destination, and the call is to be repeated.
	Lost(ctx context.Context, link string, trace Trace) error
}

// Position is a place in a [Queue]. Positions rise; 0 lies before the first.
type Position uint64

// Queue holds the updates for one destination until its far end has confirmed
// them. Any number of goroutines may Put; one goroutine at a time takes out.
type Queue interface {
	Sink
	// Next waits until there is at least one update that was not handed out yet,
	// copies the oldest of them in their order to buffer, and says how many there
	// are and where the last of them stands. They stay in the queue. An error
	// comes only from ctx or from a store that broke, and nothing was handed out.
	Next(ctx context.Context, buffer []Update) (n int, last Position, err error)
	// Done lets go of every update up to and including the position: the far end
	// has confirmed them (IEC 104: N(R) covers the frame). A position that was let
	// go already does nothing.
	Done(last Position)
	// Rewind makes Next start again with the oldest update that is still there.
	// A link calls it when it has a new connection: what was sent and not
	// confirmed is sent again.
	Rewind()
}

// Source answers what the points of a link are now. A destination asks it when
// its control centre interrogates.
//
// The answers are the values at the moment in which each of them is yielded. A
// destination that sends them before it takes anything more out of its queue
// leaves the control centre with the newest value of every point.
type Source interface {
	// Lookup gives the last update of a point, and false where there is no such
	// point.
	Lookup(id ID) (Update, bool)
	// Snapshot yields the last update of every point of the link, in no
	// particular order. A point that never had a value comes with the value None
	// and is invalid and not topical: a link that knows the point's type sends it
	// so, another one leaves it out.
	Snapshot(link string) iter.Seq[Update]
}

// Commander carries commands out.
//
// Command returns when the command has come to its end; it calls report, on the
// goroutine of its caller, for every step on the way and not after it has
// returned. It reports at least once:
//
//   - Confirmed when the far end has accepted the command, never before. For
//     Select and Cancel that is the end.
//   - For Execute, Terminated follows, or Refused where the far end gave up.
//   - Refused alone where the command was not accepted, here or at the far end.
//   - TimedOut or Cancelled, alone or after Confirmed.
//
// Commands are never queued: one that cannot be delivered now is refused now.
// When ctx ends before the far end has answered, the last outcome is TimedOut where
// the command may have been sent and Refused where it was not. Commander may be
// called by several goroutines at the same time.
type Commander interface {
	Command(ctx context.Context, command Command, report func(Result))
}
