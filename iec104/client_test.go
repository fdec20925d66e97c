package iec104_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
)

// rawStation is a client with the other end of its connection, data transfer
// started.
func rawStation(t *testing.T, options *iec104.ClientOptions) (*iec104.Client, *raw) {
	t.Helper()
	near, far := net.Pipe()
	client, err := iec104.NewClient(near, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(); _ = far.Close() })
	r := &raw{t: t, conn: far}
	done := make(chan error, 1)
	go func() { done <- client.Start(t.Context()) }()
	if got := r.next(); got != "STARTDT act" {
		t.Fatal(got)
	}
	r.write(apci.AppendU(nil, apci.StartDTCon))
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return client, r
}

// TestAnswersToCommands has what a station may answer to a command.
func TestAnswersToCommands(t *testing.T) {
	command := asdu.SingleCommand{Address: 1, Value: true}
	const request = "2d 01 06 05 0100 010000 01"
	for _, test := range []struct {
		name      string
		answers   []string
		confirmed error
		cause     asdu.Cause
		negative  bool
		finished  error
	}{
		{"carried out", []string{"2d 01 07 05 0100 010000 01", "2d 01 0a 05 0100 010000 01"}, nil, 0, false, nil},
		{"originator unknown to the station", []string{"2d 01 07 00 0100 010000 01", "2d 01 0a 00 0100 010000 01"}, nil, 0, false, nil},
		{"termination alone", []string{"2d 01 0a 05 0100 010000 01"}, nil, 0, false, nil},
		{"negative", []string{"2d 01 47 05 0100 010000 01"}, iec104.ErrRefused, asdu.ActivationCon, true, iec104.ErrRefused},
		{"unknown type", []string{"2d 01 6c 05 0100 010000 01"}, iec104.ErrRefused, asdu.UnknownType, true, iec104.ErrRefused},
		{"unknown cause", []string{"2d 01 6d 05 0100 010000 01"}, iec104.ErrRefused, asdu.UnknownCause, true, iec104.ErrRefused},
		{"unknown station", []string{"2d 01 6e 05 0100 010000 01"}, iec104.ErrRefused, asdu.UnknownCommonAddress, true, iec104.ErrRefused},
		{"unknown object, without P/N", []string{"2d 01 2f 05 0100 010000 01"}, iec104.ErrRefused, asdu.UnknownObjectAddress, false, iec104.ErrRefused},
		{"confirmed, never terminated", []string{"2d 01 07 05 0100 010000 01"}, nil, 0, false, iec104.ErrTimeout},
		{"no answer", nil, iec104.ErrTimeout, 0, false, iec104.ErrTimeout},
		{"answers to others", []string{
			"2d 01 07 06 0100 010000 01", // originator
			"2d 01 07 05 0200 010000 01", // common address
			"2d 01 07 05 0100 020000 01", // object address
			"2e 01 07 05 0100 010000 01", // type
			"2d 01 09 05 0100 010000 01", // cause
			"2d 01 03 05 0100 010000 01", // cause
		}, iec104.ErrTimeout, 0, false, iec104.ErrTimeout},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, r := rawStation(t, &iec104.ClientOptions{Originator: 5})
				activation, err := client.Operate(t.Context(), 1, command, iec104.DirectExecute)
				if err != nil {
					t.Fatal(err)
				}
				r.want(request)
				for _, answer := range test.answers {
					r.request(answer)
				}
				go func() {
					for r.next() != "closed" {
					}
				}()
				go keepAlive(t.Context(), r)
				begin := time.Now()
				_, err = activation.Confirmed(t.Context())
				check(t, "confirmed", err, test.confirmed, test.cause, test.negative)
				_, err = activation.Terminated(t.Context())
				check(t, "terminated", err, test.finished, test.cause, test.negative)
				if errors.Is(err, iec104.ErrTimeout) && time.Since(begin) != 30*time.Second {
					t.Errorf("timeout after %v", time.Since(begin))
				}
				_ = r.conn.Close()
				time.Sleep(5 * time.Second) // until keepAlive sees it
			})
		})
	}
}

// keepAlive acknowledges the one frame that the client has sent and confirms
// test frames, without looking.
func keepAlive(ctx context.Context, r *raw) {
	octets := apci.AppendU(apci.AppendS(nil, 1), apci.TestFRCon)
	for ctx.Err() == nil {
		if _, err := r.conn.Write(octets); err != nil {
			return
		}
		time.Sleep(5 * time.Second)
	}
}

func check(t *testing.T, what string, err, want error, cause asdu.Cause, negative bool) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
	if want == nil {
		return
	}
	fault, ok := errors.AsType[*iec104.Error](err)
	if !ok || fault.Cause != cause || fault.Negative != negative || fault.Op != "execute" {
		t.Errorf("%s: %#v", what, err)
	}
}

func TestSelectAndExecute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, r := rawStation(t, nil)
		type outcome struct {
			activation *iec104.Activation
			err        error
		}
		done := make(chan outcome, 1)
		operate := func() {
			a, err := client.Operate(t.Context(), 1, asdu.DoubleCommand{Address: 1, Value: asdu.CommandOn, Qualifier: asdu.LongPulse}, iec104.SelectAndExecute)
			done <- outcome{a, err}
		}
		go operate()
		r.want("2e 01 06 00 0100 010000 8a", "nothing") // no execution before the confirmation
		r.request("2e 01 07 00 0100 010000 8a")
		r.want("2e 01 06 00 0100 010000 0a")
		got := <-done
		if got.err != nil {
			t.Fatal(got.err)
		}
		r.request("2e 01 07 00 0100 010000 0a")
		if _, err := got.activation.Confirmed(t.Context()); err != nil {
			t.Error(err)
		}
		go operate() // before the termination of the one before: it takes its place
		r.want("2e 01 06 00 0100 010000 8a")
		r.request("2e 01 47 00 0100 010000 8a")
		if got := <-done; !errors.Is(got.err, iec104.ErrRefused) {
			t.Error(got.err)
		}
		if _, err := got.activation.Terminated(t.Context()); !errors.Is(err, iec104.ErrSuperseded) {
			t.Error(err)
		}
	})
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, r := rawStation(t, nil)
		for answer, want := range map[string]error{
			"2d 01 09 00 0100 010000 81": nil,
			"2d 01 49 00 0100 010000 81": iec104.ErrRefused,
			"2d 01 6f 00 0100 010000 81": iec104.ErrRefused,
		} {
			done := make(chan error, 1)
			go func() {
				done <- client.Cancel(t.Context(), 1, asdu.SingleCommand{Address: 1, Value: true, Select: true})
			}()
			r.want("2d 01 08 00 0100 010000 81")
			r.request(answer)
			if err := <-done; !errors.Is(err, want) {
				t.Error(err, want)
			}
		}
		_, err := client.Operate(t.Context(), 1, asdu.BitStringCommand{Address: 1}, iec104.SelectAndExecute)
		if !errors.Is(err, iec104.ErrASDU) {
			t.Error(err)
		}
		if _, err := client.Operate(t.Context(), 1, asdu.SinglePoint{Address: 1}, iec104.DirectExecute); !errors.Is(err, iec104.ErrASDU) {
			t.Error(err)
		}
		if _, err := client.Activate(t.Context(), single(1, asdu.Spontaneous)); !errors.Is(err, iec104.ErrASDU) {
			t.Error(err)
		}
	})
}

func TestInterrogationOfAllStations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, r := rawStation(t, nil)
		done := make(chan error, 1)
		go func() { done <- client.Interrogate(t.Context(), 0xffff, asdu.InterrogateStation) }()
		r.want("64 01 06 00 ffff 000000 14")
		r.request("64 01 07 00 0100 000000 14")
		r.request("64 01 07 00 0200 000000 14")
		r.request("64 01 0a 00 0100 000000 14")
		synctest.Wait()
		select {
		case err := <-done:
			t.Error("over before the second station has terminated", err)
		default:
		}
		r.request("64 01 0a 00 0200 000000 14")
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestInterrogationTakesItsTime sends data slowly: each counts as an answer.
func TestInterrogationTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, r := rawStation(t, &iec104.ClientOptions{AnswerTimeout: 10 * time.Second})
		done := make(chan error, 1)
		go func() { done <- client.Interrogate(t.Context(), 1, asdu.InterrogateStation) }()
		r.want("64 01 06 00 0100 000000 14")
		_ = r.conn.SetReadDeadline(time.Time{})
		go func() { _, _ = io.Copy(io.Discard, r.conn) }()
		r.request("64 01 07 00 0100 000000 14")
		for range 10 {
			time.Sleep(9 * time.Second)
			r.request("01 01 14 00 0100 010000 01")
		}
		r.request("64 01 0a 00 0100 000000 14")
		if err := <-done; err != nil {
			t.Error(err)
		}
		go func() { done <- client.Interrogate(t.Context(), 1, asdu.InterrogateStation) }()
		r.request("01 01 03 00 0100 010000 01")
		if err := <-done; !errors.Is(err, iec104.ErrTimeout) {
			t.Error(err)
		}
	})
}

// TestInterrogationWithoutObject has a station that leaves the object out when
// it mirrors the command.
func TestInterrogationWithoutObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := 0
		client, r := rawStation(t, &iec104.ClientOptions{Handler: func(asdu.ASDU) error {
			got++
			return nil
		}})
		done := make(chan error, 1)
		go func() { done <- client.Interrogate(t.Context(), 1, asdu.InterrogateStation) }()
		r.want("64 01 06 00 0100 000000 14")
		r.request("64 01 07 00 0100 14")
		r.request("01 01 14 00 0100 010000 01")
		r.request("64 01 0a 00 0100 14")
		if err := <-done; err != nil {
			t.Error(err)
		}
		if s := client.Status(); got != 1 || s.Counters.Findings != 2 || !errors.Is(s.Finding, iec104.ErrASDU) {
			t.Errorf("%d, %+v", got, s)
		}
	})
}

func TestClockSynchronization(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Date(2009, 8, 13, 12, 34, 1, 5e6, time.UTC)
		client, r := rawStation(t, &iec104.ClientOptions{Clock: func() time.Time { return now }})
		go func() {
			r.want("67 01 06 00 0100 000000 ed03220c8d0809")
			r.request("67 01 07 00 0100 000000 0000000c8d0809")
		}()
		before, err := client.SynchroniseClock(t.Context(), 1)
		if err != nil || before.String() != "2009-08-13T12:00:00.000" {
			t.Error(before, err)
		}
	})
}

// TestBusy repeats a request before its confirmation.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, r := rawStation(t, nil)
		operate := func() error {
			_, err := client.Operate(t.Context(), 1, asdu.SingleCommand{Address: 1}, iec104.DirectExecute)
			return err
		}
		if err := operate(); err != nil {
			t.Error(err)
		}
		if err := operate(); !errors.Is(err, iec104.ErrBusy) {
			t.Error(err)
		}
		r.want("2d 01 06 00 0100 010000 00")
	})
}

// TestRequestsEndWithDataTransfer stops, or breaks, while a request is open.
func TestRequestsEndWithDataTransfer(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(client *iec104.Client, r *raw)
		want error
	}{
		"stop": {func(client *iec104.Client, r *raw) {
			go func() { _ = client.Stop(r.t.Context()) }()
			r.want("STOPDT act")
			r.write(apci.AppendU(apci.AppendS(nil, 1), apci.StopDTCon))
		}, iec104.ErrStopped},
		"closed by the peer": {func(_ *iec104.Client, r *raw) { _ = r.conn.Close() }, io.EOF},
		"closed":             {func(client *iec104.Client, _ *raw) { _ = client.Close() }, iec104.ErrClosed},
		"violation":          {func(_ *iec104.Client, r *raw) { r.write([]byte{0x16}) }, iec104.ErrProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, r := rawStation(t, nil)
				activation, err := client.Operate(t.Context(), 1, asdu.SingleCommand{Address: 1}, iec104.DirectExecute)
				if err != nil {
					t.Fatal(err)
				}
				r.want("2d 01 06 00 0100 010000 00")
				test.end(client, r)
				if _, err := activation.Confirmed(t.Context()); !errors.Is(err, test.want) {
					t.Errorf("%v, want %v", err, test.want)
				}
				if name == "stop" {
					return
				}
				<-client.Done()
				if _, err := client.Operate(t.Context(), 1, asdu.SingleCommand{Address: 2}, iec104.DirectExecute); !errors.Is(err, test.want) {
					t.Errorf("%v, want %v", err, test.want)
				}
			})
		})
	}
}

// TestHandlerThatDoesNotTakeOver has frames that must not be confirmed.
func TestHandlerThatDoesNotTakeOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("disk full")
		got := 0
		client, r := rawStation(t, &iec104.ClientOptions{Parameters: iec104.Parameters{K: 1, W: 1}, Handler: func(asdu.ASDU) error {
			if got++; got == 3 {
				return full
			}
			return nil
		}})
		r.request("01 01 03 00 0100 010000 01")
		r.want("S N(R)=1")
		r.request("01 01 03 00 0100 010000 01")
		r.want("S N(R)=2")
		r.request("01 01 03 00 0100 010000 01")
		r.want("closed")
		if <-client.Done(); !errors.Is(client.Err(), full) {
			t.Error(client.Err())
		}
	})
}

// TestFarewell ends a connection in different ways when frames are taken over
// that are not yet confirmed.
func TestFarewell(t *testing.T) {
	for name, end := range map[string]func(client *iec104.Client, r *raw){
		"handler fails": func(_ *iec104.Client, r *raw) { r.request("02 01 03 00 0100 010000 01 000000") },
		"violation":     func(_ *iec104.Client, r *raw) { r.write([]byte{0x16}) },
		"closed":        func(client *iec104.Client, _ *raw) { go client.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, r := rawStation(t, &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
					if a.Type == asdu.M_SP_TA_1 {
						return errors.New("disk full")
					}
					return nil
				}})
				r.request("01 01 03 00 0100 010000 01")
				r.request("01 01 03 00 0100 010000 01")
				synctest.Wait()
				end(client, r)
				r.want("S N(R)=2", "closed")
			})
		})
	}
}

// TestSlowHandler keeps each frame for two seconds: what is taken over is
// confirmed in time, nothing else is, and no timer of the client judges what
// it has not yet read.
func TestSlowHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, r := rawStation(t, &iec104.ClientOptions{Handler: func(asdu.ASDU) error {
			time.Sleep(2 * time.Second)
			return nil
		}})
		if err := client.Send(t.Context(), single(1, asdu.Activation)); err != nil {
			t.Fatal(err)
		}
		r.want("01 01 06 00 0100 010000 01")
		var octets []byte
		for range 12 {
			octets = apci.AppendI(octets, r.send, 0, []byte{1, 1, 3, 0, 1, 0, 1, 0, 0, 1})
			r.send = r.send.Next()
		}
		// The acknowledgement comes in time, but behind 24 s of work.
		octets = apci.AppendS(octets, 1)
		begin := time.Now()
		r.write(octets)
		var confirmed apci.Sequence
		for time.Since(begin) < 40*time.Second {
			got := r.next()
			now := time.Since(begin)
			if _, err := fmt.Sscanf(got, "S N(R)=%d", &confirmed); err == nil && now < 2*time.Second*time.Duration(confirmed) {
				t.Errorf("%s after %v", got, now)
			}
			// t2 has run out for all of them after 10 s.
			if now > 10*time.Second && now < 25*time.Second && confirmed < apci.Sequence(now/(2*time.Second))-1 {
				t.Errorf("N(R)=%d after %v", confirmed, now)
			}
			if time.Since(begin) > 20*time.Second {
				r.write(apci.AppendU(nil, apci.TestFRCon))
			}
		}
		if confirmed != 12 {
			t.Error(confirmed)
		}
		if err := client.Err(); err != nil {
			t.Error(err)
		}
	})
}

// TestSendWaitsForTheWindow fills the window, and gives up with its context.
func TestSendWaitsForTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, r := rawStation(t, &iec104.ClientOptions{Parameters: iec104.Parameters{K: 2, W: 1}})
		a := single(1, asdu.Activation)
		for range 2 {
			if err := client.Send(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			r.want("01 01 06 00 0100 010000 01")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := client.Send(ctx, a); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		done := make(chan error, 2)
		for range 2 {
			go func() { done <- client.Send(t.Context(), a) }()
		}
		r.want("nothing")
		r.write(apci.AppendS(nil, 2))
		r.want("01 01 06 00 0100 010000 01", "01 01 06 00 0100 010000 01", "nothing")
		if err := errors.Join(<-done, <-done); err != nil {
			t.Error(err)
		}
		if s := client.Status(); s.Unacknowledged != 2 || s.Queued != 0 || s.Send != 4 || s.Acknowledged != 2 {
			t.Errorf("%+v", s)
		}
	})
}

func TestStatusAndTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var frames []string
		client, r := rawStation(t, &iec104.ClientOptions{Trace: func(f iec104.Frame) {
			direction := "<"
			if f.Sent {
				direction = ">"
			}
			text := "?"
			if apdu, err := apci.Decode(f.Octets); err == nil {
				text = apdu.String()
			} else if len(f.Octets) > 0 {
				text = hex.EncodeToString(f.Octets)
			}
			if f.Finding != nil {
				text += " !"
			}
			frames = append(frames, direction+text)
		}})
		r.request("01 01 03 00 0100 010000") // cut short
		r.write([]byte{0x68, 4, 0x43, 0, 0, 1})
		r.want("TESTFR con")
		time.Sleep(time.Second)
		s := client.Status()
		if s.State != iec104.Started || s.Receive != 1 || s.Unconfirmed != 1 || s.T1 != 0 || s.T2 != 9*time.Second || s.T3 != 19*time.Second ||
			s.Counters.Findings != 2 || s.Counters.IFramesReceived != 1 || s.Counters.FramesReceived != 3 || s.Counters.FramesSent != 2 ||
			!errors.Is(s.Finding, iec104.ErrTolerated) || s.Err != nil {
			t.Errorf("%+v", s)
		}
		r.write([]byte{0x68, 4, 0x83, 0, 0, 0, 0x68, 3, 1})
		<-client.Done()
		want := ">STARTDT act <STARTDT con <I N(S)=0 N(R)=0 ! <TESTFR act ! >TESTFR con <TESTFR con ! <680301 ! >S N(R)=1"
		if got := strings.Join(frames, " "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if s := client.Status(); !errors.Is(s.Err, iec104.ErrProtocol) || s.Counters.Findings != 4 {
			t.Errorf("%+v", s)
		}
	})
}

func TestTwoGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := runtime.NumGoroutine()
		client, _ := pair(t, &plant{points: 10}, nil, nil)
		if err := client.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := client.Interrogate(t.Context(), 1, asdu.InterrogateStation); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := runtime.NumGoroutine() - before; n > 4 {
			t.Errorf("%d goroutines for both ends", n)
		}
	})
}

func TestOptionsThatAreWrong(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	if _, err := iec104.NewClient(near, &iec104.ClientOptions{Parameters: iec104.Parameters{K: -1}}); err == nil {
		t.Error("k=-1")
	}
	if _, err := iec104.NewClient(near, &iec104.ClientOptions{ASDU: &asdu.Params{CauseOctets: 3}}); err == nil {
		t.Error("cause of 3 octets")
	}
	if _, err := iec104.NewServer(&plant{}, &iec104.ServerOptions{CommonAddresses: []asdu.CommonAddress{0}}); err == nil {
		t.Error("common address 0")
	}
	if _, err := iec104.NewServer(&plant{}, &iec104.ServerOptions{CommonAddresses: []asdu.CommonAddress{65535}}); err == nil {
		t.Error("common address 65535")
	}
	if _, err := iec104.NewSupervisor("", &iec104.SupervisorOptions{Client: &iec104.ClientOptions{Parameters: iec104.Parameters{W: -1}}}); err == nil {
		t.Error("w=-1")
	}
	if _, err := iec104.Dial(t.Context(), "127.0.0.1:1", &iec104.ClientOptions{Parameters: iec104.Parameters{T1: time.Hour}}); err == nil {
		t.Error("t1=1h")
	}
}
