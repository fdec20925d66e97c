package asdu

import "stellwerk/wire"

// FileName is NOF, the name of a file (IEC 60870-5-101, 7.2.6.33): 1 is a
// transparent file, 2 disturbance data, 3 a sequence of events, 4 a sequence of
// analogue values; 5 to 127 are reserved by the standard, 0 is the default.
type FileName uint16

var (
	elementNOF = wire.Element{Name: "NOF", Octets: 2, Fields: []wire.Field{{Name: "NOF", Width: 16, Text: fileNameText}}}
	elementNOS = wire.Element{Name: "NOS", Octets: 1, Fields: []wire.Field{{Name: "NOS", Width: 8}}}
	elementLOF = wire.Element{Name: "LOF", Octets: 3, Fields: []wire.Field{{Name: "LOF", Width: 24}}}
	elementCHS = wire.Element{Name: "CHS", Octets: 1, Fields: []wire.Field{{Name: "CHS", Width: 8, Text: wire.Hex}}}
)

func fileNameText(value uint64) wire.Text {
	switch value {
	case 0:
		return wire.Text{EN: "default", DE: "Standard"}
	case 1:
		return wire.Text{EN: "transparent file", DE: "transparente Datei"}
	case 2:
		return wire.Text{EN: "disturbance data of protection equipment", DE: "Störfalldaten des Schutzes"}
	case 3:
		return wire.Text{EN: "sequence of events", DE: "Ereignisfolge"}
	case 4:
		return wire.Text{EN: "sequence of recorded analogue values", DE: "Folge aufgezeichneter Analogwerte"}
	default:
		return wire.Text{}
	}
}

// MaxFileLength is the greatest length of a file or section, of three octets.
const MaxFileLength = 1<<24 - 1

// FileFault says why a file transfer fails: the upper half of SCQ and AFQ, 0 to
// 15 (7.2.6.30 and 7.2.6.32).
type FileFault uint8

// The faults that the standard defines.
const (
	FileFaultNone     FileFault = 0
	FileFaultMemory   FileFault = 1
	FileFaultChecksum FileFault = 2
	FileFaultService  FileFault = 3
	FileFaultName     FileFault = 4
	FileFaultSection  FileFault = 5
)

// Text says what the fault means.
func (f FileFault) Text() wire.Text { return fileRefusal(uint64(f)) }

func fileRefusal(value uint64) wire.Text {
	switch fault := FileFault(min(value, 15)); fault {
	case FileFaultNone:
		return wire.Text{EN: "default", DE: "Standard"}
	case FileFaultMemory:
		return wire.Text{EN: "requested memory space not available", DE: "angeforderter Speicherplatz nicht verfügbar"}
	case FileFaultChecksum:
		return wire.Text{EN: "checksum failed", DE: "Prüfsummenfehler"}
	case FileFaultService:
		return wire.Text{EN: "unexpected communication service", DE: "unerwarteter Kommunikationsdienst"}
	case FileFaultName:
		return wire.Text{EN: "unexpected name of file", DE: "unerwarteter Dateiname"}
	case FileFaultSection:
		return wire.Text{EN: "unexpected name of section", DE: "unerwarteter Abschnittsname"}
	default:
		if fault < 11 {
			return wire.Text{EN: "reserved by the standard", DE: "vom Standard reserviert"}
		}
		return wire.Text{EN: "private qualifier", DE: "private Kennung"}
	}
}

func appendLength(dst []byte, length uint32) []byte {
	return append(dst, byte(length), byte(length>>8), byte(length>>16))
}

func decodeLength(data []byte) uint32 {
	return uint32(data[0]) | uint32(data[1])<<8 | uint32(data[2])<<16
}
