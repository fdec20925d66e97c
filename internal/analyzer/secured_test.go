package analyzer_test

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"stellwerk/internal/analyzer"
	"stellwerk/internal/capture/fabricate"
)

// TestSecuredPorts: TLS at the ports that the protocols have for it is told as
// theirs, and what is no TLS there is nobody's.
func TestSecuredPorts(t *testing.T) {
	hello := []byte{0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3}
	for _, test := range []struct {
		name   string
		port   uint16
		octets []byte
		want   string
	}{
		{"secure ADS", 8016, hello, `"protocol":"ads"`},
		{"IEC 62351-3", 19998, hello, `"protocol":"iec104"`},
		{"no TLS", 8016, []byte("something else"), ""},
		{"another port", 8017, hello, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var file bytes.Buffer
			recorder := fabricate.NewRecorder(&file, "test", "test")
			talk := recorder.Conversation(netip.MustParseAddrPort("192.0.2.1:50000"), netip.AddrPortFrom(netip.MustParseAddr("192.0.2.2"), test.port))
			if err := talk.Send(time.Unix(1e9, 0), fabricate.Client, test.octets); err != nil {
				t.Fatal(err)
			}
			if err := recorder.Flush(); err != nil {
				t.Fatal(err)
			}
			out, _, problems := run(t, analyzer.Report{Format: analyzer.JSON}, file.Bytes(), "-")
			if len(problems) > 0 {
				t.Error(problems)
			}
			if test.want == "" && out != "" {
				t.Errorf("got %s", out)
			}
			if test.want != "" && (!strings.Contains(out, `"code":"encrypted"`) || !strings.Contains(out, test.want)) {
				t.Errorf("got %s, want %s", out, test.want)
			}
		})
	}
}
