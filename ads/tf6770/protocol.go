package tf6770

import (
	"encoding/binary"
	"errors"
	"fmt"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/websocket"
	ws "stellwerk/websocket/tf6770"
)

// DefaultPort is the AMS port of the service, one of those free for users.
const DefaultPort ams.Port = 26770

// ProtocolVersion is the version of the protocol. It stands in the index offset
// of [GroupOpen].
const ProtocolVersion = 1

// The index groups of the service. But for GroupOpen the index offset is the
// handle of the client.
const (
	GroupOpen       command.IndexGroup = 0x6770_0001 // ReadWrite: a name, or nothing, in; the handle out
	GroupConnect    command.IndexGroup = 0x6770_0002 // Write: 4 octets of flags, Parameters
	GroupExchange   command.IndexGroup = 0x6770_0003 // ReadWrite: ExchangeRequest in, ExchangeResponse out
	GroupDisconnect command.IndexGroup = 0x6770_0004 // Write: nothing
	GroupRelease    command.IndexGroup = 0x6770_0005 // Write: nothing
)

// Flags of GroupConnect.
const (
	// ConnectReconfig is bReconfig: the parameters count. Without it they count
	// for the first connection alone.
	ConnectReconfig uint32 = 1 << 0
	// ConnectJudge has the protocol that the server chooses judged by the PLC:
	// the connection is not connected before [ProtocolAccepted].
	ConnectJudge uint32 = 1 << 1
)

// Flags of an [ExchangeRequest].
const (
	// ProtocolAccepted and ProtocolRejected answer [JudgeProtocol]: what
	// CheckProtocol has returned.
	ProtocolAccepted uint32 = 1 << 0
	ProtocolRejected uint32 = 1 << 1
	// MessageFailed says that OnWebSocketMessage has returned an error for the
	// message Acknowledged. The connection is closed with 1011.
	MessageFailed uint32 = 1 << 2
	// CloseTold says that OnWebSocketClose was called.
	CloseTold uint32 = 1 << 3
	// HoldMessages asks for an answer without messages: the PLC has one that it
	// does not want to take yet.
	HoldMessages uint32 = 1 << 4
)

// Flags of an [ExchangeResponse].
const (
	// JudgeProtocol asks for CheckProtocol with Protocol.
	JudgeProtocol uint32 = 1 << 0
	// TellClose asks for OnWebSocketClose with CloseCode and CloseContent, behind
	// the last message.
	TellClose uint32 = 1 << 1
	// SendLater says that a piece was not taken, because too much waits to be
	// sent. It is to be sent again.
	SendLater uint32 = 1 << 2
)

// The lengths of what stands before pieces, and of the head of a piece, in
// octets.
const (
	requestHead  = 12
	responseHead = 32
	pieceHead    = 20
)

// MinReadLength is the least that a PLC should ask for in an exchange: the head,
// a protocol or what a close frame has, and some octets of a message.
const MinReadLength = 512

// Piece is a message, or a part of one. A message is sent in pieces where it is
// longer than the buffers that carry it.
type Piece struct {
	Sequence uint32 // number of the message: 1, 2 and so on, in each direction
	Total    uint32 // octets of the message
	Offset   uint32 // where in the message Data belongs; pieces come in order
	Kind     ws.ContentType
	Compress bool // bCompress, towards the server
	Data     []byte
}

// Last reports whether the message ends with the piece.
func (p *Piece) Last() bool { return uint64(p.Offset)+uint64(len(p.Data)) == uint64(p.Total) }

func (p *Piece) append(dst []byte) []byte {
	for _, number := range [...]uint32{p.Sequence, p.Total, p.Offset, uint32(len(p.Data))} {
		dst = binary.LittleEndian.AppendUint32(dst, number)
	}
	compress := byte(0)
	if p.Compress {
		compress = 1
	}
	return append(append(dst, byte(p.Kind), compress, 0, 0), p.Data...)
}

// decodePiece reads a piece, and returns what is behind it.
func decodePiece(data []byte) (Piece, []byte, error) {
	if len(data) < pieceHead {
		return Piece{}, nil, fmt.Errorf("a piece of a message has %d octets, its head alone has %d", len(data), pieceHead)
	}
	p := Piece{
		Sequence: binary.LittleEndian.Uint32(data), Total: binary.LittleEndian.Uint32(data[4:]), Offset: binary.LittleEndian.Uint32(data[8:]),
		Kind: ws.ContentType(data[16]), Compress: data[17]&1 != 0,
	}
	length, rest := binary.LittleEndian.Uint32(data[12:]), data[pieceHead:]
	switch {
	case uint64(length) > uint64(len(rest)):
		return Piece{}, nil, fmt.Errorf("a piece of message %d says %d octets, %d follow", p.Sequence, length, len(rest))
	case uint64(p.Offset)+uint64(length) > uint64(p.Total):
		return Piece{}, nil, fmt.Errorf("a piece of message %d has %d octets from %d on, the message has %d", p.Sequence, length, p.Offset, p.Total)
	case p.Kind != ws.Text && p.Kind != ws.Binary:
		return Piece{}, nil, fmt.Errorf("message %d has the kind %d, which is neither text (1) nor binary (2)", p.Sequence, p.Kind)
	}
	p.Data = rest[:length:length]
	return p, rest[length:], nil
}

func decodePieces(data []byte) (pieces []Piece, err error) {
	for len(data) > 0 {
		var p Piece
		if p, data, err = decodePiece(data); err != nil {
			return pieces, err
		}
		pieces = append(pieces, p)
	}
	return pieces, nil
}

// ExchangeRequest is what the PLC says in an exchange. It may say the same
// again: what was taken once is not taken twice.
type ExchangeRequest struct {
	Acknowledged uint32 // number of the last received message that was taken; 0 for none
	Flags        uint32
	Held         uint32  // octets of the message behind Acknowledged that the PLC has already
	Pieces       []Piece // of messages to be sent
}

// Append appends what is written.
func (r *ExchangeRequest) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, r.Acknowledged)
	dst = binary.LittleEndian.AppendUint32(dst, r.Flags)
	dst = binary.LittleEndian.AppendUint32(dst, r.Held)
	for i := range r.Pieces {
		dst = r.Pieces[i].append(dst)
	}
	return dst
}

// DecodeExchangeRequest reads what was written. The pieces alias data.
func DecodeExchangeRequest(data []byte) (ExchangeRequest, error) {
	if len(data) < requestHead {
		return ExchangeRequest{}, fmt.Errorf("an exchange has %d octets at least, these are %d", requestHead, len(data))
	}
	r := ExchangeRequest{
		Acknowledged: binary.LittleEndian.Uint32(data), Flags: binary.LittleEndian.Uint32(data[4:]),
		Held: binary.LittleEndian.Uint32(data[8:]),
	}
	var err error
	r.Pieces, err = decodePieces(data[requestHead:])
	return r, err
}

// ExchangeResponse is what the PLC hears in an exchange.
type ExchangeResponse struct {
	ConnectionState ws.Status           // eConnectionState
	ErrorCode       ams.HRESULT         // hrErrorCode
	CloseReason     websocket.CloseCode // nCloseReason
	Error           bool                // bError
	Connected       bool                // bConnected
	Sent            uint32              // number of the last message that was taken for sending; 0 for none
	Waiting         uint32              // received messages that are not acknowledged
	Flags           uint32
	CloseCode       websocket.CloseCode // with TellClose
	Protocol        string              // with JudgeProtocol; up to 255 octets
	CloseContent    []byte              // with TellClose; up to 123 octets
	Pieces          []Piece             // of received messages, from the first that is not acknowledged on
}

// head appends what stands before the pieces.
func (r *ExchangeResponse) head(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(r.ConnectionState))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(r.ErrorCode))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(r.CloseReason))
	dst = append(dst, octet(r.Error), octet(r.Connected))
	for _, number := range [...]uint32{r.Sent, r.Waiting, r.Flags} {
		dst = binary.LittleEndian.AppendUint32(dst, number)
	}
	for _, number := range [...]uint16{uint16(r.CloseCode), uint16(len(r.Protocol)), uint16(len(r.CloseContent)), 0} {
		dst = binary.LittleEndian.AppendUint16(dst, number)
	}
	return append(append(dst, r.Protocol...), r.CloseContent...)
}

func octet(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// Append appends what is read.
func (r *ExchangeResponse) Append(dst []byte) []byte {
	dst = r.head(dst)
	for i := range r.Pieces {
		dst = r.Pieces[i].append(dst)
	}
	return dst
}

// DecodeExchangeResponse reads what was read. Contents and pieces alias data.
func DecodeExchangeResponse(data []byte) (ExchangeResponse, error) {
	if len(data) < responseHead {
		return ExchangeResponse{}, fmt.Errorf("the answer to an exchange has %d octets at least, these are %d", responseHead, len(data))
	}
	r := ExchangeResponse{
		ConnectionState: ws.Status(int32(binary.LittleEndian.Uint32(data))),
		ErrorCode:       ams.HRESULT(binary.LittleEndian.Uint32(data[4:])),
		CloseReason:     websocket.CloseCode(binary.LittleEndian.Uint16(data[8:])),
		Error:           data[10] != 0, Connected: data[11] != 0,
		Sent: binary.LittleEndian.Uint32(data[12:]), Waiting: binary.LittleEndian.Uint32(data[16:]), Flags: binary.LittleEndian.Uint32(data[20:]),
		CloseCode: websocket.CloseCode(binary.LittleEndian.Uint16(data[24:])),
	}
	protocol, content := int(binary.LittleEndian.Uint16(data[26:])), int(binary.LittleEndian.Uint16(data[28:]))
	rest := data[responseHead:]
	if protocol+content > len(rest) {
		return ExchangeResponse{}, errors.New("the answer to an exchange ends within the protocol or the content of the close frame")
	}
	r.Protocol, r.CloseContent = string(rest[:protocol]), rest[protocol:protocol+content]
	var err error
	r.Pieces, err = decodePieces(rest[protocol+content:])
	return r, err
}
