package ads

import (
	"context"
	"fmt"
	"sync/atomic"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// sumSupport remembers which sum commands the target does not know.
type sumSupport struct{ lacks [7]atomic.Bool }

func (s *sumSupport) of(group command.IndexGroup) *atomic.Bool {
	return &s.lacks[group-command.GroupSumRead]
}

// unsupported reports whether an error says that a device does not know a sum
// command.
func unsupported(err error) bool {
	switch Code(err) {
	case ams.ServiceNotSupported, ams.InvalidGroup, ams.UnknownCommand:
		return true
	default:
		return false
	}
}

// failed reports whether a device says no more than that it has failed. Some
// answer so what they do not know, and a sum command that has one bad item.
func failed(err error) bool { return Code(err) == ams.DeviceError }

// sum is one way of asking for many things at once.
type sum[R, A any] struct {
	op     string
	group  command.IndexGroup
	append func(dst []byte, items []R) []byte
	// octets are those that an item needs in the request and in the answer.
	octets func(item *R) (request, answer uint64)
	decode func(dst []A, items []R, data []byte) ([]A, error)
	// again reports whether it does no harm to ask for items that may have been
	// answered.
	again func(items []R) bool
	// instead is another way for targets that do not know this one; nil is one by
	// one.
	instead *sum[R, A]
	// single asks for one item alone, and conclude makes the answer of what came.
	single   func(c *Client, item *R) *call
	conclude func(c *Client, k *call, item *R) (A, error)
}

// sumRoom is what a sum command needs for items: made once, it does for many
// times.
type sumRoom[R, A any] struct {
	items   []R
	parts   []sumPart[R]
	answers []A
	broken  error // parts that come behind the error were not sent
}

// sumPart are items that go into one sum command.
type sumPart[R any] struct {
	items   []R
	request []byte
	length  uint32 // of the answer
	body    []byte // the last answer
	call    *call  // nil where it is not under way
}

// prepare cuts items into sum commands.
func (s *sum[R, A]) prepare(c *Client, items []R) *sumRoom[R, A] {
	room := &sumRoom[R, A]{items: items, answers: make([]A, 0, len(items))}
	if len(items) == 1 || c.sums.of(s.group).Load() {
		return room // one by one
	}
	for _, part := range s.split(items, c.conn.options.MaxData) {
		octets, length := s.total(part)
		request := s.append(make([]byte, 0, octets), part)
		room.parts = append(room.parts, sumPart[R]{items: part, request: request, length: uint32(length)})
	}
	return room
}

// start sends what was prepared.
func (s *sum[R, A]) start(ctx context.Context, c *Client, room *sumRoom[R, A]) {
	room.broken = nil
	if c.sums.of(s.group).Load() {
		return
	}
	for i := range room.parts {
		part := &room.parts[i]
		k := c.newReadWrite(command.Index{Group: s.group, Offset: uint32(len(part.items))}, part.length, part.request)
		k.body, part.body = part.body, nil
		if err := c.send(ctx, s.op, k); err != nil {
			k.free()
			room.broken = err
			return
		}
		part.call = k
	}
}

// do asks for all items, in as many sum commands as they need, or one by one
// where the target knows none. An error that concerns one item is in its answer.
func (s *sum[R, A]) do(ctx context.Context, c *Client, items []R) ([]A, error) {
	room := s.prepare(c, items)
	s.start(ctx, c, room)
	return s.wait(ctx, c, room)
}

// wait returns the answers to what was started. They are those of the room.
func (s *sum[R, A]) wait(ctx context.Context, c *Client, room *sumRoom[R, A]) ([]A, error) {
	lacks := c.sums.of(s.group)
	answers, asked := room.answers[:0], false
	first := room.broken
	for i := range room.parts { // all of them, as nobody else waits for their answers
		part := &room.parts[i]
		k := part.call
		if k == nil {
			break
		}
		asked, part.call = true, nil
		err := c.answer(ctx, s.op, k)
		var data []byte
		if err == nil {
			data, err = c.data(s.op, k, part.length)
		}
		if err == nil && first == nil {
			part.body, k.body = k.body, nil // the answers have it
			if answers, err = s.decode(answers, part.items, data); err != nil {
				err = c.malformed(s.op, k.index, err)
			}
		}
		first = cmpErr(first, err)
		k.free()
	}
	if asked && first != nil && len(answers) == 0 {
		switch {
		case unsupported(first):
			lacks.Store(true)
			asked, first = false, nil
		case failed(first) && s.again(room.items):
			asked, first = false, nil
		}
	}
	switch {
	case asked || first != nil:
	case s.instead != nil && lacks.Load() && len(room.items) > 1:
		return s.instead.do(ctx, c, room.items)
	default:
		return s.each(ctx, c, answers, room.items)
	}
	return answers, first
}

func cmpErr(first, err error) error {
	if first != nil {
		return first
	}
	return err
}

// each asks for the items one by one, many at a time.
func (s *sum[R, A]) each(ctx context.Context, c *Client, answers []A, items []R) ([]A, error) {
	var first error
	for part := range chunks(items, command.MaxSumItems) {
		calls := make([]*call, 0, len(part))
		for i := range part {
			k := s.single(c, &part[i])
			if err := c.send(ctx, s.op, k); err != nil {
				k.free()
				first = err
				break
			}
			calls = append(calls, k)
		}
		for i, k := range calls {
			err := c.conn.wait(ctx, k)
			if err == nil && first == nil {
				var a A
				a, err = s.conclude(c, k, &part[i])
				answers = append(answers, a)
			}
			first = cmpErr(first, c.fail(s.op, k.index, err))
			k.free()
		}
		if first != nil {
			return answers, first
		}
	}
	return answers, nil
}

func chunks[T any](items []T, most int) func(yield func([]T) bool) {
	return func(yield func([]T) bool) {
		for len(items) > 0 {
			n := min(most, len(items))
			if !yield(items[:n]) {
				return
			}
			items = items[n:]
		}
	}
}

// total returns how many octets items need.
func (s *sum[R, A]) total(items []R) (request, answer uint64) {
	for i := range items {
		r, a := s.octets(&items[i])
		request, answer = request+r, answer+a
	}
	return request, answer
}

// split cuts items into sum commands that are no longer than a frame may be.
func (s *sum[R, A]) split(items []R, most uint32) [][]R {
	limit := uint64(most) - 64 // the heads
	var parts [][]R
	for len(items) > 0 {
		n, request, answer := 0, uint64(0), uint64(0)
		for n < len(items) && n < command.MaxSumItems {
			r, a := s.octets(&items[n])
			if request, answer = request+r, answer+a; n > 0 && max(request, answer) > limit {
				break
			}
			n++
		}
		parts, items = append(parts, items[:n]), items[n:]
	}
	return parts
}

var sumRead = sum[command.ReadRequest, command.SumAnswer]{
	op: "sum read", group: command.GroupSumRead, append: command.AppendSumReads, again: always[command.ReadRequest],
	octets: func(r *command.ReadRequest) (uint64, uint64) { return 12, 4 + uint64(r.Length) },
	decode: command.DecodeSumReadAnswers,
	single: func(c *Client, r *command.ReadRequest) *call { return c.newRead(r.Index, r.Length) },
	conclude: func(c *Client, k *call, r *command.ReadRequest) (command.SumAnswer, error) {
		return c.single("sum read", k, r.Length)
	},
}

// sumReadEx is what older devices know, which fill data up to what was asked for.
var sumReadEx = sum[command.ReadRequest, command.SumAnswer]{
	op: "sum read", group: command.GroupSumReadEx, append: command.AppendSumReads, again: always[command.ReadRequest],
	octets: readExOctets, decode: command.DecodeSumReadExAnswers,
	single: sumRead.single, conclude: sumRead.conclude,
}

func readExOctets(r *command.ReadRequest) (uint64, uint64) { return 12, 8 + uint64(r.Length) }

var sumReadEx2 = sum[command.ReadRequest, command.SumAnswer]{
	op: "sum read", group: command.GroupSumReadEx2, append: command.AppendSumReads, again: always[command.ReadRequest],
	instead: &sumReadEx,
	octets:  readExOctets,
	decode: func(dst []command.SumAnswer, items []command.ReadRequest, data []byte) ([]command.SumAnswer, error) {
		return decodeActual(dst, data, len(items), func(i int) uint32 { return items[i].Length })
	},
	single: sumRead.single, conclude: sumRead.conclude,
}

var sumReadWrite = sum[command.ReadWriteRequest, command.SumAnswer]{
	op: "sum read and write", group: command.GroupSumReadWrite, append: command.AppendSumReadWrites, again: lookUps,
	octets: func(r *command.ReadWriteRequest) (uint64, uint64) {
		return 16 + uint64(len(r.Data)), 8 + uint64(r.ReadLength)
	},
	decode: func(dst []command.SumAnswer, items []command.ReadWriteRequest, data []byte) ([]command.SumAnswer, error) {
		return decodeActual(dst, data, len(items), func(i int) uint32 { return items[i].ReadLength })
	},
	single: func(c *Client, r *command.ReadWriteRequest) *call {
		return c.newReadWrite(r.Index, r.ReadLength, r.Data)
	},
	conclude: func(c *Client, k *call, r *command.ReadWriteRequest) (command.SumAnswer, error) {
		return c.single("sum read and write", k, r.ReadLength)
	},
}

var sumWrite = sum[command.WriteRequest, ams.ReturnCode]{
	op: "sum write", group: command.GroupSumWrite, append: command.AppendSumWrites, again: never[command.WriteRequest],
	octets: func(r *command.WriteRequest) (uint64, uint64) { return 12 + uint64(len(r.Data)), 4 },
	decode: func(dst []ams.ReturnCode, items []command.WriteRequest, data []byte) ([]ams.ReturnCode, error) {
		return command.DecodeSumResults(dst, len(items), data)
	},
	single: func(c *Client, r *command.WriteRequest) *call { return c.newWrite(r.Index, r.Data) },
	conclude: func(c *Client, k *call, _ *command.WriteRequest) (ams.ReturnCode, error) {
		if k.code != ams.NoError {
			return alone(k.code)
		}
		code, err := command.DecodeResult(k.body)
		if err != nil {
			return 0, c.malformed("sum write", k.index, err)
		}
		return code, nil
	},
}

func always[R any]([]R) bool { return true }
func never[R any]([]R) bool  { return false }

// lookUps reports whether all items ask for what belongs to a name.
func lookUps(items []command.ReadWriteRequest) bool {
	for i := range items {
		if g := items[i].Group; g != command.GroupInfoByNameEx && g != command.GroupHandleByName {
			return false
		}
	}
	return true
}

// alone is for an AMS error that came instead of the answer to one item.
func alone(code ams.ReturnCode) (ams.ReturnCode, error) {
	if gone(code) {
		return code, code // it concerns all of them
	}
	return code, nil
}

// gone reports whether a return code says that the target as a whole cannot be
// reached.
func gone(code ams.ReturnCode) bool {
	switch code {
	case ams.TargetPortNotFound, ams.TargetMachineNotFound, ams.PortNotConnected, ams.PortDisabled, ams.TargetUnreachable:
		return true
	default:
		return false
	}
}

// decodeActual decodes answers that have their lengths with them, and must not
// be longer than was asked for.
func decodeActual(dst []command.SumAnswer, data []byte, n int, length func(i int) uint32) ([]command.SumAnswer, error) {
	before := len(dst)
	dst, err := command.DecodeSumDataAnswers(dst, n, data)
	if err != nil {
		return dst[:before], err
	}
	for i := range n {
		if got := len(dst[before+i].Data); uint64(got) > uint64(length(i)) {
			return dst[:before], fmt.Errorf("item %d has %d octets, %d were asked for", i, got, length(i))
		}
	}
	return dst, nil
}

// single makes an item's answer of one to Read or ReadWrite.
func (c *Client) single(op string, k *call, most uint32) (command.SumAnswer, error) {
	if k.code != ams.NoError {
		code, err := alone(k.code)
		return command.SumAnswer{Result: code}, err
	}
	data, err := c.data(op, k, most)
	if code := Code(err); code != ams.NoError {
		return command.SumAnswer{Result: code}, nil //nolint:nilerr // it is the item's answer
	}
	if err != nil {
		return command.SumAnswer{}, err
	}
	return command.SumAnswer{Data: append([]byte(nil), data...)}, nil
}

// ReadMany reads many things with sum commands (0xF080): up to 500 in one, more
// in several that are sent together, and one by one where the target knows no
// sum commands. Answers have the order of the items, each with a return code of
// its own; where that is NoError the data has the length that was asked for. An
// error means that there are no answers, or as many as were got before it.
func (c *Client) ReadMany(ctx context.Context, items []command.ReadRequest) ([]command.SumAnswer, error) {
	return sumRead.do(ctx, c, items)
}

// SumRead is a sum read that is done again and again, and takes memory for the
// first time only. It is not safe for concurrent use.
type SumRead struct {
	client *Client
	room   *sumRoom[command.ReadRequest, command.SumAnswer]
	begun  bool
}

// NewSumRead prepares a [Client.ReadMany] of items, which must stay as they are.
func (c *Client) NewSumRead(items []command.ReadRequest) *SumRead {
	return &SumRead{client: c, room: sumRead.prepare(c, items)}
}

// Start sends the sum read and returns at once, as [Client.StartRead]. Wait must be
// called behind each Start; a second Start without it does nothing.
func (s *SumRead) Start(ctx context.Context) {
	if !s.begun {
		s.begun = true
		sumRead.start(ctx, s.client, s.room)
	}
}

// Wait waits for the answers, which are as those of [Client.ReadMany] and valid
// until the next Start. Without a Start it begins with one.
func (s *SumRead) Wait(ctx context.Context) ([]command.SumAnswer, error) {
	s.Start(ctx)
	s.begun = false
	return sumRead.wait(ctx, s.client, s.room)
}

// ReadManyUpTo is ReadMany for data of which there may be less than asked for
// (0xF084): that of each answer is as long as it is.
func (c *Client) ReadManyUpTo(ctx context.Context, items []command.ReadRequest) ([]command.SumAnswer, error) {
	return sumReadEx2.do(ctx, c, items)
}

// WriteMany writes many things (0xF081), as [Client.ReadMany] reads. It returns
// the return code of each item.
func (c *Client) WriteMany(ctx context.Context, items []command.WriteRequest) ([]ams.ReturnCode, error) {
	return sumWrite.do(ctx, c, items)
}

// ReadWriteMany hands many things over and reads what belongs to them (0xF082),
// as [Client.ReadMany] reads. The data of each answer is as long as it is.
func (c *Client) ReadWriteMany(ctx context.Context, items []command.ReadWriteRequest) ([]command.SumAnswer, error) {
	return sumReadWrite.do(ctx, c, items)
}
