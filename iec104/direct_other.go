//go:build !unix

package iec104

import "net"

// directWriter is for systems whose sockets can be written without waiting.
type directWriter struct{}

func newDirectWriter(net.Conn) *directWriter { return nil }

func (*directWriter) write([]byte) int { return 0 }
