package fabricate_test

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	gopackets "github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"stellwerk/internal/capture"
	"stellwerk/internal/capture/fabricate"
	"stellwerk/internal/capture/stream"
)

var (
	start  = time.Date(2026, 11, 21, 3, 4, 5, 6, time.UTC)
	client = netip.MustParseAddrPort("192.0.2.1:49152")
	// No port that tshark knows a protocol for.
	server  = netip.MustParseAddrPort("192.0.2.2:55404")
	client6 = netip.MustParseAddrPort("[2001:db8::1]:49152")
	server6 = netip.MustParseAddrPort("[2001:db8::2]:55404")
)

// record records one of everything: two conversations at the same time, one
// reset, long data, datagrams.
func record(t *testing.T) (file []byte, packets int64) {
	t.Helper()
	var out bytes.Buffer
	r := fabricate.NewRecorder(&out, "test", "station")
	at := start
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Millisecond)
	}
	a, b := r.Conversation(client, server), r.Conversation(client6, server6)
	check(a.Open(at))
	check(a.Send(at, fabricate.Client, []byte("h\x04\x07\x00\x00\x00")))
	check(b.Send(at, fabricate.Server, []byte("without an explicit handshake")))
	check(a.Send(at, fabricate.Server, []byte("h\x04\x0b\x00\x00\x00")))
	check(a.Send(at, fabricate.Server, long(100_000)))
	check(r.Datagram(at, client, server, []byte("datagram")))
	check(b.Reset(at, fabricate.Client))
	check(b.Reset(at, fabricate.Client))
	check(a.Close(at, fabricate.Client))
	check(a.Send(at, fabricate.Server, []byte("half open")))
	check(a.Close(at, fabricate.Server))
	check(a.Close(at, fabricate.Server))
	check(a.Reset(at, fabricate.Server))
	check(r.Datagram(at, server6, client6, []byte("datagram")))
	c := r.Conversation(netip.AddrPort{}, netip.AddrPortFrom(netip.Addr{}, 55404))
	check(c.Send(at, fabricate.Client, []byte("no addresses")))
	check(r.Flush())
	return out.Bytes(), r.Packets()
}

func long(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i * 31)
	}
	return data
}

// listener writes down what an assembler hands on.
type listener struct {
	streams map[string]string
	notes   []string
	ends    []string
}

func (l *listener) Open(*stream.Connection) stream.Stream { return l }
func (l *listener) Datagram(d *stream.Datagram) bool {
	l.notes = append(l.notes, d.Source.String()+" "+string(d.Data))
	return true
}
func (l *listener) Note(n *stream.Note) { l.notes = append(l.notes, n.String()) }
func (l *listener) Chunk(c *stream.Chunk) {
	l.streams[c.Source().String()] += string(c.Data)
	if c.Gap != 0 || c.Aside {
		l.notes = append(l.notes, "out of step")
	}
}

func (l *listener) End(e *stream.End) {
	l.ends = append(l.ends, e.Connection.Endpoints[e.Direction].String()+" "+e.Reason.String())
}

func TestRecorder(t *testing.T) {
	file, packets := record(t)
	l := &listener{streams: map[string]string{}}
	a := stream.New(l, nil)
	reader, err := capture.NewReader(bytes.NewReader(file), "recorded")
	if err != nil {
		t.Fatal(err)
	}
	var p capture.Packet
	for err = reader.Next(&p); err == nil; err = reader.Next(&p) {
		if p.Number == 1 && (p.Time != start.UnixNano() || p.Interface.Name != "station") {
			t.Errorf("time %d, interface %q", p.Time, p.Interface.Name)
		}
		a.Packet(&p)
	}
	a.Close()
	if !errors.Is(err, io.EOF) || p.Number != packets {
		t.Errorf("%d packets of %d, %v", p.Number, packets, err)
	}
	want := map[string]string{
		client.String():  "h\x04\x07\x00\x00\x00",
		server.String():  "h\x04\x0b\x00\x00\x00" + string(long(100_000)) + "half open",
		server6.String(): "without an explicit handshake",
		"0.0.0.0:0":      "no addresses",
	}
	if diff := cmp.Diff(want, l.streams); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"192.0.2.1:49152 datagram", "[2001:db8::2]:55404 datagram"}, l.notes); diff != "" {
		t.Error(diff)
	}
	wantEnds := []string{
		client6.String() + " reset", server6.String() + " reset",
		client.String() + " finished", server.String() + " finished",
		"0.0.0.0:0 end of the capture", "0.0.0.0:55404 end of the capture",
	}
	if diff := cmp.Diff(wantEnds, l.ends); diff != "" {
		t.Error(diff)
	}
}

// TestGopacket reads a recorded file with an independent implementation.
func TestGopacket(t *testing.T) {
	file, packets := record(t)
	reader, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	var count int64
	for {
		data, info, err := reader.ReadPacketData()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		count++
		p := gopacket.NewPacket(data, gopackets.LayerTypeEthernet, gopacket.Default)
		if failure := p.ErrorLayer(); failure != nil {
			t.Errorf("packet %d: %v", count, failure.Error())
		}
		for _, layer := range p.Layers() {
			if transport, ok := layer.(interface {
				SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
			}); ok {
				if err := transport.SetNetworkLayerForChecksum(p.NetworkLayer()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if wrong, mismatches := p.VerifyChecksums(); wrong != nil || len(mismatches) != 0 {
			t.Errorf("packet %d: %v, %v", count, wrong, mismatches)
		}
		if p.TransportLayer() == nil || info.Timestamp.Before(start) {
			t.Errorf("packet %d: %v", count, p)
		}
	}
	if count != packets {
		t.Errorf("%d packets of %d", count, packets)
	}
}

// TestTshark lets tshark judge a recorded file, where it is installed.
func TestTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed")
	}
	file, packets := record(t)
	name := filepath.Join(t.TempDir(), "recorded.pcapng")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	show := func(filter string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), tshark, "-n", "-r", name,
			"-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-Y", filter)
		out, err := command.Output()
		if err != nil {
			t.Fatalf("%s: %v", filter, err)
		}
		return string(out)
	}
	if got := strings.Count(show("frame"), "\n"); int64(got) != packets {
		t.Errorf("%d packets of %d", got, packets)
	}
	if wrong := show("_ws.malformed || _ws.expert.severity == error || tcp.analysis.flags" +
		"|| (ip && ip.checksum.status != 1) || (tcp && tcp.checksum.status != 1) || (udp && udp.checksum.status != 1)"); wrong != "" {
		t.Errorf("tshark does not like\n%s", wrong)
	}
}

func TestRecorderIsSafe(t *testing.T) {
	r := fabricate.NewRecorder(io.Discard, "", "")
	var wg sync.WaitGroup
	for i := range 8 {
		c := r.Conversation(client, server)
		wg.Go(func() {
			for range 100 {
				if err := c.Send(start, fabricate.Side(i&1), []byte("abc")); err != nil {
					t.Error(err)
				}
			}
			if err := errors.Join(c.Close(start, fabricate.Client), r.Datagram(start, client, server, nil), r.Flush()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := r.Packets(); got != 8*(3+100+2+1) {
		t.Errorf("%d packets", got)
	}
}

type broken struct{}

var errBroken = errors.New("broken")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestRecorderError(t *testing.T) {
	r := fabricate.NewRecorder(broken{}, "", "")
	c := r.Conversation(client, server)
	if err := c.Send(start, fabricate.Client, long(100_000)); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	for name, err := range map[string]error{
		"Flush": r.Flush(), "Close": c.Close(start, fabricate.Client), "Reset": c.Reset(start, fabricate.Server),
		"Datagram": r.Datagram(start, client, server, nil), "Open": r.Conversation(client, server).Open(start),
	} {
		if !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRecorderTellsPartsApart(t *testing.T) {
	var out bytes.Buffer
	r := fabricate.NewRecorder(&out, "test", "first")
	a := r.Conversation(client, server)
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	r.Comment("how it begins")
	check(a.Open(start))
	r.Interface("second")
	check(a.Send(start, fabricate.Client, []byte("in another part")))
	check(r.Flush())
	if n := bytes.Count(out.Bytes(), []byte("\x01\x00\x0d\x00how it begins\x00\x00\x00\x00\x00\x00\x00")); n != 1 {
		t.Errorf("the comment stands %d times as an option in the file", n)
	}
	reader, err := capture.NewReader(&out, "recorded")
	check(err)
	var names []string
	var p capture.Packet
	for err = reader.Next(&p); err == nil; err = reader.Next(&p) {
		names = append(names, p.Interface.Name)
	}
	if want := []string{"first", "first", "first", "second"}; !errors.Is(err, io.EOF) || !slices.Equal(names, want) {
		t.Errorf("interfaces %q, want %q; %v", names, want, err)
	}
}
