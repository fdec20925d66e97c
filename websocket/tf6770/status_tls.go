package tf6770

import "stellwerk/wire"

// tlsStatuses are those of ST_IotSocketTls and of the TLS handshake.
var tlsStatuses = map[Status]explanation{
	TLSCANotFound: {
		name:    "WS_STATUS_TLS_CA_NOTFOUND",
		meaning: wire.Text{EN: "the file of the CA certificate was not found", DE: "die Datei des CA-Zertifikats wurde nicht gefunden"},
		cause:   wire.Text{EN: "there is no file with the name in sCA, or it may not be read", DE: "es gibt keine Datei mit dem Namen in sCA, oder sie darf nicht gelesen werden"},
		remedy:  wire.Text{EN: "correct the path, or put the PEM text itself into sCA", DE: "den Pfad berichtigen oder den PEM-Text selbst in sCA angeben"},
	},
	TLSCertificateNotFound: {
		name:    "WS_STATUS_TLS_CERT_NOTFOUND",
		meaning: wire.Text{EN: "the own certificate was not found", DE: "das eigene Zertifikat wurde nicht gefunden"},
		cause:   wire.Text{EN: "there is no file with the name in sCert, it may not be read, or sKeyFile is set and sCert is empty", DE: "es gibt keine Datei mit dem Namen in sCert, sie darf nicht gelesen werden, oder sKeyFile ist gesetzt und sCert leer"},
		remedy:  wire.Text{EN: "correct the path in sCert", DE: "den Pfad in sCert berichtigen"},
	},
	TLSKeyNotFound: {
		name:    "WS_STATUS_TLS_KEY_NOTFOUND",
		meaning: wire.Text{EN: "the private key was not found", DE: "der private Schlüssel wurde nicht gefunden"},
		cause:   wire.Text{EN: "there is no file with the name in sKeyFile, it may not be read, or sCert is set and sKeyFile is empty", DE: "es gibt keine Datei mit dem Namen in sKeyFile, sie darf nicht gelesen werden, oder sCert ist gesetzt und sKeyFile leer"},
		remedy:  wire.Text{EN: "correct the path in sKeyFile, and let the program read the file", DE: "den Pfad in sKeyFile berichtigen und dem Programm das Lesen erlauben"},
	},
	TLSCAInvalid: {
		name:    "WS_STATUS_TLS_CA_INVALID",
		meaning: wire.Text{EN: "the CA certificate cannot be used", DE: "das CA-Zertifikat ist unbrauchbar"},
		cause:   wire.Text{EN: "sCA is neither PEM nor DER, is damaged, or holds something other than certificates", DE: "sCA ist weder PEM noch DER, beschädigt oder enthält etwas anderes als Zertifikate"},
		remedy:  wire.Text{EN: "look at the file with: openssl x509 -in FILE -noout -text", DE: "die Datei ansehen mit: openssl x509 -in DATEI -noout -text"},
	},
	TLSCertificateInvalid: {
		name:    "WS_STATUS_TLS_CERT_INVALID",
		meaning: wire.Text{EN: "the own certificate cannot be used", DE: "das eigene Zertifikat ist unbrauchbar"},
		cause:   wire.Text{EN: "sCert is neither PEM nor DER, is damaged, or holds something other than certificates", DE: "sCert ist weder PEM noch DER, beschädigt oder enthält etwas anderes als Zertifikate"},
		remedy:  wire.Text{EN: "look at the file with: openssl x509 -in FILE -noout -text", DE: "die Datei ansehen mit: openssl x509 -in DATEI -noout -text"},
	},
	TLSKeyInvalid: {
		name:    "WS_STATUS_TLS_KEY_INVALID",
		meaning: wire.Text{EN: "the private key cannot be used", DE: "der private Schlüssel ist unbrauchbar"},
		cause:   wire.Text{EN: "sKeyFile is damaged, sKeyPwd is missing or wrong, or the key does not belong to the certificate", DE: "sKeyFile ist beschädigt, sKeyPwd fehlt oder ist falsch, oder der Schlüssel gehört nicht zum Zertifikat"},
		remedy:  wire.Text{EN: "check the password, and that key and certificate were made together", DE: "das Passwort prüfen und ob Schlüssel und Zertifikat zusammengehören"},
	},
	TLSVerifyFail: {
		name:    "WS_STATUS_TLS_VERIFY_FAIL",
		meaning: wire.Text{EN: "the server's certificate is not trusted", DE: "dem Zertifikat des Servers wird nicht vertraut"},
		cause:   wire.Text{EN: "it does not come from the CA in sCA, is for another purpose, was revoked, or no list in sCrl covers it", DE: "es stammt nicht von der CA in sCA, gilt für einen anderen Zweck, ist gesperrt, oder keine Liste in sCrl erfasst es"},
		remedy:  wire.Text{EN: "give the CA that has signed the server's certificate, and a list of revocations that has not run out", DE: "die CA angeben, die das Zertifikat des Servers signiert hat, und eine nicht abgelaufene Sperrliste"},
	},
	TLSSetup: {
		name:    "WS_STATUS_TLS_SETUP",
		meaning: wire.Text{EN: "the TLS settings do not go together", DE: "die TLS-Einstellungen passen nicht zusammen"},
		cause:   wire.Text{EN: "a client certificate without a CA, certificates and a pre-shared key at once, or settings that need OpenSSL, which this machine lacks", DE: "ein Client-Zertifikat ohne CA, Zertifikate und Pre-Shared Key zugleich oder Einstellungen, für die OpenSSL auf dieser Maschine fehlt"},
		remedy:  wire.Text{EN: "set sCA together with sCert; use either certificates or a pre-shared key; install OpenSSL 3 (libssl.so.3) where the message asks for it", DE: "sCA zusammen mit sCert setzen; entweder Zertifikate oder Pre-Shared Key verwenden; OpenSSL 3 (libssl.so.3) installieren, wenn die Meldung danach verlangt"},
	},
	TLSHandshakeFail: {
		name:    "WS_STATUS_TLS_HANDSHAKE_FAIL",
		meaning: wire.Text{EN: "the TLS handshake has failed", DE: "der TLS-Handshake ist gescheitert"},
		cause:   wire.Text{EN: "the server speaks no TLS, shares no version or suite with this side, does not take the client's certificate or key, or has not answered in time", DE: "der Server spricht kein TLS, hat keine gemeinsame Version oder Suite, nimmt Zertifikat oder Schlüssel des Clients nicht an oder hat nicht rechtzeitig geantwortet"},
		remedy:  wire.Text{EN: "check that the port is the one for TLS, then sVersion, sCiphers and the pre-shared key; the message has the server's alert", DE: "prüfen, ob der Port der für TLS ist, dann sVersion, sCiphers und Pre-Shared Key; die Meldung enthält den Alert des Servers"},
	},
	TLSCipherInvalid: {
		name:    "WS_STATUS_TLS_CIPHER_INVALID",
		meaning: wire.Text{EN: "the cipher suites are wrong", DE: "die Cipher-Suites sind falsch"},
		cause:   wire.Text{EN: "sCiphers names a suite that is not known, one with 3DES, or none that works with the version", DE: "sCiphers nennt eine unbekannte Suite, eine mit 3DES oder keine, die zur Version passt"},
		remedy:  wire.Text{EN: "write the names as OpenSSL has them, separated by colons, or leave sCiphers empty", DE: "die Namen wie OpenSSL schreiben, durch Doppelpunkte getrennt, oder sCiphers leer lassen"},
	},
	TLSVersionInvalid: {
		name:    "WS_STATUS_TLS_VERSION_INVALID",
		meaning: wire.Text{EN: "the TLS version is wrong", DE: "die TLS-Version ist falsch"},
		cause:   wire.Text{EN: "sVersion is not one of tlsv1, tlsv1.1, tlsv1.2 and tlsv1.3", DE: "sVersion ist nicht tlsv1, tlsv1.1, tlsv1.2 oder tlsv1.3"},
		remedy:  wire.Text{EN: "write tlsv1.2 or tlsv1.3, or leave it empty for either", DE: "tlsv1.2 oder tlsv1.3 schreiben oder leer lassen für beide"},
	},
	TLSPSKInvalid: {
		name:    "WS_STATUS_TLS_PSK_INVALID",
		meaning: wire.Text{EN: "the pre-shared key is wrong", DE: "der Pre-Shared Key ist falsch"},
		cause:   wire.Text{EN: "identity or key is missing, the key is longer than 64 octets, or the identity longer than 255", DE: "Identität oder Schlüssel fehlt, der Schlüssel ist länger als 64 Oktette oder die Identität länger als 255"},
		remedy:  wire.Text{EN: "set sPskIdentity, aPskKey and nPskKeyLen together", DE: "sPskIdentity, aPskKey und nPskKeyLen zusammen setzen"},
	},
	TLSCRLNotFound: {
		name:    "WS_STATUS_TLS_CRL_NOTFOUND",
		meaning: wire.Text{EN: "the certificate revocation list was not found", DE: "die Zertifikatssperrliste wurde nicht gefunden"},
		cause:   wire.Text{EN: "there is no file with the name in sCrl, or it may not be read", DE: "es gibt keine Datei mit dem Namen in sCrl, oder sie darf nicht gelesen werden"},
		remedy:  wire.Text{EN: "correct the path in sCrl", DE: "den Pfad in sCrl berichtigen"},
	},
	TLSCRLInvalid: {
		name:    "WS_STATUS_TLS_CRL_INVALID",
		meaning: wire.Text{EN: "the certificate revocation list cannot be used", DE: "die Zertifikatssperrliste ist unbrauchbar"},
		cause:   wire.Text{EN: "sCrl is neither PEM nor DER, is damaged, or is no list of revocations", DE: "sCrl ist weder PEM noch DER, beschädigt oder keine Sperrliste"},
		remedy:  wire.Text{EN: "look at the file with: openssl crl -in FILE -noout -text", DE: "die Datei ansehen mit: openssl crl -in DATEI -noout -text"},
	},
	TLSCertificateExpired: {
		name:    "WS_STATUS_TLS_CERT_EXPIRED",
		meaning: wire.Text{EN: "the server's certificate has run out, or is not valid yet", DE: "das Zertifikat des Servers ist abgelaufen oder noch nicht gültig"},
		cause:   wire.Text{EN: "its dates do not cover this machine's clock", DE: "sein Gültigkeitszeitraum passt nicht zur Uhr dieser Maschine"},
		remedy:  wire.Text{EN: "set this machine's clock; if it is right, have the server's certificate renewed", DE: "die Uhr dieser Maschine stellen; stimmt sie, das Zertifikat des Servers erneuern lassen"},
	},
	TLSCommonNameMismatch: {
		name:    "WS_STATUS_TLS_CN_MISMATCH",
		meaning: wire.Text{EN: "the server's certificate is for another name", DE: "das Zertifikat des Servers gilt für einen anderen Namen"},
		cause:   wire.Text{EN: "sHostName is not among the names of the certificate, often because an IP address was given", DE: "sHostName steht nicht unter den Namen des Zertifikats, oft weil eine IP-Adresse angegeben wurde"},
		remedy:  wire.Text{EN: "connect with the name that the certificate has, or have one issued for the name in use", DE: "mit dem Namen verbinden, der im Zertifikat steht, oder eines für den verwendeten Namen ausstellen lassen"},
	},
}
