package router

import (
	"net/netip"
	"time"
)

// mostBuckets bounds how many addresses are told apart.
const mostBuckets = 4096

// limiter says how often something may happen, for each address. It is not safe
// for concurrent use.
type limiter struct {
	rate    float64 // in each second
	burst   float64
	buckets map[netip.Addr]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// have returns what an address has left now.
func (l *limiter) have(from netip.Addr, now time.Time) float64 {
	b, ok := l.buckets[from]
	if !ok {
		return l.burst
	}
	return min(l.burst, b.left+l.rate*now.Sub(b.at).Seconds())
}

// take reports whether it may happen once more, and counts it.
func (l *limiter) take(from netip.Addr, now time.Time) bool {
	left := l.have(from, now)
	if left < 1 {
		return false
	}
	if l.buckets == nil {
		l.buckets = make(map[netip.Addr]bucket)
	}
	if _, known := l.buckets[from]; !known && len(l.buckets) >= mostBuckets {
		for address := range l.buckets {
			if l.have(address, now) >= l.burst {
				delete(l.buckets, address) // as good as new
			}
		}
		if len(l.buckets) >= mostBuckets {
			return false
		}
	}
	l.buckets[from] = bucket{left - 1, now}
	return true
}
