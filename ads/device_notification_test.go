package ads

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// gotSample is a sample with the time of its arrival.
type gotSample struct {
	command.Sample
	at    time.Time
	frame int
}

// notePeer asks a device through a pipe and collects the samples that come.
type notePeer struct {
	*devicePeer
	answers chan ams.Frame
	mu      sync.Mutex
	samples []gotSample
	frames  int
}

func newNotePeer(t *testing.T, d *Device) *notePeer {
	t.Helper()
	s := newTestServer(t, nil, d)
	ours, theirs := net.Pipe()
	if _, err := s.ServeConn(theirs); err != nil {
		t.Fatal(err)
	}
	p := &notePeer{
		devicePeer: &devicePeer{rawPeer: &rawPeer{t: t, conn: ours, reader: ams.NewReader(ours, ams.OverTCP, 0)}},
		answers:    make(chan ams.Frame, 100),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			packet, err := p.reader.Next()
			if err != nil {
				return
			}
			f := packet.Frame
			f.Data = slices.Clone(f.Data)
			if f.Command != ams.DeviceNotification {
				p.answers <- f
				continue
			}
			p.mu.Lock()
			p.frames++
			for s, err := range command.Samples(f.Data) {
				if err != nil {
					t.Error(err)
				}
				p.samples = append(p.samples, gotSample{s, time.Now(), p.frames})
			}
			p.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		ours.Close()
		<-done
	})
	return p
}

func (p *notePeer) do(c ams.Command, body []byte) []byte {
	p.t.Helper()
	p.id++
	p.send(p.frame(p.id, c, body))
	f := <-p.answers
	if f.Error != 0 || f.InvokeID != p.id {
		p.t.Fatalf("answer %d: %v", f.InvokeID, f.Error)
	}
	return f.Data
}

func (p *notePeer) add(q command.AddNotificationRequest) uint32 {
	p.t.Helper()
	r, err := command.DecodeAddNotificationResponse(p.do(ams.AddDeviceNotification, q.Append(nil)))
	if err != nil || r.Result != 0 {
		p.t.Fatalf("%+v, %v", r, err)
	}
	return r.Handle
}

func (p *notePeer) take() []gotSample {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.samples
	p.samples = nil
	return taken
}

func (p *notePeer) indexOf(d *Device, path string) (command.Index, uint32) {
	p.t.Helper()
	v, err := d.Find(path)
	check(p.t, err)
	return command.Index{Group: command.IndexGroup(v.IndexGroup), Offset: v.IndexOffset}, v.Size
}

func TestDeviceNotificationModes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newTestDevice(t, nil)
		p := newNotePeer(t, d)
		index, size := p.indexOf(d, "MAIN.n")
		ask := func(mode command.TransmissionMode) uint32 {
			return p.add(command.AddNotificationRequest{Index: index, Length: size, Mode: mode, CycleTime: 100 * time.Millisecond})
		}
		cyclic, change := ask(command.ServerCycle), ask(command.ServerOnChange)
		inContext, changeInContext := ask(command.CyclicInContext), ask(command.OnChangeInContext)
		once, none := ask(command.ClientOneRequest), ask(command.NoTransmission)
		synctest.Wait()
		if early := p.take(); len(early) > 0 {
			t.Errorf("%d samples before the device's next cycle", len(early)) // AdsLib would lose them
		}
		time.Sleep(250 * time.Millisecond) // samples at 11, 111, 211
		check(t, d.Set("MAIN.n", 1))
		time.Sleep(200 * time.Millisecond) // at 311, 411
		synctest.Wait()
		counts := map[uint32][]byte{}
		for _, s := range p.take() {
			allowed := time.Millisecond
			if len(counts[s.Handle]) == 0 {
				allowed += 11 * time.Millisecond // to the device's next cycle
			}
			counts[s.Handle] = append(counts[s.Handle], s.Data[0])
			if late := s.at.Sub(s.Time.Time()); late < 0 || late > allowed {
				t.Errorf("a sample of %v came at %v", s.Time.Time(), s.at)
			}
		}
		for handle, want := range map[uint32]string{
			cyclic: "\x00\x00\x00\x01\x01", inContext: "\x00\x00\x00\x01\x01", change: "\x00\x01", changeInContext: "\x00\x01", once: "\x00", none: "",
		} {
			if got := string(counts[handle]); got != want {
				t.Errorf("notification %d: values %x, want %x", handle, got, want)
			}
		}
		if n := d.Notifications(); n != 6 {
			t.Errorf("%d notifications", n)
		}
		if code, _ := command.DecodeResult(p.do(ams.DeleteDeviceNotification, command.AppendDeleteNotification(nil, cyclic))); code != 0 {
			t.Error(code)
		}
		if code, _ := command.DecodeResult(p.do(ams.DeleteDeviceNotification, command.AppendDeleteNotification(nil, cyclic))); code != ams.NotificationHandleInvalid {
			t.Error(code)
		}
		time.Sleep(time.Second)
		for _, s := range p.take() {
			if s.Handle == cyclic {
				t.Fatal("a sample of a notification that has ended")
			}
		}
		r, _ := command.DecodeAddNotificationResponse(p.do(ams.AddDeviceNotification, command.AddNotificationRequest{Index: index, Length: size, Mode: 77}.Append(nil)))
		if r.Result != ams.TransmissionModeNotSupported {
			t.Error(r.Result)
		}
	})
}

// A value that changes before the device's next cycle is sent beside the one there
// was when the client asked.
func TestDeviceNotificationBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newTestDevice(t, nil)
		p := newNotePeer(t, d)
		index, size := p.indexOf(d, "MAIN.n")
		begun := time.Now()
		p.add(command.AddNotificationRequest{Index: index, Length: size, Mode: command.ServerOnChange, CycleTime: 100 * time.Millisecond})
		time.Sleep(5 * time.Millisecond)
		check(t, d.Set("MAIN.n", 7))
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		samples := p.take()
		if len(samples) != 2 || samples[0].Data[0] != 0 || samples[1].Data[0] != 7 {
			t.Fatalf("%+v", samples)
		}
		for i, want := range []time.Duration{0, 11 * time.Millisecond} {
			if at := samples[i].Time.Time().Sub(begun); at != want || samples[i].at.Sub(begun) != 11*time.Millisecond {
				t.Errorf("sample %d is of %v and came after %v", i, at, samples[i].at.Sub(begun))
			}
		}
	})
}

func TestDeviceNotificationDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newTestDevice(t, nil)
		p := newNotePeer(t, d)
		index, size := p.indexOf(d, "MAIN.n")
		p.add(command.AddNotificationRequest{
			Index: index, Length: size, Mode: command.ServerCycle,
			CycleTime: 10 * time.Millisecond, MaxDelay: 95 * time.Millisecond,
		})
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		samples := p.take()
		if len(samples) < 40 {
			t.Fatalf("%d samples", len(samples))
		}
		var last time.Time
		for i, s := range samples {
			if late := s.at.Sub(s.Time.Time()); late > 96*time.Millisecond {
				t.Errorf("a sample was held back for %v", late)
			}
			if i > 1 && s.Time.Time().Sub(last) != 10*time.Millisecond {
				t.Errorf("samples are %v apart", s.Time.Time().Sub(last))
			}
			last = s.Time.Time()
		}
		if frames := samples[len(samples)-1].frame; frames > 7 {
			t.Errorf("%d samples in %d frames", len(samples), frames)
		}
	})
}

func TestDeviceNotificationOfWhatVanishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newTestDevice(t, nil)
		p := newNotePeer(t, d)
		var handle uint32
		r, err := command.DecodeReadResponse(p.do(ams.ReadWrite, command.ReadWriteRequest{
			Index: command.Index{Group: command.GroupHandleByName}, ReadLength: 4, Data: []byte("MAIN.n"),
		}.Append(nil)))
		check(t, err)
		handle = binary.LittleEndian.Uint32(r.Data)
		p.add(command.AddNotificationRequest{
			Index: command.Index{Group: command.GroupValueByHandle, Offset: handle}, Length: 4, Mode: command.ServerCycle, CycleTime: 10 * time.Millisecond,
		})
		version := p.add(command.AddNotificationRequest{
			Index: command.Index{Group: command.GroupSymbolVersion}, Length: 1, Mode: command.ServerOnChange, CycleTime: 10 * time.Millisecond,
		})
		time.Sleep(30 * time.Millisecond)
		check(t, d.SetTable(symbol.NewTable(nil, symbol.NewTypes(nil, nil))))
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
		var ends, versions int
		for _, s := range p.take() {
			switch {
			case s.Handle == version:
				versions++
			case len(s.Data) == 0:
				ends++
			case ends > 0:
				t.Error("a sample behind the end")
			}
		}
		if ends != 1 || versions != 2 {
			t.Errorf("%d ends, %d versions", ends, versions)
		}
	})
}

func TestDeviceNotificationsOfASlowClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newTestDevice(t, &DeviceOptions{Memory: 64 << 10})
		s := newTestServer(t, &ServerOptions{WriteTimeout: time.Minute, MaxOutput: 64 << 10}, d)
		ours, theirs := net.Pipe()
		conn, err := s.ServeConn(theirs)
		check(t, err)
		p := &rawPeer{t: t, conn: ours, reader: ams.NewReader(ours, ams.OverTCP, 0)}
		p.send(p.frame(1, ams.AddDeviceNotification, command.AddNotificationRequest{
			Index: command.Index{Group: command.GroupMemory}, Length: 32 << 10, Mode: command.ServerCycle, CycleTime: 10 * time.Millisecond,
		}.Append(nil)))
		time.Sleep(10 * time.Second)
		if status := conn.Status(); status.Dropped < 800 {
			t.Errorf("%+v", status)
		}
		time.Sleep(55 * time.Second)
		<-conn.Done()
		if conn.Err() == nil || d.Notifications() != 0 {
			t.Errorf("%v, %d notifications", conn.Err(), d.Notifications())
		}
		ours.Close()
	})
}

// TestDeviceManyNotifications has many notifications on one connection beside
// readers. With STELLWERK_SOAK_NOTIFICATIONS set it has 8192 beside 96 readers for
// 10 s, and looks at how late samples are: that needs a machine of its own.
func TestDeviceManyNotifications(t *testing.T) {
	notes, readers, seconds, limits := 1024, 8, 1, false
	if os.Getenv("STELLWERK_SOAK_NOTIFICATIONS") != "" {
		notes, readers, seconds, limits = 8192, 96, 10, true
	}
	decl := symbol.NewDeclaration(symbol.TwinCAT3)
	decl.Symbol("MAIN.a", fmt.Sprintf("ARRAY [0..%d] OF DINT", notes-1))
	table, err := decl.Table()
	check(t, err)
	d, err := NewDevice(table, nil)
	check(t, err)
	s := newTestServer(t, nil, d)
	p := newRawPeer(t, s)
	v, _ := d.Find("MAIN.a")
	var items []command.AddNotificationRequest
	for i := range uint32(notes) {
		items = append(items, command.AddNotificationRequest{
			Index: command.Index{Group: command.IndexGroup(v.IndexGroup), Offset: v.IndexOffset + 4*i}, Length: 4,
			Mode: command.ServerCycle, CycleTime: 100 * time.Millisecond,
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var reads [96]int
	for i := range readers {
		q := newRawPeer(t, s)
		wg.Go(func() { // without making garbage, whose collection would count into how late samples are
			f := q.frame(1, ams.Read, command.ReadRequest{Index: items[0].Index, Length: 4}.Append(nil))
			request := f.Append(nil, q.framing)
			for ctx.Err() == nil {
				_, err := q.conn.Write(request)
				if err == nil {
					_, err = q.reader.Next()
				}
				if err != nil {
					t.Error(err)
					return
				}
				reads[i]++
			}
		})
	}
	for chunk := range slices.Chunk(items, 500) {
		q := command.ReadWriteRequest{
			Index:      command.Index{Group: command.GroupSumAddNotes, Offset: uint32(len(chunk))},
			ReadLength: uint32(8 * len(chunk)), Data: command.AppendSumAddNotifications(nil, chunk),
		}
		p.send(p.frame(9, ams.ReadWrite, q.Append(nil)))
	}
	stamps := make(map[uint32][]time.Time, notes)
	lates := make([]time.Duration, 0, 12*notes*seconds)
	var worst time.Duration
	var end time.Time // counts from when all have begun, however long that takes
	for end.IsZero() || time.Now().Before(end) {
		f := p.next()
		if f.Command != ams.DeviceNotification {
			continue
		}
		at := time.Now()
		for sample, err := range command.Samples(f.Data) {
			check(t, err)
			late := at.Sub(sample.Time.Time())
			worst = max(worst, late)
			if !end.IsZero() { // at first requests are sent, and nothing is read
				lates = append(lates, late)
			}
			at := stamps[sample.Handle]
			if at == nil {
				at = make([]time.Time, 0, 12*seconds)
			}
			stamps[sample.Handle] = append(at, sample.Time.Time())
		}
		if end.IsZero() && len(stamps) == notes {
			end = time.Now().Add(time.Duration(seconds) * time.Second)
		}
	}
	cancel()
	wg.Wait()
	slices.Sort(lates)
	for handle, all := range stamps {
		for i := 2; i < len(all); i++ {
			if apart := all[i].Sub(all[i-1]); apart < 99*time.Millisecond || apart > 101*time.Millisecond && worst < deviceLate {
				t.Fatalf("notification %d: samples %v apart: one was lost", handle, apart)
			}
		}
	}
	late := lates[len(lates)*99/100]
	total := 0
	for _, n := range reads {
		total += n
	}
	t.Logf("%d samples, half less than %v late, 99 %% less than %v, worst %v; %d readers read %d times", len(lates), lates[len(lates)/2], late, lates[len(lates)-1], readers, total)
	if limits && late > 10*time.Millisecond {
		t.Errorf("1 %% of the samples is %v late or more", late)
	}
	if status := s.Status(); status.Dropped != 0 {
		t.Errorf("%+v", status)
	}
}
