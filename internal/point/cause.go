package point

import "strconv"

// Cause says why an update was sent. The numbers are those of the cause of
// transmission in IEC 60870-5-101, 7.2.3; other protocols use the few that fit
// (an ADS notification is cyclic or spontaneous, a read value is requested).
type Cause uint8

// Causes in monitoring direction.
const (
	// CauseUnknown is the zero Cause.
	CauseUnknown Cause = 0
	// CauseCyclic: sent at regular intervals, changed or not.
	CauseCyclic Cause = 1
	// CauseBackground: sent now and then to refresh what may have been missed.
	CauseBackground Cause = 2
	// CauseSpontaneous: sent because something changed.
	CauseSpontaneous Cause = 3
	// CauseInitialized: the station has started.
	CauseInitialized Cause = 4
	// CauseRequested: somebody asked for this one point.
	CauseRequested Cause = 5
	// CauseReturnRemote: the answer of the process to a command from afar.
	CauseReturnRemote Cause = 11
	// CauseReturnLocal: the answer of the process to a command on site.
	CauseReturnLocal Cause = 12
	// CauseInterrogated: part of a general interrogation. Groups 1 to 16 are the
	// numbers behind it.
	CauseInterrogated Cause = 20
	// CauseCounterInterrogated: part of a general counter interrogation. Groups
	// 1 to 4 are the numbers behind it.
	CauseCounterInterrogated Cause = 37
)

// Groups that an interrogation can ask for.
const (
	maxGroup        = 16
	maxCounterGroup = 4
)

// InterrogatedGroup gives the cause of an answer to the interrogation of a group
// from 1 to 16; CauseInterrogated for every other number.
func InterrogatedGroup(group int) Cause {
	if group < 1 || group > maxGroup {
		return CauseInterrogated
	}
	return CauseInterrogated + Cause(group)
}

// CounterGroup gives the cause of an answer to the interrogation of a group of
// counters from 1 to 4; CauseCounterInterrogated for every other number.
func CounterGroup(group int) Cause {
	if group < 1 || group > maxCounterGroup {
		return CauseCounterInterrogated
	}
	return CauseCounterInterrogated + Cause(group)
}

// Interrogated says whether the update answers an interrogation of any kind.
func (c Cause) Interrogated() bool {
	return c >= CauseInterrogated && c <= CauseCounterInterrogated+maxCounterGroup
}

// Repeats says whether the update repeats a state that may well be known
// already: cyclic, background, requested or interrogated. All else reports
// something that happened.
func (c Cause) Repeats() bool {
	return c == CauseCyclic || c == CauseBackground || c == CauseRequested || c.Interrogated()
}

// String gives the English name, and a number for a cause without one.
func (c Cause) String() string {
	switch {
	case c > CauseInterrogated && c <= CauseInterrogated+maxGroup:
		return "interrogated group " + strconv.Itoa(int(c-CauseInterrogated))
	case c > CauseCounterInterrogated && c <= CauseCounterInterrogated+maxCounterGroup:
		return "interrogated counter group " + strconv.Itoa(int(c-CauseCounterInterrogated))
	}
	if name, known := causeNames[c]; known {
		return name
	}
	return "cause " + strconv.Itoa(int(c))
}

var causeNames = map[Cause]string{
	CauseUnknown:             "unknown",
	CauseCyclic:              "cyclic",
	CauseBackground:          "background",
	CauseSpontaneous:         "spontaneous",
	CauseInitialized:         "initialized",
	CauseRequested:           "requested",
	CauseReturnRemote:        "return information, remote command",
	CauseReturnLocal:         "return information, local command",
	CauseInterrogated:        "interrogated",
	CauseCounterInterrogated: "interrogated counters",
}

// MarshalText gives the English name.
func (c Cause) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
