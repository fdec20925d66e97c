package ads

import (
	"context"
	"errors"
	"fmt"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// Value is what a name leads to, with the value that was read or is to be
// written.
type Value struct {
	// Name is what was asked for.
	Name string
	// Variable says where it is and of which type; it is filled in.
	Variable symbol.Variable
	// Data are the octets of a value that was read.
	Data []byte
	// Value is what they mean, see [symbol.Type.Decode], or what to write, see
	// [symbol.Type.Encode].
	Value any
	// Err is why the value was not read or written; it is filled in.
	Err error
}

// ReadValue reads the value of a variable by its name; see [symbol.Type.Decode]
// for what comes.
func (c *Client) ReadValue(ctx context.Context, name string) (any, error) {
	values, err := c.ReadValues(ctx, name)
	if err != nil {
		return nil, about(err, name)
	}
	return values[0].Value, values[0].Err
}

// ReadValueInto reads the value of a variable into the Go variable that into
// points to; see [symbol.Type.Unmarshal] for what it may be.
func (c *Client) ReadValueInto(ctx context.Context, name string, into any) error {
	read, err := c.readNamed(ctx, []string{name})
	if err != nil {
		return about(err, name)
	}
	r := &read[0]
	if r.err != nil {
		return r.err
	}
	return about(c.fail(readValue, command.Index{}, r.symbol.unmarshal(r.data, into)), name)
}

// ReadValues reads the values of many variables by their names, up to 499 in one
// sum command. Each comes with its value or an error of its own; the values of
// one sum command are of one moment of a PLC. The error says that nothing could
// be read.
func (c *Client) ReadValues(ctx context.Context, list ...string) ([]Value, error) {
	read, err := c.readNamed(ctx, list)
	if err != nil {
		return nil, err
	}
	values := make([]Value, 0, len(read))
	for i, name := range list {
		r := &read[i]
		v := Value{Name: name, Err: r.err}
		if r.err == nil {
			v.Variable, v.Data = r.symbol.Variable, r.data
			v.Value, err = r.symbol.value(r.data)
			v.Err = about(c.fail(readValue, command.Index{}, err), name)
		}
		values = append(values, v)
	}
	return values, nil
}

// Operations in errors.
const (
	readValue  = "read value"
	writeValue = "write value"
)

// reading is what was read by a name.
type reading struct {
	symbol *named
	data   []byte
	err    error
}

// readNamed reads variables. Nothing is returned that was read with what belongs
// to another symbol version.
func (c *Client) readNamed(ctx context.Context, list []string) ([]reading, error) {
	read := make([]reading, len(list))
	places := make([]int, len(list))
	for i := range list {
		places[i] = i
	}
	again := true // once, for answers that say that a handle is none
	for range attempts {
		found, errs, at, err := c.resolve(ctx, pick(list, places))
		if err != nil {
			return nil, c.fail(readValue, command.Index{}, err)
		}
		var good, refused []int
		var symbols []*named
		for j, i := range places {
			if read[i].err = errs[j]; errs[j] == nil {
				good, symbols = append(good, i), append(symbols, found[j])
			}
		}
		answers, fresh, err := c.readSymbols(ctx, symbols, at)
		if err != nil {
			return nil, err
		}
		if !fresh {
			c.names.forget(at, true)
			continue
		}
		for j, i := range good {
			read[i] = c.judgeRead(list[i], symbols[j], &answers[j])
			if again && stale(Code(read[i].err)) {
				refused = append(refused, i)
			}
		}
		if len(refused) == 0 {
			return read, nil
		}
		c.names.drop(at, pick(list, refused))
		again, places = false, refused
	}
	return nil, c.fail(readValue, command.Index{}, errChanging)
}

// judgeRead makes a reading of an answer.
func (c *Client) judgeRead(name string, n *named, a *command.SumAnswer) reading {
	r := reading{symbol: n, data: a.Data}
	switch {
	case n.method != nil:
		r.err = about(c.fail(readValue, command.Index{}, errors.New("it is a method: call it")), name)
	case a.Result != ams.NoError:
		r.err = about(c.fail(readValue, n.index(), a.Result), name)
	case len(a.Data) != int(n.Size):
		r.err = about(c.malformed(readValue, n.index(), fmt.Errorf("%d octets have come, %s has %d", len(a.Data), n.Type.Name, n.Size)), name)
	}
	return r
}

func pick(list []string, places []int) []string {
	picked := make([]string, len(places))
	for j, i := range places {
		picked[j] = list[i]
	}
	return picked
}

// drop throws names away that were looked up at a time.
func (n *names) drop(at staleness, list []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.at.epoch != at.epoch {
		return
	}
	for _, name := range list {
		delete(n.symbols, name)
	}
}

// readSymbols reads what was looked up, and reports whether the symbol version
// is still that. The version is the last item of each sum command, so that it
// proves what was read before it.
func (c *Client) readSymbols(ctx context.Context, symbols []*named, at staleness) (answers []command.SumAnswer, fresh bool, err error) {
	const overhead = 64
	limit := uint64(c.conn.options.MaxData) - overhead
	fresh = true
	for len(symbols) > 0 && fresh {
		var items []command.ReadRequest
		octets := uint64(0)
		for _, n := range symbols {
			if octets += 4 + uint64(n.Size); len(items) > 0 && (octets > limit || len(items) == command.MaxSumItems-1) {
				break
			}
			items = append(items, command.ReadRequest{Index: n.index(), Length: n.Size})
		}
		var part []command.SumAnswer
		if part, fresh, err = c.readPart(ctx, items, at); err != nil {
			if gone(Code(err)) {
				c.names.forget(at, false)
			}
			return nil, false, err
		}
		answers, symbols = append(answers, part...), symbols[len(items):]
	}
	return answers, fresh, nil
}

func (c *Client) readPart(ctx context.Context, items []command.ReadRequest, at staleness) ([]command.SumAnswer, bool, error) {
	n := len(items)
	lacks := c.sums.of(command.GroupSumRead)
	together := !at.none && !lacks.Load()
	if together {
		items = append(items, command.ReadRequest{Index: versionIndex, Length: 1})
	}
	answers, err := c.ReadMany(ctx, items)
	if err != nil {
		return nil, false, err
	}
	switch {
	case at.none:
		return answers, true, nil
	case together && !lacks.Load():
		v := &answers[n]
		return answers[:n], v.Result == ams.NoError && len(v.Data) == 1 && v.Data[0] == at.version, nil
	}
	version, none, err := c.version(ctx) // it may have overtaken the others
	return answers[:n], version == at.version && !none, err
}

// WriteValue writes the value of a variable by its name; see
// [symbol.Type.Encode] for what it may be. The symbol version is looked at
// before. Where the answer does not come in time it is not known whether the
// value was written; it is written again only where the target has said that it
// was not.
func (c *Client) WriteValue(ctx context.Context, name string, value any) error {
	values := []Value{{Name: name, Value: value}}
	if err := c.WriteValues(ctx, values); err != nil {
		return about(err, name)
	}
	return values[0].Err
}

// WriteValues writes the values of many variables by their names with sum
// commands, as [Client.WriteValue] does. Each is given its Variable, and an error
// of its own where it was not written. The error says that it is not known of
// any.
func (c *Client) WriteValues(ctx context.Context, values []Value) error {
	places := make([]int, len(values))
	list := make([]string, len(values))
	for i := range values {
		places[i], list[i] = i, values[i].Name
	}
	again := true
	for range attempts {
		found, errs, at, err := c.resolve(ctx, pick(list, places))
		if err != nil {
			return c.fail(writeValue, command.Index{}, err)
		}
		if !at.none {
			version, none, err := c.version(ctx)
			if err != nil {
				return c.fail(writeValue, command.Index{}, err)
			}
			if version != at.version || none {
				c.names.forget(at, true)
				continue
			}
		}
		refused, err := c.writeSymbols(ctx, values, places, found, errs)
		if err != nil {
			if gone(Code(err)) {
				c.names.forget(at, false)
			}
			return err
		}
		if len(refused) == 0 || !again {
			return nil
		}
		c.names.drop(at, pick(list, refused))
		again, places = false, refused
	}
	return c.fail(writeValue, command.Index{}, errChanging)
}

// writeSymbols writes what was looked up, and returns the places of what the
// target has refused for a reason that may have passed.
func (c *Client) writeSymbols(ctx context.Context, values []Value, places []int, found []*named, errs []error) (refused []int, err error) {
	var items []command.WriteRequest
	var written []int
	for j, i := range places {
		v := &values[i]
		if v.Err = errs[j]; v.Err != nil {
			continue
		}
		n := found[j]
		v.Variable = n.Variable
		if n.method != nil {
			v.Err = about(c.fail(writeValue, command.Index{}, errors.New("it is a method: call it")), v.Name)
			continue
		}
		data, err := n.Type.Encode(v.Value)
		if err != nil {
			v.Err = about(c.fail(writeValue, command.Index{}, err), v.Name)
			continue
		}
		items, written = append(items, command.WriteRequest{Index: n.index(), Data: data}), append(written, i)
	}
	codes, err := c.WriteMany(ctx, items)
	if err != nil {
		return nil, err
	}
	for j, code := range codes {
		i := written[j]
		if code == ams.NoError {
			continue
		}
		values[i].Err = about(c.fail(writeValue, items[j].Index, code), values[i].Name)
		if stale(code) {
			refused = append(refused, i)
		}
	}
	return refused, nil
}
