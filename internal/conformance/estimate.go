package conformance

import (
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/iec104test"
)

// Estimate says about how long a case takes with a device that does all of it
// right: nearly all of it is waiting for timers.
func Estimate(c iec104test.Case, p iec104.Parameters) time.Duration {
	p = p.WithDefaults()
	timers := map[string]time.Duration{
		"A1":  p.T2,
		"A8":  p.T2,
		"A9":  min(p.T1/2, 2*time.Second),
		"A10": p.T2,
		"A11": p.T1,
		"A12": p.T3 + p.T1,
		"A13": p.T2,
		"A14": 9 * p.T3 / 2,
		"A15": p.T0,
		"A22": p.T2,
		"A24": 5 * p.T3,
		"A25": p.T1 + p.T3,
		"A26": p.T3,
	}
	return timers[c.ID] + time.Second
}
