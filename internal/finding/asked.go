package finding

import "stellwerk/wire"

// Rules about a station that is asked, and not only listened to.
const (
	// Malformed is a telegram with something wrong in its octets; what, the codec
	// says.
	Malformed            Code = "malformed"
	NoCommonAddress      Code = "no-common-address"
	BroadcastUnanswered  Code = "broadcast-unanswered"
	InterrogationUnended Code = "interrogation-not-terminated"
	InterrogationSilent  Code = "interrogation-unanswered"
	InterrogationEmpty   Code = "interrogation-empty"
	KDiffers             Code = "k-differs"
	WindowStuck          Code = "window-stuck"
	Unacknowledged       Code = "unacknowledged"
	ClockOff             Code = "clock-off"
	TimeInvalid          Code = "time-invalid"
	AddressShared        Code = "address-shared"
	PointsNotRemembered  Code = "points-not-remembered"
	ClosedEarly          Code = "closed-early"
	BrokenOff            Code = "broken-off"
)

// askedRules are the part of the table about stations that are asked.
var askedRules = []Rule{
	{
		Malformed, Error, "5.1",
		wire.Text{EN: "%s", DE: "%s"},
		[]string{"what is wrong"},
	},
	{
		NoCommonAddress, Warning, "IEC 60870-5-101, 7.2.4",
		wire.Text{EN: "no common address answers an interrogation, neither all (%d) nor %s", DE: "keine gemeinsame Adresse beantwortet eine Abfrage, weder alle (%d) noch %s"},
		[]string{"broadcast address", "addresses that were tried"},
	},
	{
		BroadcastUnanswered, Note, "IEC 60870-5-101, 7.2.4",
		wire.Text{EN: "an interrogation of all common addresses (%d) is not answered: each must be asked by itself", DE: "eine Abfrage aller gemeinsamen Adressen (%d) bleibt unbeantwortet: jede muss einzeln gefragt werden"},
		[]string{"broadcast address"},
	},
	{
		InterrogationUnended, Error, "IEC 60870-5-101, 7.4.5",
		wire.Text{EN: "the interrogation of common address %d is confirmed but not terminated (cause 10) within %s", DE: "die Abfrage der gemeinsamen Adresse %d ist bestätigt, aber nach %s nicht beendet (Ursache 10)"},
		[]string{"common address", "time that went by"},
	},
	{
		InterrogationSilent, Error, "IEC 60870-5-101, 7.4.5",
		wire.Text{EN: "the interrogation of common address %d is not answered within %s", DE: "die Abfrage der gemeinsamen Adresse %d bleibt %s unbeantwortet"},
		[]string{"common address", "time that went by"},
	},
	{
		InterrogationEmpty, Warning, "IEC 60870-5-101, 7.4.5",
		wire.Text{EN: "the interrogation of common address %d gives no objects: nothing may be configured", DE: "die Abfrage der gemeinsamen Adresse %d liefert keine Objekte: vielleicht ist nichts parametriert"},
		[]string{"common address"},
	},
	{
		KDiffers, Warning, "5.5",
		wire.Text{EN: "stops after %d unacknowledged I frame(s), not after k = %d: a control centre with w above that waits for t2 each time", DE: "hält nach %d unquittierten I-Telegramm(en) an statt nach k = %d: eine Zentrale mit größerem w wartet jedes Mal t2 ab"},
		[]string{"I frames unacknowledged", "k"},
	},
	{
		WindowStuck, Error, "5.5",
		wire.Text{EN: "sends nothing more after its %d I frame(s) were acknowledged", DE: "sendet nichts mehr, nachdem seine %d I-Telegramm(e) quittiert sind"},
		[]string{"I frames acknowledged"},
	},
	{
		Unacknowledged, Warning, "5.2",
		wire.Text{EN: "an I frame was not acknowledged within %s, t2 is %s", DE: "ein I-Telegramm blieb %s unquittiert, t2 ist %s"},
		[]string{"time that went by", "t2"},
	},
	{
		ClockOff, Warning, "IEC 60870-5-101, 7.2.6.18",
		wire.Text{EN: "the clock is %s", DE: "die Uhr geht falsch: %s"},
		[]string{"how far it is off"},
	},
	{
		TimeInvalid, Warning, "IEC 60870-5-101, 7.2.6.18",
		wire.Text{EN: "%d time tag(s) are marked as invalid: the clock may never have been set", DE: "%d Zeitmarke(n) sind als ungültig gekennzeichnet: die Uhr ist vielleicht nie gestellt worden"},
		[]string{"time tags"},
	},
	{
		AddressShared, Warning, "IEC 60870-5-101, 7.2.5",
		wire.Text{EN: "object address %s carries points of several kinds: %s", DE: "Objektadresse %s trägt Punkte mehrerer Arten: %s"},
		[]string{"address", "types"},
	},
	{
		PointsNotRemembered, Note, "",
		wire.Text{EN: "more than %d points: further ones are counted, not listed", DE: "mehr als %d Punkte: weitere sind gezählt, nicht aufgeführt"},
		[]string{"points"},
	},
	{
		ClosedEarly, Note, "5.2",
		wire.Text{EN: "closed the connection after %s without acknowledgement: its t1 is below that of the standard (15 s)", DE: "beendete die Verbindung nach %s ohne Quittung: sein t1 liegt unter dem der Norm (15 s)"},
		[]string{"time that went by"},
	},
	{
		BrokenOff, Error, "",
		wire.Text{EN: "the connection ended early: %s", DE: "die Verbindung endete vorzeitig: %s"},
		[]string{"what happened"},
	},
}
