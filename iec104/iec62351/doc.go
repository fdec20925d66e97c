// Package iec62351 is the TLS profile of IEC 62351-3 for connections of IEC
// 60870-5-104 (IEC 62351-5), on top of crypto/tls.
//
//	profile, err := iec62351.New(&iec62351.Config{
//		Certificate: "station.pem", Key: "station.key",
//		Authorities: []string{"ca.pem"}, RevocationLists: []string{"ca.crl"},
//		Observe: func(e iec62351.Event) { … },
//	})
//	listener, err := net.Listen("tcp", ":19998")
//	go profile.Run(ctx)
//	err = server.Serve(profile.Listen(listener))
//
// A control centre hands [Profile.Dial] to its supervisor.
//
// # What the profile asks for
//
// Both sides show a certificate, and each checks the other's. Versions are TLS
// 1.2 and 1.3. Cipher suites of TLS 1.2 have ephemeral keys and authenticated
// encryption; those of TLS 1.3 all have. RSA keys have 2048 bits or more, keys on
// elliptic curves 256, and no certificate is signed with MD5 or SHA-1.
//
// The chain must lead to one of the authorities, suit the part that the peer
// plays (extended key usage), be valid at the time of the clock, and no
// certificate of it may be revoked. Where lists of revocations are configured,
// there must be one of each authority in the chain, and it must not be out of
// date: a certificate of which nothing is known is refused. Where subjects or
// fingerprints are configured, the certificate must be one of them.
//
// A session is never resumed: every connection is checked in full, and its keys
// are made afresh. TLS 1.3 changes the keys of a long connection by itself; with
// TLS 1.2 a suite's limit of 2^64 records is out of reach. A client takes part
// when a server of TLS 1.2 renegotiates, as IEC 62351-3 has it, though only
// securely (RFC 5746) and as long as the server shows the same certificate. What
// the server sends after its wish, before it has the client's answer, ends the
// connection: crypto/tls takes no data meanwhile. A server does not ask for
// renegotiation, and refuses it; revocations are looked at without it.
//
// # Renewal
//
// Files are read again when [Config.Interval] has passed, at the next handshake
// or by [Profile.Run], whichever is first. Files that have changed take effect
// together, or, where one of them is bad, not at all. Run then also checks the
// connections that there are, and closes those whose certificate was revoked
// meanwhile, has run out, or is allowed no more. A list of revocations that is
// out of date lets no new connection in, and closes none.
package iec62351
