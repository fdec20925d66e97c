package iec104_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
)

// TestTestCommand sends one after the other: the counter rises.
func TestTestCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := callTime
		client, r := rawStation(t, &iec104.ClientOptions{Clock: func() time.Time { return now }})
		for _, body := range []string{"0100 e803220c8d0809", "0200 d007220c8d0809", "0300 b80b220c8d0809"} {
			done := make(chan error, 1)
			go func() { done <- client.TestCommand(t.Context(), 1) }()
			r.want("6b 01 06 00 0100 000000 " + body)
			r.request("6b 01 07 00 0100 000000 " + body)
			if err := <-done; err != nil {
				t.Error(err)
			}
			now = now.Add(time.Second)
		}
		go func() { _ = client.TestCommand(t.Context(), 1) }()
		synctest.Wait()
		if err := client.TestCommand(t.Context(), 1); !errors.Is(err, iec104.ErrBusy) { // one at a time
			t.Error(err)
		}
	})
}

// TestAnswersThatDoNotFit confirms with something else than what was sent.
func TestAnswersThatDoNotFit(t *testing.T) {
	timed := func(ctx context.Context, c *iec104.Client) error { return c.TestCommand(ctx, 1) }
	pattern := func(ctx context.Context, c *iec104.Client) error { return c.TestPattern(ctx, 1) }
	for _, test := range []struct {
		name, sent, answer string
		call               func(context.Context, *iec104.Client) error
	}{
		{"counter", "6b 01 06 00 0100 000000 0100 e803220c8d0809", "6b 01 07 00 0100 000000 0200 e803220c8d0809", timed},
		{"time", "6b 01 06 00 0100 000000 0100 e803220c8d0809", "6b 01 07 00 0100 000000 0100 e803220d8d0809", timed},
		{"pattern", "68 01 06 00 0100 000000 aa55", "68 01 07 00 0100 000000 55aa", pattern},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, r := rawStation(t, &iec104.ClientOptions{Clock: func() time.Time { return callTime }})
				done := make(chan error, 1)
				go func() { done <- test.call(t.Context(), client) }()
				r.want(test.sent)
				r.request(test.answer)
				if err := <-done; !errors.Is(err, iec104.ErrAnswer) {
					t.Error(err)
				}
				if err := client.Err(); err != nil { // it is no reason to close
					t.Error(err)
				}
			})
		})
	}
}
