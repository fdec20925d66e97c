//go:build !unix

package iec104

// noRoom leaves errors as they are: what a full disk returns is not known here.
func noRoom(err error) error { return err }
