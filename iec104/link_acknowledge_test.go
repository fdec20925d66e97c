package iec104_test

import (
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// burst returns I frames in one segment.
func (r *raw) burst(frames int) []byte {
	var octets []byte
	body := single(1, asdu.Spontaneous).Append(nil)
	for range frames {
		octets = apci.AppendI(octets, r.send, r.receive, body)
		r.send = r.send.Next()
	}
	return octets
}

// However many frames a segment has, each acknowledgement is for w of them.
func TestAcknowledgesAtW(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handled := 0
		client, r := rawStation(t, &iec104.ClientOptions{Handler: func(asdu.ASDU) error {
			handled++
			return nil
		}})
		r.write(r.burst(7))
		r.want("nothing")
		r.write(r.burst(13))
		r.want("S N(R)=8", "S N(R)=16", "S N(R)=20", "nothing")
		r.write(r.burst(4))
		r.want("nothing")
		if s := client.Status(); handled != 24 || s.Receive != 24 || s.Unconfirmed != 4 || s.Counters.SFramesSent != 3 ||
			s.Counters.IFramesReceived != 24 || s.Counters.FramesReceived != 25 {
			t.Errorf("%d handled, %+v", handled, s)
		}
	})
}

// A frame whose handler does not return holds back no acknowledgement of
// those before it, neither at w nor after t2.
func TestAcknowledgesBesideSlowHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handled := 0
		gate := make(chan struct{})
		client, r := rawStation(t, &iec104.ClientOptions{Handler: func(asdu.ASDU) error {
			if handled++; handled == 10 {
				<-gate
			}
			if handled > 10 {
				time.Sleep(6 * time.Second)
			}
			return nil
		}})
		begin := time.Now()
		r.write(r.burst(14))
		r.want("S N(R)=8")
		if late := time.Since(begin); late > 2*time.Millisecond {
			t.Errorf("acknowledged after %v", late)
		}
		synctest.Wait()
		if s := client.Status(); s.Receive != 10 || s.Unconfirmed != 2 {
			t.Errorf("%+v", s)
		}
		for range 9 {
			r.want("nothing") // a second each
		}
		time.Sleep(time.Second)
		r.want("S N(R)=9") // t2
		close(gate)
		// t2 has run out for frame 10 while it was being handled.
		r.want("S N(R)=10")
		if late := time.Since(begin); late > 12*time.Second {
			t.Errorf("acknowledged after %v", late)
		}
		r.conn.Close()
		<-client.Done()
	})
}
