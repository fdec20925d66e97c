package config

import (
	"os"

	"stellwerk/internal/point"
)

// Options are the settings of one link, a pointer to a struct with the tags that
// package config reads (see [Fields]). The link's package owns them; what one key
// alone cannot show is wrong, it checks itself.
type Options interface {
	// Check reports what is wrong with the options as a whole. key is the key that
	// the report is about, with dots for keys within keys ("tls.certificate"), or
	// "" for the link; text is a sentence that says what to do about it.
	Check(report func(key, text string))
	// Direction says whether points of the link have values that come in
	// (gives), and whether values are sent to points of the link (takes). Routes
	// lead from a link that gives to one that takes; commands go back the same
	// way.
	Direction() (gives, takes bool)
	// CheckAddress says what is wrong with the address of a point.
	CheckAddress(address string) error
	// CheckTelegram says what is wrong with an address by which untouched telegrams
	// are routed, such as a common address. A protocol that has none refuses all.
	CheckTelegram(address string) error
	// Shape says what the values of a type look like. It is asked only about types
	// that stand in the configuration.
	Shape(typ string) (point.Shape, error)
}

// Protocol is what stands below the name of a link.
type Protocol struct {
	// Name is the key, such as "iec104".
	Name string
	// Help is a phrase that says what the link speaks.
	Help string
	// New makes the options with their defaults: a pointer to a struct.
	New func() Options
}

// Registry knows the protocols. It may be used by several goroutines at the same
// time.
type Registry struct {
	protocols []Protocol
}

// NewRegistry makes a registry of protocols, whose names differ.
func NewRegistry(protocols ...Protocol) *Registry { return &Registry{protocols: protocols} }

func (r *Registry) find(name string) (Protocol, bool) {
	for _, p := range r.protocols {
		if p.Name == name {
			return p, true
		}
	}
	return Protocol{}, false
}

func (r *Registry) names() []string {
	names := make([]string, len(r.protocols))
	for i, p := range r.protocols {
		names[i] = p.Name
	}
	return names
}

// Read reads a configuration and the signal lists that it names, whose paths
// start from the directory of the file. The error is [*Problems], which shows
// everything that is wrong, or that of a file that cannot be opened.
func (r *Registry) Read(path string) (*Config, error) {
	data, err := os.ReadFile(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err
	}
	return r.Parse(path, data, os.ReadFile)
}

// Parse reads a configuration from memory. open gives the contents of the signal
// lists that it names, by their path from where the configuration's own path
// starts.
func (r *Registry) Parse(path string, data []byte, open func(list string) ([]byte, error)) (*Config, error) {
	report := newReporter()
	reading := reading{
		registry: r, report: report, open: open,
		config:  &Config{File: path, points: make(map[point.ID]int), links: make(map[string]int)},
		decoder: decoder{file: path, report: report, spans: make(map[string]span)},
	}
	if top := parseYAML(path, data, report); top != nil {
		reading.top(top)
		reading.check()
	}
	if err := report.err(); err != nil {
		return nil, err
	}
	return reading.config, nil
}
