package ams

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"stellwerk/wire"
)

// ReturnCode is an ADS return code, the error code of an AMS header. 0 is no
// error.
type ReturnCode uint32

// Codes that programs compare with; [ReturnCodes] has them all.
const (
	NoError               ReturnCode = 0x0    // ERR_NOERROR
	Internal              ReturnCode = 0x1    // ERR_INTERNAL
	TargetMachineNotFound ReturnCode = 0x7    // ERR_TARGETMACHINENOTFOUND
	PortNotConnected      ReturnCode = 0xD    // ERR_PORTNOTCONNECTED
	NoMemory              ReturnCode = 0x19   // ERR_NOMEMORY
	TCPSend               ReturnCode = 0x1A   // ERR_TCPSEND
	TLSSend               ReturnCode = 0x1D   // ERR_TLSSEND
	AccessDenied          ReturnCode = 0x1E   // ERR_ACCESSDENIED
	MailboxFull           ReturnCode = 0x502  // ROUTERERR_MAILBOXFULL
	DeviceError           ReturnCode = 0x700  // ADSERR_DEVICE_ERROR
	ServiceNotSupported   ReturnCode = 0x701  // ADSERR_DEVICE_SRVNOTSUPP
	InvalidSize           ReturnCode = 0x705  // ADSERR_DEVICE_INVALIDSIZE
	InvalidData           ReturnCode = 0x706  // ADSERR_DEVICE_INVALIDDATA
	DeviceNoMemory        ReturnCode = 0x70A  // ADSERR_DEVICE_NOMEMORY
	InvalidParameter      ReturnCode = 0x70B  // ADSERR_DEVICE_INVALIDPARM
	NotFound              ReturnCode = 0x70C  // ADSERR_DEVICE_NOTFOUND
	DeviceAccessDenied    ReturnCode = 0x723  // ADSERR_DEVICE_ACCESSDENIED
	CertificateInvalid    ReturnCode = 0x72F  // ADSERR_DEVICE_CERTIFICATEINVALID
	ClientError           ReturnCode = 0x740  // ADSERR_CLIENT_ERROR
	SyncTimeout           ReturnCode = 0x745  // ADSERR_CLIENT_SYNCTIMEOUT
	InvalidResponse       ReturnCode = 0x754  // ADSERR_CLIENT_SYNCRESINVALID
	ConnectionTimedOut    ReturnCode = 0x274C // WSAETIMEDOUT
	ConnectionRefused     ReturnCode = 0x274D // WSAECONNREFUSED
	HostUnreachable       ReturnCode = 0x2751 // WSAEHOSTUNREACH
)

// explanation is what there is to say about a code.
type explanation struct {
	name                   string
	meaning, cause, remedy wire.Text
}

func text(en, de string) wire.Text { return wire.Text{EN: en, DE: de} }

// ranges are the groups of codes.
var ranges = []struct {
	first, last ReturnCode
	name        wire.Text
	codes       map[ReturnCode]explanation
}{
	{0x0, 0x1E, text("global ADS return code", "globaler ADS-Returncode"), globalCodes},
	{0x500, 0x50D, text("ADS return code of the AMS router", "ADS-Returncode des AMS-Routers"), routerCodes},
	{0x700, 0x739, text("ADS return code of the device (the ADS server)", "ADS-Returncode des Geräts (des ADS-Servers)"), deviceCodes},
	{0x740, 0x756, text("ADS return code of the client", "ADS-Returncode des Clients"), clientCodes},
	{0x1000, 0x101A, text("ADS return code of the real-time system", "ADS-Returncode des Echtzeitsystems"), realTimeCodes},
	{0x274C, 0x2751, text("Winsock code", "Winsock-Code"), winsockCodes},
}

// explain looks a code up.
func (c ReturnCode) explain() explanation {
	for _, r := range ranges {
		if c >= r.first && c <= r.last {
			return r.codes[c]
		}
	}
	return explanation{}
}

// ReturnCodes returns all codes in the order of their values.
func ReturnCodes() iter.Seq[ReturnCode] {
	var all []ReturnCode
	for _, r := range ranges {
		for c := range r.codes {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, cmp.Compare[ReturnCode])
	return slices.Values(all)
}

// Known reports whether the code is documented.
func (c ReturnCode) Known() bool { return c.explain().name != "" }

// String returns the name, as in ADSERR_CLIENT_SYNCTIMEOUT, and a number for
// codes that are not documented.
func (c ReturnCode) String() string {
	if e := c.explain(); e.name != "" {
		return e.name
	}
	return fmt.Sprintf("ADS return code 0x%X", uint32(c))
}

// Group says what kind of code it is; zero for what belongs to no group.
func (c ReturnCode) Group() wire.Text {
	for _, r := range ranges {
		if c >= r.first && c <= r.last {
			return r.name
		}
	}
	return wire.Text{}
}

// Meaning says what the code means. Of a code that is not documented, this and
// the other texts are zero.
func (c ReturnCode) Meaning() wire.Text { return c.explain().meaning }

// Cause says what brings the code about.
func (c ReturnCode) Cause() wire.Text { return c.explain().cause }

// Remedy says what helps.
func (c ReturnCode) Remedy() wire.Text { return c.explain().remedy }

// Error returns the code as a sentence.
func (c ReturnCode) Error() string {
	if e := c.explain(); e.name != "" {
		return fmt.Sprintf("%s (0x%X): %s", e.name, uint32(c), e.meaning.EN)
	}
	return c.String()
}
