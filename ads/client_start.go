package ads

import (
	"context"

	"stellwerk/ads/command"
)

// PendingRead is a Read that was sent and whose answer nobody has waited for yet.
type PendingRead struct {
	call *call
	dst  []byte
}

// StartRead sends a Read and returns at once, so that one goroutine may have many
// under way. It is sent when the goroutine waits for an answer, and without that
// within two milliseconds, so that those which are started together go together.
// Wait must be called in the end, once; dst is left alone until then.
func (c *Client) StartRead(ctx context.Context, index command.Index, dst []byte) (PendingRead, error) {
	k := c.newRead(index, uint32(len(dst)))
	if err := c.send(ctx, "read", k); err != nil {
		k.free()
		return PendingRead{}, err
	}
	return PendingRead{call: k, dst: dst}, nil
}

// Wait waits for the answer, and returns how many octets it has put into dst.
func (r PendingRead) Wait(ctx context.Context) (int, error) {
	k := r.call
	defer k.free()
	c := k.client
	if err := c.answer(ctx, "read", k); err != nil {
		return 0, err
	}
	data, err := c.data("read", k, uint32(len(r.dst)))
	return copy(r.dst, data), err
}
