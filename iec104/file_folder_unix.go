//go:build unix

package iec104

import (
	"errors"
	"fmt"
	"syscall"
)

// noRoom makes a full disk [ErrFileSpace].
func noRoom(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("%w: %w", ErrFileSpace, err)
	}
	return err
}
