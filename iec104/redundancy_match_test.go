package iec104_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
)

// secured is a connection that has shown a certificate.
type secured struct {
	net.Conn
	state tls.ConnectionState
}

func (s secured) ConnectionState() tls.ConnectionState { return s.state }

func TestWithCertificate(t *testing.T) {
	match := iec104.WithCertificate("north", "south.example")
	shown := func(verified bool, name string, dns ...string) net.Conn {
		leaf := &x509.Certificate{Subject: pkix.Name{CommonName: name}, DNSNames: dns}
		issuer := &x509.Certificate{Subject: pkix.Name{CommonName: "north"}}
		s := tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}}
		if verified {
			s.VerifiedChains = [][]*x509.Certificate{{leaf, issuer}}
		}
		return secured{state: s}
	}
	for name, test := range map[string]struct {
		conn net.Conn
		want bool
	}{
		"common name":        {shown(true, "north"), true},
		"DNS name":           {shown(true, "x", "y", "south.example"), true},
		"issuer alone":       {shown(true, "east"), false},
		"not verified":       {shown(false, "north"), false},
		"none":               {secured{}, false},
		"no TLS":             {addressed{}, false},
		"a part of the name": {shown(true, "north.example", "example"), false},
	} {
		if got := match(test.conn); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// witness is a station that is told of switch-overs.
type witness struct {
	plant
	mu   sync.Mutex
	told [][2]*iec104.Session // guarded by mu; old and new
	list []string             // guarded by mu
}

func (*witness) Connected(*iec104.Session)           {}
func (*witness) Disconnected(*iec104.Session, error) {}

func (w *witness) StateChanged(_ *iec104.Session, state iec104.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, state.String())
}

func (w *witness) Superseded(old, by *iec104.Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, [2]*iec104.Session{old, by})
	w.list = append(w.list, "superseded")
}

func TestSupersedeObserver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &witness{}
		server := newServer(t, w, &iec104.ServerOptions{Groups: []iec104.RedundancyGroup{{Name: "all"}}})
		a, sa := rawClient(t, server)
		_, sb := rawClient(t, server)
		synctest.Wait()
		a.write(apci.AppendU(nil, apci.StopDTAct)) // it is stopped already
		a.want("STOPDT con")
		synctest.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		if want := []string{"started", "stopped", "superseded", "started"}; len(w.list) < 4 || !slices.Equal(w.list[:4], want) {
			t.Errorf("%v, want %v", w.list, want)
		}
		if want := [][2]*iec104.Session{{sa, sb}}; !slices.Equal(w.told, want) {
			t.Errorf("%v, want %v", w.told, want)
		}
	})
}

// TestStartTogether starts data transfer on two connections at the same moment:
// one is active, the other one is stopped and the station told of it.
func TestStartTogether(t *testing.T) {
	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			w := &witness{}
			server := newServer(t, w, &iec104.ServerOptions{Groups: []iec104.RedundancyGroup{{Name: "all"}}})
			var sessions []*iec104.Session
			var ends []net.Conn
			for range 2 {
				near, far := net.Pipe()
				session, err := server.ServeConn(far)
				if err != nil {
					t.Fatal(err)
				}
				sessions, ends = append(sessions, session), append(ends, near)
			}
			var wg sync.WaitGroup
			for _, end := range ends {
				wg.Go(func() {
					if _, err := end.Write(apci.AppendU(nil, apci.StartDTAct)); err != nil {
						t.Error(err)
					}
					if _, err := end.Read(make([]byte, 64)); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			synctest.Wait()
			active := 0
			for _, s := range sessions {
				standing, state := s.Standing(), s.Status().State
				if standing.Active {
					active++
				}
				if standing.Active != (state == iec104.Started) || standing.Active != (standing.SupersededBy == nil) {
					t.Errorf("%+v, %v", standing, state)
				}
			}
			w.mu.Lock()
			if active != 1 || len(w.told) != 1 {
				t.Error(active, w.list)
			}
			w.mu.Unlock()
			for _, end := range ends {
				_ = end.Close()
			}
		})
	}
}
