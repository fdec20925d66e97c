package interop

import (
	"context"
	"sync"
	"testing"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/iec104test"
)

// asduDeviations are the cases of ASDUs and application functions that a station
// of the peer does not pass, and what it does instead. Its control centre passes
// all that need not make it ask for something.
var asduDeviations = map[string]string{
	"B1": "it is silent", "B2": "it refuses with P/N=0", "B3": "it serves every common address",
	"B4.read": "it is silent", "B5.zero": "it is silent", "B5.broadcast": "it answers with the address of the broadcast",
	"B5.others": "it is silent", "B6.length": "it carries out one of two interrogations", "B6.sequence": "it carries it out",
	"B7.received": "it does not know C_TS_TA_1, and is silent", "B8.test": "it carries it out, and answers without the test bit",
	"B8.negative": "it confirms whatever is asked for", "B9": "data have no originator",
	"B10.system": "it refuses with P/N=0", "B10.process": "it refuses with P/N=0",
	"B11.valid": "it does not know C_TS_TA_1, and is silent", "B11.impossible": "it does not know C_TS_TA_1, and is silent",
	"B11.clock": "it takes any time", "B14": "it is silent", "B15.reserved": "it is silent",
	"B15.address":  "it refuses with P/N=0, and cuts the request short",
	"C2.qualifier": "it confirms whatever is asked for", "C2.broadcast": "it answers with the address of the broadcast",
	"C2.deactivation": "it is silent", "C4.read": "it answers with the same point whatever is read", "C4.unknown": "it is silent",
	"C7.timed": "it does not know C_TS_TA_1, and is silent", "C7.plain": "it confirms without the pattern",
	"C8.process": "it confirms, and does nothing", "C8.events": "it confirms, and does nothing", "C8.qualifier": "it confirms whatever is asked for",
	"C9": "it is silent", "C11": "it knows no files, and refuses with P/N=0",
}

// TestPeerASDUs holds what the peer makes of ASDUs against the cases that our
// own stations must pass, and against the list of those it fails.
func TestPeerASDUs(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	talks := newCaseTalks(t, map[string]string{
		"B6.length tester":    "ASDUs with too much and too little",
		"B6.length peer":      "it sends them back",
		"B14 tester":          "private types, which have no meaning for tshark",
		"B15.reserved tester": "reserved types, likewise",
		"B15.address peer":    "the mirror of an interrogation lacks its object",
		"C7.plain peer":       "the mirror of a test command lacks its object",
	})
	var pumps, running sync.WaitGroup
	defer pumps.Wait()
	defer cancel()
	slots := make(chan struct{}, 32)
	for _, c := range iec104test.Cases() {
		if c.ID[0] == 'A' {
			continue // TestPeerLinkProcedure
		}
		running.Go(func() { // they wait most of the time
			slots <- struct{}{}
			defer func() { <-slots }()
			result := c.Run(ctx, newSubject(t, c.Role, pump{ctx: ctx, running: &pumps}), &iec104test.RunOptions{Prompt: 200 * time.Millisecond})
			talks.add(result)
			instead, known := asduDeviations[c.ID]
			if !known {
				instead, known = asduDeviations[c.Requirement]
			}
			known = known && c.Role == iec104.Controlled
			switch failed := result.Status == iec104test.Failed; {
			case failed && !known:
				t.Errorf("%s of the %s (%s): expected %s, seen %s; not known of this peer", c.ID, c.Role, c.Title, result.Expected, result.Seen)
			case failed:
				t.Logf("%s (%s): as known: %s (%s)", c.ID, c.Title, instead, result.Seen)
			case known && result.Status == iec104test.Passed:
				t.Errorf("%s (%s): %s, although it is said of the peer: %s", c.ID, c.Title, result.Status, instead)
			default:
				t.Logf("%s of the %s (%s): %s %s", c.ID, c.Role, c.Title, result.Status, result.Seen)
			}
		})
	}
	running.Wait()
}
