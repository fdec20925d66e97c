package asdu

import (
	"iter"
	"math"
	"slices"

	"stellwerk/wire"
)

// typeInfo is what is known of one type.
type typeInfo struct {
	id       TypeID
	name     string
	family   *family
	time     TimeKind
	sequence bool // may be sent with SQ=1
	only101  bool // a type of IEC 60870-5-101 that IEC 60870-5-104 does not use
	text     wire.Text

	elements []wire.Element // of an object behind its address, the time included
	size     int            // octets of an object without its address; of variable types, their fixed part
	variable bool           // the fixed part ends with the length of what follows
	reserved []byte         // bits of an object that must be 0
	times    []timeAt       // within an object
}

// timeAt is where a time lies.
type timeAt struct {
	offset int
	kind   TimeKind
}

// family is what types have in common that differ in their time alone.
type family struct {
	// elements stand between object address and time; the last one may have
	// the length 0 and is then as long as the octet before it says.
	elements []wire.Element
	// permits reports whether the standard permits the values of the elements;
	// nil permits them all.
	permits func(data []byte) bool
	// decode makes an object of the octets behind the address.
	decode func(address ObjectAddress, data []byte, time TimeKind) Object
}

// timed reports whether the family has types with time, so that its objects
// have room for one.
func (f *family) timed() bool {
	return slices.ContainsFunc(typeTable[:], func(t typeInfo) bool { return t.family == f && t.time != TimeNone })
}

// prepare fills in what follows from family and time.
func (t *typeInfo) prepare() *typeInfo {
	t.elements = slices.Concat(t.family.elements, t.time.elements())
	for _, element := range t.elements {
		t.size += element.Octets
		t.variable = t.variable || element.Octets == 0
	}
	t.reserved = make([]byte, t.size)
	at := 0
	for _, element := range t.elements {
		if kind, ok := timeKindOf(element); ok {
			t.times = append(t.times, timeAt{at, kind})
		}
		for _, field := range element.Fields {
			if field.Name == reservedName {
				wire.SetBits(t.reserved, 8*at+field.Bit, field.Width, math.MaxUint64)
			}
		}
		at += element.Octets
	}
	return t
}

// types holds typeTable by type identification.
var types = func() (index [256]*typeInfo) {
	for i := range typeTable {
		index[typeTable[i].id] = typeTable[i].prepare()
	}
	return index
}()

// Types yields the types of the standard in ascending order.
func Types() iter.Seq[TypeID] {
	return func(yield func(TypeID) bool) {
		for i := range typeTable {
			if !yield(typeTable[i].id) {
				return
			}
		}
	}
}

// Text says what the type carries. Reserved and private types say so.
func (t TypeID) Text() wire.Text {
	switch info := types[t]; {
	case info != nil:
		return info.text
	case t == 0:
		return wire.Text{EN: "not used", DE: "nicht verwendet"}
	case t < 128:
		return wire.Text{EN: "reserved by the standard", DE: "vom Standard reserviert"}
	case t < 136:
		return wire.Text{EN: "reserved for the routing of messages", DE: "reserviert für die Wegevermittlung von Nachrichten"}
	default:
		return wire.Text{EN: "private type", DE: "privater Typ"}
	}
}

// typeTable names every type of the standard, in ascending order.
var typeTable = [...]typeInfo{
	{id: M_SP_NA_1, name: "M_SP_NA_1", family: &singlePointFamily, sequence: true, text: wire.Text{EN: "single-point information", DE: "Einzelmeldung"}},
	{id: M_SP_TA_1, name: "M_SP_TA_1", family: &singlePointFamily, time: TimeCP24, only101: true, text: wire.Text{EN: "single-point information with time tag", DE: "Einzelmeldung mit Zeitmarke"}},
	{id: M_DP_NA_1, name: "M_DP_NA_1", family: &doublePointFamily, sequence: true, text: wire.Text{EN: "double-point information", DE: "Doppelmeldung"}},
	{id: M_DP_TA_1, name: "M_DP_TA_1", family: &doublePointFamily, time: TimeCP24, only101: true, text: wire.Text{EN: "double-point information with time tag", DE: "Doppelmeldung mit Zeitmarke"}},
	{id: M_ST_NA_1, name: "M_ST_NA_1", family: &stepPositionFamily, sequence: true, text: wire.Text{EN: "step position information", DE: "Stufenstellungsmeldung"}},
	{id: M_ST_TA_1, name: "M_ST_TA_1", family: &stepPositionFamily, time: TimeCP24, only101: true, text: wire.Text{EN: "step position information with time tag", DE: "Stufenstellungsmeldung mit Zeitmarke"}},
	{id: M_BO_NA_1, name: "M_BO_NA_1", family: &bitStringFamily, sequence: true, text: wire.Text{EN: "bitstring of 32 bits", DE: "Bitmuster 32 Bit"}},
	{id: M_BO_TA_1, name: "M_BO_TA_1", family: &bitStringFamily, time: TimeCP24, only101: true, text: wire.Text{EN: "bitstring of 32 bits with time tag", DE: "Bitmuster 32 Bit mit Zeitmarke"}},
	{id: M_ME_NA_1, name: "M_ME_NA_1", family: &normalizedValueFamily, sequence: true, text: wire.Text{EN: "measured value, normalized value", DE: "Messwert, normierter Wert"}},
	{id: M_ME_TA_1, name: "M_ME_TA_1", family: &normalizedValueFamily, time: TimeCP24, only101: true, text: wire.Text{EN: "measured value, normalized value with time tag", DE: "Messwert, normierter Wert mit Zeitmarke"}},
	{id: M_ME_NB_1, name: "M_ME_NB_1", family: &scaledValueFamily, sequence: true, text: wire.Text{EN: "measured value, scaled value", DE: "Messwert, skalierter Wert"}},
	{id: M_ME_TB_1, name: "M_ME_TB_1", family: &scaledValueFamily, time: TimeCP24, only101: true, text: wire.Text{EN: "measured value, scaled value with time tag", DE: "Messwert, skalierter Wert mit Zeitmarke"}},
	{id: M_ME_NC_1, name: "M_ME_NC_1", family: &shortFloatFamily, sequence: true, text: wire.Text{EN: "measured value, short floating point number", DE: "Messwert, verkürzte Gleitkommazahl"}},
	{id: M_ME_TC_1, name: "M_ME_TC_1", family: &shortFloatFamily, time: TimeCP24, only101: true, text: wire.Text{EN: "measured value, short floating point number with time tag", DE: "Messwert, verkürzte Gleitkommazahl mit Zeitmarke"}},
	{id: M_IT_NA_1, name: "M_IT_NA_1", family: &integratedTotalFamily, sequence: true, text: wire.Text{EN: "integrated totals", DE: "Zählwerte"}},
	{id: M_IT_TA_1, name: "M_IT_TA_1", family: &integratedTotalFamily, time: TimeCP24, only101: true, text: wire.Text{EN: "integrated totals with time tag", DE: "Zählwerte mit Zeitmarke"}},
	{id: M_EP_TA_1, name: "M_EP_TA_1", family: &protectionEventFamily, time: TimeCP24, only101: true, text: wire.Text{EN: "event of protection equipment with time tag", DE: "Schutzereignis mit Zeitmarke"}},
	{id: M_EP_TB_1, name: "M_EP_TB_1", family: &protectionStartFamily, time: TimeCP24, only101: true, text: wire.Text{EN: "packed start events of protection equipment with time tag", DE: "Geblockte Anregungen des Schutzes mit Zeitmarke"}},
	{id: M_EP_TC_1, name: "M_EP_TC_1", family: &protectionOutputFamily, time: TimeCP24, only101: true, text: wire.Text{EN: "packed output circuit information of protection equipment with time tag", DE: "Geblockte Auslösungen des Schutzes mit Zeitmarke"}},
	{id: M_PS_NA_1, name: "M_PS_NA_1", family: &packedSinglePointsFamily, sequence: true, text: wire.Text{EN: "packed single-point information with status change detection", DE: "Geblockte Einzelmeldungen mit Zustandsanzeige"}},
	{id: M_ME_ND_1, name: "M_ME_ND_1", family: &plainNormalizedValueFamily, sequence: true, text: wire.Text{EN: "measured value, normalized value without quality descriptor", DE: "Messwert, normierter Wert ohne Qualitätskennung"}},
	{id: M_SP_TB_1, name: "M_SP_TB_1", family: &singlePointFamily, time: TimeCP56, text: wire.Text{EN: "single-point information with time tag CP56Time2a", DE: "Einzelmeldung mit Zeitmarke CP56Time2a"}},
	{id: M_DP_TB_1, name: "M_DP_TB_1", family: &doublePointFamily, time: TimeCP56, text: wire.Text{EN: "double-point information with time tag CP56Time2a", DE: "Doppelmeldung mit Zeitmarke CP56Time2a"}},
	{id: M_ST_TB_1, name: "M_ST_TB_1", family: &stepPositionFamily, time: TimeCP56, text: wire.Text{EN: "step position information with time tag CP56Time2a", DE: "Stufenstellungsmeldung mit Zeitmarke CP56Time2a"}},
	{id: M_BO_TB_1, name: "M_BO_TB_1", family: &bitStringFamily, time: TimeCP56, text: wire.Text{EN: "bitstring of 32 bits with time tag CP56Time2a", DE: "Bitmuster 32 Bit mit Zeitmarke CP56Time2a"}},
	{id: M_ME_TD_1, name: "M_ME_TD_1", family: &normalizedValueFamily, time: TimeCP56, text: wire.Text{EN: "measured value, normalized value with time tag CP56Time2a", DE: "Messwert, normierter Wert mit Zeitmarke CP56Time2a"}},
	{id: M_ME_TE_1, name: "M_ME_TE_1", family: &scaledValueFamily, time: TimeCP56, text: wire.Text{EN: "measured value, scaled value with time tag CP56Time2a", DE: "Messwert, skalierter Wert mit Zeitmarke CP56Time2a"}},
	{id: M_ME_TF_1, name: "M_ME_TF_1", family: &shortFloatFamily, time: TimeCP56, text: wire.Text{EN: "measured value, short floating point number with time tag CP56Time2a", DE: "Messwert, verkürzte Gleitkommazahl mit Zeitmarke CP56Time2a"}},
	{id: M_IT_TB_1, name: "M_IT_TB_1", family: &integratedTotalFamily, time: TimeCP56, text: wire.Text{EN: "integrated totals with time tag CP56Time2a", DE: "Zählwerte mit Zeitmarke CP56Time2a"}},
	{id: M_EP_TD_1, name: "M_EP_TD_1", family: &protectionEventFamily, time: TimeCP56, text: wire.Text{EN: "event of protection equipment with time tag CP56Time2a", DE: "Schutzereignis mit Zeitmarke CP56Time2a"}},
	{id: M_EP_TE_1, name: "M_EP_TE_1", family: &protectionStartFamily, time: TimeCP56, text: wire.Text{EN: "packed start events of protection equipment with time tag CP56Time2a", DE: "Geblockte Anregungen des Schutzes mit Zeitmarke CP56Time2a"}},
	{id: M_EP_TF_1, name: "M_EP_TF_1", family: &protectionOutputFamily, time: TimeCP56, text: wire.Text{EN: "packed output circuit information of protection equipment with time tag CP56Time2a", DE: "Geblockte Auslösungen des Schutzes mit Zeitmarke CP56Time2a"}},
	{id: C_SC_NA_1, name: "C_SC_NA_1", family: &singleCommandFamily, text: wire.Text{EN: "single command", DE: "Einzelbefehl"}},
	{id: C_DC_NA_1, name: "C_DC_NA_1", family: &doubleCommandFamily, text: wire.Text{EN: "double command", DE: "Doppelbefehl"}},
	{id: C_RC_NA_1, name: "C_RC_NA_1", family: &stepCommandFamily, text: wire.Text{EN: "regulating step command", DE: "Stufenstellbefehl"}},
	{id: C_SE_NA_1, name: "C_SE_NA_1", family: &normalizedSetpointFamily, text: wire.Text{EN: "set-point command, normalized value", DE: "Sollwert-Stellbefehl, normierter Wert"}},
	{id: C_SE_NB_1, name: "C_SE_NB_1", family: &scaledSetpointFamily, text: wire.Text{EN: "set-point command, scaled value", DE: "Sollwert-Stellbefehl, skalierter Wert"}},
	{id: C_SE_NC_1, name: "C_SE_NC_1", family: &floatSetpointFamily, text: wire.Text{EN: "set-point command, short floating point number", DE: "Sollwert-Stellbefehl, verkürzte Gleitkommazahl"}},
	{id: C_BO_NA_1, name: "C_BO_NA_1", family: &bitStringCommandFamily, text: wire.Text{EN: "bitstring of 32 bits command", DE: "Bitmuster 32 Bit"}},
	{id: C_SC_TA_1, name: "C_SC_TA_1", family: &singleCommandFamily, time: TimeCP56, text: wire.Text{EN: "single command with time tag CP56Time2a", DE: "Einzelbefehl mit Zeitmarke CP56Time2a"}},
	{id: C_DC_TA_1, name: "C_DC_TA_1", family: &doubleCommandFamily, time: TimeCP56, text: wire.Text{EN: "double command with time tag CP56Time2a", DE: "Doppelbefehl mit Zeitmarke CP56Time2a"}},
	{id: C_RC_TA_1, name: "C_RC_TA_1", family: &stepCommandFamily, time: TimeCP56, text: wire.Text{EN: "regulating step command with time tag CP56Time2a", DE: "Stufenstellbefehl mit Zeitmarke CP56Time2a"}},
	{id: C_SE_TA_1, name: "C_SE_TA_1", family: &normalizedSetpointFamily, time: TimeCP56, text: wire.Text{EN: "set-point command, normalized value with time tag CP56Time2a", DE: "Sollwert-Stellbefehl, normierter Wert mit Zeitmarke CP56Time2a"}},
	{id: C_SE_TB_1, name: "C_SE_TB_1", family: &scaledSetpointFamily, time: TimeCP56, text: wire.Text{EN: "set-point command, scaled value with time tag CP56Time2a", DE: "Sollwert-Stellbefehl, skalierter Wert mit Zeitmarke CP56Time2a"}},
	{id: C_SE_TC_1, name: "C_SE_TC_1", family: &floatSetpointFamily, time: TimeCP56, text: wire.Text{EN: "set-point command, short floating point number with time tag CP56Time2a", DE: "Sollwert-Stellbefehl, verkürzte Gleitkommazahl mit Zeitmarke CP56Time2a"}},
	{id: C_BO_TA_1, name: "C_BO_TA_1", family: &bitStringCommandFamily, time: TimeCP56, text: wire.Text{EN: "bitstring of 32 bits command with time tag CP56Time2a", DE: "Bitmuster 32 Bit mit Zeitmarke CP56Time2a"}},
	{id: M_EI_NA_1, name: "M_EI_NA_1", family: &endOfInitializationFamily, text: wire.Text{EN: "end of initialization", DE: "Initialisierungsende"}},
	{id: C_IC_NA_1, name: "C_IC_NA_1", family: &interrogationFamily, text: wire.Text{EN: "interrogation command", DE: "(General-)Abfragebefehl"}},
	{id: C_CI_NA_1, name: "C_CI_NA_1", family: &counterInterrogationFamily, text: wire.Text{EN: "counter interrogation command", DE: "Zähler-Abfragebefehl"}},
	{id: C_RD_NA_1, name: "C_RD_NA_1", family: &readFamily, text: wire.Text{EN: "read command", DE: "Lesebefehl"}},
	{id: C_CS_NA_1, name: "C_CS_NA_1", family: &clockSynchronizationFamily, time: TimeCP56, text: wire.Text{EN: "clock synchronization command", DE: "Uhrzeit-Synchronisationsbefehl"}},
	{id: C_TS_NA_1, name: "C_TS_NA_1", family: &testCommandFamily, only101: true, text: wire.Text{EN: "test command", DE: "Prüfbefehl (IEC 101)"}},
	{id: C_RP_NA_1, name: "C_RP_NA_1", family: &resetProcessFamily, text: wire.Text{EN: "reset process command", DE: "Prozess-Rücksetzbefehl"}},
	{id: C_CD_NA_1, name: "C_CD_NA_1", family: &delayAcquisitionFamily, only101: true, text: wire.Text{EN: "delay acquisition command", DE: "Befehl zur Telegramm-Laufzeiterfassung (IEC 101)"}},
	{id: C_TS_TA_1, name: "C_TS_TA_1", family: &timedTestCommandFamily, time: TimeCP56, text: wire.Text{EN: "test command with time tag CP56Time2a", DE: "Testbefehl mit Zeitmarke CP56Time2a"}},
	{id: P_ME_NA_1, name: "P_ME_NA_1", family: &normalizedParameterFamily, text: wire.Text{EN: "parameter of measured value, normalized value", DE: "Parameter für Messwerte, normierter Wert"}},
	{id: P_ME_NB_1, name: "P_ME_NB_1", family: &scaledParameterFamily, text: wire.Text{EN: "parameter of measured value, scaled value", DE: "Parameter für Messwerte, skalierter Wert"}},
	{id: P_ME_NC_1, name: "P_ME_NC_1", family: &floatParameterFamily, text: wire.Text{EN: "parameter of measured value, short floating point number", DE: "Parameter für Messwerte, verkürzte Gleitkommazahl"}},
	{id: P_AC_NA_1, name: "P_AC_NA_1", family: &parameterActivationFamily, text: wire.Text{EN: "parameter activation", DE: "Parameter für Aktivierung"}},
	{id: F_FR_NA_1, name: "F_FR_NA_1", family: &fileReadyFamily, text: wire.Text{EN: "file ready", DE: "Datei bereit"}},
	{id: F_SR_NA_1, name: "F_SR_NA_1", family: &sectionReadyFamily, text: wire.Text{EN: "section ready", DE: "Abschnitt bereit"}},
	{id: F_SC_NA_1, name: "F_SC_NA_1", family: &fileCallFamily, text: wire.Text{EN: "call directory, select file, call file, call section", DE: "Abfrage Dateiverzeichnis, Dateiauswahl, Dateiabfrage, Abschnittsabfrage"}},
	{id: F_LS_NA_1, name: "F_LS_NA_1", family: &lastSectionFamily, text: wire.Text{EN: "last section, last segment", DE: "Letzter Abschnitt, letztes Segment"}},
	{id: F_AF_NA_1, name: "F_AF_NA_1", family: &fileAcknowledgementFamily, text: wire.Text{EN: "acknowledge file, acknowledge section", DE: "Dateibestätigung, Abschnittsbestätigung"}},
	{id: F_SG_NA_1, name: "F_SG_NA_1", family: &segmentFamily, text: wire.Text{EN: "segment", DE: "Segment"}},
	{id: F_DR_TA_1, name: "F_DR_TA_1", family: &directoryEntryFamily, time: TimeCP56, sequence: true, text: wire.Text{EN: "directory", DE: "Dateiverzeichnis"}},
	{id: F_SC_NB_1, name: "F_SC_NB_1", family: &logQueryFamily, text: wire.Text{EN: "query log, request archive file", DE: "Abfrage Archiv-Datei"}},
}
