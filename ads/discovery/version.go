package discovery

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

// Version is a version of TwinCAT.
type Version struct {
	Major, Minor uint8
	Build        uint16
}

// String returns the version as it is written, such as 3.1.4024.
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Build) }

// IsZero reports whether nothing is known of the version.
func (v Version) IsZero() bool { return v == Version{} }

// Platform is the family of an operating system.
type Platform uint32

// The platforms.
const (
	PlatformBSD  Platform = 0 // TwinCAT/BSD
	PlatformRTOS Platform = 1 // TwinCAT/RTOS
	PlatformNT   Platform = 2 // Windows
	PlatformCE   Platform = 3 // Windows CE
)

// String returns the name, and a number for what is not known.
func (p Platform) String() string {
	switch p {
	case PlatformBSD:
		return "TwinCAT/BSD"
	case PlatformRTOS:
		return "TwinCAT/RTOS"
	case PlatformNT:
		return "Windows"
	case PlatformCE:
		return "Windows CE"
	default:
		return fmt.Sprintf("platform %d", uint32(p))
	}
}

// osVersionLength is the length of the numbers of an [OSVersion].
const osVersionLength = 20

// osVersionWindows is the length of the whole structure of Windows, with 128
// characters of text in UTF-16.
const osVersionWindows = 276

// OSVersion is the version of a machine's operating system, in the structure
// OSVERSIONINFO of Windows.
type OSVersion struct {
	Major, Minor, Build uint32
	Platform            Platform
	Text                string // such as the service pack
}

// OSVersion reads the version of an operating system.
func (t Tag) OSVersion() (OSVersion, error) {
	if len(t.Data) < osVersionLength {
		return OSVersion{}, fmt.Errorf("%s: %d octets, it has %d at least", t.ID, len(t.Data), osVersionLength)
	}
	v := OSVersion{
		Major:    binary.LittleEndian.Uint32(t.Data[4:]),
		Minor:    binary.LittleEndian.Uint32(t.Data[8:]),
		Build:    binary.LittleEndian.Uint32(t.Data[12:]),
		Platform: Platform(binary.LittleEndian.Uint32(t.Data[16:])),
	}
	rest := t.Data[osVersionLength:]
	if v.wide() {
		v.Text = wideText(rest)
	} else {
		v.Text = Tag{Data: rest}.String()
	}
	return v, nil
}

// OSVersionTag returns a tag with the version. Text beyond 127 characters is cut.
func OSVersionTag(v OSVersion) Tag {
	data := make([]byte, osVersionLength, osVersionWindows)
	for i, value := range []uint32{osVersionWindows, v.Major, v.Minor, v.Build, uint32(v.Platform)} {
		binary.LittleEndian.PutUint32(data[4*i:], value)
	}
	if v.wide() {
		units := utf16.Encode([]rune(v.Text))
		for _, unit := range units[:min(len(units), 127)] {
			data = binary.LittleEndian.AppendUint16(data, unit)
		}
	} else {
		data = append(data, v.Text[:min(len(v.Text), 255)]...)
	}
	return Tag{ID: TagOSVersion, Data: append(data, make([]byte, osVersionWindows-len(data))...)}
}

// wide reports whether the text is in UTF-16.
func (v OSVersion) wide() bool { return v.Platform == PlatformNT || v.Platform == PlatformCE }

// String returns the version as people name it, such as Windows 10.0.19045.
func (v OSVersion) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s %d.%d", v.Platform, v.Major, v.Minor)
	if v.Build != 0 {
		fmt.Fprintf(&s, ".%d", v.Build)
	}
	if v.Text != "" {
		s.WriteString(" " + v.Text)
	}
	return s.String()
}

// IsZero reports whether nothing is known of the version.
func (v OSVersion) IsZero() bool { return v == OSVersion{} }

// wideText reads UTF-16 up to its NUL.
func wideText(data []byte) string {
	var units []uint16
	for len(data) >= 2 {
		unit := binary.LittleEndian.Uint16(data)
		if unit == 0 {
			break
		}
		units, data = append(units, unit), data[2:]
	}
	return string(utf16.Decode(units))
}
