package ads

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// A prepared sum read gives what there is each time, in several sum commands, and
// goes on after a time that it was cancelled.
func TestSumReadAgain(t *testing.T) {
	d, err := NewDevice(nil, &DeviceOptions{Memory: 4096})
	check(t, err)
	c := deviceClient(t, d, plc.Port)
	const most = 1000 // two sum commands, and the last item is outside
	items := make([]command.ReadRequest, 0, most+1)
	for i := range uint32(most) {
		items = append(items, command.ReadRequest{Index: command.Index{Group: command.GroupMemory, Offset: 4 * i}, Length: 4})
	}
	items = append(items, command.ReadRequest{Index: command.Index{Group: command.GroupMemory, Offset: 5000}, Length: 4})
	first, second := c.NewSumRead(items), c.NewSumRead(items[:2])
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for round := range uint32(3) {
		memory := make([]byte, 4*most)
		for i := range uint32(most) {
			binary.LittleEndian.PutUint32(memory[4*i:], i*round)
		}
		check(t, d.WriteMemory(command.Index{Group: command.GroupMemory}, memory))
		first.Start(t.Context())
		second.Start(t.Context())
		if answers, err := second.Wait(t.Context()); err != nil || len(answers) != 2 {
			t.Error(answers, err)
		}
		answers, err := first.Wait(t.Context())
		if err != nil || len(answers) != most+1 || answers[most].Result == ams.NoError {
			t.Fatal(len(answers), err)
		}
		for i, a := range answers[:most] {
			if a.Result != ams.NoError || len(a.Data) != 4 || binary.LittleEndian.Uint32(a.Data) != uint32(i)*round {
				t.Fatalf("round %d, item %d: %+v", round, i, a)
			}
		}
		if answers, err := first.Wait(gone); !errors.Is(err, context.Canceled) || len(answers) != 0 {
			t.Error(len(answers), err)
		}
	}
	if s := c.Status(); s.Open != 0 || s.Waiting != 0 {
		t.Errorf("%+v", s)
	}
}

// A device that does no more than fail at a sum command, as it may at one bad
// item, is asked one by one where that does no harm, and by a sum command the
// next time.
func TestSumReadThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newPeer(t, ClientOptions{})
		for range 2 {
			go func() {
				f := p.next()
				if f.Command != ams.ReadWrite {
					t.Errorf("%v instead of a sum command", f.Command)
				}
				p.refuse(&f, ams.DeviceError)
				f = p.next()
				p.answer(&f, value(1))
				f = p.next()
				p.answer(&f, command.ReadResponse{Result: ams.InvalidOffset}.Append(nil))
			}()
			answers, err := c.ReadMany(t.Context(), []command.ReadRequest{{Index: marker, Length: 1}, {Index: marker, Length: 1}})
			if err != nil || len(answers) != 2 || answers[0].Result != 0 || answers[1].Result != ams.InvalidOffset {
				t.Errorf("%+v, %v", answers, err)
			}
		}
		go func() {
			f := p.next()
			p.refuse(&f, ams.DeviceError)
		}()
		if codes, err := c.WriteMany(t.Context(), make([]command.WriteRequest, 2)); Code(err) != ams.DeviceError {
			t.Errorf("%v, %v", codes, err)
		}
		go func() {
			f := p.next()
			p.refuse(&f, ams.DeviceError)
		}()
		if answers, err := c.ReadWriteMany(t.Context(), make([]command.ReadWriteRequest, 2)); Code(err) != ams.DeviceError {
			t.Errorf("%v, %v", answers, err)
		}
	})
}

// A device that does not know the newest sum read is asked by the one before it,
// and at once the next time; one that knows neither, one by one.
func TestSumReadInstead(t *testing.T) {
	for _, knows := range []command.IndexGroup{command.GroupSumReadEx2, command.GroupSumReadEx, 0} {
		d, err := NewDevice(nil, &DeviceOptions{Memory: 16})
		check(t, err)
		check(t, d.WriteMemory(command.Index{Group: command.GroupMemory}, []byte{1, 2, 3, 4}))
		var asked []command.IndexGroup
		c := portsClient(t, plc.Port, map[ams.Port]Handler{plc.Port: HandlerFunc(func(ctx context.Context, r *Request, dst []byte) ([]byte, ams.ReturnCode) {
			if q, err := command.DecodeReadWriteRequest(r.Data); r.Header.Command == ams.ReadWrite && err == nil {
				if asked = append(asked, q.Group); q.Group != knows {
					return command.AppendResult(dst, ams.ServiceNotSupported), ams.NoError
				}
			}
			return d.ServeADS(ctx, r, dst)
		})})
		for range 2 {
			answers, err := c.ReadManyUpTo(t.Context(), []command.ReadRequest{
				{Index: command.Index{Group: command.GroupMemory}, Length: 2}, {Index: command.Index{Group: command.GroupMemory, Offset: 2}, Length: 2},
			})
			check(t, err)
			if len(answers) != 2 || !bytes.Equal(answers[0].Data, []byte{1, 2}) || !bytes.Equal(answers[1].Data, []byte{3, 4}) {
				t.Errorf("%+v", answers)
			}
		}
		want := []command.IndexGroup{command.GroupSumReadEx2, command.GroupSumReadEx}
		switch knows {
		case command.GroupSumReadEx2:
			want = []command.IndexGroup{knows, knows}
		case command.GroupSumReadEx:
			want = append(want, knows)
		}
		if !slices.Equal(asked, want) {
			t.Errorf("asked by %v, want %v", asked, want)
		}
	}
}
