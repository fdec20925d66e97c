package command

import (
	"encoding/binary"
	"fmt"

	"stellwerk/wire"
)

// IndexGroup is the index group of a request: a service of the device, or an
// area of its memory.
type IndexGroup uint32

// Index is where a request goes within a device. Index offsets mean what their
// group says: often an octet of an area, or a handle.
type Index struct {
	Group  IndexGroup
	Offset uint32
}

// String returns both as hexadecimal numbers.
func (i Index) String() string { return fmt.Sprintf("0x%X:0x%X", uint32(i.Group), i.Offset) }

func (i Index) append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(i.Group))
	return binary.LittleEndian.AppendUint32(dst, i.Offset)
}

func (d *decoder) index() Index {
	return Index{Group: IndexGroup(d.u32("index group")), Offset: d.u32("index offset")}
}

// Index groups of PLCs.
const (
	GroupInputsOld        IndexGroup = 0x4000
	GroupOutputsOld       IndexGroup = 0x4010
	GroupMemory           IndexGroup = 0x4020 // %M in octets
	GroupMemoryBits       IndexGroup = 0x4021 // %M in bits: offset = octet * 8 + bit
	GroupMemorySize       IndexGroup = 0x4025
	GroupRetain           IndexGroup = 0x4030
	GroupRetainSize       IndexGroup = 0x4035
	GroupData             IndexGroup = 0x4040
	GroupDataBits         IndexGroup = 0x4041 // data in bits: offset = octet * 8 + bit
	GroupDataSize         IndexGroup = 0x4045
	GroupSymbolTable      IndexGroup = 0xF000
	GroupSymbolName       IndexGroup = 0xF001
	GroupSymbolValue      IndexGroup = 0xF002
	GroupHandleByName     IndexGroup = 0xF003 // ReadWrite: a name in, a handle out
	GroupValueByName      IndexGroup = 0xF004
	GroupValueByHandle    IndexGroup = 0xF005 // offset = handle; ReadWrite calls a method
	GroupReleaseHandle    IndexGroup = 0xF006
	GroupInfoByName       IndexGroup = 0xF007
	GroupSymbolVersion    IndexGroup = 0xF008
	GroupInfoByNameEx     IndexGroup = 0xF009
	GroupDownload         IndexGroup = 0xF00A
	GroupUpload           IndexGroup = 0xF00B // all symbol entries
	GroupUploadInfo       IndexGroup = 0xF00C // 8 octets
	GroupDownload2        IndexGroup = 0xF00D
	GroupTypeUpload       IndexGroup = 0xF00E // all data type entries
	GroupUploadInfo2      IndexGroup = 0xF00F // 24 or 64 octets
	GroupSymbolNote       IndexGroup = 0xF010
	GroupTypeInfoByNameEx IndexGroup = 0xF011
	GroupInputs           IndexGroup = 0xF020 // %I in octets
	GroupInputBits        IndexGroup = 0xF021
	GroupInputSize        IndexGroup = 0xF025
	GroupOutputs          IndexGroup = 0xF030 // %Q in octets
	GroupOutputBits       IndexGroup = 0xF031
	GroupOutputSize       IndexGroup = 0xF035
	GroupClearInputs      IndexGroup = 0xF040
	GroupClearOutputs     IndexGroup = 0xF050
	GroupReadInWriteOut   IndexGroup = 0xF060
	GroupSumRead          IndexGroup = 0xF080 // offset of sum commands = number of items
	GroupSumWrite         IndexGroup = 0xF081
	GroupSumReadWrite     IndexGroup = 0xF082
	GroupSumReadEx        IndexGroup = 0xF083
	GroupSumReadEx2       IndexGroup = 0xF084
	GroupSumAddNotes      IndexGroup = 0xF085
	GroupSumDeleteNotes   IndexGroup = 0xF086
	GroupDeviceData       IndexGroup = 0xF100 // offset 0: ADS state, 2: device state
	GroupCoE              IndexGroup = 0xF302 // CANopen objects of EtherCAT devices
	GroupLicenceIDs       IndexGroup = 0x01010004
	GroupLicenceModules   IndexGroup = 0x01010006
	GroupLicenceName      IndexGroup = 0x0101000C
	GroupLicenceOrder     IndexGroup = 0x0101000D
)

// Index groups of the system service, port 10000.
const (
	GroupFileOpen      IndexGroup = 120
	GroupFileClose     IndexGroup = 121
	GroupFileRead      IndexGroup = 122
	GroupFileWrite     IndexGroup = 123
	GroupFileDelete    IndexGroup = 131
	GroupFileFind      IndexGroup = 133
	GroupRegistry      IndexGroup = 200 // HKEY_LOCAL_MACHINE
	GroupRegistryUser  IndexGroup = 201 // HKEY_CURRENT_USER
	GroupRegistryClass IndexGroup = 202 // HKEY_CLASSES_ROOT
	GroupRegistryDel   IndexGroup = 206 // deletes keys of HKEY_LOCAL_MACHINE
	GroupRegistryUDel  IndexGroup = 207
	GroupRegistryCDel  IndexGroup = 208
	GroupExtendedState IndexGroup = 240
	GroupStartProcess  IndexGroup = 500
	GroupTargetDesc    IndexGroup = 700
	GroupAddRoute      IndexGroup = 801
	GroupDeleteRoute   IndexGroup = 802
	GroupListRoutes    IndexGroup = 803
	GroupMQTTRoute     IndexGroup = 808
)

var groupTexts = map[IndexGroup]wire.Text{
	GroupInputsOld:        {EN: "PLC inputs (old)", DE: "SPS-Eingänge (alt)"},
	GroupOutputsOld:       {EN: "PLC outputs (old)", DE: "SPS-Ausgänge (alt)"},
	GroupMemory:           {EN: "PLC memory %M", DE: "SPS-Merker %M"},
	GroupMemoryBits:       {EN: "PLC memory %M, bits", DE: "SPS-Merker %M, Bits"},
	GroupMemorySize:       {EN: "size of the PLC memory %M", DE: "Größe der SPS-Merker %M"},
	GroupRetain:           {EN: "retain data", DE: "Retain-Daten"},
	GroupRetainSize:       {EN: "size of the retain data", DE: "Größe der Retain-Daten"},
	GroupData:             {EN: "data area", DE: "Datenbereich"},
	GroupDataBits:         {EN: "PLC data, bits", DE: "SPS-Daten, Bits"},
	GroupDataSize:         {EN: "size of the data area", DE: "Größe des Datenbereichs"},
	GroupSymbolTable:      {EN: "symbol table", DE: "Symboltabelle"},
	GroupSymbolName:       {EN: "name of a symbol", DE: "Name eines Symbols"},
	GroupSymbolValue:      {EN: "value of a symbol", DE: "Wert eines Symbols"},
	GroupHandleByName:     {EN: "handle by name", DE: "Handle zu einem Namen"},
	GroupValueByName:      {EN: "value by name", DE: "Wert zu einem Namen"},
	GroupValueByHandle:    {EN: "value by handle", DE: "Wert zu einem Handle"},
	GroupReleaseHandle:    {EN: "release a handle", DE: "Handle freigeben"},
	GroupInfoByName:       {EN: "address by name", DE: "Adresse zu einem Namen"},
	GroupSymbolVersion:    {EN: "version of the symbol table", DE: "Version der Symboltabelle"},
	GroupInfoByNameEx:     {EN: "symbol entry by name", DE: "Symboleintrag zu einem Namen"},
	GroupDownload:         {EN: "symbol download", DE: "Symbole laden"},
	GroupUpload:           {EN: "symbol upload", DE: "Symbole lesen"},
	GroupUploadInfo:       {EN: "sizes of the symbol upload", DE: "Größen der Symboltabelle"},
	GroupDownload2:        {EN: "symbol download", DE: "Symbole laden"},
	GroupTypeUpload:       {EN: "data type upload", DE: "Datentypen lesen"},
	GroupUploadInfo2:      {EN: "sizes of the symbol and data type upload", DE: "Größen der Symbol- und Datentyptabelle"},
	GroupSymbolNote:       {EN: "notification of symbol changes", DE: "Meldung von Symboländerungen"},
	GroupTypeInfoByNameEx: {EN: "data type entry by name", DE: "Datentypeintrag zu einem Namen"},
	GroupInputs:           {EN: "process image of the inputs", DE: "Prozessabbild der Eingänge"},
	GroupInputBits:        {EN: "process image of the inputs, bits", DE: "Prozessabbild der Eingänge, Bits"},
	GroupInputSize:        {EN: "size of the process image of the inputs", DE: "Größe des Prozessabbilds der Eingänge"},
	GroupOutputs:          {EN: "process image of the outputs", DE: "Prozessabbild der Ausgänge"},
	GroupOutputBits:       {EN: "process image of the outputs, bits", DE: "Prozessabbild der Ausgänge, Bits"},
	GroupOutputSize:       {EN: "size of the process image of the outputs", DE: "Größe des Prozessabbilds der Ausgänge"},
	GroupClearInputs:      {EN: "clear the inputs", DE: "Eingänge löschen"},
	GroupClearOutputs:     {EN: "clear the outputs", DE: "Ausgänge löschen"},
	GroupReadInWriteOut:   {EN: "read inputs and write outputs", DE: "Eingänge lesen und Ausgänge schreiben"},
	GroupSumRead:          {EN: "sum read", DE: "Summenlesen"},
	GroupSumWrite:         {EN: "sum write", DE: "Summenschreiben"},
	GroupSumReadWrite:     {EN: "sum read and write", DE: "Summenschreiben und -lesen"},
	GroupSumReadEx:        {EN: "sum read with lengths", DE: "Summenlesen mit Längen"},
	GroupSumReadEx2:       {EN: "sum read with actual lengths", DE: "Summenlesen mit tatsächlichen Längen"},
	GroupSumAddNotes:      {EN: "sum of new notifications", DE: "Summe neuer Notifications"},
	GroupSumDeleteNotes:   {EN: "sum of ended notifications", DE: "Summe beendeter Notifications"},
	GroupDeviceData:       {EN: "device data", DE: "Gerätedaten"},
	GroupCoE:              {EN: "CANopen over EtherCAT", DE: "CANopen over EtherCAT"},
	GroupLicenceIDs:       {EN: "licence ids", DE: "Lizenz-IDs"},
	GroupLicenceModules:   {EN: "licence modules", DE: "Lizenzmodule"},
	GroupLicenceName:      {EN: "licence name", DE: "Lizenzname"},
	GroupLicenceOrder:     {EN: "order number of a licence", DE: "Bestellnummer einer Lizenz"},
	GroupFileOpen:         {EN: "open a file", DE: "Datei öffnen"},
	GroupFileClose:        {EN: "close a file", DE: "Datei schließen"},
	GroupFileRead:         {EN: "read from a file", DE: "aus einer Datei lesen"},
	GroupFileWrite:        {EN: "write to a file", DE: "in eine Datei schreiben"},
	GroupFileDelete:       {EN: "delete a file", DE: "Datei löschen"},
	GroupFileFind:         {EN: "list files", DE: "Dateien auflisten"},
	GroupRegistry:         {EN: "registry", DE: "Registry"},
	GroupRegistryUser:     {EN: "registry, current user", DE: "Registry, aktueller Benutzer"},
	GroupRegistryClass:    {EN: "registry, classes", DE: "Registry, Klassen"},
	GroupRegistryDel:      {EN: "delete a registry key", DE: "Registry-Schlüssel löschen"},
	GroupRegistryUDel:     {EN: "delete a registry key, current user", DE: "Registry-Schlüssel löschen, aktueller Benutzer"},
	GroupRegistryCDel:     {EN: "delete a registry key, classes", DE: "Registry-Schlüssel löschen, Klassen"},
	GroupExtendedState:    {EN: "extended state", DE: "erweiterter Status"},
	GroupStartProcess:     {EN: "start a process", DE: "Prozess starten"},
	GroupTargetDesc:       {EN: "description of the target", DE: "Beschreibung des Zielsystems"},
	GroupAddRoute:         {EN: "add a route", DE: "Route anlegen"},
	GroupDeleteRoute:      {EN: "delete a route", DE: "Route löschen"},
	GroupListRoutes:       {EN: "list routes", DE: "Routen auflisten"},
	GroupMQTTRoute:        {EN: "switch an MQTT route", DE: "MQTT-Route schalten"},
}

// Text says what the group is for; zero where it is not a known one. The small
// numbers are those of the system service and mean nothing elsewhere.
func (g IndexGroup) Text() wire.Text { return groupTexts[g] }

// String returns the hexadecimal number.
func (g IndexGroup) String() string { return fmt.Sprintf("0x%X", uint32(g)) }
