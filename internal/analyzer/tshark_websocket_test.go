package analyzer_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"stellwerk/internal/analyzer"
	"stellwerk/internal/analyzer/dissect/websocket"
	"stellwerk/websocket/frame"
)

// tshark finds the same frames as we do in the same packets: every bit of their
// headers, lengths, keys of masks and close codes.
func TestTsharkWebSocket(t *testing.T) {
	needTshark(t)
	for _, file := range []struct {
		name   string
		frames int
		// reasons are the differences that are known, by packet.
		reasons map[int64]string
	}{
		{"websocket.pcapng", 105, nil},
		{"websocket-faults.pcapng", 79, tsharkFaults},
	} {
		t.Run(file.name, func(t *testing.T) {
			name := capture(file.name)
			sameAsTshark(t, framesOf(t, name), byTshark(t, name, "websocket", webSocketFacts), file.frames, file.reasons)
		})
	}
}

// tsharkFaults are the packets of websocket-faults.pcapng in which tshark 4.0 sees
// something else, and why.
var tsharkFaults = map[int64]string{
	128: "a length that cannot be: tshark shows the header, we say that nobody can tell where the next frame begins",
	177: "a message that is interrupted: tshark shows its frame, we say that its end does not come",
	264: noResponse, 265: noResponse, 266: noResponse, 267: noResponse,
	291: "octets are missing in the middle: tshark gives the frame up",
	305: "octets are missing: tshark takes the middle of a text for a header",
	306: "octets are missing: tshark waits for the end of what it took for a frame",
	307: "as before",
}

const noResponse = "the response is missing: tshark does not know the protocol without it"

// framesOf returns the frames that we find, by packet.
func framesOf(t *testing.T, file string) map[int64][]string {
	t.Helper()
	all := map[int64][]string{}
	for line, err := range analyzer.Lines(file, analyzer.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		m, ok := line.Telegram.(*websocket.Telegram)
		if !ok || m.Opening != nil {
			continue
		}
		for i := range m.Frames {
			f := &m.Frames[i]
			rsv := 0
			for bit, set := range []bool{f.RSV3, f.RSV2, f.RSV1} {
				if set {
					rsv |= 1 << bit
				}
			}
			said := fmt.Sprintf("fin=%t rsv=%d opcode=%d masked=%t length=%d", f.Fin, rsv, f.Opcode, f.Masked, f.Length)
			if f.Masked {
				said += fmt.Sprintf(" key=%x", f.Key)
			}
			if m.Kind == frame.Close && len(m.Payload) >= 2 {
				said += fmt.Sprintf(" code=%d", m.Code)
			}
			all[f.Packet] = append(all[f.Packet], said)
		}
	}
	return all
}

// webSocketFacts says what tshark says about one frame in the form of framesOf.
func webSocketFacts(values map[string]string) string {
	rsv, _ := strconv.ParseUint(values["rsv"], 0, 8)
	length := values["payload_length"]
	for _, longer := range []string{"payload_length_ext_16", "payload_length_ext_64"} {
		if values[longer] != "" {
			length = values[longer]
		}
	}
	said := fmt.Sprintf("fin=%t rsv=%d opcode=%s masked=%t length=%s", values["fin"] == "1", rsv, values["opcode"], values["mask"] == "1", length)
	if key := values["masking_key"]; key != "" {
		said += " key=" + strings.ReplaceAll(key, ":", "")
	}
	if code := values["payload.close.status_code"]; code != "" {
		said += " code=" + code
	}
	return said
}
