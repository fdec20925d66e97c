package tf6770

import (
	"stellwerk/ads/ams"
	ws "stellwerk/websocket/tf6770"
)

// sending puts messages together that the PLC sends in pieces.
type sending struct {
	sent uint32 // number of the last message that was taken

	// Of the message behind it:
	have     uint32
	total    uint32
	kind     ws.ContentType
	compress bool
	message  []byte // nil where it is too long to be kept
	complete bool   // it waits for room

	later   bool           // a piece was not taken
	refused ams.ReturnCode // why the last message was dropped
}

// reset drops what has not been sent. Numbers go on.
func (s *sending) reset() { *s = sending{sent: s.sent} }

// limit is the longest message.
func limit(block *ws.Client) uint32 {
	if block.MaxSendQueue == 0 {
		return ws.DefaultMaxQueue
	}
	return block.MaxSendQueue
}

// take takes pieces, passing over those that it has.
func (s *sending) take(pieces []Piece, block *ws.Client) ams.ReturnCode {
	s.later = false
	for i := range pieces {
		p := &pieces[i]
		switch distance := int32(p.Sequence - s.sent); {
		case distance <= 0, distance == 1 && s.complete:
			continue
		case distance > 1 && s.complete:
			s.later = true
			return ams.NoError
		case distance > 1:
			return ams.InvalidData
		}
		if code := s.add(p, limit(block)); code != ams.NoError {
			return code
		}
		s.try(block)
	}
	return ams.NoError
}

// add adds a piece to the message.
func (s *sending) add(p *Piece, limit uint32) ams.ReturnCode {
	switch {
	case p.Offset == 0: // also when the PLC begins again
		s.have, s.total, s.kind, s.compress = 0, p.Total, p.Kind, p.Compress
		s.message = nil
	case p.Total != s.total || p.Offset > s.have:
		return ams.InvalidData
	case p.Offset < s.have:
		return ams.NoError // it was sent again
	}
	s.have += uint32(len(p.Data))
	if s.total <= limit {
		s.message = append(s.message, p.Data...)
	}
	s.complete = s.have == s.total
	return ams.NoError
}

// try sends the message, where it is complete and there is room.
func (s *sending) try(block *ws.Client) {
	if !s.complete {
		return
	}
	s.refused = ams.NoError
	switch {
	case s.total > limit(block):
		s.refused = ams.InvalidSize
	case !block.SendMessage(s.message, s.kind == ws.Text, s.compress) && ws.StatusOf(block.Err) == ws.NoMemory:
		return
	}
	sent, refused, later := s.sent+1, s.refused, s.later
	*s = sending{sent: sent, refused: refused, later: later}
}
