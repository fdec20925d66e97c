package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// newLineEncoder encodes JSON, a value a line.
func newLineEncoder(out io.Writer) *json.Encoder { return json.NewEncoder(out) }

// transferred is what --json prints of a file that was read or written.
type transferred struct {
	Station       string             `json:"station"`
	CommonAddress asdu.CommonAddress `json:"common_address"`
	File          string             `json:"file"`
	Local         string             `json:"local,omitempty"`
	Octets        int64              `json:"octets"`
	Took          *float64           `json:"took_ms"`
}

func (t *transferred) print(cmd *cobra.Command, asJSON bool, verb string, took time.Duration) error {
	t.Took = ms(took)
	if asJSON {
		return withStatus(statusNo, newLineEncoder(cmd.OutOrStdout()).Encode(t))
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "file %s %s, %d octets in %s\n", t.File, verb, t.Octets, milliseconds(took))
	return nil
}

func newFilesGet() *cobra.Command {
	var f stationFlags
	cmd := filesCommand(&f, &cobra.Command{
		Use:   "get HOST FILE [LOCAL]",
		Short: "Read a file of a station",
		Long: `Get reads a file of a station and writes it to LOCAL, which is - for standard output,
and FILE.bin where it is not named. LOCAL appears when all of it has come and every
checksum was right.`,
		Example: "  stellwerk iec104 files get 192.0.2.10 30000.2 record.dat",
	}, nil, func(cmd *cobra.Command, args []string, station asdu.CommonAddress, ref iec104.FileRef) error {
		return getFile(cmd, &f, args[0], station, ref, localName(args, ref, 2),
			func(s *session, w io.Writer) (iec104.FilePosition, error) {
				return s.client.ReadFile(cmd.Context(), station, ref, w, s.progress("reading file "+ref.String()))
			})
	})
	cmd.Args = someArguments(2, 3, "HOST FILE, and perhaps a name for the copy")
	return cmd
}

// getFile reads a file, by the call that read makes, to a local one.
func getFile(cmd *cobra.Command, f *stationFlags, host string, station asdu.CommonAddress, ref iec104.FileRef, local string, read func(*session, io.Writer) (iec104.FilePosition, error)) error {
	if local == "-" && f.json {
		return usageError(cmd, errors.New("--json prints to standard output, where the file is to go too: name a local file"))
	}
	out, commit, err := newLocal(cmd, local)
	if err != nil {
		return withStatus(statusUsage, err)
	}
	s, err := f.open(cmd, host, nil, nil)
	if err != nil {
		return errors.Join(err, commit(false))
	}
	begin := time.Now()
	count := &counted{w: out}
	_, err = read(s, count)
	took := time.Since(begin)
	s.waiting.clear()
	if err != nil {
		return errors.Join(s.fileFailed(cmd, err), commit(false), s.close())
	}
	if err := commit(true); err != nil {
		return errors.Join(withStatus(statusNo, unwritable(local, err)), s.close())
	}
	result := transferred{Station: s.address, CommonAddress: station, File: ref.String(), Local: local, Octets: count.n}
	return errors.Join(result.print(cmd, f.json, "read to "+local, took), s.close())
}

// counted counts what is written.
type counted struct {
	w io.Writer
	n int64
}

// Write is part of io.Writer.
func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// newLocal begins a local file, which appears under its name when it is committed.
func newLocal(cmd *cobra.Command, name string) (w io.Writer, commit func(done bool) error, err error) {
	if name == "-" {
		return cmd.OutOrStdout(), func(bool) error { return nil }, nil
	}
	part, err := os.Create(name + ".part") //nolint:gosec // the user names the file
	if err != nil {
		return nil, nil, unwritable(name, err)
	}
	return part, func(done bool) error {
		err := part.Close()
		if !done || err != nil {
			return errors.Join(err, os.Remove(part.Name()))
		}
		return os.Rename(part.Name(), name)
	}, nil
}

func newFilesPut() *cobra.Command {
	var f stationFlags
	var arm bool
	cmd := filesCommand(&f, &cobra.Command{
		Use:     "put HOST FILE LOCAL --arm",
		Short:   "Write a file to a station",
		Long:    "Put writes the local file to a station. Without --arm it only shows what would be sent.",
		Example: "  stellwerk iec104 files put 192.0.2.10 30001.1 settings.bin --arm",
	}, []string{"HOST", "FILE", "LOCAL"}, func(cmd *cobra.Command, args []string, station asdu.CommonAddress, ref iec104.FileRef) error {
		file, size, err := openLocal(args[2])
		if err != nil {
			return withStatus(statusUsage, err)
		}
		defer file.Close() //nolint:errcheck // it is only read
		if !arm {
			return notArmed(cmd, fmt.Sprintf("%s, %d octets, as file %s to station %d of %s", args[2], size, ref, station, args[0]))
		}
		s, err := f.open(cmd, args[0], nil, nil)
		if err != nil {
			return err
		}
		begin := time.Now()
		err = s.client.WriteFile(cmd.Context(), station, ref, file, size, s.progress("writing file "+ref.String()))
		took := time.Since(begin)
		s.waiting.clear()
		if err != nil {
			return errors.Join(s.fileFailed(cmd, err), s.close())
		}
		result := transferred{Station: s.address, CommonAddress: station, File: ref.String(), Local: args[2], Octets: size}
		return errors.Join(result.print(cmd, f.json, "written", took), s.close())
	})
	cmd.Flags().BoolVar(&arm, "arm", false, "really write it")
	return cmd
}

// openLocal opens a local file of a length that a station can take.
func openLocal(name string) (*os.File, int64, error) {
	file, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, 0, fmt.Errorf("%s cannot be read: %w", name, err)
	}
	info, err := file.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s is no regular file", name)
	case info.Size() > asdu.MaxFileLength:
		err = fmt.Errorf("%s has %d octets: a file of IEC 60870-5-104 has %d at most", name, info.Size(), asdu.MaxFileLength)
	default:
		return file, info.Size(), nil
	}
	return nil, 0, errors.Join(err, file.Close())
}

func newFilesDelete() *cobra.Command {
	var f stationFlags
	var arm bool
	cmd := filesCommand(&f, &cobra.Command{
		Use:     "delete HOST FILE --arm",
		Short:   "Delete a file of a station",
		Long:    "Delete deletes a file of a station. Without --arm it only says so.",
		Example: "  stellwerk iec104 files delete 192.0.2.10 30001.1 --arm",
	}, []string{"HOST", "FILE"}, func(cmd *cobra.Command, args []string, station asdu.CommonAddress, ref iec104.FileRef) error {
		if !arm {
			return notArmed(cmd, fmt.Sprintf("the deletion of file %s to station %d of %s", ref, station, args[0]))
		}
		s, err := f.open(cmd, args[0], nil, nil)
		if err != nil {
			return err
		}
		s.waiting.say("deleting file " + ref.String())
		begin := time.Now()
		if err := s.client.DeleteFile(cmd.Context(), station, ref); err != nil {
			return errors.Join(s.fileFailed(cmd, err), s.close())
		}
		took := time.Since(begin)
		s.waiting.clear()
		result := transferred{Station: s.address, CommonAddress: station, File: ref.String()}
		return errors.Join(result.print(cmd, f.json, "deleted", took), s.close())
	})
	cmd.Flags().BoolVar(&arm, "arm", false, "really delete it")
	return cmd
}

func newFilesQuery() *cobra.Command {
	var f stationFlags
	var from, to string
	cmd := filesCommand(&f, &cobra.Command{
		Use:   "query HOST FILE [LOCAL] --from TIME --to TIME",
		Short: "Read the part of an archive between two times",
		Long: `Query asks for the part of an archive file between two times (F_SC_NB_1) and writes it
to LOCAL, as get does. The times are those of the station, in the zone of --zone,
such as 2026-03-01T12:00:00.`,
		Example: "  stellwerk iec104 files query 192.0.2.10 30002.3 --from 2026-03-01T00:00:00 --to 2026-03-02T00:00:00",
	}, nil, func(cmd *cobra.Command, args []string, station asdu.CommonAddress, ref iec104.FileRef) error {
		begin, err := f.instant("--from", from)
		if err != nil {
			return usageError(cmd, err)
		}
		end, err := f.instant("--to", to)
		if err != nil {
			return usageError(cmd, err)
		}
		if end.Before(begin) {
			return usageError(cmd, fmt.Errorf("--to %s is before --from %s", to, from))
		}
		return getFile(cmd, &f, args[0], station, ref, localName(args, ref, 2),
			func(s *session, w io.Writer) (iec104.FilePosition, error) {
				return s.client.QueryLog(cmd.Context(), station, ref, begin, end, w, s.progress("querying file "+ref.String()))
			})
	})
	cmd.Args = someArguments(2, 3, "HOST FILE, and perhaps a name for the copy")
	cmd.Flags().StringVar(&from, "from", "", "first time")
	cmd.Flags().StringVar(&to, "to", "", "last time")
	return cmd
}

// instant reads a time in the station's zone.
func (f *stationFlags) instant(flag, text string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, f.location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s %q: write a time such as 2026-03-01T12:00:00", flag, text)
}
