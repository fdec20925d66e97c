package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"stellwerk/internal/conformance/probe"
	"stellwerk/internal/finding"
)

// probeError gives the error of a probe its status and the next step.
func probeError(ctx context.Context, d *dialer, f *stationFlags, report *probe.Report, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return interrupted()
	case report.Start == nil && errors.Is(err, probe.ErrSilent):
		return advise(statusUnreachable, fmt.Errorf("%s takes connections but does not confirm STARTDT within t1 (%s)", d.address, f.options.T1),
			"check that this port is that of IEC 60870-5-104, and whether another control centre is connected")
	case report.Start == nil && errors.Is(err, probe.ErrClosed):
		return advise(statusUnreachable, fmt.Errorf("%s closes the connection before data transfer is started", d.address),
			"check whether the station allows our address, wants TLS (--tls), or serves another control centre")
	default:
		return advise(statusUnreachable, fmt.Errorf("%s: %w", d.address, err), "look at the frames with --trace, or keep them with -w FILE.pcapng")
	}
}

// lineOf is a line of the report: a name, and what there is to say.
func lineOf(out io.Writer, name, format string, arguments ...any) {
	fmt.Fprintf(out, "  %-15s %s\n", name, fmt.Sprintf(format, arguments...))
}

func duration(ms *float64) string {
	if ms == nil {
		return "-"
	}
	return milliseconds(time.Duration(*ms * float64(time.Millisecond)))
}

// printProbe prints the report for people.
func printProbe(out io.Writer, r *probe.Report, quick bool) error {
	var text strings.Builder
	head := func(s string) { fmt.Fprintln(&text, painted(out, styleHead, s)) }
	head("Station " + r.Address)
	printConnection(&text, r)
	for _, s := range r.Stations {
		text.WriteByte('\n')
		head(fmt.Sprintf("Common address %d", s.CommonAddress))
		printStation(&text, out, r, s)
	}
	if r.Start != nil {
		text.WriteByte('\n')
		head("Time and window")
		printClock(&text, r, quick)
		printWindow(&text, r, quick)
	}
	switch {
	case len(r.Findings) > 0:
		text.WriteByte('\n')
		head("Findings")
	case r.Start != nil:
		text.WriteByte('\n')
		head("No findings")
	}
	for _, f := range r.Findings {
		printFinding(&text, out, f)
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func printConnection(out io.Writer, r *probe.Report) {
	lineOf(out, "TCP", "%s", duration(r.TCP))
	if r.TLS != nil {
		lineOf(out, r.TLSVersion, "%s", duration(r.TLS))
	}
	if r.Start == nil {
		lineOf(out, "STARTDT", "not confirmed")
		return
	}
	lineOf(out, "STARTDT", "%s", duration(r.Start))
	if t := r.Test; t != nil {
		lineOf(out, "Test frame", "%s (%d sent, %s to %s)", duration(&t.Mean), t.Count, duration(&t.Min), duration(&t.Max))
	}
	if i := r.Initialisation; i != nil {
		lineOf(out, "Initialisation", "announced by common address %d: %s", i.CommonAddress, i.Text)
	} else {
		lineOf(out, "Initialisation", "not announced (M_EI_NA_1): the station was running already")
	}
	if r.Stop != nil {
		lineOf(out, "STOPDT", "%s", duration(r.Stop))
	}
}

func printStation(text, out io.Writer, r *probe.Report, s *probe.Station) {
	switch {
	case s.Duration != nil:
		how := ""
		if r.Broadcast {
			how = ", asked by the broadcast address"
		}
		lineOf(text, "Interrogation", "%s in %s, %s (confirmed after %s)%s", number(s.Objects, "object"), number(s.ASDUs, "ASDU"), duration(s.Duration), duration(s.Confirmed), how)
	default:
		lineOf(text, "Interrogation", "%s", s.Answered)
	}
	if s.Counters != nil {
		lineOf(text, "Counters", "%s", number(*s.Counters, "integrated total"))
	} else if s.Confirmed != nil {
		lineOf(text, "Counters", "not answered")
	}
	switch {
	case len(s.Groups) > 0:
		var parts []string
		for _, g := range s.Groups {
			parts = append(parts, fmt.Sprintf("%d (%d)", g.Group, g.Objects))
		}
		lineOf(text, "Groups", "%s", strings.Join(parts, ", "))
	case s.GroupsAsked:
		lineOf(text, "Groups", "none is used")
	}
	if len(s.Types) == 0 {
		return
	}
	t := &textTable{indent: "    ", columns: []column{{"TYPE", false}, {"POINTS", true}, {"ADDRESSES", false}, {"CAUSES", false}, {"MEANING", false}}}
	for _, typ := range s.Types {
		t.add(typ.Name, fmt.Sprint(typ.Objects), typ.Addresses, causes(typ.Causes), typ.ID.Text().EN)
	}
	var table strings.Builder
	_ = t.writeFor(&table, out) // a builder takes everything
	fmt.Fprint(text, table.String())
}

// causes shows causes, those of groups together.
func causes(list []string) string {
	var kept []string
	groups := 0
	for _, cause := range list {
		if strings.HasPrefix(cause, "inro") && cause != "inrogen" {
			groups++
			continue
		}
		kept = append(kept, cause)
	}
	if groups > 0 {
		kept = append(kept, number(groups, "group"))
	}
	return strings.Join(kept, ", ")
}

func printClock(out io.Writer, r *probe.Report, quick bool) {
	switch {
	case r.Clock.Known:
		lineOf(out, "Clock", "%s, by %s", probe.ClockWords(time.Duration(*r.Clock.Error*float64(time.Millisecond))), r.Clock.Source)
	case quick:
		lineOf(out, "Clock", "not known: nothing with a valid date has come (not waited for, --quick)")
	default:
		lineOf(out, "Clock", "not known: nothing with a valid date has come; \"stellwerk iec104 clock\" waits longer")
	}
}

func printWindow(out io.Writer, r *probe.Report, quick bool) {
	w := r.Window
	switch {
	case w == nil && quick:
		lineOf(out, "k, w, t2", "left out (--quick)")
		return
	case w == nil:
		return
	case w.K == 0:
		lineOf(out, "k, w, t2", "not known: %s", w.Text)
		return
	case w.More:
		lineOf(out, "k", "above %d: it had not stopped by then", w.K)
	default:
		lineOf(out, "k", "%d: it stops after %s without acknowledgement", w.K, number(w.K, "I frame"))
	}
	if w.W > 0 {
		lineOf(out, "w", "%d: it acknowledges after %s", w.W, number(w.W, "I frame"))
	} else if w.Text != "" {
		lineOf(out, "w", "not known: %s", w.Text)
	}
	if w.T2 != nil {
		lineOf(out, "t2", "%s: it acknowledges a single I frame after that", duration(w.T2))
	}
}

func printFinding(text, out io.Writer, f probe.Finding) {
	style := styleBad
	if f.Severity == finding.Note {
		style = ""
	}
	where := ""
	if f.Count > 1 {
		where = fmt.Sprintf(", %d times", f.Count)
	}
	if f.Frame > 0 {
		where += fmt.Sprintf(", packet %d", f.Frame)
	}
	clause := f.Clause
	if clause != "" {
		clause = " (" + clause + ")"
	}
	fmt.Fprintf(text, "  %s  %s%s%s\n", painted(out, style, fmt.Sprintf("%-7s", f.Severity)), f.Text, clause, where)
}
