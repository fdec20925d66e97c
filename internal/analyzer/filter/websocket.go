package filter

import (
	"stellwerk/internal/analyzer/dissect/websocket"
	"stellwerk/websocket/frame"
)

// message fills in what a request, a response or a message of WebSocket says.
func (f *Filter) message(t *websocket.Telegram) {
	r := &f.record
	if o := t.Opening; o != nil {
		r.Handshake, r.Target = "response", o.Target
		if o.Request {
			r.Handshake = "request"
		} else {
			r.Status = o.Status
		}
		if offered := o.Subprotocols(); len(offered) > 0 {
			r.Subprotocol = offered[0]
		}
		return
	}
	r.Opcode, r.Compressed, r.Frames = t.Kind.String(), t.Compressed, int(t.Count)
	if t.Kind == frame.Close {
		r.CloseCode = int(t.Code)
	}
	if f.used["payload"] && t.IsText() {
		r.Payload = string(t.Payload)
	}
}
