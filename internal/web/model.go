package web

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"stellwerk/wire"
)

// Text is a sentence or a word in both languages of the page. A [wire.Text]
// converts to it.
type Text struct {
	EN string `json:"en"`
	DE string `json:"de"`
}

// Term is the meaning of a name. Group is what the name is a name of: "cause"
// and "type" are the ones that the page looks up.
type Term struct {
	Group string `json:"group"`
	Name  string `json:"name"`
	Text  Text   `json:"text"`
}

// State is how a link is.
type State string

// The states of a link.
const (
	Connected  State = "connected"  // data flows, or could
	Connecting State = "connecting" // not yet, or not any more: trying
	Listening  State = "listening"  // waits for a peer, has none
	Stopped    State = "stopped"    // on purpose
	Fault      State = "fault"      // does not work; Detail says why
)

// Topology is the links and the routes between them.
type Topology struct {
	Version string  `json:"version"` // of the program
	Links   []Link  `json:"links"`
	Routes  []Route `json:"routes"`
}

// Link is one configured connection. The counters begin at the start of the
// program.
type Link struct {
	Name     string    `json:"name"`
	Protocol string    `json:"protocol"`          // "iec104", "ads" or "websocket"
	Role     string    `json:"role"`              // in the standard's terms: "controlling", "controlled", "client", "server"
	Address  string    `json:"address"`           // that the link connects to or listens on
	Peers    []string  `json:"peers"`             // addresses that it is connected with
	State    State     `json:"state"`             //
	Detail   *Text     `json:"detail,omitempty"`  // one sentence more about the state
	Since    time.Time `json:"since,omitzero"`    // of the state
	Received uint64    `json:"received"`          // telegrams
	Sent     uint64    `json:"sent"`              // telegrams
	Points   int       `json:"points"`            // points of this link
	Dropped  uint64    `json:"dropped,omitempty"` // telegrams or points that were let go
	Queue    *Queue    `json:"queue,omitempty"`   // what waits for the link, where it takes values
}

// Queue is what waits for a link until its far end has confirmed it.
type Queue struct {
	Held        int       `json:"held"`                  // updates, those on their way included
	Sent        int       `json:"sent"`                  // of them on their way
	Limit       int       `json:"limit"`                 // of updates
	File        string    `json:"file,omitempty"`        // that keeps them; none means memory
	Octets      int64     `json:"octets,omitempty"`      // in the file
	Oldest      time.Time `json:"oldest,omitzero"`       // when the oldest update in the file arrived
	Dropped     uint64    `json:"dropped,omitempty"`     // let go because the queue was full: since the start, or since the file was made
	LastDropped time.Time `json:"last_dropped,omitzero"` // in the file
}

// Route says that points of one link go to another one.
type Route struct {
	From     string `json:"from"`     // name of a link
	To       string `json:"to"`       // name of a link
	Points   int    `json:"points"`   // number of points that take it
	Commands bool   `json:"commands"` // commands may come back along it
}

// Point is the last that is known of a point.
type Point struct {
	ID   string `json:"id"`             // LINK/ADDRESS, such as "substation/1/4001"
	Name string `json:"name,omitempty"` // from the signal list
	Type string `json:"type,omitempty"` // as the protocol names it, such as "M_ME_TF_1"
	// Kind says how Value reads: "single" (a bool), "double" ("intermediate",
	// "off", "on", "indeterminate"), "step" (position, transient), "bits" (an
	// unsigned integer), "number", "counter" (count, sequence, carry,
	// adjusted). The page shows any other kind as it comes.
	Kind  string `json:"kind"`
	Value any    `json:"value"`
	// Text is shown in place of Value where the signal list has better words,
	// such as "closed". Without unit.
	Text     string    `json:"text,omitempty"`
	Unit     string    `json:"unit,omitempty"`
	Decimals *int      `json:"decimals,omitempty"`  // to show of a number, 0 to 9; nil means 3
	Quality  []string  `json:"quality"`             // "invalid", "not_topical", "substituted", "blocked", "overflow"; none means good
	Time     string    `json:"time,omitempty"`      // of the source, as it stands in the telegram; with an offset only where one is known
	TimeKind string    `json:"time_kind,omitempty"` // such as "cp56"
	Received time.Time `json:"received,omitzero"`
	Cause    string    `json:"cause,omitempty"` // such as "spontaneous"
	Link     string    `json:"link"`
	Trace    uint64    `json:"trace,omitempty"` // number of the telegram that brought it
}

// Direction says whether a telegram came or went.
type Direction string

// The directions of a telegram, seen from the link.
const (
	In  Direction = "in"
	Out Direction = "out"
)

// Octets are the octets of a telegram; in JSON they are hexadecimal digits.
type Octets []byte

// MarshalText gives the octets as hexadecimal digits.
func (o Octets) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, o), nil }

// Telegram is one telegram of a link in a line.
type Telegram struct {
	Number    uint64    `json:"number"` // counts the telegrams of a link from 1 and never starts again
	Time      time.Time `json:"time"`   // when it was received or sent
	Direction Direction `json:"direction"`
	Peer      string    `json:"peer,omitempty"`
	Summary   string    `json:"summary"` // such as "I 12 3 M_ME_TF_1 spontaneous CA 1 IOA 4001 = 12.5"
	Octets    Octets    `json:"hex"`
	Trace     uint64    `json:"trace,omitempty"`
	Related   []uint64  `json:"related,omitempty"` // traces of the telegrams that this one was made of
	Findings  []Finding `json:"findings,omitempty"`
}

// Finding is something wrong with a telegram.
type Finding struct {
	Severity string `json:"severity"` // "error", "warning" or "note"
	Code     string `json:"code"`     // such as "k-exceeded"
	Text     Text   `json:"text"`
	Clause   string `json:"clause,omitempty"` // of the standard
}

// node is the JSON form of a [wire.Node].
type node struct {
	Depth int    `json:"depth"`
	Name  string `json:"name"`
	Text  *Text  `json:"text,omitempty"`
	Bit   int    `json:"bit"`
	Width int    `json:"width"`
	Leaf  bool   `json:"leaf,omitempty"`
	// Value is the number of a leaf as decimal digits, because 64 bits do not
	// fit into a number of JavaScript; or the octets of a raw one.
	Value string `json:"value,omitempty"`
	Raw   Octets `json:"raw,omitempty"`
	// BigEndian tells that Bit counts from the most significant one.
	BigEndian bool `json:"big_endian,omitempty"`
}

func treeOf(nodes []wire.Node) []node {
	tree := make([]node, len(nodes))
	for i, n := range nodes {
		tree[i] = node{Depth: n.Depth, Name: n.Name, Bit: n.Bit, Width: n.Width, Leaf: n.Leaf, BigEndian: n.BigEndian}
		if text := Text(n.Text); text != (Text{}) {
			tree[i].Text = &text
		}
		switch {
		case !n.Leaf:
		case n.Raw != nil:
			tree[i].Raw = n.Raw
		default:
			tree[i].Value = fmt.Sprint(n.Value)
		}
	}
	return tree
}

// polish makes points fit for JSON: lists that are never null, and values that
// JSON can express.
func polish(points []Point) []Point {
	for i := range points {
		if points[i].Quality == nil {
			points[i].Quality = []string{}
		}
		points[i].Value = expressible(points[i].Value)
	}
	if points == nil {
		return []Point{}
	}
	return points
}

// expressible returns a value that JSON can express: floating-point numbers
// that are none become "NaN", "+Inf" and "-Inf", what cannot be encoded at all
// becomes its text.
func expressible(value any) any {
	switch v := value.(type) {
	case nil, bool, string, int, int64, uint64, int32, uint32, int16, uint16, int8, uint8:
		return value
	case float32:
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Sprint(v)
		}
		return value
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Sprint(v)
		}
		return value
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return json.RawMessage(encoded)
}
