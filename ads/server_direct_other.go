//go:build !unix

package ads

import "net"

// serverDirect is for systems whose sockets can be used without waiting.
type serverDirect struct{}

func newServerDirect(net.Conn) *serverDirect { return nil }

func (*serverDirect) write([]byte) int { return 0 }
