package analyzer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"stellwerk/internal/capture"
	"stellwerk/internal/capture/stream"
)

// Run analyses files one after the other and prints to out what the report
// asks for; the name "-" stands for in. What can be read of a damaged file is
// printed, and the files behind it are read too. The error tells that out or
// the report's Packets took no more, or that ctx ended; what was printed until
// then is complete.
func Run(ctx context.Context, files []string, in io.Reader, out io.Writer, report Report) (Result, error) {
	writer := &errorWriter{Writer: out}
	buffer := bufio.NewWriterSize(writer, 1<<16)
	s := newSieve(&report, newView(buffer, &report))
	r := run{sieve: s, report: &report, in: in, out: buffer, writer: writer}
	for _, name := range files {
		if err := r.file(ctx, name); err != nil {
			r.problem(err)
		}
		if r.stopped(ctx) {
			break
		}
	}
	s.close()
	if err := buffer.Flush(); err != nil {
		return s.result, fmt.Errorf("%w behind packet %d of %s: %w", ErrOutput, r.packet, r.name, err)
	}
	switch {
	case s.err != nil:
		return s.result, s.err
	case ctx.Err() != nil:
		return s.result, fmt.Errorf("%w at packet %d of %s: what follows it was not analysed", ErrInterrupted, r.packet, r.name)
	}
	return s.result, nil
}

// run is one call of Run.
type run struct {
	*sieve
	report *Report
	in     io.Reader
	out    *bufio.Writer
	writer *errorWriter
	name   string // of the file that is read
	packet int64  // the last one read of it
}

// errorWriter remembers that the other end has gone, so that a long capture is
// not read for nobody.
type errorWriter struct {
	io.Writer
	err error
}

func (w *errorWriter) Write(data []byte) (int, error) {
	n, err := w.Writer.Write(data)
	if err != nil {
		w.err = err
	}
	return n, err
}

// prompt is a reader that has everything printed before it may have to wait for
// more: whoever pipes a running capture sees its packets when they come.
type prompt struct {
	io.Reader
	out *bufio.Writer
}

func (p prompt) Read(data []byte) (int, error) {
	if err := p.out.Flush(); err != nil {
		return 0, err
	}
	return p.Reader.Read(data)
}

// stopped reports whether there is no sense in reading on.
func (r *run) stopped(ctx context.Context) bool {
	return r.writer.err != nil || r.err != nil || ctx.Err() != nil
}

func (r *run) problem(err error) {
	if r.report.Problem != nil && r.writer.err == nil {
		_ = r.out.Flush() // what was read stands before what is wrong; an error stays with the writer
		r.report.Problem(err)
	}
}

// file analyses one file. Packet numbers begin anew with each.
func (r *run) file(ctx context.Context, name string) error {
	in, size, err := r.open(name)
	if err != nil {
		r.result.Unreadable++
		return err
	}
	if closer, ok := in.(io.Closer); ok && name != "-" {
		defer closer.Close() //nolint:errcheck // only read from
	}
	r.name, r.packet = name, 0
	reader, err := capture.NewReader(prompt{in, r.out}, title(name))
	if err != nil {
		if r.stopped(ctx) {
			return nil
		}
		r.result.Unreadable++
		return err
	}
	analyzer := New(r.sieve, r.report.Options)
	r.beginFile(title(name))
	err = r.packets(ctx, reader, analyzer, Progress{File: title(name), Size: size})
	analyzer.Close()
	stats := analyzer.Stats()
	r.endFile(stats)
	switch {
	case r.stopped(ctx) || errors.Is(err, io.EOF):
		return r.strange(stats)
	case stats.Packets == 0:
		r.result.Unreadable++
	default:
		r.result.Damaged++
	}
	return err
}

// packets analyses the packets of a file until the error that ends it.
func (r *run) packets(ctx context.Context, reader *capture.Reader, analyzer *Analyzer, progress Progress) error {
	var packet capture.Packet
	for {
		if err := reader.Next(&packet); err != nil {
			return err
		}
		r.packet = packet.Number
		r.begin(&packet)
		analyzer.Packet(&packet)
		r.end(&packet)
		if packet.Number%1024 == 0 && r.report.Progress != nil {
			progress.Packets, progress.Offset = packet.Number, packet.Offset
			r.report.Progress(progress)
		}
		if r.stopped(ctx) {
			return nil
		}
	}
}

// title is how a file is called in results and errors.
func title(name string) string {
	if name == "-" {
		return "stdin"
	}
	return name
}

// open opens a file and returns its size, 0 where it has none.
func (r *run) open(name string) (io.Reader, int64, error) {
	if name == "-" {
		return r.in, 0, nil
	}
	file, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		reason := err
		if wrapped, ok := errors.AsType[*fs.PathError](err); ok {
			reason = wrapped.Err
		}
		return nil, 0, fmt.Errorf("%s cannot be opened: %w", name, reason)
	}
	info, err := file.Stat()
	switch {
	case err != nil:
		_ = file.Close()
		return nil, 0, fmt.Errorf("%s cannot be read: %w", name, err)
	case info.IsDir():
		_ = file.Close()
		return nil, 0, fmt.Errorf("%s is a directory: name the captures in it", name)
	case info.Mode().IsRegular():
		return file, info.Size(), nil
	default:
		return file, 0, nil
	}
}

// strange tells of a file that was read without anything being understood.
func (r *run) strange(stats *stream.Stats) error {
	if stats.Packets == 0 || stats.Unsupported < stats.Packets {
		return nil
	}
	r.result.Unreadable++
	return fmt.Errorf("%s: none of its %d packets can be taken apart: %s; convert the capture, or take one on an Ethernet, IP or cooked interface",
		title(r.name), stats.Packets, r.unsupported.EN)
}
