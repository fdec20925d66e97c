package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // --zone works on machines without a database of time zones too

	"stellwerk/iec104/asdu"
	"stellwerk/internal/analyzer"
	"stellwerk/internal/analyzer/filter"
)

// report makes of the flags what they ask for.
func (f *analyzeFlags) report(stdout io.Writer) (analyzer.Report, error) {
	report := analyzer.Report{
		Format: analyzer.Format(f.output), Lang: f.lang, Explain: f.explain, Check: f.check,
		Color: colorful(stdout),
	}
	if !slices.Contains(analyzer.Formats(), report.Format) {
		return report, fmt.Errorf("--output %q: there is text, json and summary", f.output)
	}
	if f.lang != "en" && f.lang != "de" {
		return report, fmt.Errorf("--lang %q: there is en and de", f.lang)
	}
	if f.explain < 0 {
		return report, fmt.Errorf("--explain %d: packets are counted from 1", f.explain)
	}
	var err error
	if f.filter != "" {
		if report.Filter, err = filter.New(f.filter); err != nil {
			return report, fmt.Errorf("--filter: %w", err)
		}
	}
	if report.Ports, report.UDPPorts, err = parsePorts(f.decodeAs); err != nil {
		return report, err
	}
	if report.IEC104.Params, err = parseParams(f.params, f.private); err != nil {
		return report, err
	}
	if err = f.parseTiming(&report); err != nil {
		return report, err
	}
	if f.zone != "" {
		if report.IEC104.Zone, err = time.LoadLocation(f.zone); err != nil {
			return report, fmt.Errorf("--zone %q: there is no such time zone; one is Europe/Berlin", f.zone)
		}
	}
	return report, nil
}

// parsePorts reads assignments such as "tcp:2405=iec104" and "udp:50000=ads".
func parsePorts(assignments []string) (tcp, udp map[uint16]string, err error) {
	tcp, udp = map[uint16]string{}, map[uint16]string{}
	for _, assignment := range assignments {
		place, protocol, ok := strings.Cut(assignment, "=")
		transport, number, placed := strings.Cut(place, ":")
		ports, protocols := tcp, analyzer.Protocols()
		if transport == "udp" {
			ports, protocols = udp, analyzer.UDPProtocols()
		}
		if !ok || !placed || transport != "tcp" && transport != "udp" {
			return nil, nil, fmt.Errorf("--decode-as %q: must be like tcp:2405=iec104 or udp:50000=ads", assignment)
		}
		port, err := strconv.ParseUint(number, 10, 16)
		if err != nil || port == 0 {
			return nil, nil, fmt.Errorf("--decode-as %q: %q is no port from 1 to 65535", assignment, number)
		}
		if !slices.Contains(protocols, protocol) {
			return nil, nil, fmt.Errorf("--decode-as %q: no protocol %q; there is %s", assignment, protocol, strings.Join(protocols, ", "))
		}
		ports[uint16(port)] = protocol
	}
	return tcp, udp, nil
}

// parseParams reads the lengths of fields and the private types.
func parseParams(lengths map[string]string, declarations []string) (*asdu.Params, error) {
	params := &asdu.Params{}
	fields := map[string]*int{
		"cause": &params.CauseOctets, "common": &params.CommonAddressOctets, "object": &params.ObjectAddressOctets,
	}
	for _, key := range slices.Sorted(maps.Keys(lengths)) {
		field := fields[key]
		if field == nil {
			return nil, fmt.Errorf("--params: there is no %q; there is cause, common and object", key)
		}
		octets, err := strconv.Atoi(lengths[key])
		if err != nil || octets < 1 {
			return nil, fmt.Errorf("--params %s=%s: must be a number of octets", key, lengths[key])
		}
		*field = octets
	}
	if err := params.Check(); err != nil {
		return nil, fmt.Errorf("--params: %w", err)
	}
	var types []asdu.PrivateType
	for _, declaration := range declarations {
		private, err := parsePrivate(declaration)
		if err != nil {
			return nil, fmt.Errorf("--private %q: %w", declaration, err)
		}
		types = append(types, private)
	}
	declared, err := params.Declare(types...)
	if err != nil {
		return nil, fmt.Errorf("--private: %w", err)
	}
	return declared, nil
}

// parsePrivate reads a declaration such as "150=M_ME_NC_1+cp56".
func parsePrivate(declaration string) (asdu.PrivateType, error) {
	number, layout, ok := strings.Cut(declaration, "=")
	id, err := strconv.ParseUint(number, 10, 8)
	if !ok || err != nil {
		return asdu.PrivateType{}, fmt.Errorf("must be like 150=M_ME_NC_1+cp56")
	}
	name, kind, timed := strings.Cut(layout, "+")
	private := asdu.PrivateType{Type: asdu.TypeID(id)}
	if private.Like, ok = asdu.ParseTypeID(name); !ok {
		return private, fmt.Errorf("there is no type %q", name)
	}
	switch {
	case !timed:
	case kind == asdu.TimeCP24.String():
		private.Time = asdu.TimeCP24
	case kind == asdu.TimeCP56.String():
		private.Time = asdu.TimeCP56
	default:
		return private, fmt.Errorf("no time %q; there is cp24 and cp56", kind)
	}
	return private, nil
}

// parseTiming reads what connections are judged by.
func (f *analyzeFlags) parseTiming(report *analyzer.Report) error {
	link := &report.Link
	counts := map[string]*int{"k": &link.K, "w": &link.W}
	times := map[string]*time.Duration{"t1": &link.T1, "t2": &link.T2, "t3": &link.T3}
	for _, key := range slices.Sorted(maps.Keys(f.timing)) {
		value := f.timing[key]
		switch {
		case counts[key] != nil:
			count, err := strconv.Atoi(value)
			if err != nil || count < 1 || count > 32767 {
				return fmt.Errorf("--timing %s=%s: must be 1 to 32767", key, value)
			}
			*counts[key] = count
		case times[key] != nil:
			duration, err := time.ParseDuration(value)
			if err != nil || duration <= 0 {
				return fmt.Errorf("--timing %s=%s: must be a time such as 15s", key, value)
			}
			*times[key] = duration
		default:
			return fmt.Errorf("--timing: there is no %q; there is k, w, t1, t2 and t3", key)
		}
	}
	return nil
}
