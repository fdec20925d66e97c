// Package jwt creates and verifies JSON Web Tokens (RFC 7519) as TwinCAT
// programs use them to sign in to services: signed with a shared secret (HS256,
// HS384, HS512) or with an RSA key (RS256, RS384, RS512), in the compact form of
// RFC 7515.
//
//	key, err := jwt.SecretKey(jwt.HS256, secret)
//	token, err := jwt.Sign(key, jwt.Claims{"sub": "plc-7"}, &jwt.SignOptions{Lifetime: time.Hour})
//	verified, err := jwt.Verify(token, key, nil)
//
// A [Source] renews a token before it expires, for connections that live longer.
//
// The algorithm is that of the key, and never what the token says it is: a
// token without signature, or one that passes a public key off as a secret, is
// refused. All functions are safe for concurrent use.
package jwt
