package tf6770

import (
	"context"
	"fmt"
	"time"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
	ws "stellwerk/websocket/tf6770"
)

// Attach has a device answer the index groups of the service.
func (s *Service) Attach(d *ads.Device) {
	readWrite := func(group command.IndexGroup) ads.DeviceGroup {
		return ads.DeviceGroup{ReadWrite: func(_ context.Context, r *ads.Request, offset, length uint32, data, dst []byte) ([]byte, ams.ReturnCode) {
			answer, code := s.ReadWrite(r.Header.Source, command.ReadWriteRequest{
				Index: command.Index{Group: group, Offset: offset}, ReadLength: length, Data: data,
			})
			return append(dst, answer...), code
		}}
	}
	write := func(group command.IndexGroup) ads.DeviceGroup {
		return ads.DeviceGroup{Write: func(_ context.Context, r *ads.Request, offset uint32, data []byte) ams.ReturnCode {
			return s.Write(r.Header.Source, command.WriteRequest{Index: command.Index{Group: group, Offset: offset}, Data: data})
		}}
	}
	d.HandleGroup(GroupOpen, readWrite(GroupOpen))
	d.HandleGroup(GroupConnect, write(GroupConnect))
	d.HandleGroup(GroupExchange, readWrite(GroupExchange))
	d.HandleGroup(GroupDisconnect, write(GroupDisconnect))
	d.HandleGroup(GroupRelease, write(GroupRelease))
}

// The names of the types that the device declares.
const (
	typeBlock  = "FB_IotWebSocketClient"
	typeTLS    = "ST_IotSocketTls"
	typeStatus = "ETcIotWebSocketStatus"
)

// blockInputs are the inputs of an instance as its symbols have them.
type blockInputs struct {
	HostName               string   `ads:"sHostName"`
	HostPort               uint16   `ads:"nHostPort"`
	URI                    string   `ads:"sUri"`
	Protocol               string   `ads:"sProtocol"`
	Origin                 string   `ads:"sOrigin"`
	TLS                    tlsBlock `ads:"stTLS"`
	PerMessageDeflate      bool     `ads:"bPerMessageDeflate"`
	KeepAlive              bool     `ads:"bKeepAlive"`
	KeepAliveInterval      uint16   `ads:"nKeepAliveInterval"`
	KeepAliveCloseTimeout  uint16   `ads:"nKeepAliveCloseTimeout"`
	ConnectResponseTimeout uint16   `ads:"nConnectResponseTimeout"`
	MaxReceiveFrame        uint32   `ads:"nMaxRecvFrameSize"`
	MaxReceiveMessage      uint32   `ads:"nMaxRecvMsgSize"`
	MaxSendFrame           uint32   `ads:"nMaxSendFrameSize"`
}

// tlsBlock is ST_IotSocketTls.
type tlsBlock struct {
	CA                string    `ads:"sCA"`
	Certificate       string    `ads:"sCert"`
	Key               string    `ads:"sKeyFile"`
	KeyPassword       string    `ads:"sKeyPwd"`
	CRL               string    `ads:"sCrl"`
	Ciphers           string    `ads:"sCiphers"`
	Version           string    `ads:"sVersion"`
	NoServerCertCheck bool      `ads:"bNoServerCertCheck"`
	PSKIdentity       string    `ads:"sPskIdentity"`
	PSKKey            [64]uint8 `ads:"aPskKey"`
	PSKKeyLength      uint8     `ads:"nPskKeyLen"`
}

// inputs returns what a client of this package takes.
func (b *blockInputs) inputs() ws.Inputs {
	in := ws.NewClient().Inputs
	in.HostName, in.HostPort, in.URI, in.Protocol, in.Origin = b.HostName, b.HostPort, b.URI, b.Protocol, b.Origin
	in.PerMessageDeflate, in.KeepAlive = b.PerMessageDeflate, b.KeepAlive
	in.KeepAliveInterval = time.Duration(b.KeepAliveInterval) * time.Second
	in.KeepAliveCloseTimeout = time.Duration(b.KeepAliveCloseTimeout) * time.Second
	in.ConnectResponseTimeout = time.Duration(b.ConnectResponseTimeout) * time.Second
	in.MaxReceiveFrame, in.MaxReceiveMessage, in.MaxSendFrame = b.MaxReceiveFrame, b.MaxReceiveMessage, b.MaxSendFrame
	t := &b.TLS
	in.TLS.CA, in.TLS.Certificate, in.TLS.Key, in.TLS.KeyPassword, in.TLS.CRL = t.CA, t.Certificate, t.Key, t.KeyPassword, t.CRL
	in.TLS.Ciphers, in.TLS.Version, in.TLS.NoServerCertCheck = t.Ciphers, t.Version, t.NoServerCertCheck
	in.TLS.PSKIdentity = t.PSKIdentity
	in.TLS.PSKKey = t.PSKKey[:min(int(t.PSKKeyLength), len(t.PSKKey))]
	return in
}

// utf8Text declares a text, all of which are UTF-8 in the manual.
func utf8Text(m symbol.Member) symbol.Member {
	m.Attributes = append(m.Attributes, symbol.Attribute{Name: "TcEncoding", Value: "UTF-8"})
	return m
}

// Declare declares the types of the manual, and an instance of the function block
// for each name, such as "WebSocket.fbClient1".
func Declare(d *symbol.Declaration, instances ...string) {
	var values []symbol.EnumValue
	for status := range ws.Statuses() {
		values = append(values, symbol.EnumValue{Name: status.String(), Value: int64(status)})
	}
	d.Enum(typeStatus, "DINT", values...)
	long := func(name string) symbol.Member { return utf8Text(symbol.Var(name, "STRING(255)")) }
	d.Structure(
		typeTLS,
		long("sCA"), long("sCert"), long("sKeyFile"), long("sKeyPwd"), long("sCrl"), long("sCiphers"),
		utf8Text(symbol.Var("sVersion", "STRING(80)")), symbol.Var("bNoServerCertCheck", "BOOL"),
		long("sPskIdentity"), symbol.Var("aPskKey", "ARRAY [1..64] OF BYTE"), symbol.Var("nPskKeyLen", "USINT"),
	)
	text := func(name string) symbol.Member { return utf8Text(symbol.In(name, "STRING(255)")) }
	d.FunctionBlock(
		typeBlock,
		text("sHostName"), symbol.In("nHostPort", "UINT"), text("sUri"), text("sProtocol"), text("sOrigin"),
		symbol.In("stTLS", typeTLS), symbol.In("bPerMessageDeflate", "BOOL"), symbol.In("bKeepAlive", "BOOL"),
		symbol.In("nKeepAliveInterval", "UINT"), symbol.In("nKeepAliveCloseTimeout", "UINT"), symbol.In("nConnectResponseTimeout", "UINT"),
		symbol.In("nMaxRecvFrameSize", "UDINT"), symbol.In("nMaxRecvMsgSize", "UDINT"), symbol.In("nMaxSendFrameSize", "UDINT"),
		symbol.Out("bError", "BOOL"), symbol.Out("hrErrorCode", "HRESULT"), symbol.Out("eConnectionState", typeStatus),
		symbol.Out("bConnected", "BOOL"), symbol.Out("nCloseReason", "UINT"), symbol.Out("nHandle", "UDINT"),
	).Method("Connect", "BOOL", symbol.In("bReconfig", "BOOL")).Method("Disconnect", "BOOL")
	for _, name := range instances {
		d.Symbol(name, typeBlock).Comment("a WebSocket client; messages go by its handle")
	}
}

// Serve gives the service to a device whose symbols were declared with [Declare]:
// the index groups, and behind each instance a client, which is nobody's own. Its
// inputs are read by its method Connect, its outputs are always up to date, and
// its nHandle is for the index groups. Init is to be the device's.
func (s *Service) Serve(d *ads.Device, instances ...string) error {
	s.Attach(d)
	for _, name := range instances {
		c, code := s.add(ams.Address{}, name, 0)
		if code != ams.NoError {
			return fmt.Errorf("%s: %w", name, code)
		}
		if err := s.instance(d, name, c); err != nil {
			c.release()
			return err
		}
	}
	return nil
}

// Defaults sets the inputs of instances to what the manual gives them; it is for
// the Init of the device's options.
func Defaults(d *ads.Device, instances ...string) error {
	for _, name := range instances {
		err := d.SetAll(
			ads.DeviceValue{Path: name + ".nHostPort", Value: ws.DefaultPort},
			ads.DeviceValue{Path: name + ".bKeepAlive", Value: true},
			ads.DeviceValue{Path: name + ".stTLS.sVersion", Value: "tlsv1.2"},
			ads.DeviceValue{Path: name + ".nKeepAliveInterval", Value: int(ws.DefaultKeepAliveInterval / time.Second)},
			ads.DeviceValue{Path: name + ".nKeepAliveCloseTimeout", Value: int(ws.DefaultKeepAliveCloseTimeout / time.Second)},
			ads.DeviceValue{Path: name + ".nConnectResponseTimeout", Value: int(ws.DefaultConnectResponseTimeout / time.Second)},
			ads.DeviceValue{Path: name + ".nMaxRecvFrameSize", Value: ws.DefaultMaxReceiveFrame},
			ads.DeviceValue{Path: name + ".nMaxRecvMsgSize", Value: ws.DefaultMaxReceiveMessage},
			ads.DeviceValue{Path: name + ".nMaxSendFrameSize", Value: ws.DefaultMaxSendFrame},
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// instance puts a client behind the symbols of an instance.
func (s *Service) instance(d *ads.Device, name string, c *client) error {
	for field, get := range map[string]func() any{
		"bError":           func() any { return c.block.Error },
		"hrErrorCode":      func() any { return int32(c.block.ErrorCode) },
		"eConnectionState": func() any { return int32(c.block.ConnectionState) },
		"bConnected":       func() any { return c.block.Connected },
		"nCloseReason":     func() any { return uint16(c.block.CloseReason) },
		"nHandle":          func() any { return c.handle },
	} {
		path := name + "." + field
		err := d.OnRead(path, func(context.Context) (value any, err error) {
			if !c.do(func() { value = get() }) {
				return nil, ams.ClientUnknown
			}
			return value, nil
		})
		if err == nil {
			err = d.OnWrite(path, func(context.Context, ads.DeviceWrite) error { return ams.InvalidAccess })
		}
		if err != nil {
			return err
		}
	}
	err := d.OnCall(name+"#Connect", func(_ context.Context, call *ads.DeviceCall) error {
		var block blockInputs
		if err := d.GetInto(name, &block); err != nil {
			return err
		}
		var flags uint32
		if reconfig, _ := call.In["BRECONFIG"].(bool); reconfig {
			flags |= ConnectReconfig
		}
		if code := s.start(call.Request.Header.Source, c, block.inputs(), flags); code != ams.NoError {
			return code
		}
		if !c.do(func() { call.Return = c.block.Connected }) {
			return ams.ClientUnknown
		}
		return nil
	})
	if err != nil {
		return err
	}
	return d.OnCall(name+"#Disconnect", func(_ context.Context, call *ads.DeviceCall) error {
		if !c.do(func() {
			connecting := c.block.ConnectionState == ws.Busy
			c.disconnect()
			if !connecting { // else a verdict may be asked for, which is dealt with first
				c.step()
			}
			call.Return = !c.leaving
		}) {
			return ams.ClientUnknown
		}
		return nil
	})
}
