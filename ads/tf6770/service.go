package tf6770

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	ws "stellwerk/websocket/tf6770"
)

// Options are the settings of a [Service].
type Options struct {
	// Permit decides whether a PLC may connect, by what it connects with, before
	// anything is sent. It may change the inputs: add headers, engines of TLS,
	// limits. An error refuses, and is reported to Refused. Nil refuses
	// everything.
	Permit func(plc ams.Address, in *Parameters) error
	// Refused, where it is not nil, is told of what Permit and the look-up of
	// files have refused.
	Refused func(plc ams.Address, err error)
	// Certificates is the folder with the files that stTLS names. Of a name only
	// what is behind the last slash or backslash counts, so that PLC programs may
	// go on naming C:\TwinCAT\3.1\Config\Certificates\ca.pem. Empty is no folder:
	// only PEM text can be used then.
	Certificates string
	// MaxClients bounds the clients, of all PLCs. Zero is 256.
	MaxClients int
	// Lease is how long a client is kept whose PLC says nothing: a PLC that has
	// stopped leaves no connection behind. Zero is a minute.
	Lease time.Duration
}

// Service runs the clients. Its methods may be called by several goroutines at
// the same time.
type Service struct {
	options Options

	mu      sync.Mutex
	clients map[uint32]*client // by handle; guarded by mu
	last    uint32             // the last handle; guarded by mu
	ended   bool               // guarded by mu
	ends    sync.WaitGroup     // of those who let go of clients
}

// NewService returns a service without clients; options may be nil. [Service.Close]
// ends it.
func NewService(options *Options) *Service {
	s := &Service{clients: map[uint32]*client{}}
	if options != nil {
		s.options = *options
	}
	if s.options.MaxClients == 0 {
		s.options.MaxClients = 256
	}
	if s.options.Lease == 0 {
		s.options.Lease = time.Minute
	}
	return s
}

// Close disconnects all clients, and waits until that is done. The error is
// always nil.
func (s *Service) Close() error {
	s.mu.Lock()
	s.ended = true
	clients := slices.Collect(maps.Values(s.clients))
	s.mu.Unlock()
	for _, c := range clients {
		c.release()
	}
	s.ends.Wait()
	return nil
}

// Clients returns how many clients there are.
func (s *Service) Clients() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.clients)
}

// Answers reports whether an index group is one of the service's.
func Answers(group command.IndexGroup) bool { return group >= GroupOpen && group <= GroupRelease }

// ReadWrite answers a ReadWrite of the PLC.
func (s *Service) ReadWrite(plc ams.Address, r command.ReadWriteRequest) ([]byte, ams.ReturnCode) {
	switch r.Group {
	case GroupOpen:
		return s.open(plc, r)
	case GroupExchange:
		request, err := DecodeExchangeRequest(r.Data)
		if err != nil {
			return nil, ams.InvalidData
		}
		var data []byte
		code := s.with(plc, r.Offset, func(c *client) (code ams.ReturnCode) {
			data, code = c.exchange(&request, r.ReadLength)
			return code
		})
		return data, code
	default:
		return nil, ams.InvalidGroup
	}
}

// Write answers a Write of the PLC.
func (s *Service) Write(plc ams.Address, r command.WriteRequest) ams.ReturnCode {
	switch r.Group {
	case GroupConnect:
		return s.connect(plc, r)
	case GroupDisconnect:
		return s.with(plc, r.Offset, func(c *client) ams.ReturnCode { c.disconnect(); return ams.NoError })
	case GroupRelease:
		return s.with(plc, r.Offset, func(c *client) ams.ReturnCode { c.release(); return ams.NoError })
	default:
		return ams.InvalidGroup
	}
}

// open makes a client.
func (s *Service) open(plc ams.Address, r command.ReadWriteRequest) ([]byte, ams.ReturnCode) {
	switch {
	case r.Offset != ProtocolVersion:
		return nil, ams.InvalidOffset
	case r.ReadLength < 4:
		return nil, ams.InvalidSize
	case len(r.Data) > 255:
		return nil, ams.InvalidParameter
	}
	name, _, _ := strings.Cut(string(r.Data), "\x00")
	c, code := s.add(plc, name, s.options.Lease)
	if code != ams.NoError {
		return nil, code
	}
	return binary.LittleEndian.AppendUint32(nil, c.handle), ams.NoError
}

// add makes a client, and lets go of it when it has ended.
func (s *Service) add(plc ams.Address, name string, lease time.Duration) (*client, ams.ReturnCode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended:
		return nil, ams.NotReady
	case len(s.clients) >= s.options.MaxClients:
		return nil, ams.NoMoreHandles
	}
	for s.last++; s.last == 0 || s.clients[s.last] != nil; {
		s.last++
	}
	c := newClient(plc, s.last, name, lease)
	s.clients[c.handle] = c
	s.ends.Go(func() {
		<-c.done
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.clients, c.handle)
	})
	return c, ams.NoError
}

// with does something with a client of the PLC.
func (s *Service) with(plc ams.Address, handle uint32, do func(c *client) ams.ReturnCode) ams.ReturnCode {
	s.mu.Lock()
	c := s.clients[handle]
	s.mu.Unlock()
	switch {
	case c == nil:
		return ams.ClientUnknown
	case c.owner != plc && c.owner != (ams.Address{}):
		return ams.DeviceAccessDenied
	}
	code := ams.ClientUnknown
	c.do(func() { c.renew(); code = do(c) })
	return code
}

// connect permits, and connects.
func (s *Service) connect(plc ams.Address, r command.WriteRequest) ams.ReturnCode {
	if len(r.Data) < 4 {
		return ams.InvalidSize
	}
	in, err := DecodeParameters(r.Data[4:])
	if err != nil {
		s.refuse(plc, err)
		return ams.InvalidParameter
	}
	var c *client
	if code := s.with(plc, r.Offset, func(found *client) ams.ReturnCode { c = found; return ams.NoError }); code != ams.NoError {
		return code
	}
	return s.start(plc, c, in, binary.LittleEndian.Uint32(r.Data))
}

// start permits the inputs that count, and connects.
func (s *Service) start(plc ams.Address, c *client, in Parameters, flags uint32) ams.ReturnCode {
	if !c.do(func() { in = c.counting(in, flags) }) {
		return ams.ClientUnknown
	}
	given := in
	if err := s.permit(plc, &in); err != nil {
		s.refuse(plc, err)
		return ams.DeviceAccessDenied
	}
	if !c.do(func() { c.connect(&given, &in, flags) }) {
		return ams.ClientUnknown
	}
	return ams.NoError
}

func (s *Service) refuse(plc ams.Address, err error) {
	if s.options.Refused != nil {
		s.options.Refused(plc, err)
	}
}

func (s *Service) permit(plc ams.Address, in *Parameters) error {
	for _, file := range []*string{&in.TLS.CA, &in.TLS.Certificate, &in.TLS.Key, &in.TLS.CRL} {
		if err := s.locate(file); err != nil {
			return err
		}
	}
	if s.options.Permit == nil {
		return errors.New("the service permits no connections: no hosts are allowed")
	}
	return s.options.Permit(plc, in)
}

// locate finds a file in the folder for certificates. What is not there stays a
// name in it, so that the client reports the status for it.
func (s *Service) locate(file *string) error {
	if *file == "" || strings.Contains(*file, "-----BEGIN") {
		return nil
	}
	if s.options.Certificates == "" {
		return fmt.Errorf("%q is the name of a file, and the service has no folder for certificates", *file)
	}
	name := (*file)[strings.LastIndexAny(*file, `/\`)+1:]
	if !filepath.IsLocal(name) {
		return fmt.Errorf("%q is no name of a file", *file)
	}
	path := filepath.Join(s.options.Certificates, name)
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%q is no plain file in the folder for certificates", name)
	}
	*file = path
	return nil
}

// Status is how a client is, for people.
type Status struct {
	Handle  uint32
	PLC     ams.Address
	Name    string // given by the PLC, mostly the path of the function block
	State   ws.Status
	Waiting int // received messages that the PLC has not taken
}

// Status returns how the clients are, in the order of their handles.
func (s *Service) Status() []Status {
	s.mu.Lock()
	clients := slices.SortedFunc(maps.Values(s.clients), func(a, b *client) int { return int(int64(a.handle) - int64(b.handle)) })
	s.mu.Unlock()
	all := make([]Status, 0, len(clients))
	for _, c := range clients {
		status := Status{Handle: c.handle, PLC: c.owner, Name: c.name}
		if c.do(func() { status.State, status.Waiting = c.block.ConnectionState, len(c.waiting) }) {
			all = append(all, status)
		}
	}
	return all
}
