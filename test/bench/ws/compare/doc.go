// Package compare holds the WebSocket library of this module against those of
// other people: echo round trips over one TCP connection on the loopback, both
// ends in one process, one message at a time.
//
// All take the same message. With deflate each message is compressed, at the
// fastest level and for itself: thresholds below which a library would leave a
// message as it is are switched off. Each is used in the way that is its fastest:
// gws by its callbacks, gobwas with buffers that are kept.
//
//	go test -run - -bench Echo -benchtime 1x
//
// takes the libraries in turn, again and again, and reports the median of each and
// our share of the best one. It is a module of its own so that nothing of theirs
// comes near the program.
package compare
