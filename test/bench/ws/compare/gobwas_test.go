package compare

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"testing"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
	"github.com/klauspost/compress/flate"
)

// gobwasEnd is an end of a connection, with buffers that are kept. The parts of
// gobwas for compression make a new compressor for each message; what is used
// here is klauspost/compress by itself.
type gobwasEnd struct {
	conn    net.Conn
	client  bool
	deflate bool

	in       *bufio.Reader
	payload  []byte
	source   bytes.Reader
	inflater io.ReadCloser
	message  bytes.Buffer

	out      bytes.Buffer
	packed   bytes.Buffer
	deflater *flate.Writer
}

// gobwasTail is what a compressed message lacks, and a last block.
const gobwasTail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

func newGobwasEnd(conn net.Conn, in *bufio.Reader, client, deflate bool) *gobwasEnd {
	e := &gobwasEnd{conn: conn, client: client, deflate: deflate, in: in}
	if e.in == nil {
		e.in = bufio.NewReader(conn)
	}
	if deflate {
		e.deflater, _ = flate.NewWriter(nil, flate.BestSpeed) // of a level that exists
		e.inflater = flate.NewReader(nil)
	}
	return e
}

func (e *gobwasEnd) receive() ([]byte, error) {
	h, err := ws.ReadHeader(e.in)
	if err != nil {
		return nil, err
	}
	if int(h.Length)+len(gobwasTail) > cap(e.payload) {
		e.payload = make([]byte, int(h.Length)+len(gobwasTail))
	}
	e.payload = e.payload[:h.Length]
	if _, err := io.ReadFull(e.in, e.payload); err != nil {
		return nil, err
	}
	if h.Masked {
		ws.Cipher(e.payload, h.Mask, 0)
	}
	if !h.Rsv1() {
		return e.payload, nil
	}
	e.source.Reset(append(e.payload, gobwasTail...))
	if err := e.inflater.(flate.Resetter).Reset(&e.source, nil); err != nil {
		return nil, err
	}
	e.message.Reset()
	_, err = e.message.ReadFrom(e.inflater)
	return e.message.Bytes(), err
}

func (e *gobwasEnd) send(message []byte) error {
	h := ws.Header{Fin: true, OpCode: ws.OpBinary, Masked: e.client}
	if e.deflate {
		e.packed.Reset()
		e.deflater.Reset(&e.packed)
		if _, err := e.deflater.Write(message); err != nil {
			return err
		}
		if err := e.deflater.Flush(); err != nil {
			return err
		}
		message, h.Rsv = e.packed.Bytes()[:e.packed.Len()-4], ws.Rsv(true, false, false)
	}
	h.Length = int64(len(message))
	if e.client {
		h.Mask = ws.NewMask()
	}
	e.out.Reset()
	if err := ws.WriteHeader(&e.out, h); err != nil {
		return err
	}
	at := e.out.Len()
	e.out.Write(message)
	if e.client {
		ws.Cipher(e.out.Bytes()[at:], h.Mask, 0)
	}
	_, err := e.conn.Write(e.out.Bytes())
	return err
}

func openGobwas(tb testing.TB, deflate bool) exchange {
	address := listen(tb, func(conn net.Conn) {
		defer conn.Close()
		upgrader := ws.Upgrader{}
		if deflate {
			extension := wsflate.Extension{Parameters: wsflate.DefaultParameters}
			upgrader.Negotiate = extension.Negotiate
		}
		if _, err := upgrader.Upgrade(conn); err != nil {
			tb.Error(err)
			return
		}
		e := newGobwasEnd(conn, nil, false, deflate)
		for {
			message, err := e.receive()
			if err != nil {
				return
			}
			if err := e.send(message); err != nil {
				return
			}
		}
	})
	dialer := ws.Dialer{}
	if deflate {
		dialer.Extensions = []httphead.Option{wsflate.DefaultParameters.Option()}
	}
	conn, in, shaken, err := dialer.Dial(tb.Context(), "ws://"+address)
	if err != nil {
		tb.Fatal(err)
	}
	if deflate && len(shaken.Extensions) != 1 {
		tb.Fatal("no compression was agreed on")
	}
	tb.Cleanup(func() { _ = conn.Close() })
	e := newGobwasEnd(conn, in, true, deflate)
	return blocking{e.send, e.receive}.exchange
}
