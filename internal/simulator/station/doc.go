// Package station simulates controlled stations of IEC 60870-5-104, always
// behind the library that real ones use: a substation whose process moves
// ([Substation]), and a capture that becomes a live peer ([Replay]).
package station
