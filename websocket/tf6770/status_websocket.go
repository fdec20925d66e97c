package tf6770

import "stellwerk/wire"

// webSocketStatuses are those of the opening handshake and of the messages.
var webSocketStatuses = map[Status]explanation{
	InternalError: {
		name:    "WS_STATUS_INTERNAL_ERROR",
		meaning: wire.Text{EN: "something within the own program has failed", DE: "im eigenen Programm ist etwas gescheitert"},
		cause:   wire.Text{EN: "OnWebSocketMessage has returned an HRESULT that reports a failure; the connection was closed with code 1011", DE: "OnWebSocketMessage hat ein HRESULT geliefert, das einen Fehler meldet; die Verbindung wurde mit Code 1011 geschlossen"},
		remedy:  wire.Text{EN: "see hrErrorCode, which is what OnWebSocketMessage has returned; return S_OK, or S_FALSE to get the message again", DE: "hrErrorCode ansehen, den OnWebSocketMessage geliefert hat; S_OK liefern, oder S_FALSE, um die Nachricht noch einmal zu bekommen"},
	},
	RequestInternalError: {
		name:    "WS_STATUS_CONNECT_REQ_INTERNAL_ERROR",
		meaning: wire.Text{EN: "the request for the connection could not be made", DE: "die Verbindungsanfrage ließ sich nicht bilden"},
		cause:   wire.Text{EN: "sUri, sProtocol, sOrigin or a further header has signs that a request must not have", DE: "sUri, sProtocol, sOrigin oder ein weiterer Header enthält Zeichen, die in einer Anfrage nicht stehen dürfen"},
		remedy:  wire.Text{EN: "correct the input that the message names", DE: "den Eingang berichtigen, den die Meldung nennt"},
	},
	RequestSendError: {
		name:    "WS_STATUS_CONNECT_REQ_SEND_ERROR",
		meaning: wire.Text{EN: "the request could not be sent", DE: "die Anfrage ließ sich nicht senden"},
		cause:   wire.Text{EN: "the server has taken the TCP connection and reset it at once", DE: "der Server hat die TCP-Verbindung angenommen und sofort zurückgesetzt"},
		remedy:  wire.Text{EN: "check that the port belongs to a WebSocket server, and whether it limits who may connect", DE: "prüfen, ob der Port zu einem WebSocket-Server gehört und ob dieser Clients ausschließt"},
	},
	ResponseParseError: {
		name:    "WS_STATUS_CONNECT_RES_PARSE_ERROR",
		meaning: wire.Text{EN: "the server's response is no HTTP", DE: "die Antwort des Servers ist kein HTTP"},
		cause:   wire.Text{EN: "another protocol is spoken on the port, or the response is damaged or longer than 64 KiB", DE: "auf dem Port wird ein anderes Protokoll gesprochen, oder die Antwort ist beschädigt oder länger als 64 KiB"},
		remedy:  wire.Text{EN: "check nHostPort; a server that wants TLS answers so when TLS is off", DE: "nHostPort prüfen; so antwortet auch ein Server, der TLS verlangt, wenn TLS aus ist"},
	},
	ResponseInvalid: {
		name:    "WS_STATUS_CONNECT_RES_INVALID",
		meaning: wire.Text{EN: "the server's response lacks what an upgrade needs", DE: "der Antwort des Servers fehlt, was ein Upgrade braucht"},
		cause:   wire.Text{EN: "it is not HTTP/1.1, or the header Upgrade or Connection is missing or wrong", DE: "sie ist nicht HTTP/1.1, oder der Header Upgrade oder Connection fehlt oder ist falsch"},
		remedy:  wire.Text{EN: "let proxies in between pass the headers Upgrade and Connection on", DE: "Proxys dazwischen die Header Upgrade und Connection durchreichen lassen"},
	},
	ResponseStatus: {
		name:    "WS_STATUS_CONNECT_RES_INVALID_STATUS",
		meaning: wire.Text{EN: "the server answers with another HTTP status than 101", DE: "der Server antwortet mit einem anderen HTTP-Status als 101"},
		cause:   wire.Text{EN: "the path is wrong (404), a login is missing (401, 403), the server redirects (3xx) or is in trouble (5xx)", DE: "der Pfad ist falsch (404), eine Anmeldung fehlt (401, 403), der Server leitet um (3xx) oder ist gestört (5xx)"},
		remedy:  wire.Text{EN: "see the status in the message; check sUri, sOrigin and the login", DE: "den Status in der Meldung ansehen; sUri, sOrigin und die Anmeldung prüfen"},
	},
	ResponseAccept: {
		name:    "WS_STATUS_CONNECT_RES_ACCEPT_INVALID",
		meaning: wire.Text{EN: "the response lacks Sec-WebSocket-Accept", DE: "der Antwort fehlt Sec-WebSocket-Accept"},
		cause:   wire.Text{EN: "the header is missing, empty, or there more than once: the server does not know WebSocket", DE: "der Header fehlt, ist leer oder mehrfach da: der Server kennt WebSocket nicht"},
		remedy:  wire.Text{EN: "check host and path; correct the server", DE: "Host und Pfad prüfen; den Server berichtigen"},
	},
	ResponseAcceptHash: {
		name:    "WS_STATUS_CONNECT_RES_ACCEPT_INVALID_HASH",
		meaning: wire.Text{EN: "Sec-WebSocket-Accept does not belong to the request", DE: "Sec-WebSocket-Accept gehört nicht zur Anfrage"},
		cause:   wire.Text{EN: "the server calculates it wrongly, or a cache in between answers with an old response", DE: "der Server berechnet ihn falsch, oder ein Cache dazwischen antwortet mit einer alten Antwort"},
		remedy:  wire.Text{EN: "take caches out of the way, for instance with TLS; correct the server", DE: "Caches umgehen, zum Beispiel mit TLS; den Server berichtigen"},
	},
	ResponseExtension: {
		name:    "WS_STATUS_CONNECT_RES_INVALID_EXTENSION",
		meaning: wire.Text{EN: "the server agrees on an extension that was not offered", DE: "der Server vereinbart eine Erweiterung, die nicht angeboten wurde"},
		cause:   wire.Text{EN: "Sec-WebSocket-Extensions names something other than permessage-deflate, parameters that were not offered, or bPerMessageDeflate is off", DE: "Sec-WebSocket-Extensions nennt etwas anderes als permessage-deflate oder nicht angebotene Parameter, oder bPerMessageDeflate ist aus"},
		remedy:  wire.Text{EN: "correct the server, or try with bPerMessageDeflate the other way", DE: "den Server berichtigen oder bPerMessageDeflate umschalten"},
	},
	ResponseReject: {
		name:    "WS_STATUS_CONNECT_RES_REJECT",
		meaning: wire.Text{EN: "the server's subprotocol was rejected", DE: "das Unterprotokoll des Servers wurde zurückgewiesen"},
		cause:   wire.Text{EN: "CheckProtocol has returned FALSE, or the server wants a subprotocol that sProtocol does not have", DE: "CheckProtocol hat FALSE geliefert, oder der Server will ein Unterprotokoll, das nicht in sProtocol steht"},
		remedy:  wire.Text{EN: "give in sProtocol what the server speaks", DE: "in sProtocol angeben, was der Server spricht"},
	},
	ResponseTimeout: {
		name:    "WS_STATUS_CONNECT_RES_TIMEOUT",
		meaning: wire.Text{EN: "the server has not answered the request in time", DE: "der Server hat die Anfrage nicht rechtzeitig beantwortet"},
		cause:   wire.Text{EN: "TCP stands, but no whole response came within nConnectResponseTimeout, or Execute was not called meanwhile", DE: "TCP steht, aber innerhalb von nConnectResponseTimeout kam keine ganze Antwort, oder Execute wurde solange nicht aufgerufen"},
		remedy:  wire.Text{EN: "check that the port belongs to a WebSocket server and that TLS is on where the server wants it; raise nConnectResponseTimeout", DE: "prüfen, ob der Port zu einem WebSocket-Server gehört und TLS an ist, wenn der Server es verlangt; nConnectResponseTimeout erhöhen"},
	},
	KeepAliveTimeout: {
		name:    "WS_STATUS_KEEP_ALIVE_TIMEOUT",
		meaning: wire.Text{EN: "the server has not answered a ping", DE: "der Server hat einen Ping nicht beantwortet"},
		cause:   wire.Text{EN: "nothing came for nKeepAliveInterval, nor within nKeepAliveCloseTimeout after the ping: the server hangs, or the line is cut", DE: "nKeepAliveInterval lang kam nichts und nach dem Ping auch nichts innerhalb von nKeepAliveCloseTimeout: der Server hängt, oder die Leitung ist unterbrochen"},
		remedy:  wire.Text{EN: "check server and network, and connect again; raise nKeepAliveCloseTimeout on slow lines", DE: "Server und Netz prüfen und neu verbinden; auf langsamen Strecken nKeepAliveCloseTimeout erhöhen"},
	},
	NoMemory: {
		name:    "WS_STATUS_NOMEMORY",
		meaning: wire.Text{EN: "there is no room for the message", DE: "für die Nachricht ist kein Platz"},
		cause:   wire.Text{EN: "the queue of messages to be sent is full: the server takes them more slowly than SendMessage is called", DE: "die Warteschlange der zu sendenden Nachrichten ist voll: der Server nimmt sie langsamer ab, als SendMessage aufgerufen wird"},
		remedy:  wire.Text{EN: "call SendMessage again in a later cycle, and send less often", DE: "SendMessage in einem späteren Zyklus wiederholen und seltener senden"},
	},
	InvalidMessageSize: {
		name:    "WS_STATUS_INVALID_MSG_SIZE",
		meaning: wire.Text{EN: "a frame or a message is too long", DE: "ein Frame oder eine Nachricht ist zu lang"},
		cause:   wire.Text{EN: "the server has sent more than nMaxRecvFrameSize or nMaxRecvMsgSize allows, or has closed with code 1009, because what it got was too long for it", DE: "der Server hat mehr gesendet, als nMaxRecvFrameSize oder nMaxRecvMsgSize erlaubt, oder mit Code 1009 geschlossen, weil ihm eine Nachricht zu lang war"},
		remedy:  wire.Text{EN: "raise the limit, or have shorter messages sent", DE: "die Grenze erhöhen oder kürzere Nachrichten senden lassen"},
	},
	ProtocolError: {
		name:    "WS_STATUS_PROTOCOL_ERROR",
		meaning: wire.Text{EN: "the WebSocket protocol was broken", DE: "das WebSocket-Protokoll wurde verletzt"},
		cause:   wire.Text{EN: "the server has sent a frame that RFC 6455 forbids or text that is no UTF-8, or has closed with code 1002 or 1007", DE: "der Server hat einen nach RFC 6455 verbotenen Frame oder Text ohne gültiges UTF-8 gesendet oder mit Code 1002 oder 1007 geschlossen"},
		remedy:  wire.Text{EN: "the message says what was wrong, for the maker of the server; send as text only what is UTF-8", DE: "die Meldung nennt den Fehler, für den Hersteller des Servers; nur UTF-8 als Text senden"},
	},
	ReceiveQueueFull: {
		name:    "WS_STATUS_RCV_QUEUE_FULL",
		meaning: wire.Text{EN: "the queue of received messages is full", DE: "die Warteschlange der empfangenen Nachrichten ist voll"},
		cause:   wire.Text{EN: "messages come faster than Execute hands them over, or OnWebSocketMessage goes on returning S_FALSE", DE: "Nachrichten kommen schneller, als Execute sie übergibt, oder OnWebSocketMessage liefert immer wieder S_FALSE"},
		remedy:  wire.Text{EN: "call Execute more often, take every message, or have fewer sent", DE: "Execute öfter aufrufen, jede Nachricht annehmen oder weniger senden lassen"},
	},
	DecompressError: {
		name:    "WS_STATUS_DECOMPRESS_ERROR",
		meaning: wire.Text{EN: "a message could not be decompressed", DE: "eine Nachricht ließ sich nicht dekomprimieren"},
		cause:   wire.Text{EN: "its data is no deflate stream, or refers to what the agreed window does not hold", DE: "ihre Daten sind kein Deflate-Strom oder verweisen aus dem vereinbarten Fenster hinaus"},
		remedy:  wire.Text{EN: "switch bPerMessageDeflate off, and have the server corrected", DE: "bPerMessageDeflate ausschalten und den Server berichtigen lassen"},
	},
}
