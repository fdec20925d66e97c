package finding

import "stellwerk/wire"

// Rules about the link procedure of IEC 60870-5-104, as seen over time.
const (
	SendSequence       Code = "send-sequence"
	SendRepeated       Code = "send-repeated"
	SendNotZero        Code = "send-not-zero"
	ReceiveAhead       Code = "receive-ahead"
	ReceiveBehind      Code = "receive-behind"
	KExceeded          Code = "k-exceeded"
	WExceeded          Code = "w-exceeded"
	T1Exceeded         Code = "t1-exceeded"
	T2Exceeded         Code = "t2-exceeded"
	T3Exceeded         Code = "t3-exceeded"
	NotStarted         Code = "not-started"
	SupervisoryEarly   Code = "s-frame-not-started"
	ConfirmationOnly   Code = "confirmation-without-activation"
	StartByStation     Code = "start-by-controlled-station"
	StopUnacknowledged Code = "stop-unacknowledged"
	ReservedControl    Code = "control-field-reserved"
	Encrypted          Code = "encrypted"
)

// Rules about ASDUs that show only beside others, or beside the profile of IEC
// 60870-5-104. What is wrong with a single one the codec says by itself.
const (
	CommandUnconfirmed  Code = "command-unconfirmed"
	ConfirmationUnasked Code = "confirmation-unasked"
	ConfirmationDiffers Code = "confirmation-differs"
	Type101             Code = "type-of-101"
	ControlByStation    Code = "command-by-controlled-station"
)

// rules are the part of the table about what only a capture shows.
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
		StopUnacknowledged, Error, "5.3",
		wire.Text{EN: "STOPDT con although %d I frame(s) of its sender are not acknowledged", DE: "STOPDT con, obwohl %d I-Telegramm(e) des Absenders nicht quittiert sind"},
		[]string{"I frames unacknowledged"},
	},
	{
		ReservedControl, Warning, "5.1",
		wire.Text{EN: "bits of the control field that must be 0 are set", DE: "Bits des Kontrollfelds, die 0 sein müssen, sind gesetzt"},
		nil,
	},
	{
		Encrypted, Note, "IEC 62351-3",
		wire.Text{EN: "the connection is encrypted with TLS: its telegrams cannot be read", DE: "die Verbindung ist mit TLS verschlüsselt: ihre Telegramme sind nicht lesbar"},
		nil,
	},
	{
		CommandUnconfirmed, Warning, "IEC 60870-5-101, 7.4.10",
		wire.Text{EN: "%s to %d/%d in packet %d is not confirmed after %s", DE: "%s an %d/%d in Paket %d ist nach %s nicht bestätigt"},
		[]string{"type and cause", "common address", "object address", "packet", "time that went by"},
	},
	{
		ConfirmationUnasked, Warning, "IEC 60870-5-101, 7.4.10",
		wire.Text{EN: "%s of %d/%d confirms what nobody has sent", DE: "%s von %d/%d bestätigt, was niemand gesendet hat"},
		[]string{"type and cause", "common address", "object address"},
	},
	{
		ConfirmationDiffers, Error, "IEC 60870-5-101, 7.4.10",
		wire.Text{EN: "%s of %d/%d differs from packet %d in %s: it must mirror it", DE: "%s von %d/%d weicht von Paket %d ab in %s: es muss gespiegelt sein"},
		[]string{"type and cause", "common address", "object address", "packet of the activation", "what differs"},
	},
	{
		Type101, Note, "7",
		wire.Text{EN: "%s is a type of IEC 60870-5-101 that IEC 60870-5-104 does not use", DE: "%s ist ein Typ von IEC 60870-5-101, den IEC 60870-5-104 nicht verwendet"},
		[]string{"type"},
	},
	{
		ControlByStation, Warning, "IEC 60870-5-101, 7.3",
		wire.Text{EN: "%s comes from the side that confirmed STARTDT: a command of the controlled station", DE: "%s kommt von der Seite, die STARTDT bestätigt hat: ein Befehl der Unterstation"},
		[]string{"type and cause"},
	},
}
