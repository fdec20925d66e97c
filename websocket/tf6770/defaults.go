package tf6770

import "time"

// Defaults of FB_IotWebSocketClient. The manual names the sizes; the times are
// a choice of this package, since the manual names none.
const (
	DefaultHost = "localhost" // sHostName
	DefaultPort = 80          // nHostPort

	DefaultMaxReceiveFrame   = 0x10000  // nMaxRecvFrameSize, octets
	DefaultMaxReceiveMessage = 0x100000 // nMaxRecvMsgSize, octets
	DefaultMaxSendFrame      = 0x4000   // nMaxSendFrameSize, octets

	DefaultKeepAliveInterval      = 30 * time.Second // nKeepAliveInterval
	DefaultKeepAliveCloseTimeout  = 10 * time.Second // nKeepAliveCloseTimeout
	DefaultConnectResponseTimeout = 10 * time.Second // nConnectResponseTimeout
)
