package ads

import (
	"context"
	"strings"
	"time"

	"stellwerk/ads/symbol"
	"stellwerk/internal/point"
)

// pattern is an address with stars, each of which stands for one or more
// characters.
type pattern struct {
	text  string
	parts []string // between the stars, folded
}

func parsePattern(text string) pattern {
	return pattern{text: text, parts: strings.Split(fold(text), "*")}
}

// matches reports whether a name is one of those that the pattern stands for.
func (p *pattern) matches(name string) bool {
	name = fold(name)
	first, last := p.parts[0], p.parts[len(p.parts)-1]
	if !strings.HasPrefix(name, first) {
		return false
	}
	name = name[len(first):]
	for _, part := range p.parts[1 : len(p.parts)-1] {
		if name == "" {
			return false
		}
		at := strings.Index(name[1:], part)
		if at < 0 {
			return false
		}
		name = name[1+at+len(part):]
	}
	return len(name) > len(last) && strings.HasSuffix(name, last)
}

// expandPatterns watches what stars stand for, also when the PLC has got other
// symbols.
func (c *Client) expandPatterns(ctx context.Context) {
	for {
		select {
		case <-c.expand:
		case <-ctx.Done():
			return
		}
		client, err := c.supervisor.Client()
		if err != nil {
			continue // it will be asked for again
		}
		table, err := client.Symbols(ctx)
		if err != nil {
			for _, p := range c.patterns {
				c.setTrouble(p.text, err)
			}
			select {
			case <-time.After(5 * time.Second):
				c.changed(c.supervisor.Status())
			case <-ctx.Done():
			}
			continue
		}
		names, whole := c.expanded(table)
		for _, p := range c.patterns {
			if whole {
				c.setTrouble(p.text, nil)
			} else {
				c.setTrouble(p.text, errTooMany)
			}
		}
		if c.options.Update == updatePoll {
			c.watchNames(names)
		} else {
			c.subscribe(names)
		}
	}
}

// expanded returns the elementary values that the patterns stand for and that a
// point can have; false where there are too many.
func (c *Client) expanded(table *symbol.Table) (names []string, whole bool) {
	for entry := range table.Symbols() {
		v, err := table.Find(entry.Name)
		if err != nil {
			continue // a symbol whose type is not known
		}
		for leaf := range v.Type.Leaves(maxWatched + 1) {
			name := v.Name + leaf.Path
			if kindOf(leaf.Type) == point.None || !c.wanted(name) {
				continue
			}
			if len(names) == maxWatched {
				return names, false
			}
			names = append(names, name)
		}
	}
	return names, true
}

func (c *Client) wanted(name string) bool {
	for i := range c.patterns {
		if c.patterns[i].matches(name) {
			return true
		}
	}
	return false
}
