package websocket_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stellwerk/internal/link"
	"stellwerk/internal/link/websocket"
	"stellwerk/internal/point"
	"stellwerk/jwt"
	proto "stellwerk/websocket"
	"stellwerk/websocket/frame"
)

const (
	hello     = `{"kind":"hello","version":1,"name":"cloud"}`
	voltage   = `{"address":"bay1/voltage","type":"number","value":230.5,"quality":[],"time":"2026-03-02T08:30:00.5Z","cause":"spontaneous"}`
	confirmed = `{"kind":"hello","version":1,"confirm":true}`
)

// The messages of the schema, word for word.
func TestSchema(t *testing.T) {
	p := newPlant(point.QueueOptions{})
	p.points["bay1/voltage"] = point.Update{ID: point.ID{Link: "cloud", Address: "bay1/voltage"}, Quality: point.Invalid | point.NotTopical, Type: "number"}
	l, _ := run(t, p, server)
	c := dial(t, l, &proto.ClientOptions{Subprotocols: []string{websocket.Subprotocol}})
	if c.Subprotocol() != websocket.Subprotocol {
		t.Errorf("subprotocol %q", c.Subprotocol())
	}
	hear(t, c, hello)
	say(t, c, confirmed)
	hear(t, c, `{"kind":"snapshot","sequence":0,"points":[{"address":"bay1/voltage","type":"number","value":null,"quality":["not-topical","invalid"],"time":null,"cause":"unknown"}],"last":true}`)
	p.change(t, "bay1/voltage", point.NumberValue(230.5))
	hear(t, c, `{"kind":"change","sequence":1,"points":[`+voltage+`]}`)
	if held := p.queue.State().Held; held != 1 {
		t.Errorf("%d held before the confirmation", held)
	}
	say(t, c, `{"kind":"confirmation","sequence":1}`)
	await(t, func() string {
		if held := p.queue.State().Held; held != 0 {
			return fmt.Sprintf("%d held after the confirmation", held)
		}
		return ""
	})
	say(t, c, `{"kind":"command","id":"a","address":"bay1/breaker","value":true,"action":"select"}`)
	hear(t, c, `{"kind":"result","id":"a","outcome":"confirmed"}`)
	say(t, c, `{"kind":"command","id":"b","address":"bay1/tap","type":"double","value":"on"}`)
	hear(t, c, `{"kind":"result","id":"b","outcome":"confirmed"}`)
	hear(t, c, `{"kind":"result","id":"b","outcome":"terminated"}`)
	for _, wrong := range [][2]string{
		{`{"kind":"command","id":"c","address":"locked","value":1}`, `{"kind":"result","id":"c","outcome":"refused","reason":"not-allowed","detail":"no route allows commands on this point"}`},
		{`{"kind":"command","id":"d","address":"x","value":null}`, `{"kind":"result","id":"d","outcome":"refused","reason":"value","detail":"the value is null, which no point can have"}`},
		{`{"kind":"command","id":"e","address":"","value":1}`, `{"kind":"result","id":"e","outcome":"refused","reason":"value","detail":"\"cloud/\" names no point: the address behind the link is empty"}`},
		{`{"kind":"command","id":"f","address":"x","type":"bits","value":-1}`, `{"kind":"result","id":"f","outcome":"refused","reason":"value","detail":"the value is -1, it must be an integer from 0 to 4294967295"}`},
		{`{"kind":"nonsense"}`, `{"kind":"error","text":"there is no kind of message \"nonsense\""}`},
		{`[]`, `{"kind":"error","text":"the message is no JSON of the schema: json: cannot unmarshal array into Go value of type websocket.message"}`},
		{`{"kind":"change","points":[]}`, `{"kind":"error","text":"this link takes no values"}`},
	} {
		say(t, c, wrong[0])
		hear(t, c, wrong[1])
	}
	if got, want := strings.Join(p.commands, ", "), "select  cloud/bay1/breaker=on from cloud, execute double cloud/bay1/tap=on from cloud, execute  cloud/locked=1 from cloud"; got != want {
		t.Errorf("commands %s\nwant %s", got, want)
	}
}

// A server that has values and a client that wants them: snapshot, changes of every
// kind, commands end to end, loss and return.
func TestBothEnds(t *testing.T) {
	source, sink := newPlant(point.QueueOptions{}), newPlant(point.QueueOptions{})
	source.points["first"] = point.Update{ID: point.ID{Link: "cloud", Address: "first"}, Value: point.SingleValue(true), Quality: point.Blocked}
	l, stop := run(t, source, func(o *websocket.Options) {
		server(o)
		o.Deflate = true
	})
	address := l.Status().Address
	c, _ := run(t, sink, func(o *websocket.Options) {
		client(l)(o)
		o.Deflate = true
	})
	sink.has(t, "cloud/first=on BL no time")
	for address, value := range map[string]point.Value{
		"single": point.SingleValue(false), "double": point.DoubleValue(point.Intermediate), "step": point.StepValue(-7, true),
		"bits": point.BitsValue(0xdeadbeef), "number": point.NumberValue(-1.5e-10), "counter": point.CounterValue(point.CounterReading{Count: -5, Sequence: 3, Carry: true}),
	} {
		source.change(t, address, value)
		sink.has(t, "cloud/"+address+"="+value.String()+" good 2026-03-02T08:30:00.5Z")
	}
	commander, ok := c.(point.Commander)
	if !ok {
		t.Fatal("commands cannot be given")
	}
	for want, command := range map[string]point.Command{
		"confirmed, terminated": {ID: point.ID{Link: "cloud", Address: "x"}, Value: point.NumberValue(1)},
		"confirmed":             {ID: point.ID{Link: "cloud", Address: "y"}, Value: point.DoubleValue(point.On), Action: point.Select},
		"refused: no route allows commands on this point": {ID: point.ID{Link: "cloud", Address: "locked"}, Value: point.SingleValue(true)},
	} {
		if got := give(t, commander, command); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	await(t, func() string {
		if state := source.queue.State(); state.Held > 0 {
			return fmt.Sprintf("%+v", state)
		}
		return ""
	})
	stop()
	await(t, func() string {
		sink.mu.Lock()
		defer sink.mu.Unlock()
		if sink.losses != 1 {
			return fmt.Sprintf("%d losses", sink.losses)
		}
		return ""
	})
	if got := give(t, commander, point.Command{ID: point.ID{Link: "cloud", Address: "x"}, Value: point.NumberValue(1)}); !strings.HasPrefix(got, "refused: the link to the process is down") {
		t.Errorf("a command without connection: %s", got)
	}
	await(t, func() string {
		if s := c.Status(); s.State != link.Connecting || s.Detail.IsZero() {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	source.change(t, "while away", point.SingleValue(true))
	source.change(t, "while away", point.SingleValue(false))
	run(t, source, func(o *websocket.Options) { o.Role, o.Listen = "server", address })
	sink.has(t, "cloud/while away=on good", "cloud/while away=off good")
}

// give gives a command and returns its steps.
func give(t *testing.T, to point.Commander, c point.Command) string {
	t.Helper()
	var steps []string
	to.Command(t.Context(), c, func(r point.Result) { steps = append(steps, r.String()) })
	return strings.Join(steps, ", ")
}

// What a peer has not confirmed comes again, and what there was no room for is
// counted and told.
func TestAgainAndOverflow(t *testing.T) {
	p := newPlant(point.QueueOptions{Limit: 2, Full: point.FullDropOldest})
	l, _ := run(t, p, server)
	first := dial(t, l, nil)
	hear(t, first, hello)
	say(t, first, confirmed)
	hear(t, first, `{"kind":"snapshot","sequence":0,"points":[],"last":true}`)
	p.change(t, "a", point.SingleValue(true))
	if m, err := first.Read(t.Context()); err != nil || !strings.Contains(string(m.Data), `"address":"a"`) {
		t.Fatal(err, string(m.Data))
	}
	if err := first.Abort(); err != nil {
		t.Error(err)
	}
	await(t, func() string {
		if s := l.Status(); s.State != link.Listening {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	for _, on := range []bool{false, true, false} {
		p.change(t, "b", point.SingleValue(on))
	}
	second := dial(t, l, nil)
	hear(t, second, hello)
	say(t, second, confirmed)
	var told []string
	for len(told) < 3 {
		m, err := second.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, string(m.Data))
	}
	if !strings.Contains(told[0], "snapshot") || told[1] != `{"kind":"overflow","dropped":2}` ||
		strings.Count(told[2], `"address":"b"`) != 2 || strings.Contains(told[2], `"address":"a"`) {
		t.Errorf("told %q", told)
	}
	if state := p.queue.State(); state.Dropped != 2 {
		t.Errorf("%+v", state)
	}
}

// A peer that says nothing only listens: it gets everything, and keeps nothing
// waiting.
func TestListener(t *testing.T) {
	p := newPlant(point.QueueOptions{})
	l, _ := run(t, p, server)
	c := dial(t, l, nil)
	hear(t, c, hello)
	hear(t, c, `{"kind":"snapshot","sequence":0,"points":[],"last":true}`)
	p.change(t, "bay1/voltage", point.NumberValue(230.5))
	hear(t, c, `{"kind":"change","sequence":1,"points":[`+voltage+`]}`)
	await(t, func() string {
		if held := p.queue.State().Held; held != 0 {
			return "it is held"
		}
		return ""
	})
}

// Who may not connect.
func TestRefused(t *testing.T) {
	l, _ := run(t, newPlant(point.QueueOptions{}), func(o *websocket.Options) {
		server(o)
		o.Origins, o.Peers = []string{"https://plant.example"}, 1
	})
	address := l.Status().Address
	for _, test := range []struct {
		name, path, origin string
		status             int
	}{
		{"the page of another host", "/", "https://evil.example", 403},
		{"another path", "/other", "", 403},
		{"no page", "/", "", 101},
		{"a page that is named", "/", "https://plant.example", 101},
		{"a page of our own address", "/", "http://" + address, 101},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := proto.Dial(t.Context(), "ws://"+address+test.path, origin(test.origin))
			if err == nil {
				_ = c.Close(proto.NormalClosure, "")
			}
			failed, refused := errors.AsType[*proto.HandshakeError](err)
			if refused != (test.status != 101) || refused && failed.Status != test.status {
				t.Errorf("%v", err)
			}
			await(t, func() string {
				if l.Status().State != link.Listening {
					return "still connected"
				}
				return ""
			})
		})
	}
	_ = dial(t, l, nil)
	await(t, func() string {
		if l.Status().State != link.Connected {
			return "not connected"
		}
		return ""
	})
	second := dial(t, l, nil)
	if _, err := second.Read(t.Context()); !closedWith(err, frame.TryAgainLater) {
		t.Errorf("one peer too many: %v", err)
	}
}

func closedWith(err error, code frame.CloseCode) bool {
	closed, ok := errors.AsType[*proto.CloseError](err)
	return ok && closed.Code == code
}

// Another version of the schema is refused.
func TestVersion(t *testing.T) {
	l, _ := run(t, newPlant(point.QueueOptions{}), server)
	c := dial(t, l, nil)
	hear(t, c, hello)
	say(t, c, `{"kind":"hello","version":2}`)
	if _, err := c.Read(t.Context()); !closedWith(err, frame.PolicyViolation) {
		t.Errorf("%v", err)
	}
}

// Tokens in each of their places: good ones are taken and renewed before they
// expire, others are refused.
func TestTokens(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("0123456789abcdef0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, via := range []string{"header", "subprotocol", "query", "message"} {
		t.Run(via, func(t *testing.T) {
			t.Parallel()
			source, sink := newPlant(point.QueueOptions{}), newPlant(point.QueueOptions{})
			tokens := &websocket.JWT{SecretFile: secret, Via: via, Claims: map[string]string{"sub": "gateway", "site": "north"}, Lifetime: 3 * time.Second}
			l, _ := run(t, source, func(o *websocket.Options) {
				server(o)
				o.JWT = tokens
			})
			c, _ := run(t, sink, func(o *websocket.Options) {
				client(l)(o)
				o.JWT = tokens
			})
			await(t, func() string {
				if s := l.Status(); s.State != link.Connected {
					return fmt.Sprintf("%+v %+v", s, c.Status())
				}
				return ""
			})
			since := l.Status().Since
			if via == "header" { // 5 s are how much clocks may differ
				time.Sleep(9 * time.Second)
			}
			source.change(t, "still", point.SingleValue(true))
			sink.has(t, "cloud/still=on")
			if s := l.Status(); s.Since != since || s.Dropped != 0 {
				t.Errorf("the connection was lost: %+v", s)
			}
		})
	}
}

// Tokens that are no good.
func TestBadTokens(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("0123456789abcdef0123456789abcdef"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, _ := run(t, newPlant(point.QueueOptions{}), func(o *websocket.Options) {
		server(o)
		o.JWT = &websocket.JWT{SecretFile: secret, Claims: map[string]string{"aud": "plant", "site": "north"}}
	})
	key, err := jwt.SecretKey(jwt.HS256, []byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := jwt.SecretKey(jwt.HS256, []byte("another one, as long as the hash"))
	if err != nil {
		t.Fatal(err)
	}
	sign := func(k *jwt.Key, claims jwt.Claims, lifetime time.Duration) string {
		token, err := jwt.Sign(k, claims, &jwt.SignOptions{Lifetime: lifetime, Now: time.Now().Add(min(0, lifetime))})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	good := jwt.Claims{"aud": "plant", "site": "north"}
	for name, token := range map[string]string{
		"none":             "",
		"nonsense":         "a.b.c",
		"another key":      sign(other, good, time.Hour),
		"another site":     sign(key, jwt.Claims{"aud": "plant", "site": "south"}, time.Hour),
		"another audience": sign(key, jwt.Claims{"aud": "shop", "site": "north"}, time.Hour),
		"without expiry":   sign(key, good, 0),
	} {
		if _, err := proto.Dial(t.Context(), "ws://"+l.Status().Address+"/", bearer(token)); err == nil {
			t.Errorf("%s: connected", name)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, err := proto.Dial(ctx, "ws://"+l.Status().Address+"/", bearer(sign(key, good, time.Second)))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = c.Read(ctx)
	}
	if !closedWith(err, frame.PolicyViolation) {
		t.Errorf("with a token that has expired: %v", err)
	}
}

// Mistakes in settings are told by key.
func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*websocket.Options)
		want   string
	}{
		{"a client without server", func(o *websocket.Options) { o.Role = "client" }, ": a client needs connect"},
		{"no WebSocket", func(o *websocket.Options) { o.Role, o.Connect = "client", "http://a/" }, "connect: \"http://a/\" is no URL of a WebSocket"},
		{"TLS without wss", func(o *websocket.Options) {
			o.Role, o.Connect, o.TLS = "client", "ws://a/", &websocket.TLS{Insecure: true}
		}, "connect: with tls the URL must begin with wss://"},
		{"both ends", func(o *websocket.Options) { o.Role, o.Connect, o.Listen = "client", "ws://a/", ":1" }, "listen: a client connects"},
		{"a server without address", func(o *websocket.Options) { o.Role = "server" }, ": a server needs listen"},
		{"no port", func(o *websocket.Options) { o.Role, o.Listen = "server", "127.0.0.1" }, "listen: \"127.0.0.1\" is no address with a port"},
		{"an origin with path", func(o *websocket.Options) { server(o); o.Origins = []string{"https://a/b"} }, "origins: \"https://a/b\" is no origin"},
		{"a missing file", func(o *websocket.Options) {
			server(o)
			o.TLS = &websocket.TLS{Certificate: "/nowhere/a.pem", Key: "/nowhere/a.key"}
		}, "tls.certificate: "},
		{"no secret", func(o *websocket.Options) { server(o); o.JWT = &websocket.JWT{} }, "jwt: HS256 needs a secret"},
		{"a key for HS", func(o *websocket.Options) { server(o); o.JWT = &websocket.JWT{Key: "k"} }, "jwt.key: HS256 works with a secret"},
		{"a missing key", func(o *websocket.Options) { server(o); o.JWT = &websocket.JWT{Algorithm: "RS256", Key: "/nowhere"} }, "jwt.key: "},
		{"a header that breaks out", func(o *websocket.Options) {
			o.Role, o.Connect, o.Header = "client", "ws://a/", map[string]string{"X": "a\r\nB: c"}
		}, "header: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := websocket.DefaultOptions()
			test.change(o)
			var said []string
			o.Check(func(key, text string) { said = append(said, key+": "+text) })
			if !slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, test.want) }) {
				t.Errorf("%q, want %s", said, test.want)
			}
		})
	}
}
