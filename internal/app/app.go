// Package app puts the house together: links, process image, routes, queues, tap
// and web page, as a configuration says. It is the only place that knows them all.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/analyzer/live"
	"stellwerk/internal/config"
	"stellwerk/internal/image"
	"stellwerk/internal/journal"
	"stellwerk/internal/link"
	linkads "stellwerk/internal/link/ads"
	linkiec104 "stellwerk/internal/link/iec104"
	linkwebsocket "stellwerk/internal/link/websocket"
	"stellwerk/internal/point"
	"stellwerk/internal/route"
	"stellwerk/internal/tap"
	"stellwerk/internal/web"
)

// defaultKeep is how many telegrams are kept for each link where there is no web
// page that says so.
const defaultKeep = 1000

// Options are the settings of an [App] besides its configuration.
type Options struct {
	// Version is that of the program.
	Version string
	// Log gets what happens to links. Nil means that nothing is logged.
	Log *slog.Logger
	// Before is the house whose place this one takes, or nil. It must have
	// stopped. What waits for links of the same names is taken over.
	Before *App
}

// App is the house. Make one with New, run it with Run.
type App struct {
	config   *config.Config
	options  Options
	traces   point.Traces
	tap      tap.Tap
	image    *image.Image
	router   *route.Router
	keeper   *live.Keeper
	queues   map[string]queue
	files    map[string]string           // of the queues that have one, by link
	journals map[string]*journal.Journal // by file
	listed   map[point.ID]int            // places in the signal list
	links    []named
	page     net.Listener // nil where there is no page
}

// named is a link with its name.
type named struct {
	name   string
	config config.Link
	link   link.Link
}

// New makes the house of a configuration and takes what it needs of the machine:
// the ports of its links and of its page. It must be run or closed.
func New(c *config.Config, options Options) (*App, error) {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	a := &App{
		config: c, options: options, router: route.New(c), listed: map[point.ID]int{},
		queues: map[string]queue{}, files: map[string]string{}, journals: map[string]*journal.Journal{},
	}
	for i, p := range c.Points {
		a.listed[p.ID] = i
	}
	a.image = image.New(a.known(), image.Options{Next: a.router, Tap: &a.tap})
	if err := a.connect(); err != nil {
		a.Close()
		return nil, err
	}
	keep := defaultKeep
	if c.Web != nil {
		keep = c.Web.Keep
	}
	a.keeper = live.NewKeeper(&a.tap, keep, a.readings())
	if err := a.open(); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// known returns the points of the signal list that have values to come.
func (a *App) known() []point.Update {
	var known []point.Update
	for _, p := range a.config.Points {
		l, _ := a.config.Link(p.ID.Link)
		if gives, _ := l.Options.Direction(); gives && !isCommand(p.Type) {
			known = append(known, point.Update{ID: p.ID, Type: p.Type})
		}
	}
	return known
}

// connect makes queues and links and tells the routes of them.
func (a *App) connect() error {
	routing := route.Options{
		Source: a.image, Tap: &a.tap,
		Queues: map[string]point.Sink{}, Commanders: map[string]point.Commander{},
	}
	for _, l := range a.config.Links {
		gives, takes := l.Options.Direction()
		setup := link.Setup{
			Name: l.Name, Points: a.pointsOf(l.Name), Addresses: route.Addresses(a.config, l.Name),
			Traces: &a.traces, Tap: &a.tap,
		}
		for _, p := range setup.Points {
			setup.Addresses = append(setup.Addresses, p.ID.Address)
		}
		if gives {
			setup.Intake = a.image
		}
		if takes {
			queue, err := a.queueOf(l)
			if err != nil {
				return fmt.Errorf("%s: link %s: %w", l.Position, l.Name, err)
			}
			a.queues[l.Name], a.files[l.Name] = queue, l.Queue.File
			routing.Queues[l.Name] = queue
			setup.Queue, setup.Source, setup.Commander = queue, a.router, a.router
		}
		made, err := newLink(l.Options, setup)
		if err != nil {
			return fmt.Errorf("%s: link %s: %w", l.Position, l.Name, err)
		}
		if commander, ok := made.(point.Commander); ok {
			routing.Commanders[l.Name] = commander
		}
		a.links = append(a.links, named{l.Name, l, made})
	}
	a.router.Connect(routing)
	return nil
}

func (a *App) pointsOf(link string) []config.Point {
	var points []config.Point
	for _, p := range a.config.Points {
		if p.ID.Link == link {
			points = append(points, p)
		}
	}
	return points
}

// readings says how the telegrams of each link are to be read.
func (a *App) readings() map[string]live.Reading {
	readings := map[string]live.Reading{}
	for _, l := range a.config.Links {
		switch o := l.Options.(type) {
		case *linkiec104.Options:
			readings[l.Name] = live.IEC104(&iec104.Options{Params: o.Params()})
		case *linkads.Options:
			readings[l.Name] = live.ADS
		case *linkwebsocket.Options:
			readings[l.Name] = live.WebSocket
		}
	}
	return readings
}

// open takes ports.
func (a *App) open() error {
	for _, l := range a.links {
		if err := l.link.Open(); err != nil {
			return err
		}
	}
	if a.config.Web == nil {
		return nil
	}
	var listen net.ListenConfig
	page, err := listen.Listen(context.Background(), "tcp", a.config.Web.Listen)
	if err != nil {
		return fmt.Errorf("the web page cannot be served on %s: %w", a.config.Web.Listen, err)
	}
	a.page = page
	return nil
}

// Close gives back what New took, for an App that is not run. Batches that wait for
// a journal are refused.
func (a *App) Close() {
	for _, l := range a.links {
		l.link.Close()
	}
	if a.page != nil {
		_ = a.page.Close() // already closed where the app was run
	}
	a.closeJournals()
}

// Page returns the address of the web page, "" where there is none.
func (a *App) Page() string {
	if a.page == nil {
		return ""
	}
	return "http://" + a.page.Addr().String() + "/"
}

// Tap returns the tap, for those who want to see what passes.
func (a *App) Tap() *tap.Tap { return &a.tap }

// Image returns the process image, for those who want to see the points.
func (a *App) Image() *image.Image { return a.image }

// Status returns how a link is; false where there is no such link.
func (a *App) Status(name string) (link.Status, bool) {
	for _, l := range a.links {
		if l.name == name {
			return a.status(l), true
		}
	}
	return link.Status{}, false
}

// Run keeps the house running until ctx ends, and returns when everything has
// stopped. The error is that of the web page.
func (a *App) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer a.Close()
	var work sync.WaitGroup
	work.Go(func() { a.keeper.Run(ctx) })
	work.Go(func() { a.log(ctx) })
	for _, l := range a.links {
		work.Go(func() { l.link.Run(ctx) })
	}
	var served error
	if a.page != nil {
		server := web.New(a.webOptions())
		work.Go(func() {
			defer cancel()
			served = server.Serve(ctx, a.page)
		})
	}
	work.Wait()
	if errors.Is(served, context.Canceled) {
		return nil
	}
	return served
}

// Listed returns what the signal list says of a point, and where it stands there;
// false where it does not.
func (a *App) Listed(id point.ID) (config.Point, int, bool) {
	order, ok := a.listed[id]
	if !ok {
		return config.Point{}, 0, false
	}
	return a.config.Points[order], order, true
}
