//go:build !unix

package iec104

import "net"

// directWriter and directReader are for systems whose sockets can be used
// without waiting.
type (
	directWriter struct{}
	directReader struct{}
)

func newDirectWriter(net.Conn) *directWriter { return nil }

func newDirectReader(net.Conn) *directReader { return nil }

func (*directWriter) write([]byte) int { return 0 }

func (*directReader) read(*input) (int, error) { return 0, nil }
