package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	topologyInterval  = time.Second
	heartbeatInterval = 5 * time.Second

	batchPoints    = 2000 // points in one event
	firstTelegrams = 200  // telegrams of each link that a new page gets
	batchTelegrams = 100  // telegrams of one link in one event
)

// events answers with a stream of server-sent events:
//
//	hello      version and interval, first of all
//	topology   the topology, when it has changed
//	reset      points and telegrams known so far are void; they follow anew
//	points     the points that have changed, latest value only
//	telegrams  the new telegrams of each link, and how many were skipped
//	heartbeat  the server's time
//
// The id of an event says which points the client has after it; a client that
// comes back with it (as parameter "from", or Last-Event-ID) gets the rest.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		w.Header().Set("Retry-After", "5")
		refuse(w, http.StatusServiceUnavailable, fmt.Sprintf(
			"All %d event streams are taken. Close a page that shows Stellwerk.", cap(s.streams)))
		return
	}
	from := r.FormValue("from")
	if from == "" {
		from = r.Header.Get("Last-Event-ID")
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	newStream(s, from).run(r.Context(), w)
}

// stream is what one client has got so far. One goroutine uses it.
type stream struct {
	server    *Server
	buffer    bytes.Buffer // one batch of events
	epoch     string
	cursor    uint64
	topology  []byte // as sent last
	links     []string
	telegrams map[string]uint64 // highest number sent, by link

	topologyAt, heartbeatAt time.Time // when they are due
}

// newStream returns a stream that goes on from the id of an event.
func newStream(s *Server, from string) *stream {
	c := &stream{server: s, telegrams: map[string]uint64{}}
	if epoch, cursor, ok := strings.Cut(from, "/"); ok {
		if at, err := strconv.ParseUint(cursor, 10, 64); err == nil {
			c.epoch, c.cursor = epoch, at
		}
	}
	return c
}

// run sends batches until the client goes, takes too long, or ctx ends.
func (c *stream) run(ctx context.Context, w http.ResponseWriter) {
	control := http.NewResponseController(w)
	ticker := time.NewTicker(c.server.options.Interval)
	defer ticker.Stop()
	// A write that waits for a slow client ends with ctx.
	cut := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(cut)
		_ = control.SetWriteDeadline(time.Now())
	})
	defer func() {
		if !stop() {
			<-cut
		}
	}()
	c.put("hello", map[string]any{
		"version": c.server.options.Version, "interval_ms": c.server.options.Interval.Milliseconds(),
	})
	for {
		more := c.gather(time.Now())
		if c.buffer.Len() > 0 {
			extend(w)
			if ctx.Err() != nil {
				return
			}
			//nolint:gosec // an event stream, which the headers forbid to take for a page
			if _, err := w.Write(c.buffer.Bytes()); err != nil {
				return
			}
			if err := control.Flush(); err != nil {
				return
			}
			c.buffer.Reset()
		}
		if more && ctx.Err() == nil {
			continue // catching up goes at the pace of the client
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// gather appends what has changed since the last batch. It reports whether
// there is more than fits into one.
func (c *stream) gather(now time.Time) bool {
	if !now.Before(c.topologyAt) {
		c.topologyAt = now.Add(topologyInterval)
		c.putTopology()
	}
	more := c.putPoints()
	c.putTelegrams()
	if !now.Before(c.heartbeatAt) {
		c.heartbeatAt = now.Add(heartbeatInterval)
		c.put("heartbeat", map[string]any{"time": now})
	}
	return more
}

func (c *stream) putTopology() {
	topology := c.server.currentTopology()
	c.links = c.links[:0]
	for _, link := range topology.Links {
		c.links = append(c.links, link.Name)
	}
	encoded, err := json.Marshal(topology)
	if err != nil || bytes.Equal(encoded, c.topology) {
		return
	}
	c.topology = encoded
	c.put("topology", json.RawMessage(encoded))
}

func (c *stream) putPoints() (more bool) {
	page := c.server.changes(c.cursor, batchPoints)
	if page.Epoch != c.epoch {
		c.put("reset", map[string]string{"epoch": page.Epoch})
		c.epoch, c.cursor = page.Epoch, 0
		clear(c.telegrams)
		page = c.server.changes(0, batchPoints)
		if page.Epoch != c.epoch {
			return true // changed again meanwhile: the next round sees it
		}
	}
	// A source that says more but does not move on must not make this spin.
	more = page.More && page.Cursor > c.cursor
	c.cursor = page.Cursor
	if len(page.Points) > 0 {
		fmt.Fprintf(&c.buffer, "id: %s/%d\n", c.epoch, c.cursor)
		c.put("points", page)
	}
	return more
}

// linkTelegrams is the new telegrams of one link, oldest first.
type linkTelegrams struct {
	Link      string     `json:"link"`
	Skipped   uint64     `json:"skipped"` // before the first, because there were too many
	Telegrams []Telegram `json:"telegrams"`
}

func (c *stream) putTelegrams() {
	var batch []linkTelegrams
	for _, link := range c.links {
		last, known := c.telegrams[link]
		limit := batchTelegrams
		if !known {
			limit = firstTelegrams
		}
		telegrams, ok := c.server.latest(link, last, limit)
		if !ok || len(telegrams) == 0 {
			continue
		}
		fresh := linkTelegrams{Link: link, Telegrams: telegrams}
		if known {
			fresh.Skipped = telegrams[0].Number - last - 1
		}
		c.telegrams[link] = telegrams[len(telegrams)-1].Number
		batch = append(batch, fresh)
	}
	if batch != nil {
		c.put("telegrams", map[string]any{"links": batch})
	}
}

// put appends one event. JSON has no line breaks, so it is one line.
func (c *stream) put(event string, data any) {
	encoded, err := json.Marshal(data)
	if err != nil {
		c.server.options.Log.Error("web: an event could not be expressed in JSON", "event", event, "error", err)
		return
	}
	fmt.Fprintf(&c.buffer, "event: %s\ndata: %s\n\n", event, encoded)
}
