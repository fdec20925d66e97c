package iec104test

import (
	"bytes"
	"fmt"
	"slices"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// Files (IEC 60870-5-101, 7.4.11, and 60870-5-5, 6.12).
var fileRequirements = []requirement{
	{
		id: "C11.directory", clause: "7.3.6.7", title: "the directory is told when it is called, with LFD on its last entry",
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			entries := b.directory(known.station())
			for _, f := range known.Files {
				if f.CommonAddress == known.station() && !slices.ContainsFunc(entries, func(e asdu.DirectoryEntry) bool { return e.Address == f.Address && e.File == f.Name }) {
					b.fail(fmt.Sprintf("file %d.%d in the directory", f.Address, f.Name), fmt.Sprintf("%d other entries", len(entries)))
				}
			}
			b.state("%d entries", len(entries))
		},
		controlling: func(b *bench) {
			b.started()
			d := b.do(Request{Type: asdu.F_SC_NA_1, CommonAddress: 1, Object: asdu.FileCall{Action: asdu.FileDefault}})
			r := b.awaitRequest(d)
			if !b.over() && (r.a.Cause != asdu.Request || !bytes.Equal(r.octets[6:], object(0, 0, 0, 0, 0))) {
				b.fail("a call of the directory with cause 5 and SCQ 0", r.String())
			}
			entry := func(name, status byte) []byte {
				return timed(object(7, name, 0, 10, 0, 0, status), b.now())
			}
			b.sendASDU(telegram(asdu.F_DR_TA_1, asdu.Request, 1, entry(1, 0)), telegram(asdu.F_DR_TA_1, asdu.Request, 1, entry(2, 0x20)))
			b.succeeds(d, "the directory has come to its last entry")
		},
	},
	{
		id: "C11.read", clause: "7.4.11", title: "a file is read: select, call, sections and segments, with right lengths and checksums",
		controlled: func(b *bench) {
			known := b.know()
			b.started()
			for _, f := range b.knownFiles(known) {
				data := b.readFile(f)
				b.state("file %d.%d has %d octets", f.Address, f.Name, len(data))
			}
			b.alive("reading a file")
		},
		controlling: func(b *bench) {
			f, d := b.toldToRead(500)
			b.offerSection(f, 1, octetsOf(300), 0)
			b.acknowledgedFile(f, 1, asdu.SectionPositive)
			b.offerSection(f, 2, octetsOf(200), 0)
			b.acknowledgedFile(f, 2, asdu.SectionPositive)
			b.sendsEnd(f, 2, checksum(octetsOf(300))+checksum(octetsOf(200)))
			b.acknowledgedFile(f, 2, asdu.FilePositive)
			b.succeeds(d, "the file is sent")
		},
	},
	{
		id: "C11.repeat", clause: "7.4.11", title: "a section with a wrong checksum is acknowledged negatively, and sent again",
		controlled: func(b *bench) {
			f, ok := b.fileFor("can be read", anyFile)
			if !ok {
				return
			}
			b.selectFile(f)
			b.sendASDU(callFile(f, 0, asdu.RequestFile))
			length := b.firstReady(f)
			data := b.section(f, 1, length)
			b.sendASDU(ackFile(f, 1, asdu.SectionNegative))
			length = b.firstReady(f)
			if again := b.section(f, 1, length); !b.over() && !bytes.Equal(again, data) {
				b.fail("the same octets again", fmt.Sprintf("%d octets, which are others", len(again)))
			}
			b.sendASDU(callFile(f, 0, asdu.DeactivateFile))
			b.alive("a repeated section")
		},
		controlling: func(b *bench) {
			f, d := b.toldToRead(300)
			b.offerSection(f, 1, octetsOf(300), 1)
			b.acknowledgedFile(f, 1, asdu.SectionNegative)
			b.offerSection(f, 1, octetsOf(300), 0)
			b.acknowledgedFile(f, 1, asdu.SectionPositive)
			b.sendsEnd(f, 1, checksum(octetsOf(300)))
			b.acknowledgedFile(f, 1, asdu.FilePositive)
			b.succeeds(d, "the section was right the second time")
		},
	},
	{
		id: "C11.checksum", clause: "7.2.6.37", title: "a file with a wrong checksum is not taken",
		affects: WritesFiles, told: true,
		controlled: func(b *bench) {
			f, ok := b.fileFor("may be written", func(f File) bool { return f.Writable })
			if !ok {
				return
			}
			before := b.readFile(f)
			b.offerFile(f, 50)
			b.offerSection(f, 1, octetsOf(50), 1)
			b.acknowledgedFile(f, 1, asdu.SectionNegative)
			b.offerSection(f, 1, octetsOf(50), 0)
			b.acknowledgedFile(f, 1, asdu.SectionPositive)
			b.sendASDU(lastOf(f, 1, checksum(octetsOf(50))+1))
			b.acknowledgedFile(f, 1, asdu.FileNegative)
			if after := b.readFile(f); !b.over() && !bytes.Equal(before, after) {
				b.fail("the file as it was", fmt.Sprintf("%d octets, which are others", len(after)))
			}
		},
		controlling: func(b *bench) {
			f, d := b.toldToRead(100)
			b.offerSection(f, 1, octetsOf(100), 0)
			b.acknowledgedFile(f, 1, asdu.SectionPositive)
			b.sendsEnd(f, 1, checksum(octetsOf(100))+1)
			b.acknowledgedFile(f, 1, asdu.FileNegative)
			b.fails(d, b.patience(), "the checksum of the file is wrong")
		},
	},
	{
		id: "C11.abort", clause: "7.4.11", title: "a transfer that is broken off is over, and the file can be had from its beginning",
		controlled: func(b *bench) {
			f, ok := b.fileFor("can be read", anyFile)
			if !ok {
				return
			}
			b.selectFile(f)
			b.sendASDU(callFile(f, 0, asdu.RequestFile))
			b.firstReady(f)
			b.holding = true // so that it cannot send all of the section
			b.sendASDU(callFile(f, 1, asdu.RequestSection))
			b.rest(b.settleTime())
			b.sendASDU(callFile(f, 0, asdu.DeactivateFile))
			b.rest(b.settleTime())
			b.holding = false
			b.ack()
			for came := 1; !b.over(); came++ { // what was under way
				r, ok := b.nextASDU(b.prompt)
				if !ok {
					break
				}
				if o, whole := first(r).(asdu.LastSection); whole && o.Qualifier == asdu.SectionWithoutDeactivation && came > b.p.K {
					b.fail("the section broken off", "sent to its end")
				}
			}
			b.quietAnswers(b.prompt, "the file is deactivated")
			b.readFile(f)
		},
		controlling: func(b *bench) {
			f, d := b.toldToRead(300)
			b.sendASDU(readySection(f, 1, 300))
			b.calledFile(f, 1, asdu.RequestSection)
			b.sendASDU(sectionOf(f, 1, octetsOf(300), 0)[0], fileTelegram(asdu.F_LS_NA_1, f, 1, byte(asdu.FileWithDeactivation), 0))
			b.fails(d, b.patience(), "the station breaks the transfer off")
		},
	},
	{
		id: "C11.refused", clause: "7.2.6.28", title: "a file that there is not is refused",
		controlled: func(b *bench) {
			f, ok := b.fileFor("can be read", anyFile)
			if !ok {
				return
			}
			f.Address = b.inventory.unknownAddress(f.CommonAddress)
			b.state("%s", b.refusesFile("a file that there is not", callFile(f, 0, asdu.SelectFile)))
			b.alive("a file that there is not")
		},
		controlling: func(b *bench) {
			f, d := b.toldToSelect()
			b.sendASDU(fileReady(f, 0, 0x80))
			b.fails(d, b.patience(), "the station refuses the file")
		},
	},
	{
		id: "C11.order", clause: "7.4.11", title: "what does not follow the order of a transfer is refused",
		controlled: func(b *bench) {
			f, ok := b.fileFor("can be read", anyFile)
			if !ok {
				return
			}
			b.state("call without selection: %s", b.refusesFile("the call of a file that is not selected", callFile(f, 0, asdu.RequestFile)))
			b.state("section without selection: %s", b.refusesFile("the call of a section of a file that is not selected", callFile(f, 1, asdu.RequestSection)))
			b.alive("calls without a selection")
		},
		controlling: func(b *bench) {
			f, d := b.toldToRead(600)
			b.offerSection(f, 1, octetsOf(300), 0)
			b.acknowledgedFile(f, 1, asdu.SectionPositive)
			if !b.over() {
				b.sendASDU(sectionOf(f, 2, octetsOf(300), 0)...) // nobody has called it
			}
			b.fails(d, b.patience(), "segments came that nobody had called")
		},
	},
	{
		id: "C11.connection", clause: "7.4.11", title: "a transfer belongs to the connection that has begun it, and is over with it",
		controlled: func(b *bench) {
			f, ok := b.fileFor("can be read", anyFile)
			if !ok {
				return
			}
			b.selectFile(f)
			first := b.wire
			b.connect()
			b.start()
			b.state("call: %s", b.refusesFile("the call of a file that another connection has selected", callFile(f, 0, asdu.RequestFile)))
			if !b.over() {
				first.abort()
			}
			b.settle()
			b.readFile(f)
		},
	},
	{
		id: "C11.write", clause: "7.4.11", title: "a file is written: offer, call, sections and segments, and has the octets that were sent",
		affects: WritesFiles,
		controlled: func(b *bench) {
			f, ok := b.fileFor("may be written", func(f File) bool { return f.Writable })
			if !ok {
				return
			}
			before := b.readFile(f)
			for _, n := range []int{1, 300, 700} {
				b.writeFile(f, octetsOf(n))
				if got := b.readFile(f); !b.over() && !bytes.Equal(got, octetsOf(n)) {
					b.fail(fmt.Sprintf("the %d octets that were written", n), fmt.Sprintf("%d octets", len(got)))
				}
			}
			b.writeFile(f, before)
		},
		controlling: func(b *bench) {
			f, d, length := b.toldToWrite()
			b.sendASDU(callFile(f, 0, asdu.RequestFile))
			b.takesFile(f, length)
			b.succeeds(d, "the file is acknowledged")
		},
	},
	{
		id: "C11.space", clause: "7.2.6.30", title: "a control centre that is refused a file has failed",
		controlling: func(b *bench) {
			f, d, _ := b.toldToWrite()
			b.sendASDU(fileTelegram(asdu.F_SC_NA_1, f, 0, byte(asdu.DeactivateFile)|byte(asdu.FileFaultMemory)<<4))
			b.fails(d, b.patience(), "the station has no room for the file")
		},
	},
	{
		id: "C11.delete", clause: "7.2.6.30", title: "a file is deleted, and gone from the directory",
		affects: WritesFiles,
		controlled: func(b *bench) {
			f, ok := b.fileFor("may be deleted and written again", func(f File) bool { return f.Deletable && f.Writable })
			if !ok {
				return
			}
			data := b.readFile(f)
			b.sendASDU(callFile(f, 0, asdu.DeleteFile))
			const expected = "the deletion confirmed"
			if o := objectOf[asdu.FileReady](b, f, b.fileAnswer(expected), asdu.F_FR_NA_1, expected); o.Negative {
				b.fail(expected, "a negative confirmation")
			}
			if slices.ContainsFunc(b.directory(f.CommonAddress), func(e asdu.DirectoryEntry) bool { return e.Address == f.Address && e.File == f.Name }) {
				b.fail("the file gone from the directory", "it is there still")
			}
			b.refusesFile("the deleted file", callFile(f, 0, asdu.SelectFile))
			b.writeFile(f, data)
		},
		controlling: func(b *bench) {
			for _, refused := range []bool{false, true} {
				b.started()
				d := b.do(Request{Type: asdu.F_SC_NA_1, CommonAddress: 1, Object: asdu.FileCall{Address: 7, File: 1, Action: asdu.DeleteFile}})
				r := b.awaitRequest(d)
				f := File{CommonAddress: 1, Address: 7, Name: 1}
				if want := callFile(f, 0, asdu.DeleteFile); !b.over() && !bytes.Equal(r.octets[4:], want[4:]) {
					b.fail(describe(want), r.String())
				}
				b.sendASDU(fileReady(f, 0, bit(refused)<<7))
				if refused {
					b.fails(d, b.patience(), "the station refuses to delete")
				} else {
					b.succeeds(d, "the station has confirmed the deletion")
				}
			}
		},
	},
	{
		id: "C11.silence", clause: "7.4.11", title: "a control centre gives a file up when the station is silent",
		controlling: func(b *bench) {
			f, d := b.toldToRead(300)
			b.sendASDU(readySection(f, 1, 300))
			b.calledFile(f, 1, asdu.RequestSection)
			b.fails(d, silence, "the station sends no segment")
		},
	},
	{
		id: "C11.window", clause: "5.5", title: "a station that sends a file has no more than k I frames unacknowledged",
		controlled: func(b *bench) {
			f, ok := b.fileFor("can be read", anyFile)
			if !ok {
				return
			}
			b.selectFile(f)
			b.sendASDU(callFile(f, 0, asdu.RequestFile))
			b.firstReady(f)
			b.holding = true
			b.sendASDU(callFile(f, 1, asdu.RequestSection))
			sent := 0
			for !b.over() {
				a, ok := b.next(b.prompt)
				if !ok || a.err != nil {
					break
				}
				if a.apdu.Format == apci.FormatI {
					sent++
				}
			}
			if sent > b.p.K {
				b.fail(fmt.Sprintf("%d I frames at most", b.p.K), fmt.Sprintf("%d", sent))
			}
			b.holding = false
		},
	},
}

// octetsOf returns the octets of a test file.
func octetsOf(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(7*i + n)
	}
	return data
}
