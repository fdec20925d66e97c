// Package frame takes WebSocket frames apart and puts them together (RFC 6455,
// section 5), without a connection: headers, masking, text that is checked as it
// arrives, the body of close frames, and the compression of messages (RFC 7692).
package frame
