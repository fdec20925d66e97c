package secure

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"stellwerk/ads/ams"
	"stellwerk/wire"
)

// Sizes of an [Info] in octets.
const (
	InfoLength = 64  // without user and password
	MaxInfo    = 512 // with both, as it is sent; up to 574 are read

	hostLength = 32
	reserved   = 18
)

// Version is the version of what is said after the TLS handshake.
const Version = 1

// Flags say what an [Info] is about.
type Flags uint16

// The flags.
const (
	FlagResponse   Flags = 0x01
	FlagAMSAllowed Flags = 0x02 // AMS frames may follow
	FlagServerInfo Flags = 0x04
	FlagOwnFile    Flags = 0x08
	FlagSelfSigned Flags = 0x10 // the certificate is signed by the machine itself
	FlagIPAddress  Flags = 0x20 // the route is to have the IP address, not the host name
	FlagIgnoreCN   Flags = 0x40 // the common name need not be the host's
	FlagAddRemote  Flags = 0x80 // first contact: the sender wants to be entered
)

var flagNames = []string{"response", "AMS allowed", "server info", "own file", "self-signed", "IP address", "ignore common name", "add remote"}

// String returns the names of the flags that are set, and what is left as a
// number.
func (f Flags) String() string {
	var names []string
	for bit, name := range flagNames {
		if flag := Flags(1) << bit; f&flag != 0 {
			names = append(names, name)
			f &^= flag
		}
	}
	if f != 0 || names == nil {
		names = append(names, fmt.Sprintf("0x%04X", uint16(f)))
	}
	return strings.Join(names, ", ")
}

// Code is what a machine says about the other one.
type Code uint8

// The codes.
const (
	CodeOK          Code = 0
	CodeVersion     Code = 1
	CodeCommonName  Code = 2
	CodeCertificate Code = 3
	CodeUser        Code = 4
)

var codes = [...]struct {
	name            string
	meaning, remedy wire.Text
}{
	CodeOK: {name: "OK"},
	CodeVersion: {
		"VERSION", text("the version is not supported", "die Version wird nicht unterstützt"),
		text("use the same version of secure ADS on both machines", "auf beiden Rechnern dieselbe Version von Secure ADS verwenden"),
	},
	CodeCommonName: {
		"CN_MISMATCH", text("the common name of the certificate is not that of the host", "der Common Name des Zertifikats ist nicht der des Hosts"),
		text("issue the certificate for the host name, or have the common name ignored", "das Zertifikat auf den Hostnamen ausstellen oder den Common Name ignorieren lassen"),
	},
	CodeCertificate: {
		"UNKNOWN_CERT", text("the certificate is not known", "das Zertifikat ist nicht bekannt"),
		text("enter its fingerprint, or add the route with user and password first", "den Fingerabdruck eintragen oder die Route zuerst mit Benutzer und Passwort anlegen"),
	},
	CodeUser: {
		"UNKNOWN_USER", text("user or password is wrong", "Benutzer oder Passwort ist falsch"),
		text("correct user and password; they are those of the other machine", "Benutzer und Passwort berichtigen; es sind die des anderen Rechners"),
	},
}

func text(en, de string) wire.Text { return wire.Text{EN: en, DE: de} }

// String returns a name, and a number for what is not known.
func (c Code) String() string {
	if int(c) < len(codes) {
		return codes[c].name
	}
	return fmt.Sprintf("error %d", uint8(c))
}

// Meaning says what the code means; zero where it is not known.
func (c Code) Meaning() wire.Text {
	if int(c) < len(codes) {
		return codes[c].meaning
	}
	return wire.Text{}
}

// Remedy says what to do; zero where it is not known.
func (c Code) Remedy() wire.Text {
	if int(c) < len(codes) {
		return codes[c].remedy
	}
	return wire.Text{}
}

// Error returns name, number and meaning.
func (c Code) Error() string {
	if meaning := c.Meaning().EN; meaning != "" {
		return fmt.Sprintf("%s (%d): %s", c.String(), uint8(c), meaning)
	}
	return "secure ADS: " + c.String()
}

// Info is a TlsConnectInfo: what each side says first.
type Info struct {
	Flags    Flags
	Version  uint8
	Error    Code
	NetID    ams.NetID
	Host     string // up to 32 octets
	User     string // with FlagAddRemote, up to 255 octets
	Password string // with FlagAddRemote, up to 255 octets
	Reserved [reserved]byte
}

// Check says why an info cannot be sent.
func (i *Info) Check() error {
	switch {
	case len(i.Host) > hostLength:
		return fmt.Errorf("the host name %q has %d octets, at most %d are allowed", i.Host, len(i.Host), hostLength)
	case strings.ContainsFunc(i.Host, func(r rune) bool { return r == 0 || r >= 0x80 }):
		return fmt.Errorf("the host name %q has characters that are not ASCII", i.Host)
	case len(i.User) > 255 || len(i.Password) > 255:
		return errors.New("user or password has more than 255 octets")
	case InfoLength+len(i.User)+len(i.Password) > MaxInfo:
		return fmt.Errorf("user and password have %d octets, at most %d are allowed", len(i.User)+len(i.Password), MaxInfo-InfoLength)
	}
	return nil
}

// Append appends the info, which [Info.Check] has found right; what is too long
// is cut.
func (i *Info) Append(dst []byte) []byte {
	user, password := i.User[:min(len(i.User), 255)], i.Password[:min(len(i.Password), 255)]
	dst = binary.LittleEndian.AppendUint16(dst, uint16(InfoLength+len(user)+len(password)))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(i.Flags))
	dst = append(dst, i.Version, byte(i.Error))
	dst = append(dst, i.NetID[:]...)
	dst = append(dst, byte(len(user)), byte(len(password)))
	dst = append(dst, i.Reserved[:]...)
	var host [hostLength]byte
	copy(host[:], i.Host)
	dst = append(dst, host[:]...)
	return append(append(dst, user...), password...)
}

// DecodeInfo reads an info, of which data must have all octets and no others.
func DecodeInfo(data []byte) (Info, error) {
	length, err := infoLength(data)
	if err != nil {
		return Info{}, err
	}
	if length != len(data) {
		return Info{}, fmt.Errorf("TlsConnectInfo: it says %d octets, there are %d", length, len(data))
	}
	i := Info{
		Flags:   Flags(binary.LittleEndian.Uint16(data[2:])),
		Version: data[4], Error: Code(data[5]), NetID: ams.NetID(data[6:12]),
		Reserved: [reserved]byte(data[14:32]),
	}
	host, _, _ := strings.Cut(string(data[32:InfoLength]), "\x00")
	i.Host = host
	rest := string(data[InfoLength:])
	i.User, i.Password = rest[:data[12]], rest[data[12]:]
	return i, nil
}

// infoLength returns how long an info is that begins with data.
func infoLength(data []byte) (int, error) {
	if len(data) < InfoLength {
		return 0, fmt.Errorf("TlsConnectInfo: %d octets, it has %d at least", len(data), InfoLength)
	}
	length := int(binary.LittleEndian.Uint16(data))
	if want := InfoLength + int(data[12]) + int(data[13]); length != want {
		return 0, fmt.Errorf("TlsConnectInfo: it says %d octets, with user and password it has %d", length, want)
	}
	return length, nil
}
