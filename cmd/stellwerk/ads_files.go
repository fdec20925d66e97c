package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/ads"
)

func newADSFiles() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "files",
		Short: "List, read, write and delete files of a machine with TwinCAT",
		Long: `Files is about the files that the system service of a machine, AMS port 10000, gives
access to. Paths are those of the machine, such as C:\TwinCAT\3.1\Boot or
/TwinCAT/3.1/Boot.`,
		Example: `  stellwerk ads files ls 192.0.2.5 'C:\TwinCAT\3.1\Boot'
  stellwerk ads files get 192.0.2.5 'C:\TwinCAT\3.1\Boot\CurrentConfig.xml'
  stellwerk ads files put 192.0.2.5 recipe.csv 'C:\Recipes\recipe.csv' --arm`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(newADSFilesList(), newADSFilesGet(), newADSFilesPut(), newADSFilesRemove())
	return cmd
}

// registerFiles adds the flags; the files are always those of the system service.
func (f *adsFlags) registerFiles(cmd *cobra.Command) {
	f.register(cmd)
	_ = cmd.Flags().MarkHidden("port") // the flag is there
}

// fileLine is a file as --json prints it; docs/manual.md has it.
type fileLine struct {
	Name       string     `json:"name"`
	Folder     bool       `json:"folder"`
	Size       int64      `json:"size"`
	Written    *time.Time `json:"written,omitempty"`
	Attributes uint32     `json:"attributes"`
}

func newADSFilesList() *cobra.Command {
	f := &adsFlags{}
	cmd := &cobra.Command{
		Use:   "ls HOST PATH",
		Short: "List a folder",
		Long: `Ls lists the files and folders in a folder, or those that a pattern such as
C:\TwinCAT\*.xml matches.

` + adsHost,
		Example: `  stellwerk ads files ls 192.0.2.5 'C:\TwinCAT\3.1\Boot'`,
		Args:    hostArguments("HOST", "PATH"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := f.open(cmd, args[0])
			if err != nil {
				return err
			}
			return errors.Join(s.list(cmd, args[1]), s.close())
		},
	}
	f.registerFiles(cmd)
	return cmd
}

func (s *adsSession) list(cmd *cobra.Command, name string) error {
	pattern := name
	if !strings.ContainsAny(name, "*?") {
		slash := `\`
		if strings.Contains(name, "/") {
			slash = "/"
		}
		pattern = strings.TrimRight(name, `/\`) + slash + "*"
	}
	s.waiting.say("listing " + name)
	out := cmd.OutOrStdout()
	rows := &textTable{columns: []column{{head: "WRITTEN"}, {head: "OCTETS", right: true}, {head: "NAME"}}}
	encoder := newLineEncoder(out)
	shown := 0
	for entry, err := range s.client.ListFiles(cmd.Context(), pattern) {
		if err != nil {
			return s.failed(cmd.Context(), err)
		}
		if entry.Name == "." || entry.Name == ".." {
			continue
		}
		shown++
		line := fileLine{Name: entry.Name, Folder: entry.IsDir(), Size: entry.Size, Attributes: entry.Attributes}
		when, size, shownName := "", strconv.FormatInt(entry.Size, 10), printable(entry.Name)
		if !entry.Written.IsZero() {
			line.Written = &entry.Written
			when = entry.Written.Local().Format("2006-01-02 15:04:05")
		}
		if line.Folder {
			size, shownName = "", shownName+"/"
		}
		if s.flags.json {
			if err := encoder.Encode(line); err != nil {
				return withStatus(statusNo, err)
			}
			continue
		}
		rows.add(when, size, shownName)
	}
	s.waiting.clear()
	switch {
	case shown == 0:
		return withStatus(statusNo, fmt.Errorf("nothing at %s matches %s", s.host, name))
	case s.flags.json:
		return nil
	}
	return withStatus(statusNo, rows.write(out))
}

// baseName is the last part of a path of any system.
func baseName(name string) string { return path.Base(strings.ReplaceAll(name, `\`, "/")) }

func newADSFilesGet() *cobra.Command {
	f := &adsFlags{}
	cmd := &cobra.Command{
		Use:   "get HOST PATH [LOCAL]",
		Short: "Read a file",
		Long: `Get reads a file and writes it to LOCAL, which is - for standard output, and the
file's own name where it is not given. LOCAL appears when all of it has come.

` + adsHost,
		Example: `  stellwerk ads files get 192.0.2.5 'C:\TwinCAT\3.1\Boot\CurrentConfig.xml' -`,
		Args:    someArguments(2, 3, "HOST PATH, and perhaps a name for the copy"),
		RunE: func(cmd *cobra.Command, args []string) error {
			local := baseName(args[1])
			if len(args) == 3 {
				local = args[2]
			}
			if local == "-" && f.json {
				return usageError(cmd, errors.New("--json prints to standard output, where the file is to go too: name a local file"))
			}
			if local == "." || local == "/" || local == "" {
				return usageError(cmd, fmt.Errorf("%q names no file", args[1]))
			}
			s, err := f.open(cmd, args[0])
			if err != nil {
				return err
			}
			return errors.Join(s.get(cmd, args[1], local), s.close())
		},
	}
	f.registerFiles(cmd)
	return cmd
}

func (s *adsSession) get(cmd *cobra.Command, name, local string) error {
	ctx, begin := cmd.Context(), time.Now()
	s.waiting.say("reading " + name)
	file, err := s.client.OpenFile(ctx, name, ads.FileRead|ads.FileBinary)
	if err != nil {
		return s.failed(ctx, err)
	}
	w, commit, err := newLocal(cmd, local)
	if err != nil {
		return errors.Join(withStatus(statusUsage, err), file.Close())
	}
	n, err := s.copy(w, file, "reading "+name, -1)
	err = errors.Join(err, file.Close())
	if err != nil {
		return errors.Join(s.failed(ctx, err), commit(false))
	}
	if err := commit(true); err != nil {
		return withStatus(statusNo, unwritable(local, err))
	}
	return s.moved(cmd, name, local, "read to "+local, n, time.Since(begin))
}

// copy copies, and says on the terminal how far it is; size is -1 where it is not
// known.
func (s *adsSession) copy(w io.Writer, r io.Reader, what string, size int64) (int64, error) {
	var done int64
	buffer := make([]byte, 64<<10)
	for {
		n, err := r.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return done, err
			}
			done += int64(n)
			text := fmt.Sprintf("%s: %s octets", what, strconv.FormatInt(done, 10))
			if size > 0 {
				text += fmt.Sprintf(" of %d, %d %%", size, done*100/size)
			}
			s.waiting.update(text)
		}
		switch {
		case errors.Is(err, io.EOF):
			return done, nil
		case err != nil:
			return done, err
		}
	}
}

// movedLine is what --json prints of a file that was read, written or deleted.
type movedLine struct {
	Host   string   `json:"host"`
	File   string   `json:"file"`
	Local  string   `json:"local,omitempty"`
	Octets int64    `json:"octets"`
	Took   *float64 `json:"took_ms"`
}

func (s *adsSession) moved(cmd *cobra.Command, name, local, verb string, octets int64, took time.Duration) error {
	s.waiting.clear()
	if s.flags.json {
		return withStatus(statusNo, newLineEncoder(cmd.OutOrStdout()).Encode(movedLine{Host: s.host, File: name, Local: local, Octets: octets, Took: ms(took)}))
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s %s, %s in %s\n", name, verb, number(int(octets), "octet"), milliseconds(took))
	return nil
}

func newADSFilesPut() *cobra.Command {
	f := &adsFlags{}
	var arm bool
	cmd := &cobra.Command{
		Use:   "put HOST LOCAL PATH --arm",
		Short: "Write a file",
		Long: `Put writes a local file, or - for standard input, to PATH of the machine, in place of
what is there, and makes its folders. Without --arm it only says what would be
written.

` + adsHost,
		Example: `  stellwerk ads files put 192.0.2.5 recipe.csv 'C:\Recipes\recipe.csv' --arm`,
		Args:    hostArguments("HOST", "LOCAL", "PATH"),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, size, err := openSource(cmd, args[1])
			if err != nil {
				return err
			}
			defer file.Close() // it was only read
			what := fmt.Sprintf("write %s to %s of %s", args[1], args[2], args[0])
			if size >= 0 {
				what = fmt.Sprintf("write %s (%s) to %s of %s", args[1], number(int(size), "octet"), args[2], args[0])
			}
			if err := armed(cmd, arm, what); err != nil {
				return err
			}
			s, err := f.open(cmd, args[0])
			if err != nil {
				return err
			}
			return errors.Join(s.put(cmd, file, size, args[1], args[2]), s.close())
		},
	}
	f.registerFiles(cmd)
	cmd.Flags().BoolVar(&arm, "arm", false, "really write it")
	return cmd
}

// openSource opens a file that is to be sent, or standard input, whose size is -1.
func openSource(cmd *cobra.Command, name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(cmd.InOrStdin()), -1, nil
	}
	file, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, 0, usageError(cmd, err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", name)
	}
	if err != nil {
		return nil, 0, errors.Join(usageError(cmd, err), file.Close())
	}
	return file, info.Size(), nil
}

func (s *adsSession) put(cmd *cobra.Command, local io.Reader, size int64, localName, name string) error {
	ctx, begin := cmd.Context(), time.Now()
	s.waiting.say("writing " + name)
	file, err := s.client.OpenFile(ctx, name, ads.FileWrite|ads.FileBinary|ads.FileEnsureDir)
	if err != nil {
		return s.failed(ctx, err)
	}
	n, err := s.copy(file, local, "writing "+name, size)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(s.failed(ctx, err), fmt.Errorf("%s is not whole: %d octets were written", name, n))
	}
	return s.moved(cmd, name, localName, "written", n, time.Since(begin))
}

func newADSFilesRemove() *cobra.Command {
	f := &adsFlags{}
	var arm bool
	cmd := &cobra.Command{
		Use:     "rm HOST PATH --arm",
		Short:   "Delete a file",
		Long:    "Rm deletes a file of the machine. Without --arm it only says what would be deleted.\n\n" + adsHost,
		Example: `  stellwerk ads files rm 192.0.2.5 'C:\Recipes\old.csv' --arm`,
		Args:    hostArguments("HOST", "PATH"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := armed(cmd, arm, fmt.Sprintf("delete %s of %s", args[1], args[0])); err != nil {
				return err
			}
			s, err := f.open(cmd, args[0])
			if err != nil {
				return err
			}
			return errors.Join(s.remove(cmd.Context(), cmd, args[1]), s.close())
		},
	}
	f.registerFiles(cmd)
	cmd.Flags().BoolVar(&arm, "arm", false, "really delete it")
	return cmd
}

func (s *adsSession) remove(ctx context.Context, cmd *cobra.Command, name string) error {
	begin := time.Now()
	s.waiting.say("deleting " + name)
	if err := s.client.DeleteFile(ctx, name); err != nil {
		return s.failed(ctx, err)
	}
	return s.moved(cmd, name, "", "deleted", 0, time.Since(begin))
}
