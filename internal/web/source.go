package web

import "stellwerk/wire"

// TopologySource says which links there are, how they are and what is routed
// between them.
type TopologySource interface {
	// Topology returns the links in the order in which they are to be shown.
	// It is asked about once a second for every open page, and what it
	// returns must not change afterwards.
	Topology() Topology
}

// PointSource says how the points are and which of them have changed.
type PointSource interface {
	// Changes returns the points whose last change lies after the cursor, in
	// the order of their last changes, at most limit of them. Cursor 0 lies
	// before every change. It is asked up to five times a second for every
	// open page, mostly in vain, so its cost should depend on the number of
	// changes and not on the number of points. The caller may keep and
	// change what it gets.
	Changes(after uint64, limit int) Changes
}

// Changes is what [PointSource] answers.
type Changes struct {
	// Epoch changes when the cursors before mean nothing any more, because
	// the set of points is another one.
	Epoch uint64
	// Cursor is the one to ask with next.
	Cursor uint64
	// More tells that the limit held back some changes.
	More bool
	// Points holds each point once, as it is now.
	Points []Point
}

// TelegramSource keeps the latest telegrams of each link.
type TelegramSource interface {
	// Telegrams returns the newest telegrams of a link whose numbers are
	// above after, oldest first, at most limit of them; false when there is
	// no such link. It is asked up to five times a second for every link and
	// open page. The caller may keep and change what it gets, but for the
	// octets.
	Telegrams(link string, after uint64, limit int) ([]Telegram, bool)
	// Telegram takes one telegram apart; false when it is not kept.
	Telegram(link string, number uint64) (Dissection, bool)
}

// Dissection is a telegram taken apart.
type Dissection struct {
	Telegram
	// Tree is the telegram from the outside inwards, as a [wire.Walker]
	// yields it. Bit 0 is the least significant bit of the first octet.
	Tree []wire.Node
}
