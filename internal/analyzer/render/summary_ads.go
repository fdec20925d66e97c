package render

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"stellwerk/ads/ams"
	adscommand "stellwerk/ads/command"
	"stellwerk/internal/analyzer/dissect"
	"stellwerk/internal/analyzer/dissect/ads"
	"stellwerk/wire"
)

// What is kept of ADS: programs that ask, symbols that they ask for, machines that
// were found.
const (
	maxPairs    = 500
	maxSymbols  = 2000
	maxMachines = 500
	maxCodes    = 16 // of a command
)

// adsTraffic is what is counted of ADS.
type adsTraffic struct {
	pairs     map[pairKey]*pair
	morePairs int64 // telegrams

	symbols     map[adsSymbolKey]*adsSymbol
	moreSymbols int64 // accesses

	machines     map[netip.AddrPort]*machine
	moreMachines int64 // answers
}

// pairKey names a program and the device that it asks.
type pairKey struct{ client, device ams.Address }

// pair is what is counted of a program and a device.
type pair struct {
	number   int
	address  netip.AddrPort // of the device
	at       frame
	commands [ams.ReadWrite + 2]adsCommand // those that are not defined at 0
	samples  int64
}

// adsCommand is what is counted of a command.
type adsCommand struct {
	requests, answers, errors, paired int64
	sum, longest                      time.Duration
	codes                             map[ams.ReturnCode]int64
}

type adsSymbolKey struct {
	device ams.Address
	name   string
}

// adsSymbol is what is counted of a symbol.
type adsSymbol struct {
	reads, writes, samples, errors int64
	at                             frame
}

// machine is what a machine says of itself.
type machine struct {
	netID             ams.NetID
	name, version, os string
	answers           int64
	at                frame
}

// adsLine counts a telegram of ADS.
func (s *Summary) adsLine(at frame, line *dissect.Line) {
	t, ok := line.Telegram.(*ads.Telegram)
	switch {
	case !ok || t.Router:
	case t.Packet != nil:
		s.machine(at, line, t)
	default:
		s.adsFrame(at, line, t)
	}
}

func (s *Summary) adsFrame(at frame, line *dissect.Line, t *ads.Telegram) {
	x := &s.ads
	key := pairKey{t.Client(), t.Device()}
	p := x.pairs[key]
	if p == nil {
		if len(x.pairs) >= maxPairs {
			x.morePairs++
			return
		}
		if x.pairs == nil {
			x.pairs = map[pairKey]*pair{}
		}
		p = &pair{number: len(x.pairs) + 1, at: at}
		x.pairs[key] = p
	}
	fromDevice := t.Response() || t.Header.Command == ams.DeviceNotification
	if address := line.Destination(); !p.address.IsValid() {
		if p.address = address; fromDevice {
			p.address = line.Source()
		}
	}
	c := &p.commands[0]
	if t.Header.Command.Known() {
		c = &p.commands[t.Header.Command]
	}
	switch {
	case !t.Response():
		c.requests++
	default:
		c.answers++
		c.answer(t)
	}
	if t.Err == nil {
		s.adsSymbols(at, p, t)
	}
}

// answer counts what an answer says, and how long it took.
func (c *adsCommand) answer(t *ads.Telegram) {
	failures, _, code := t.Failed()
	if failure := t.Failure(); failure != ams.NoError {
		failures, code = 1, failure
	}
	if failures > 0 {
		c.errors += int64(failures)
		if c.codes == nil {
			c.codes = map[ams.ReturnCode]int64{}
		}
		if _, known := c.codes[code]; known || len(c.codes) < maxCodes {
			c.codes[code] += int64(failures)
		}
	}
	if t.Request != nil {
		c.paired++
		c.sum += t.Latency
		c.longest = max(c.longest, t.Latency)
	}
}

// adsSymbols counts what is read and written, or has come as a sample.
func (s *Summary) adsSymbols(at frame, p *pair, t *ads.Telegram) {
	device := t.Device()
	if t.Header.Command == ams.DeviceNotification {
		for sample, err := range adscommand.Samples(t.Data) {
			if err != nil {
				return
			}
			p.samples++
			s.adsSymbol(at, device, t.SampleSymbol(sample.Handle), func(row *adsSymbol) { row.samples++ })
		}
		return
	}
	if !t.Response() {
		return
	}
	count := func(index adscommand.Index, name string, code ams.ReturnCode, reads, writes bool) {
		if index.Group == adscommand.GroupHandleByName && code == ams.NoError {
			return // only a handle was asked for
		}
		s.adsSymbol(at, device, name, func(row *adsSymbol) {
			switch {
			case code != ams.NoError:
				row.errors++
			case writes:
				row.writes++
			case reads:
				row.reads++
			}
		})
	}
	items := t.Items()
	for i := range items {
		if item := &items[i]; item.Answered {
			count(item.Index, t.ItemSymbol(item), item.Result, item.Data != nil, item.Written != nil && item.Data == nil)
		}
	}
	if index, ok := t.Index(); ok && items == nil {
		c := t.Header.Command
		count(index, t.Symbol(), t.Failure(), c == ams.Read || c == ams.ReadWrite, c == ams.Write)
	}
}

func (s *Summary) adsSymbol(at frame, device ams.Address, name string, count func(*adsSymbol)) {
	if name == "" {
		return
	}
	x := &s.ads
	key := adsSymbolKey{device, name}
	row := x.symbols[key]
	if row == nil {
		if len(x.symbols) >= maxSymbols {
			x.moreSymbols++
			return
		}
		if x.symbols == nil {
			x.symbols = map[adsSymbolKey]*adsSymbol{}
		}
		row = &adsSymbol{at: at}
		x.symbols[key] = row
	}
	count(row)
}

// machine counts what a machine says of itself.
func (s *Summary) machine(at frame, line *dissect.Line, t *ads.Telegram) {
	info, err := t.Packet.ServerInfo()
	if !t.Packet.Response || err != nil || info.NetID.IsZero() {
		return
	}
	x := &s.ads
	m := x.machines[line.Source()]
	if m == nil {
		if len(x.machines) >= maxMachines {
			x.moreMachines++
			return
		}
		if x.machines == nil {
			x.machines = map[netip.AddrPort]*machine{}
		}
		m = &machine{at: at}
		x.machines[line.Source()] = m
	}
	m.answers++
	m.netID, m.name = info.NetID, cut(info.Name)
	if !info.Version.IsZero() {
		m.version = info.Version.String()
	}
	if !info.OS.IsZero() {
		m.os = cut(info.OS.String())
	}
}

func (s *Summary) printMachines(dst []byte) []byte {
	if len(s.ads.machines) == 0 {
		return dst
	}
	dst = s.heading(dst, hMachines)
	t := table{columns: []column{
		{head: hAddress},
		{head: wire.Same("AMS NetId")},
		{head: hName},
		{head: wire.Same("TwinCAT")},
		{head: hSystem},
		{head: hAnswers, right: true},
		{head: hFirstFrame, right: true},
	}}
	for _, address := range slices.SortedFunc(maps.Keys(s.ads.machines), netip.AddrPort.Compare) {
		m := s.ads.machines[address]
		t.add(address.String(), m.netID.String(), m.name, m.version, m.os, number(m.answers), s.frame(m.at))
	}
	return s.more(t.append(dst, s.lang, s.style), s.ads.moreMachines, mMachines)
}

// pairsInOrder returns the pairs in the order in which they were seen.
func (x *adsTraffic) pairsInOrder() []pairKey {
	return slices.SortedFunc(maps.Keys(x.pairs), func(a, b pairKey) int { return cmp.Compare(x.pairs[a].number, x.pairs[b].number) })
}

func (s *Summary) printADS(dst []byte) []byte {
	if len(s.ads.pairs) == 0 {
		return dst
	}
	dst = s.heading(dst, hADS)
	t := table{columns: []column{
		{head: hNumber, right: true},
		{head: hClient},
		{head: hDevice},
		{head: hAddress},
		{head: hFirstFrame, right: true},
		{head: hRequests, right: true},
		{head: hAnswers, right: true},
		{head: hErrors, right: true},
		{head: hMean, right: true},
		{head: hLongest, right: true},
		{head: hSamples, right: true},
		{head: hSymbols, right: true},
	}}
	symbols := map[ams.Address]int64{}
	for key := range s.ads.symbols {
		symbols[key.device]++
	}
	for _, key := range s.ads.pairsInOrder() {
		p := s.ads.pairs[key]
		var all adsCommand
		for i := range p.commands {
			c := &p.commands[i]
			if ams.Command(i) != ams.DeviceNotification {
				all.requests += c.requests
			}
			all.answers += c.answers
			all.errors += c.errors
			all.paired += c.paired
			all.sum += c.sum
			all.longest = max(all.longest, c.longest)
		}
		mean, longest := all.latency()
		t.add(number(p.number), key.client.String(), key.device.String(), p.address.String(), s.frame(p.at),
			number(all.requests), number(all.answers), orNothing(all.errors), mean, longest,
			orNothing(p.samples), orNothing(symbols[key.device]))
	}
	return s.more(t.append(dst, s.lang, s.style), s.ads.morePairs, mPairs)
}

// latency says how long answers took, on average and at most.
func (c *adsCommand) latency() (mean, longest string) {
	if c.paired == 0 {
		return "", ""
	}
	return span(c.sum / time.Duration(c.paired)), span(c.longest)
}

func (s *Summary) printADSCommands(dst []byte) []byte {
	if len(s.ads.pairs) == 0 {
		return dst
	}
	dst = s.heading(dst, hADSCommands)
	t := table{columns: []column{
		{head: hNumber, right: true},
		{head: hCommand},
		{head: hRequests, right: true},
		{head: hAnswers, right: true},
		{head: hErrors, right: true},
		{head: hMean, right: true},
		{head: hLongest, right: true},
		{head: hCodes, wrap: 60},
	}}
	for _, key := range s.ads.pairsInOrder() {
		p := s.ads.pairs[key]
		for i := range p.commands {
			c := &p.commands[i]
			if c.requests == 0 && c.answers == 0 {
				continue
			}
			name := ams.Command(i).String()
			if i == 0 {
				name = tUndefined.In(s.lang)
			}
			var codes []string
			for _, code := range slices.Sorted(maps.Keys(c.codes)) {
				codes = append(codes, number(c.codes[code])+" "+code.String())
			}
			mean, longest := c.latency()
			t.add(number(p.number), name, number(c.requests), orNothing(c.answers), orNothing(c.errors), mean, longest, strings.Join(codes, ", "))
		}
	}
	return t.append(dst, s.lang, s.style)
}

func (s *Summary) printSymbols(dst []byte) []byte {
	if len(s.ads.symbols) == 0 {
		return dst
	}
	dst = s.heading(dst, hSymbolTable)
	t := table{columns: []column{
		{head: hDevice},
		{head: hSymbol},
		{head: hReads, right: true},
		{head: hWrites, right: true},
		{head: hSamples, right: true},
		{head: hErrors, right: true},
		{head: hFirstFrame, right: true},
	}}
	keys := slices.SortedFunc(maps.Keys(s.ads.symbols), func(a, b adsSymbolKey) int {
		return cmp.Or(slices.Compare(a.device.NetID[:], b.device.NetID[:]), cmp.Compare(a.device.Port, b.device.Port), cmp.Compare(a.name, b.name))
	})
	for _, key := range keys {
		row := s.ads.symbols[key]
		t.add(key.device.String(), key.name, orNothing(row.reads), orNothing(row.writes), orNothing(row.samples), orNothing(row.errors), s.frame(row.at))
	}
	return s.more(t.append(dst, s.lang, s.style), s.ads.moreSymbols, mSymbols)
}
