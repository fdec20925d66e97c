package point

// Update is one change, or one repetition, of one point. It is copied by value;
// what Telegram points to is never changed by anybody after the update was made.
type Update struct {
	// ID is the point. While it goes through the house it is the source point up
	// to the route, and the target point behind it.
	ID ID
	// Value is the value; of kind Raw where Telegram is set, and None only in
	// answers of a [Source] about a point that never had a value.
	Value Value
	// Time says when the value arose, as far as the source said.
	Time Time
	// Received is when the telegram arrived here.
	Received Instant
	// Trace is the number of the telegram that brought the update.
	Trace Trace
	// Type is the name that the protocol gives to what carried the value or is to
	// carry it: "M_ME_TF_1", "REAL". A link sets it when it decodes; a route sets
	// the target's type where one is configured and leaves it otherwise. A link
	// that encodes follows it where the name is its own and can hold the value,
	// and chooses by itself where not: by kind, and whether there is a time.
	Type string
	// Telegram is set, and Value is Raw, where no common point can express what
	// came. ID then is what the telegram is addressed by.
	Telegram *Telegram
	// Quality says how far the value can be trusted.
	Quality Quality
	// Cause says why the update was sent.
	Cause Cause
	// Test is set by a telegram with the test bit: it is shown, changes nothing,
	// and leaves the house only by a route that says so.
	Test bool
}

// Measurand tells what a full queue lets go first from what happened once: a
// Number, or another value whose cause is one that repeats a state. Counters and
// untouched telegrams are no measurands.
func (u *Update) Measurand() bool {
	switch u.Value.Kind() {
	case Number:
		return true
	case Single, Double, Step, Bits:
		return u.Cause.Repeats()
	case None, Counter, Raw:
	}
	return false
}

// Replaceable says whether a newer update of the point may take the place of this
// one in a queue: it is a measurand without a time, or timed says that a time is no
// obstacle. Telegrams with the test bit are not.
func (u *Update) Replaceable(timed bool) bool {
	return u.Measurand() && (timed || !u.Time.Known()) && !u.Test
}

// Telegram is what came from the wire and no common point can express. Whoever
// takes it over does not change it.
type Telegram struct {
	// Protocol is the name of the protocol that Raw is written in: "iec104". A
	// link of another protocol cannot send it.
	Protocol string
	// Raw is the telegram without its transport: an ASDU, for IEC 104.
	Raw []byte
}
