package station

import "stellwerk/iec104/asdu"

// counter is a running total and its last frozen state.
type counter struct {
	running  int32
	carry    bool // the total ran over since the last freeze
	adjusted bool // the total was set since the last freeze
	invalid  bool

	frozen   asdu.Counter
	time     asdu.Time // of the freeze
	ever     bool      // there was a freeze
	sequence uint8     // of the next freeze
}

// add counts on, past the end of the range to its other end.
func (c *counter) add(n int64) {
	total := int64(c.running) + n
	c.running = int32(total) // the lower 32 bits, which is what a counter shows
	c.carry = c.carry || int64(c.running) != total
}

// adjust sets the total.
func (c *counter) adjust(count int32) { c.running, c.adjusted = count, true }

// freeze keeps the total, and lets it begin with 0 again where that is asked.
func (c *counter) freeze(t asdu.Time, reset bool) {
	c.frozen = c.present()
	c.time, c.ever = t, true
	c.sequence = (c.sequence + 1) % 32
	c.carry, c.adjusted = false, false
	if reset {
		c.running = 0
	}
}

// reset lets the total begin with 0 again. What was frozen stays.
func (c *counter) reset() {
	c.adjust(0)
	c.carry = false
}

func (c *counter) present() asdu.Counter {
	return asdu.Counter{Count: c.running, Sequence: c.sequence, Carry: c.carry, Adjusted: c.adjusted, Invalid: c.invalid}
}

// reading returns what a counter interrogation sees: the frozen total, or the
// running one as long as nothing was ever frozen.
func (c *counter) reading(now asdu.Time) (asdu.Counter, asdu.Time) {
	if c.ever {
		return c.frozen, c.time
	}
	return c.present(), now
}
