// Package secure makes connections for secure ADS: TLS 1.2 on TCP port 8016, on
// which both machines first say who they are, in an [Info] each, and then send
// AMS frames without AMS/TCP headers ([stellwerk/ads/ams.Bare]).
//
// Machines know each other in one of three ways:
//
//   - by certificates that they have signed themselves, and of which each knows
//     the other one's fingerprint, see [Fingerprint]. At first contact a client
//     may have itself entered by user and password, with [Client.AddRemote];
//   - by certificates of one authority;
//   - by a pre-shared key, made of an identity and a password, see [Key]. This
//     needs an engine other than crypto/tls, such as that of package
//     stellwerk/tlsconf/libssl, which the program hands in.
//
// The layout of Info, and what is said when, is what public descriptions of
// secure ADS have; it has not met a machine of Beckhoff's yet.
package secure
