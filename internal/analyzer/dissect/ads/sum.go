package ads

import (
	"fmt"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/wire"
)

// Item is one item of a sum command, as far as request and answer tell.
type Item struct {
	Index   command.Index
	Length  uint32 // octets to read, or of the data of a notification
	Written []byte // what is written
	Handle  uint32 // of a notification that begins or ends

	Answered bool
	Result   ams.ReturnCode
	Data     []byte // what was read
}

// Sum is a sum command with its items.
type Sum struct {
	Group command.IndexGroup
	items []Item
	err   error
}

// maxItems bounds the items that are looked at.
const maxItems = 1 << 16

// excess is the error of a sum command with more items than are looked at.
type excess struct{ items uint32 }

func (e *excess) Error() string { return e.text().EN }

func (e *excess) text() wire.Text {
	return wire.Text{
		EN: fmt.Sprintf("a sum command of %d items: at most %d are looked at", e.items, maxItems),
		DE: fmt.Sprintf("ein Summenbefehl mit %d Elementen: höchstens %d werden betrachtet", e.items, maxItems),
	}
}

// items returns the items that a request has.
func items(r *command.ReadWriteRequest) Sum {
	s := Sum{Group: r.Group}
	if r.Offset > maxItems {
		s.err = &excess{r.Offset}
		return s
	}
	switch r.Group { //nolint:exhaustive // the others are no sum commands
	case command.GroupSumRead, command.GroupSumReadEx, command.GroupSumReadEx2:
		var list []command.ReadRequest
		list, s.err = command.DecodeSumReads(nil, r.Offset, r.Data)
		for _, each := range list {
			s.items = append(s.items, Item{Index: each.Index, Length: each.Length})
		}
	case command.GroupSumWrite:
		var list []command.WriteRequest
		list, s.err = command.DecodeSumWrites(nil, r.Offset, r.Data)
		for _, each := range list {
			s.items = append(s.items, Item{Index: each.Index, Written: each.Data})
		}
	case command.GroupSumReadWrite:
		var list []command.ReadWriteRequest
		list, s.err = command.DecodeSumReadWrites(nil, r.Offset, r.Data)
		for _, each := range list {
			s.items = append(s.items, Item{Index: each.Index, Length: each.ReadLength, Written: each.Data})
		}
	case command.GroupSumAddNotes:
		var list []command.AddNotificationRequest
		list, s.err = command.DecodeSumAddNotifications(nil, r.Offset, r.Data)
		for _, each := range list {
			s.items = append(s.items, Item{Index: each.Index, Length: each.Length})
		}
	case command.GroupSumDeleteNotes:
		var list []uint32
		list, s.err = command.DecodeSumDeleteNotifications(nil, r.Offset, r.Data)
		for _, handle := range list {
			s.items = append(s.items, Item{Handle: handle})
		}
	}
	return s
}

// sumOf returns the items of a frame that is a sum command or answers one; none
// for others.
func sumOf(t *Telegram) Sum {
	body := t.Data
	if t.Response() {
		if t.Request == nil {
			return Sum{}
		}
		body = t.Request.Body
	}
	r, err := command.DecodeReadWriteRequest(body)
	if t.Header.Command != ams.ReadWrite || err != nil || !command.IsSum(r.Group) {
		return Sum{}
	}
	s := items(&r)
	if !t.Response() || s.err != nil {
		if t.Response() {
			s.err = nil // the request has said it
		}
		return s
	}
	answer, err := command.DecodeReadResponse(t.Data)
	if err == nil && answer.Result == ams.NoError {
		s.err = s.answer(answer.Data)
	}
	return s
}

// answer adds what the answers to the items say.
func (s *Sum) answer(data []byte) error {
	switch s.Group {
	case command.GroupSumAddNotes:
		answers, err := command.DecodeSumAddNotificationAnswers(nil, len(s.items), data)
		for i, each := range answers {
			s.items[i].Answered, s.items[i].Result, s.items[i].Handle = true, each.Result, each.Handle
		}
		return err
	case command.GroupSumRead, command.GroupSumReadEx, command.GroupSumReadEx2, command.GroupSumReadWrite:
		answers, err := s.data(data)
		for i, each := range answers {
			s.items[i].Answered, s.items[i].Result, s.items[i].Data = true, each.Result, each.Data
		}
		return err
	default:
		results, err := command.DecodeSumResults(nil, len(s.items), data)
		for i, each := range results {
			s.items[i].Answered, s.items[i].Result = true, each
		}
		return err
	}
}

// data reads answers with data.
func (s *Sum) data(data []byte) ([]command.SumAnswer, error) {
	if s.Group == command.GroupSumReadWrite || s.Group == command.GroupSumReadEx2 {
		return command.DecodeSumDataAnswers(nil, len(s.items), data)
	}
	asked := make([]command.ReadRequest, len(s.items))
	for i := range s.items {
		asked[i] = command.ReadRequest{Length: s.items[i].Length}
	}
	if s.Group == command.GroupSumRead {
		return command.DecodeSumReadAnswers(nil, asked, data)
	}
	return command.DecodeSumReadExAnswers(nil, asked, data)
}

// Items returns the items of a sum command, or of its answer; nil for others.
func (t *Telegram) Items() []Item { return sumOf(t).items }
