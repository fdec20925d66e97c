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

// fileRefusal says why a file transfer fails: the upper half of SCQ and AFQ.
func fileRefusal(value uint64) wire.Text {
	switch value {
	case 0:
		return wire.Text{EN: "default", DE: "Standard"}
	case 1:
		return wire.Text{EN: "requested memory space not available", DE: "angeforderter Speicherplatz nicht verfügbar"}
	case 2:
		return wire.Text{EN: "checksum failed", DE: "Prüfsummenfehler"}
	case 3:
		return wire.Text{EN: "unexpected communication service", DE: "unerwarteter Kommunikationsdienst"}
	case 4:
		return wire.Text{EN: "unexpected name of file", DE: "unerwarteter Dateiname"}
	case 5:
		return wire.Text{EN: "unexpected name of section", DE: "unerwarteter Abschnittsname"}
	default:
		if value < 11 {
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
