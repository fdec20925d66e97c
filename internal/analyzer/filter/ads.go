package filter

import (
	"stellwerk/ads/ams"
	"stellwerk/internal/analyzer/dissect/ads"
)

// isCommand reports whether a command of ADS has the name.
func isCommand(name string) bool {
	for c := ams.ReadDeviceInfo; c <= ams.ReadWrite; c++ {
		if c.String() == name {
			return true
		}
	}
	return false
}

// frame fills in what an AMS frame or a packet of discovery says, and asks about
// each item of a sum command and each sample of a notification.
func (f *Filter) frame(t *ads.Telegram) bool {
	r := &f.record
	r.Response = t.Response()
	if failure := t.Failure(); failure != ams.NoError {
		r.Error = failure.String()
	}
	if t.Packet != nil {
		r.InvokeID, r.AMSSource = int(t.Packet.InvokeID), t.Packet.Source.String()
		return f.holds()
	}
	if !t.IsFrame() {
		return f.holds()
	}
	h := &t.Header
	r.Command, r.CommandID, r.InvokeID = h.Command.String(), int(h.Command), int(h.InvokeID)
	if f.used["ams_source"] || f.used["ams_target"] {
		r.AMSSource, r.AMSTarget = h.Source.String(), h.Target.String()
	}
	if t.Request != nil {
		r.Latency = t.Latency.Seconds()
	}
	index, ok := t.Index()
	if ok {
		r.IndexGroup, r.IndexOffset = int(index.Group), int(index.Offset)
	}
	if !f.used["symbol"] && !f.used["index_group"] && !f.used["index_offset"] && !f.used["error"] {
		return f.holds()
	}
	r.Symbol = t.Symbol()
	if f.holds() {
		return true
	}
	for symbol := range t.SampleSymbols() {
		r.Symbol = symbol
		if f.holds() {
			return true
		}
	}
	items := t.Items()
	for i := range items {
		item := &items[i]
		r.Symbol, r.IndexGroup, r.IndexOffset = t.ItemSymbol(item), int(item.Index.Group), int(item.Index.Offset)
		r.Error = ""
		if item.Result != ams.NoError {
			r.Error = item.Result.String()
		}
		if f.holds() {
			return true
		}
	}
	return false
}
