package ads

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

func TestSubscriptions(t *testing.T) {
	each(t, func(t *testing.T, p *testPLC, c *Client) {
		q := NewNotificationQueue(0)
		list, errs := c.SubscribeMany(t.Context(), q, []SubscribeRequest{
			{Name: "MAIN.n"},
			{Index: command.Index{Group: command.GroupData, Offset: 0}, Length: 2},
			{Name: "MAIN.none"},
			{Index: command.Index{Group: command.GroupData, Offset: 1 << 20}, Length: 2},
			{Name: "MAIN.n", MaxDelay: time.Hour},
		})
		for i, code := range []ams.ReturnCode{0, 0, ams.SymbolNotFound, ams.InvalidOffset, 0} {
			if Code(errs[i]) != code || (errs[i] == nil) != (list[i] != nil) || i == 4 && errs[i] == nil {
				t.Errorf("%d: %v", i, errs[i])
			}
		}
		p.set("MAIN.n", 300)
		synctest.Wait()
		var got []any
		for range 4 {
			n, err := q.Next(t.Context())
			if err != nil || n.Event != Sample || n.Time != time.Unix(0, 0).UTC() {
				t.Fatalf("%+v %v", n, err)
			}
			v, err := n.Value()
			if data, raw := v.([]byte); raw {
				v = int16(binary.LittleEndian.Uint16(data))
			}
			if err != nil || n.Subscription != list[0] && n.Subscription != list[1] {
				t.Errorf("%+v %v", n, err)
			}
			got = append(got, v)
		}
		if fmt.Sprint(got) != "[0 0 300 300]" {
			t.Error(got)
		}
		if err := list[0].Unsubscribe(t.Context()); err != nil {
			t.Error(err)
		}
		if n, _ := q.TryNext(); n.Event != Ended || !errors.Is(n.Err, ErrUnsubscribed) || list[0].Err() == nil {
			t.Errorf("%+v", n)
		}
		if err := c.UnsubscribeMany(t.Context(), list[1:2]); err != nil || len(p.notes) != 0 {
			t.Errorf("%v, %d notifications are left", err, len(p.notes))
		}
		if s := c.Status(); s.Unexpected != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestSubscribeWhileTheSymbolsChange has an online change between the handle and
// the subscription.
func TestSubscribeWhileTheSymbolsChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTestPLC()
		c := p.serve(t, ClientOptions{})
		once := false
		p.between = func(group command.IndexGroup) {
			if group == command.GroupHandleByName && !once {
				once = true
				p.version++
			}
		}
		q := NewNotificationQueue(0)
		s, err := c.Subscribe(t.Context(), q, SubscribeRequest{Name: "MAIN.n"})
		if err != nil || s.Variable().Name != "MAIN.n" {
			t.Fatal(err)
		}
		p.set("MAIN.n", 1)
		synctest.Wait()
		if len(p.notes) != 1 || q.Len() != 2 {
			t.Errorf("%d notifications, %d samples", len(p.notes), q.Len())
		}
	})
}

// TestSubscriptionsEnd has the connection break off.
func TestSubscriptionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newPeer(t, ClientOptions{})
		q := NewNotificationQueue(0)
		go func() {
			f := p.next()
			p.answer(&f, command.AddNotificationResponse{Handle: 9}.Append(nil))
		}()
		s, err := c.Subscribe(t.Context(), q, SubscribeRequest{Index: marker, Length: 1})
		if err != nil {
			t.Fatal(err)
		}
		p.conn.Close()
		<-c.Done()
		n, _ := q.TryNext()
		if n.Event != Ended || n.Subscription != s || n.Err == nil || !errors.Is(n.Err, c.Err()) {
			t.Errorf("%+v", n)
		}
	})
}

// TestSubscribeCancelled has the answer come when nobody waits for it any more:
// the notification is ended at the device.
func TestSubscribeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newPeer(t, ClientOptions{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			_, err := c.Subscribe(ctx, NewNotificationQueue(0), SubscribeRequest{Index: marker, Length: 1})
			done <- err
		}()
		f := p.next()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		p.answer(&f, command.AddNotificationResponse{Handle: 9}.Append(nil))
		f = p.next()
		if handle, err := command.DecodeDeleteNotification(f.Data); f.Command != ams.DeleteDeviceNotification || handle != 9 || err != nil {
			t.Errorf("%v %d %v", f.Command, handle, err)
		}
		p.answer(&f, result(0))
	})
}

// notification is a DeviceNotification to the client.
func notification(body []byte) ams.Frame {
	return ams.Frame{Header: ams.Header{Target: station, Source: plc, Command: ams.DeviceNotification, StateFlags: ams.RequestFlags}, Data: body}
}

func samples(list ...command.Sample) []byte {
	b := command.BeginNotification(nil)
	for _, s := range list {
		b.Add(s)
	}
	return b.End()
}

// TestNotificationsFromTheWire has streams that are right, wrong, and of nobody.
func TestNotificationsFromTheWire(t *testing.T) {
	good := samples(command.Sample{Time: 116444736000000000, Handle: 9, Data: []byte{1}})
	four := append([]byte(nil), good...)
	binary.LittleEndian.PutUint32(four, uint32(len(four))) // four too many, as some servers say
	answer, own := notification(good), notification(good)  // as some servers say, too
	answer.StateFlags |= ams.Response
	own.Target.NetID = own.Source.NetID
	other := notification(good)
	other.Target.NetID[0]++
	long := append([]byte(nil), good...)
	binary.LittleEndian.PutUint32(long[len(long)-5:], 0xFFFFFFFF)
	for _, test := range []struct {
		name       string
		frame      ams.Frame
		events     string
		unexpected uint64
		deleted    uint32
	}{
		{"good", notification(good), "[sample]", 0, 0},
		{"wrong length in front", notification(four), "[sample]", 0, 0},
		{"marked as an answer", answer, "[sample]", 0, 0},
		{"to the NetId of the sender", own, "[sample]", 0, 0},
		{"to somebody else", other, "[]", 1, 0},
		{"sample beyond the end", notification(long), "[]", 1, 0},
		{"cut", notification(good[:10]), "[]", 1, 0},
		{"without a value", notification(samples(command.Sample{Handle: 9})), "[ended]", 0, 0},
		{"another handle", notification(samples(command.Sample{Handle: 10, Data: []byte{1}}, command.Sample{Handle: 9, Data: []byte{1}})), "[sample]", 1, 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var found []error
				c, p := newPeer(t, ClientOptions{Unexpected: func(_ ams.Header, err error) { found = append(found, err) }})
				q := NewNotificationQueue(0)
				go func() {
					f := p.next()
					p.answer(&f, command.AddNotificationResponse{Handle: 9}.Append(nil))
					p.send(test.frame)
					if test.deleted != 0 {
						f = p.next()
						if handle, _ := command.DecodeDeleteNotification(f.Data); handle != test.deleted {
							t.Errorf("%v %d", f.Command, handle)
						}
						p.answer(&f, result(0))
					}
				}()
				if _, err := c.Subscribe(t.Context(), q, SubscribeRequest{Index: marker, Length: 1}); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				events := []string{}
				for n, ok := q.TryNext(); ok; n, ok = q.TryNext() {
					events = append(events, n.Event.String())
				}
				if fmt.Sprint(events) != test.events || c.Status().Unexpected != test.unexpected || len(found) != int(test.unexpected) || c.Err() != nil {
					t.Errorf("%v, %v, %v", events, found, c.Err())
				}
			})
		})
	}
}

// TestNotificationQueueIsBounded throws the oldest away, and tells how many.
func TestNotificationQueueIsBounded(t *testing.T) {
	q := NewNotificationQueue(3)
	a, b := &Subscription{queue: q}, &Subscription{queue: q}
	gap := &Gap{}
	for i := range 10 {
		s := a
		if i%5 == 4 {
			s = b
		}
		n := Notification{Subscription: s, Data: []byte{byte(i)}}
		if i == 1 {
			n.Gap = gap
		}
		q.push(n)
	}
	var got []string
	for n, ok := q.TryNext(); ok; n, ok = q.TryNext() {
		got = append(got, fmt.Sprint(n.Data[0], " ", n.Dropped, " ", n.Gap == gap))
	}
	if fmt.Sprint(got) != "[7 6 true 8 0 false 9 1 false]" || q.Dropped() != 7 || q.Len() != 0 {
		t.Error(got, q.Dropped())
	}
}
