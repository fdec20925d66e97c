package app_test

import (
	"context"
	"io/fs"
	"testing"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/app"
	"stellwerk/internal/point"
)

// TestReload shows that what waits for a control centre outlasts the house that it
// came to.
func TestReload(t *testing.T) {
	const text = `links:
  substation: {iec104: {role: controlling, connect: "127.0.0.1:1"}}
  control: {iec104: {role: controlled, listen: "127.0.0.1:0"}}
routes:
  - {from: substation/1/*, to: control/7/*}
`
	c, err := app.Registry().Parse("router.yaml", []byte(text), func(string) ([]byte, error) { return nil, fs.ErrNotExist })
	if err != nil {
		t.Fatal(err)
	}
	before, err := app.New(c, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	update := point.Update{
		ID: point.ID{Link: "substation", Address: "1/5"}, Value: point.SingleValue(true), Cause: point.CauseSpontaneous,
	}
	if err := before.Image().Put(t.Context(), []point.Update{update}); err != nil {
		t.Fatal(err)
	}
	before.Close()

	house, err := app.New(c, app.Options{Before: before})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- house.Run(ctx) }()
	received := make(chan asdu.SinglePoint, 16)
	status, _ := house.Status("control")
	client, err := iec104.Dial(t.Context(), status.Address, &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
		if a.CommonAddress != 7 {
			t.Errorf("an ASDU of station %d", a.CommonAddress)
		}
		for o, err := range asdu.All[asdu.SinglePoint](a) {
			if err == nil {
				received <- o
			}
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case o := <-received:
		if o.Address != 5 || !o.Value {
			t.Errorf("received %+v", o)
		}
	case <-time.After(10 * time.Second):
		t.Error("what had waited has not come")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
