// Package probe looks at a controlled station of IEC 60870-5-104 as a newcomer to
// the link would: how fast it answers, what it has, what its clock shows, where
// its window ends. It writes nothing to the process: it starts and stops data
// transfer, interrogates, reads counters without freezing them, and sends test
// commands.
//
// It is a bare peer with sequence numbers of its own, and not the library's
// controlling station, because it must be able to withhold acknowledgements.
package probe
