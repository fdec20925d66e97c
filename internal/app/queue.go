package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"stellwerk/internal/config"
	"stellwerk/internal/journal"
	"stellwerk/internal/link"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
	"stellwerk/wire"
)

// queue is what waits for a link, in memory or in a file.
type queue interface {
	point.Queue
	State() point.QueueState
}

// queueOf makes the queue of a link. What waited in that of the house before moves
// to it, or is in its file already.
func (a *App) queueOf(l config.Link) (queue, error) {
	gone := func(id point.ID, trace point.Trace, reason tap.Reason) {
		a.tap.Emit(tap.Event{Stage: tap.Dropped, Link: l.Name, Trace: trace, ID: id, Points: 1, Reason: reason})
	}
	made, err := a.newQueue(l, gone)
	if err != nil {
		return nil, err
	}
	return made, a.takeOver(l, made)
}

func (a *App) newQueue(l config.Link, gone func(point.ID, point.Trace, tap.Reason)) (queue, error) {
	options := l.Queue.Options()
	if l.Queue.File == "" {
		options.Dropped = func(u point.Update) { gone(u.ID, u.Trace, tap.QueueFull) }
		options.Replaced = func(u point.Update) { gone(u.ID, u.Trace, tap.Replaced) }
		return point.NewMemoryQueue(options), nil
	}
	j, err := a.journal(l.Queue.File)
	if err != nil {
		return nil, err
	}
	q, err := j.Queue(l.Name, journal.QueueOptions{
		Limit: options.Limit, Octets: l.Queue.Octets, Full: options.Full, ReplaceTimed: options.ReplaceTimed,
		Dropped:  func(id point.ID, trace point.Trace) { gone(id, trace, tap.QueueFull) },
		Replaced: func(id point.ID, trace point.Trace) { gone(id, trace, tap.Replaced) },
	})
	if err != nil {
		return nil, err
	}
	if held := q.State().Held; held > 0 {
		a.options.Log.Info("waiting from before", "link", l.Name, "journal", j.Path(), "updates", held)
	}
	return q, nil
}

// journal opens a file, once for all links that name it.
func (a *App) journal(path string) (*journal.Journal, error) {
	if j := a.journals[path]; j != nil {
		return j, nil
	}
	j, err := journal.Open(path)
	if err != nil {
		return nil, err
	}
	a.journals[path] = j
	last, err := j.LastTrace()
	if err != nil {
		return nil, fmt.Errorf("the journal %s cannot be read: %w", path, err)
	}
	a.traces.After(last)
	return j, nil
}

// takeOver moves what waits in the queue of the house before to that of this one.
func (a *App) takeOver(l config.Link, to queue) error {
	if a.options.Before == nil || a.options.Before.queues[l.Name] == nil {
		return nil
	}
	from := a.options.Before.queues[l.Name]
	if path := a.options.Before.files[l.Name]; path != "" {
		if path == l.Queue.File {
			return nil
		}
		j, err := a.journal(path) // the house before has closed it
		if err != nil {
			return err
		}
		if from, err = j.Queue(l.Name, journal.QueueOptions{}); err != nil {
			return err
		}
	}
	if left := move(from, to); left > 0 {
		a.options.Log.Warn("no room for all that waited", "link", l.Name, "updates", left)
	}
	return nil
}

// move lets what waits in a queue move to another one, and returns how many the
// other has no room for: its limit was chosen smaller.
func move(from, to queue) (left int) {
	from.Rewind()
	buffer := make([]point.Update, 1024)
	for from.State().Held > from.State().Sent {
		if !moveSome(from, to, buffer) {
			break
		}
	}
	return from.State().Held
}

func moveSome(from, to queue, buffer []point.Update) bool {
	// Nothing takes out of the other queue yet: one that is full stays full.
	soon, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	n, last, err := from.Next(soon, buffer)
	if err != nil || to.Put(soon, buffer[:n]) != nil {
		return false
	}
	from.Done(last)
	return true
}

// closeJournals closes the files.
func (a *App) closeJournals() {
	for path, j := range a.journals {
		if err := j.Close(); err != nil {
			a.options.Log.Error("the journal was not closed in order", "journal", path, "error", err)
		}
	}
}

// logOrphans tells of what waits in files for links that are not there.
func (a *App) logOrphans() {
	for _, path := range slices.Sorted(maps.Keys(a.journals)) {
		orphans, err := a.journals[path].Orphans()
		if err != nil {
			a.options.Log.Error("the journal cannot be read", "journal", path, "error", err)
		}
		for _, name := range slices.Sorted(maps.Keys(orphans)) {
			a.options.Log.Warn("the journal holds updates for a link that has no queue in it", "journal", path, "link", name, "updates", orphans[name])
		}
	}
}

// status says how a link is. One whose journal does not work has a fault.
func (a *App) status(l named) link.Status {
	status := l.link.Status()
	if trouble := a.trouble(l); !trouble.IsZero() && status.State != link.Stopped {
		status.State, status.Detail = link.Fault, trouble
	}
	return status
}

func (a *App) trouble(l named) wire.Text {
	if j := a.journals[a.files[l.name]]; j != nil {
		return j.Trouble()
	}
	return wire.Text{}
}
