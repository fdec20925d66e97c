package iec104_test

import (
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// The status tells of every format, of times, and of the test frame's way there
// and back.
func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var received []iec104.Frame
		client, r := rawStation(t, &iec104.ClientOptions{Trace: func(f iec104.Frame) {
			if !f.Sent {
				received = append(received, f)
			}
		}})
		time.Sleep(time.Second)
		if err := client.Test(); err != nil {
			t.Fatal(err)
		}
		r.want("TESTFR act")
		time.Sleep(300 * time.Millisecond)
		r.write(apci.AppendU(nil, apci.TestFRCon))
		time.Sleep(time.Second)
		r.write(r.burst(16))
		r.want("S N(R)=8", "S N(R)=16")
		if err := client.Send(t.Context(), single(1, asdu.Spontaneous)); err != nil {
			t.Fatal(err)
		}
		r.next()
		r.write(apci.AppendS(nil, 1))
		synctest.Wait()
		s := client.Status()
		want := iec104.Counters{
			OctetsSent: 4*6 + 16, OctetsReceived: 3*6 + 16*16, FramesSent: 5, FramesReceived: 19,
			IFramesSent: 1, IFramesReceived: 16, SFramesSent: 2, SFramesReceived: 1, UFramesSent: 2, UFramesReceived: 2,
		}
		if s.Counters != want || s.RoundTrip != 300*time.Millisecond || !s.Begin.Equal(begin) || s.Pending != 0 ||
			s.LastSent.Sub(begin) != 2300*time.Millisecond || s.LastReceived.Sub(begin) != 2300*time.Millisecond {
			t.Errorf("%+v", s)
		}
		if len(received) != 19 || !received[18].Time.Equal(begin.Add(2300*time.Millisecond)) {
			t.Errorf("%d frames, %+v", len(received), received[len(received)-1])
		}
	})
}
