package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

func newFiles() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "files",
		Short: "List, read, write and delete the files of a station",
		Long: `Files lists, reads, writes and deletes the files of a station (F_FR_NA_1 to
F_SC_NB_1), such as disturbance records. FILE is the object address of a file, or
ADDRESS.NAME with the name of file that the directory shows. Writing and deleting
need --arm.`,
		Example: `  stellwerk iec104 files list 192.0.2.10
  stellwerk iec104 files get 192.0.2.10 30000.2 record.dat
  stellwerk iec104 files put 192.0.2.10 30001.1 settings.bin --arm
  stellwerk iec104 files query 192.0.2.10 30002.3 events.bin --from 2026-03-01T00:00:00 --to 2026-03-02T00:00:00`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(newFilesList(), newFilesGet(), newFilesPut(), newFilesDelete(), newFilesQuery())
	return cmd
}

// fileRef reads ADDRESS or ADDRESS.NAME; without a name it is a transparent file.
func (f *stationFlags) fileRef(text string) (iec104.FileRef, error) {
	addressText, nameText, named := strings.Cut(text, ".")
	address, err := f.objectAddress(addressText)
	if err != nil {
		return iec104.FileRef{}, fmt.Errorf("%q is no file: %w", text, err)
	}
	ref := iec104.FileRef{Address: address, Name: 1}
	if named {
		name, err := strconv.ParseUint(nameText, 0, 16)
		if err != nil {
			return ref, fmt.Errorf("%q is no file: the name behind the point is a number from 0 to 65535", text)
		}
		ref.Name = asdu.FileName(name)
	}
	return ref, nil
}

// filesCommand makes a command about files, which gets the station, and of the
// arguments behind HOST the file, if it wants one.
func filesCommand(f *stationFlags, cmd *cobra.Command, names []string, run func(cmd *cobra.Command, args []string, station asdu.CommonAddress, ref iec104.FileRef) error) *cobra.Command {
	cmd.Args = hostArguments(names...)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := f.check(cmd); err != nil {
			return usageError(cmd, err)
		}
		station, err := f.station(false)
		if err != nil {
			return usageError(cmd, err)
		}
		var ref iec104.FileRef
		if len(args) > 1 {
			if ref, err = f.fileRef(args[1]); err != nil {
				return usageError(cmd, err)
			}
		}
		return run(cmd, args, station, ref)
	}
	f.register(cmd, "1", "station that has the files")
	return cmd
}

// listedFile is a file as list prints it, and a line of --json.
type listedFile struct {
	CommonAddress asdu.CommonAddress `json:"common_address"`
	Address       asdu.ObjectAddress `json:"address"`
	Name          asdu.FileName      `json:"name"`
	Length        uint32             `json:"length"`
	Directory     bool               `json:"directory"`
	Active        bool               `json:"active"`
	Status        uint8              `json:"status"`
	Time          string             `json:"time"`
}

func newFilesList() *cobra.Command {
	var f stationFlags
	return filesCommand(&f, &cobra.Command{
		Use:     "list HOST",
		Short:   "List the files of a station",
		Long:    "List calls the directory of a station and prints the files that it has.",
		Example: "  stellwerk iec104 files list 192.0.2.10 --json",
	}, []string{"HOST"}, func(cmd *cobra.Command, args []string, station asdu.CommonAddress, _ iec104.FileRef) error {
		s, err := f.open(cmd, args[0], nil, nil)
		if err != nil {
			return err
		}
		s.waiting.say("calling the directory of " + s.address)
		entries, err := s.client.Directory(cmd.Context(), station, iec104.FileRef{})
		s.waiting.clear()
		if err != nil {
			return errors.Join(s.fileFailed(cmd, err), s.close())
		}
		return errors.Join(withStatus(statusNo, printFiles(cmd, &f, station, entries)), s.close())
	})
}

func printFiles(cmd *cobra.Command, f *stationFlags, station asdu.CommonAddress, entries []asdu.DirectoryEntry) error {
	t := &textTable{columns: []column{{"FILE", false}, {"LENGTH", true}, {"CREATED", false}, {"KIND", false}, {"STATE", false}}}
	lines := newLineEncoder(cmd.OutOrStdout())
	for _, e := range entries {
		if f.json {
			if err := lines.Encode(listedFile{station, e.Address, e.File, e.Length, e.Directory, e.Active, e.Status, e.Time.String()}); err != nil {
				return err
			}
			continue
		}
		kind, state := fileKind(e.File), ""
		if e.Directory {
			kind = "directory"
		}
		if e.Active {
			state = "being transferred"
		}
		t.add(iec104.FileRef{Address: e.Address, Name: e.File}.String(), fmt.Sprint(e.Length), e.Time.String(), kind, state)
	}
	fmt.Fprintln(cmd.ErrOrStderr(), number(len(entries), "file"))
	if f.json || len(entries) == 0 {
		return nil
	}
	return t.write(cmd.OutOrStdout())
}

// fileKind says what names of files mean.
func fileKind(name asdu.FileName) string {
	kinds := []string{"", "transparent", "disturbance data", "sequence of events", "sequence of analogue values"}
	if int(name) < len(kinds) {
		return kinds[name]
	}
	return ""
}

// fileFailed gives an error about files its status and the next step.
func (s *session) fileFailed(cmd *cobra.Command, err error) error {
	s.waiting.clear()
	_, about := errors.AsType[*iec104.FileError](err)
	switch {
	case !about, errors.Is(err, iec104.ErrTimeout), cmd.Context().Err() != nil, s.client.Err() != nil:
		return s.failed(cmd.Context(), err)
	case errors.Is(err, iec104.ErrRefused) && answered(err).Cause.Unknown():
		return s.refused(answered(err))
	case errors.Is(err, iec104.ErrRefused):
		return advise(statusNo, fmt.Errorf("%s: %w", s.address, err), "look at what there is with \"stellwerk iec104 files list\"")
	default:
		return advise(statusUnreachable, fmt.Errorf("%s: %w", s.address, err), "try again, and look at the frames with --trace")
	}
}

// answered returns the error of an operation with what the answer had.
func answered(err error) *iec104.Error {
	if e, ok := errors.AsType[*iec104.Error](err); ok {
		return e
	}
	return &iec104.Error{Err: err}
}

// progress shows how far a transfer is.
func (s *session) progress(what string) *iec104.FileOptions {
	s.waiting.say(what)
	return &iec104.FileOptions{Progress: func(p iec104.FileProgress) {
		text := fmt.Sprintf("%s: %d octets", what, p.Octets)
		if p.Length > 0 {
			text += fmt.Sprintf(" of %d, %d %%", p.Length, uint64(p.Octets)*100/uint64(p.Length))
		}
		s.waiting.update(text)
	}}
}

// localName is where a file goes to that is read.
func localName(args []string, ref iec104.FileRef, at int) string {
	if len(args) > at {
		return args[at]
	}
	return strings.ReplaceAll(ref.String(), ".", "-") + ".bin"
}

// someArguments wants HOST, FILE and perhaps one more.
func someArguments(needed, most int, wanted string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < needed || len(args) > most {
			return usageError(cmd, fmt.Errorf("%s needs %s, but was given %d argument(s)", cmd.CommandPath(), wanted, len(args)))
		}
		return nil
	}
}
