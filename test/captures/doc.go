// Package captures makes the captures that this directory holds (README.md), and longer
// ones of the same kind for benchmarks. Everything in them comes from the codecs of
// this module: nothing was recorded from anybody's plant.
//
// The files are written anew with
//
//	go test ./test/captures -update
//
// and come out the same, octet for octet, in every run.
package captures
