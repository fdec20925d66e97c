//go:build !race

package iec104_test

// raced tells that the race detector is at work, which takes memory of its own.
const raced = false
