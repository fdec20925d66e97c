package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

const (
	defaultPoints    = 1000
	maxPoints        = 10_000
	defaultTelegrams = 200
	maxTelegrams     = 2000
)

// reply answers with JSON.
func reply(w http.ResponseWriter, status int, body any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		status = http.StatusInternalServerError
		encoded = []byte(`{"error":"The answer could not be expressed in JSON."}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(encoded, '\n')) // a client that has gone misses nothing
}

// refuse answers with a sentence.
func refuse(w http.ResponseWriter, status int, sentence string) {
	reply(w, status, map[string]string{"error": sentence})
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]any{
		"status": "ok", "version": s.options.Version, "streams": len(s.streams), "max_streams": cap(s.streams),
	})
}

func (s *Server) topology(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, s.currentTopology())
}

// currentTopology asks the source and fills in what the page relies on.
func (s *Server) currentTopology() Topology {
	var topology Topology
	if s.options.Topology != nil {
		topology = s.options.Topology.Topology()
	}
	if topology.Version == "" {
		topology.Version = s.options.Version
	}
	links := make([]Link, len(topology.Links))
	for i, link := range topology.Links {
		if link.Peers == nil {
			link.Peers = []string{}
		}
		links[i] = link
	}
	topology.Links = links
	if topology.Routes == nil {
		topology.Routes = []Route{}
	}
	return topology
}

func (s *Server) vocabulary(w http.ResponseWriter, _ *http.Request) {
	terms := s.options.Vocabulary
	if terms == nil {
		terms = []Term{}
	}
	reply(w, http.StatusOK, map[string]any{"terms": terms})
}

// pointsPage is one answer, or one event, with points.
type pointsPage struct {
	Epoch  string  `json:"epoch"`
	Cursor uint64  `json:"cursor"`
	More   bool    `json:"more"`
	Points []Point `json:"points"`
}

// changes asks the source for points.
func (s *Server) changes(after uint64, limit int) pointsPage {
	var changes Changes
	if s.options.Points != nil {
		changes = s.options.Points.Changes(after, limit)
	}
	return pointsPage{
		Epoch:  fmt.Sprintf("%s-%d", s.instance, changes.Epoch),
		Cursor: changes.Cursor,
		More:   changes.More,
		Points: polish(changes.Points),
	}
}

// points answers with the changes after a cursor. A filter is a part of the
// identity or the name.
func (s *Server) points(w http.ResponseWriter, r *http.Request) {
	after, err := number(r, "after", 0)
	if err != nil {
		refuse(w, http.StatusBadRequest, "Cannot answer: "+err.Error()+".")
		return
	}
	limit, err := number(r, "limit", defaultPoints)
	if err != nil {
		refuse(w, http.StatusBadRequest, "Cannot answer: "+err.Error()+".")
		return
	}
	room := int(max(1, min(limit, maxPoints)))
	filter := strings.ToLower(r.FormValue("filter"))
	if filter == "" {
		reply(w, http.StatusOK, s.changes(after, room))
		return
	}
	found := s.changes(after, room)
	found.Points = matching(found.Points, filter)
	for found.More && len(found.Points) < room && r.Context().Err() == nil {
		next := s.changes(found.Cursor, room-len(found.Points))
		if next.Epoch != found.Epoch {
			break // the client notices by the epoch of its next request
		}
		found.Cursor, found.More = next.Cursor, next.More
		found.Points = append(found.Points, matching(next.Points, filter)...)
	}
	reply(w, http.StatusOK, found)
}

func matching(points []Point, filter string) []Point {
	kept := points[:0]
	for _, point := range points {
		if strings.Contains(strings.ToLower(point.ID), filter) || strings.Contains(strings.ToLower(point.Name), filter) {
			kept = append(kept, point)
		}
	}
	return kept
}

func (s *Server) telegrams(w http.ResponseWriter, r *http.Request) {
	after, err := number(r, "after", 0)
	if err != nil {
		refuse(w, http.StatusBadRequest, "Cannot answer: "+err.Error()+".")
		return
	}
	limit, err := number(r, "limit", defaultTelegrams)
	if err != nil {
		refuse(w, http.StatusBadRequest, "Cannot answer: "+err.Error()+".")
		return
	}
	name := r.PathValue("name")
	telegrams, ok := s.latest(name, after, int(max(1, min(limit, maxTelegrams))))
	if !ok {
		s.noSuchLink(w, name)
		return
	}
	if telegrams == nil {
		telegrams = []Telegram{}
	}
	reply(w, http.StatusOK, map[string]any{"telegrams": telegrams})
}

// latest asks the source for telegrams.
func (s *Server) latest(link string, after uint64, limit int) ([]Telegram, bool) {
	if s.options.Telegrams == nil {
		return nil, false
	}
	return s.options.Telegrams.Telegrams(link, after, limit)
}

func (s *Server) telegram(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	wanted, err := strconv.ParseUint(r.PathValue("number"), 10, 64)
	if err != nil {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("%q is no number of a telegram.", r.PathValue("number")))
		return
	}
	if _, ok := s.latest(name, wanted, 1); !ok {
		s.noSuchLink(w, name)
		return
	}
	dissection, ok := s.options.Telegrams.Telegram(name, wanted)
	if !ok {
		refuse(w, http.StatusNotFound, fmt.Sprintf("Telegram %d of link %q is not kept any more, or has not been seen yet.", wanted, name))
		return
	}
	reply(w, http.StatusOK, struct {
		Telegram
		Tree []node `json:"tree"`
	}{dissection.Telegram, treeOf(dissection.Tree)})
}

func (s *Server) noSuchLink(w http.ResponseWriter, name string) {
	var names []string
	for _, link := range s.currentTopology().Links {
		names = append(names, link.Name)
	}
	sentence := fmt.Sprintf("There is no link named %q.", name)
	if names != nil {
		sentence += " The links are: " + strings.Join(names, ", ") + "."
	}
	refuse(w, http.StatusNotFound, sentence)
}

// number reads a parameter of the query that is an unsigned decimal number.
func number(r *http.Request, key string, otherwise uint64) (uint64, error) {
	text := r.FormValue(key)
	if text == "" {
		return otherwise, nil
	}
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the parameter %s takes a number from 0, not %q", key, text)
	}
	return value, nil
}
