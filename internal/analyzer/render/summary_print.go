package render

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/internal/capture/layers"
	"stellwerk/internal/finding"
	"stellwerk/wire"
)

// print writes everything.
func (s *Summary) print() {
	var dst []byte
	for _, section := range []func([]byte) []byte{
		s.printFiles, s.printConnections, s.printTelegrams, s.printStations, s.printCommands,
		s.printSockets, s.printMessages,
		s.printMachines, s.printADS, s.printADSCommands, s.printSymbols,
		s.printFindings, s.printOther,
	} {
		before := len(dst)
		if before > 0 {
			dst = append(dst, '\n')
		}
		start := len(dst)
		if dst = section(dst); len(dst) == start {
			dst = dst[:before]
		}
	}
	// An error stays with the writer, and Flush returns it.
	_, _ = s.out.Write(dst)
}

func (s *Summary) say(text wire.Text, arguments ...any) string {
	return fmt.Sprintf(text.In(s.lang), arguments...)
}

// heading begins a section.
func (s *Summary) heading(dst []byte, text wire.Text) []byte {
	return append(s.style.append(dst, bold, text.In(s.lang)), '\n')
}

// more tells of what has no place in a table.
func (s *Summary) more(dst []byte, count int64, text wire.Text) []byte {
	if count == 0 {
		return dst
	}
	return append(append(append(dst, "  "...), s.say(text, count)...), '\n')
}

func number[T int | int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// orNothing leaves a zero out.
func orNothing(n int64) string {
	if n == 0 {
		return ""
	}
	return number(n)
}

func (s *Summary) frame(at frame) string {
	if len(s.files) > 1 {
		return number(at.file) + ":" + number(at.number)
	}
	return number(at.number)
}

const (
	dateForm = "2006-01-02 15:04:05.000"
	timeForm = "15:04:05.000"
)

func moment(ns int64, form string) string { return time.Unix(0, ns).UTC().Format(form) }

// span writes how long something took.
func span(d time.Duration) string {
	switch {
	case d == 0:
		return "0 s"
	case d < time.Millisecond:
		return strconv.FormatFloat(float64(d)/1e6, 'f', 3, 64) + " ms"
	case d < time.Second:
		return strconv.FormatFloat(float64(d)/1e6, 'f', 1, 64) + " ms"
	case d < 2*time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	default:
		second := int64(d / time.Second)
		return fmt.Sprintf("%d:%02d:%02d h", second/3600, second/60%60, second%60)
	}
}

func (s *Summary) printFiles(dst []byte) []byte {
	dst = s.heading(dst, hFiles)
	t := table{columns: []column{{head: hNumber, right: true}, {head: hFile}, {head: hPackets, right: true}, {head: hOctets, right: true}, {head: hFrom}, {head: hTo}, {head: hDuration, right: true}, {head: hLink}}}
	for _, f := range s.files {
		name := ""
		if len(s.files) > 1 {
			name = number(f.number)
		}
		from, to, duration := "", "", ""
		if f.timed {
			from, to = moment(f.first, dateForm)+" UTC", moment(f.last, timeForm)
			if moment(f.first, time.DateOnly) != moment(f.last, time.DateOnly) {
				to = moment(f.last, dateForm)
			}
			duration = span(time.Duration(f.last - f.first))
		}
		var links []string
		for _, link := range f.links {
			links = append(links, link.String())
		}
		t.add(name, f.name, number(f.packets), number(f.octets), from, to, duration, strings.Join(links, ", "))
	}
	return s.more(t.append(dst, s.lang, s.style), s.moreFiles, mFiles)
}

func (s *Summary) printConnections(dst []byte) []byte {
	if len(s.connections) == 0 {
		return dst
	}
	dst = s.heading(dst, hConnections)
	t := table{columns: []column{
		{head: hNumber, right: true},
		{head: hControlling},
		{head: hControlled},
		{head: hFirstFrame, right: true},
		{head: hFrom},
		{head: hTo},
		{head: hDuration, right: true},
		{head: hTransfer},
		{head: hEnd},
	}}
	for i, c := range s.connections {
		t.add(number(i+1), c.controlling().String(), c.controlled().String(), s.frame(c.at),
			moment(c.first, timeForm), moment(c.last, timeForm), span(time.Duration(c.last-c.first)),
			c.transfer.In(s.lang), c.ended.In(s.lang))
	}
	return s.more(t.append(dst, s.lang, s.style), s.moreConnections, mConnections)
}

// printTelegrams counts the telegrams of the connections: > is what the
// controlling station sends.
func (s *Summary) printTelegrams(dst []byte) []byte {
	if len(s.connections) == 0 {
		return dst
	}
	dst = s.heading(dst, hTelegrams)
	t := table{columns: []column{
		{head: hNumber, right: true},
		{head: wire.Same("I >"), right: true},
		{head: wire.Same("I <"), right: true},
		{head: wire.Same("S >"), right: true},
		{head: wire.Same("S <"), right: true},
		{head: wire.Same("U >"), right: true},
		{head: wire.Same("U <"), right: true},
		{head: hOctetsTo, right: true},
		{head: hOctetsFrom, right: true},
		{head: hTests, right: true},
		{head: hMean, right: true},
		{head: hLongest, right: true},
	}}
	for i, c := range s.connections {
		to, from := c.role.controlling, 1-c.role.controlling
		row := []string{number(i + 1)}
		for _, format := range []apci.Format{apci.FormatI, apci.FormatS, apci.FormatU} {
			row = append(row, number(c.apdus[to][format]), number(c.apdus[from][format]))
		}
		row = append(row, number(c.octets[to]), number(c.octets[from]), "", "", "")
		if c.tests.count > 0 {
			row = append(row[:9], number(c.tests.count), span(c.tests.mean()), span(c.tests.longest))
		}
		t.add(row...)
	}
	return t.append(dst, s.lang, s.style)
}

func (s *Summary) printStations(dst []byte) []byte {
	if len(s.stations) == 0 {
		return dst
	}
	dst = s.heading(dst, hStations)
	keys := slices.SortedFunc(maps.Keys(s.stations), compareStations)
	for _, key := range keys {
		dst = append(dst, "  "...)
		dst = s.style.append(dst, cyan, s.say(hStation, key.address, key.common))
		dst = append(dst, '\n')
		t := table{indent: "  ", columns: []column{{head: hType}, {head: hASDUs, right: true}, {head: hObjects, right: true}, {head: hAddresses, wrap: 30}, {head: hCauses, wrap: 28}, {head: hMeaning, wrap: 36}}}
		types := s.stations[key].types
		for _, id := range slices.Sorted(maps.Keys(types)) {
			count := types[id]
			t.add(count.name, number(count.asdus), number(count.objects), count.addresses.String(), causes(&count.causes), id.Text().In(s.lang))
		}
		dst = t.append(dst, s.lang, s.style)
	}
	return s.more(dst, s.moreStations, mStations)
}

func compareStations(a, b stationKey) int {
	return cmp.Or(a.address.Compare(b.address), cmp.Compare(a.common, b.common))
}

func causes(counts *[64]int64) string {
	var list []string
	for cause, count := range counts {
		if count > 0 {
			list = append(list, number(count)+" "+asdu.Cause(cause).String())
		}
	}
	return strings.Join(list, ", ")
}

func (s *Summary) printCommands(dst []byte) []byte {
	if len(s.commands) == 0 {
		return dst
	}
	dst = s.heading(dst, hCommands)
	t := table{columns: []column{
		{head: hStationShort},
		{head: hCA, right: true},
		{head: hIOA, right: true},
		{head: hType},
		{head: hSent, right: true},
		{head: hSelects, right: true},
		{head: hConfirmed, right: true},
		{head: hRefused, right: true},
		{head: hOpen, right: true},
		{head: hTerminated, right: true},
		{head: hFirstFrame, right: true},
		{head: hLast},
	}}
	keys := slices.SortedFunc(maps.Keys(s.commands), func(a, b commandKey) int {
		return cmp.Or(compareStations(a.station, b.station), cmp.Compare(a.kind, b.kind), cmp.Compare(a.object, b.object))
	})
	for _, key := range keys {
		c := s.commands[key]
		t.add(key.station.address.String(), number(int(key.station.common)), number(int(key.object)), c.name,
			number(c.sent), orNothing(c.selects), orNothing(c.confirmed), orNothing(c.refused),
			orNothing(max(0, c.sent-c.confirmed-c.refused)), orNothing(c.terminated), s.frame(c.first), c.last)
	}
	return s.more(t.append(dst, s.lang, s.style), s.moreCommands, mCommands)
}

func (s *Summary) printFindings(dst []byte) []byte {
	dst = s.heading(dst, hFindings)
	if len(s.findings) == 0 && s.malformed.times == 0 {
		return append(append(append(dst, "  "...), tNothing.In(s.lang)...), '\n')
	}
	t := table{columns: []column{{head: hSeverity}, {head: hCode}, {head: hCount, right: true}, {head: hFirstFrame, right: true}, {head: hFirstText, wrap: 70}}}
	if m := &s.malformed; m.times > 0 {
		t.add(tMalformed.In(s.lang), "", number(m.times), s.frame(m.first), m.text.In(s.lang))
	}
	codes := slices.SortedFunc(maps.Keys(s.findings), func(a, b finding.Code) int {
		return cmp.Or(cmp.Compare(s.findings[b].severity, s.findings[a].severity), cmp.Compare(a, b))
	})
	for _, code := range codes {
		f := s.findings[code]
		t.add(f.severity.Text().In(s.lang), string(code), number(f.times), s.frame(f.first), f.text.In(s.lang))
	}
	return t.append(dst, s.lang, s.style)
}

func (s *Summary) printOther(dst []byte) []byte {
	t := table{columns: []column{{head: hOther}, {head: hConnectionCount, right: true}, {head: hPackets, right: true}, {head: hOctets, right: true}}}
	o := &s.other
	for _, port := range slices.Sorted(maps.Keys(o.ports)) {
		p := o.ports[port]
		t.add(s.say(oPort, port), number(p.connections), "", number(p.octets))
	}
	if o.more.connections > 0 {
		t.add(oPorts.In(s.lang), number(o.more.connections), "", number(o.more.octets))
	}
	packets := func(name string, count int64) {
		if count > 0 {
			t.add(name, "", number(count), "")
		}
	}
	packets("UDP", o.udp)
	for _, protocol := range slices.Sorted(maps.Keys(o.protocols)) {
		packets(s.say(oProtocol, layers.ProtocolName(protocol)), o.protocols[protocol])
	}
	for _, etherType := range slices.Sorted(maps.Keys(o.types)) {
		packets(layers.EtherTypeName(etherType), o.types[etherType])
	}
	packets(oLength.In(s.lang), o.lengthFrames)
	packets(oFragments.In(s.lang), o.fragments)
	packets(oDamaged.In(s.lang), o.damaged)
	packets(oUnsupported.In(s.lang), o.unsupported)
	if len(t.rows) == 0 {
		return dst
	}
	return t.append(s.heading(dst, hOthers), s.lang, s.style)
}
