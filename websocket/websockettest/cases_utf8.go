package websockettest

import (
	"fmt"
	"unicode/utf8"

	"stellwerk/websocket/frame"
)

// sequence is a text: its begin is right as far as it goes, and wrong is the
// octet that it cannot be continued with. Without wrong the text is over, which
// it must not be within a character.
type sequence struct {
	begin string
	wrong string // one octet, or none
	rest  string
}

func (s sequence) text() string { return s.begin + s.wrong + s.rest }

// right reports whether the text is one.
func (s sequence) right() bool { return s.wrong == "" && utf8.ValidString(s.begin) }

// sequences are texts by their code points (RFC 3629, 3 and 4).
func sequences() (all []sequence) {
	right := func(texts ...string) {
		for _, text := range texts {
			all = append(all, sequence{begin: text})
		}
	}
	// The ends of what one, two, three and four octets can say, and what lies
	// beside them.
	for _, r := range []rune{
		0, 1, 0x7e, 0x7f, 0x80, 0x81, 0x7fe, 0x7ff, 0x800, 0x801, 0xfff, 0x1000, 0xcfff, 0xd000, 0xd7fe, 0xd7ff, 0xe000, 0xe001,
		0xfffc, 0xfffd, 0x10000, 0x10001, 0x3ffff, 0x40000, 0xfffff, 0x100000, 0x10fffe, 0x10ffff,
	} {
		right(string(r))
	}
	// No characters, and texts all the same: two of each plane, and 32 more.
	for plane := range rune(17) {
		right(string([]rune{plane<<16 | 0xfffe, plane<<16 | 0xffff}))
	}
	right("\ufdd0\ufdef", "\ufeffmark", "\u200d\u0301")
	right("", "Stellwerk", "Größe", "κόσμε", "Привет", "日本語", "😀", "a\u0000b", "e\u0301", "Ω≈ç√∫", "\U0001d11e\U0001f1e9\U0001f1ea")
	wrong := func(begin, wrong, rest string) { all = append(all, sequence{begin, wrong, rest}) }
	// Continuations of nothing.
	for _, octet := range []string{"\x80", "\x81", "\x9f", "\xa0", "\xbe", "\xbf"} {
		wrong("", octet, "")
		wrong("ab", octet, octet+"cd")
	}
	// Octets that no text has.
	for _, octet := range []string{"\xc0", "\xc1", "\xf5", "\xf6", "\xf7", "\xf8", "\xfb", "\xfc", "\xfd", "\xfe", "\xff"} {
		wrong("", octet, "\x80\x80\x80\x80\x80")
		wrong("κ", octet, "")
	}
	// Characters that break off, in favour of another one, of the beginning of
	// one, or of the end of the text.
	for _, begin := range []string{"\xc2", "\xdf", "\xe0\xa0", "\xe1", "\xe1\x80", "\xed\x9f", "\xef", "\xef\xbf", "\xf0\x90", "\xf0\x90\x80", "\xf1", "\xf3\xbf\xbf", "\xf4", "\xf4\x8f\xbf"} {
		wrong(begin, " ", "more")
		wrong("ab"+begin, "\xc2", "\x80")
		all = append(all, sequence{begin: "ab" + begin})
	}
	// More octets than needed.
	for _, long := range []struct{ begin, wrong, rest string }{
		{"", "\xc0", "\xaf"},
		{"\xe0", "\x80", "\xaf"},
		{"\xf0", "\x80", "\x80\xaf"},
		{"", "\xf8", "\x80\x80\x80\xaf"},
		{"", "\xfc", "\x80\x80\x80\x80\xaf"},
		{"\xe0", "\x9f", "\xbf"},
		{"\xf0", "\x8f", "\xbf\xbf"},
		{"", "\xc1", "\xbf"},
	} {
		wrong(long.begin, long.wrong, long.rest)
	}
	// Surrogates, alone and in pairs.
	for _, surrogate := range []string{"\xa0\x80", "\xad\xbf", "\xae\x80", "\xaf\xbf", "\xb0\x80", "\xbe\x80", "\xbf\xbf"} {
		wrong("\xed", surrogate[:1], surrogate[1:])
		wrong("pair: \xed", surrogate[:1], surrogate[1:]+"\xed\xb0\x80")
	}
	// Beyond the last code point.
	for _, begin := range []string{"\xf4", "x\xf4"} {
		wrong(begin, "\x90", "\x80\x80")
		wrong(begin, "\xbf", "\xbf\xbf")
	}
	return all
}

// utf8Cases send each sequence as a frame, in fragments of one octet, and with
// a fragment that ends within each character; a wrong one also no further than
// its first wrong octet, of a frame that is longer, so that only a check on
// arrival can fail it (8.1).
func utf8Cases() (all []Case) {
	for _, s := range sequences() {
		text := []byte(s.text())
		add := func(how string, chop int, sent ...Frame) {
			c := Case{Name: fmt.Sprintf("%q %s", text, how), Clause: "8.1"}
			if s.right() {
				c.steps = []step{echoed(chop, frame.Text, text, sent...)}
			} else {
				c.steps, c.code = []step{{send: sent, chop: chop}}, frame.InvalidPayload
			}
			all = append(all, c)
		}
		add("as a frame", 0, whole(frame.Text, text))
		if len(text) > 1 {
			add("in fragments of an octet", 0, fragments(frame.Text, false, 1, text)...)
			add("in two fragments with a pong of the same octets between", 1,
				part(frame.Text, string(text[:1])), whole(frame.Pong, text), whole(frame.Continuation, text[1:]))
		}
		if s.wrong == "" {
			continue
		}
		now := []byte(s.begin + s.wrong)
		add("at once, within a frame", 0, Frame{Header: frame.Header{Fin: true, Opcode: frame.Text, Length: int64(len(now)) + 1000}, Payload: now, Part: true})
		add("at once, octet by octet", 1, Frame{Header: frame.Header{Opcode: frame.Text, Length: int64(len(now)) + 1}, Payload: now, Part: true})
		add("at once, in a fragment", 0, part(frame.Text, s.begin),
			Frame{Header: frame.Header{Fin: true, Length: 70_000}, Payload: []byte(s.wrong), Part: true})
		add("as a binary message it is right", 0)
		all[len(all)-1].code, all[len(all)-1].steps = 0, []step{echoed(0, frame.Binary, text, whole(frame.Binary, text))}
	}
	return all
}
