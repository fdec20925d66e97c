//go:build !unix

package ads

import "net"

// connDirect is for systems whose sockets can be used without waiting.
type connDirect struct{}

func newConnDirect(net.Conn) *connDirect { return nil }

func (*connDirect) write([]byte) int { return 0 }
