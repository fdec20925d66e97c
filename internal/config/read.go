package config

import (
	"path/filepath"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// reading is one configuration while it is read.
type reading struct {
	registry *Registry
	report   *reporter
	open     func(list string) ([]byte, error)
	config   *Config
	decoder  decoder
	rows     []placed[Point] // points of all lists, in their order
	routes   []placed[Route] // those of the key routes
}

// placed is a value with the places of its keys, by key; "" is the whole.
type placed[T any] struct {
	value T
	where where
}

// where tells the places of keys, so that what is found later can be shown. It
// is an interface because a cell of a spreadsheet is reported in another way than
// a place in a text.
type where interface {
	problem(key, format string, arguments ...any)
	position() Position
}

// keys are the places of keys in a YAML file.
type keys struct {
	report *reporter
	whole  span
	byKey  map[string]span
}

func (k *keys) problem(key, format string, arguments ...any) {
	at, known := k.byKey[key]
	if !known {
		at = k.whole
	}
	k.report.report(at, format, arguments...)
}

func (k *keys) position() Position { return k.whole.position }

// topKeys are the keys of a configuration.
func topKeys() []string { return []string{"links", "points", "routes", "web"} }

func (r *reading) top(node ast.Node) {
	list, ok := r.decoder.entries(node, "the configuration", 0)
	if !ok {
		return
	}
	readers := map[string]func(entry){"links": r.links, "points": r.points, "routes": r.routeList, "web": r.web}
	known := topKeys()
	for _, e := range list {
		if read := readers[e.key]; read != nil {
			read(e)
			continue
		}
		r.report.report(e.at, "unknown key %q%s", e.key, DidYouMean(e.key, known))
	}
	if !r.report.failed() && len(r.config.Links) == 0 {
		r.report.report(r.decoder.at(node), "there are no links: add the key links with at least one")
	}
}

func (r *reading) links(e entry) {
	list, _ := r.decoder.entries(e.value, e.key, 0)
	for _, link := range list {
		r.link(link)
	}
}

// link reads one link: a key for its protocol, and `queue`.
func (r *reading) link(e entry) {
	path := "links." + e.key
	before := len(r.report.problems)
	if err := checkLinkName(e.key); err != nil {
		r.report.report(e.at, "%v", err)
	}
	list, ok := r.decoder.entries(e.value, path, 0)
	if !ok {
		return
	}
	link := Link{Name: e.key, Queue: newQueue(), Position: e.at.position}
	for _, inner := range list {
		if inner.key == "queue" {
			r.decode(inner, reflect.ValueOf(&link.Queue).Elem(), path+".queue")
			if link.Queue.File != "" && !filepath.IsAbs(link.Queue.File) {
				link.Queue.File = filepath.Join(filepath.Dir(r.config.File), link.Queue.File)
			}
			continue
		}
		protocol, known := r.registry.find(inner.key)
		switch {
		case !known:
			r.report.report(inner.at, "%q in %s is no protocol%s", inner.key, path,
				DidYouMean(inner.key, append(r.registry.names(), "queue")))
		case link.Options != nil:
			r.report.report(inner.at, "%s has the protocol %s already: one link, one protocol", path, link.Protocol)
		default:
			link.Protocol, link.Options = protocol.Name, protocol.New()
			r.options(inner, link.Options, path+"."+inner.key)
		}
	}
	if link.Options == nil {
		if !r.report.failed() || len(list) == 0 {
			r.report.report(e.at, "%s lacks its protocol: one of %s", path, strings.Join(r.registry.names(), ", "))
		}
		return
	}
	if len(r.report.problems) == before {
		r.checkQueue(&link, path)
	}
	r.config.links[link.Name] = len(r.config.Links)
	r.config.Links = append(r.config.Links, link)
}

// checkQueue reports a file for a link that nothing waits for.
func (r *reading) checkQueue(link *Link, path string) {
	at, given := r.decoder.spans[path+".queue.file"]
	if !given {
		if at, given := r.decoder.spans[path+".queue.octets"]; given {
			r.report.report(at, "%s.queue.octets bounds a file: name one under file, or remove octets", path)
		}
		return
	}
	if _, takes := link.Options.Direction(); !takes {
		r.report.report(at, "%s takes no values, so nothing waits for it: remove queue.file", path)
	}
}

// options reads the options of a protocol and lets them check themselves.
func (r *reading) options(e entry, options Options, path string) {
	before := len(r.report.problems)
	r.decode(e, reflect.ValueOf(options).Elem(), path)
	if len(r.report.problems) > before {
		return // a check of half-read options would tell nonsense
	}
	options.Check(func(key, text string) {
		at, known := r.decoder.spans[path+"."+key]
		if !known {
			at = e.at
		}
		r.report.report(at, "%s: %s", strings.TrimSuffix(path+"."+key, "."), text)
	})
}

// decode reads a section and notes where its keys stand.
func (r *reading) decode(e entry, into reflect.Value, path string) {
	list, ok := r.decoder.entries(e.value, path, 0)
	if !ok {
		return
	}
	r.decoder.fields(list, e.at, into, path, 0)
}

func (r *reading) web(e entry) {
	r.config.Web = newWeb()
	r.decode(e, reflect.ValueOf(r.config.Web).Elem(), e.key)
	if err := checkListen(r.config.Web.Listen); err != nil {
		at, known := r.decoder.spans["web.listen"]
		if !known {
			at = e.at
		}
		r.report.report(at, "web.listen: %v", err)
	}
}

// items gives the items of a list, or reports that there is none.
func (r *reading) items(e entry) []ast.Node {
	node := r.decoder.resolve(e.value)
	switch n := node.(type) {
	case *ast.SequenceNode:
		return n.Values
	case *ast.NullNode, nil:
	default:
		r.report.report(r.decoder.at(node), "%s must be a list: begin each item with a dash", e.key)
	}
	return nil
}

func (r *reading) routeList(e entry) {
	for _, node := range r.items(e) {
		route := placed[Route]{value: Route{Handling: newHandling()}}
		found := r.item(node, reflect.ValueOf(&route.value).Elem(), "the route")
		if found == nil {
			continue
		}
		route.where = found
		route.value.Position = found.position()
		r.routes = append(r.routes, route)
	}
}

func (r *reading) points(e entry) {
	for _, node := range r.items(e) {
		if r.isList(node) {
			r.signalList(node)
			continue
		}
		row := placed[Point]{value: Point{Handling: newHandling()}}
		found := r.item(node, reflect.ValueOf(&row.value).Elem(), "the point")
		if found == nil {
			continue
		}
		row.where = found
		row.value.Position = found.position()
		r.rows = append(r.rows, row)
	}
}

// isList tells a signal list in a file from a point.
func (r *reading) isList(node ast.Node) bool {
	section, ok := r.decoder.resolve(node).(ast.MapNode)
	if !ok {
		return false
	}
	for each := section.MapRange(); each.Next(); {
		if scalarText(each.Key()) == "file" {
			return true
		}
	}
	return false
}

// item reads an item of a list. It gives nil after it has reported what is wrong
// with it.
func (r *reading) item(node ast.Node, into reflect.Value, name string) *keys {
	before := len(r.report.problems)
	outer := r.decoder.spans
	r.decoder.spans = make(map[string]span)
	defer func() { r.decoder.spans = outer }()
	at := r.decoder.at(node)
	list, ok := r.decoder.entries(node, name, 0)
	if !ok {
		return nil
	}
	r.decoder.fields(list, at, into, name, 0)
	if len(r.report.problems) > before {
		return nil
	}
	found := &keys{report: r.report, whole: at, byKey: make(map[string]span, len(r.decoder.spans))}
	for path, at := range r.decoder.spans {
		found.byKey[strings.TrimPrefix(path, name+".")] = at
	}
	return found
}
