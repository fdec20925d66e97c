package iec104

import (
	"context"
	"fmt"
	"time"

	"stellwerk/iec104/asdu"
)

const maxDelay = 59999 * time.Millisecond

// AcquireDelay measures how long a telegram takes to a station and loads the
// result into it (C_CD_NA_1; IEC 60870-5-101, 7.3.4.7), which belongs to the
// extended profile. It is half of the time between sending the command and its
// confirmation, without what the station says it took to answer, in whole
// milliseconds. The station, which adds the delay to the times that it is set
// to, does not confirm the second step. What waits for the window k adds to the
// delay: measure while the link is quiet.
func (c *Client) AcquireDelay(ctx context.Context, station asdu.CommonAddress) (time.Duration, error) {
	const op = "acquire delay"
	now := c.options.Clock()
	sent := time.Duration(now.Second())*time.Second + time.Duration(now.Nanosecond()).Truncate(time.Millisecond)
	a, err := requestOf(c, op, station, asdu.C_CD_NA_1, asdu.Activation, asdu.DelayAcquisition{Delay: elapsed(sent)})
	if err != nil {
		return 0, err
	}
	begin := c.link.now()
	request, err := c.activate(ctx, op, a, true)
	if err != nil {
		return 0, err
	}
	answer, err := request.Confirmed(ctx)
	if err != nil {
		return 0, err
	}
	object, err := asdu.First[asdu.DelayAcquisition](answer)
	if err != nil {
		return 0, fail(op, err)
	}
	taken := (object.Delay.Duration() - sent + time.Minute) % time.Minute
	round := request.confirmedAt - begin
	// Both ends cut off milliseconds, so that the station may claim one more.
	delay := (max(round-taken, 0) / 2).Round(time.Millisecond)
	if object.Delay.Duration() > maxDelay || taken > round+2*time.Millisecond || delay > maxDelay {
		return 0, fail(op, fmt.Errorf("%w: %v came back as %v within %v", ErrAnswer, sent, object.Delay.Duration(), round))
	}
	a, err = requestOf(c, op, station, asdu.C_CD_NA_1, asdu.Spontaneous, asdu.DelayAcquisition{Delay: elapsed(delay)})
	if err != nil {
		return 0, err
	}
	a.Originator = c.options.Originator
	return delay, fail(op, c.link.send(ctx, a))
}

// elapsed returns a duration below a minute as CP16Time2a.
func elapsed(d time.Duration) asdu.ElapsedTime { return asdu.ElapsedTime(d / time.Millisecond) }
