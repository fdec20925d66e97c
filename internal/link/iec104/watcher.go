package iec104

import (
	"sync"
	"sync/atomic"

	proto "stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/link"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
)

// watcher counts the frames of a link, numbers them and reports them to the tap.
// It is safe for concurrent use.
type watcher struct {
	setup  *link.Setup
	params *asdu.Params

	received, sent, dropped atomic.Uint64

	mu sync.Mutex
	// related are the traces that an ASDU on its way is made of, by what can be
	// told of it on the wire. Guarded by mu.
	related map[wireKey][]point.Trace
}

// wireKey tells ASDUs apart that are on their way.
type wireKey struct {
	typ    asdu.TypeID
	common asdu.CommonAddress
	object asdu.ObjectAddress
}

func keyOf(a asdu.ASDU) wireKey {
	key := wireKey{typ: a.Type, common: a.CommonAddress}
	for object := range a.Objects() {
		key.object = object.IOA()
		break
	}
	return key
}

// maxRelated bounds how many ASDUs on their way are known. Beyond it the oldest
// knowledge goes: a telegram then only does not say what it was made of.
const maxRelated = 4096

// relate remembers what an ASDU that is going to be sent was made of.
func (w *watcher) relate(a asdu.ASDU, traces []point.Trace) {
	if len(traces) == 0 || !w.setup.Tap.Listening() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.related == nil || len(w.related) >= maxRelated {
		w.related = map[wireKey][]point.Trace{}
	}
	w.related[keyOf(a)] = traces
}

func (w *watcher) relatedTo(a asdu.ASDU) []point.Trace {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := keyOf(a)
	traces := w.related[key]
	delete(w.related, key)
	return traces
}

// frame takes a frame that was received or is being sent, and returns its
// number.
func (w *watcher) frame(peer string, f proto.Frame) point.Trace {
	trace := w.setup.Traces.Next()
	event := tap.Event{
		Time: f.Time, Stage: tap.Received, Direction: tap.In,
		Link: w.setup.Name, Protocol: Protocol, Peer: peer, Trace: trace, Raw: f.Octets,
	}
	information := len(f.Octets) > apci.Octets && f.Octets[2]&1 == 0
	switch {
	case f.Sent:
		event.Stage, event.Direction = tap.Sent, tap.Out
		if information {
			w.sent.Add(1)
		}
	case information:
		w.received.Add(1)
	}
	if !w.setup.Tap.Listening() {
		return trace
	}
	if f.Finding != nil {
		event.Detail = f.Finding.Error()
	}
	if f.Sent && information {
		if a, err := w.params.Decode(f.Octets[apci.Octets:]); err == nil {
			event.Related = w.relatedTo(a)
		}
	}
	w.setup.Tap.Emit(event)
	return trace
}

// drop reports an update that goes no further.
func (w *watcher) drop(id point.ID, trace point.Trace, reason tap.Reason, err error) {
	w.dropped.Add(1)
	w.setup.Tap.Emit(tap.Event{
		Stage: tap.Dropped, Link: w.setup.Name, ID: id, Trace: trace, Points: 1, Reason: reason, Detail: err.Error(),
	})
}

// decoded reports that points were made of a telegram.
func (w *watcher) decoded(peer string, trace point.Trace, updates []point.Update) {
	if len(updates) == 0 || !w.setup.Tap.Listening() {
		return
	}
	w.setup.Tap.Emit(tap.Event{
		Stage: tap.Decoded, Direction: tap.In, Link: w.setup.Name, Peer: peer,
		Trace: trace, ID: updates[0].ID, Points: len(updates),
	})
}
