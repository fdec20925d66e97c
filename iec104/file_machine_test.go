package iec104

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"stellwerk/iec104/asdu"
)

// fileBench drives a machine of file transfer.
type fileBench struct {
	t      *testing.T
	m      fileMachine
	now    time.Duration
	source io.Reader
	sink   bytes.Buffer
	commit bool
	out    []string // in hexadecimal
	over   bool
}

// run carries out what the machine wants.
func (b *fileBench) run() {
	for {
		s := b.m.step(b.now)
		switch s.task {
		case fileSend:
			b.out = append(b.out, hex.EncodeToString(s.asdu.Append(nil)))
		case fileLoad:
			n, err := io.ReadFull(b.source, s.data)
			b.m.done(b.now, n, err)
		case fileStore:
			n, err := b.sink.Write(s.data)
			b.m.done(b.now, n, err)
		case fileCommit:
			b.commit = true
			b.m.done(b.now, 0, nil)
		case fileOver:
			b.over = true
			return
		default:
			return
		}
	}
}

// talk plays a conversation: ASDUs that the machine gets stand behind ">",
// those that it sends behind "<", and a duration lets time pass.
func (b *fileBench) talk(lines []string) {
	b.t.Helper()
	b.run()
	for i, line := range lines {
		kind, rest, _ := strings.Cut(line, " ")
		text := strings.ReplaceAll(rest, " ", "")
		switch kind {
		case ">":
			octets, err := hex.DecodeString(text)
			if err != nil {
				b.t.Fatal(err)
			}
			a, err := (*asdu.Params)(nil).Decode(octets)
			if err != nil {
				b.t.Fatalf("line %d: %v", i, err)
			}
			if len(b.out) > 0 {
				b.t.Errorf("line %d: the machine has sent %s", i, b.out)
				b.out = nil
			}
			b.m.receive(b.now, a)
		case "<":
			if len(b.out) == 0 || b.out[0] != text {
				b.t.Errorf("line %d: the machine sends %s, want %s", i, b.out, text)
			}
			b.out = b.out[min(1, len(b.out)):]
			continue
		default:
			d, err := time.ParseDuration(kind)
			if err != nil {
				b.t.Fatal(err)
			}
			b.now += d
			expire(b.m, b.now)
		}
		b.run()
	}
	if len(b.out) > 0 {
		b.t.Errorf("in the end the machine has sent %s", b.out)
	}
}

const benchTimeout = 10 * time.Second

// benchPeer is of the file 30000.1 of station 1.
func benchPeer() filePeer {
	return newFilePeer("test", nil, 1, 5, FileRef{30000, 1}, benchTimeout)
}

// fileTalk is a conversation with a machine. Names stand for the object address
// 30000 and NOF 1, and H for the cause 13, originator 5 and station 1.
type fileTalk struct {
	name  string
	lines []string
	want  error  // nil where the transfer succeeds
	text  string // in the error
	open  bool   // the transfer is not over
}

func (f fileTalk) check(t *testing.T, b *fileBench) {
	t.Helper()
	lines := slices.Clone(f.lines)
	for i := range lines {
		lines[i] = strings.NewReplacer("H", "01 0d 05 0100", "N", "307500 0100").Replace(lines[i])
	}
	b.talk(lines)
	err := b.m.base().err
	if b.over == f.open || !errors.Is(err, f.want) || f.want == nil && err != nil {
		t.Errorf("over %v: %v, want %v", b.over, err, f.want)
	}
	if f.text != "" && (err == nil || !strings.Contains(err.Error(), f.text)) {
		t.Errorf("error %v, want %q in it", err, f.text)
	}
	if e, ok := errors.AsType[*FileError](err); f.want != nil && (!ok || e.Ref != (FileRef{30000, 1})) {
		t.Errorf("%#v is no error of the file", err)
	}
}

// TestFileReceiver reads a file of six octets, 1 to 6, in sections of three.
func TestFileReceiver(t *testing.T) {
	begin := []string{"< 7a H N 00 01", "> 78 H N 060000 00", "< 7a H N 00 02", "> 79 H N 01 030000 00", "< 7a H N 01 06"}
	first := slices.Concat(begin, []string{"> 7d H N 01 02 0102", "> 7d H N 01 01 03", "> 7b H N 01 03 06", "< 7c H N 01 03"})
	second := slices.Concat(first, []string{"> 79 H N 02 030000 00", "< 7a H N 02 06", "> 7d H N 02 03 040506", "> 7b H N 02 03 0f", "< 7c H N 02 03"})
	with := func(before []string, lines ...string) []string { return slices.Concat(before, lines) }
	again := func(n int) (lines []string) {
		for range n {
			lines = append(lines, "> 7d H N 01 03 010203", "> 7b H N 01 03 07", "< 7c H N 01 24", "> 79 H N 01 030000 00", "< 7a H N 01 06")
		}
		return lines
	}
	for _, talk := range []fileTalk{
		{name: "whole", lines: with(second, "> 7b H N 02 01 15", "< 7c H N 02 01")},
		{name: "end names the section behind the last", lines: with(second, "> 7b H N 03 01 15", "< 7c H N 03 01")},
		{name: "empty, without a section", lines: []string{"< 7a H N 00 01", "> 78 H N 000000 00", "< 7a H N 00 02", "> 7b H N 00 01 00", "< 7c H N 00 01"}},
		{name: "lengths are not told", lines: []string{
			"< 7a H N 00 01", "> 78 H N 000000 00", "< 7a H N 00 02", "> 79 H N 01 000000 00", "< 7a H N 01 06",
			"> 7d H N 01 02 0102", "> 7b H N 01 03 03", "< 7c H N 01 03", "> 7b H N 01 01 03", "< 7c H N 01 01",
		}},
		{name: "checksum wrong three times", lines: slices.Concat(begin, again(3), second[5:], []string{"> 7b H N 02 01 15", "< 7c H N 02 01"})},
		{name: "checksum wrong four times", lines: slices.Concat(begin, again(3), []string{"> 7d H N 01 03 010203", "> 7b H N 01 03 07", "< 7c H N 01 22"}), want: ErrFile, text: "the checksum is said to be 0x07, that of the octets is 0x06; sent 4 times"},
		{name: "section too short", lines: with(begin, "> 7d H N 01 02 0102", "> 7b H N 01 03 03", "< 7c H N 01 24"), open: true},
		{name: "section too long", lines: with(begin, "> 7d H N 01 04 01020304", "< 7c H N 01 32"), want: ErrFile, text: "4 octets of section 1, which has 3"},
		{name: "file checksum wrong", lines: with(second, "> 7b H N 02 01 16", "< 7c H N 02 22"), want: ErrFile, text: "0x15"},
		{name: "file too short", lines: with(first, "> 7b H N 01 01 06", "< 7c H N 01 32"), want: ErrFile, text: "6 octets, it ended after 3"},
		{name: "file too long", lines: with(first, "> 79 H N 02 040000 00", "< 7c H N 01 32"), want: ErrFile, text: "4 octets"},
		{name: "refused", lines: []string{"< 7a H N 00 01", "> 78 H N 000000 80"}, want: ErrRefused},
		{name: "refused with a reason", lines: []string{"< 7a H N 00 01", "> 7a H N 00 41"}, want: ErrRefused, text: "unexpected name of file"},
		{name: "unknown address", lines: []string{"< 7a H N 00 01", "> 7a 01 6f 05 0100 N 00 01"}, want: ErrRefused, text: "negative with cause 47"},
		{name: "call refused", lines: with(begin[:3], "> 78 H N 060000 80"), want: ErrRefused},
		{name: "ready told twice", lines: with(begin[:3], "> 78 H N 060000 00", begin[3], begin[4]), open: true},
		{name: "section not ready", lines: with(begin[:3], "> 79 H N 01 030000 80", "< 7a H N 00 03"), want: ErrRefused, text: "not ready"},
		{name: "sections out of order", lines: with(first, "> 79 H N 03 030000 00", "< 7c H N 01 52"), want: ErrFile, text: "section 3 ready where it is the turn of 2"},
		{name: "first section is not the first", lines: with(begin[:3], "> 79 H N 02 030000 00", "< 7c H N 00 52"), want: ErrFile},
		{name: "segment of another section", lines: with(begin, "> 7d H N 02 01 01", "< 7c H N 01 52"), want: ErrFile, text: "segment of section 2 where 1 was called"},
		{name: "segment that nobody asked for", lines: with(begin[:3], "> 7d H N 01 01 01", "< 7c H N 00 32"), want: ErrFile, text: "expected was section ready"},
		{name: "end of another section", lines: with(begin, "> 7b H N 02 03 00", "< 7c H N 01 52"), want: ErrFile},
		{name: "end of the file within a section", lines: with(begin, "> 7b H N 01 01 00", "< 7c H N 01 32"), want: ErrFile},
		{name: "LSQ that means nothing", lines: with(begin, "> 7b H N 01 05 00", "< 7c H N 01 32"), want: ErrFile, text: "LSQ 5"},
		{name: "broken off", lines: with(begin, "> 7b H N 01 02 00"), want: ErrFileAborted},
		{name: "section broken off", lines: with(begin, "> 7b H N 01 04 00"), want: ErrFileAborted},
		{name: "left over of a transfer before", lines: []string{"< 7a H N 00 01", "> 7d H N 09 01 00", "> 7b H N 01 02 00", "> 7b H N 01 03 00", "> 78 H N 060000 00", "< 7a H N 00 02"}, open: true},
		{name: "an acknowledgement", lines: with(begin, "> 7c H N 01 03", "< 7c H N 01 32"), want: ErrFile},
		{name: "silence", lines: with(first, "9s", "1s", "< 7a H N 00 03"), want: ErrTimeout},
		{name: "empty segments are no progress", lines: with(begin, "5s", "> 7d H N 01 00", "5s", "< 7a H N 00 03"), want: ErrTimeout},
		{name: "segments are progress", lines: with(begin, "9s", "> 7d H N 01 01 01", "9s"), open: true},
	} {
		t.Run(talk.name, func(t *testing.T) {
			r := newFileReceiver(benchPeer(), 0, FilePosition{})
			r.call(asdu.SelectFile, 0, asdu.FileFaultNone)
			b := &fileBench{t: t, m: r}
			talk.check(t, b)
			if talk.want == nil && !talk.open && (!b.commit || uint32(b.sink.Len()) != r.position.Offset) {
				t.Errorf("%d octets, position %+v, %v", b.sink.Len(), r.position, b.commit)
			}
			whole, written := []byte{1, 2, 3, 4, 5, 6}, b.sink.Bytes()
			if !bytes.HasPrefix(whole, written) {
				t.Errorf("written: % x", written)
			}
		})
	}
}

// TestFileReceiverResumes goes on behind the first section.
func TestFileReceiverResumes(t *testing.T) {
	begin := []string{"< 7a H N 00 01", "> 78 H N 060000 00", "< 7a H N 00 02", "> 79 H N 01 030000 00", "< 7a H N 02 06"}
	end := []string{"> 7d H N 02 03 040506", "> 7b H N 02 03 0f", "< 7c H N 02 03"}
	for _, talk := range []fileTalk{
		{name: "checksum of the file", lines: slices.Concat(begin, end, []string{"> 7b H N 02 01 15", "< 7c H N 02 01"})},
		{name: "checksum of what was sent", lines: slices.Concat(begin, end, []string{"> 7b H N 02 01 0f", "< 7c H N 02 01"})},
		{name: "another checksum", lines: slices.Concat(begin, end, []string{"> 7b H N 02 01 10", "< 7c H N 02 22"}), want: ErrFile},
		{name: "the station tells that the section is ready", lines: slices.Concat(begin, []string{"> 79 H N 02 030000 00", "< 7a H N 02 06"}, end), open: true},
		{name: "and tells it twice", lines: slices.Concat(begin, []string{"> 79 H N 02 030000 00", "< 7a H N 02 06", "> 79 H N 02 030000 00", "< 7c H N 02 32"}), want: ErrFile},
		{name: "refused", lines: slices.Concat(begin, []string{"> 7a H N 02 56"}), want: ErrRefused, text: "unexpected name of section"},
		{name: "another length", lines: []string{"< 7a H N 00 01", "> 78 H N 070000 00", "< 7a H N 00 03"}, want: ErrFileChanged},
	} {
		t.Run(talk.name, func(t *testing.T) {
			r := newFileReceiver(benchPeer(), 0, FilePosition{Section: 1, Offset: 3, Length: 6, Sum: 6})
			r.call(asdu.SelectFile, 0, asdu.FileFaultNone)
			talk.check(t, &fileBench{t: t, m: r})
		})
	}
}

// TestFileSender sends a file of three octets, 1 to 3, and one of two sections.
func TestFileSender(t *testing.T) {
	begin := []string{"< 78 H N 030000 00", "> 7a H N 00 02", "< 79 H N 01 030000 00"}
	sent := []string{"> 7a H N 01 06", "< 7d H N 01 03 010203", "< 7b H N 01 03 06"}
	last := slices.Concat(begin, sent, []string{"> 7c H N 01 03", "< 7b H N 01 01 06"})
	with := func(before []string, lines ...string) []string { return slices.Concat(before, lines) }
	again := func(n int) (lines []string) {
		for range n {
			lines = append(append(lines, "> 7c H N 01 24", "< 79 H N 01 030000 00"), sent...)
		}
		return lines
	}
	complaints := func(n int) (lines []string) {
		for range n {
			lines = append(lines, "> 7a H N 02 06", "< 7a H N 02 56")
		}
		return lines
	}
	for _, talk := range []fileTalk{
		{name: "whole", lines: with(last, "> 7c H N 01 01")},
		{name: "called twice", lines: with(begin, "> 7a H N 00 02"), open: true},
		{name: "section selected", lines: with(begin, "> 7a H N 01 05", "< 79 H N 01 030000 00", sent[0], sent[1], sent[2]), open: true},
		{name: "three repetitions", lines: slices.Concat(begin, sent, again(3), last[6:], []string{"> 7c H N 01 01"})},
		{name: "four repetitions", lines: slices.Concat(begin, sent, again(3), []string{"> 7c H N 01 24", "< 7b H N 01 02 00"}), want: ErrRefused, text: "section 1: refused: the section 4 times: the other station says: checksum failed"},
		{name: "file refused", lines: with(last, "> 7c H N 01 22"), want: ErrRefused, text: "checksum failed"},
		{name: "offer refused", lines: with(begin[:1], "> 7a H N 00 13"), want: ErrRefused, text: "requested memory space not available"},
		{name: "offer refused with file ready", lines: with(begin[:1], "> 78 H N 000000 80"), want: ErrRefused},
		{name: "offer refused with a cause", lines: with(begin[:1], "> 78 01 6c 05 0100 N 030000 00"), want: ErrRefused, text: "cause 44"},
		{name: "section that there is not", lines: with(begin, complaints(8)...), open: true},
		{name: "and again and again", lines: slices.Concat(begin, complaints(8), []string{"> 7a H N 02 06", "< 7b H N 01 02 00"}), want: ErrFile},
		{name: "another section acknowledged", lines: slices.Concat(begin, sent, []string{"> 7c H N 02 03", "< 7b H N 01 02 00"}), want: ErrFile, text: "section 2 is acknowledged, section 1 was sent"},
		{name: "acknowledged before it was sent", lines: with(begin, "> 7c H N 01 03", "< 7b H N 01 02 00"), want: ErrFile},
		{name: "file acknowledged before its end", lines: slices.Concat(begin, sent, []string{"> 7c H N 01 01", "< 7b H N 01 02 00"}), want: ErrFile},
		{name: "deactivated", lines: with(begin, "> 7a H N 00 03", "< 7b H N 01 02 00"), want: ErrFileAborted},
		{name: "section deactivated that is not sent", lines: with(begin, "> 7a H N 01 07", "< 7a H N 01 37"), open: true},
		{name: "left over of a transfer before", lines: with(begin[:1], "> 7c H N 04 03", "> 7a H N 04 06", begin[1], begin[2]), open: true},
		{name: "silence", lines: with(begin, "10s", "< 7b H N 01 02 00"), want: ErrTimeout},
		{name: "silence after the offer", lines: with(begin[:1], "10s", "< 7b H N 00 02 00"), want: ErrTimeout},
	} {
		t.Run(talk.name, func(t *testing.T) {
			s := newFileSender(benchPeer(), 0, 3)
			talk.check(t, &fileBench{t: t, m: s, source: bytes.NewReader([]byte{1, 2, 3})})
		})
	}
	for _, talk := range []fileTalk{
		{name: "empty", lines: []string{
			"< 78 H N 000000 00", "> 7a H N 00 02", "< 79 H N 01 000000 00", "> 7a H N 01 06", "< 7b H N 01 03 00",
			"> 7c H N 01 03", "< 7b H N 01 01 00", "> 7c H N 01 01",
		}},
	} {
		t.Run(talk.name, func(t *testing.T) {
			talk.check(t, &fileBench{t: t, m: newFileSender(benchPeer(), 0, 0)})
		})
	}
}

// TestFileSenderSkips has a receiver that calls the second section at once, and
// one that deactivates a section which is being sent.
func TestFileSenderSkips(t *testing.T) {
	data := slices.Concat(bytes.Repeat([]byte{1}, fileSection), []byte{7, 8})
	for _, talk := range []fileTalk{
		{name: "called", lines: []string{
			"< 78 H N 024000 00", "> 7a H N 00 02", "< 79 H N 01 004000 00", "> 7a H N 02 06", "< 7d H N 02 02 0708", "< 7b H N 02 03 0f",
			"> 7c H N 02 03", "< 7b H N 02 01 0f", "> 7c H N 02 01",
		}},
		{name: "selected", lines: []string{
			"< 78 H N 024000 00", "> 7a H N 00 02", "< 79 H N 01 004000 00", "> 7a H N 02 05", "< 79 H N 02 020000 00",
			"> 7a H N 01 06", "< 7a H N 01 56", "> 7a H N 02 06", "< 7d H N 02 02 0708", "< 7b H N 02 03 0f",
		}, open: true},
	} {
		t.Run(talk.name, func(t *testing.T) {
			s := newFileSender(benchPeer(), 0, uint32(len(data)))
			talk.check(t, &fileBench{t: t, m: s, source: bytes.NewReader(data)})
		})
	}
	s := newFileSender(benchPeer(), 0, uint32(len(data)))
	b := &fileBench{t: t, m: s, source: bytes.NewReader(data)}
	b.run()
	s.called(0, asdu.FileCall{Action: asdu.RequestFile})
	b.run()
	s.called(0, asdu.FileCall{Action: asdu.RequestSection, Section: 1})
	_ = s.step(0) // one segment of 236 octets 1
	s.called(0, asdu.FileCall{Action: asdu.DeactivateSection, Section: 1})
	b.out = nil
	b.run()
	if want := "7b010d05010030750001000104ec"; len(b.out) != 1 || b.out[0] != want {
		t.Errorf("got %s, want %s", b.out, want)
	}
	s.abort(io.ErrClosedPipe)
	b.run()
	if !b.over || !errors.Is(s.err, io.ErrClosedPipe) {
		t.Error(s.err)
	}
}

// FuzzFileMachines gives both machines ASDUs about their file that are nearly
// right, and time. Neither may go on for ever, nor keep more than it is allowed.
func FuzzFileMachines(f *testing.F) {
	f.Add(true, []byte{0, 6, 0, 0, 0, 1, 1, 3, 0, 0, 0, 4, 1, 2, 1, 2})
	f.Add(false, []byte{2, 0, 2, 2, 1, 6, 3, 1, 3, 3, 1, 4, 3, 1, 1})
	f.Fuzz(func(t *testing.T, receives bool, input []byte) {
		var m fileMachine
		if receives {
			r := newFileReceiver(benchPeer(), 0, FilePosition{})
			r.maxSection, r.maxLength = 1000, 5000
			r.call(asdu.SelectFile, 0, asdu.FileFaultNone)
			m = r
		} else {
			m = newFileSender(benchPeer(), 0, 20000)
		}
		b := &fileBench{t: t, m: m, source: bytes.NewReader(make([]byte, 20000))}
		number := func() uint8 {
			if len(input) == 0 {
				return 0
			}
			n := input[0]
			input = input[1:]
			return n
		}
		in := benchPeer()
		for len(input) > 0 {
			b.out = b.out[:0]
			b.run()
			if len(b.out) > 200 {
				t.Fatalf("%d ASDUs at once", len(b.out))
			}
			in.out = nil
			switch number() % 8 {
			case 0:
				put(&in, asdu.F_FR_NA_1, asdu.FileReady{Address: 30000, File: 1, Length: uint32(number()) * 100, Negative: number() == 1})
			case 1:
				put(&in, asdu.F_SR_NA_1, asdu.SectionReady{Address: 30000, File: 1, Section: number(), Length: uint32(number()) * 10, NotReady: number() == 1})
			case 2:
				in.call(asdu.FileAction(number()&15), number(), asdu.FileFault(number()/250))
			case 3:
				in.acknowledge(asdu.FileAnswer(number()&15), number(), asdu.FileFault(number()/250))
			case 4:
				put(&in, asdu.F_SG_NA_1, asdu.Segment{Address: 30000, File: 1, Section: number(), Data: make([]byte, min(number(), 236))})
			case 5:
				in.last(asdu.LastQualifier(number()%6), number(), number()/200)
			case 6:
				b.now += time.Duration(number()) * 100 * time.Millisecond
				expire(m, b.now)
			case 7:
				m.abort(io.ErrClosedPipe)
			}
			for _, a := range in.out {
				m.receive(b.now, a)
			}
		}
		b.run()
		b.now += benchTimeout
		expire(m, b.now)
		b.run()
		if !b.over || b.sink.Len() > 5000 {
			t.Errorf("over %v, %d octets", b.over, b.sink.Len())
		}
		if r, ok := m.(*fileReceiver); ok && cap(r.buffer) > 2048 {
			t.Errorf("%d octets are kept", cap(r.buffer))
		}
	})
}
