package verdict_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/iec104"
	"stellwerk/internal/analyzer/verdict"
	"stellwerk/internal/capture/stream"
	"stellwerk/internal/finding"
)

// A script is what two stations say, > the controlling one and < the controlled
// one: "I5,3" with N(S) and N(R), "S4", "act" and "con" of "START", "STOP" and
// "TEST", "+3s" lets time go by, "gap" loses octets. Each step takes 10 ms. The
// findings are those that the judge must give, each with the step it belongs
// to.
var scripts = []struct {
	name       string
	middle     bool // the opening of the connection is not in the capture
	parameters verdict.Parameters
	script     string
	want       string
}{
	{
		name:   "an ordinary connection",
		script: ">STARTact <STARTcon <I0,0 <I1,0 >S2 >I0,2 <I2,1 >TESTact <TESTcon >S3 >STOPact <STOPcon",
	},
	{
		name:   "a standby connection",
		script: ">TESTact <TESTcon +20s <TESTact >TESTcon",
	},
	{
		name:   "exactly k frames without acknowledgement, and a partial one",
		script: ">STARTact <STARTcon " + sends('<', 0, 12) + " >S4 " + sends('<', 12, 4) + " >S16",
		want:   "20 w-exceeded",
	},
	{
		name:   "more than k, told once until the window is open again",
		script: ">STARTact <STARTcon " + sends('<', 0, 14) + " >S14 " + sends('<', 14, 13),
		want:   "15 k-exceeded, 17 w-exceeded, 30 k-exceeded",
	},
	{
		name:       "k and w as given",
		parameters: verdict.Parameters{K: 2, W: 1},
		script:     ">STARTact <STARTcon <I0,0 <I1,0 <I2,0 >S3",
		want:       "5 k-exceeded, 6 w-exceeded!",
	},
	{
		name:   "numbers go on behind 32767, with frames outstanding",
		middle: true,
		script: "<I32766,5 >S32767 <I32767,5 <I0,5 >S0 <I1,5 >S2 >I5,2 <S6",
	},
	{
		name:   "a frame is missing, and one comes twice",
		script: ">STARTact <STARTcon <I0,0 <I2,0 <I2,0",
		want:   "4 send-sequence, 5 send-repeated",
	},
	{
		name:   "the first number is not 0",
		script: ">STARTact <STARTcon <I3,0 <I4,0",
		want:   "3 send-not-zero",
	},
	{
		name:   "acknowledgements ahead and behind",
		script: ">STARTact <STARTcon <I0,0 <I1,0 >S2 >S3 <I2,0 >S3 >S2 >S3",
		want:   "6 receive-ahead, 9 receive-behind",
	},
	{
		name:   "an acknowledgement that says nothing new",
		script: ">STARTact <STARTcon <I0,0 >S1 >S1 <I1,0 >S2",
	},
	{
		name:   "I and S frames before STARTDT",
		script: ">S0 <I0,0 <I1,0",
		want:   "1 s-frame-not-started, 2 not-started",
	},
	{
		name:   "an I frame before the confirmation",
		script: ">STARTact >I0,0 <STARTcon",
		want:   "2 not-started",
	},
	{
		name:   "STARTDT again",
		script: ">STARTact <STARTcon <I0,0 >STARTact <STARTcon <I1,0",
	},
	{
		name:   "STOPDT: the station may send until it has confirmed, the control centre not",
		script: ">STARTact <STARTcon >STOPact <I0,0 >S1 <STOPcon <I1,0",
		want:   "7 not-started",
	},
	{
		name:   "an I frame of the control centre behind its STOPDT",
		script: ">STARTact <STARTcon >STOPact >I0,0",
		want:   "4 not-started",
	},
	{
		name:   "STOPDT con without acknowledgement, the S frame was on its way",
		script: ">STARTact <STARTcon <I0,0 >STOPact <STOPcon >S1 +3s >S1",
		want:   "5 stop-unacknowledged, 8 s-frame-not-started",
	},
	{
		name:   "STARTDT from both sides",
		script: ">STARTact <STARTcon <STARTact >STARTcon",
		want:   "3 start-by-controlled-station",
	},
	{
		name:   "a confirmation of nothing",
		script: "<TESTcon",
		want:   "1 confirmation-without-activation",
	},
	{
		name:   "a confirmation of what the capture may have missed",
		middle: true,
		script: "<TESTcon gap <STARTcon",
	},
	{
		name:   "t1: no confirmation, no acknowledgement",
		script: ">TESTact >STARTact <STARTcon <I0,0 +17s <I1,0 <I2,0 >S3",
		want:   "6 t1-exceeded, 6 t1-exceeded",
	},
	{
		name:   "t1: the connection is closed when it has run out",
		script: ">STARTact <STARTcon <I0,0 +15s <end",
		want:   "5 t1-exceeded",
	},
	{
		name:   "t2 and t3",
		script: ">STARTact <STARTcon <I0,0 +12s >S1 +22s >TESTact <TESTcon",
		want:   "5 t2-exceeded, 7 t3-exceeded",
	},
	{
		name:       "t2 and t3 as given are more than notes",
		parameters: verdict.Parameters{T1: time.Minute, T2: 20 * time.Second, T3: 40 * time.Second},
		script:     ">STARTact <STARTcon <I0,0 +12s >S1 +22s >TESTact <TESTcon <I1,0 +22s >S2 +42s >TESTact <TESTcon",
		want:       "11 t2-exceeded!, 13 t3-exceeded!",
	},
	{
		name:   "behind a gap everything begins anew",
		script: ">STARTact <STARTcon <I0,0 gap <I7,3 >S8 >I3,8 <S4",
	},
}

func sends(side byte, from, count int) string {
	var steps []string
	for i := range count {
		steps = append(steps, fmt.Sprintf("%cI%d,0", side, from+i))
	}
	return strings.Join(steps, " ")
}

func TestLinkProcedure(t *testing.T) {
	for _, test := range scripts {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, play(t, test.middle, test.parameters, test.script)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// play plays a script and returns the findings. Warnings about what is a note
// when it is assumed have a "!".
func play(t *testing.T, middle bool, parameters verdict.Parameters, script string) string {
	t.Helper()
	c := &stream.Connection{
		Opened:    !middle,
		Endpoints: [2]netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:1"), netip.MustParseAddrPort("192.0.2.2:2404")},
	}
	var found []string
	link := verdict.NewLink(c, parameters, func(line *dissect.Line) {
		mark := ""
		if line.Finding.Severity.String() == "warning" && slices.Contains([]finding.Code{finding.WExceeded, finding.T2Exceeded, finding.T3Exceeded}, line.Finding.Code) {
			mark = "!"
		}
		found = append(found, fmt.Sprintf("%d %s%s", line.Frame, line.Finding.Code, mark))
	})
	now := time.Unix(1_000_000, 0)
	for i, step := range strings.Fields(script) {
		now = now.Add(10 * time.Millisecond)
		place := &dissect.Place{Frame: int64(i + 1), Time: now.UnixNano(), Connection: c}
		switch {
		case step == "gap":
			link.Unreadable()
			continue
		case step[0] == '+':
			d, err := time.ParseDuration(step[1:])
			if err != nil {
				t.Fatal(err)
			}
			now = now.Add(d)
			continue
		case step[0] == '<':
			place.Direction = stream.Backward
		}
		if step[1:] == "end" {
			link.End(&stream.End{Connection: c, Direction: place.Direction, Packet: place.Frame, Time: place.Time})
			continue
		}
		link.Telegram(place, telegram(t, step[1:]))
	}
	return strings.Join(found, ", ")
}

// telegram makes a telegram of a step.
func telegram(t *testing.T, step string) *iec104.Telegram {
	t.Helper()
	functions := map[string]apci.Function{
		"STARTact": apci.StartDTAct, "STARTcon": apci.StartDTCon, "STOPact": apci.StopDTAct,
		"STOPcon": apci.StopDTCon, "TESTact": apci.TestFRAct, "TESTcon": apci.TestFRCon,
	}
	var octets []byte
	if f, ok := functions[step]; ok {
		octets = apci.AppendU(nil, f)
	} else {
		first, second, _ := strings.Cut(step[1:], ",")
		a, err := strconv.Atoi(first)
		if err != nil {
			t.Fatalf("step %q: %v", step, err)
		}
		if step[0] == 'S' {
			octets = apci.AppendS(nil, apci.Sequence(a))
		} else {
			b, err := strconv.Atoi(second)
			if err != nil {
				t.Fatalf("step %q: %v", step, err)
			}
			octets = apci.AppendI(nil, apci.Sequence(a), apci.Sequence(b), []byte{1, 1, 3, 0, 1, 0, 1, 0, 0, 1})
		}
	}
	decoded, err := iec104.Decode(octets, &iec104.Options{})
	if err != nil || decoded.Err != nil {
		t.Fatalf("step %q: %v, %v", step, err, decoded.Err)
	}
	return decoded
}

// more commands than are waited for are forgotten, and then nothing is said of
// confirmations that fit none.
func TestManyCommands(t *testing.T) {
	c := &stream.Connection{Opened: true}
	var found []string
	link := verdict.NewLink(c, verdict.Parameters{K: 32767, W: 32767}, func(line *dissect.Line) {
		found = append(found, string(line.Finding.Code))
	})
	at := int64(0)
	say := func(direction stream.Direction, octets []byte) {
		at += int64(time.Millisecond)
		decoded, err := iec104.Decode(octets, &iec104.Options{})
		if err != nil {
			t.Fatal(err)
		}
		link.Telegram(&dissect.Place{Time: at, Connection: c, Direction: direction}, decoded)
	}
	say(stream.Forward, apci.AppendU(nil, apci.StartDTAct))
	say(stream.Backward, apci.AppendU(nil, apci.StartDTCon))
	var sent [2]apci.Sequence
	command := func(direction stream.Direction, cause asdu.Cause, address int) {
		body := []byte{45, 1, byte(cause), 0, 1, 0, byte(address), byte(address >> 8), 0, 1}
		say(direction, apci.AppendI(nil, sent[direction], sent[1-direction], body))
		sent[direction]++
	}
	for address := range 300 {
		command(stream.Forward, asdu.Activation, address)
	}
	command(stream.Backward, asdu.ActivationCon, 0)   // forgotten
	command(stream.Backward, asdu.ActivationCon, 299) // not
	command(stream.Backward, asdu.ActivationCon, 299) // again
	if found != nil {
		t.Errorf("found %v", found)
	}
}
