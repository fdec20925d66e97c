package ads

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/capture/stream"
	"stellwerk/wire"
)

// bench feeds one conversation and keeps what it says.
type bench struct {
	shared       Shared
	connection   stream.Connection
	conversation *Conversation
	packet       int64
	at           time.Duration
	lines        []string
	octets       int64 // that lines account for
}

func newBench(opened bool) *bench {
	b := &bench{connection: stream.Connection{
		ID: 1, Opened: opened,
		Endpoints: [2]netip.AddrPort{netip.MustParseAddrPort("192.0.2.10:50000"), netip.MustParseAddrPort("192.0.2.40:48898")},
	}}
	b.conversation = New(&b.shared, &b.connection, b, b.line)
	return b
}

func (b *bench) line(line *dissect.Line) {
	b.octets += max(int64(len(line.Octets)), line.Skipped)
	said := fmt.Sprint(line.Frame)
	w := wire.NewWalker(line.Octets)
	if line.Telegram != nil {
		line.Telegram.Walk(w)
		if object := line.Telegram.AppendJSON(nil); !json.Valid(object) {
			b.lines = append(b.lines, "no JSON: "+string(object))
		}
		said += " " + string(line.Telegram.AppendSummary(nil, "en"))
	}
	if line.Telegram == nil {
		WalkMalformed(w, line.Octets)
	}
	if !bytes.Equal(wire.Join(w.Nodes()), line.Octets) {
		b.lines = append(b.lines, fmt.Sprintf("the leaves of %x are %x", line.Octets, wire.Join(w.Nodes())))
	}
	if !line.Malformed.IsZero() {
		said += " malformed: " + line.Malformed.EN
	}
	b.lines = append(b.lines, said)
}

func (b *bench) Telegram(_ *dissect.Place, t *Telegram) {
	for _, handle := range t.Strange {
		b.lines = append(b.lines, fmt.Sprintf("strange: %d", handle))
	}
	if t.Twice {
		b.lines = append(b.lines, "twice")
	}
}

func (b *bench) Unanswered(place *dissect.Place, r *Request) {
	b.lines = append(b.lines, fmt.Sprintf("%d unanswered: %d of %d", place.Frame, r.InvokeID, r.Frame))
}

func (b *bench) Unasked(place *dissect.Place, _ ams.Command, invokeID uint32) {
	b.lines = append(b.lines, fmt.Sprintf("%d unasked: %d", place.Frame, invokeID))
}

// chunk hands octets over in a packet of their own.
func (b *bench) chunk(direction stream.Direction, octets []byte) {
	b.packet++
	b.at += time.Millisecond
	b.numbered(b.packet, direction, octets, 0)
}

// numbered hands octets over that a certain packet had, behind a gap.
func (b *bench) numbered(packet int64, direction stream.Direction, octets []byte, gap int64) {
	b.conversation.Chunk(&stream.Chunk{
		Connection: &b.connection, Direction: direction, Packet: packet, Now: b.packet, Time: int64(b.at), Data: octets, Gap: gap,
	})
}

func (b *bench) end(reason stream.EndReason) {
	for _, direction := range []stream.Direction{stream.Forward, stream.Backward} {
		b.conversation.End(&stream.End{Connection: &b.connection, Direction: direction, Reason: reason, Packet: b.packet, Time: int64(b.at)})
	}
}

func (b *bench) check(t *testing.T, name string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, b.lines); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
}

var (
	device = ams.Address{NetID: ams.NetID{192, 0, 2, 40, 1, 1}, Port: 851}
	client = ams.Address{NetID: ams.NetID{192, 0, 2, 10, 1, 1}, Port: 40000}
)

func asked(c ams.Command, id uint32, body []byte) *ams.Frame {
	return &ams.Frame{Header: ams.Header{Target: device, Source: client, Command: c, StateFlags: ams.RequestFlags, InvokeID: id}, Data: body}
}

func octetsOf(frames ...*ams.Frame) (octets []byte) {
	for _, f := range frames {
		octets = f.Append(octets, ams.OverTCP)
	}
	return octets
}

func answered(request *ams.Frame, body []byte) *ams.Frame {
	return &ams.Frame{Header: request.Answer(0, ams.NoError), Data: body}
}

var (
	stateRequest = asked(ams.ReadState, 1, nil)
	stateAnswer  = answered(stateRequest, command.State{ADSState: command.StateRun}.Append(nil))
	nameRequest  = asked(ams.ReadWrite, 2, command.ReadWriteRequest{Index: command.Index{Group: command.GroupHandleByName}, ReadLength: 4, Data: []byte("MAIN.x\x00")}.Append(nil))
	nameAnswer   = answered(nameRequest, command.ReadResponse{Data: []byte{9, 0, 0, 0}}.Append(nil))
	readRequest  = asked(ams.Read, 3, command.ReadRequest{Index: command.Index{Group: command.GroupValueByHandle, Offset: 9}, Length: 4}.Append(nil))
	readAnswer   = answered(readRequest, command.ReadResponse{Data: []byte{1, 2, 3, 4}}.Append(nil))
)

// The telegrams are the same wherever packets begin and end.
func TestEverySplit(t *testing.T) {
	requests, answers := octetsOf(stateRequest, nameRequest, readRequest), octetsOf(stateAnswer, nameAnswer, readAnswer)
	without := func(b *bench) (said []string) { // numbers of packets and times
		for _, line := range b.lines {
			_, rest, _ := strings.Cut(line, " ")
			if at := strings.LastIndex(rest, "  "); strings.HasSuffix(rest, " ms") {
				rest = rest[:at]
			}
			said = append(said, rest)
		}
		return said
	}
	var want []string
	for at := range len(requests) + 1 {
		b := newBench(true)
		b.chunk(stream.Forward, requests[:at])
		b.chunk(stream.Forward, requests[at:])
		for i := range answers {
			b.chunk(stream.Backward, answers[i:i+1])
		}
		b.end(stream.Finished)
		if got := without(b); want == nil {
			want = got
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("split at %d: %s", at, diff)
		}
		if b.octets != int64(len(requests)+len(answers)) {
			t.Fatalf("split at %d: lines for %d of %d octets", at, b.octets, len(requests)+len(answers))
		}
	}
	if diff := cmp.Diff([]string{
		"ReadState request  192.0.2.40.1.1:851",
		"ReadWrite request  192.0.2.40.1.1:851  MAIN.x  0xF003:0x0  4 octets",
		"Read request  192.0.2.40.1.1:851  0xF005:0x9  4 octets",
		"ReadState response  192.0.2.40.1.1:851  Run 0",
		"ReadWrite response  192.0.2.40.1.1:851  MAIN.x  0xF003:0x0  09000000",
		"Read response  192.0.2.40.1.1:851  MAIN.x  01020304",
	}, want); diff != "" {
		t.Error(diff)
	}
}

// A request that comes behind its answer, since octets before it came late, is no
// answer that nobody asked for, and not without answer.
func TestRequestBehindItsAnswer(t *testing.T) {
	b := newBench(true)
	b.chunk(stream.Forward, octetsOf(stateRequest))
	b.chunk(stream.Backward, octetsOf(stateAnswer))
	b.packet++ // packet 3 is the request, and waits
	b.chunk(stream.Backward, octetsOf(nameAnswer))
	b.numbered(3, stream.Forward, octetsOf(nameRequest), 0)
	b.chunk(stream.Forward, octetsOf(readRequest))
	b.chunk(stream.Backward, octetsOf(readAnswer))
	b.at += time.Minute
	b.end(stream.Finished)
	for _, line := range b.lines {
		if strings.Contains(line, "un") && !strings.Contains(line, "Run") {
			t.Error(line)
		}
	}
}

func TestAnswersThatNobodyAskedFor(t *testing.T) {
	b := newBench(true)
	b.chunk(stream.Forward, octetsOf(stateRequest))
	b.chunk(stream.Backward, octetsOf(stateAnswer, stateAnswer, readAnswer))
	b.chunk(stream.Forward, octetsOf(nameRequest))
	b.at += 6 * time.Second
	b.chunk(stream.Backward, octetsOf(&ams.Frame{
		Header: ams.Header{Target: client, Source: device, Command: ams.DeviceNotification, StateFlags: ams.RequestFlags},
		Data:   notification(7),
	}))
	b.chunk(stream.Forward, octetsOf(readRequest))
	b.end(stream.Finished)
	b.check(t, "answers",
		"1 ReadState request  192.0.2.40.1.1:851",
		"2 ReadState response  192.0.2.40.1.1:851  Run 0  1.000 ms",
		"2 ReadState response  192.0.2.40.1.1:851  Run 0",
		"twice",
		"2 Read response  192.0.2.40.1.1:851  01020304",
		"2 unasked: 3",
		"3 ReadWrite request  192.0.2.40.1.1:851  MAIN.x  0xF003:0x0  4 octets",
		"4 unanswered: 2 of 3",
		"4 DeviceNotification  192.0.2.40.1.1:851  1 sample  0x7=01",
		"strange: 7",
		"5 Read request  192.0.2.40.1.1:851  0xF005:0x9  4 octets",
		"5 unanswered: 3 of 5",
	)
}

// A notification that its sender has marked as an answer is one all the same.
func TestNotificationMarkedAsAnswer(t *testing.T) {
	b := newBench(false)
	b.chunk(stream.Forward, octetsOf(stateRequest))
	b.chunk(stream.Backward, octetsOf(&ams.Frame{
		Header: ams.Header{Target: client, Source: device, Command: ams.DeviceNotification, StateFlags: ams.ResponseFlags},
		Data:   notification(7),
	}, stateAnswer))
	b.end(stream.Finished)
	b.check(t, "marked",
		"1 ReadState request  192.0.2.40.1.1:851",
		"2 DeviceNotification  192.0.2.40.1.1:851  1 sample  0x7=01",
		"2 ReadState response  192.0.2.40.1.1:851  Run 0  1.000 ms",
	)
}

func notification(handle uint32) []byte {
	b := command.BeginNotification(nil)
	b.Add(command.Sample{Handle: handle, Data: []byte{1}})
	return b.End()
}

// Of a connection that was joined, or lacks octets, nothing is said that only those
// can know who have seen all of it.
func TestNothingIsClaimedBehindGaps(t *testing.T) {
	for name, begin := range map[string]func() *bench{
		"joined": func() *bench { return newBench(false) },
		"gap": func() *bench {
			b := newBench(true)
			b.chunk(stream.Forward, octetsOf(stateRequest))
			b.packet++
			b.numbered(b.packet, stream.Backward, octetsOf(stateAnswer), stream.Unknown)
			return b
		},
	} {
		b := begin()
		b.chunk(stream.Backward, octetsOf(readAnswer))
		b.chunk(stream.Backward, octetsOf(&ams.Frame{
			Header: ams.Header{Target: client, Source: device, Command: ams.DeviceNotification, StateFlags: ams.RequestFlags}, Data: notification(7),
		}))
		b.end(stream.Finished)
		for _, line := range b.lines {
			if strings.Contains(line, "unasked") || strings.Contains(line, "strange") {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}

// Octets that are missing in the data of a frame cost that frame alone.
func TestGapWithinAFrame(t *testing.T) {
	long := octetsOf(asked(ams.Write, 1, command.WriteRequest{Data: bytes.Repeat([]byte{7}, 5000)}.Append(nil)))
	b := newBench(true)
	b.chunk(stream.Forward, long[:1000])
	b.packet++
	b.numbered(b.packet, stream.Forward, append(bytes.Clone(long[3000:]), octetsOf(stateRequest)...), 2000)
	b.check(t, "gap",
		"2 Write request  192.0.2.40.1.1:851  0x0:0x0 malformed: 2000 octet(s) of the frame are missing in the capture",
		"2 ReadState request  192.0.2.40.1.1:851",
	)
}

// Memory is bounded by what has come, not by what is claimed, and all of it is
// given back.
func TestMemory(t *testing.T) {
	b := newBench(true)
	h := ams.Header{Target: device, Source: client, Command: ams.Write, StateFlags: ams.RequestFlags, Length: math.MaxUint32 - ams.HeaderLength}
	b.chunk(stream.Forward, h.Append(ams.TCPHeader{Length: math.MaxUint32}.Append(nil)))
	some := make([]byte, 64<<10)
	const chunks = 200
	for range chunks {
		b.chunk(stream.Forward, some)
	}
	if held := len(b.conversation.streams[0].kept); held > maxFrame || b.shared.held > maxFrame {
		t.Errorf("%d octets are kept, %d counted", held, b.shared.held)
	}
	b.chunk(stream.Backward, octetsOf(stateRequest, nameRequest, stateAnswer)[:200])
	b.end(stream.Finished)
	if b.shared.held != 0 {
		t.Errorf("%d octets are not given back", b.shared.held)
	}
	if want := int64(headers + chunks*len(some) + 200 - 24); b.octets < want {
		t.Errorf("lines for %d octets, want %d", b.octets, want)
	}
}

// Requests that nobody answers are forgotten at some time.
func TestPendingIsBounded(t *testing.T) {
	b := newBench(true)
	for i := range uint32(maxPending + 10) {
		b.chunk(stream.Forward, octetsOf(asked(ams.Read, i, make([]byte, 12))))
	}
	if n := len(b.conversation.pending.waiting); n != maxPending {
		t.Errorf("%d requests wait", n)
	}
	b.end(stream.CaptureEnd)
	if b.shared.held != 0 || b.shared.names != 0 {
		t.Errorf("%d octets and %d names are not given back", b.shared.held, b.shared.names)
	}
}

// A frame that is found again behind octets that are none, or in the middle of a
// packet.
func TestSearch(t *testing.T) {
	b := newBench(false)
	b.chunk(stream.Forward, append([]byte{0, 0, 44, 0, 0, 0, 1, 2, 3}, octetsOf(readRequest)...))
	b.chunk(stream.Backward, append(ams.TCPHeader{Command: ams.TCPRouterNote, Length: 4}.Append(nil), 1, 0, 0, 0))
	b.chunk(stream.Backward, []byte{1, 2, 3, 4, 5, 6})
	b.check(t, "search",
		"1 malformed: 9 octet(s) passed over: no frame can begin here",
		"1 Read request  192.0.2.40.1.1:851  0xF005:0x9  4 octets",
		"2 router: state of the router  started",
		"3 malformed: the AMS/TCP header has the command 0x0201, which is none",
	)
}

// Whatever comes, in whatever pieces: every octet is part of a line, memory is
// given back, and no form of output panics.
func FuzzConversation(f *testing.F) {
	f.Add(octetsOf(stateRequest, nameRequest, readRequest), octetsOf(stateAnswer, nameAnswer, readAnswer), byte(7), true)
	f.Add(octetsOf(stateRequest)[3:], []byte{0, 0, 32, 0, 0, 0}, byte(1), false)
	f.Add([]byte{0, 0x10, 2, 0, 0, 0, 0, 0}, []byte{0, 0x10, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}, byte(0), true)
	f.Fuzz(func(t *testing.T, requests, answers []byte, step byte, opened bool) {
		b := newBench(opened)
		total := int64(len(requests) + len(answers))
		for len(requests) > 0 || len(answers) > 0 {
			n := min(len(requests), int(step)+1)
			b.chunk(stream.Forward, requests[:n])
			m := min(len(answers), int(step)+1)
			b.chunk(stream.Backward, answers[:m])
			requests, answers = requests[n:], answers[m:]
		}
		b.end(stream.Finished)
		for _, line := range b.lines {
			if strings.HasPrefix(line, "no JSON") || strings.HasPrefix(line, "the leaves") {
				t.Error(line)
			}
		}
		if b.octets != total || b.shared.held != 0 {
			t.Errorf("lines for %d of %d octets, %d kept", b.octets, total, b.shared.held)
		}
	})
}

// Datagrams of any kind are a line each.
func FuzzDatagram(f *testing.F) {
	f.Add(stateRequest.Append(nil, ams.Bare), octetsOf(stateAnswer))
	f.Add([]byte{0x03, 0x66, 0x14, 0x71, 1, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 16, 39, 0, 0, 0, 0}, []byte("nothing"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		b := newBench(false)
		for _, octets := range [][]byte{first, second} {
			b.conversation.Datagram(&dissect.Place{Frame: 1, Connection: &b.connection}, octets, len(octets))
		}
		b.conversation.Close(&dissect.Place{Frame: 2, Connection: &b.connection})
		if len(b.lines) < 2 || b.octets != int64(len(first)+len(second)) || b.shared.held != 0 {
			t.Errorf("%d lines for %d octets, %d kept", len(b.lines), b.octets, b.shared.held)
		}
	})
}
