package websocket

import "stellwerk/websocket/frame"

// Text returns the telegram of a text that came without its frames. It keeps
// text.
func Text(text []byte) *Telegram {
	return &Telegram{
		Octets: text, Kind: frame.Text, Carried: int64(len(text)), Length: int64(len(text)), Payload: text,
		Count: 1, NotUTF8: firstWrong(text),
	}
}
