package web_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/web"
	"stellwerk/wire"
)

// plant is a lively plant in memory: a substation whose points move and reach
// a control centre, with every state that a link and a point can have.
type plant struct {
	*table
	*telegramLog

	mu       sync.Mutex
	random   *rand.Rand
	start    time.Time
	links    []web.Link
	routes   []web.Route
	trace    uint64
	sequence map[string]apci.Sequence
	tick     int
	breaker  asdu.DoublePointState
	tap      int
	energy   int32
}

func newPlant() *plant {
	now := time.Now()
	p := &plant{
		table:       newTable(),
		telegramLog: newTelegramLog("substation", "windpark", "plc", "control-centre", "backup-centre", "cloud"),
		random:      rand.New(rand.NewPCG(1, 2)),
		start:       now,
		sequence:    map[string]apci.Sequence{},
		breaker:     asdu.On,
		tap:         7,
		energy:      4_711_000,
		links: []web.Link{
			{Name: "substation", Protocol: "iec104", Role: "controlling", Address: "10.20.1.10:2404", Peers: []string{"10.20.1.10:2404"}, State: web.Connected, Since: now.Add(-3 * time.Hour), Points: 22},
			{Name: "windpark", Protocol: "iec104", Role: "controlling", Address: "10.20.4.2:2404", State: web.Connecting, Since: now.Add(-42 * time.Second), Points: 4, Detail: &web.Text{EN: "10.20.4.2:2404 refuses the connection; next attempt in 8 s", DE: "10.20.4.2:2404 weist die Verbindung ab; nächster Versuch in 8 s"}},
			{Name: "plc", Protocol: "ads", Role: "client", Address: "5.37.16.8.1.1:851", Peers: []string{"5.37.16.8.1.1:851"}, State: web.Connected, Since: now.Add(-50 * time.Hour), Points: 3},
			{Name: "control-centre", Protocol: "iec104", Role: "controlled", Address: "0.0.0.0:2404", Peers: []string{"10.1.0.5:51234"}, State: web.Connected, Since: now.Add(-20 * time.Minute)},
			{Name: "backup-centre", Protocol: "iec104", Role: "controlled", Address: "0.0.0.0:2405", State: web.Listening, Since: now.Add(-20 * time.Minute), Detail: &web.Text{EN: "No control centre is connected", DE: "Keine Zentrale ist verbunden"}},
			{Name: "cloud", Protocol: "websocket", Role: "client", Address: "wss://cloud.example/points", State: web.Fault, Since: now.Add(-4 * time.Minute), Dropped: 17, Detail: &web.Text{EN: "The certificate of cloud.example ended on 2026-02-28", DE: "Das Zertifikat von cloud.example lief am 2026-02-28 ab"}},
		},
		routes: []web.Route{
			{From: "substation", To: "control-centre", Points: 22, Commands: true},
			{From: "windpark", To: "control-centre", Points: 4},
			{From: "plc", To: "control-centre", Points: 2},
			{From: "substation", To: "backup-centre", Points: 22},
			{From: "plc", To: "cloud", Points: 3},
		},
	}
	p.populate()
	return p
}

// feeders and what is measured in each.
var feeders = []string{"Line Nord", "Line Süd", "Transformer 1", "Coupler"}

func (p *plant) populate() {
	u := func(link string, f apci.Function, direction web.Direction) {
		p.frame(link, direction, apci.AppendU(nil, f), "U "+f.String(), 0, nil)
	}
	u("substation", apci.StartDTAct, web.Out)
	u("substation", apci.StartDTCon, web.In)
	u("control-centre", apci.StartDTAct, web.In)
	u("control-centre", apci.StartDTCon, web.Out)
	for i, feeder := range feeders {
		base := asdu.ObjectAddress(100 * (i + 1))
		p.double(base+1, feeder+" circuit breaker Q0", asdu.On, asdu.InterrogatedByStation)
		p.double(base+2, feeder+" disconnector Q1", []asdu.DoublePointState{asdu.On, asdu.Off, asdu.On, asdu.Intermediate}[i], asdu.InterrogatedByStation)
		p.single(base+10, feeder+" protection trip", i == 1, asdu.InterrogatedByStation)
		p.measured(base+20, feeder+" current", "A", 200+float64(i)*80, 0, asdu.InterrogatedByStation)
	}
	p.measured(501, "Busbar voltage L1-L2", "kV", 110.3, 0, asdu.InterrogatedByStation)
	p.measured(502, "Frequency", "Hz", 50.002, 0, asdu.InterrogatedByStation)
	p.measured(503, "Transformer oil temperature", "°C", 61.25, asdu.Invalid, asdu.InterrogatedByStation)
	p.measured(504, "Earth-fault current", "A", 0.0002, asdu.Substituted, asdu.InterrogatedByStation)
	p.step(601, "Transformer 1 tap changer", false, asdu.InterrogatedByStation)
	p.total(701, "Transformer 1 energy", asdu.RequestedByGeneralCounter)

	old := time.Now().Add(-50 * time.Second)
	for i, name := range []string{"Active power", "Wind speed", "Available power", "Turbine 1 running"} {
		point := web.Point{
			ID: fmt.Sprintf("windpark/3/%d", i+1), Name: "Windpark " + name, Type: "M_ME_TF_1", Kind: "number", Value: 12.5 * float64(i+1),
			Unit: []string{"MW", "m/s", "MW", ""}[i], Decimals: new(2 - i%2), Quality: []string{"not_topical"}, Received: old, Cause: "spontaneous", Link: "windpark",
			Time: old.UTC().Format("2006-01-02T15:04:05.000Z"), TimeKind: "cp56", Trace: 3,
		}
		if i == 3 {
			point.Kind, point.Type, point.Value = "single", "M_SP_TB_1", true
		}
		p.put(point)
	}
	p.put(
		web.Point{ID: "plc/MAIN.fPower", Name: "Pump station power", Type: "LREAL", Kind: "number", Value: 7.25, Unit: "kW", Received: time.Now(), Cause: "cyclic", Link: "plc"},
		web.Point{ID: "plc/MAIN.nStatus", Type: "DWORD", Kind: "bits", Value: uint32(0x0000_A501), Received: time.Now(), Cause: "cyclic", Link: "plc"},
		web.Point{ID: "plc/MAIN.sMode", Type: "STRING(20)", Kind: "text", Value: "AUTOMATIC", Received: time.Now(), Cause: "spontaneous", Link: "plc"},
	)
}

// live moves the plant until ctx ends.
func (p *plant) live(ctx context.Context) {
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			p.move()
		}
	}
}

func (p *plant) move() {
	p.tick++
	t := time.Since(p.start).Seconds()
	i := p.tick % len(feeders)
	p.measured(asdu.ObjectAddress(100*(i+1)+20), feeders[i]+" current", "A", 200+float64(i)*80+30*math.Sin(t/7)+p.random.NormFloat64(), 0, asdu.Spontaneous)
	if p.tick%3 == 0 {
		p.measured(501, "Busbar voltage L1-L2", "kV", 110.3+0.6*math.Sin(t/11)+0.05*p.random.NormFloat64(), 0, asdu.Spontaneous)
		p.measured(502, "Frequency", "Hz", 50+0.02*math.Sin(t/5)+0.001*p.random.NormFloat64(), 0, asdu.Spontaneous)
	}
	p.put(web.Point{ID: "plc/MAIN.fPower", Name: "Pump station power", Type: "LREAL", Kind: "number", Value: 7.25 + math.Sin(t), Unit: "kW", Received: time.Now(), Cause: "cyclic", Link: "plc"})
	if p.tick%25 == 10 {
		p.command()
	}
	if p.tick%40 == 20 {
		p.tap = 5 + p.random.IntN(6)
		p.step(601, "Transformer 1 tap changer", p.tick%80 == 20, asdu.Spontaneous)
	}
	if p.tick%50 == 0 {
		p.energy += 25
		p.total(701, "Transformer 1 energy", asdu.Spontaneous)
	}
	if p.tick%10 == 0 {
		p.frame("substation", web.Out, apci.AppendS(nil, p.sequence["substation in"]), fmt.Sprintf("S %d", p.sequence["substation in"]), 0, nil)
	}
}

// command sends the breaker the other way, and the answer comes back.
func (p *plant) command() {
	wanted := asdu.CommandOn
	p.breaker = asdu.On
	if p.tick%50 == 10 {
		wanted, p.breaker = asdu.CommandOff, asdu.Off
	}
	header := asdu.Header{Type: asdu.C_DC_NA_1, Cause: asdu.Activation, CommonAddress: 1}
	order, err := asdu.New(nil, header, asdu.DoubleCommand{Address: 101, Value: wanted})
	if err != nil {
		panic(err)
	}
	summary := fmt.Sprintf("C_DC_NA_1 act CA 1 IOA 101 = %s, execute", wanted)
	came := p.next()
	p.information("control-centre", web.In, order, summary, came, nil)
	p.information("substation", web.Out, order, summary, p.next(), []uint64{came})
	answer := order.Mirror(asdu.ActivationCon, false)
	came = p.next()
	p.information("substation", web.In, answer, fmt.Sprintf("C_DC_NA_1 actcon CA 1 IOA 101 = %s, execute", wanted), came, nil)
	p.information("control-centre", web.Out, answer, fmt.Sprintf("C_DC_NA_1 actcon CA 1 IOA 101 = %s, execute", wanted), p.next(), []uint64{came})
	p.double(101, feeders[0]+" circuit breaker Q0", p.breaker, asdu.ReturnRemote)
}

func (p *plant) next() uint64 {
	p.trace++
	return p.trace
}

func header(t asdu.TypeID, cause asdu.Cause) asdu.Header {
	return asdu.Header{Type: t, Cause: cause, CommonAddress: 1}
}

func (p *plant) double(address asdu.ObjectAddress, name string, state asdu.DoublePointState, cause asdu.Cause) {
	now := time.Now()
	a, err := asdu.New(nil, header(asdu.M_DP_TB_1, cause), asdu.DoublePoint{Address: address, Value: state, Time: asdu.CP56(now.UTC())})
	p.update(a, err, web.Point{Name: name, Kind: "double", Value: state.String()}, address, 0, now)
}

func (p *plant) single(address asdu.ObjectAddress, name string, on bool, cause asdu.Cause) {
	now := time.Now()
	a, err := asdu.New(nil, header(asdu.M_SP_TB_1, cause), asdu.SinglePoint{Address: address, Value: on, Time: asdu.CP56(now.UTC())})
	p.update(a, err, web.Point{Name: name, Kind: "single", Value: on}, address, 0, now)
}

func (p *plant) measured(address asdu.ObjectAddress, name, unit string, value float64, quality asdu.Quality, cause asdu.Cause) {
	now := time.Now()
	a, err := asdu.New(nil, header(asdu.M_ME_TF_1, cause), asdu.ShortFloat{Address: address, Value: float32(value), Quality: quality, Time: asdu.CP56(now.UTC())})
	p.update(a, err, web.Point{Name: name, Kind: "number", Unit: unit, Value: float64(float32(value))}, address, quality, now)
}

func (p *plant) step(address asdu.ObjectAddress, name string, transient bool, cause asdu.Cause) {
	now := time.Now()
	a, err := asdu.New(nil, header(asdu.M_ST_TB_1, cause), asdu.StepPosition{Address: address, Value: int8(p.tap), Transient: transient, Time: asdu.CP56(now.UTC())})
	p.update(a, err, web.Point{Name: name, Kind: "step", Value: map[string]any{"position": p.tap, "transient": transient}}, address, 0, now)
}

func (p *plant) total(address asdu.ObjectAddress, name string, cause asdu.Cause) {
	now := time.Now()
	a, err := asdu.New(nil, header(asdu.M_IT_TB_1, cause), asdu.IntegratedTotal{Address: address, Value: asdu.Counter{Count: p.energy, Sequence: uint8(p.tick / 50 % 32)}, Time: asdu.CP56(now.UTC())})
	p.update(a, err, web.Point{
		Name: name, Kind: "counter", Unit: "kWh",
		Value: map[string]any{"count": p.energy, "sequence": p.tick / 50 % 32, "carry": false, "adjusted": p.tick%100 == 0},
	}, address, 0, now)
}

// update lets a telegram of the substation arrive, puts its point and sends it
// on to the control centre.
func (p *plant) update(a asdu.ASDU, err error, point web.Point, address asdu.ObjectAddress, quality asdu.Quality, now time.Time) {
	if err != nil {
		panic(err)
	}
	trace := p.next()
	point.ID, point.Link = fmt.Sprintf("substation/1/%d", address), "substation"
	point.Type, point.Cause = a.TypeName(), a.Cause.String()
	point.Quality = slices.Collect(quality.Names)
	point.Time, point.TimeKind = now.UTC().Format("2006-01-02T15:04:05.000Z"), "cp56"
	point.Received, point.Trace = now, trace
	text := fmt.Sprint(point.Value)
	switch value := point.Value.(type) {
	case float64:
		text = fmt.Sprintf("%.7g", value)
	case map[string]any:
		text = fmt.Sprint(cmp.Or(value["position"], value["count"]))
	}
	summary := fmt.Sprintf("%s %s CA 1 IOA %d = %s", a.TypeName(), a.Cause, address, text)
	if quality != 0 {
		summary += fmt.Sprint(" ", slices.Collect(quality.Names))
	}
	p.information("substation", web.In, a, summary, trace, nil)
	p.put(point)
	p.information("control-centre", web.Out, a, summary, p.next(), []uint64{trace})
}

// information logs an I frame.
func (p *plant) information(link string, direction web.Direction, a asdu.ASDU, summary string, trace uint64, related []uint64) {
	other := web.In
	if direction == web.In {
		other = web.Out
	}
	send, receive := p.sequence[link+" "+string(direction)], p.sequence[link+" "+string(other)]
	frame := apci.AppendI(nil, send, receive, a.Append(nil))
	p.frame(link, direction, frame, fmt.Sprintf("I %d %d %s", send, receive, summary), trace, related)
	p.sequence[link+" "+string(direction)] = send.Next()
}

func (p *plant) frame(link string, direction web.Direction, frame []byte, summary string, trace uint64, related []uint64) {
	w := wire.NewWalker(frame)
	apci.Walk(w, frame)
	if w.Rest() > 0 {
		(*asdu.Params)(nil).Walk(w)
	}
	d := web.Dissection{
		Telegram: web.Telegram{
			Time: time.Now(), Direction: direction, Peer: "10.20.1.10:2404", Summary: summary, Octets: frame, Trace: trace, Related: related,
		},
		Tree: w.Nodes(),
	}
	if link == "control-centre" {
		d.Peer = "10.1.0.5:51234"
	}
	if trace > 0 && trace%97 == 0 {
		d.Findings = []web.Finding{{Severity: "warning", Code: "time-ahead", Clause: "7.2.6.18", Text: web.Text{EN: "The time tag is 2 s ahead of the clock here", DE: "Die Zeitmarke geht der Uhr hier 2 s vor"}}}
	}
	p.add(link, d)
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.links {
		if p.links[i].Name != link {
			continue
		}
		if direction == web.In {
			p.links[i].Received++
		} else {
			p.links[i].Sent++
		}
	}
}

func (p *plant) Topology() web.Topology {
	p.mu.Lock()
	defer p.mu.Unlock()
	return web.Topology{Version: "0.1.0", Links: slices.Clone(p.links), Routes: p.routes}
}

// many adds points that nobody needs, so that there are a hundred thousand.
func (p *plant) many() {
	points := make([]web.Point, 100_000)
	for i := range points {
		points[i] = web.Point{
			ID: fmt.Sprintf("plc/GVL.aValues[%d]", i), Type: "REAL", Kind: "number", Value: float64(i) / 8, Unit: "kW",
			Received: time.Now(), Cause: "cyclic", Link: "plc",
		}
	}
	p.put(points...)
}

// vocabulary is what the tables of the codec say.
func vocabulary() []web.Term {
	var terms []web.Term
	for t := range asdu.Types() {
		terms = append(terms, web.Term{Group: "type", Name: t.String(), Text: web.Text(t.Text())})
	}
	causes := map[string]web.Text{}
	for cause := asdu.Cause(1); cause < 48; cause++ {
		causes[cause.String()] = web.Text(cause.Text())
	}
	for _, name := range slices.Sorted(maps.Keys(causes)) {
		terms = append(terms, web.Term{Group: "cause", Name: name, Text: causes[name]})
	}
	return terms
}
