package iec104test

import (
	"bytes"
	"fmt"

	"stellwerk/iec104/asdu"
)

// The tester as a station with files.

// toldToSelect has the subject read the file 7.1, and waits for its selection.
func (b *bench) toldToSelect() (File, *doing) {
	f := File{CommonAddress: 1, Address: 7, Name: 1}
	b.started()
	d := b.do(Request{Type: asdu.F_SC_NA_1, CommonAddress: 1, Object: asdu.FileCall{Address: 7, File: 1, Action: asdu.RequestFile}})
	r := b.awaitRequest(d)
	if want := callFile(f, 0, asdu.SelectFile); !b.over() && (r.a.Cause != asdu.File || !bytes.Equal(r.octets[4:], want[4:])) {
		b.fail(describe(want), r.String())
	}
	return f, d
}

// toldToRead has the subject read a file, up to its call.
func (b *bench) toldToRead(length int) (File, *doing) {
	f, d := b.toldToSelect()
	if !b.over() {
		b.sendASDU(fileReady(f, length, 0))
		b.calledFile(f, 0, asdu.RequestFile)
	}
	return f, d
}

// sendsEnd sends the end of the file.
func (b *bench) sendsEnd(f File, section uint8, sum byte) {
	if !b.over() {
		b.sendASDU(lastOf(f, section, sum))
	}
}

// toldToWrite has the subject write 500 octets to the file 7.2, and waits for
// its offer.
func (b *bench) toldToWrite() (File, *doing, uint32) {
	f := File{CommonAddress: 1, Address: 7, Name: 2}
	b.started()
	d := b.do(Request{Type: asdu.F_FR_NA_1, CommonAddress: 1, Object: asdu.FileReady{Address: 7, File: 2, Length: 500}})
	o := objectOf[asdu.FileReady](b, f, b.awaitRequest(d), asdu.F_FR_NA_1, "the offer of the file")
	if !b.over() && (o.Negative || o.Length != 0 && o.Length != 500) {
		b.fail("a file of 500 octets offered", fmt.Sprintf("%d octets, negative %v", o.Length, o.Negative))
	}
	return f, d, o.Length
}

// takesFile takes a file that was called.
func (b *bench) takesFile(f File, length uint32) {
	var data []byte
	for section := uint8(1); !b.over(); section++ {
		const expected = "the next section ready, or the last section"
		r := b.fileAnswer(expected)
		if !b.over() && section > 1 && r.a.Type == asdu.F_LS_NA_1 {
			b.fileEnd(f, r, length, data)
			return
		}
		o := objectOf[asdu.SectionReady](b, f, r, asdu.F_SR_NA_1, expected)
		if !b.over() && (o.Section != section || o.NotReady) {
			b.fail(fmt.Sprintf("section %d ready", section), r.String())
		}
		data = append(data, b.section(f, section, o.Length)...)
		if !b.over() {
			b.sendASDU(ackFile(f, section, asdu.SectionPositive))
		}
	}
}
