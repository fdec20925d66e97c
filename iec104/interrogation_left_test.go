package iec104_test

import (
	"iter"
	"testing"
	"testing/synctest"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// pouring is a station with more points than anybody takes, which tells when the
// iterator over them is let go.
type pouring struct {
	plant
	letGo chan int
}

func (p *pouring) Interrogate(*iec104.Session, asdu.CommonAddress, asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	return func(yield func(asdu.ASDU) bool) {
		n := 0
		defer func() { p.letGo <- n }()
		for yield(single(asdu.ObjectAddress(n+1), asdu.InterrogatedByStation)) {
			n++
		}
	}
}

// TestInterrogationLeft ends interrogations before their end: the station's
// iterator is let go each time, so that what it holds can be.
func TestInterrogationLeft(t *testing.T) {
	for name, leave := range map[string]func(r *raw, server *iec104.Server, session *iec104.Session){
		"deactivated":     func(r *raw, _ *iec104.Server, _ *iec104.Session) { r.request("64 01 08 00 0100 000000 14") },
		"asked again":     func(r *raw, _ *iec104.Server, _ *iec104.Session) { r.request("64 01 06 00 0100 000000 14") },
		"connection lost": func(r *raw, _ *iec104.Server, _ *iec104.Session) { _ = r.conn.Close() },
		"session closed":  func(_ *raw, _ *iec104.Server, s *iec104.Session) { _ = s.Close() },
		"server closed":   func(_ *raw, s *iec104.Server, _ *iec104.Session) { go s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				station := &pouring{letGo: make(chan int, 2)}
				server := newServer(t, station, &iec104.ServerOptions{Parameters: iec104.Parameters{K: 3, W: 8}})
				r, session := rawClient(t, server)
				r.request("64 01 06 00 0100 000000 14")
				r.want("64 01 07 00 0100 000000 14", "01 01 14 00 0100 010000 01", "01 01 14 00 0100 020000 01", "nothing")
				leave(r, server, session)
				if n := <-station.letGo; n < 1 { // it waits in the second, or in one after it
					t.Errorf("let go after %d points", n)
				}
			})
		})
	}
}
