package tf6770

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	ws "stellwerk/websocket/tf6770"
)

// The enumeration in the PLC is that of the Go package.
func TestStatusesOfTheSource(t *testing.T) {
	text, err := files.ReadFile("plc/ETcIotWebSocketStatus.st")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if m := enumerated.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			got[m[1]+" "+m[2]] = true
		}
	}
	n := 0
	for s := range ws.Statuses() {
		if n++; !got[statusLine(s)] {
			t.Errorf("%s is missing", statusLine(s))
		}
	}
	if n != len(got) {
		t.Errorf("%d statuses, the source has %d", n, len(got))
	}
}

func statusLine(s ws.Status) string { return fmt.Sprintf("%s %d", s, int32(s)) }

// Inputs, outputs and methods are those of the manual.
func TestInterfaceOfTheSource(t *testing.T) {
	var block object
	for _, o := range objects() {
		if o.kind() == "FUNCTION_BLOCK" {
			block = o
		}
	}
	want := map[string][]string{
		"VAR_INPUT": {
			"sHostName", "nHostPort UINT", "sUri", "sProtocol", "sOrigin", "stTLS ST_IotSocketTls", "bPerMessageDeflate BOOL",
			"bKeepAlive BOOL", "nKeepAliveInterval UINT", "nKeepAliveCloseTimeout UINT", "nConnectResponseTimeout UINT",
			"nMaxRecvFrameSize UDINT", "nMaxRecvMsgSize UDINT", "nMaxSendFrameSize UDINT",
		},
		"VAR_OUTPUT": {"bError BOOL", "hrErrorCode HRESULT", "eConnectionState ETcIotWebSocketStatus", "bConnected BOOL", "nCloseReason UINT"},
	}
	for _, s := range sections(block.declaration) {
		if s.head == "VAR" {
			continue
		}
		var got []string
		for _, v := range s.variables {
			if strings.HasPrefix(v.typ, "STRING") {
				got = append(got, v.name)
				continue
			}
			got = append(got, v.name+" "+v.typ)
		}
		if !slices.Equal(got, want[s.head]) {
			t.Errorf("%s:\n%q\n%q", s.head, got, want[s.head])
		}
	}
	methods := map[string]string{}
	for _, m := range block.methods {
		var head []string
		for _, s := range sections(m.declaration) {
			if s.head == "VAR" {
				continue
			}
			for _, v := range s.variables {
				head = append(head, v.name+" "+v.typ)
			}
		}
		methods[m.name] = returned(m.declaration) + "(" + strings.Join(head, ", ") + ")"
		if strings.Contains(m.declaration, "METHOD ") != strings.Contains(m.declaration, "METHOD "+m.name) && !strings.Contains(m.declaration, "METHOD PRIVATE "+m.name) {
			t.Errorf("method %q: %s", m.name, m.declaration)
		}
	}
	for name, head := range map[string]string{
		"CheckProtocol":      "BOOL(sProtocol STRING)",
		"Connect":            "BOOL(bReconfig BOOL)",
		"Disconnect":         "BOOL()",
		"Execute":            "()",
		"OnWebSocketClose":   "HRESULT(statusCode UINT, content PVOID, contentLength UDINT)",
		"OnWebSocketMessage": "HRESULT(content PVOID, contentLength UDINT, contentType ETcIotWebSocketContentType)",
		"SendMessage":        "BOOL(pContent PVOID, nContentSize UDINT, bTextContent BOOL, bCompress BOOL)",
	} {
		if methods[name] != head {
			t.Errorf("%s%s, the manual has %s", name, methods[name], head)
		}
	}
}

// The files are XML, and hold all of the source.
func TestExports(t *testing.T) {
	all := append(TwinCATSources(), PLCopenXML())
	if len(all) != 6 {
		t.Errorf("%d files", len(all))
	}
	for _, f := range all {
		decoder := xml.NewDecoder(strings.NewReader(string(f.Content)))
		var text strings.Builder
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			if chars, ok := token.(xml.CharData); ok {
				text.Write(chars)
			}
		}
		for _, o := range objects() {
			if !strings.HasPrefix(f.Name, o.name) && !strings.HasSuffix(f.Name, ".xml") {
				continue
			}
			for _, part := range append([]object{o}, o.methods...) {
				if !strings.Contains(text.String(), part.declaration) || !strings.Contains(text.String(), part.code) {
					t.Errorf("%s lacks %s", f.Name, part.name)
				}
			}
		}
	}
}
