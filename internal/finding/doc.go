// Package finding says what is wrong with traffic: code, severity, clause of the
// standard, and a sentence in English and German.
//
// What concerns a single telegram the protocol library finds by itself and states
// with code and text; it becomes a [Finding] as it is. So does what a capture shows of
// packets and streams. What shows only over time or across telegrams (sequence
// numbers, windows, timers, commands and their confirmations) has its code, severity,
// clause and text in the one table of this package, which everything that finds,
// prints or documents looks up.
package finding
