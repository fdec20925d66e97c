// Package web is the HTTP API and the page of Stellwerk: the topology with the
// state of each link, the points as they change, and the latest telegrams of
// each link with their decoding.
//
// It shows and never acts: every method but GET and HEAD is refused. What it
// shows it asks from the sources it declares in this package, at the pace of
// whoever looks: each open page pulls the changes since what it has, so a slow
// one gets fewer and later pictures, the latest value of each point wins, and
// nothing is queued for anybody.
package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	defaultMaxStreams = 32
	defaultInterval   = 200 * time.Millisecond

	headerTimeout = 10 * time.Second // for a request's header
	idleTimeout   = 2 * time.Minute  // between requests of a connection
	writeTimeout  = 15 * time.Second // for one answer, or one batch of a stream
	closeTimeout  = 5 * time.Second  // for answers under way when Serve ends
	maxHeader     = 32 << 10
)

// Options says what a [Server] shows and to whom. Every zero value is usable.
type Options struct {
	// Version is the version of the program, as the page shows it.
	Version string
	// Topology, Points and Telegrams are asked from many goroutines at the
	// same time. A nil source has nothing to show.
	Topology  TopologySource
	Points    PointSource
	Telegrams TelegramSource
	// Vocabulary gives names in telegrams their meanings. A name that it
	// lacks is shown as it is.
	Vocabulary []Term
	// Hosts are names, without port, under which the page may be asked for
	// in addition to localhost, loopback addresses and the address that a
	// connection was accepted on.
	Hosts []string
	// MaxStreams limits the number of event streams; each open page holds
	// one. 0 means 32.
	MaxStreams int
	// Interval is the time between two batches of a stream. 0 means 200 ms.
	Interval time.Duration
	// Page holds the files of the page. Nil means those built into the
	// program.
	Page fs.FS
	// Log gets what the page cannot tell. Nil means that nothing is logged.
	Log *slog.Logger
}

// Server is the API and the page as an [http.Handler]. It is safe for
// concurrent use.
type Server struct {
	options  Options
	hosts    map[string]bool
	instance string        // differs in every server, so that a page notices a restart
	streams  chan struct{} // holds one entry for each stream
	mux      *http.ServeMux
	page     *page
}

// New returns a server. It starts nothing.
func New(options Options) *Server {
	if options.MaxStreams <= 0 {
		options.MaxStreams = defaultMaxStreams
	}
	if options.Interval <= 0 {
		options.Interval = defaultInterval
	}
	if options.Page == nil {
		options.Page = builtPage()
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	var instance [6]byte
	_, _ = rand.Read(instance[:]) // never fails
	s := &Server{
		options:  options,
		hosts:    allowedHosts(options.Hosts),
		instance: hex.EncodeToString(instance[:]),
		streams:  make(chan struct{}, options.MaxStreams),
		mux:      http.NewServeMux(),
		page:     newPage(options.Page),
	}
	s.mux.HandleFunc("/api/health", s.health)
	s.mux.HandleFunc("/api/topology", s.topology)
	s.mux.HandleFunc("/api/vocabulary", s.vocabulary)
	s.mux.HandleFunc("/api/points", s.points)
	s.mux.HandleFunc("/api/links/{name}/telegrams", s.telegrams)
	s.mux.HandleFunc("/api/links/{name}/telegrams/{number}", s.telegram)
	s.mux.HandleFunc("/api/events", s.events)
	s.mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, fmt.Sprintf("There is nothing at %s.", r.URL.Path))
	})
	s.mux.Handle("/", s.page)
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	if status, why := s.admit(r); why != "" {
		if status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", "GET, HEAD")
		}
		refuse(w, status, why)
		return
	}
	extend(w)
	s.mux.ServeHTTP(w, r)
}

// Serve answers requests that arrive at the listener until ctx ends, then ends
// the streams, gives answers under way five seconds, closes the listener and
// returns nil. It returns an error when the listener fails.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	streams, end := context.WithCancel(ctx)
	defer end()
	server := &http.Server{
		Handler:           s,
		BaseContext:       func(net.Listener) context.Context { return streams },
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.options.Log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	var serving sync.WaitGroup
	serving.Go(func() { failed <- server.Serve(listener) })

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	end()
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if server.Shutdown(patience) != nil {
		_ = server.Close() // cuts off what did not end in time
	}
	serving.Wait()
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("web: serve on %s: %w", listener.Addr(), err)
	}
	return nil
}

// extend gives the client time to take the next part of an answer.
func extend(w http.ResponseWriter) {
	// A handler behind something that knows no deadlines works without.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
}
