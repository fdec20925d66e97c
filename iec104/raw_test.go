package iec104_test

import (
	"bytes"
	"encoding/hex"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
)

// raw is a controlling station that does nothing by itself but number its
// frames and acknowledge those that it gets.
type raw struct {
	t       *testing.T
	conn    net.Conn
	framer  apci.Framer
	buffer  [4096]byte
	send    apci.Sequence
	receive apci.Sequence
}

// rawClient connects to a server, and starts data transfer.
func rawClient(t *testing.T, server *iec104.Server) (*raw, *iec104.Session) {
	t.Helper()
	near, far := net.Pipe()
	session, err := server.ServeConn(far)
	if err != nil {
		t.Fatal(err)
	}
	r := &raw{t: t, conn: near}
	t.Cleanup(func() { _ = near.Close() })
	r.write(apci.AppendU(nil, apci.StartDTAct))
	if got := r.next(); got != "STARTDT con" {
		t.Fatal(got)
	}
	return r, session
}

func newServer(t *testing.T, station iec104.Station, options *iec104.ServerOptions) *iec104.Server {
	t.Helper()
	server, err := iec104.NewServer(station, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

func (r *raw) write(octets []byte) {
	r.t.Helper()
	if _, err := r.conn.Write(octets); err != nil {
		r.t.Fatal(err)
	}
}

// request sends an ASDU given in hexadecimal.
func (r *raw) request(text string) {
	r.t.Helper()
	octets, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		r.t.Fatal(err)
	}
	r.write(apci.AppendI(nil, r.send, r.receive, octets))
	r.send = r.send.Next()
}

// next returns the next frame: of an I frame the ASDU in hexadecimal, of others
// what they are; "nothing" after a second without one, and "closed".
func (r *raw) next() string {
	r.t.Helper()
	for {
		frame, err := r.framer.Next()
		if err != nil {
			r.t.Fatal(err)
		}
		if frame == nil {
			_ = r.conn.SetReadDeadline(time.Now().Add(time.Second))
			n, err := r.conn.Read(r.buffer[:])
			if err != nil {
				if timeout, ok := err.(net.Error); ok && timeout.Timeout() { //nolint:errorlint // as the connection returns it
					return "nothing"
				}
				return "closed"
			}
			r.framer.Feed(bytes.Clone(r.buffer[:n]))
			continue
		}
		apdu, err := apci.Decode(frame)
		if err != nil {
			r.t.Fatal(err)
		}
		if apdu.Format != apci.FormatI {
			return apdu.String()
		}
		r.receive = r.receive.Next()
		return hex.EncodeToString(apdu.ASDU)
	}
}

// want compares the next frames with ASDUs in hexadecimal, or with other words
// of next.
func (r *raw) want(frames ...string) {
	r.t.Helper()
	for _, want := range frames {
		got := r.next()
		if got != strings.ReplaceAll(want, " ", "") && got != want {
			r.t.Errorf("got %s, want %s", got, want)
		}
	}
}

// exchange is a request with its answers.
type exchange struct {
	name    string
	request string
	answers []string
}

// exchanges runs each in virtual time on a connection of its own. No more
// answers than those given may come.
func exchanges(t *testing.T, station func() iec104.Station, options *iec104.ServerOptions, all []exchange) {
	t.Helper()
	for _, e := range all {
		t.Run(e.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, _ := rawClient(t, newServer(t, station(), options))
				r.request(e.request)
				r.want(e.answers...)
				r.want("nothing")
			})
		})
	}
}
