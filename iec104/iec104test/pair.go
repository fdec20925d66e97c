package iec104test

import (
	"errors"
	"net"

	"stellwerk/iec104"
)

// Link is a controlling and a controlled station that are connected in memory.
type Link struct {
	Client  *iec104.Client
	Session *iec104.Session
	Server  *iec104.Server
}

// Pair connects a client with a server of the station, in memory. Data transfer
// is not started. Nil options are the default ones. Faults, where they are not
// nil, spoil what the server sends and receives. Close must be called in the
// end.
func Pair(station iec104.Station, server *iec104.ServerOptions, client *iec104.ClientOptions, faults *Faults) (*Link, error) {
	s, err := iec104.NewServer(station, server)
	if err != nil {
		return nil, err
	}
	near, far := net.Pipe()
	if faults != nil {
		far = Faulty(far, *faults)
	}
	c, err := iec104.NewClient(near, client)
	if err != nil {
		return nil, errors.Join(err, near.Close(), far.Close())
	}
	session, err := s.ServeConn(far)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &Link{Client: c, Session: session, Server: s}, nil
}

// Close ends both stations.
func (l *Link) Close() error {
	return errors.Join(l.Client.Close(), l.Server.Close())
}
