package finding

import "stellwerk/wire"

// Rules about ADS.
const (
	ADSUnanswered         Code = "ads-unanswered"
	ADSAnsweredTwice      Code = "ads-answered-twice"
	ADSAnswerUnasked      Code = "ads-answer-unasked"
	ADSLength             Code = "ads-length"
	ADSNotificationLength Code = "ads-notification-length"
	ADSStateFlags         Code = "ads-state-flags"
	ADSCommandFlag        Code = "ads-command-flag"
	ADSTransportFlag      Code = "ads-transport-flag"
	ADSNotificationFlag   Code = "ads-notification-flag"
	ADSUnknownCommand     Code = "ads-unknown-command"
	ADSError              Code = "ads-error"
	ADSItemError          Code = "ads-item-error"
	ADSNotificationAlone  Code = "ads-notification-unasked"
	ADSPassword           Code = "ads-password"
)

const (
	amsHeader = "AMS header"
	adsSpec   = "ADS specification"
)

// adsRules are the part of the table about ADS. Beckhoff's documentation has no
// clauses: the rules name its pages.
var adsRules = []Rule{
	{
		ADSUnanswered, Warning, amsHeader + ", invoke ID",
		wire.Text{EN: "%s with invoke ID %d (packet %d) has no answer after %s", DE: "%s mit der Invoke-ID %d (Paket %d) ist nach %s nicht beantwortet"},
		[]string{"command", "invoke ID", "packet of the request", "time that went by"},
	},
	{
		ADSAnsweredTwice, Warning, amsHeader + ", invoke ID",
		wire.Text{EN: "%s with invoke ID %d was answered before", DE: "%s mit der Invoke-ID %d wurde schon beantwortet"},
		[]string{"command", "invoke ID"},
	},
	{
		ADSAnswerUnasked, Warning, amsHeader + ", invoke ID",
		wire.Text{EN: "nobody has asked for the answer to %s with invoke ID %d", DE: "nach der Antwort auf %s mit der Invoke-ID %d hat niemand gefragt"},
		[]string{"command", "invoke ID"},
	},
	{
		ADSLength, Error, adsSpec,
		wire.Text{EN: "%d octets were asked for, the answer has %d", DE: "%d Oktette waren gefragt, die Antwort hat %d"},
		[]string{"octets asked for", "octets of the answer"},
	},
	{
		ADSNotificationLength, Note, adsSpec + ", DeviceNotification",
		wire.Text{EN: "the notification says %d octets, %d follow", DE: "die Notification nennt %d Oktette, es folgen %d"},
		[]string{"length", "octets that follow"},
	},
	{
		ADSStateFlags, Warning, amsHeader + ", state flags",
		wire.Text{EN: "state flags that must be 0 are set: %s", DE: "State Flags, die 0 sein müssen, sind gesetzt: %s"},
		[]string{"flags"},
	},
	{
		ADSCommandFlag, Error, amsHeader + ", state flags",
		wire.Text{EN: "the state flag for ADS commands (0x0004) is not set", DE: "das State Flag für ADS-Befehle (0x0004) ist nicht gesetzt"},
		nil,
	},
	{
		ADSTransportFlag, Warning, amsHeader + ", state flags",
		wire.Text{EN: "the state flags say %s, the frame came by %s", DE: "laut State Flags %s, das Telegramm kam über %s"},
		[]string{"transport in the flags", "transport"},
	},
	{
		ADSNotificationFlag, Warning, amsHeader + ", state flags",
		wire.Text{EN: "the notification is marked as an answer", DE: "die Notification ist als Antwort gekennzeichnet"},
		nil,
	},
	{
		ADSUnknownCommand, Error, amsHeader + ", command ID",
		wire.Text{EN: "command ID %d is not defined", DE: "die Befehls-ID %d ist nicht definiert"},
		[]string{"command ID"},
	},
	{
		ADSError, Warning, "ADS return codes",
		wire.Text{EN: "%s is answered with %s", DE: "%s wird beantwortet mit %s"},
		[]string{"command", "code and meaning"},
	},
	{
		ADSItemError, Warning, "ADS return codes",
		wire.Text{EN: "%d of %d items are answered with errors, the first with %s", DE: "%d von %d Elementen werden mit Fehlern beantwortet, das erste mit %s"},
		[]string{"items that failed", "items", "code and meaning"},
	},
	{
		ADSNotificationAlone, Warning, adsSpec + ", DeviceNotification",
		wire.Text{EN: "nobody has asked for notification handle 0x%x, or it was ended", DE: "Notification-Handle 0x%x hat niemand angefordert, oder es ist beendet"},
		[]string{"handle"},
	},
	{
		ADSPassword, Warning, "",
		wire.Text{EN: "the password of user %q for a route travels in clear text", DE: "das Passwort des Benutzers %q für eine Route ist im Klartext zu lesen"},
		[]string{"user"},
	},
}
