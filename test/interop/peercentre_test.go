package interop

import (
	"slices"
	"sync"
	"testing"
	"time"

	peer "github.com/thinkgos/go-iecp5/asdu"
	"github.com/thinkgos/go-iecp5/cs104"

	"stellwerk/iec104/asdu"
)

// peerCentre is a control centre made with go-iecp5. It starts data transfer
// whenever it is connected, and keeps what it receives.
type peerCentre struct {
	client *cs104.Client

	mu       sync.Mutex
	all      []received // guarded by mu
	connects int        // guarded by mu
}

// newPeerCentre starts a control centre that connects to an address, and connects
// again when the connection is lost.
func newPeerCentre(t *testing.T, address string, config cs104.Config) *peerCentre {
	t.Helper()
	option := cs104.NewOption().SetConfig(config).SetReconnectInterval(100 * time.Millisecond)
	if err := option.AddRemoteServer("tcp://" + address); err != nil {
		t.Fatal(err)
	}
	c := new(peerCentre)
	c.client = cs104.NewClient(c, option)
	c.client.SetOnConnectHandler(func(client *cs104.Client) {
		c.mu.Lock()
		c.connects++
		c.mu.Unlock()
		client.SendStartDt()
	})
	if err := c.client.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.client.Close()
		until(t, "the control centre of the peer has closed", func() bool { return !c.client.IsConnected() })
	})
	return c
}

// send repeats something that the peer refuses as long as data transfer is not
// started.
func (c *peerCentre) send(t *testing.T, what string, send func(peer.Connect) error) {
	t.Helper()
	var err error
	until(t, "the peer sends "+what, func() bool {
		err = send(c.client)
		return err == nil
	})
}

// activation is the cause of commands.
var activation = peer.CauseOfTransmission{Cause: peer.Activation}

// interrogate sends a general interrogation and returns what comes until it is
// terminated.
func (c *peerCentre) interrogate(t *testing.T, station peer.CommonAddr) []received {
	t.Helper()
	before := len(c.received())
	c.send(t, "an interrogation", func(conn peer.Connect) error {
		return peer.InterrogationCmd(conn, activation, station, peer.QOIStation)
	})
	end := c.wait(t, "the end of the interrogation", before, func(r received) bool {
		return r.Type == asdu.C_IC_NA_1 && r.Cause == asdu.ActivationTermination
	})
	return c.received()[before : end+1]
}

// received returns all that has come so far.
func (c *peerCentre) received() []received {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.all)
}

// wait waits for an ASDU behind the first n and returns its place.
func (c *peerCentre) wait(t *testing.T, what string, n int, wanted func(received) bool) (place int) {
	t.Helper()
	until(t, "the peer receives "+what, func() bool {
		all := c.received()
		place = slices.IndexFunc(all[n:], wanted)
		return place >= 0
	})
	return n + place
}

func (c *peerCentre) connections() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.connects
}

func (c *peerCentre) keep(a *peer.ASDU) error {
	r := translate(a)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, r)
	return nil
}

func (c *peerCentre) InterrogationHandler(_ peer.Connect, a *peer.ASDU) error { return c.keep(a) }

func (c *peerCentre) CounterInterrogationHandler(_ peer.Connect, a *peer.ASDU) error {
	return c.keep(a)
}
func (c *peerCentre) ReadHandler(_ peer.Connect, a *peer.ASDU) error         { return c.keep(a) }
func (c *peerCentre) TestCommandHandler(_ peer.Connect, a *peer.ASDU) error  { return c.keep(a) }
func (c *peerCentre) ClockSyncHandler(_ peer.Connect, a *peer.ASDU) error    { return c.keep(a) }
func (c *peerCentre) ResetProcessHandler(_ peer.Connect, a *peer.ASDU) error { return c.keep(a) }

func (c *peerCentre) DelayAcquisitionHandler(_ peer.Connect, a *peer.ASDU) error { return c.keep(a) }

func (c *peerCentre) ASDUHandler(_ peer.Connect, a *peer.ASDU) error { return c.keep(a) }
