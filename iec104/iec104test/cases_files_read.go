package iec104test

import (
	"bytes"
	"fmt"

	"stellwerk/iec104/asdu"
)

// The tester as a control centre that reads and writes files.

// fileTelegram lays an ASDU of file transfer about a file.
func fileTelegram(t asdu.TypeID, f File, element ...byte) []byte {
	octets := append([]byte{byte(f.Name), byte(f.Name >> 8)}, element...)
	return telegram(t, asdu.File, f.CommonAddress, object(f.Address, octets...))
}

// callFile lays F_SC_NA_1.
func callFile(f File, section uint8, action asdu.FileAction) []byte {
	return fileTelegram(asdu.F_SC_NA_1, f, section, byte(action))
}

// ackFile lays F_AF_NA_1 without an error, or with that of a checksum.
func ackFile(f File, section uint8, answer asdu.FileAnswer) []byte {
	fault := asdu.FileFaultNone
	if answer == asdu.SectionNegative || answer == asdu.FileNegative {
		fault = asdu.FileFaultChecksum
	}
	return fileTelegram(asdu.F_AF_NA_1, f, section, byte(answer)|byte(fault)<<4)
}

// fileAnswer returns the next answer, which must be about a file and sound.
func (b *bench) fileAnswer(expected string) reply {
	within := b.patience()
	r, ok := b.nextAnswer(within)
	switch {
	case b.over():
	case !ok:
		b.fail(expected, b.seenInstead(within))
	default:
		b.sound(r)
	}
	return r
}

// objectOf returns the object of an answer, which must have a type, the cause 13
// and the names of the file.
func objectOf[T asdu.Information[T]](b *bench, f File, r reply, t asdu.TypeID, expected string) T {
	var zero T
	if b.over() {
		return zero
	}
	o, err := asdu.First[T](r.a)
	names := fileTelegram(t, f)
	if err != nil || r.a.Type != t || r.a.Cause != asdu.File || r.a.Negative || len(r.octets) < len(names) || !bytes.Equal(r.octets[4:len(names)], names[4:]) {
		b.fail(fmt.Sprintf("%s: %s with cause 13 of file %d.%d", expected, t, f.Address, f.Name), r.String())
		return zero
	}
	return o
}

// directory calls the main directory of a station and returns its entries.
func (b *bench) directory(station asdu.CommonAddress) []asdu.DirectoryEntry {
	if b.over() {
		return nil
	}
	b.sendASDU(telegram(asdu.F_SC_NA_1, asdu.Request, station, object(0, 0, 0, 0, 0)))
	var entries []asdu.DirectoryEntry
	for !b.over() {
		r := b.fileAnswer("the directory: F_DR_TA_1 with cause 5")
		switch {
		case b.over():
			return nil
		case r.a.Cause == asdu.UnknownType && r.a.Type == asdu.F_SC_NA_1:
			b.skip("the station does not know file transfer")
			return nil
		case r.a.Type != asdu.F_DR_TA_1 || r.a.Cause != asdu.Request || r.a.CommonAddress != station:
			b.fail("the directory: F_DR_TA_1 with cause 5", r.String())
			return nil
		case r.a.Count() == 0:
			return entries
		}
		for entry, err := range asdu.All[asdu.DirectoryEntry](r.a) {
			if err != nil {
				b.fail("a directory", err.Error())
			}
			if n := len(entries); n > 0 && entries[n-1].Last {
				b.fail("LFD on the last entry alone", r.String())
			}
			entries = append(entries, entry)
		}
		if n := len(entries); n > 0 && entries[n-1].Last {
			return entries
		}
	}
	return entries
}

// knownFiles returns the files that can be read: those that are named, or those
// of the directory. The connection is started.
func (b *bench) knownFiles(known *Inventory) []File {
	if b.over() || len(known.Files) > 0 {
		return known.Files
	}
	var files []File
	for _, entry := range b.directory(known.station()) {
		if !entry.Directory {
			files = append(files, File{CommonAddress: known.station(), Address: entry.Address, Name: entry.File})
		}
	}
	if len(files) == 0 {
		b.skip("the station has no files, as far as is known")
	}
	return files
}

// fileFor connects, starts, and returns a file for which a condition holds, and
// false where there is none.
func (b *bench) fileFor(what string, holds func(File) bool) (File, bool) {
	known := b.know()
	b.started()
	for _, f := range b.knownFiles(known) {
		if holds(f) {
			return f, !b.over()
		}
	}
	b.skip("no file is named that " + what)
	return File{}, false
}

func anyFile(File) bool { return true }

// selectFile selects a file, and returns its length.
func (b *bench) selectFile(f File) uint32 {
	if b.over() {
		return 0
	}
	b.sendASDU(callFile(f, 0, asdu.SelectFile))
	const expected = "the file ready after its selection"
	o := objectOf[asdu.FileReady](b, f, b.fileAnswer(expected), asdu.F_FR_NA_1, expected)
	if o.Negative {
		b.fail(expected, "a negative confirmation")
	}
	return o.Length
}

// firstReady awaits that the first section is ready, and returns its length.
func (b *bench) firstReady(f File) uint32 {
	const expected = "section 1 ready"
	o := objectOf[asdu.SectionReady](b, f, b.fileAnswer(expected), asdu.F_SR_NA_1, expected)
	if !b.over() && (o.Section != 1 || o.NotReady) {
		b.fail(expected, fmt.Sprintf("section %d, not ready %v", o.Section, o.NotReady))
	}
	return o.Length
}

// section calls a section, and returns its octets.
func (b *bench) section(f File, section uint8, length uint32) []byte {
	if b.over() {
		return nil
	}
	b.sendASDU(callFile(f, section, asdu.RequestSection))
	var data []byte
	for !b.over() {
		const expected = "a segment or the last one"
		r := b.fileAnswer(expected)
		if !b.over() && r.a.Type == asdu.F_LS_NA_1 {
			b.sectionEnd(f, r, section, length, data)
			return data
		}
		o := objectOf[asdu.Segment](b, f, r, asdu.F_SG_NA_1, expected)
		if !b.over() && o.Section != section {
			b.fail(fmt.Sprintf("a segment of section %d", section), r.String())
		}
		data = append(data, o.Data...)
	}
	return nil
}

// sectionEnd holds the end of a section to what came.
func (b *bench) sectionEnd(f File, r reply, section uint8, length uint32, data []byte) {
	o := objectOf[asdu.LastSection](b, f, r, asdu.F_LS_NA_1, "the end of the section")
	want := asdu.LastSection{Address: f.Address, File: f.Name, Section: section, Qualifier: asdu.SectionWithoutDeactivation, Checksum: checksum(data)}
	switch {
	case b.over():
	case o != want:
		b.fail(fmt.Sprintf("the end of section %d with LSQ 3 and checksum %#02x", section, want.Checksum), r.String())
	case length > 0 && int(length) != len(data):
		b.fail(fmt.Sprintf("%d octets of section %d", length, section), fmt.Sprintf("%d octets", len(data)))
	}
}

func checksum(data []byte) (sum byte) {
	for _, octet := range data {
		sum += octet
	}
	return sum
}

// readFile reads a whole file.
func (b *bench) readFile(f File) []byte {
	length := b.selectFile(f)
	if b.over() {
		return nil
	}
	b.sendASDU(callFile(f, 0, asdu.RequestFile))
	var data []byte
	next := b.firstReady(f)
	for section := uint8(1); !b.over(); section++ {
		data = append(data, b.section(f, section, next)...)
		if b.over() {
			return nil
		}
		b.sendASDU(ackFile(f, section, asdu.SectionPositive))
		const expected = "the next section ready, or the last section"
		r := b.fileAnswer(expected)
		if !b.over() && r.a.Type == asdu.F_LS_NA_1 {
			b.fileEnd(f, r, length, data)
			return data
		}
		o := objectOf[asdu.SectionReady](b, f, r, asdu.F_SR_NA_1, expected)
		if !b.over() && (o.Section != section+1 || o.NotReady) {
			b.fail(fmt.Sprintf("section %d ready", section+1), r.String())
		}
		next = o.Length
	}
	return nil
}

// fileEnd holds the end of a file to what came, and acknowledges it.
func (b *bench) fileEnd(f File, r reply, length uint32, data []byte) {
	o := objectOf[asdu.LastSection](b, f, r, asdu.F_LS_NA_1, "the end of the file")
	switch {
	case b.over():
	case o.Qualifier != asdu.FileWithoutDeactivation || o.Checksum != checksum(data):
		b.fail(fmt.Sprintf("the last section with LSQ 1 and checksum %#02x", checksum(data)), r.String())
	case length > 0 && int(length) != len(data):
		b.fail(fmt.Sprintf("%d octets of the file", length), fmt.Sprintf("%d octets", len(data)))
	default:
		b.sendASDU(ackFile(f, o.Section, asdu.FilePositive))
	}
}

// calledFile awaits a call of the station that receives a file.
func (b *bench) calledFile(f File, section uint8, action asdu.FileAction) {
	expected := fmt.Sprintf("the station calls: %s, section %d", action.Text().EN, section)
	r := b.fileAnswer(expected)
	o := objectOf[asdu.FileCall](b, f, r, asdu.F_SC_NA_1, expected)
	if !b.over() && (o.Action != action || o.Section != section || o.Error != 0) {
		b.fail(expected, r.String())
	}
}

// acknowledgedFile awaits an acknowledgement.
func (b *bench) acknowledgedFile(f File, section uint8, answer asdu.FileAnswer) {
	expected := fmt.Sprintf("%s, section %d", answer.Text().EN, section)
	r := b.fileAnswer(expected)
	o := objectOf[asdu.FileAcknowledgement](b, f, r, asdu.F_AF_NA_1, expected)
	if !b.over() && (o.Answer != answer || o.Section != section) {
		b.fail(expected, r.String())
	}
}

// sectionOf lays a section: segments of up to 200 octets and their end, whose
// checksum is off by an error.
func sectionOf(f File, section uint8, data []byte, off byte) (all [][]byte) {
	for rest := data; len(rest) > 0; {
		n := min(200, len(rest))
		all = append(all, fileTelegram(asdu.F_SG_NA_1, f, append([]byte{section, byte(n)}, rest[:n]...)...))
		rest = rest[n:]
	}
	return append(all, fileTelegram(asdu.F_LS_NA_1, f, section, byte(asdu.SectionWithoutDeactivation), checksum(data)+off))
}

// offerFile offers a file of a length, and has it called.
func (b *bench) offerFile(f File, length int) {
	if b.over() {
		return
	}
	b.sendASDU(fileReady(f, length, 0))
	b.calledFile(f, 0, asdu.RequestFile)
}

// fileReady lays F_FR_NA_1.
func fileReady(f File, length int, qualifier byte) []byte {
	return fileTelegram(asdu.F_FR_NA_1, f, byte(length), byte(length>>8), byte(length>>16), qualifier)
}

// readySection lays F_SR_NA_1.
func readySection(f File, section uint8, length int) []byte {
	return fileTelegram(asdu.F_SR_NA_1, f, section, byte(length), byte(length>>8), byte(length>>16), 0)
}

// lastOf lays the end of a file.
func lastOf(f File, section uint8, sum byte) []byte {
	return fileTelegram(asdu.F_LS_NA_1, f, section, byte(asdu.FileWithoutDeactivation), sum)
}

// offerSection offers a section, has it called, and sends it.
func (b *bench) offerSection(f File, section uint8, data []byte, off byte) {
	if b.over() {
		return
	}
	b.sendASDU(readySection(f, section, len(data)))
	b.calledFile(f, section, asdu.RequestSection)
	if !b.over() {
		b.sendASDU(sectionOf(f, section, data, off)...)
	}
}

// writeFile writes a file in sections of up to 300 octets.
func (b *bench) writeFile(f File, data []byte) {
	b.offerFile(f, len(data))
	section := uint8(0)
	for rest := data; !b.over() && (section == 0 || len(rest) > 0); {
		section++
		n := min(300, len(rest))
		b.offerSection(f, section, rest[:n], 0)
		b.acknowledgedFile(f, section, asdu.SectionPositive)
		rest = rest[n:]
	}
	if b.over() {
		return
	}
	b.sendASDU(lastOf(f, section, checksum(data)))
	b.acknowledgedFile(f, section, asdu.FilePositive)
}

// refusesFile sends a request about a file and wants it refused: file ready with
// BS1, the call back with an error, a negative acknowledgement, or a mirror with
// one of the causes 44 to 47. It returns how.
func (b *bench) refusesFile(what string, octets []byte) string {
	if b.over() {
		return ""
	}
	b.sendASDU(octets)
	r := b.fileAnswer(what + " refused")
	if b.over() {
		return ""
	}
	switch o := first(r).(type) {
	case asdu.FileReady:
		if o.Negative {
			return "file ready, negative"
		}
	case asdu.FileCall:
		switch {
		case r.a.Cause.Unknown() && r.a.Negative:
			return fmt.Sprintf("cause %d", r.a.Cause)
		case o.Error != 0:
			return "error: " + asdu.FileFault(o.Error).Text().EN
		}
	case asdu.FileAcknowledgement:
		if o.Answer == asdu.FileNegative {
			return "negative acknowledgement"
		}
	}
	b.fail(what+" refused", r.String())
	return ""
}

// first returns the first object of a reply, nil where there is none.
func first(r reply) asdu.Object {
	for o := range r.a.Objects() {
		return o
	}
	return nil
}
