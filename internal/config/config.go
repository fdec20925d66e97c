package config

import (
	"stellwerk/internal/point"
)

// Config is a configuration that was read and checked.
type Config struct {
	// File is the path of the YAML file.
	File string
	// Links are in the order of the file.
	Links []Link
	// Points are in the order of the file and of its lists.
	Points []Point
	// Routes are those of the key routes, and behind them those that points name
	// beside themselves.
	Routes []Route
	// Web says how the web page is served, or is nil where there is none.
	Web *Web

	points map[point.ID]int
	links  map[string]int
}

// Link finds a link by its name.
func (c *Config) Link(name string) (Link, bool) {
	at, known := c.links[name]
	if !known {
		return Link{}, false
	}
	return c.Links[at], true
}

// Point finds a point of the signal list.
func (c *Config) Point(id point.ID) (Point, bool) {
	at, known := c.points[id]
	if !known {
		return Point{}, false
	}
	return c.Points[at], true
}

// Link is one connection.
type Link struct {
	// Name is what the user calls it.
	Name string
	// Protocol is the name of its [Protocol].
	Protocol string
	// Options are those of the protocol, as its New made them.
	Options Options
	// Queue says how much is kept for the link while it cannot send.
	Queue Queue
	// Position is where the link stands in the file.
	Position Position
}

// Queue is the key `queue` of a link: how much is kept for it while it cannot
// send.
type Queue struct {
	Limit        int    `yaml:"limit" range:"1..10000000" help:"updates kept at most while the link cannot send"`
	Full         string `yaml:"full" enum:"wait,drop-oldest" help:"wait: the source is not confirmed any more; drop-oldest: the oldest measurands, then events, are let go and counted"`
	ReplaceTimed bool   `yaml:"replace_timed" help:"a newer measurand takes the place of a waiting one even if they carry times"`

	// File begins with the directory of the configuration once it was read.
	File   string `yaml:"file" help:"file that keeps what waits, so that it outlasts the end of the program; several links may name the same; a path from the directory of this file; without it what waits is in memory" example:"journal.db"`
	Octets int64  `yaml:"octets" range:"65536..1099511627776" help:"what waits may take in the file at most, beside limit"`
}

// What a full queue does.
const (
	queueWait       = "wait"
	queueDropOldest = "drop-oldest"
)

// Options gives the settings of a queue in memory.
func (q Queue) Options() point.QueueOptions {
	options := point.QueueOptions{Limit: q.Limit, ReplaceTimed: q.ReplaceTimed}
	if q.Full == queueDropOldest {
		options.Full = point.FullDropOldest
	}
	return options
}

// Point is one row of a signal list.
type Point struct {
	ID          point.ID `yaml:"id" required:"true" help:"LINK/ADDRESS of the point" example:"substation/1/4001"`
	Name        string   `yaml:"name" help:"short name for people"`
	Type        string   `yaml:"type" help:"type in the protocol's terms" example:"M_ME_TF_1"`
	Unit        string   `yaml:"unit" help:"unit of the value"`
	Description string   `yaml:"description" help:"what the point means"`
	Group       string   `yaml:"group" help:"what the point belongs to, such as a bay"`

	// To are the targets of routes that begin at this point, with Handling and
	// the type of the target.
	To       []Pattern `yaml:"to" help:"points that this one is routed to; several are separated by blanks" example:"control/1/4001"`
	ToType   string    `yaml:"to_type" help:"type that the target is sent with" example:"M_ME_NC_1"`
	Handling `yaml:",inline"`

	// Shape is what the link says of Type.
	Shape point.Shape `yaml:"-"`
	// Position is where the point stands.
	Position Position `yaml:"-"`
}

// Handling says what a route does to the values that take it.
type Handling struct {
	Scale    float64 `yaml:"scale" help:"factor of the value: target = source x scale + offset; commands the other way round"`
	Offset   float64 `yaml:"offset" help:"added after the factor"`
	Invert   bool    `yaml:"invert" help:"off becomes on and on becomes off; every bit of a bit string turns round"`
	Deadband float64 `yaml:"deadband" help:"a measured value is passed on only when it differs by more than this from the one before, in units of the target"`
	Time     string  `yaml:"time" enum:"source,reception,none" help:"source: the time that the source gave, if any; reception: where it gave none, the time of reception, marked invalid; none: without time"`
	Commands bool    `yaml:"commands" help:"commands on the target are passed to the source; without it they are refused"`
	Test     bool    `yaml:"test" help:"telegrams with the test bit take this route too"`
}

// Times that a route can give.
const (
	TimeSource    = "source"
	TimeReception = "reception"
	TimeNone      = "none"
)

func newHandling() Handling { return Handling{Scale: 1, Time: TimeSource} }

// Route leads data from one link to another, and commands back if it says so.
//
// A point may take several routes. To one link, though, routes that name the very
// point have precedence, and among patterns the first that fits is taken; a
// pattern also steps back where its target is the target of a route that names it.
type Route struct {
	From     Pattern `yaml:"from" required:"true" help:"where the data comes from: LINK/ADDRESS with stars and ranges" example:"substation/1/*"`
	To       Pattern `yaml:"to" required:"true" help:"where the data goes" example:"control/1/*"`
	Type     string  `yaml:"type" help:"type that the target is sent with; without it that of the target in the signal list, or else the type that came in" example:"M_ME_NC_1"`
	Handling `yaml:",inline"`

	// Shape is what the link of To says of Type.
	Shape point.Shape `yaml:"-"`
	// Position is where the route stands.
	Position Position `yaml:"-"`
}

// Web is the key `web`: the page and the programming interface behind it.
type Web struct {
	Listen  string   `yaml:"listen" help:"address on which the page is served; on another than the loopback address everybody in the network can see it" example:"127.0.0.1:8080"`
	Hosts   []string `yaml:"hosts" help:"names under which the page may be asked for, besides localhost and the address it is served on"`
	Viewers int      `yaml:"viewers" range:"1..10000" help:"pages open at the same time"`
	Keep    int      `yaml:"keep" range:"10..100000" help:"telegrams kept for each link"`
}

func newWeb() *Web { return &Web{Listen: "127.0.0.1:8080", Viewers: 32, Keep: 1000} }

func newQueue() Queue {
	return Queue{Limit: point.DefaultQueueLimit, Full: queueWait, Octets: 1 << 30}
}
