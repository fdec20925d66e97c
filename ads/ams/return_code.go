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
	NoError                      ReturnCode = 0x0    // ERR_NOERROR
	Internal                     ReturnCode = 0x1    // ERR_INTERNAL
	Mailbox                      ReturnCode = 0x4    // ERR_INSERTMAILBOX
	TargetPortNotFound           ReturnCode = 0x6    // ERR_TARGETPORTNOTFOUND
	TargetMachineNotFound        ReturnCode = 0x7    // ERR_TARGETMACHINENOTFOUND
	UnknownCommand               ReturnCode = 0x8    // ERR_UNKNOWNCMDID
	UnknownAMSCommand            ReturnCode = 0xB    // ERR_UNKNOWNAMSCMD
	PortNotConnected             ReturnCode = 0xD    // ERR_PORTNOTCONNECTED
	InvalidAMSLength             ReturnCode = 0xE    // ERR_INVALIDAMSLENGTH
	InvalidNetID                 ReturnCode = 0xF    // ERR_INVALIDAMSNETID
	PortDisabled                 ReturnCode = 0x12   // ERR_PORTDISABLED
	PortAlreadyConnected         ReturnCode = 0x13   // ERR_PORTALREADYCONNECTED
	InvalidAMSPort               ReturnCode = 0x18   // ERR_INVALIDAMSPORT
	NoMemory                     ReturnCode = 0x19   // ERR_NOMEMORY
	TCPSend                      ReturnCode = 0x1A   // ERR_TCPSEND
	TargetUnreachable            ReturnCode = 0x1B   // ERR_HOSTUNREACHABLE
	TLSSend                      ReturnCode = 0x1D   // ERR_TLSSEND
	AccessDenied                 ReturnCode = 0x1E   // ERR_ACCESSDENIED
	MailboxFull                  ReturnCode = 0x502  // ROUTERERR_MAILBOXFULL
	DebugBoxFull                 ReturnCode = 0x503  // ROUTERERR_DEBUGBOXFULL
	PortInUse                    ReturnCode = 0x506  // ROUTERERR_PORTALREADYINUSE
	PortNotRegistered            ReturnCode = 0x507  // ROUTERERR_NOTREGISTERED
	RouterNotActive              ReturnCode = 0x50A  // ROUTERERR_NOTACTIVATED
	DeviceError                  ReturnCode = 0x700  // ADSERR_DEVICE_ERROR
	ServiceNotSupported          ReturnCode = 0x701  // ADSERR_DEVICE_SRVNOTSUPP
	InvalidGroup                 ReturnCode = 0x702  // ADSERR_DEVICE_INVALIDGRP
	InvalidOffset                ReturnCode = 0x703  // ADSERR_DEVICE_INVALIDOFFSET
	InvalidAccess                ReturnCode = 0x704  // ADSERR_DEVICE_INVALIDACCESS
	InvalidSize                  ReturnCode = 0x705  // ADSERR_DEVICE_INVALIDSIZE
	InvalidData                  ReturnCode = 0x706  // ADSERR_DEVICE_INVALIDDATA
	NotReady                     ReturnCode = 0x707  // ADSERR_DEVICE_NOTREADY
	Busy                         ReturnCode = 0x708  // ADSERR_DEVICE_BUSY
	DeviceNoMemory               ReturnCode = 0x70A  // ADSERR_DEVICE_NOMEMORY
	InvalidParameter             ReturnCode = 0x70B  // ADSERR_DEVICE_INVALIDPARM
	NotFound                     ReturnCode = 0x70C  // ADSERR_DEVICE_NOTFOUND
	Syntax                       ReturnCode = 0x70D  // ADSERR_DEVICE_SYNTAX
	Exists                       ReturnCode = 0x70F  // ADSERR_DEVICE_EXISTS
	SymbolNotFound               ReturnCode = 0x710  // ADSERR_DEVICE_SYMBOLNOTFOUND
	SymbolVersionInvalid         ReturnCode = 0x711  // ADSERR_DEVICE_SYMBOLVERSIONINVALID
	InvalidState                 ReturnCode = 0x712  // ADSERR_DEVICE_INVALIDSTATE
	TransmissionModeNotSupported ReturnCode = 0x713  // ADSERR_DEVICE_TRANSMODENOTSUPP
	NotificationHandleInvalid    ReturnCode = 0x714  // ADSERR_DEVICE_NOTIFYHANDINVALID
	ClientUnknown                ReturnCode = 0x715  // ADSERR_DEVICE_CLIENTUNKNOWN
	NoMoreHandles                ReturnCode = 0x716  // ADSERR_DEVICE_NOMOREHDL
	InvalidWatchSize             ReturnCode = 0x717  // ADSERR_DEVICE_INVALIDWATCHSIZE
	DeviceTimeout                ReturnCode = 0x719  // ADSERR_DEVICE_TIMEOUT
	Aborted                      ReturnCode = 0x71F  // ADSERR_DEVICE_ABORTED
	InvalidArrayIndex            ReturnCode = 0x721  // ADSERR_DEVICE_INVALIDARRAYIDX
	SymbolNotActive              ReturnCode = 0x722  // ADSERR_DEVICE_SYMBOLNOTACTIVE
	DeviceAccessDenied           ReturnCode = 0x723  // ADSERR_DEVICE_ACCESSDENIED
	CertificateInvalid           ReturnCode = 0x72F  // ADSERR_DEVICE_CERTIFICATEINVALID
	ClientError                  ReturnCode = 0x740  // ADSERR_CLIENT_ERROR
	ClientInvalidParameter       ReturnCode = 0x741  // ADSERR_CLIENT_INVALIDPARM
	SyncTimeout                  ReturnCode = 0x745  // ADSERR_CLIENT_SYNCTIMEOUT
	PortNotOpen                  ReturnCode = 0x748  // ADSERR_CLIENT_PORTNOTOPEN
	NoAMSAddress                 ReturnCode = 0x749  // ADSERR_CLIENT_NOAMSADDR
	InvalidResponse              ReturnCode = 0x754  // ADSERR_CLIENT_SYNCRESINVALID
	ConnectionTimedOut           ReturnCode = 0x274C // WSAETIMEDOUT
	ConnectionRefused            ReturnCode = 0x274D // WSAECONNREFUSED
	HostUnreachable              ReturnCode = 0x2751 // WSAEHOSTUNREACH
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

// Text returns name and meaning, as in "ADSERR_DEVICE_SYMBOLNOTFOUND: the symbol
// is not found", a number for codes that are not documented, and nothing for no
// error.
func (c ReturnCode) Text() wire.Text {
	meaning := c.Meaning()
	switch {
	case c == NoError:
		return wire.Text{}
	case meaning.IsZero():
		return wire.Same(c.String())
	default:
		return wire.Text{EN: c.String() + ": " + meaning.EN, DE: c.String() + ": " + meaning.DE}
	}
}

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
