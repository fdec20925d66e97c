// Package live keeps the latest telegrams of each link while the house runs, and
// takes them apart for those who look.
package live

import (
	"context"
	"errors"
	"sync"
	"time"

	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
)

// Telegram is one telegram of a link. Whoever gets it does not change it.
type Telegram struct {
	// Number counts the telegrams of the link from 1.
	Number    uint64
	Time      time.Time
	Direction tap.Direction
	Peer      string
	Octets    []byte
	Trace     point.Trace
	Related   []point.Trace
	// Trouble says what the link found wrong with it, or is empty.
	Trouble string
}

// Keeper keeps telegrams. It may be used by several goroutines at the same time.
type Keeper struct {
	subscription *tap.Subscription

	mu    sync.Mutex
	links map[string]*ring // guarded by mu
}

// ring holds the latest telegrams of a link.
type ring struct {
	reading Reading
	slots   []Telegram
	last    uint64 // number of the latest
}

func (r *ring) at(number uint64) *Telegram { return &r.slots[number%uint64(len(r.slots))] }

// NewKeeper begins to keep that many telegrams of each of the links, which are
// named with how their telegrams are to be read.
func NewKeeper(t *tap.Tap, keep int, links map[string]Reading) *Keeper {
	k := &Keeper{
		subscription: t.Subscribe(tap.Options{}),
		links:        make(map[string]*ring, len(links)),
	}
	for name, reading := range links {
		k.links[name] = &ring{reading: reading, slots: make([]Telegram, keep)}
	}
	return k
}

// Run takes telegrams in until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	defer k.subscription.Close()
	buffer := make([]tap.Event, 256)
	for {
		n, _, err := k.subscription.Next(ctx, buffer)
		if err != nil {
			return
		}
		k.take(buffer[:n])
		clear(buffer[:n])
	}
}

func (k *Keeper) take(events []tap.Event) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range events {
		e := &events[i]
		r := k.links[e.Link]
		if r == nil || e.Stage != tap.Received && e.Stage != tap.Sent {
			continue
		}
		r.last++
		*r.at(r.last) = Telegram{
			Number: r.last, Time: e.Time, Direction: e.Direction, Peer: e.Peer, Octets: e.Raw,
			Trace: e.Trace, Related: e.Related, Trouble: e.Detail,
		}
	}
}

// Latest returns the newest telegrams of a link whose numbers are above after,
// oldest first, at most limit of them; false when there is no such link.
func (k *Keeper) Latest(link string, after uint64, limit int) ([]Telegram, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.links[link]
	if r == nil {
		return nil, false
	}
	kept := min(r.last, uint64(len(r.slots)), uint64(max(0, limit)))
	first := max(r.last-kept, after) + 1
	var list []Telegram
	for number := first; number <= r.last; number++ {
		list = append(list, *r.at(number))
	}
	return list, true
}

// Lookup returns one telegram of a link; false when it is not kept.
func (k *Keeper) Lookup(link string, number uint64) (Telegram, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.links[link]
	if r == nil || number == 0 || number > r.last || r.last-number >= uint64(len(r.slots)) {
		return Telegram{}, false
	}
	return *r.at(number), true
}

// Dissect takes a telegram of a link apart. An error says why that cannot be.
func (k *Keeper) Dissect(link string, t Telegram) (dissect.Telegram, error) {
	k.mu.Lock()
	r := k.links[link]
	k.mu.Unlock()
	if r == nil {
		return nil, errNoLink
	}
	return r.reading(t.Octets)
}

var errNoLink = errors.New("there is no such link")
