package filter

import (
	"fmt"
	"strings"
	"time"
)

// record holds the names that an expression knows. Numbers that a line does not
// have are -1, texts are empty, and value is nil.
type record struct {
	Frame     int       `expr:"frame"`
	Time      time.Time `expr:"time"`
	Src       string    `expr:"src"`
	Dst       string    `expr:"dst"`
	SrcPort   int       `expr:"src_port"`
	DstPort   int       `expr:"dst_port"`
	Protocol  string    `expr:"protocol"`
	Length    int       `expr:"length"`
	Malformed bool      `expr:"malformed"`
	Finding   string    `expr:"finding"`
	Severity  string    `expr:"severity"`

	Format     string `expr:"format"`
	Function   string `expr:"function"`
	Send       int    `expr:"send"`
	Receive    int    `expr:"receive"`
	Type       string `expr:"type"`
	TypeID     int    `expr:"type_id"`
	Cause      int    `expr:"cause"`
	Negative   bool   `expr:"negative"`
	Test       bool   `expr:"test"`
	Originator int    `expr:"originator"`
	CA         int    `expr:"ca"`

	IOA     int      `expr:"ioa"`
	Value   any      `expr:"value"`
	Select  bool     `expr:"select"`
	Quality []string `expr:"quality"`

	Opcode      string `expr:"opcode"`
	Handshake   string `expr:"handshake"`
	Target      string `expr:"target"`
	Status      int    `expr:"status"`
	CloseCode   int    `expr:"close_code"`
	Compressed  bool   `expr:"compressed"`
	Frames      int    `expr:"frames"`
	Payload     string `expr:"payload"`
	Subprotocol string `expr:"subprotocol"`

	Command     string  `expr:"command"`
	CommandID   int     `expr:"command_id"`
	Response    bool    `expr:"response"`
	InvokeID    int     `expr:"invoke_id"`
	AMSSource   string  `expr:"ams_source"`
	AMSTarget   string  `expr:"ams_target"`
	IndexGroup  int     `expr:"index_group"`
	IndexOffset int     `expr:"index_offset"`
	Symbol      string  `expr:"symbol"`
	Error       string  `expr:"error"`
	Latency     float64 `expr:"latency"`

	// Port is replaced by comparisons with both ports.
	Port int `expr:"port"`
}

// Field is a name that an expression knows.
type Field struct {
	Name, Text string
}

// Fields are all names, in the order in which help shows them.
func Fields() []Field {
	return []Field{
		{"frame", "number of the packet"},
		{"time", `when it was captured: time > date("2026-03-02T08:30:00Z")`},
		{"src, dst", `addresses: src == "10.0.0.1", within(src, "10.0.0.0/8")`},
		{"src_port, dst_port", "TCP or UDP ports"},
		{"port", "either of the two: port == 2404, port in [2404, 2405]"},
		{"protocol", `"iec104", "ads", "websocket", or "packet" for findings about packets of no connection`},
		{"length", "octets of the telegram"},
		{"malformed", "true for what cannot be decoded"},
		{"finding", `code of a finding, such as "k-exceeded"; "" for all else`},
		{"severity", `of a finding: "note", "warning" or "error"`},
		{"format", `of an APDU: "I", "S" or "U"`},
		{"function", `in U format: "STARTDT act", "TESTFR con" and so on`},
		{"send, receive", "N(S) and N(R)"},
		{"type, type_id", `of an ASDU: type == "M_SP_TB_1", type_id in 45..51`},
		{"cause", `of transmission: cause == 3, cause == "spont"`},
		{"negative, test", "P/N and T bit"},
		{"originator", "originator address"},
		{"ca", "common address"},
		{"ioa", "information object address: ioa in 4000..4099"},
		{"value", `of the object: value > 230, value == true, value == "on"`},
		{"select", "a command selects and does not execute"},
		{"quality", `flags that are set: "invalid" in quality`},
		{"opcode", `of a WebSocket message: "text", "binary", "close", "ping", "pong"`},
		{"payload", `of a text: payload contains "alarm", payload matches "^{"`},
		{"compressed", "a message came compressed"},
		{"frames", "of a message"},
		{"close_code", "of a close frame; 1005 for none"},
		{"handshake", `"request" or "response"`},
		{"target", `of a request: target == "/feed"`},
		{"status", "of a response: 101 accepts"},
		{"subprotocol", "the first that is offered, or the one chosen"},
		{"command", `of an AMS frame: "Read", "ReadWrite", "DeviceNotification" and so on`},
		{"command_id", "its number"},
		{"response", "an answer"},
		{"invoke_id", "of an AMS frame"},
		{"ams_source, ams_target", `AMS addresses: ams_target == "5.23.145.10.1.1:851"`},
		{"index_group, index_offset", "of an AMS frame, or of an item of a sum command"},
		{"symbol", `that is asked for, or has come: symbol startsWith "MAIN."`},
		{"error", `code of an answer or an item: "ADSERR_DEVICE_SYMBOLNOTFOUND"; "" for none`},
		{"latency", "seconds until an answer came: latency > 0.1"},
	}
}

// Help describes the language for people at a terminal.
func Help() string {
	var b strings.Builder
	for _, field := range Fields() {
		fmt.Fprintf(&b, "  %-20s%s\n", field.Name, field.Text)
	}
	return b.String()
}
