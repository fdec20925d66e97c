package interop

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"stellwerk/internal/capture/fabricate"
)

// complaint is what a judge has against a frame.
type complaint struct {
	frame int
	side  fabricate.Side // who sent it
	code  string
	text  string
	where string // the interface of the recording: a case, where each has its own
}

// judge lets tshark and our own analyzer look at every frame of a recording. Frames
// of ours may have what is known with "ours:" before it; those of the peer must have
// all that is known besides, and nothing else.
func judge(t *testing.T, path string, ours []fabricate.Side, known []string) {
	t.Helper()
	complaints := append(judgeByAnalyzer(t, path), judgeByTshark(t, path)...)
	seen := map[string]bool{}
	for _, c := range complaints {
		switch {
		case slices.Contains(ours, c.side):
			if slices.Contains(known, "ours:"+c.code) {
				continue
			}
			t.Errorf("%s: frame %d, ours: %s: %s", path, c.frame, c.code, c.text)
		case !slices.Contains(known, c.code):
			t.Errorf("%s: frame %d, the peer's: %s: %s; not known of this peer", path, c.frame, c.code, c.text)
		case !seen[c.code]:
			t.Logf("frame %d, the peer's, as known: %s: %s", c.frame, c.code, c.text)
		}
		seen[c.code] = true
	}
	if t.Failed() || t.Skipped() {
		return
	}
	for _, code := range known {
		if !seen[code] && !strings.HasPrefix(code, "ours:") && (haveTshark() || !strings.HasPrefix(code, "tshark")) {
			t.Errorf("%s: nothing has the finding %q any more, which the peer is said to deserve (seen: %v)",
				path, code, slices.Sorted(maps.Keys(seen)))
		}
	}
}

// judgeByAnalyzer returns what stellwerk analyze --check finds.
func judgeByAnalyzer(t *testing.T, path string) []complaint {
	t.Helper()
	var stderr bytes.Buffer
	command := exec.Command(stellwerk(t), "analyze", "--check", "-o", "json", path)
	command.Stderr = &stderr
	out, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 1) {
		t.Errorf("stellwerk analyze %s: %v\n%s", path, err, &stderr)
		return nil
	}
	var complaints []complaint
	for text := range strings.Lines(string(out)) {
		var l struct {
			Frame     int    `json:"frame"`
			Source    string `json:"src"`
			Malformed string `json:"malformed"`
			Finding   *struct {
				Code     string `json:"code"`
				Severity string `json:"severity"`
				Text     string `json:"text"`
			} `json:"finding"`
		}
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Errorf("stellwerk analyze %s printed %q: %v", path, text, err)
			continue
		}
		c := complaint{frame: l.Frame, side: sideOf(l.Source[strings.LastIndexByte(l.Source, ':')+1:]), code: "malformed", text: l.Malformed}
		if l.Finding != nil {
			c.code, c.text = l.Finding.Code, l.Finding.Text
		}
		complaints = append(complaints, c)
	}
	return complaints
}

func haveTshark() bool {
	_, err := exec.LookPath("tshark")
	return err == nil
}

// judgeByTshark returns what tshark cannot dissect. It also makes sure that tshark
// took the recording for what it is.
func judgeByTshark(t *testing.T, path string) []complaint {
	t.Helper()
	if !haveTshark() {
		t.Log("tshark is not there: the frames are judged by our own analyzer alone. On Debian: apt-get install tshark")
		return nil
	}
	var stderr bytes.Buffer
	command := exec.Command("tshark", "-n", "-r", path, "-d", "tcp.port==2404,iec60870_104",
		"-Y", "iec60870_104 || _ws.malformed", "-T", "fields", "-E", "separator=|", "-E", "aggregator=;",
		"-e", "frame.number", "-e", "tcp.srcport", "-e", "iec60870_104.type", "-e", "iec60870_asdu.typeid",
		"-e", "_ws.malformed", "-e", "_ws.expert.group", "-e", "_ws.expert.message", "-e", "frame.interface_name")
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Errorf("tshark %s: %v\n%s", path, err, &stderr)
		return nil
	}
	const malformedGroup = "117440512" // PI_MALFORMED of Wireshark
	var complaints []complaint
	apdus := 0
	for text := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSuffix(text, "\n"), "|")
		frame, _ := strconv.Atoi(f[0])
		c := complaint{frame: frame, side: sideOf(f[1]), text: f[6], where: f[7]}
		formats, types := list(f[2]), list(f[3])
		apdus += len(formats)
		informations := 0
		for _, format := range formats {
			if format == "0x00000000" {
				informations++
			}
		}
		switch {
		case f[4] != "" || slices.Contains(list(f[5]), malformedGroup):
			c.code = "tshark-malformed"
			complaints = append(complaints, c)
		case informations != len(types):
			c.code, c.text = "tshark-undissected", text
			complaints = append(complaints, c)
		}
	}
	if apdus == 0 {
		t.Errorf("tshark sees no APDU in %s", path)
	}
	return complaints
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ";")
}

// sideOf returns the side of a source port in a recording.
func sideOf(port string) fabricate.Side {
	if port == strconv.Itoa(int(recordedStation.Port())) {
		return fabricate.Server
	}
	return fabricate.Client
}
