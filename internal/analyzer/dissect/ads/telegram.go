package ads

import (
	"iter"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/discovery"
	"stellwerk/wire"
)

// Telegram is an AMS frame, what a program and its router say to each other, or a
// packet of discovery. It implements dissect.Telegram.
type Telegram struct {
	// Octets are those of the wire, as far as they are kept.
	Octets []byte
	// Bare tells that no AMS/TCP header stands in front, as in datagrams.
	Bare bool
	// TCP is the AMS/TCP header. Router tells that it is none of a frame: Body
	// is what program and router say.
	TCP    ams.TCPHeader
	Router bool
	Body   []byte
	// Packet is set for a packet of discovery, and all below is for frames.
	Packet *discovery.Packet

	Header ams.Header
	// Data is what stands behind the header, as far as it is kept; Cut tells that
	// it is not all of it.
	Data []byte
	Cut  bool
	// UDP tells that the frame came in a datagram.
	UDP bool
	// Err says what is wrong with the data.
	Err error

	// Request is what an answer belongs to, nil where that is not known; Twice
	// tells that it was answered before.
	Request *Request
	Twice   bool
	// Latency is how long the answer took.
	Latency time.Duration
	// Strange are the handles of notifications that nobody has asked for, as far
	// as that can be told.
	Strange []uint32

	names *names
}

// Request is a request that waits for its answer, or has got it.
type Request struct {
	Frame int64 // number of the packet
	Time  int64
	// Client and Device are who asks whom.
	Client, Device ams.Address
	Command        ams.Command
	InvokeID       uint32
	// Body is the data of the request, as far as it is kept.
	Body []byte
	// Overdue tells that it was said to have no answer.
	Overdue bool
}

// IsFrame reports whether the telegram is an AMS frame.
func (t *Telegram) IsFrame() bool { return !t.Router && t.Packet == nil }

// Response reports whether the telegram is an answer. A notification is none, also
// where its sender has marked it as one.
func (t *Telegram) Response() bool {
	if t.Packet != nil {
		return t.Packet.Response
	}
	return t.IsFrame() && t.Header.IsResponse() && t.Header.Command != ams.DeviceNotification
}

// Client returns who asks, and Device who is asked.
func (t *Telegram) Client() ams.Address {
	if t.Header.IsResponse() || t.Header.Command == ams.DeviceNotification {
		return t.Header.Target
	}
	return t.Header.Source
}

// Device returns who is asked.
func (t *Telegram) Device() ams.Address {
	if t.Header.IsResponse() || t.Header.Command == ams.DeviceNotification {
		return t.Header.Source
	}
	return t.Header.Target
}

// Failure returns the error of an answer: that of the header, or the result.
func (t *Telegram) Failure() ams.ReturnCode {
	switch {
	case t.Packet != nil:
		code, _ := t.Packet.Status()
		return code
	case !t.IsFrame():
		return ams.NoError
	case t.Header.Error != ams.NoError:
		return t.Header.Error
	}
	code, _ := t.Result()
	return code
}

// Result returns the result that stands in the body of an answer; false where
// there is none.
func (t *Telegram) Result() (ams.ReturnCode, bool) {
	if !t.Response() || !t.IsFrame() || !t.Header.Command.Known() {
		return ams.NoError, false
	}
	code, err := command.DecodeResult(t.Data)
	return code, err == nil
}

// Index returns the index group and offset that a frame is about: its own, or
// those of the request that it answers.
func (t *Telegram) Index() (command.Index, bool) {
	if !t.IsFrame() {
		return command.Index{}, false
	}
	body := t.Data
	if t.Response() {
		if t.Request == nil {
			return command.Index{}, false
		}
		body = t.Request.Body
	}
	switch t.Header.Command {
	case ams.Read, ams.Write, ams.ReadWrite, ams.AddDeviceNotification:
		r, err := command.DecodeReadRequest(body)
		return r.Index, err == nil
	default:
		return command.Index{}, false
	}
}

// Symbol names what a frame is about, "" where that is not known.
func (t *Telegram) Symbol() string {
	index, ok := t.Index()
	if !ok {
		return ""
	}
	if name := t.symbol(index); name != "" {
		return name
	}
	if t.Header.Command != ams.ReadWrite || !command.Named(index.Group, t.Device().Port) {
		return ""
	}
	body := t.Data
	if t.Response() {
		body = t.Request.Body
	}
	r, err := command.DecodeReadWriteRequest(body)
	if err != nil {
		return ""
	}
	return textOf(r.Data)
}

// SampleSymbol names the symbol of a notification's handle, "" where it is not
// known.
func (t *Telegram) SampleSymbol(handle uint32) string { return t.sample(handle) }

// SampleSymbols yields the symbols of the samples that a notification has.
func (t *Telegram) SampleSymbols() iter.Seq[string] {
	return func(yield func(string) bool) {
		if !t.IsFrame() || t.Header.Command != ams.DeviceNotification {
			return
		}
		for s, err := range command.Samples(t.Data) {
			if err != nil || !yield(t.sample(s.Handle)) {
				return
			}
		}
	}
}

// ItemSymbol names the symbol of an item, "" where it is not known.
func (t *Telegram) ItemSymbol(item *Item) string { return t.itemName(item) }

func (t *Telegram) symbol(index command.Index) string {
	if t.names == nil {
		return ""
	}
	return t.names.of(t.Device(), index)
}

// sample names the symbol of a notification.
func (t *Telegram) sample(handle uint32) string {
	if t.names == nil {
		return ""
	}
	return t.names.ofNote(noteKey{t.Device(), t.Client(), handle})
}

// Walk dissects the octets that are at hand.
func (t *Telegram) Walk(w *wire.Walker) {
	if t.Packet != nil {
		discovery.Walk(w)
		return
	}
	if !t.Bare {
		w.Element(ams.ElementTCPHeader)
	}
	if t.Router {
		t.walkRouter(w)
		return
	}
	w.Element(ams.ElementHeader)
	body := command.Body{
		Command: t.Header.Command, Response: t.Response(), Port: t.Device().Port,
		Symbol: t.symbol, Sample: t.sample,
	}
	if t.Request != nil {
		body.Request = t.Request.Body
	}
	if t.names == nil {
		body.Symbol, body.Sample = nil, nil
	}
	if w.Rest() > 0 {
		w.Group(t.Header.Command.String(), wire.Text{}, func() { body.Walk(w) })
	}
}

// walkRouter dissects what program and router say. Requests and answers differ by
// their length.
func (t *Telegram) walkRouter(w *wire.Walker) {
	switch {
	case t.TCP.Command == ams.TCPRouterNote && w.Rest() >= ams.ElementRouterNote.Octets:
		w.Fields(ams.ElementRouterNote)
	case w.Rest() == ams.ElementPort.Octets:
		w.Fields(ams.ElementPort)
	case w.Rest() >= ams.ElementNetID.Octets:
		w.Fields(ams.ElementNetID)
		if w.Rest() >= ams.ElementPort.Octets {
			w.Fields(ams.ElementPort)
		}
	}
	w.Raw("octets", wire.Text{}, w.Rest())
}
