package app

import (
	"cmp"
	"math"
	"slices"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer/live"
	"stellwerk/internal/config"
	"stellwerk/internal/journal"
	"stellwerk/internal/link"
	linkads "stellwerk/internal/link/ads"
	linkwebsocket "stellwerk/internal/link/websocket"
	"stellwerk/internal/point"
	"stellwerk/internal/tap"
	"stellwerk/internal/web"
	"stellwerk/wire"
)

// webOptions says what the page shows.
func (a *App) webOptions() web.Options {
	return web.Options{
		Version: a.options.Version, Log: a.options.Log,
		Hosts: a.config.Web.Hosts, MaxStreams: a.config.Web.Viewers,
		Topology: topology{a}, Points: points{a}, Telegrams: telegrams{a},
		Vocabulary: vocabulary(),
	}
}

// vocabulary gives the names of causes and types their meanings.
func vocabulary() []web.Term {
	var terms []web.Term
	for t := range asdu.Types() {
		terms = append(terms, web.Term{Group: "type", Name: t.String(), Text: web.Text(t.Text())})
	}
	for c := range asdu.Cause(64) {
		if c.Defined() {
			terms = append(terms, web.Term{Group: "cause", Name: point.Cause(c).String(), Text: web.Text(c.Text())})
		}
	}
	return terms
}

// topology is the links and routes as the page shows them.
type topology struct{ *App }

// Topology is part of web.TopologySource.
func (a topology) Topology() web.Topology {
	t := web.Topology{Version: a.options.Version}
	for _, l := range a.links {
		t.Links = append(t.Links, a.linkOf(l))
	}
	type pair struct{ from, to string }
	at := map[pair]int{}
	for _, r := range a.config.Routes {
		p := pair{r.From.Link, r.To.Link}
		i, known := at[p]
		if !known {
			i = len(t.Routes)
			at[p] = i
			t.Routes = append(t.Routes, web.Route{From: p.from, To: p.to})
		}
		t.Routes[i].Commands = t.Routes[i].Commands || r.Commands
	}
	for i := range t.Routes {
		t.Routes[i].Points = a.routed(t.Routes[i].From, t.Routes[i].To)
	}
	return t
}

// routed counts the points that go from one link to another.
func (a topology) routed(from, to string) int {
	n := 0
	for update := range a.router.Snapshot(to) {
		if source, ok := a.router.Origin(update.ID); ok && source.Link == from {
			n++
		}
	}
	return n
}

func (a topology) linkOf(l named) web.Link {
	status := a.status(l)
	shown := web.Link{
		Name: l.name, Protocol: l.config.Protocol, Role: role(l.config.Options),
		Address: status.Address, Peers: status.Peers, State: state(status.State), Since: status.Since,
		Received: status.Received, Sent: status.Sent, Dropped: status.Dropped,
		Points: a.image.Count(l.name),
	}
	if shown.Points == 0 {
		for range a.router.Snapshot(l.name) {
			shown.Points++
		}
	}
	if !status.Detail.IsZero() {
		text := web.Text(status.Detail)
		shown.Detail = &text
	}
	if queue := a.queues[l.name]; queue != nil {
		shown.Dropped += queue.State().Dropped
		shown.Queue = queueShown(queue, l.config.Queue)
	}
	return shown
}

// queueShown is what waits for a link as the page shows it.
func queueShown(q queue, options config.Queue) *web.Queue {
	state := q.State()
	shown := &web.Queue{Held: state.Held, Sent: state.Sent, Limit: options.Limit, Dropped: state.Dropped}
	if durable, ok := q.(*journal.Queue); ok {
		status := durable.Status()
		shown.File, shown.Octets, shown.Oldest = options.File, status.Octets, status.Oldest
		shown.Dropped, shown.LastDropped = status.Dropped, status.LastDropped
	}
	return shown
}

// role returns ours, in the standard's terms.
func role(options config.Options) string {
	switch o := options.(type) {
	case *linkads.Options:
		return o.Role
	case *linkwebsocket.Options:
		return o.Role
	}
	if gives, _ := options.Direction(); gives {
		return "controlling"
	}
	return "controlled"
}

func state(s link.State) web.State { return web.State(s) }

// points is the process image as the page shows it.
type points struct{ *App }

// Changes is part of web.PointSource.
func (a points) Changes(after uint64, limit int) web.Changes {
	updates, cursor, more := a.image.Changes(after, limit)
	changes := web.Changes{Epoch: 1, Cursor: cursor, More: more}
	for i := range updates {
		changes.Points = append(changes.Points, a.pointOf(&updates[i]))
	}
	return changes
}

func (a points) pointOf(u *point.Update) web.Point {
	p := web.Point{
		ID: u.ID.String(), Type: u.Type, Kind: u.Value.Kind().String(), Value: u.Value,
		Quality: u.Quality.Names(), Received: u.Received.Time(), Link: u.ID.Link, Trace: uint64(u.Trace),
	}
	if u.Cause != point.CauseUnknown {
		p.Cause = u.Cause.String()
	}
	if u.Time.Known() && u.Time.At != 0 {
		p.Time = u.Time.At.Time().Format(time.RFC3339Nano)
	}
	if listed, ok := a.config.Point(u.ID); ok {
		p.Name, p.Unit = cmp.Or(listed.Name, listed.Description), listed.Unit
	}
	if number := u.Value.Number(); u.Value.Kind() == point.Number && number == math.Trunc(number) && math.Abs(number) >= 1000 {
		none := 0
		p.Decimals = &none
	}
	return p
}

// telegrams is the latest telegrams of each link as the page shows them.
type telegrams struct{ *App }

// Telegrams is part of web.TelegramSource.
func (a telegrams) Telegrams(name string, after uint64, limit int) ([]web.Telegram, bool) {
	kept, ok := a.keeper.Latest(name, after, limit)
	if !ok {
		return nil, false
	}
	shown := make([]web.Telegram, len(kept))
	for i := range kept {
		shown[i] = a.telegramOf(name, kept[i])
	}
	return shown, true
}

// Telegram is part of web.TelegramSource.
func (a telegrams) Telegram(name string, number uint64) (web.Dissection, bool) {
	kept, ok := a.keeper.Lookup(name, number)
	if !ok {
		return web.Dissection{}, false
	}
	dissection := web.Dissection{Telegram: a.telegramOf(name, kept)}
	w := wire.NewWalker(kept.Octets)
	if t, err := a.keeper.Dissect(name, kept); err == nil {
		t.Walk(w)
	}
	w.Raw("octets", wire.Text{EN: "not taken apart", DE: "nicht zerlegt"}, w.Rest())
	dissection.Tree = w.Nodes()
	return dissection, true
}

func (a telegrams) telegramOf(name string, t live.Telegram) web.Telegram {
	shown := web.Telegram{
		Number: t.Number, Time: t.Time, Direction: web.In, Peer: t.Peer, Octets: t.Octets, Trace: uint64(t.Trace),
	}
	if t.Direction == tap.Out {
		shown.Direction = web.Out
	}
	for _, trace := range t.Related {
		shown.Related = append(shown.Related, uint64(trace))
	}
	slices.Sort(shown.Related)
	shown.Related = slices.Compact(shown.Related)
	dissected, err := a.keeper.Dissect(name, t)
	if err != nil {
		shown.Summary = err.Error()
	} else {
		shown.Summary = string(dissected.AppendSummary(nil, "en"))
	}
	if t.Trouble != "" {
		shown.Findings = []web.Finding{{Severity: "warning", Code: "link", Text: web.Text(wire.Same(t.Trouble))}}
	}
	return shown
}
