package discovery

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"

	"stellwerk/ads/ams"
	"stellwerk/wire"
)

// TagID says what a tag holds.
type TagID uint16

// The tags. Strings have a NUL at their end, which their length counts.
const (
	TagStatus       TagID = 1  // 4 octets: a return code
	TagPassword     TagID = 2  // string, in clear text
	TagVersion      TagID = 3  // 4 octets: version of TwinCAT
	TagOSVersion    TagID = 4  // [OSVersion]
	TagComputerName TagID = 5  // string: name of the machine; in routes the address to call it by
	TagNetID        TagID = 7  // 6 octets
	TagOptions      TagID = 9  // 4 octets: [Options]
	TagRouteName    TagID = 12 // string
	TagUserName     TagID = 13 // string
	TagFingerprint  TagID = 18 // string: SHA-256 of the machine's certificate, in hexadecimal
)

// tagHeader is the length of id and length before the data of a tag.
const tagHeader = 4

var tagNames = map[TagID]struct {
	name string
	text wire.Text
}{
	TagStatus:       {"status", text("status", "Status")},
	TagPassword:     {"password", text("password", "Passwort")},
	TagVersion:      {"TwinCAT version", text("version of TwinCAT", "Version von TwinCAT")},
	TagOSVersion:    {"OS version", text("version of the operating system", "Version des Betriebssystems")},
	TagComputerName: {"computer name", text("name or address of the machine", "Name oder Adresse des Rechners")},
	TagNetID:        {"NetId", text("AMS NetId", "AMS-NetId")},
	TagOptions:      {"options", text("options of the route", "Optionen der Route")},
	TagRouteName:    {"route name", text("name of the route", "Name der Route")},
	TagUserName:     {"user name", text("user name", "Benutzername")},
	TagFingerprint:  {"fingerprint", text("fingerprint of the certificate", "Fingerabdruck des Zertifikats")},
}

// String returns a name, and a number for what is not known.
func (id TagID) String() string {
	if n, ok := tagNames[id]; ok {
		return n.name
	}
	return fmt.Sprintf("tag %d", uint16(id))
}

// Known reports whether the tag is one of those above.
func (id TagID) Known() bool { _, ok := tagNames[id]; return ok }

// Text says what the tag holds.
func (id TagID) Text() wire.Text {
	if n, ok := tagNames[id]; ok {
		return n.text
	}
	return text("not known", "unbekannt")
}

// Options are those of a route.
type Options uint32

// OptionTemporary is a route that is gone when the machine starts again.
const OptionTemporary Options = 1

// Tag is one piece of what a packet says. What has no constant here is kept as
// it is.
type Tag struct {
	ID   TagID
	Data []byte
}

func decodeTag(data []byte) (Tag, []byte, *Error) {
	if len(data) < tagHeader {
		return Tag{}, nil, malformed("%d octets are left, id and length have %d", "%d Oktette sind noch da, Kennung und Länge haben %d", len(data), tagHeader)
	}
	id, length := TagID(binary.LittleEndian.Uint16(data)), int(binary.LittleEndian.Uint16(data[2:]))
	data = data[tagHeader:]
	if length > len(data) {
		return Tag{}, nil, malformed("it says %d octets, %d are left", "es nennt %d Oktette, %d sind noch da", length, len(data)).in(id.String(), id.String())
	}
	return Tag{ID: id, Data: data[:length:length]}, data[length:], nil
}

func (t Tag) append(dst []byte) []byte {
	data := t.Data[:min(len(t.Data), math.MaxUint16)]
	dst = binary.LittleEndian.AppendUint16(dst, uint16(t.ID))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(data)))
	return append(dst, data...)
}

// TextTag returns a tag that holds a string.
func TextTag(id TagID, s string) Tag { return Tag{ID: id, Data: append([]byte(s), 0)} }

// StatusTag returns a tag with a return code.
func StatusTag(code ams.ReturnCode) Tag { return numberTag(TagStatus, uint32(code)) }

// OptionsTag returns a tag with the options of a route.
func OptionsTag(o Options) Tag { return numberTag(TagOptions, uint32(o)) }

// NetIDTag returns a tag with a NetId.
func NetIDTag(id ams.NetID) Tag { return Tag{ID: TagNetID, Data: id[:]} }

// VersionTag returns a tag with a version of TwinCAT.
func VersionTag(v Version) Tag {
	return Tag{ID: TagVersion, Data: binary.LittleEndian.AppendUint16([]byte{v.Major, v.Minor}, v.Build)}
}

func numberTag(id TagID, value uint32) Tag {
	return Tag{ID: id, Data: binary.LittleEndian.AppendUint32(nil, value)}
}

// String returns the text of a tag up to its NUL. Text that is no UTF-8 is read
// as ISO 8859-1.
func (t Tag) String() string {
	data, _, _ := bytes.Cut(t.Data, []byte{0})
	return decodeText(data)
}

// Status reads a return code.
func (t Tag) Status() (ams.ReturnCode, error) {
	value, err := t.number()
	return ams.ReturnCode(value), err
}

// Options reads the options of a route.
func (t Tag) Options() (Options, error) {
	value, err := t.number()
	return Options(value), err
}

// NetID reads a NetId.
func (t Tag) NetID() (ams.NetID, error) {
	if len(t.Data) != len(ams.NetID{}) {
		return ams.NetID{}, fmt.Errorf("%s: %d octets, it has %d", t.ID, len(t.Data), len(ams.NetID{}))
	}
	return ams.NetID(t.Data), nil
}

// Version reads a version of TwinCAT.
func (t Tag) Version() (Version, error) {
	if len(t.Data) < 4 {
		return Version{}, fmt.Errorf("%s: %d octets, it has 4", t.ID, len(t.Data))
	}
	return Version{Major: t.Data[0], Minor: t.Data[1], Build: binary.LittleEndian.Uint16(t.Data[2:])}, nil
}

func (t Tag) number() (uint32, error) {
	if len(t.Data) < 4 {
		return 0, fmt.Errorf("%s: %d octets, it has 4", t.ID, len(t.Data))
	}
	return binary.LittleEndian.Uint32(t.Data), nil
}
