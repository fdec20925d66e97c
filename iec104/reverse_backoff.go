package iec104

import (
	"math/rand/v2"
	"time"
)

// backoff makes the pauses between attempts to connect: the first is least, each
// further one twice as long up to most, and one after a connection that was up is
// least again. Pauses vary by up to a fifth, so that many stations that fail
// together do not return together.
type backoff struct{ least, most, last time.Duration }

// newBackoff fills in what is zero: 1 s and 60 s.
func newBackoff(least, most time.Duration) backoff {
	if least <= 0 {
		least = time.Second
	}
	if most <= 0 {
		most = time.Minute
	}
	return backoff{least: least, most: most}
}

// next returns the pause after a failure.
func (b *backoff) next(up bool) time.Duration {
	b.last = min(2*b.last, b.most)
	if up || b.last == 0 {
		b.last = min(b.least, b.most)
	}
	return time.Duration(float64(b.last) * (0.8 + 0.2*rand.Float64())) //nolint:gosec // no secret
}
