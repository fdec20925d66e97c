package ads

import (
	"context"
	"fmt"
	"strings"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// DeviceCallFunc is a method that clients call. An error is answered instead of
// what it returns: an [ams.ReturnCode] as it is, others as 0x700.
type DeviceCallFunc func(ctx context.Context, call *DeviceCall) error

// DeviceCall is a call of a method.
type DeviceCall struct {
	// Instance is the path of the function block, and Method its method.
	Instance string
	Method   *symbol.Method
	// In are the values of the inputs, by their names in upper case.
	In map[string]any
	// Out takes the values of the outputs, by their names in any case; those that
	// are missing are 0.
	Out map[string]any
	// Return is the value that is returned, where the method returns one; nil is 0.
	Return  any
	Request *Request // of the client
}

// deviceMethod is a method of an instance.
type deviceMethod struct {
	instance string
	method   *symbol.Method
	keys     []string // under which its function may be found
	in, out  []deviceParameter
}

// deviceParameter is a parameter, or a return value, whose name is empty.
type deviceParameter struct {
	name string
	typ  *symbol.Type
}

// OnCall has f called for a method. The name is that of an instance and of the
// method, as in "MAIN.fbPump#Start", or that of a function block for all its
// instances, as in "FB_Pump#Start". Calls of one client come one after the other,
// those of different clients at the same time. Nil takes the function away;
// methods without one are answered with 0x701.
func (d *Device) OnCall(name string, f DeviceCallFunc) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	owner, methodName, ok := strings.Cut(name, "#")
	if !ok {
		return fmt.Errorf("ads: %q names no method: write the instance or the function block, #, and the method, as in MAIN.fbPump#Start", name)
	}
	var typ *symbol.Type
	if v, err := d.model.table.Find(owner); err == nil {
		typ = v.Type
	} else {
		var typeErr error
		if typ, typeErr = d.model.table.Types().Resolve(owner); typeErr != nil {
			return fmt.Errorf("ads: %w", err)
		}
	}
	if typ.Method(methodName) == nil {
		return fmt.Errorf("ads: %s has no method %s", typ.Name, methodName)
	}
	if f == nil {
		delete(d.calls, deviceFold(name))
	} else {
		d.calls[deviceFold(name)] = f
	}
	return nil
}

// method finds what a name with # stands for; nil without an error is none.
func (m *deviceModel) method(name string) (*deviceMethod, ams.ReturnCode) {
	instance, methodName, ok := strings.Cut(name, "#")
	if !ok {
		return nil, ams.NoError
	}
	v, code := m.find(instance)
	if code != ams.NoError {
		return nil, code
	}
	method := v.Type.Method(methodName)
	if method == nil || method.Flags&symbol.MethodFlagNotCallable != 0 {
		return nil, ams.SymbolNotFound
	}
	c := &deviceMethod{
		instance: v.Name, method: method,
		keys: []string{deviceFold(v.Name + "#" + method.Name), deviceFold(v.Type.Name + "#" + method.Name)},
	}
	types := m.table.Types()
	if method.ReturnType != "" {
		typ, err := types.ResolveSized(method.ReturnType, method.ReturnSize)
		if err != nil {
			return nil, ams.SymbolNotActive
		}
		c.out = append(c.out, deviceParameter{typ: typ})
	}
	for i := range method.Parameters {
		p := &method.Parameters[i]
		typ, err := types.ResolveSized(p.Type, p.Size)
		if err != nil {
			return nil, ams.SymbolNotActive
		}
		parameter := deviceParameter{strings.ToUpper(p.Name), typ}
		if p.In() {
			c.in = append(c.in, parameter)
		}
		if p.Out() {
			c.out = append(c.out, parameter)
		}
	}
	return c, ams.NoError
}

// callHandle is a ReadWrite to 0xF005: a method is called. With the handle of a
// variable it writes what there is, and then reads.
func (d *Device) callHandle(ctx context.Context, r *Request, q command.ReadWriteRequest, dst []byte) ([]byte, ams.ReturnCode) {
	d.mu.RLock()
	h, code := d.handle(q.Offset)
	if code != ams.NoError {
		d.mu.RUnlock()
		return dst, code
	}
	method := h.method
	running := d.state.ADSState == command.StateRun
	var f DeviceCallFunc
	if method != nil {
		for _, key := range method.keys {
			if f = d.calls[key]; f != nil {
				break
			}
		}
	}
	d.mu.RUnlock()
	switch {
	case method == nil:
		if len(q.Data) > 0 {
			if code := d.writeHandle(ctx, r, q.Offset, q.Data); code != ams.NoError {
				return dst, code
			}
		}
		return d.readHandle(ctx, q.Offset, q.ReadLength, dst)
	case !running:
		return dst, ams.InvalidState
	case f == nil:
		return dst, ams.ServiceNotSupported
	}
	return method.call(ctx, f, r, q, dst)
}

// call decodes the inputs, calls f and encodes what it returns.
func (m *deviceMethod) call(ctx context.Context, f DeviceCallFunc, r *Request, q command.ReadWriteRequest, dst []byte) ([]byte, ams.ReturnCode) {
	call := &DeviceCall{Instance: m.instance, Method: m.method, In: make(map[string]any, len(m.in)), Out: make(map[string]any), Request: r}
	data := q.Data
	for _, p := range m.in {
		if uint64(len(data)) < uint64(p.typ.Size) {
			return dst, ams.InvalidSize
		}
		value, err := p.typ.Decode(data)
		if err != nil {
			return dst, ams.InvalidData
		}
		call.In[p.name] = value
		data = data[p.typ.Size:]
	}
	if len(data) > 0 {
		return dst, ams.InvalidSize
	}
	var size uint64
	for _, p := range m.out {
		size += uint64(p.typ.Size)
	}
	if size > uint64(q.ReadLength) {
		return dst, ams.InvalidSize
	}
	if err := f(ctx, call); err != nil {
		return dst, returnCodeOf(err)
	}
	out := make(map[string]any, len(call.Out))
	for name, value := range call.Out {
		out[strings.ToUpper(name)] = value
	}
	for _, p := range m.out {
		value := call.Return
		if p.name != "" {
			value = out[p.name]
		}
		octets := make([]byte, p.typ.Size)
		if value != nil {
			if err := p.typ.EncodeInto(octets, value); err != nil {
				return dst, ams.InvalidData
			}
		}
		dst = append(dst, octets...)
	}
	return dst, ams.NoError
}
