//go:build unix

package main

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// process is a substation that sends numbered events: the number is in the time tag,
// in milliseconds.
type process struct {
	events *iec104.EventBuffer // that of every connection
	sent   int
}

// Interrogate is part of iec104.Station: no interrogations.
func (*process) Interrogate(*iec104.Session, asdu.CommonAddress, asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	return nil
}

// Command is part of iec104.Station: no commands.
func (*process) Command(c *iec104.Command) { _ = c.Disown() }

var began = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func startProcess(t *testing.T) (*process, string) {
	t.Helper()
	p := &process{events: iec104.NewEventBuffer(nil, 100000)}
	server, err := iec104.NewServer(p, &iec104.ServerOptions{Queue: func(net.Conn) iec104.EventQueue { return p.events }})
	if err != nil {
		t.Fatal(err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		_ = server.Close()
		work.Wait()
	})
	return p, listener.Addr().String()
}

// send sends so many further events.
func (p *process) send(t *testing.T, count int) {
	t.Helper()
	for range count {
		event, err := asdu.New(nil, asdu.Header{Type: asdu.M_SP_TB_1, Cause: asdu.Spontaneous, CommonAddress: 1},
			asdu.SinglePoint{Address: 1, Value: p.sent%2 == 0, Time: asdu.CP56(began.Add(time.Duration(p.sent) * time.Millisecond))})
		if err == nil {
			err = p.events.Put(event)
		}
		if err != nil {
			t.Fatal(err)
		}
		p.sent++
	}
}

// rid reports whether the gateway has acknowledged every event.
func (p *process) rid() bool { return p.events.Len() == 0 }

// control is a control centre that writes down the numbers of events.
type control struct {
	client *iec104.Client

	mu   sync.Mutex
	seen []int // guarded by mu
}

func (c *control) handle(a asdu.ASDU) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for o := range a.Objects() {
		if point, ok := o.(asdu.SinglePoint); ok && !point.Time.IsZero() {
			at, err := point.Time.Instant(time.UTC)
			if err != nil {
				return err
			}
			c.seen = append(c.seen, int(at.Sub(began)/time.Millisecond))
		}
	}
	return nil
}

func (c *control) numbers() []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clip(c.seen)
}

// connectControl connects a control centre to the gateway, which may still be
// starting.
func connectControl(t *testing.T, address string) *control {
	t.Helper()
	c := &control{}
	eventually(t, "the control centre is connected", func() bool {
		client, err := iec104.Dial(t.Context(), address, &iec104.ClientOptions{
			Handler: c.handle, Parameters: iec104.Parameters{T1: 3 * time.Second, T2: time.Second},
		})
		if err != nil {
			return false
		}
		c.client = client
		return client.Start(t.Context()) == nil
	})
	t.Cleanup(func() { _ = c.client.Close() })
	return c
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for begin := time.Now(); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Since(begin) > 60*time.Second {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// gateway is the program itself.
type gateway struct {
	command *exec.Cmd

	mu  sync.Mutex
	log strings.Builder // guarded by mu
}

// Write takes the log.
func (g *gateway) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.log.Write(p)
}

func startGateway(t *testing.T, config string) *gateway {
	t.Helper()
	program, err := exec.LookPath("stellwerk")
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{command: exec.CommandContext(context.WithoutCancel(t.Context()), program, "run", config)}
	g.command.Stderr = g
	if err := g.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if g.command.ProcessState == nil {
			g.kill(t)
		}
		if t.Failed() {
			t.Log(g.log.String())
		}
	})
	return g
}

// kill is kill -9.
func (g *gateway) kill(t *testing.T) {
	t.Helper()
	if err := g.command.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = g.command.Wait() // says that it was killed
}

// journalConfig writes a configuration between a substation and a control centre.
func journalConfig(t *testing.T, directory, substation, control string) string {
	t.Helper()
	path := filepath.Join(directory, "router.yaml")
	text := fmt.Sprintf(`links:
  substation:
    iec104: {role: controlling, connect: %q, t1: 3s, t2: 1s, interrogate: false}
  control:
    iec104: {role: controlled, listen: %q, t1: 3s, t2: 1s}
    queue: {file: journal.db}
routes:
  - {from: substation/1/1, to: control/1/1}
`, substation, control)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func freeAddress(t *testing.T) string {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// The gateway is killed between having acknowledged events to the substation and
// delivering them: the control centre gets each of them once, in order, and before
// what is new. What it has acknowledged does not come again after another kill.
func TestKilledBeforeDelivery(t *testing.T) {
	substation, process := startProcess(t)
	address := freeAddress(t)
	config := journalConfig(t, t.TempDir(), process, address)

	first := startGateway(t, config)
	substation.send(t, 500)
	eventually(t, "all events are acknowledged", substation.rid)
	first.kill(t)

	second := startGateway(t, config)
	substation.send(t, 100)
	centre := connectControl(t, address)
	eventually(t, "600 events have come", func() bool { return len(centre.numbers()) >= 600 })
	eventually(t, "they are acknowledged", func() bool { return centre.client.Status().Unconfirmed == 0 })
	time.Sleep(time.Second) // until the journal has let go
	second.kill(t)

	startGateway(t, config)
	again := connectControl(t, address)
	substation.send(t, 1)
	eventually(t, "event 600 has come", func() bool { return len(again.numbers()) >= 1 })
	for i, got := range append(centre.numbers(), again.numbers()...) {
		if got != i {
			t.Fatalf("event %d came as number %d", got, i)
		}
	}
}

// The gateway is killed again and again while events flow. Every event arrives; none
// comes before one that is older has been there; and none comes again that was
// acknowledged by the control centre a moment before.
func TestKilledAgainAndAgain(t *testing.T) {
	substation, process := startProcess(t)
	address := freeAddress(t)
	config := journalConfig(t, t.TempDir(), process, address)
	const rounds = 6
	next, repeated := 0, 0
	note := func(numbers []int) {
		for _, n := range numbers {
			switch {
			case n == next:
				next++
			case n < next:
				repeated++
			default:
				t.Fatalf("event %d has come, and %d has not", n, next)
			}
		}
	}
	for round := range rounds {
		g := startGateway(t, config)
		centre := connectControl(t, address)
		for range 20 {
			substation.send(t, 20)
			time.Sleep(time.Duration(rand.IntN(10)) * time.Millisecond)
		}
		if round == rounds-1 {
			eventually(t, "the last event has come", func() bool {
				numbers := centre.numbers()
				return len(numbers) > 0 && numbers[len(numbers)-1] == substation.sent-1
			})
		}
		g.kill(t)
		<-centre.client.Done()
		note(centre.numbers())
	}
	if next != substation.sent {
		t.Errorf("%d events have come of %d", next, substation.sent)
	}
	t.Logf("%d events, %d of them came again", next, repeated)
}

// The disk is full: what the journal has not taken over the gateway does not
// acknowledge, and says why. Everything comes when there is room again.
func TestFullDiskHoldsTheSubstation(t *testing.T) {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	disk := t.TempDir()
	if output, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=1m", "stellwerk", disk).CombinedOutput(); err != nil {
		t.Skipf("a small disk cannot be mounted: %s", output)
	}
	t.Cleanup(func() {
		if output, err := exec.Command("umount", disk).CombinedOutput(); err != nil {
			t.Errorf("%s", output)
		}
	})
	other := filepath.Join(disk, "other")
	if err := os.WriteFile(other, make([]byte, 500<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	substation, process := startProcess(t)
	address := freeAddress(t)
	g := startGateway(t, journalConfig(t, disk, process, address))
	log := func() string { g.mu.Lock(); defer g.mu.Unlock(); return g.log.String() }
	const events = 1000
	substation.send(t, events)
	eventually(t, "the log says that the disk is full", func() bool {
		return strings.Contains(log(), "link=control state=fault") && strings.Contains(log(), "is full: nothing is taken over until there is room")
	})
	if substation.rid() {
		t.Error("everything was acknowledged")
	}
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	centre := connectControl(t, address)
	eventually(t, "all events have come", func() bool {
		numbers := centre.numbers()
		return len(numbers) > 0 && numbers[len(numbers)-1] == events-1
	})
	next := 0
	for _, n := range centre.numbers() {
		if n > next {
			t.Fatalf("event %d has come, and %d has not", n, next)
		}
		next = max(next, n+1)
	}
	g.kill(t)
}
