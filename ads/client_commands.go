package ads

import (
	"context"
	"fmt"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// do sends a call and waits for its answer. A good answer is in k.body; the call
// is the caller's to free.
func (c *Client) do(ctx context.Context, op string, k *call) error {
	if err := c.send(ctx, op, k); err != nil {
		return err
	}
	return c.answer(ctx, op, k)
}

// send queues a call or sends it.
func (c *Client) send(ctx context.Context, op string, k *call) error {
	if ctx.Err() != nil {
		return c.fail(op, k.index, context.Cause(ctx))
	}
	if uint64(k.headLen)+uint64(len(k.data)) > uint64(c.conn.options.MaxData) {
		return c.fail(op, k.index, fmt.Errorf("%d octets of data, the limit is %d", len(k.data), c.conn.options.MaxData-uint32(k.headLen)))
	}
	return c.conn.submit(k)
}

// answer waits for the answer of a call that was sent.
func (c *Client) answer(ctx context.Context, op string, k *call) error {
	if err := c.conn.wait(ctx, k); err != nil {
		return c.fail(op, k.index, err)
	}
	if k.code != ams.NoError {
		return c.fail(op, k.index, k.code)
	}
	return nil
}

// malformed is for an answer that cannot be read.
func (c *Client) malformed(op string, index command.Index, err error) error {
	return c.fail(op, index, fmt.Errorf("%w: %w", ErrAnswer, err))
}

// newRead is a Read.
func (c *Client) newRead(index command.Index, length uint32) *call {
	k := newCall(c, ams.Read, index)
	k.u32(uint32(index.Group))
	k.u32(index.Offset)
	k.u32(length)
	return k
}

func (c *Client) newWrite(index command.Index, data []byte) *call {
	k := newCall(c, ams.Write, index)
	k.u32(uint32(index.Group))
	k.u32(index.Offset)
	k.u32(uint32(len(data)))
	k.data = data
	return k
}

func (c *Client) newReadWrite(index command.Index, length uint32, data []byte) *call {
	k := newCall(c, ams.ReadWrite, index)
	k.u32(uint32(index.Group))
	k.u32(index.Offset)
	k.u32(length)
	k.u32(uint32(len(data)))
	k.data = data
	return k
}

// data returns what an answer to Read or ReadWrite holds. It belongs to the call.
func (c *Client) data(op string, k *call, most uint32) ([]byte, error) {
	return c.readData(op, k.index, k.body, most)
}

func (c *Client) readData(op string, index command.Index, body []byte, most uint32) ([]byte, error) {
	r, err := command.DecodeReadResponse(body)
	switch {
	case err != nil:
		return nil, c.malformed(op, index, err)
	case r.Result != ams.NoError:
		return nil, c.fail(op, index, r.Result)
	case uint64(len(r.Data)) > uint64(most):
		return nil, c.malformed(op, index, fmt.Errorf("%d octets have come, %d were asked for", len(r.Data), most))
	}
	return r.Data, nil
}

// result returns the error in an answer that is a return code alone.
func (c *Client) result(op string, k *call) error {
	code, err := command.DecodeResult(k.body)
	if err != nil {
		return c.malformed(op, k.index, err)
	}
	if code != ams.NoError {
		return c.fail(op, k.index, code)
	}
	return nil
}

// fetch does a Read or ReadWrite and appends what it gives to dst.
func (c *Client) fetch(ctx context.Context, op string, k *call, most uint32, dst []byte) ([]byte, error) {
	err := c.do(ctx, op, k)
	defer k.free()
	if err != nil {
		return dst, err
	}
	data, err := c.data(op, k, most)
	return append(dst, data...), err
}

// Read reads up to so many octets. Devices may give fewer.
func (c *Client) Read(ctx context.Context, index command.Index, length uint32) ([]byte, error) {
	return c.fetch(ctx, "read", c.newRead(index, length), length, nil)
}

// ReadInto reads up to as many octets as dst has, and returns how many there
// were. It takes no memory.
func (c *Client) ReadInto(ctx context.Context, index command.Index, dst []byte) (int, error) {
	got, err := c.fetch(ctx, "read", c.newRead(index, uint32(len(dst))), uint32(len(dst)), dst[:0])
	return len(got), err
}

// Write writes data.
func (c *Client) Write(ctx context.Context, index command.Index, data []byte) error {
	return c.conclude(ctx, "write", c.newWrite(index, data))
}

// conclude does what is answered with a return code alone.
func (c *Client) conclude(ctx context.Context, op string, k *call) error {
	err := c.do(ctx, op, k)
	defer k.free()
	if err != nil {
		return err
	}
	return c.result(op, k)
}

// ReadWrite hands data over and reads up to so many octets that belong to it.
func (c *Client) ReadWrite(ctx context.Context, index command.Index, length uint32, data []byte) ([]byte, error) {
	return c.fetch(ctx, "read and write", c.newReadWrite(index, length, data), length, nil)
}

// ReadWriteInto is ReadWrite into dst, as [Client.ReadInto].
func (c *Client) ReadWriteInto(ctx context.Context, index command.Index, dst, data []byte) (int, error) {
	got, err := c.fetch(ctx, "read and write", c.newReadWrite(index, uint32(len(dst)), data), uint32(len(dst)), dst[:0])
	return len(got), err
}

// ReadState reads the state of the device.
func (c *Client) ReadState(ctx context.Context) (command.State, error) {
	const op = "read state"
	k := newCall(c, ams.ReadState, command.Index{})
	err := c.do(ctx, op, k)
	defer k.free()
	if err != nil {
		return command.State{}, err
	}
	state, err := command.DecodeState(k.body)
	switch {
	case err != nil:
		return state, c.malformed(op, k.index, err)
	case state.Result != ams.NoError:
		return state, c.fail(op, k.index, state.Result)
	}
	return state, nil
}

// What an answer to ReadDeviceInfo has, and its name within.
const (
	deviceNameOctets = 16
	deviceInfoOctets = 8 + deviceNameOctets
)

// DeviceInfo reads name and version of the device.
func (c *Client) DeviceInfo(ctx context.Context) (command.DeviceInfo, error) {
	const op = "read device info"
	k := newCall(c, ams.ReadDeviceInfo, command.Index{})
	err := c.do(ctx, op, k)
	defer k.free()
	if err != nil {
		return command.DeviceInfo{}, err
	}
	if missing := deviceInfoOctets - len(k.body); missing > 0 && missing <= deviceNameOctets {
		k.body = append(k.body, make([]byte, missing)...) // some servers leave out what is behind the name
	}
	info, err := command.DecodeDeviceInfo(k.body)
	switch {
	case err != nil:
		return info, c.malformed(op, k.index, err)
	case info.Result != ams.NoError:
		return info, c.fail(op, k.index, info.Result)
	}
	return info, nil
}

// WriteControl changes the state of the device: [command.StateRun] and
// [command.StateStop] of a PLC, [command.StateReset] to reset it.
func (c *Client) WriteControl(ctx context.Context, r command.WriteControlRequest) error {
	k := newCall(c, ams.WriteControl, command.Index{})
	k.data = r.Append(nil)
	return c.conclude(ctx, "write control", k)
}
