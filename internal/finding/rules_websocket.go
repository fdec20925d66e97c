package finding

import "stellwerk/wire"

// Rules about WebSocket.
const (
	HandshakeWrong     Code = "ws-handshake"
	AcceptWrong        Code = "ws-accept"
	SubprotocolWrong   Code = "ws-subprotocol"
	ExtensionWrong     Code = "ws-extension"
	UpgradeRefused     Code = "ws-refused"
	HandshakeUnseen    Code = "ws-handshake-unseen"
	ClientNotMasked    Code = "ws-not-masked"
	ServerMasked       Code = "ws-masked"
	ReservedBits       Code = "ws-reserved-bits"
	ReservedOpcode     Code = "ws-reserved-opcode"
	LengthForm         Code = "ws-length-form"
	ControlFragmented  Code = "ws-control-fragmented"
	ControlTooLong     Code = "ws-control-too-long"
	ContinuationAlone  Code = "ws-continuation"
	MessageInterrupted Code = "ws-interrupted"
	TextNotUTF8        Code = "ws-utf8"
	CloseCodeWrong     Code = "ws-close-code"
	CloseReasonWrong   Code = "ws-close-reason"
	AfterClose         Code = "ws-after-close"
	ClosedAbnormally   Code = "ws-abnormal-closure"
	NotInflated        Code = "ws-inflate"
	ContextMissing     Code = "ws-context-missing"
	PingUnanswered     Code = "ws-ping-unanswered"
	PongUnasked        Code = "ws-pong-unasked"
)

// websocketRules are the part of the table about connections of WebSocket.
var websocketRules = []Rule{
	{
		HandshakeWrong, Error, "RFC 6455, 4.2",
		wire.Text{EN: "the %s is not as the standard wants it: %s", DE: "%s ist nicht, wie die Norm es verlangt: %s"},
		[]string{"request or response", "what is wrong"},
	},
	{
		AcceptWrong, Error, "RFC 6455, 4.1",
		wire.Text{EN: "Sec-WebSocket-Accept is %q, the key of the request makes it %q", DE: "Sec-WebSocket-Accept ist %q, der Schlüssel der Anfrage ergibt %q"},
		[]string{"value", "value expected"},
	},
	{
		SubprotocolWrong, Error, "RFC 6455, 4.1",
		wire.Text{EN: "the server has chosen the subprotocol %q, which the client did not offer", DE: "der Server hat das Unterprotokoll %q gewählt, das der Client nicht angeboten hat"},
		[]string{"subprotocol"},
	},
	{
		ExtensionWrong, Error, "RFC 6455, 9.1",
		wire.Text{EN: "the server has chosen an extension that cannot be: %s", DE: "der Server hat eine Erweiterung gewählt, die nicht sein kann: %s"},
		[]string{"what is wrong"},
	},
	{
		UpgradeRefused, Warning, "RFC 6455, 4.2.2",
		wire.Text{EN: "the server has refused the connection: %d %s", DE: "der Server hat die Verbindung abgelehnt: %d %s"},
		[]string{"status", "reason"},
	},
	{
		HandshakeUnseen, Note, "RFC 6455, 4",
		wire.Text{EN: "the opening handshake is not in the capture: what was agreed on about compression is not known", DE: "der Handshake fehlt im Mitschnitt: was zur Kompression vereinbart wurde, ist nicht bekannt"},
		nil,
	},
	{
		ClientNotMasked, Error, "RFC 6455, 5.1",
		wire.Text{EN: "a frame of the client is not masked", DE: "ein Rahmen des Clients ist nicht maskiert"},
		nil,
	},
	{
		ServerMasked, Error, "RFC 6455, 5.1",
		wire.Text{EN: "a frame of the server is masked", DE: "ein Rahmen des Servers ist maskiert"},
		nil,
	},
	{
		ReservedBits, Error, "RFC 6455, 5.2",
		wire.Text{EN: "%s is set, and no extension agreed on says what that means", DE: "%s ist gesetzt, und keine vereinbarte Erweiterung sagt, was das heißt"},
		[]string{"bits"},
	},
	{
		ReservedOpcode, Error, "RFC 6455, 5.2",
		wire.Text{EN: "the opcode %d is reserved", DE: "der Opcode %d ist reserviert"},
		[]string{"opcode"},
	},
	{
		LengthForm, Error, "RFC 6455, 5.2",
		wire.Text{EN: "the length %d stands in %d bits, though fewer hold it", DE: "die Länge %d steht in %d Bit, obwohl weniger genügen"},
		[]string{"length", "bits"},
	},
	{
		ControlFragmented, Error, "RFC 6455, 5.5",
		wire.Text{EN: "a %s frame is fragmented", DE: "ein Rahmen (%s) ist fragmentiert"},
		[]string{"opcode"},
	},
	{
		ControlTooLong, Error, "RFC 6455, 5.5",
		wire.Text{EN: "a %s frame has %d octets of payload, 125 are allowed", DE: "ein Rahmen (%s) hat %d Oktette Nutzdaten, erlaubt sind 125"},
		[]string{"opcode", "octets"},
	},
	{
		ContinuationAlone, Error, "RFC 6455, 5.4",
		wire.Text{EN: "a continuation of no message", DE: "eine Fortsetzung ohne Nachricht"},
		nil,
	},
	{
		MessageInterrupted, Error, "RFC 6455, 5.4",
		wire.Text{EN: "a new message begins before the end of the last", DE: "eine neue Nachricht beginnt vor dem Ende der vorigen"},
		nil,
	},
	{
		TextNotUTF8, Error, "RFC 6455, 8.1",
		wire.Text{EN: "the text is not UTF-8: octet %d is wrong", DE: "der Text ist kein UTF-8: Oktett %d ist falsch"},
		[]string{"octet, counted from 1"},
	},
	{
		CloseCodeWrong, Error, "RFC 6455, 7.4",
		wire.Text{EN: "a close frame has %s, which must not be sent", DE: "ein Rahmen zum Schließen hat %s, was nicht gesendet werden darf"},
		[]string{"code"},
	},
	{
		CloseReasonWrong, Error, "RFC 6455, 5.5.1",
		wire.Text{EN: "the reason of a close frame is not UTF-8", DE: "der Grund in einem Rahmen zum Schließen ist kein UTF-8"},
		nil,
	},
	{
		AfterClose, Error, "RFC 6455, 5.5.1",
		wire.Text{EN: "a %s frame behind the close frame of its sender", DE: "ein Rahmen (%s) nach dem Schließen durch seinen Absender"},
		[]string{"opcode"},
	},
	{
		ClosedAbnormally, Warning, "RFC 6455, 7.1.5",
		wire.Text{EN: "the connection has ended without a close frame (1006)", DE: "die Verbindung endete ohne Rahmen zum Schließen (1006)"},
		nil,
	},
	{
		NotInflated, Error, "RFC 7692, 7.2.2",
		wire.Text{EN: "a compressed message cannot be inflated", DE: "eine komprimierte Nachricht ist nicht dekomprimierbar"},
		nil,
	},
	{
		ContextMissing, Note, "RFC 7692, 7.2.2",
		wire.Text{EN: "a compressed message cannot be read: %s", DE: "eine komprimierte Nachricht ist nicht lesbar: %s"},
		[]string{"why"},
	},
	{
		PingUnanswered, Warning, "RFC 6455, 5.5.2",
		wire.Text{EN: "the ping in packet %d had no pong for %s", DE: "der Ping in Paket %d blieb %s ohne Pong"},
		[]string{"packet", "time that went by"},
	},
	{
		PongUnasked, Note, "RFC 6455, 5.5.3",
		wire.Text{EN: "a pong that answers no ping", DE: "ein Pong, der keinen Ping beantwortet"},
		nil,
	},
}
