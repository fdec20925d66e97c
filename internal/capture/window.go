package capture

import (
	"bytes"
	"errors"
	"io"
)

const (
	// usualWindow is read at once: small enough to stay in a processor's
	// cache between reading and use.
	usualWindow = 64 << 10
	// greatestWindow holds the greatest packet with its options.
	greatestWindow = 512 << 10
)

// window is a part of a stream of octets that can be looked at in place. In
// contrast to a bufio.Reader it grows when something greater is to be seen.
type window struct {
	r          io.Reader
	buf        []byte
	start, end int   // of buf: what was read and not skipped
	err        error // of r; there is nothing behind end
}

func newWindow(r io.Reader) *window { return &window{r: r, buf: make([]byte, usualWindow)} }

// peek returns the next n octets, at most greatestWindow. If there are fewer it
// returns those, and why. They are valid until the next peek.
func (w *window) peek(n int) ([]byte, error) {
	if w.end-w.start >= n {
		return w.buf[w.start : w.start+n : w.start+n], nil
	}
	return w.fill(n)
}

func (w *window) fill(n int) ([]byte, error) {
	if n > len(w.buf) {
		grown := make([]byte, greatestWindow)
		w.end = copy(grown, w.buf[w.start:w.end])
		w.buf, w.start = grown, 0
	} else if w.start > 0 {
		w.end = copy(w.buf, w.buf[w.start:w.end])
		w.start = 0
	}
	for empty := 0; w.end < n && w.err == nil; {
		var count int
		count, w.err = w.r.Read(w.buf[w.end:])
		w.end += count
		if count > 0 {
			empty = 0
		} else if empty++; empty > 100 && w.err == nil {
			w.err = io.ErrNoProgress
		}
	}
	if w.end < n {
		return w.buf[:w.end], w.err
	}
	return w.buf[:n:n], nil
}

// discard skips n octets and returns how many there were, and why not more.
func (w *window) discard(n int64) (int64, error) {
	done := min(n, int64(w.end-w.start))
	w.start += int(done)
	for done < n {
		// Everything is used up: the window can be filled anew.
		data, err := w.peek(1)
		if len(data) == 0 {
			return done, err
		}
		step := min(n-done, int64(w.end-w.start))
		w.start += int(step)
		done += step
	}
	return done, nil
}

// rest returns a reader of everything that was not skipped. The window must not
// be used any more.
func (w *window) rest() io.Reader {
	return io.MultiReader(bytes.NewReader(w.buf[w.start:w.end]), w.r)
}

// over reports whether an error is the end of the octets.
func over(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
