package tlsconf

import (
	"crypto/tls"
	"strings"
)

// versions returns the lowest and the highest version that a setting allows.
func versions(setting string) (low, high uint16, err error) {
	switch strings.ToLower(setting) {
	case "":
		return tls.VersionTLS12, tls.VersionTLS13, nil
	case "tlsv1", "tlsv1.0":
		return tls.VersionTLS10, tls.VersionTLS10, nil
	case "tlsv1.1":
		return tls.VersionTLS11, tls.VersionTLS11, nil
	case "tlsv1.2":
		return tls.VersionTLS12, tls.VersionTLS12, nil
	case "tlsv1.3":
		return tls.VersionTLS13, tls.VersionTLS13, nil
	default:
		return 0, 0, fail(VersionInvalid, "%q is none of tlsv1, tlsv1.1, tlsv1.2 and tlsv1.3", setting)
	}
}
