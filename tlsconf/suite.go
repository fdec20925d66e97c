package tlsconf

import (
	"crypto/tls"
	"slices"
	"strings"
)

// Suite is a cipher suite.
type Suite struct {
	// Name is OpenSSL's.
	Name string
	// ID is the number in the registry of IANA.
	ID uint16
	// TwinCAT tells that build 4026 offers it.
	TwinCAT bool
}

// PSK reports whether the suite works with a pre-shared key.
func (s Suite) PSK() bool { return strings.HasPrefix(s.Name, "PSK-") }

// TLS13 reports whether the suite is one of TLS 1.3, which are chosen apart
// from the others.
func (s Suite) TLS13() bool { return s.ID>>8 == 0x13 }

// crypto reports whether crypto/tls can do the suite, and lets it be chosen.
func (s Suite) crypto() bool {
	return !s.TLS13() && slices.ContainsFunc(slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()),
		func(c *tls.CipherSuite) bool { return c.ID == s.ID })
}

// suites are those that may be named: what TwinCAT 4026 offers, and those that
// crypto/tls and TLS 1.3 have beyond. Others are left to the engine.
var suites = [...]Suite{
	{"AES128-GCM-SHA256", 0x009c, true},
	{"AES128-SHA", 0x002f, true},
	{"AES128-SHA256", 0x003c, true},
	{"AES256-GCM-SHA384", 0x009d, true},
	{"AES256-SHA", 0x0035, true},
	{"AES256-SHA256", 0x003d, true},
	{"DHE-RSA-AES128-GCM-SHA256", 0x009e, true},
	{"DHE-RSA-AES128-SHA", 0x0033, true},
	{"DHE-RSA-AES128-SHA256", 0x0067, true},
	{"DHE-RSA-AES256-GCM-SHA384", 0x009f, true},
	{"DHE-RSA-AES256-SHA", 0x0039, true},
	{"DHE-RSA-AES256-SHA256", 0x006b, true},
	{"ECDHE-ECDSA-AES128-GCM-SHA256", 0xc02b, true},
	{"ECDHE-ECDSA-AES128-SHA", 0xc009, true},
	{"ECDHE-ECDSA-AES128-SHA256", 0xc023, true},
	{"ECDHE-ECDSA-AES256-GCM-SHA384", 0xc02c, true},
	{"ECDHE-ECDSA-AES256-SHA", 0xc00a, true},
	{"ECDHE-ECDSA-AES256-SHA384", 0xc024, true},
	{"ECDHE-RSA-AES128-GCM-SHA256", 0xc02f, true},
	{"ECDHE-RSA-AES128-SHA", 0xc013, true},
	{"ECDHE-RSA-AES128-SHA256", 0xc027, true},
	{"ECDHE-RSA-AES256-GCM-SHA384", 0xc030, true},
	{"ECDHE-RSA-AES256-SHA", 0xc014, true},
	{"ECDHE-RSA-AES256-SHA384", 0xc028, true},
	{"PSK-AES128-CBC-SHA", 0x008c, true},
	{"PSK-AES128-CBC-SHA256", 0x00ae, true},
	{"PSK-AES128-GCM-SHA256", 0x00a8, true},
	{"PSK-AES256-CBC-SHA", 0x008d, true},
	{"PSK-AES256-CBC-SHA384", 0x00af, true},
	{"PSK-AES256-GCM-SHA384", 0x00a9, true},
	{"ECDHE-RSA-CHACHA20-POLY1305", 0xcca8, false},
	{"ECDHE-ECDSA-CHACHA20-POLY1305", 0xcca9, false},
	{"TLS_AES_128_GCM_SHA256", 0x1301, false},
	{"TLS_AES_256_GCM_SHA384", 0x1302, false},
	{"TLS_CHACHA20_POLY1305_SHA256", 0x1303, false},
}

// Suites returns the suites that may be named whatever the engine.
func Suites() []Suite { return slices.Clone(suites[:]) }

// SuiteName returns OpenSSL's name of a suite, or that of IANA where the suite
// is none of [Suites].
func SuiteName(id uint16) string {
	for _, s := range suites {
		if s.ID == id {
			return s.Name
		}
	}
	return tls.CipherSuiteName(id)
}

// CipherList is a cipher string (openssl-ciphers(1)) that has been read.
type CipherList struct {
	Text   string
	Suites []Suite // those of [Suites] that are named, in order
	// Unknown are words that are neither such a suite nor a class of suites.
	Unknown []string
	// Expression tells that there are operators or classes, which only OpenSSL
	// can resolve.
	Expression bool
}

// classes are the words of OpenSSL for sets of suites (openssl-ciphers(1)).
var classes = strings.Fields(`DEFAULT COMPLEMENTOFDEFAULT ALL COMPLEMENTOFALL HIGH MEDIUM LOW eNULL NULL aNULL
	kRSA aRSA RSA kDHr kDHd kDH kDHE kEDH DH DHE EDH ADH kEECDH kECDHE ECDH ECDHE EECDH AECDH aDSS DSS aDH aECDSA ECDSA
	SSLv3 TLSv1 TLSv1.0 TLSv1.2 AES128 AES256 AES AESGCM AESCCM AESCCM8 ARIA128 ARIA256 ARIA CAMELLIA128 CAMELLIA256
	CAMELLIA CHACHA20 3DES DES RC4 RC2 IDEA SEED MD5 SHA1 SHA SHA256 SHA384 aGOST aGOST01 kGOST GOST94 GOST89MAC
	PSK kPSK kECDHEPSK kDHEPSK kRSAPSK aPSK SUITEB128 SUITEB128ONLY SUITEB192 CBC`)

// parseCiphers reads a cipher string. What it does not allow at all is an error.
func parseCiphers(text string) (CipherList, error) {
	list := CipherList{Text: text}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ':' || r == ',' || r == ' ' || r == ';' }) {
		name := strings.TrimLeft(word, "!-+")
		excluded := name != word && word[0] != '+'
		if tripleDES(name) && !excluded {
			return list, fail(CipherInvalid, "%s uses 3DES, whose blocks of 64 bits let long connections be read (CVE-2016-2183); TwinCAT has dropped it with build 4026: choose a suite with AES", name)
		}
		i := slices.IndexFunc(suites[:], func(s Suite) bool { return s.Name == name })
		switch {
		case name != word, strings.HasPrefix(word, "@"), strings.Contains(word, "+"), slices.Contains(classes, word):
			list.Expression = true
		case i >= 0:
			list.Suites = append(list.Suites, suites[i])
		default:
			list.Unknown = append(list.Unknown, word)
		}
	}
	if text != "" && len(list.Suites) == 0 && len(list.Unknown) == 0 && !list.Expression {
		return list, fail(CipherInvalid, "%q names no cipher suite", text)
	}
	return list, nil
}

// tripleDES reports whether a name stands for 3DES.
func tripleDES(name string) bool {
	return strings.Contains(name, "3DES") || strings.Contains(name, "DES-CBC3")
}
