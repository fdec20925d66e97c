package finding

import "stellwerk/wire"

// Rules about the link procedure of IEC 60870-5-104, as seen over time.
const (
	SendSequence     Code = "send-sequence"
	SendRepeated     Code = "send-repeated"
	SendNotZero      Code = "send-not-zero"
	ReceiveAhead     Code = "receive-ahead"
	ReceiveBehind    Code = "receive-behind"
	KExceeded        Code = "k-exceeded"
	WExceeded        Code = "w-exceeded"
	T1Exceeded       Code = "t1-exceeded"
	T2Exceeded       Code = "t2-exceeded"
	T3Exceeded       Code = "t3-exceeded"
	NotStarted       Code = "not-started"
	SupervisoryEarly Code = "s-frame-not-started"
	ConfirmationOnly Code = "confirmation-without-activation"
	StartByStation   Code = "start-by-controlled-station"
)

// Rules about the stream of octets that a capture shows.
const (
	StreamGap          Code = "stream-gap"
	StreamMiddle       Code = "stream-without-handshake"
	StreamOverlap      Code = "stream-overlap"
	StreamNumbers      Code = "stream-numbers"
	OctetsSkipped      Code = "octets-skipped"
	Cut                Code = "packet-cut"
	ChecksumIPv4       Code = "ipv4-checksum"
	ChecksumTCP        Code = "tcp-checksum"
	FragmentIncomplete Code = "fragment-incomplete"
)

// rules is the table.
var rules = []Rule{
	{
		SendSequence, Error, "5.1",
		wire.Text{EN: "N(S) is %d, expected %d: I frames are missing or out of order", DE: "N(S) ist %d statt %d: I-Telegramme fehlen oder sind vertauscht"},
		[]string{"N(S)", "N(S) expected"},
	},
	{
		SendRepeated, Error, "5.1",
		wire.Text{EN: "N(S) %d was sent before, expected %d", DE: "N(S) %d wurde schon gesendet, erwartet war %d"},
		[]string{"N(S)", "N(S) expected"},
	},
	{
		SendNotZero, Error, "5.1",
		wire.Text{EN: "the first I frame after the connection was opened has N(S) %d, not 0", DE: "das erste I-Telegramm nach dem Verbindungsaufbau hat N(S) %d, nicht 0"},
		[]string{"N(S)"},
	},
	{
		ReceiveAhead, Error, "5.1",
		wire.Text{EN: "N(R) is %d, but the other side has sent only up to N(S) %d", DE: "N(R) ist %d, die Gegenseite hat aber nur bis N(S) %d gesendet"},
		[]string{"N(R)", "last N(S) of the other side"},
	},
	{
		ReceiveBehind, Error, "5.1",
		wire.Text{EN: "N(R) is %d, behind the %d that was acknowledged before", DE: "N(R) ist %d und liegt hinter dem schon quittierten %d"},
		[]string{"N(R)", "N(R) before"},
	},
	{
		KExceeded, Error, "5.5",
		wire.Text{EN: "%d I frames are unacknowledged, k allows %d", DE: "%d I-Telegramme sind unquittiert, k erlaubt %d"},
		[]string{"I frames unacknowledged", "k"},
	},
	{
		WExceeded, Warning, "5.5",
		wire.Text{EN: "acknowledged after %d I frames, w asks for it after %d at the latest", DE: "quittiert nach %d I-Telegrammen, w verlangt es spätestens nach %d"},
		[]string{"I frames received", "w"},
	},
	{
		T1Exceeded, Error, "5.2",
		wire.Text{EN: "%s was not answered for %s, t1 is %s", DE: "%s blieb %s unbeantwortet, t1 ist %s"},
		[]string{"what was sent", "time that went by", "t1"},
	},
	{
		T2Exceeded, Warning, "5.2",
		wire.Text{EN: "acknowledged after %s without traffic, t2 is %s", DE: "quittiert nach %s ohne Verkehr, t2 ist %s"},
		[]string{"time that went by", "t2"},
	},
	{
		T3Exceeded, Warning, "5.2",
		wire.Text{EN: "no test frame within %s without traffic, t3 is %s", DE: "kein Testtelegramm in %s ohne Verkehr, t3 ist %s"},
		[]string{"time that went by", "t3"},
	},
	{
		NotStarted, Error, "5.3",
		wire.Text{EN: "I frame while data transfer is stopped", DE: "I-Telegramm bei gestoppter Datenübertragung"},
		nil,
	},
	{
		SupervisoryEarly, Error, "5.3",
		wire.Text{EN: "S frame while data transfer is stopped", DE: "S-Telegramm bei gestoppter Datenübertragung"},
		nil,
	},
	{
		ConfirmationOnly, Error, "5.3",
		wire.Text{EN: "%s without an activation", DE: "%s ohne Aktivierung"},
		[]string{"the confirmation"},
	},
	{
		StartByStation, Error, "5.3",
		wire.Text{EN: "%s by the controlled station: only the controlling station sends it", DE: "%s von der Unterstation: nur die Zentralstation sendet es"},
		[]string{"the activation"},
	},
	{
		StreamGap, Warning, "RFC 9293, 3.4",
		wire.Text{EN: "%d octets are missing from the capture", DE: "%d Oktette fehlen in der Aufzeichnung"},
		[]string{"octets"},
	},
	{
		StreamMiddle, Note, "RFC 9293, 3.5",
		wire.Text{EN: "the capture begins in the middle of the connection", DE: "die Aufzeichnung beginnt mitten in der Verbindung"},
		nil,
	},
	{
		StreamOverlap, Warning, "RFC 9293, 3.10.7.4",
		wire.Text{EN: "%d octets were sent a second time with other contents", DE: "%d Oktette wurden ein zweites Mal mit anderem Inhalt gesendet"},
		[]string{"octets"},
	},
	{
		StreamNumbers, Warning, "RFC 9293, 3.4",
		wire.Text{EN: "the sequence numbers of the packets make no sense; the packets are read in their order", DE: "die Folgenummern der Pakete ergeben keinen Sinn; die Pakete werden in ihrer Reihenfolge gelesen"},
		nil,
	},
	{
		OctetsSkipped, Warning, "5",
		wire.Text{EN: "%d octets skipped up to the next start octet", DE: "%d Oktette bis zum nächsten Startoktett übersprungen"},
		[]string{"octets"},
	},
	{
		Cut, Warning, "",
		wire.Text{EN: "the packet had %[2]d octets, the capture holds %[1]d of them", DE: "die Aufzeichnung enthält %[1]d von %[2]d Oktetten des Pakets"},
		[]string{"octets captured", "octets sent"},
	},
	{
		ChecksumIPv4, Warning, "RFC 791, 3.1",
		wire.Text{EN: "the header checksum is 0x%04x, the header gives 0x%04x", DE: "die Kopfprüfsumme ist 0x%04x, der Kopf ergibt 0x%04x"},
		[]string{"checksum in the packet", "checksum computed"},
	},
	{
		ChecksumTCP, Warning, "RFC 9293, 3.1",
		wire.Text{EN: "the checksum is 0x%04x, the segment gives 0x%04x", DE: "die Prüfsumme ist 0x%04x, das Segment ergibt 0x%04x"},
		[]string{"checksum in the packet", "checksum computed"},
	},
	{
		FragmentIncomplete, Warning, "RFC 791, 3.2",
		wire.Text{EN: "fragments of the datagram are missing", DE: "Fragmente des Datagramms fehlen"},
		nil,
	},
}
