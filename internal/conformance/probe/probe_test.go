package probe_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/iec104test"
	"stellwerk/iec104/station"
	"stellwerk/internal/conformance/probe"
)

// run probes a built-in station with the given link procedure.
func run(t *testing.T, p iec104.Parameters, faults func() iec104test.Faults, options probe.Options) (*probe.Report, *probe.List, error) {
	t.Helper()
	b, err := iec104test.NewBuiltin(&iec104test.BuiltinOptions{
		Faults: faults, Station: station.Options{Server: iec104.ServerOptions{Parameters: p}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	conn, err := b.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	report := &probe.Report{}
	list, err := probe.Run(t.Context(), conn, options, report)
	return report, list, err
}

func codes(r *probe.Report) []string {
	var list []string
	for _, f := range r.Findings {
		list = append(list, string(f.Code))
	}
	slices.Sort(list)
	return list
}

// TestRun holds what the probe says against what the station has.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, list, err := run(t, iec104.Parameters{}, nil, probe.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Stations) != 1 || !r.Broadcast || r.Stations[0].CommonAddress != 1 {
			t.Fatalf("stations %+v, want the common address 1 by broadcast", r.Stations)
		}
		s := r.Stations[0]
		if s.Answered != "terminated" || s.Objects == 0 || s.Counters == nil || *s.Counters == 0 || len(s.Groups) != 16 || len(s.Types) == 0 {
			t.Errorf("station %+v", s)
		}
		if i := r.Initialisation; i == nil || i.CommonAddress != 1 {
			t.Errorf("initialisation %+v", i)
		}
		if w := r.Window; w == nil || w.K != 12 || w.More || w.W != 8 || w.T2 == nil || *w.T2 < 9990 || *w.T2 > 10010 || !w.Resumed {
			t.Errorf("window %+v, want k 12, w 8, t2 10 s", w)
		}
		if r.Start == nil || r.Test == nil || r.Test.Count != 3 || r.Stop == nil {
			t.Errorf("start %v, test %v, stop %v", r.Start, r.Test, r.Stop)
		}
		// The clock of the built-in station was never set.
		if got := codes(r); !slices.Equal(got, []string{"time-invalid"}) {
			t.Errorf("findings %v", got)
		}
		var text strings.Builder
		if err := list.WriteCSV(&text, "builtin"); err != nil {
			t.Fatal(err)
		}
		if list.Len() < s.Objects || !strings.Contains(text.String(), "\n1/101,,M_SP_NA_1,single-point information,group 1\n") ||
			!strings.Contains(text.String(), "\n# 1/2001,,M_PS_NA_1,") {
			t.Errorf("list of %d points:\n%s", list.Len(), text.String())
		}
	})
}

// TestWindow finds out the parameters of stations that are set otherwise.
func TestWindow(t *testing.T) {
	for _, test := range []struct {
		name     string
		station  iec104.Parameters
		options  probe.Options
		k, w     int
		t2       time.Duration
		findings []string
	}{
		{"small", iec104.Parameters{K: 3, W: 2, T2: 2 * time.Second}, probe.Options{}, 3, 2, 2 * time.Second, []string{"k-differs", "time-invalid"}},
		{"as agreed", iec104.Parameters{K: 3, W: 2}, probe.Options{Parameters: iec104.Parameters{K: 3, W: 2}}, 3, 2, 10 * time.Second, []string{"time-invalid"}},
		{"large", iec104.Parameters{K: 20, W: 8}, probe.Options{}, 20, 8, 10 * time.Second, []string{"k-exceeded", "time-invalid"}},
		{"stop and wait", iec104.Parameters{K: 1, W: 1}, probe.Options{Parameters: iec104.Parameters{K: 1, W: 1}}, 1, 0, 10 * time.Second, []string{"time-invalid"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, _, err := run(t, test.station, nil, test.options)
				if err != nil {
					t.Fatal(err)
				}
				w := r.Window
				if w.K != test.k || w.More || test.w != 0 && w.W != test.w || !w.Resumed {
					t.Errorf("window %+v, want k %d, w %d", w, test.k, test.w)
				}
				if test.w != 0 && (w.T2 == nil || time.Duration(*w.T2*1e6)-test.t2 > 10*time.Millisecond) {
					t.Errorf("t2 %v, want %v", w.T2, test.t2)
				}
				if got := codes(r); !slices.Equal(got, test.findings) {
					t.Errorf("findings %v, want %v", got, test.findings)
				}
			})
		})
	}
}

// TestFaults finds what is wrong with stations.
func TestFaults(t *testing.T) {
	for _, test := range []struct {
		name   string
		faults iec104test.Faults
		want   string
		broken bool
	}{
		{"no acknowledgement", iec104test.Faults{Sent: iec104test.WithoutAcknowledgement()}, "unacknowledged", false},
		{"a frame twice", iec104test.Faults{Sent: iec104test.Repeat(3)}, "broken-off", true},
		{"a frame lost", iec104test.Faults{Sent: iec104test.Drop(3, 1, iec104test.IFrame)}, "broken-off", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, _, err := run(t, iec104.Parameters{}, func() iec104test.Faults { return test.faults }, probe.Options{})
				if (err != nil) != test.broken {
					t.Errorf("error %v", err)
				}
				if got := codes(r); !slices.Contains(got, test.want) {
					t.Errorf("findings %v, want %s", got, test.want)
				}
			})
		})
	}
}

// bare serves a connection by hand: it answers U frames, and gives every I frame
// to answer.
func bare(t *testing.T, answer func(write func(asdu.Header, ...asdu.Interrogation), a asdu.ASDU)) net.Conn {
	t.Helper()
	near, far := net.Pipe()
	go func() {
		defer far.Close()
		var framer apci.Framer
		var send, receive apci.Sequence
		buffer := make([]byte, 4096)
		for {
			n, err := far.Read(buffer)
			if err != nil {
				return
			}
			framer.Feed(buffer[:n])
			for frame, err := framer.Next(); frame != nil && err == nil; frame, err = framer.Next() {
				apdu, err := apci.Decode(frame)
				if err != nil {
					return
				}
				switch apdu.Format {
				case apci.FormatU:
					_, _ = far.Write(apci.AppendU(nil, apdu.Function<<1))
				case apci.FormatI:
					receive++
					_, _ = far.Write(apci.AppendS(nil, receive))
					var params *asdu.Params
					a, err := params.Decode(apdu.ASDU)
					if err != nil {
						return
					}
					answer(func(h asdu.Header, objects ...asdu.Interrogation) {
						reply, err := asdu.New(nil, h, objects...)
						if err != nil {
							return
						}
						_, _ = far.Write(apci.AppendI(nil, send, receive, reply.Append(nil)))
						send++
					}, a)
				case apci.FormatS:
				}
			}
		}
	}()
	return near
}

// TestGuess finds a station that answers no broadcast.
func TestGuess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := bare(t, func(write func(asdu.Header, ...asdu.Interrogation), a asdu.ASDU) {
			if a.CommonAddress != 3 || a.Type != asdu.C_IC_NA_1 {
				return
			}
			object, _ := asdu.First[asdu.Interrogation](a)
			h := a.Header
			for _, h.Cause = range []asdu.Cause{asdu.ActivationCon, asdu.ActivationTermination} {
				write(h, object)
			}
		})
		r := &probe.Report{}
		if _, err := probe.Run(t.Context(), conn, probe.Options{Quick: true}, r); err != nil {
			t.Fatal(err)
		}
		if len(r.Stations) != 1 || r.Stations[0].CommonAddress != 3 || r.Broadcast {
			t.Errorf("stations %+v, broadcast %v, want common address 3 alone", r.Stations, r.Broadcast)
		}
		if got := codes(r); !slices.Equal(got, []string{"broadcast-unanswered", "interrogation-empty"}) {
			t.Errorf("findings %v", got)
		}
	})
}

// TestNobody tells that no common address answers.
func TestNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := bare(t, func(func(asdu.Header, ...asdu.Interrogation), asdu.ASDU) {})
		r := &probe.Report{}
		if _, err := probe.Run(t.Context(), conn, probe.Options{}, r); err != nil {
			t.Fatal(err)
		}
		if got := codes(r); !slices.Equal(got, []string{"no-common-address"}) {
			t.Errorf("findings %v", got)
		}
		if r.Window.K != 0 || r.Window.Text == "" {
			t.Errorf("window %+v", r.Window)
		}
	})
}

// TestSilent and one that hangs up: the probe ends and says so.
func TestSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		swallow := func(conn net.Conn) {
			buffer := make([]byte, 64)
			for {
				if _, err := conn.Read(buffer); err != nil {
					return
				}
			}
		}
		near, far := net.Pipe()
		go swallow(far)
		if _, err := probe.Run(t.Context(), near, probe.Options{}, &probe.Report{}); !errors.Is(err, probe.ErrSilent) {
			t.Errorf("got %v, want ErrSilent", err)
		}
		near, far = net.Pipe()
		_ = far.Close()
		if _, err := probe.Run(t.Context(), near, probe.Options{}, &probe.Report{}); err == nil {
			t.Error("no error of a connection that is closed")
		}
		near, far = net.Pipe()
		defer far.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go swallow(far)
		if _, err := probe.Run(ctx, near, probe.Options{}, &probe.Report{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the end of the context", err)
		}
	})
}

func TestClockWords(t *testing.T) {
	for ahead, want := range map[time.Duration]string{
		0:                        "right (0 ms ahead)",
		-3 * time.Millisecond:    "right (3 ms behind)",
		400 * time.Millisecond:   "400 ms ahead",
		-1500 * time.Millisecond: "1.5 s behind",
		90 * time.Second:         "1 min 30 s ahead",
		-time.Hour - time.Second: "1 h 0 min behind, as if it were in another time zone (--zone)",
		72 * time.Hour:           "3 days ahead",
	} {
		if got := probe.ClockWords(ahead); got != want {
			t.Errorf("%v: %q, want %q", ahead, got, want)
		}
	}
}

// TestClock takes the tag that is furthest ahead, and none of the first second.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(48 * time.Hour) // the bubble begins with a year of two digits that is read as 2100
		c := probe.NewClock(time.UTC)
		event := func(off time.Duration) {
			a, err := asdu.New(nil, asdu.Header{Type: asdu.M_SP_TB_1, Cause: asdu.Spontaneous, CommonAddress: 1},
				asdu.SinglePoint{Address: 7, Time: asdu.CP56(time.Now().UTC().Add(off))})
			if err != nil {
				t.Fatal(err)
			}
			c.Take(a, time.Now())
		}
		event(-time.Hour)
		if _, _, known := c.Error(); known {
			t.Error("an event of the first second tells the time")
		}
		time.Sleep(2 * time.Second)
		event(-5 * time.Second)
		event(-2 * time.Second)
		if ahead, source, known := c.Error(); !known || ahead != -2*time.Second || source != "the time tag of M_SP_TB_1 at 1/7 (spont)" {
			t.Errorf("%v by %s, %v", ahead, source, known)
		}
	})
}
