package router

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/wire"
)

// Step is one step of a diagnosis.
type Step struct {
	Name   StepName
	Result StepResult
	Text   wire.Text     // what was seen
	Remedy wire.Text     // what to do; zero where there is nothing to do
	Took   time.Duration // zero where nobody was asked
}

// StepName is what a step looks at.
type StepName string

// The steps, in their order.
const (
	StepRoute     StepName = "route"     // the settings by themselves
	StepResolve   StepName = "resolve"   // host name to IP address
	StepDiscovery StepName = "discovery" // a question by UDP
	StepNetID     StepName = "net-id"    // what the machine calls itself
	StepConnect   StepName = "connect"   // TCP
	StepSecure    StepName = "secure"    // TLS
	StepAnswer    StepName = "answer"    // the system service answers: there is a route back
	StepPort      StepName = "port"      // the port that was asked for answers
	StepClock     StepName = "clock"     // the clock of the machine
)

// StepResult says how a step has ended.
type StepResult uint8

// The results.
const (
	StepOK StepResult = iota
	StepNote
	StepFailed
)

// String returns a word.
func (r StepResult) String() string {
	switch r {
	case StepOK:
		return "ok"
	case StepNote:
		return "note"
	case StepFailed:
		return "failed"
	default:
		return fmt.Sprintf("result %d", uint8(r))
	}
}

// MarshalText returns the word.
func (r StepResult) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Target is a machine that does not answer as it should.
type Target struct {
	// Host is a host name or an IP address, with a TCP port where it is not the
	// usual one.
	Host string
	// NetID is what the machine is called by; zero is what it calls itself.
	NetID ams.NetID
	// Port is a port that is asked too; zero is none but the system service.
	Port ams.Port
	// Secure tells that the machine is called by TLS, see
	// [DiagnoseOptions.Secure].
	Secure bool
}

// DiagnoseOptions are the settings of [Diagnose]. Nil options, and fields that
// are zero, have the values named beside them.
type DiagnoseOptions struct {
	// Source is who asks. A zero NetID is made of the IP address of this
	// machine; a zero port is 32768.
	Source ams.Address
	// Wait is how long each step may take. Zero is 3 s.
	Wait time.Duration
	// DiscoveryPort is the UDP port of discovery. Zero is 48899.
	DiscoveryPort int
	// Dial connects; nil is that of [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Secure makes a connection secure.
	Secure func(ctx context.Context, conn net.Conn) (net.Conn, error)
}

// diagnosis is one on its way.
type diagnosis struct {
	target  Target
	options DiagnoseOptions
	steps   []Step
	address string   // of the machine by TCP
	over    net.Conn // a router that is connected, nil without
	secured bool
	id      uint32
}

// Diagnose says in steps why a machine does not answer, or that it does. It
// reads, and writes nothing. The last step is the one that failed, where one
// has.
func Diagnose(ctx context.Context, target Target, options *DiagnoseOptions) []Step {
	d := newDiagnosis(target, options)
	d.run(ctx)
	return d.steps
}

func newDiagnosis(target Target, options *DiagnoseOptions) *diagnosis {
	d := &diagnosis{target: target}
	if options != nil {
		d.options = *options
	}
	o := &d.options
	o.Wait = cmp.Or(o.Wait, 3*time.Second)
	o.DiscoveryPort = cmp.Or(o.DiscoveryPort, ams.UDPPort)
	o.Source.Port = cmp.Or(o.Source.Port, ams.PortFirstDynamic)
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	return d
}

// Diagnose says in steps why the route to a machine does not work, or that it
// does. It uses the router's connection where there is one. The port is asked
// too; 0 is none but the system service.
func (r *Router) Diagnose(ctx context.Context, id ams.NetID, port ams.Port) []Step {
	r.mu.RLock()
	e := r.routes[id]
	connected := len(r.machines[id]) > 0
	var route Route
	if e != nil {
		route = e.Route
		connected = connected || e.link != nil && e.link.state == LinkConnected
	}
	r.mu.RUnlock()
	d := newDiagnosis(Target{Host: route.Address, NetID: id, Port: port, Secure: route.Secure != ""}, &DiagnoseOptions{
		Source: ams.Address{NetID: r.options.NetID}, Dial: r.options.Dial,
		Secure: func(ctx context.Context, conn net.Conn) (net.Conn, error) {
			if r.options.Secure == nil {
				return nil, errors.Join(errors.New("the router was not told how to make connections secure"), conn.Close())
			}
			return r.options.Secure(ctx, conn, route)
		},
	})
	switch {
	case e == nil && !connected:
		d.fail(StepRoute, text(fmt.Sprintf("the router has no route to %s", id), fmt.Sprintf("der Router hat keine Route zu %s", id)),
			text("add one: stellwerk ads route add", "eine anlegen: stellwerk ads route add"))
		return d.steps
	case connected:
		conn, err := r.Dial()
		if err == nil {
			defer conn.Close()
			d.options.Source, err = Register(ctx, conn, 0)
		}
		if err != nil {
			d.fail(StepRoute, wire.Same(err.Error()), wire.Text{})
			return d.steps
		}
		d.over = conn
	case route.Address == "":
		d.fail(StepRoute, text(fmt.Sprintf("the route %q has no address: the machine has to connect by itself, and has not", route.Name),
			fmt.Sprintf("die Route %q hat keine Adresse: der Rechner müsste sich selbst verbinden und hat es nicht getan", route.Name)),
			text("give the route an address", "der Route eine Adresse geben"))
		return d.steps
	}
	d.run(ctx)
	return d.steps
}

func text(en, de string) wire.Text { return wire.Text{EN: en, DE: de} }

func (d *diagnosis) ok(name StepName, took time.Duration, what wire.Text) {
	d.steps = append(d.steps, Step{Name: name, Text: what, Took: took})
}

func (d *diagnosis) note(name StepName, what, remedy wire.Text) {
	d.steps = append(d.steps, Step{Name: name, Result: StepNote, Text: what, Remedy: remedy})
}

func (d *diagnosis) fail(name StepName, what, remedy wire.Text) {
	d.steps = append(d.steps, Step{Name: name, Result: StepFailed, Text: what, Remedy: remedy})
}

// run takes the steps until one fails.
func (d *diagnosis) run(ctx context.Context) {
	if d.target.Host != "" && (!d.resolve(ctx) || !d.discover(ctx)) {
		return
	}
	if d.target.NetID.IsZero() {
		d.fail(StepNetID, text("the NetId of the machine is not known", "die NetId des Rechners ist nicht bekannt"),
			text("name it: it stands in the route of the machine, or in TwinCAT under About", "sie angeben: sie steht in der Route des Rechners oder in TwinCAT unter Info"))
		return
	}
	if d.target.NetID == d.options.Source.NetID {
		d.fail(StepNetID, text(fmt.Sprintf("this machine and the other one have the same NetId, %s", d.target.NetID),
			fmt.Sprintf("dieser Rechner und der andere haben dieselbe NetId %s", d.target.NetID)),
			text("give one of them another NetId", "einem von beiden eine andere NetId geben"))
		return
	}
	conn, ok := d.connect(ctx)
	if !ok {
		return
	}
	if conn != d.over {
		defer conn.Close()
	}
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	framing := ams.OverTCP
	if d.secured {
		framing = ams.Bare
	}
	t := &talk{d: d, conn: conn, framing: framing, reader: ams.NewReader(conn, framing, 0)}
	if !t.answer() {
		return
	}
	t.port()
	t.clock()
}

// resolve looks the host up.
func (d *diagnosis) resolve(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, d.options.Wait)
	defer cancel()
	port := ams.TCPPort
	if d.target.Secure {
		port = ams.SecurePort
	}
	address, err := Endpoint(d.target.Host, port)
	if err != nil {
		d.fail(StepRoute, wire.Same(err.Error()), text("correct the host", "den Host berichtigen"))
		return false
	}
	d.address = address
	host, _, _ := net.SplitHostPort(address) // it was joined
	begin := time.Now()
	found, err := resolve(ctx, net.JoinHostPort(host, fmt.Sprint(d.options.DiscoveryPort)))
	if err != nil {
		d.fail(StepResolve, text(fmt.Sprintf("the name %s is not known: %v", host, err), fmt.Sprintf("der Name %s ist nicht bekannt: %v", host, err)),
			text("use the IP address, or correct the name", "die IP-Adresse verwenden oder den Namen berichtigen"))
		return false
	}
	if net.ParseIP(host) == nil {
		d.ok(StepResolve, time.Since(begin), text(fmt.Sprintf("%s is %s", host, found.Addr()), fmt.Sprintf("%s ist %s", host, found.Addr())))
	}
	return true
}

// discover asks the machine who it is. That it does not answer is no failure:
// firewalls often let TCP through alone.
func (d *diagnosis) discover(ctx context.Context) bool {
	host, _, _ := net.SplitHostPort(d.address) // it was joined
	at := net.JoinHostPort(host, fmt.Sprint(d.options.DiscoveryPort))
	found, err := Discover(ctx, at, &UDPOptions{Source: ams.Address{NetID: d.options.Source.NetID}, Wait: d.options.Wait})
	if err != nil || len(found) == 0 {
		if ctx.Err() != nil {
			d.fail(StepDiscovery, wire.Same(ctx.Err().Error()), wire.Text{})
			return false
		}
		d.note(StepDiscovery, text(fmt.Sprintf("the machine does not answer on UDP port %d", d.options.DiscoveryPort), fmt.Sprintf("der Rechner antwortet nicht auf UDP-Port %d", d.options.DiscoveryPort)),
			text("where nothing else fails this does not matter; routes cannot be added from here then, as a firewall holds UDP back, or TwinCAT does not run",
				"wenn sonst nichts fehlschlägt, ist das ohne Bedeutung; Routen lassen sich dann nicht von hier anlegen, weil eine Firewall UDP zurückhält oder TwinCAT nicht läuft"))
		return true
	}
	m := found[0]
	what := m.Name
	if !m.Version.IsZero() {
		what += ", TwinCAT " + m.Version.String()
	}
	if !m.OS.IsZero() {
		what += ", " + m.OS.String()
	}
	d.ok(StepDiscovery, m.Took, text("the machine answers: "+what, "der Rechner antwortet: "+what))
	switch {
	case d.target.NetID.IsZero():
		d.target.NetID = m.NetID
		d.ok(StepNetID, 0, text("its NetId is "+m.NetID.String(), "seine NetId ist "+m.NetID.String()))
	case m.NetID != d.target.NetID && [4]byte(m.NetID[:4]) == [4]byte(d.target.NetID[:4]):
		d.note(StepNetID, text(fmt.Sprintf("the machine calls itself %s; %s may be a part of it, such as an EtherCAT master", m.NetID, d.target.NetID),
			fmt.Sprintf("der Rechner nennt sich %s; %s kann ein Teil von ihm sein, etwa ein EtherCAT-Master", m.NetID, d.target.NetID)), wire.Text{})
	case m.NetID != d.target.NetID:
		d.fail(StepNetID, text(fmt.Sprintf("the machine calls itself %s, the route says %s", m.NetID, d.target.NetID),
			fmt.Sprintf("der Rechner nennt sich %s, die Route sagt %s", m.NetID, d.target.NetID)),
			text(fmt.Sprintf("correct the NetId of the route to %s, or its address, which may belong to another machine", m.NetID),
				fmt.Sprintf("die NetId der Route in %s ändern oder ihre Adresse, die zu einem anderen Rechner gehören kann", m.NetID)))
		return false
	default:
		d.ok(StepNetID, 0, text("it has the NetId of the route, "+m.NetID.String(), "er hat die NetId der Route, "+m.NetID.String()))
	}
	return true
}

// connect connects by TCP, and TLS.
func (d *diagnosis) connect(ctx context.Context) (net.Conn, bool) {
	if d.over != nil {
		d.ok(StepConnect, 0, text("the router is connected", "der Router ist verbunden"))
		return d.over, true
	}
	ctx, cancel := context.WithTimeout(ctx, d.options.Wait)
	defer cancel()
	begin := time.Now()
	conn, err := d.options.Dial(ctx, "tcp", d.address)
	if err != nil {
		d.unconnected(err)
		return nil, false
	}
	if d.options.Source.NetID.IsZero() {
		d.options.Source.NetID = NetIDOf(conn.LocalAddr())
	}
	d.ok(StepConnect, time.Since(begin), text(d.address+" accepts the connection", d.address+" nimmt die Verbindung an"))
	if !d.target.Secure {
		return conn, true
	}
	if d.options.Secure == nil {
		_ = conn.Close() // nothing was sent
		d.fail(StepSecure, text("it is not known how the connection is made secure", "es ist nicht bekannt, wie die Verbindung gesichert wird"), wire.Text{})
		return nil, false
	}
	begin = time.Now()
	secure, err := d.options.Secure(ctx, conn)
	if err != nil {
		d.fail(StepSecure, text("no secure connection: "+err.Error(), "keine sichere Verbindung: "+err.Error()),
			text("check identity and password, or the fingerprints, on both machines", "Identität und Passwort oder die Fingerabdrücke auf beiden Rechnern prüfen"))
		return nil, false
	}
	d.secured = true
	d.ok(StepSecure, time.Since(begin), text("the connection is secure", "die Verbindung ist gesichert"))
	return secure, true
}

// unconnected says why there is no TCP connection.
func (d *diagnosis) unconnected(err error) {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		d.fail(StepConnect, text("nobody listens at "+d.address, "an "+d.address+" hört niemand"),
			text("start TwinCAT on the machine; secure ADS is another port (8016)", "TwinCAT auf dem Rechner starten; Secure ADS hat einen anderen Port (8016)"))
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		d.fail(StepConnect, text(d.address+" cannot be reached from this network", d.address+" ist von diesem Netz aus nicht erreichbar"),
			text("check cable, IP address, subnet mask and gateway on both machines", "Kabel, IP-Adresse, Subnetzmaske und Gateway auf beiden Rechnern prüfen"))
	case timedOut(err), errors.Is(err, context.DeadlineExceeded):
		d.fail(StepConnect, text(fmt.Sprintf("%s says nothing within %v: a firewall drops the packets, or the machine is off", d.address, d.options.Wait),
			fmt.Sprintf("%s schweigt %v lang: eine Firewall verwirft die Pakete, oder der Rechner ist aus", d.address, d.options.Wait)),
			text("allow TCP port 48898 in the firewalls of the machine and in between", "TCP-Port 48898 in den Firewalls des Rechners und dazwischen freigeben"))
	default:
		d.fail(StepConnect, wire.Same(err.Error()), text("check the address", "die Adresse prüfen"))
	}
}

// talk is a conversation with the machine.
type talk struct {
	d       *diagnosis
	conn    net.Conn
	framing ams.Framing
	reader  *ams.Reader
}

// ask sends a request and waits for its answer.
func (t *talk) ask(port ams.Port, command ams.Command, body []byte) (ams.Frame, time.Duration, error) {
	t.d.id++
	request := ams.Frame{Header: ams.Header{
		Target: ams.Address{NetID: t.d.target.NetID, Port: port}, Source: t.d.options.Source,
		Command: command, StateFlags: ams.RequestFlags, InvokeID: t.d.id,
	}, Data: body}
	begin := time.Now()
	if err := t.conn.SetDeadline(begin.Add(t.d.options.Wait)); err != nil {
		return ams.Frame{}, 0, err
	}
	if _, err := t.conn.Write(request.Append(nil, t.framing)); err != nil {
		return ams.Frame{}, 0, err
	}
	for {
		packet, err := t.reader.Next()
		if err != nil {
			return ams.Frame{}, 0, err
		}
		if f := packet.Frame; packet.Command == ams.TCPFrame && f.IsResponse() && f.InvokeID == t.d.id {
			return f, time.Since(begin), nil
		}
	}
}

// answer asks the system service, which every machine has.
func (t *talk) answer() bool {
	d := t.d
	us, them := d.options.Source.NetID, d.target.NetID
	f, took, err := t.ask(ams.PortSystemService, ams.ReadState, nil)
	switch {
	case hungUp(err):
		d.fail(StepAnswer, text(fmt.Sprintf("the machine accepts the connection and closes it again: it has no route back to %s with our IP address", us),
			fmt.Sprintf("der Rechner nimmt die Verbindung an und schließt sie wieder: er hat keine Route zurück zu %s mit unserer IP-Adresse", us)),
			text(fmt.Sprintf("add a route to %s on the machine: stellwerk ads route add HOST --arm", us),
				fmt.Sprintf("auf dem Rechner eine Route zu %s anlegen: stellwerk ads route add HOST --arm", us)))
	case timedOut(err):
		d.fail(StepAnswer, text(fmt.Sprintf("the machine takes the request and does not answer: its route to %s may lead to another address than ours, or %s is not its NetId", us, them),
			fmt.Sprintf("der Rechner nimmt die Anforderung und antwortet nicht: seine Route zu %s führt vielleicht zu einer anderen Adresse als unserer, oder %s ist nicht seine NetId", us, them)),
			text(fmt.Sprintf("correct the address in the route to %s on the machine, and check its NetId", us),
				fmt.Sprintf("auf dem Rechner die Adresse in der Route zu %s berichtigen und seine NetId prüfen", us)))
	case err != nil:
		d.fail(StepAnswer, text("the answer is none: "+err.Error(), "die Antwort ist keine: "+err.Error()),
			text("check that the port is that of AMS", "prüfen, ob der Port der von AMS ist"))
	case f.Error == ams.TargetMachineNotFound:
		d.fail(StepAnswer, text(fmt.Sprintf("the other side does not know the NetId %s (AMS error 7): it is that of no machine there", them),
			fmt.Sprintf("die Gegenstelle kennt die NetId %s nicht (AMS-Fehler 7): sie gehört dort zu keinem Rechner", them)),
			text("correct the NetId of the route", "die NetId der Route berichtigen"))
	case f.Error == ams.TargetPortNotFound:
		d.ok(StepAnswer, took, text("the machine answers; it has no system service (AMS error 6), as devices that are no TwinCAT", "der Rechner antwortet; er hat keinen System-Service (AMS-Fehler 6) wie Geräte ohne TwinCAT"))
		return true
	case f.Error != ams.NoError:
		d.fail(StepAnswer, wire.Text{EN: "the machine answers with " + f.Error.String() + ": " + f.Error.Meaning().EN, DE: "der Rechner antwortet mit " + f.Error.String() + ": " + f.Error.Meaning().DE}, f.Error.Remedy())
	default:
		d.ok(StepAnswer, took, wire.Text{EN: "the machine answers" + stateOf(f.Data), DE: "der Rechner antwortet" + stateOf(f.Data)})
		return true
	}
	return false
}

// stateOf puts the ADS state of an answer into words.
func stateOf(data []byte) string {
	if len(data) < 8 || binary.LittleEndian.Uint32(data) != 0 {
		return ""
	}
	return ", " + command.ADSState(binary.LittleEndian.Uint16(data[4:])).String()
}

// port asks the port that was named.
func (t *talk) port() {
	d, port := t.d, t.d.target.Port
	if port == 0 || port == ams.PortSystemService {
		return
	}
	f, took, err := t.ask(port, ams.ReadState, nil)
	switch {
	case err != nil:
		d.fail(StepPort, text(fmt.Sprintf("port %d does not answer: %v", port, err), fmt.Sprintf("Port %d antwortet nicht: %v", port, err)),
			text("look at the load and the state of its program", "Last und Zustand der Gegenstelle ansehen"))
	case f.Error == ams.TargetPortNotFound:
		d.fail(StepPort, text(fmt.Sprintf("no program has the port %d (AMS error 6)", port), fmt.Sprintf("kein Programm hat den Port %d (AMS-Fehler 6)", port)),
			text("put TwinCAT into run mode and load the PLC program; the first PLC of TwinCAT 3 has the port 851, of TwinCAT 2 801",
				"TwinCAT in den Run-Modus setzen und das SPS-Programm laden; die erste SPS von TwinCAT 3 hat den Port 851, von TwinCAT 2 801"))
	case f.Error != ams.NoError:
		d.fail(StepPort, wire.Text{EN: fmt.Sprintf("port %d: %s", port, f.Error.Meaning().EN), DE: fmt.Sprintf("Port %d: %s", port, f.Error.Meaning().DE)}, f.Error.Remedy())
	default:
		state := stateOf(f.Data)
		d.ok(StepPort, took, wire.Text{EN: fmt.Sprintf("port %d answers%s", port, state), DE: fmt.Sprintf("Port %d antwortet%s", port, state)})
	}
}

// The system service tells the time as the machine's clock shows it: eight
// numbers of 16 bits, as SYSTEMTIME of Windows.
const (
	groupTime  = 400
	offsetTime = 1
	timeLength = 16
)

// clockOff is from when on a clock is worth a word.
const clockOff = 5 * time.Second

// clock compares the clocks. Zones are not known: what differs by quarters of
// an hour is taken for a zone.
func (t *talk) clock() {
	f, took, err := t.ask(ams.PortSystemService, ams.Read, command.ReadRequest{Index: command.Index{Group: groupTime, Offset: offsetTime}, Length: timeLength}.Append(nil))
	if err != nil || f.Error != ams.NoError || len(f.Data) != 8+timeLength || binary.LittleEndian.Uint32(f.Data) != 0 {
		return // not every machine tells
	}
	field := func(i int) int { return int(binary.LittleEndian.Uint16(f.Data[8+2*i:])) }
	if field(0) < 1970 || field(1) < 1 || field(1) > 12 {
		return
	}
	theirs := time.Date(field(0), time.Month(field(1)), field(3), field(4), field(5), field(6), field(7)*int(time.Millisecond), time.UTC)
	const quarter = 15 * time.Minute
	off := theirs.Sub(time.Now().UTC().Add(-took / 2))
	off -= off.Round(quarter)
	if off.Abs() < clockOff {
		t.d.ok(StepClock, took, text("its clock agrees with ours, but for time zones", "seine Uhr stimmt bis auf Zeitzonen mit unserer überein"))
		return
	}
	off = off.Round(time.Second)
	t.d.note(StepClock, text(fmt.Sprintf("its clock is off by %v against ours, beside time zones", off), fmt.Sprintf("seine Uhr weicht um %v von unserer ab, Zeitzonen nicht gerechnet", off)),
		text("set the clocks of both machines: certificates and time stamps depend on them", "die Uhren beider Rechner stellen: Zertifikate und Zeitstempel hängen davon ab"))
}
