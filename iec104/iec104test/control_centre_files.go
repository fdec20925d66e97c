package iec104test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// requestFile makes a request of file transfer.
func requestFile(ctx context.Context, client *iec104.Client, r Request) error {
	ref := iec104.FileRef{Address: r.Object.IOA()}
	switch o := r.Object.(type) {
	case asdu.FileReady:
		ref.Name = o.File
		return client.WriteFile(ctx, r.CommonAddress, ref, bytes.NewReader(make([]byte, o.Length)), int64(o.Length), nil)
	case asdu.FileCall:
		ref.Name = o.File
		switch o.Action {
		case asdu.FileDefault:
			_, err := client.Directory(ctx, r.CommonAddress, ref)
			return err
		case asdu.RequestFile:
			_, err := client.ReadFile(ctx, r.CommonAddress, ref, io.Discard, nil)
			return err
		case asdu.DeleteFile:
			return client.DeleteFile(ctx, r.CommonAddress, ref)
		default:
			return fmt.Errorf("%w: %s", errors.ErrUnsupported, o.Action.Text().EN)
		}
	default:
		return fmt.Errorf("%w: %s", errors.ErrUnsupported, r.Type)
	}
}
