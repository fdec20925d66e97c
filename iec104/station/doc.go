// Package station is a controlled station that an application fills in a few
// lines: points, controls, and what they have to do with each other.
//
//	s, err := station.New(nil, station.Sector{
//		Points: []station.Point{
//			{Address: 100, Type: asdu.M_DP_TB_1, Name: "breaker", Initial: asdu.On},
//			{Address: 300, Type: asdu.M_ME_TF_1, Name: "frequency", Initial: 50.0, Measure: station.Measure{Threshold: 0.01}},
//		},
//		Controls: []station.Control{
//			{Address: 1100, Type: asdu.C_DC_NA_1, Feedback: 100, Select: station.SelectRequired, Running: 200 * time.Millisecond},
//		},
//	})
//	defer s.Close()
//	go s.Serve(listener)
//	err = s.Set(1, 300, 50.02)
//
// The station answers everything else by itself: interrogations, counters,
// reads, parameters, clock, reset and commands, with select before operate. It
// says so in the cause of transmission, and chooses types with or without time
// tag by it: events and return information have the type of the point, and
// everything that was asked for, or is sent in cycles, the type without time
// tag.
//
// # Choices
//
// Where the standards leave one, the station does as follows.
//
// An interrogation repeated while it runs starts afresh: it is confirmed again,
// all data are sent again, and there is one termination. Interrogations of
// groups without points are confirmed and terminated. Counter interrogations
// are answered with what was frozen last, and with the running total as long as
// nothing ever was; a freeze is confirmed and terminated.
//
// Controls that are moving refuse further commands. Every command is refused
// negatively, with cause 7, for what the errors of this package say, and with
// cause 47 where there is no control of its type. Return information of types
// that do not have the causes 11 and 12, such as measured values, is sent as
// spontaneous.
//
// Each sector has a clock. Its time is judged when time-tagged commands come,
// whether or not it was ever synchronised.
package station
