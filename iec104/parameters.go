package iec104

import (
	"fmt"
	"time"
)

// Parameters are the system parameters of the link procedure (IEC
// 60870-5-104, 9.6). Fields that are zero have the default named beside them,
// so that the zero value is the standard's recommendation. Both stations must
// agree on them; nothing on the wire tells.
type Parameters struct {
	// T0 is how long establishing the connection may take: 1 s to 255 s.
	// Default 30 s.
	T0 time.Duration
	// T1 is how long the peer may take to acknowledge an I frame, or to
	// confirm STARTDT, STOPDT and TESTFR, until the connection is closed: 1 s
	// to 255 s. Default 15 s.
	T1 time.Duration
	// T2 is how long a received I frame may stay unacknowledged when there is
	// nothing to send: 1 s to 255 s, less than T1. Default 10 s, or two thirds
	// of a T1 that is not above 10 s, but never below 1 s.
	T2 time.Duration
	// T3 is how long nothing may be received until a test frame is sent: 1 s
	// to 48 h. Default 20 s.
	T3 time.Duration
	// K is how many I frames may be unacknowledged: 1 to 32767. Default 12.
	K int
	// W is how many I frames may be received until they are acknowledged: 1 to
	// 32767. Default 8, or two thirds of a K below 12. The standard recommends
	// that W is not above two thirds of K.
	W int
}

// The limits of the standard.
const (
	maxWindow = 32767
	minT      = time.Second
	maxT      = 255 * time.Second
	maxT3     = 48 * time.Hour
)

// WithDefaults returns the parameters with what is zero filled in.
func (p Parameters) WithDefaults() Parameters {
	if p.T0 == 0 {
		p.T0 = 30 * time.Second
	}
	if p.T1 == 0 {
		p.T1 = 15 * time.Second
	}
	if p.T2 == 0 {
		p.T2 = 10 * time.Second
		if p.T1 <= p.T2 {
			p.T2 = max(minT, p.T1*2/3)
		}
	}
	if p.T3 == 0 {
		p.T3 = 20 * time.Second
	}
	if p.K == 0 {
		p.K = 12
	}
	if p.W == 0 {
		p.W = max(1, min(8, p.K*2/3))
	}
	return p
}

// Check reports parameters that the standard does not allow, and warns of
// those that it allows but that slow the link down. The values are checked
// with their defaults filled in.
func (p Parameters) Check() (warnings []string, err error) {
	p = p.WithDefaults()
	for _, t := range []struct {
		name        string
		value, high time.Duration
	}{
		{"t0", p.T0, maxT},
		{"t1", p.T1, maxT},
		{"t2", p.T2, maxT},
		{"t3", p.T3, maxT3},
	} {
		if t.value < minT || t.value > t.high {
			return nil, fmt.Errorf("%s is %v: must be %v to %v", t.name, t.value, minT, t.high)
		}
	}
	switch {
	case p.T2 >= p.T1:
		return nil, fmt.Errorf("t2 is %v: must be less than t1, %v", p.T2, p.T1)
	case p.K < 1 || p.K > maxWindow:
		return nil, fmt.Errorf("k is %d: must be 1 to %d", p.K, maxWindow)
	case p.W < 1 || p.W > maxWindow:
		return nil, fmt.Errorf("w is %d: must be 1 to %d", p.W, maxWindow)
	case p.W > p.K:
		warnings = append(warnings, fmt.Sprintf("w is %d and k is %d: a peer with this k waits for t2 each time", p.W, p.K))
	case 3*p.W > 2*p.K && p.K > 1:
		warnings = append(warnings, fmt.Sprintf("w is %d: above two thirds of k, %d, a peer with this k may have to wait", p.W, p.K))
	}
	return warnings, nil
}
