package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"stellwerk/internal/capture"
)

// evidence is the file of -w.
type evidence struct {
	name   string
	file   *os.File
	writer *capture.Writer
}

// newEvidence creates the file, unless it is one of those that are read.
func newEvidence(name string, inputs []string) (*evidence, error) {
	if there, err := os.Stat(name); err == nil {
		for _, input := range inputs {
			if info, err := os.Stat(input); err == nil && os.SameFile(there, info) {
				return nil, fmt.Errorf("-w %s would overwrite what is to be read: name another file", name)
			}
		}
	}
	file, err := os.Create(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, unwritable(name, err)
	}
	return &evidence{name: name, file: file, writer: capture.NewWriter(file, "stellwerk "+programVersion())}, nil
}

func unwritable(name string, err error) error {
	if wrapped, ok := errors.AsType[*fs.PathError](err); ok {
		err = wrapped.Err
	}
	return fmt.Errorf("%s cannot be written: %w", name, err)
}

// packet writes a packet.
func (e *evidence) packet(p *capture.Packet) error {
	if err := e.writer.Write(p); err != nil {
		return unwritable(e.name, err)
	}
	return nil
}

// close ends the file.
func (e *evidence) close() error {
	if err := errors.Join(e.writer.Flush(), e.file.Close()); err != nil {
		return unwritable(e.name, err)
	}
	return nil
}
