package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"stellwerk/websocket"
)

// longestLine is how long a line of standard input may be, in octets.
const longestLine = 64 << 20

// wsMessage is a message to send.
type wsMessage struct {
	kind websocket.Opcode
	data []byte
}

// readMessages makes messages of the lines of standard input and hands them on
// until the input ends or ctx does.
func (f *wsFlags) readMessages(ctx context.Context, in io.Reader, messages chan<- wsMessage) error {
	defer close(messages)
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestLine)
	for n := 1; lines.Scan(); n++ {
		m := wsMessage{kind: websocket.Text, data: []byte(lines.Text())}
		switch {
		case f.binary:
			text := strings.ReplaceAll(strings.TrimPrefix(strings.TrimSpace(lines.Text()), "0x"), " ", "")
			data, err := hex.DecodeString(text)
			if err != nil {
				return fmt.Errorf("line %d: with --binary a line has octets in hexadecimal, such as 01 ff", n)
			}
			m = wsMessage{kind: websocket.Binary, data: data}
		case !utf8.Valid(m.data):
			return fmt.Errorf("line %d is not UTF-8, which a text message must be: use --binary", n)
		}
		select {
		case messages <- m:
		case <-ctx.Done():
			return nil
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("a line of standard input is longer than %d MiB", longestLine>>20)
	} else if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	return nil
}

// wsPrinter prints messages. It is safe for concurrent use.
type wsPrinter struct {
	json bool

	mu  sync.Mutex
	out io.Writer // guarded by mu
}

// printedMessage is a message as --json prints it; docs/manual.md has it.
type printedMessage struct {
	Time       time.Time `json:"time"`
	Peer       string    `json:"peer"`
	Kind       string    `json:"kind"`
	Size       int       `json:"size"`
	Compressed bool      `json:"compressed"`
	Text       *string   `json:"text,omitempty"`
	Hex        *string   `json:"hex,omitempty"`
}

// print prints a message: a text as it is, octets in hexadecimal.
func (p *wsPrinter) print(peer string, m websocket.Message) error {
	text := string(m.Data)
	if m.Kind == websocket.Binary {
		text = fmt.Sprintf("% x", m.Data)
	}
	if p.json {
		printed := printedMessage{Time: time.Now().UTC(), Peer: peer, Kind: "text", Size: len(m.Data), Compressed: m.Compressed}
		if m.Kind == websocket.Binary {
			printed.Kind = "binary"
			printed.Hex = new(strings.ReplaceAll(text, " ", ""))
		} else {
			printed.Text = &text
		}
		data, err := json.Marshal(printed)
		if err != nil {
			return err
		}
		text = string(data)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := fmt.Fprintln(p.out, text)
	return err
}
