package websockettest

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"stellwerk/websocket"
	"stellwerk/websocket/frame"
)

// Case is a behaviour that an end of a connection must show, in both roles. The
// end that is tested is the subject. It echoes every message, compressed where
// it came so, and carries out what a text asks for:
//
//	please ping WORD
//	please close CODE REASON
//
// [Echo] does that for a connection of package websocket.
type Case struct {
	// Table is the group, such as "framing"; Name is unique within it.
	Table, Name string
	// Clause is that of RFC 6455, or of RFC 7692 where it begins with "7692".
	Clause string
	// Limits and Compression are the options that the subject must have.
	Limits      websocket.Limits
	Compression *websocket.Deflate
	// Extension is what the peer offers, or answers, of compression.
	Extension string

	steps []step
	code  frame.CloseCode // see Code
	// over says that the last step has seen the close frame of the subject.
	over bool
	// deflate are the parameters of the compression that both must keep to.
	deflate parameters
}

// parameters are those of permessage-deflate; the bits are 15 where they are 0.
type parameters struct {
	serverBits, clientBits             int
	serverNoTakeover, clientNoTakeover bool
}

// step is something that the peer sends, and what must come back.
type step struct {
	send []Frame
	chop int // octets of each write, 0 for all at once
	want []Frame
	// pings says that want are pongs, of which only the last must come (5.5.3).
	pings bool
	// packed is a message that is sent compressed, in one frame, behind send.
	packed []byte
	// unpacked are compressed texts that must come behind want, decompressed.
	unpacked []string
	// messages are sent and awaited one by one, instead of frames.
	messages []message
}

// message is one that must come back as it was sent.
type message struct {
	kind     websocket.Opcode
	data     []byte
	fragment int  // longest payload of the frames that are sent, 0 for one frame
	compress bool // and it must come back compressed
}

// Cases yields all there are, table by table.
func Cases() iter.Seq[Case] {
	return func(yield func(Case) bool) {
		for _, table := range []struct {
			name  string
			cases func() []Case
		}{
			{"framing", framingCases},
			{"pings", pingCases},
			{"reserved bits", reservedBitCases},
			{"opcodes", opcodeCases},
			{"fragmentation", fragmentationCases},
			{"UTF-8", utf8Cases},
			{"close", closeCases},
			{"limits", limitCases},
			{"compression", compressionCases},
			{"deflate", deflateCases},
		} {
			for _, c := range table.cases() {
				c.Table = table.name
				if !yield(c) {
					return
				}
			}
		}
	}
}

// String returns table and name.
func (c *Case) String() string { return c.Table + "/" + c.Name }

// Code is the close code that the subject must send in the end. Zero is none of
// its own: the peer closes, and the subject answers.
func (c *Case) Code() frame.CloseCode { return c.code }

// Echo is a subject of package websocket: it does what [Case] says until the
// connection ends, and returns what ended it.
func Echo(ctx context.Context, conn *websocket.Conn) error {
	for {
		m, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		if m.Kind == websocket.Text {
			done, err := please(ctx, conn, string(m.Data))
			if err != nil {
				return err
			}
			if done {
				continue
			}
		}
		if err := conn.Write(ctx, m.Kind, m.Data, &websocket.WriteOptions{Compress: m.Compressed}); err != nil {
			return err
		}
	}
}

// please carries out what a text asks for, and reports whether it asks.
func please(ctx context.Context, conn *websocket.Conn, text string) (done bool, err error) {
	if word, ok := strings.CutPrefix(text, "please ping "); ok {
		return true, conn.Ping(ctx, []byte(word))
	}
	wanted, ok := strings.CutPrefix(text, "please close ")
	if !ok {
		return false, nil
	}
	number, reason, _ := strings.Cut(wanted, " ")
	code, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return true, fmt.Errorf("%q has no close code", text)
	}
	return true, conn.Close(websocket.CloseCode(code), reason)
}
