package ads

import (
	"encoding/hex"
	"strconv"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/discovery"
	"stellwerk/internal/analyzer/dissect"
)

// object appends the members of a JSON object.
type object struct {
	dst []byte
}

func (o *object) key(name string) {
	if last := len(o.dst) - 1; last >= 0 && o.dst[last] != '{' && o.dst[last] != '[' {
		o.dst = append(o.dst, ',')
	}
	if name != "" {
		o.dst = append(append(append(o.dst, '"'), name...), `":`...)
	}
}

func (o *object) text(name, value string) {
	o.key(name)
	o.dst = dissect.AppendString(o.dst, value)
}

// said adds a text unless it is empty.
func (o *object) said(name, value string) {
	if value != "" {
		o.text(name, value)
	}
}

func (o *object) number(name string, value uint64) {
	o.key(name)
	o.dst = strconv.AppendUint(o.dst, value, 10)
}

func (o *object) yes(name string, value bool) {
	o.key(name)
	o.dst = strconv.AppendBool(o.dst, value)
}

// data adds octets in hexadecimal.
func (o *object) data(octets []byte) {
	o.key("data")
	o.dst = append(hex.AppendEncode(append(o.dst, '"'), octets), '"')
}

func (o *object) seconds(name string, d time.Duration) {
	o.key(name)
	o.dst = strconv.AppendFloat(o.dst, d.Seconds(), 'f', -1, 64)
}

func (o *object) code(name string, c ams.ReturnCode) {
	o.number(name, uint64(c))
	if c != ams.NoError {
		o.text(name+"_name", c.String())
	}
}

func (o *object) index(i command.Index) {
	o.number("index_group", uint64(i.Group))
	o.number("index_offset", uint64(i.Offset))
}

func (o *object) state(state command.ADSState, device uint16) {
	o.number("ads_state", uint64(state))
	o.text("ads_state_name", state.String())
	o.number("device_state", uint64(device))
}

// AppendJSON appends the object under the key "ads".
func (t *Telegram) AppendJSON(dst []byte) []byte {
	o := &object{dst: append(dst, '{')}
	switch {
	case t.Packet != nil:
		t.discovery(o)
	case t.Router:
		t.router(o)
	default:
		t.frame(o)
	}
	return append(o.dst, '}')
}

func (t *Telegram) frame(o *object) {
	h := &t.Header
	o.text("target", h.Target.String())
	o.text("source", h.Source.String())
	o.number("command", uint64(h.Command))
	o.text("command_name", h.Command.String())
	o.yes("response", t.Response())
	o.yes("udp", t.UDP)
	if f := h.StateFlags; f != ams.RequestFlags && (f != ams.ResponseFlags || !t.Response()) {
		o.number("state_flags", uint64(f))
	}
	o.code("error", h.Error)
	o.number("invoke_id", uint64(h.InvokeID))
	switch {
	case t.Err != nil || t.Cut || !h.Command.Known():
		o.data(t.Data)
	case t.Response():
		t.answer(o)
	default:
		t.request(o)
	}
	if t.Cut {
		o.yes("cut", true)
	}
	t.paired(o)
}

// paired appends what an answer belongs to.
func (t *Telegram) paired(o *object) {
	if t.Request != nil {
		o.number("request_frame", uint64(t.Request.Frame))
		o.seconds("latency", t.Latency)
	}
}

// request appends what is asked. Bodies that cannot be read are left out.
func (t *Telegram) request(o *object) {
	switch t.Header.Command { //nolint:exhaustive // the others have no body
	case ams.Read:
		if r, err := command.DecodeReadRequest(t.Data); err == nil {
			o.index(r.Index)
			o.number("length", uint64(r.Length))
		}
	case ams.Write:
		if r, err := command.DecodeWriteRequest(t.Data); err == nil {
			o.index(r.Index)
			o.number("length", uint64(len(r.Data)))
			o.data(r.Data)
		}
	case ams.ReadWrite:
		if r, err := command.DecodeReadWriteRequest(t.Data); err == nil {
			o.index(r.Index)
			o.number("length", uint64(r.ReadLength))
			o.number("write_length", uint64(len(r.Data)))
			o.data(r.Data)
		}
	case ams.WriteControl:
		if r, err := command.DecodeWriteControlRequest(t.Data); err == nil {
			o.state(r.ADSState, r.DeviceState)
			o.number("length", uint64(len(r.Data)))
			o.data(r.Data)
		}
	case ams.AddDeviceNotification:
		if r, err := command.DecodeAddNotificationRequest(t.Data); err == nil {
			o.index(r.Index)
			o.number("length", uint64(r.Length))
			o.number("mode", uint64(r.Mode))
			o.seconds("max_delay", r.MaxDelay)
			o.seconds("cycle_time", r.CycleTime)
		}
	case ams.DeleteDeviceNotification:
		if handle, err := command.DecodeDeleteNotification(t.Data); err == nil {
			o.number("notification_handle", uint64(handle))
			o.said("symbol", t.sample(handle))
		}
	case ams.DeviceNotification:
		t.samples(o)
	}
	o.said("symbol", t.Symbol())
	t.items(o)
}

func (t *Telegram) answer(o *object) {
	if result, ok := t.Result(); ok {
		o.code("result", result)
	}
	switch t.Header.Command { //nolint:exhaustive // the others are results alone
	case ams.ReadDeviceInfo:
		if i, err := command.DecodeDeviceInfo(t.Data); err == nil && i.Result == ams.NoError {
			o.text("name", textOf([]byte(i.Name)))
			o.text("version", i.Version())
		}
	case ams.ReadState:
		if s, err := command.DecodeState(t.Data); err == nil && s.Result == ams.NoError {
			o.state(s.ADSState, s.DeviceState)
		}
	case ams.Read, ams.ReadWrite:
		if r, err := command.DecodeReadResponse(t.Data); err == nil {
			o.number("length", uint64(len(r.Data)))
			o.data(r.Data)
		}
	case ams.AddDeviceNotification:
		if r, err := command.DecodeAddNotificationResponse(t.Data); err == nil && r.Result == ams.NoError {
			o.number("notification_handle", uint64(r.Handle))
		}
	}
	if index, ok := t.Index(); ok {
		o.index(index)
	}
	o.said("symbol", t.Symbol())
	t.items(o)
}

// samples appends what a notification holds.
func (t *Telegram) samples(o *object) {
	o.key("samples")
	o.dst = append(o.dst, '[')
	for s, err := range command.Samples(t.Data) {
		if err != nil {
			break
		}
		o.key("")
		o.dst = append(o.dst, '{')
		o.text("time", stampOf(s.Time))
		o.number("notification_handle", uint64(s.Handle))
		o.said("symbol", t.sample(s.Handle))
		o.data(s.Data)
		o.dst = append(o.dst, '}')
	}
	o.dst = append(o.dst, ']')
}

func stampOf(f command.FileTime) string { return f.Time().Format("2006-01-02T15:04:05.0000000Z") }

// items appends the items of a sum command.
func (t *Telegram) items(o *object) {
	s := sumOf(t)
	if s.items == nil {
		return
	}
	o.key("items")
	o.dst = append(o.dst, '[')
	for i := range s.items {
		item := &s.items[i]
		o.key("")
		o.dst = append(o.dst, '{')
		if s.Group == command.GroupSumDeleteNotes {
			o.number("notification_handle", uint64(item.Handle))
			o.said("symbol", t.sample(item.Handle))
		} else {
			o.index(item.Index)
			o.said("symbol", t.itemName(item))
		}
		switch {
		case !t.Response():
			if s.Group != command.GroupSumDeleteNotes && s.Group != command.GroupSumWrite {
				o.number("length", uint64(item.Length))
			}
			if item.Written != nil {
				o.data(item.Written)
			}
		case item.Answered:
			o.code("result", item.Result)
			if s.Group == command.GroupSumAddNotes {
				o.number("notification_handle", uint64(item.Handle))
			}
			if item.Data != nil {
				o.data(item.Data)
			}
		}
		o.dst = append(o.dst, '}')
	}
	o.dst = append(o.dst, ']')
}

// itemName names the symbol of an item.
func (t *Telegram) itemName(item *Item) string {
	if name := t.symbol(item.Index); name != "" {
		return name
	}
	if command.Named(item.Index.Group, t.Device().Port) {
		return textOf(item.Written)
	}
	return ""
}

func (t *Telegram) router(o *object) {
	o.text("router", t.TCP.Command.String())
	o.number("length", uint64(t.TCP.Length))
	id, port, state := t.said()
	if id != nil {
		o.text("net_id", id.String())
	}
	if port != nil {
		o.number("port", uint64(*port))
	}
	if state != nil {
		o.number("state", uint64(*state))
		o.text("state_name", state.String())
	}
	o.data(t.Body)
}

func (t *Telegram) discovery(o *object) {
	p := t.Packet
	o.text("discovery", p.Service.String())
	o.number("service", uint64(p.Service))
	o.yes("response", p.Response)
	o.yes("udp", true)
	o.text("source", p.Source.String())
	o.number("invoke_id", uint64(p.InvokeID))
	if _, ok := p.Tag(discovery.TagStatus); ok {
		if code, err := p.Status(); err == nil {
			o.code("error", code)
		}
	}
	o.key("tags")
	o.dst = append(o.dst, '[')
	for _, tag := range p.Tags {
		o.key("")
		o.dst = append(o.dst, '{')
		o.number("tag", uint64(tag.ID))
		o.text("name", tag.ID.String())
		o.said("text", saidTag(tag))
		o.data(tag.Data)
		o.dst = append(o.dst, '}')
	}
	o.dst = append(o.dst, ']')
	t.paired(o)
}

// saidTag puts what a tag holds into words, "" where it has none.
func saidTag(tag discovery.Tag) string {
	switch tag.ID {
	case discovery.TagNetID:
		id, err := tag.NetID()
		return unless(err, id.String())
	case discovery.TagVersion:
		v, err := tag.Version()
		return unless(err, v.String())
	case discovery.TagOSVersion:
		v, err := tag.OSVersion()
		return unless(err, v.String())
	case discovery.TagStatus:
		code, err := tag.Status()
		return unless(err, code.String())
	case discovery.TagOptions:
		return ""
	default:
		if !tag.ID.Known() {
			return ""
		}
		return tag.String()
	}
}

func unless(err error, text string) string {
	if err != nil {
		return ""
	}
	return text
}
