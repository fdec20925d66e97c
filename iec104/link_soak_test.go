package iec104_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// counted is a station that counts the frames it gets.
type counted struct {
	plant

	next uint32
}

func (c *counted) HandleASDU(_ *iec104.Session, a asdu.ASDU) (bool, error) {
	return true, number(&c.next, a)
}

// number wants the frames in order, each once.
func number(next *uint32, a asdu.ASDU) error {
	if got := binary.LittleEndian.Uint32(a.Body()); got != *next {
		return fmt.Errorf("frame %d, %d was expected", got, *next)
	}
	*next++
	return nil
}

// TestSoak sends numbered frames both ways at the same time over loopback TCP:
// 50,000 each way (fewer with the race detector), or as many as STELLWERK_SOAK_FRAMES says.
func TestSoak(t *testing.T) {
	frames := 50_000
	if raced {
		frames = 5_000
	}
	if text := os.Getenv("STELLWERK_SOAK_FRAMES"); text != "" {
		var err error
		if frames, err = strconv.Atoi(text); err != nil || frames < 1 {
			t.Fatalf("STELLWERK_SOAK_FRAMES is %q: must be a number above 0", text)
		}
	}
	for _, window := range []struct{ k, w int }{{12, 8}, {2, 1}, {32767, 21000}} {
		t.Run(fmt.Sprintf("k=%d", window.k), func(t *testing.T) {
			p := iec104.Parameters{K: window.k, W: window.w}
			station := &counted{}
			near, far := loopback(t)
			session, err := newServer(t, station, &iec104.ServerOptions{Parameters: p}).ServeConn(far)
			if err != nil {
				t.Fatal(err)
			}
			var next uint32
			client, err := iec104.NewClient(near, &iec104.ClientOptions{Parameters: p, Handler: func(a asdu.ASDU) error { return number(&next, a) }})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if err := client.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			send := func(send func(asdu.ASDU) error) error {
				for n := range frames {
					octets := []byte{200, 1, 3, 0, 1, 0} // a private type
					a, err := (*asdu.Params)(nil).Decode(binary.LittleEndian.AppendUint32(octets, uint32(n)))
					if err = errors.Join(err, send(a)); err != nil {
						return fmt.Errorf("frame %d: %w", n, err)
					}
				}
				return nil
			}
			sent := make(chan error, 2)
			go func() { sent <- send(func(a asdu.ASDU) error { return session.Send(t.Context(), a) }) }()
			go func() { sent <- send(func(a asdu.ASDU) error { return client.Send(t.Context(), a) }) }()
			if err := errors.Join(<-sent, <-sent); err != nil {
				t.Fatal(err, client.Err(), session.Err())
			}
			want := uint64(frames)
			for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
				c, s := client.Status(), session.Status()
				if c.Counters.IFramesReceived == want && s.Counters.IFramesReceived == want {
					break
				}
				if time.Now().After(end) || c.Err != nil || s.Err != nil {
					t.Fatalf("%+v\n%+v", c, s)
				}
			}
			elapsed := time.Since(begin)
			t.Logf("%d frames each way in %v, %.0f frames/s", frames, elapsed.Round(time.Millisecond), 2*float64(frames)/elapsed.Seconds())
			c, s := client.Status(), session.Status()
			if c.Counters.Findings != 0 || s.Counters.Findings != 0 || c.Send != s.Receive || s.Send != c.Receive {
				t.Errorf("%+v\n%+v", c, s)
			}
		})
	}
}
