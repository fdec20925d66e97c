// Package tlsconf makes TLS connections of the settings that TwinCAT programs
// have, ST_IotSocketTls of the function blocks for WebSockets and HTTP, for
// clients and for servers:
//
//	endpoint, err := tlsconf.New(tlsconf.Settings{CA: "plant-ca.pem"}, tlsconf.Client)
//	…
//	conn, err := endpoint.Client(ctx, tcp, "server.example")
//
// What is wrong has a [Reason], which tells apart what users must tell apart: a
// file that is missing, one that cannot be read, a certificate that has expired,
// one for another name, and so on.
//
// Settings are checked, and files read, once, by [New]; an [Endpoint] is for any
// number of connections at the same time.
//
// # Engines
//
// crypto/tls does the work, unless the settings need what it does not have:
// pre-shared keys, key exchange DHE-RSA, some suites with CBC, cipher strings
// that are expressions. Then another [Engine] must be handed in, such as the
// one in tlsconf/libssl; without it New fails with the reason [Setup] and says
// what is needed.
//
// # Decisions
//
// Where the manual of the function blocks is silent: without a CA, the roots of
// the operating system count. A version is exactly that version; an empty one
// means TLS 1.2 and 1.3. A certificate without any alternative name is held
// against its common name, as old plants have them. With a CRL, the peer's
// certificate must be covered by a list of its issuer that has not run out. 3DES
// is refused in every form.
package tlsconf
