// Package websocket takes connections of WebSocket apart (RFC 6455): the opening
// handshake, frames, and the messages that they make, which are inflated where
// permessage-deflate was agreed on (RFC 7692). Nothing is taken for granted: what
// breaks the standard is shown as it is.
//
// Where octets are missing the next frame is looked for at the beginning of a
// packet. It counts as one when frames without a fault follow each other from
// there; everything before is passed over, in lines that say so.
package websocket
