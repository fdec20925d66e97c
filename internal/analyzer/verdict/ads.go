package verdict

import (
	"encoding/binary"
	"fmt"
	"slices"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/discovery"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/ads"
	"stellwerk/internal/finding"
	"stellwerk/wire"
)

// maxToldNotes is of how many strange notifications of a connection it tells:
// they come again and again.
const maxToldNotes = 256

// ADS judges one connection, or the datagrams between two ends. It implements
// ads.Judge. It is not safe for concurrent use.
type ADS struct {
	report  func(*dissect.Line)
	strange []uint32 // handles of notifications that were told of
	line    dissect.Line
}

// NewADS returns a judge that hands its findings to report.
func NewADS(report func(*dissect.Line)) *ADS { return &ADS{report: report} }

// Telegram judges a telegram.
func (a *ADS) Telegram(place *dissect.Place, t *ads.Telegram) {
	switch {
	case t.Packet != nil:
		a.discovery(place, t)
	case t.IsFrame():
		a.header(place, t)
		if t.Response() {
			a.answer(place, t)
		} else if t.Header.Command == ams.DeviceNotification {
			a.notification(place, t)
		}
	}
}

// header judges the AMS header by itself.
func (a *ADS) header(place *dissect.Place, t *ads.Telegram) {
	h := &t.Header
	if wrong := h.StateFlags.Undefined(); wrong != 0 {
		a.found(place, finding.New(finding.ADSStateFlags, wrong.String()))
	}
	if h.StateFlags&ams.ADSCommand == 0 {
		a.found(place, finding.New(finding.ADSCommandFlag))
	}
	if said := h.StateFlags&ams.UDP != 0; said != t.UDP {
		transport := map[bool]string{false: "TCP", true: "UDP"}
		a.found(place, finding.New(finding.ADSTransportFlag, transport[said], transport[t.UDP]))
	}
	if h.Command == ams.DeviceNotification && h.IsResponse() {
		a.found(place, finding.New(finding.ADSNotificationFlag))
	}
	if !h.Command.Known() {
		a.found(place, finding.New(finding.ADSUnknownCommand, uint16(h.Command)))
	}
}

// answer judges an answer beside its request.
func (a *ADS) answer(place *dissect.Place, t *ads.Telegram) {
	h := &t.Header
	if t.Twice {
		a.found(place, finding.New(finding.ADSAnsweredTwice, commandName(h.Command), h.InvokeID))
	}
	if code := t.Failure(); code != ams.NoError {
		a.found(place, finding.New(finding.ADSError, commandName(h.Command), code.Text()))
		return
	}
	if failed, of, first := t.Failed(); failed > 0 {
		a.found(place, finding.New(finding.ADSItemError, failed, of, first.Text()))
	}
	a.length(place, t)
}

// commandName names a command in a sentence.
func commandName(c ams.Command) wire.Text {
	if c.Known() {
		return wire.Same(c.String())
	}
	return wire.Text{EN: c.String(), DE: fmt.Sprintf("Befehl %d", uint16(c))}
}

// length holds the data of an answer against what was asked for.
func (a *ADS) length(place *dissect.Place, t *ads.Telegram) {
	if t.Request == nil || t.Err != nil || t.Cut {
		return
	}
	answer, err := command.DecodeReadResponse(t.Data)
	if err != nil {
		return
	}
	var asked uint32
	switch t.Header.Command {
	case ams.Read:
		r, err := command.DecodeReadRequest(t.Request.Body)
		if asked = r.Length; err != nil {
			return
		}
	case ams.ReadWrite:
		r, err := command.DecodeReadWriteRequest(t.Request.Body)
		if asked = r.ReadLength; err != nil {
			return
		}
	default:
		return
	}
	if uint64(len(answer.Data)) > uint64(asked) {
		a.found(place, finding.New(finding.ADSLength, asked, len(answer.Data)))
	}
}

// notification judges a stream of notifications.
func (a *ADS) notification(place *dissect.Place, t *ads.Telegram) {
	if t.Err == nil && !t.Cut && len(t.Data) >= 4 {
		if said, there := binary.LittleEndian.Uint32(t.Data), len(t.Data)-4; uint64(said) != uint64(there) {
			a.found(place, finding.New(finding.ADSNotificationLength, said, there))
		}
	}
	for _, handle := range t.Strange {
		if slices.Contains(a.strange, handle) || len(a.strange) == maxToldNotes {
			continue
		}
		a.strange = append(a.strange, handle)
		a.found(place, finding.New(finding.ADSNotificationAlone, handle))
	}
}

// discovery judges a packet of UDP port 48899.
func (a *ADS) discovery(place *dissect.Place, t *ads.Telegram) {
	if tag, ok := t.Packet.Tag(discovery.TagPassword); ok && tag.String() != "" {
		user, _ := t.Packet.Tag(discovery.TagUserName) // its text is empty where there is none
		a.found(place, finding.New(finding.ADSPassword, user.String()))
	}
	if code := t.Failure(); code != ams.NoError {
		service := t.Packet.Service.Text()
		if service.IsZero() {
			service = wire.Same(t.Packet.Service.String())
		}
		a.found(place, finding.New(finding.ADSError, service, code.Text()))
	}
}

// Unanswered tells of a request that has no answer.
func (a *ADS) Unanswered(place *dissect.Place, r *ads.Request) {
	a.found(place, finding.New(finding.ADSUnanswered, commandName(r.Command), r.InvokeID, r.Frame, rounded(since(place, r.Time))))
}

// Unasked tells of an answer that nobody has asked for.
func (a *ADS) Unasked(place *dissect.Place, c ams.Command, invokeID uint32) {
	a.found(place, finding.New(finding.ADSAnswerUnasked, commandName(c), invokeID))
}

func (a *ADS) found(place *dissect.Place, f finding.Finding) {
	a.line = dissect.Line{Place: *place, Protocol: ads.Protocol, Finding: &f}
	a.report(&a.line)
}
