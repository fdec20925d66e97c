package tf6770

import "time"

// Defaults of FB_IotWebSocketClient. The manual names host, port and the sizes of
// frames and messages; the times and the queues are a choice of this package.
const (
	DefaultHost = "localhost" // sHostName
	DefaultPort = 80          // nHostPort

	DefaultMaxReceiveFrame   = 0x10000  // nMaxRecvFrameSize, octets
	DefaultMaxReceiveMessage = 0x100000 // nMaxRecvMsgSize, octets
	DefaultMaxSendFrame      = 0x4000   // nMaxSendFrameSize, octets
	DefaultMaxQueue          = 4 << 20  // octets

	DefaultKeepAliveInterval      = 30 * time.Second // nKeepAliveInterval
	DefaultKeepAliveCloseTimeout  = 10 * time.Second // nKeepAliveCloseTimeout
	DefaultConnectResponseTimeout = 10 * time.Second // nConnectResponseTimeout
)
