package tf6770

import "stellwerk/wire"

// generalStatuses are those of the connection as such.
var generalStatuses = map[Status]explanation{
	Busy: {
		name:    "WS_STATUS_BUSY",
		meaning: wire.Text{EN: "the connection is being made", DE: "die Verbindung wird aufgebaut"},
		cause:   wire.Text{EN: "Connect was called; name, TCP, TLS or the server's response is still waited for", DE: "Connect wurde aufgerufen; Name, TCP, TLS oder die Antwort des Servers stehen noch aus"},
		remedy:  wire.Text{EN: "go on calling Execute until the status changes", DE: "Execute weiter aufrufen, bis sich der Status ändert"},
	},
	Success: {
		name:    "WS_STATUS_SUCCESS",
		meaning: wire.Text{EN: "the connection stands, or has ended as it should", DE: "die Verbindung steht oder ist ordentlich beendet"},
		cause:   wire.Text{EN: "the opening handshake has succeeded; of an ended connection, both sides have closed it without a complaint", DE: "der Verbindungsaufbau ist gelungen; bei einer beendeten Verbindung haben beide Seiten ohne Beanstandung geschlossen"},
		remedy:  wire.Text{EN: "nothing is to be done", DE: "es ist nichts zu tun"},
	},
	FinalizeDisconnect: {
		name:    "WS_STATUS_FINALIZE_DISCONNECT",
		meaning: wire.Text{EN: "the connection is being closed", DE: "die Verbindung wird geschlossen"},
		cause:   wire.Text{EN: "Disconnect was called; the server has not answered the close frame yet, or the call was cancelled", DE: "Disconnect wurde aufgerufen; der Server hat den Close-Frame noch nicht beantwortet, oder der Aufruf wurde abgebrochen"},
		remedy:  wire.Text{EN: "go on calling Disconnect until it returns TRUE; after nKeepAliveCloseTimeout the connection is closed without an answer", DE: "Disconnect weiter aufrufen, bis es TRUE liefert; nach nKeepAliveCloseTimeout wird ohne Antwort geschlossen"},
	},
}

// socketStatuses are those of the socket and the network below.
var socketStatuses = map[Status]explanation{
	SocketNoMemory: {
		name:    "WS_STATUS_SOCK_NOMEM",
		meaning: wire.Text{EN: "the operating system has no memory for the socket", DE: "das Betriebssystem hat keinen Speicher für den Socket"},
		cause:   wire.Text{EN: "the kernel reports ENOMEM or ENOBUFS", DE: "der Kernel meldet ENOMEM oder ENOBUFS"},
		remedy:  wire.Text{EN: "free memory, end other programs, or raise the kernel's limits for sockets", DE: "Speicher freigeben, andere Programme beenden oder die Grenzen des Kernels für Sockets anheben"},
		absent:  wire.Text{EN: "mapped, but a kernel without memory for a socket cannot be had on demand", DE: "zugeordnet, aber ein Kernel ohne Speicher für einen Socket lässt sich nicht herbeiführen"},
	},
	SocketCreateProtocol: {
		name:    "WS_STATUS_SOCK_ERR_CREATE_PROTOCOL",
		meaning: wire.Text{EN: "no socket could be made: the protocol is not supported", DE: "kein Socket möglich: das Protokoll wird nicht unterstützt"},
		cause:   wire.Text{EN: "the operating system lacks the protocol or the address family, such as IPv6 on a kernel without it", DE: "dem Betriebssystem fehlt das Protokoll oder die Adressfamilie, etwa IPv6 bei einem Kernel ohne IPv6"},
		remedy:  wire.Text{EN: "use an address of a family that the machine has, or load the kernel's module for it", DE: "eine Adresse einer vorhandenen Familie verwenden oder das Kernelmodul dafür laden"},
	},
	SocketConnectionInvalid: {
		name:    "WS_STATUS_SOCK_CONN_INVALID",
		meaning: wire.Text{EN: "the connection's parameters are wrong", DE: "die Verbindungsparameter sind falsch"},
		cause:   wire.Text{EN: "sHostName is no name and no address: it contains a path, a blank or other signs that no host has", DE: "sHostName ist weder Name noch Adresse: es enthält einen Pfad, ein Leerzeichen oder andere Zeichen, die kein Host hat"},
		remedy:  wire.Text{EN: "give only the host in sHostName, the port in nHostPort and the path in sUri", DE: "in sHostName nur den Host, in nHostPort den Port und in sUri den Pfad angeben"},
	},
	SocketNoConnection: {
		name:    "WS_STATUS_SOCK_NO_CONN",
		meaning: wire.Text{EN: "there is no connection", DE: "es besteht keine Verbindung"},
		cause:   wire.Text{EN: "nothing was connected yet, the connection was closed, or a message was to be sent without one", DE: "es wurde noch nicht verbunden, die Verbindung wurde geschlossen, oder ohne Verbindung sollte gesendet werden"},
		remedy:  wire.Text{EN: "call Connect and wait for bConnected before sending", DE: "Connect aufrufen und vor dem Senden auf bConnected warten"},
	},
	SocketConnectionRefused: {
		name:    "WS_STATUS_SOCK_CONN_REFUSED",
		meaning: wire.Text{EN: "the host has refused the TCP connection", DE: "der Host hat die TCP-Verbindung abgelehnt"},
		cause:   wire.Text{EN: "nobody listens on the port, or a firewall answers with a reset", DE: "auf dem Port hört niemand, oder eine Firewall antwortet mit einem Reset"},
		remedy:  wire.Text{EN: "start the server, and check nHostPort and the firewall", DE: "den Server starten, nHostPort und die Firewall prüfen"},
	},
	SocketNotFound: {
		name:    "WS_STATUS_SOCK_NOT_FOUND",
		meaning: wire.Text{EN: "what was asked for was not found", DE: "das Gesuchte wurde nicht gefunden"},
		cause:   wire.Text{EN: "a driver of TwinCAT has not found a property or an object that it needs", DE: "ein Treiber von TwinCAT hat eine benötigte Eigenschaft oder ein Objekt nicht gefunden"},
		remedy:  wire.Text{EN: "check the inputs; a host whose name is not known gives WS_STATUS_SOCK_ERR_EAI instead", DE: "die Eingänge prüfen; ein unbekannter Hostname ergibt stattdessen WS_STATUS_SOCK_ERR_EAI"},
		absent:  wire.Text{EN: "names that are not known give 15 and files that are missing 17, 18, 19 or 29; nothing else is looked for", DE: "unbekannte Namen ergeben 15, fehlende Dateien 17, 18, 19 oder 29; anderes wird nicht gesucht"},
	},
	SocketConnectionLost: {
		name:    "WS_STATUS_SOCK_CONN_LOST",
		meaning: wire.Text{EN: "the connection is lost", DE: "die Verbindung ist abgerissen"},
		cause:   wire.Text{EN: "the peer has ended TCP without a close frame, reset the connection, given up before its response, or closed with a code that reports a failure", DE: "die Gegenstelle hat TCP ohne Close-Frame beendet, die Verbindung zurückgesetzt, vor ihrer Antwort aufgegeben oder mit einem Code geschlossen, der eine Störung meldet"},
		remedy:  wire.Text{EN: "look at the server's log and at nCloseReason, check the network in between, and connect again; where it comes before the response, see whether the server wants TLS", DE: "Log des Servers und nCloseReason ansehen, das Netz dazwischen prüfen und neu verbinden; kommt es vor der Antwort, prüfen, ob der Server TLS verlangt"},
	},
	SocketTLS: {
		name:    "WS_STATUS_SOCK_ERR_TLS",
		meaning: wire.Text{EN: "TLS has failed after its handshake", DE: "TLS ist nach dem Handshake gescheitert"},
		cause:   wire.Text{EN: "a record was damaged, or the server has sent an alert; with TLS 1.3 a server that does not take the client's certificate says so only now", DE: "ein Record war beschädigt, oder der Server hat einen Alert gesendet; bei TLS 1.3 lehnt ein Server das Client-Zertifikat erst jetzt ab"},
		remedy:  wire.Text{EN: "read the alert in the message: it says what the server misses; without one, look for a device in between that alters data", DE: "den Alert in der Meldung lesen: er nennt, was dem Server fehlt; ohne Alert nach einem Gerät suchen, das Daten verändert"},
	},
	SocketNotSupported: {
		name:    "WS_STATUS_SOCK_NOT_SUPPORTED",
		meaning: wire.Text{EN: "what was asked for is not supported", DE: "das Verlangte wird nicht unterstützt"},
		cause:   wire.Text{EN: "the server has closed with code 1003, because it does not take this kind of message, or with 1010, because it needs an extension; or the operating system lacks an operation", DE: "der Server hat mit Code 1003 geschlossen, weil er diese Art von Nachricht nicht annimmt, oder mit 1010, weil er eine Erweiterung braucht; oder dem Betriebssystem fehlt eine Operation"},
		remedy:  wire.Text{EN: "send text instead of binary or the other way round (bTextContent); for 1010 switch bPerMessageDeflate on", DE: "Text statt Binär senden oder umgekehrt (bTextContent); bei 1010 bPerMessageDeflate einschalten"},
	},
	SocketAuthentication: {
		name:    "WS_STATUS_SOCK_ERR_AUTH",
		meaning: wire.Text{EN: "the peer does not know who this is", DE: "die Gegenstelle hat die Anmeldung nicht angenommen"},
		cause:   wire.Text{EN: "the server has closed with code 3000, unauthorized: a token is missing, wrong or has run out", DE: "der Server hat mit Code 3000 (nicht angemeldet) geschlossen: ein Token fehlt, ist falsch oder abgelaufen"},
		remedy:  wire.Text{EN: "renew the token or the password and send it as the server wants it", DE: "Token oder Passwort erneuern und so senden, wie der Server es verlangt"},
	},
	SocketAccessDenied: {
		name:    "WS_STATUS_SOCK_ERRACL_DENIED",
		meaning: wire.Text{EN: "the peer does not allow this", DE: "die Gegenstelle erlaubt dies nicht"},
		cause:   wire.Text{EN: "the server has closed with code 1008, policy violation, or 3003, forbidden", DE: "der Server hat mit Code 1008 (gegen die Regeln) oder 3003 (verboten) geschlossen"},
		remedy:  wire.Text{EN: "have the rights granted at the server; its reason stands in the close frame", DE: "die Rechte am Server erteilen lassen; dessen Grund steht im Close-Frame"},
	},
	SocketUnknown: {
		name:    "WS_STATUS_SOCK_ERR_UNKNOWN",
		meaning: wire.Text{EN: "the connection has failed for a reason that is not known", DE: "die Verbindung ist aus unbekanntem Grund gescheitert"},
		cause:   wire.Text{EN: "what carries the connection, such as a Dial function of one's own, reports an error that is none of the operating system", DE: "was die Verbindung trägt, etwa eine eigene Dial-Funktion, meldet einen Fehler, der nicht vom Betriebssystem stammt"},
		remedy:  wire.Text{EN: "read the message, which has the error as it was reported", DE: "die Meldung lesen, die den Fehler im Wortlaut enthält"},
	},
	SocketErrno: {
		name:    "WS_STATUS_SOCK_ERRNO",
		meaning: wire.Text{EN: "the operating system reports an error on a connection that stood", DE: "das Betriebssystem meldet einen Fehler auf einer bestehenden Verbindung"},
		cause:   wire.Text{EN: "sending or receiving has failed with an error number that has no status of its own, such as EPERM of a packet filter", DE: "Senden oder Empfangen scheiterte mit einer Fehlernummer ohne eigenen Status, etwa EPERM eines Paketfilters"},
		remedy:  wire.Text{EN: "read the operating system's words in the message", DE: "den Wortlaut des Betriebssystems in der Meldung lesen"},
	},
	SocketNameResolution: {
		name:    "WS_STATUS_SOCK_ERR_EAI",
		meaning: wire.Text{EN: "the host's name could not be resolved", DE: "der Hostname ließ sich nicht auflösen"},
		cause:   wire.Text{EN: "sHostName is misspelt, or the name server does not know it or does not answer", DE: "sHostName ist falsch geschrieben, oder der Nameserver kennt ihn nicht oder antwortet nicht"},
		remedy:  wire.Text{EN: "check the spelling and the machine's DNS, or give the IP address", DE: "Schreibweise und DNS-Einstellung der Maschine prüfen oder die IP-Adresse angeben"},
	},
	SocketProxy: {
		name:    "WS_STATUS_SOCK_ERR_PROXY",
		meaning: wire.Text{EN: "a proxy in between is in the way", DE: "ein Proxy steht im Weg"},
		cause:   wire.Text{EN: "the handshake was answered with 407, by a proxy that wants to know who this is", DE: "der Handshake wurde mit 407 beantwortet, von einem Proxy, der eine Anmeldung verlangt"},
		remedy:  wire.Text{EN: "have the proxy let the connection through, or use TLS, which proxies do not look into", DE: "die Verbindung am Proxy freigeben lassen oder TLS verwenden, in das Proxys nicht hineinsehen"},
	},
	SocketBind: {
		name:    "WS_STATUS_SOCK_ERR_BIND",
		meaning: wire.Text{EN: "the socket could not be bound to a local address", DE: "der Socket ließ sich nicht an eine lokale Adresse binden"},
		cause:   wire.Text{EN: "the operating system refuses the local address, for instance a port that needs rights or a link-local address without its zone", DE: "das Betriebssystem lehnt die lokale Adresse ab, etwa einen Port, der Rechte braucht, oder eine Link-Local-Adresse ohne Zone"},
		remedy:  wire.Text{EN: "choose another local address, or leave it to the operating system", DE: "eine andere lokale Adresse wählen oder sie dem Betriebssystem überlassen"},
	},
	SocketAddressInUse: {
		name:    "WS_STATUS_SOCK_BIND_ADDR_INUSE",
		meaning: wire.Text{EN: "the local address is in use", DE: "die lokale Adresse ist belegt"},
		cause:   wire.Text{EN: "another socket has the local address and port", DE: "ein anderer Socket hat die lokale Adresse und den Port"},
		remedy:  wire.Text{EN: "end the program that has the port, or choose another one", DE: "das Programm beenden, das den Port belegt, oder einen anderen wählen"},
	},
	SocketAddressInvalid: {
		name:    "WS_STATUS_SOCK_BIND_ADDR_INVALID",
		meaning: wire.Text{EN: "the local address is not one of this machine", DE: "die lokale Adresse gehört nicht zu dieser Maschine"},
		cause:   wire.Text{EN: "no network interface has the address, or all local ports are taken", DE: "keine Netzwerkschnittstelle hat die Adresse, oder alle lokalen Ports sind vergeben"},
		remedy:  wire.Text{EN: "give an address that the machine has; where it is right, wait for ports to become free", DE: "eine Adresse der Maschine angeben; ist sie richtig, auf freie Ports warten"},
	},
	SocketCreate: {
		name:    "WS_STATUS_SOCK_ERR_CREATE",
		meaning: wire.Text{EN: "no socket could be made", DE: "es ließ sich kein Socket anlegen"},
		cause:   wire.Text{EN: "the process or the machine has too many open files, or sockets are forbidden", DE: "Prozess oder Maschine haben zu viele offene Dateien, oder Sockets sind verboten"},
		remedy:  wire.Text{EN: "raise the limit on open files (ulimit -n), or find what leaves files open", DE: "die Grenze für offene Dateien anheben (ulimit -n) oder suchen, was Dateien offen lässt"},
	},
	SocketCreateType: {
		name:    "WS_STATUS_SOCK_ERR_CREATE_TYPE",
		meaning: wire.Text{EN: "no socket could be made: its type is not supported", DE: "kein Socket möglich: die Socketart wird nicht unterstützt"},
		cause:   wire.Text{EN: "a Dial function of one's own wants a type of socket that the operating system does not have; TCP always exists", DE: "eine eigene Dial-Funktion verlangt eine Socketart, die das Betriebssystem nicht hat; TCP gibt es immer"},
		remedy:  wire.Text{EN: "use TCP, or load the kernel's module for the type", DE: "TCP verwenden oder das Kernelmodul für die Socketart laden"},
	},
	SocketConnectionFailed: {
		name:    "WS_STATUS_SOCK_CONN_FAILED",
		meaning: wire.Text{EN: "the TCP connection could not be made", DE: "die TCP-Verbindung kam nicht zustande"},
		cause:   wire.Text{EN: "the operating system refuses the connection for a reason other than those with a status of their own, such as a packet filter or an address that cannot be called", DE: "das Betriebssystem verweigert die Verbindung aus einem Grund ohne eigenen Status, etwa wegen eines Paketfilters oder einer nicht anrufbaren Adresse"},
		remedy:  wire.Text{EN: "read the operating system's words in the message; check address and local packet filter", DE: "den Wortlaut des Betriebssystems in der Meldung lesen; Adresse und lokalen Paketfilter prüfen"},
	},
	SocketConnectionTimeout: {
		name:    "WS_STATUS_SOCK_CONN_TIMEOUT",
		meaning: wire.Text{EN: "the host has not answered in time", DE: "der Host hat nicht rechtzeitig geantwortet"},
		cause:   wire.Text{EN: "nothing came back within nConnectResponseTimeout: the host is off, or a firewall drops the packets", DE: "innerhalb von nConnectResponseTimeout kam nichts zurück: der Host ist aus, oder eine Firewall verwirft die Pakete"},
		remedy:  wire.Text{EN: "check that the host is on, its address, and the firewalls in between", DE: "prüfen, ob der Host läuft, die Adresse stimmt und welche Firewalls dazwischenliegen"},
	},
	SocketHostUnreachable: {
		name:    "WS_STATUS_SOCK_CONN_HOSTUNREACH",
		meaning: wire.Text{EN: "there is no way to the host", DE: "es führt kein Weg zum Host"},
		cause:   wire.Text{EN: "this machine has no route to the network, or a router reports that the host cannot be reached", DE: "diese Maschine hat keine Route in das Netz, oder ein Router meldet den Host als nicht erreichbar"},
		remedy:  wire.Text{EN: "check cable, IP settings, gateway and the host's address", DE: "Kabel, IP-Einstellungen, Gateway und die Adresse des Hosts prüfen"},
	},
}
