package frame_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"stellwerk/websocket/frame"
	"stellwerk/wire"
)

// TestHeaders lays the examples of RFC 6455, 5.7, and the limits of lengths.
func TestHeaders(t *testing.T) {
	tests := map[string]struct {
		octets string
		want   frame.Header
	}{
		"text Hello":        {"\x81\x05", frame.Header{Fin: true, Opcode: frame.Text, Length: 5}},
		"masked Hello":      {"\x81\x85\x37\xfa\x21\x3d", frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Key: [4]byte{0x37, 0xfa, 0x21, 0x3d}, Length: 5}},
		"first fragment":    {"\x01\x03", frame.Header{Opcode: frame.Text, Length: 3}},
		"last fragment":     {"\x80\x02", frame.Header{Fin: true, Opcode: frame.Continuation, Length: 2}},
		"ping":              {"\x89\x05", frame.Header{Fin: true, Opcode: frame.Ping, Length: 5}},
		"binary 256":        {"\x82\x7e\x01\x00", frame.Header{Fin: true, Opcode: frame.Binary, Length: 256}},
		"binary 64 KiB":     {"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", frame.Header{Fin: true, Opcode: frame.Binary, Length: 65536}},
		"125":               {"\x82\x7d", frame.Header{Fin: true, Opcode: frame.Binary, Length: 125}},
		"126":               {"\x82\x7e\x00\x7e", frame.Header{Fin: true, Opcode: frame.Binary, Length: 126}},
		"65535":             {"\x82\x7e\xff\xff", frame.Header{Fin: true, Opcode: frame.Binary, Length: 65535}},
		"highest":           {"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", frame.Header{Fin: true, Opcode: frame.Binary, Length: math.MaxInt64}},
		"compressed":        {"\xc1\x00", frame.Header{Fin: true, RSV1: true, Opcode: frame.Text}},
		"all reserved bits": {"\x3b\x00", frame.Header{RSV2: true, RSV3: true, Opcode: 11}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, n, err := frame.Decode([]byte(test.octets + "rest"))
			if err != nil || n != len(test.octets) || got != test.want {
				t.Errorf("%+v, %d octets, %v", got, n, err)
			}
			if again := test.want.Append(nil); string(again) != test.octets {
				t.Errorf("appended as % x", again)
			}
			for cut := range len(test.octets) {
				if _, n, err := frame.Decode([]byte(test.octets[:cut])); n != 0 || err != nil {
					t.Errorf("of %d octets: %d, %v", cut, n, err)
				}
			}
			w := wire.NewWalker([]byte(test.octets))
			frame.Walk(w, got)
			if again := wire.Join(w.Nodes()); string(again) != test.octets || w.Rest() != 0 {
				t.Errorf("the leaves are % x", again)
			}
		})
	}
}

// TestImpossibleLengths has a longer form than needed, and the highest bit.
func TestImpossibleLengths(t *testing.T) {
	for _, octets := range []string{
		"\x82\x7e\x00\x7d", "\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff", "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00",
	} {
		if _, _, err := frame.Decode([]byte(octets)); !errors.Is(err, frame.ErrProtocol) {
			t.Errorf("% x: %v", octets, err)
		}
	}
}

// TestCheck has a header for each rule.
func TestCheck(t *testing.T) {
	whole := frame.Header{Fin: true, Opcode: frame.Text}
	tests := map[string]struct {
		change func(*frame.Header)
		rules  frame.Rules
		say    string // "": allowed
	}{
		"text":                     {change: func(*frame.Header) {}},
		"RSV2":                     {change: func(h *frame.Header) { h.RSV2 = true }, say: "RSV2"},
		"RSV3":                     {change: func(h *frame.Header) { h.RSV3 = true }, say: "RSV3"},
		"opcode 3":                 {change: func(h *frame.Header) { h.Opcode = 3 }, say: "opcode 3 is reserved"},
		"opcode 11":                {change: func(h *frame.Header) { h.Opcode = 11 }, say: "opcode 11"},
		"compressed":               {change: func(h *frame.Header) { h.RSV1 = true }, rules: frame.Rules{Compressed: true}},
		"compressed all the same":  {change: func(h *frame.Header) { h.RSV1 = true }, say: "RSV1"},
		"compressed ping":          {change: func(h *frame.Header) { h.RSV1, h.Opcode = true, frame.Ping }, rules: frame.Rules{Compressed: true}, say: "RSV1 is set on a ping"},
		"compressed continuation":  {change: func(h *frame.Header) { h.RSV1, h.Opcode = true, frame.Continuation }, rules: frame.Rules{Compressed: true, Continued: true}, say: "continuation"},
		"masked":                   {change: func(h *frame.Header) { h.Masked = true }, rules: frame.Rules{Masked: true}},
		"masked by the server":     {change: func(h *frame.Header) { h.Masked = true }, say: "server"},
		"not masked by the client": {change: func(*frame.Header) {}, rules: frame.Rules{Masked: true}, say: "client"},
		"ping of 125":              {change: func(h *frame.Header) { h.Opcode, h.Length = frame.Ping, 125 }, rules: frame.Rules{Continued: true}},
		"ping of 126":              {change: func(h *frame.Header) { h.Opcode, h.Length = frame.Ping, 126 }, say: "126"},
		"half a close":             {change: func(h *frame.Header) { h.Opcode, h.Fin = frame.Close, false }, say: "fragmented"},
		"continuation of nothing":  {change: func(h *frame.Header) { h.Opcode = frame.Continuation }, say: "no message"},
		"continuation":             {change: func(h *frame.Header) { h.Opcode = frame.Continuation }, rules: frame.Rules{Continued: true}},
		"text within a message":    {change: func(*frame.Header) {}, rules: frame.Rules{Continued: true}, say: "new message"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h := whole
			test.change(&h)
			err := h.Check(test.rules)
			if (err == nil) != (test.say == "") || err != nil && (!errors.Is(err, frame.ErrProtocol) || !strings.Contains(err.Error(), test.say)) {
				t.Errorf("%v; want %q", err, test.say)
			}
		})
	}
}

// TestMask compares with the formula of RFC 6455, 5.3, in pieces.
func TestMask(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		key := [4]byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())}
		data := make([]byte, r.IntN(2000))
		want := make([]byte, len(data))
		for i := range data {
			data[i] = byte(r.Uint32())
			want[i] = data[i] ^ key[i%4]
		}
		for at := 0; at < len(data); {
			n := min(1+r.IntN(1000), len(data)-at)
			if n%2 == 0 {
				frame.Mask(data[at:at+n], key, int64(at))
			} else {
				part := bytes.Clone(data[at : at+n])
				frame.MaskTo(data[at:], part, key, int64(at))
			}
			at += n
		}
		if !bytes.Equal(data, want) {
			t.Fatalf("% x, want % x", data, want)
		}
	}
}

// TestUTF8 compares with the standard library, and finds the first wrong octet
// whatever the pieces.
func TestUTF8(t *testing.T) {
	texts := []string{
		"", "Stellwerk", "κόσμε", "\U0010ffff", "\uffff", "\ud7ff\ue000", "a\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"\xf8\x88\x80\x80\x80", "\xc1\x81", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "κ\xff", "12345678κ90123456\xce", "\xfe", "\uFFFD\uFFFD\uFFFD",
		strings.Repeat("ä", 40) + "\xe2\x82",
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		b := []byte("Grüße aus dem Stellwerk: κόσμε \U0001f600 und weiter")
		b[r.IntN(len(b))] = byte(r.Uint32())
		texts = append(texts, string(b[:r.IntN(len(b))]))
	}
	for _, text := range texts {
		var whole, single frame.UTF8
		ok := whole.Check([]byte(text)) && whole.Whole()
		if ok != utf8.ValidString(text) {
			t.Errorf("%q: %v", text, ok)
		}
		first := -1
		for i := range len(text) {
			if !single.Check([]byte{text[i]}) {
				first = i
				break
			}
		}
		var split frame.UTF8
		at := r.IntN(len(text) + 1)
		halves := split.Check([]byte(text[:at])) && split.Check([]byte(text[at:]))
		if halves != (first < 0) {
			t.Errorf("%q in two pieces at %d: %v, octet by octet it fails at %d", text, at, halves, first)
		}
		if first >= 0 && hasContinuation(text[:first+1]) {
			t.Errorf("%q fails at octet %d, which some text has there", text, first)
		}
	}
}

// hasContinuation reports whether a text can begin so.
func hasContinuation(begin string) bool {
	for cut := max(0, len(begin)-3); cut < len(begin); cut++ {
		if !utf8.ValidString(begin[:cut]) || !utf8.RuneStart(begin[cut]) || utf8.FullRuneInString(begin[cut:]) {
			continue
		}
		return true
	}
	return utf8.ValidString(begin)
}

// TestClose has bodies of close frames, both ways.
func TestClose(t *testing.T) {
	for _, test := range []struct {
		body   string
		code   frame.CloseCode
		reason string
		want   error
	}{
		{"", frame.NoStatus, "", nil},
		{"\x03\xe8", frame.NormalClosure, "", nil},
		{"\x03\xe8bye", frame.NormalClosure, "bye", nil},
		{"\x0b\xb8", 3000, "", nil},
		{"\x13\x87", 4999, "", nil},
		{"\x03", 0, "", frame.ErrProtocol},
		{"\x03\xe7", 999, "", frame.ErrProtocol},
		{"\x03\xec", 1004, "", frame.ErrProtocol},
		{"\x03\xed", 1005, "", frame.ErrProtocol},
		{"\x03\xee", 1006, "", frame.ErrProtocol},
		{"\x03\xf7", 1015, "", frame.ErrProtocol},
		{"\x03\xf8", 1016, "", frame.ErrProtocol},
		{"\x13\x88", 5000, "", frame.ErrProtocol},
		{"\x03\xe8\xff", frame.NormalClosure, "", frame.ErrPayload},
	} {
		code, reason, err := frame.DecodeClose([]byte(test.body))
		if code != test.code || reason != test.reason || !errors.Is(err, test.want) {
			t.Errorf("% x: %v, %q, %v", test.body, code, reason, err)
		}
		body, err := frame.AppendClose(nil, test.code, test.reason)
		if test.want == nil && (err != nil || string(body) != test.body) {
			t.Errorf("%v: % x, %v", test.code, body, err)
		}
		if test.want != nil && len(test.body) == 2 && test.code != frame.NoStatus && err == nil {
			t.Errorf("%v is sent", test.code)
		}
	}
	body, err := frame.AppendClose(nil, frame.GoingAway, strings.Repeat("ä", 100))
	if _, reason, decoded := frame.DecodeClose(body); err != nil || decoded != nil || len(body) != 124 || reason != strings.Repeat("ä", 61) {
		t.Errorf("a long reason: %d octets, %v, %v", len(body), err, decoded)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"))
	f.Add([]byte("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, n, err := frame.Decode(data)
		if err != nil || n == 0 {
			return
		}
		if again := h.Append(nil); !bytes.Equal(again, data[:n]) {
			t.Errorf("% x became % x", data[:n], again)
		}
	})
}

func BenchmarkMask(b *testing.B) {
	for _, size := range []int{125, 1000, 4096, 65536} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			data, masked := make([]byte, size), make([]byte, size)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				frame.MaskTo(masked, data, [4]byte{1, 2, 3, 4}, 1)
			}
		})
	}
}

func BenchmarkUTF8(b *testing.B) {
	for name, text := range map[string]string{"ASCII": strings.Repeat("Stellwerk ", 400), "German": strings.Repeat("Größe über ", 300)} {
		b.Run(name, func(b *testing.B) {
			data := []byte(text)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				var u frame.UTF8
				if !u.Check(data) {
					b.Fatal("not UTF-8")
				}
			}
		})
	}
}
