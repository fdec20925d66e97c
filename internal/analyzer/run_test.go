package analyzer_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/internal/analyzer"
	capturefile "stellwerk/internal/capture"
)

// write writes a file and returns its name.
func write(t *testing.T, name string, octets []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, octets, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What cannot be read gives one sentence, and the files beside it are read.
func TestUnreadable(t *testing.T) {
	whole := read(t, capture("station.pcapng"))
	count := len(lines(t, analyzer.Report{}, capture("station.pcapng")))
	for _, test := range []struct {
		name                string
		file                string
		want                string
		unreadable, damaged int
		lines               int
	}{
		{"missing", "/nowhere/x.pcap", "/nowhere/x.pcap cannot be opened: no such file or directory", 1, 0, 0},
		{"a directory", ".", ". is a directory: name the captures in it", 1, 0, 0},
		{"empty", write(t, "empty.pcap", nil), "empty.pcap: empty: a capture has at least a header", 1, 0, 0},
		{"garbage", write(t, "garbage.pcap", []byte("this is no capture")), "garbage.pcap: not a pcap or pcapng capture: begins with the octets 74 68 69 73", 1, 0, 0},
		{"cut in the header", write(t, "header.pcap", read(t, capture("nanoseconds.pcap"))[:20]), "header.pcap: ", 1, 0, 0},
		{"cut in a packet", write(t, "cut.pcapng", whole[:len(whole)-10]), "cut.pcapng: packet 42 at offset 4280 (0x10b8): ", 0, 1, count},
		{"another link type", write(t, "wlan.pcap", wlan()), "wlan.pcap: none of its 1 packets can be taken apart: packets of this link type cannot be taken apart: IEEE802_11 (105)", 1, 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, result, problems := run(t, analyzer.Report{Format: analyzer.JSON}, nil, test.file, capture("station.pcapng"))
			if len(problems) != 1 || !strings.Contains(problems[0].Error(), test.want) {
				t.Errorf("problems %v, want %q", problems, test.want)
			}
			if result.Unreadable != test.unreadable || result.Damaged != test.damaged {
				t.Errorf("%d unreadable and %d damaged, want %d and %d", result.Unreadable, result.Damaged, test.unreadable, test.damaged)
			}
			if got := strings.Count(out, "\n"); got != count+test.lines {
				t.Errorf("%d lines, want %d", got, count+test.lines)
			}
		})
	}
}

// wlan is a capture of a link type that is not taken apart.
func wlan() []byte {
	var file bytes.Buffer
	w := capturefile.NewWriter(&file, "")
	_ = w.Write(&capturefile.Packet{Interface: &capturefile.Interface{LinkType: 105}, Data: []byte{8, 0}})
	_ = w.Flush()
	return file.Bytes()
}

func TestStandardInput(t *testing.T) {
	want := lines(t, analyzer.Report{}, capture("station.pcapng"))
	out, _, problems := run(t, analyzer.Report{Format: analyzer.JSON}, read(t, capture("station.pcapng")), "-")
	if diff := cmp.Diff(strings.Join(want, "\n")+"\n", out); diff != "" || problems != nil {
		t.Error(problems, diff)
	}
}

// slowPipe gives a capture in pieces and notes how much was printed before each.
type slowPipe struct {
	pieces  [][]byte
	printed *bytes.Buffer
	before  []int
}

func (p *slowPipe) Read(data []byte) (int, error) {
	p.before = append(p.before, bytes.Count(p.printed.Bytes(), []byte("\n")))
	if len(p.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(data, p.pieces[0])
	p.pieces[0] = p.pieces[0][n:]
	if len(p.pieces[0]) == 0 {
		p.pieces = p.pieces[1:]
	}
	return n, nil
}

// What is there is printed before more is waited for.
func TestPromptOutput(t *testing.T) {
	whole := read(t, capture("station.pcapng"))
	var out bytes.Buffer
	pipe := &slowPipe{printed: &out, pieces: [][]byte{whole[:1500], whole[1500:3000], whole[3000:]}}
	if _, err := analyzer.Run(t.Context(), []string{"-"}, pipe, &out, analyzer.Report{Format: analyzer.JSON}); err != nil {
		t.Fatal(err)
	}
	if before := pipe.before; len(before) < 3 || before[1] < 5 || before[2] <= before[1] {
		t.Errorf("lines printed before each piece: %v", before)
	}
}

type failingWriter struct{ after int }

var errFull = errors.New("no space left on device")

func (w *failingWriter) Write(data []byte) (int, error) {
	if w.after -= len(data); w.after < 0 {
		return 0, errFull
	}
	return len(data), nil
}

func TestOutputFails(t *testing.T) {
	for _, format := range analyzer.Formats() {
		_, err := analyzer.Run(t.Context(), []string{capture("station.pcapng"), capture("types.pcapng")}, nil, &failingWriter{after: 100}, analyzer.Report{Format: format})
		if !errors.Is(err, analyzer.ErrOutput) || !errors.Is(err, errFull) {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	report := analyzer.Report{Format: analyzer.JSON, Packets: func(p *capturefile.Packet) error { return nil }}
	pipe := readerFunc(func(data []byte) (int, error) {
		cancel()
		return copy(data, read(t, capture("station.pcapng"))), nil
	})
	_, err := analyzer.Run(ctx, []string{"-", capture("types.pcapng")}, pipe, &out, report)
	if !errors.Is(err, analyzer.ErrInterrupted) || err.Error() != "interrupted at packet 1 of -: what follows it was not analysed" {
		t.Error(err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(data []byte) (int, error) { return f(data) }

// The packets of which something is printed are handed on unchanged, also those
// that hold the beginning of a telegram, or came before a missing one.
func TestPackets(t *testing.T) {
	for _, test := range []struct {
		name, file string
		report     analyzer.Report
		want       []int64
	}{
		{"a filter", "station.pcapng", analyzer.Report{Filter: compile(t, `type == "C_IC_NA_1"`)}, []int64{9, 10, 14}},
		{"an APDU over several packets", "tcp.pcapng", analyzer.Report{Filter: compile(t, `dst_port == 50007 and function == "STARTDT con"`)}, []int64{51, 52, 53, 54, 55, 56}},
		{"segments out of order", "tcp.pcapng", analyzer.Report{Filter: compile(t, `dst_port == 50002 and format == "I"`)}, []int64{13, 14, 15}},
		{"what is wrong", "faults.pcapng", analyzer.Report{Check: true, Filter: compile(t, `frame < 10`)}, []int64{6, 9}},
		{"one packet", "station.pcapng", analyzer.Report{Format: analyzer.Text, Explain: 2}, []int64{2}},
		{"telegrams alone", "links.pcapng", analyzer.Report{Filter: compile(t, `dst_port == 51001 or src_port == 51001`)}, []int64{4, 5}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.report.Format == "" {
				test.report.Format = analyzer.JSON
			}
			var got []int64
			test.report.Packets = func(p *capturefile.Packet) error {
				got = append(got, p.Number)
				return nil
			}
			_, result, _ := run(t, test.report, nil, capture(test.file))
			if diff := cmp.Diff(test.want, got); diff != "" || result.Forgotten != 0 {
				t.Error(result.Forgotten, diff)
			}
		})
	}
}

// As text without a filter, every packet is printed and handed on as it is: the
// file says the same.
func TestAllPackets(t *testing.T) {
	for _, name := range own(t) {
		var file bytes.Buffer
		w := capturefile.NewWriter(&file, "test")
		analyze(t, analyzer.Report{Format: analyzer.Text, Packets: w.Write}, name)
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		again := write(t, "again.pcapng", file.Bytes())
		if diff := cmp.Diff(lines(t, analyzer.Report{}, name), lines(t, analyzer.Report{}, again)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Packets that are wanted too late are counted.
func TestForgotten(t *testing.T) {
	var file bytes.Buffer
	w := capturefile.NewWriter(&file, "")
	reader, err := capturefile.NewReader(bytes.NewReader(read(t, capture("tcp.pcapng"))), "tcp")
	if err != nil {
		t.Fatal(err)
	}
	var packet capturefile.Packet
	on := &capturefile.Interface{LinkType: capturefile.LinkTypeEthernet}
	for reader.Next(&packet) == nil {
		packet.Interface = on
		if packet.Number == 15 { // what is missing comes much later
			for range 5000 {
				if err := w.Write(&capturefile.Packet{Interface: on, Time: packet.Time, Data: make([]byte, 60)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if packet.Number >= 9 && packet.Number <= 15 {
			if err := w.Write(&packet); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	report := analyzer.Report{Format: analyzer.JSON, Packets: func(*capturefile.Packet) error { return nil }}
	_, result, _ := run(t, report, nil, write(t, "late.pcapng", file.Bytes()))
	if result.Forgotten != 1 {
		t.Errorf("%d packets are forgotten", result.Forgotten)
	}
}

func TestPacketsFail(t *testing.T) {
	report := analyzer.Report{Format: analyzer.JSON, Packets: func(*capturefile.Packet) error { return errFull }}
	_, err := analyzer.Run(t.Context(), []string{capture("station.pcapng")}, nil, io.Discard, report)
	if !errors.Is(err, errFull) {
		t.Error(err)
	}
}

func TestZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	var report analyzer.Report
	report.IEC104.Zone = berlin
	report.Filter = compile(t, `type == "M_SP_TB_1"`)
	all := strings.Join(lines(t, report, capture("types.pcapng")), "\n")
	for _, want := range []string{`"text":"2026-03-02T08:29:59.750+01:00"`, `"text":"2026-07-31T23:59:59.999+02:00"`} {
		if !strings.Contains(all, want) {
			t.Errorf("no %s in %s", want, all)
		}
	}
}
