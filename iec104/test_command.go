package iec104

import (
	"context"
	"fmt"

	"stellwerk/iec104/asdu"
)

// TestCommand sends a test command with a counter, which rises with each, and
// the client's time (C_TS_TA_1; IEC 60870-5-104, 8.8), and waits for the
// confirmation. One with another counter or time is an [ErrAnswer].
func (c *Client) TestCommand(ctx context.Context, station asdu.CommonAddress) error {
	const op = "test command"
	sent := asdu.TimedTestCommand{Counter: uint16(c.tests.Add(1)), Time: c.time()}
	a, err := requestOf(c, op, station, asdu.C_TS_TA_1, asdu.Activation, sent)
	if err != nil {
		return err
	}
	answer, err := c.confirmed(ctx, op, a)
	if err != nil {
		return err
	}
	got, err := asdu.First[asdu.TimedTestCommand](answer)
	if err == nil && got != sent {
		err = fmt.Errorf("%w: counter %d of %s came back as %d of %s", ErrAnswer, sent.Counter, sent.Time, got.Counter, got.Time)
	}
	return fail(op, err)
}

// TestPattern sends the test command of IEC 60870-5-101 with its fixed pattern
// (C_TS_NA_1, 7.3.4.5), which belongs to the extended profile, and waits for
// the confirmation. One with another pattern is an [ErrAnswer].
func (c *Client) TestPattern(ctx context.Context, station asdu.CommonAddress) error {
	const op = "test pattern"
	a, err := requestOf(c, op, station, asdu.C_TS_NA_1, asdu.Activation, asdu.TestCommand{Pattern: asdu.FixedTestPattern})
	if err != nil {
		return err
	}
	answer, err := c.confirmed(ctx, op, a)
	if err != nil {
		return err
	}
	got, err := asdu.First[asdu.TestCommand](answer)
	if err == nil && got.Pattern != asdu.FixedTestPattern {
		err = fmt.Errorf("%w: pattern %#x came back as %#x", ErrAnswer, asdu.FixedTestPattern, got.Pattern)
	}
	return fail(op, err)
}
