package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"stellwerk/iec104/iec104test"
	"stellwerk/internal/config"
)

// faultNames are the words of --faults.
var faultNames = []string{"drop", "delay", "wrong-sequence", "no-acknowledgement"}

const faultsHelp = `spoil what is sent, as in drop=5,delay=200ms: drop=N loses the N-th I frame of a connection, delay=D holds every frame, wrong-sequence=N sends the N-th I frame twice, no-acknowledgement acknowledges nothing; joined by commas`

// parseFaults reads --faults, and returns what makes the faults of a new
// connection; nil for none.
func parseFaults(text string) (func() iec104test.Faults, error) {
	if text == "" {
		return nil, nil
	}
	var makers []func() iec104test.Fault
	for part := range strings.SplitSeq(text, ",") {
		name, value, given := strings.Cut(part, "=")
		maker, err := parseFault(name, value, given)
		if err != nil {
			return nil, fmt.Errorf("--faults %s: %w", part, err)
		}
		makers = append(makers, maker)
	}
	return func() iec104test.Faults {
		var chain []iec104test.Fault
		for _, maker := range makers {
			chain = append(chain, maker())
		}
		return iec104test.Faults{Sent: inTurn(chain)}
	}, nil
}

func parseFault(name, value string, given bool) (func() iec104test.Fault, error) {
	switch name {
	case "drop", "wrong-sequence":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("write the number of an I frame, such as %s=5", name)
		}
		if name == "drop" {
			return func() iec104test.Fault { return iec104test.Drop(n, 1, iec104test.IFrame) }, nil
		}
		return func() iec104test.Fault { return iec104test.Repeat(n) }, nil
	case "delay":
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 || d > time.Minute {
			return nil, fmt.Errorf("write a time of up to 1m, such as delay=200ms")
		}
		return func() iec104test.Fault { return iec104test.Delay(d, nil) }, nil
	case "no-acknowledgement":
		if given {
			return nil, fmt.Errorf("it has no value")
		}
		return iec104test.WithoutAcknowledgement, nil
	default:
		return nil, fmt.Errorf("there is no fault %q%s", name, config.DidYouMean(name, faultNames))
	}
}

// inTurn is a fault that is several, one behind the other.
func inTurn(chain []iec104test.Fault) iec104test.Fault {
	return func(frame []byte) [][]byte {
		frames := [][]byte{frame}
		for _, fault := range chain {
			var next [][]byte
			for _, f := range frames {
				next = append(next, fault(f)...)
			}
			frames = next
		}
		return frames
	}
}
