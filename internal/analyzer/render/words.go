package render

import "stellwerk/wire"

// Words of the text view.
var (
	tPacket      = wire.Text{EN: "packet", DE: "Paket"}
	tPacketTitle = wire.Text{EN: "Packet", DE: "Paket"}
	tOctets      = wire.Text{EN: "octets", DE: "Oktette"}
	tCaptured    = wire.Text{EN: "captured", DE: "aufgezeichnet"}
	tMalformed   = wire.Text{EN: "malformed", DE: "fehlerhaft"}
	tBegunIn     = wire.Text{EN: "begun in packet", DE: "begonnen in Paket"}
	tEndOf       = wire.Text{EN: "End of", DE: "Ende von"}
)
