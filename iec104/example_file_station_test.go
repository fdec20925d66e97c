package iec104_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"net"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// disturbances is a station that has nothing but files. [station.Sector] has a
// place for files too.
type disturbances struct{ files iec104.FileStore }

func (disturbances) Interrogate(*iec104.Session, asdu.CommonAddress, asdu.InterrogationQualifier) iter.Seq[asdu.ASDU] {
	return func(func(asdu.ASDU) bool) {}
}

func (disturbances) Command(c *iec104.Command) { _ = c.Disown() }

// FileStore makes it an iec104.FileStation.
func (d disturbances) FileStore(asdu.CommonAddress) iec104.FileStore { return d.files }

func ExampleFileStation() {
	files := iec104.NewFileMemory(nil) // or iec104.NewFileFolder
	record := iec104.FileRef{Address: 30000, Name: 2}
	created := asdu.CP56(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	if err := files.Put(record, []byte("the fault of that day"), created); err != nil {
		fmt.Println(err)
		return
	}
	server, err := iec104.NewServer(disturbances{files}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	near, far := net.Pipe()
	if _, err := server.ServeConn(far); err != nil {
		fmt.Println(err)
		return
	}

	client, err := iec104.NewClient(near, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	ctx := context.Background()
	if err := client.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	entries, err := client.Directory(ctx, 1, iec104.FileRef{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, entry := range entries {
		var content bytes.Buffer
		ref := iec104.FileRef{Address: entry.Address, Name: entry.File}
		_, err := client.ReadFile(ctx, 1, ref, &content, nil)
		fmt.Printf("%s of %s: %q %v\n", ref, entry.Time, content.String(), err)
	}
	// Output:
	// 30000.2 of 2026-03-01T12:00:00.000: "the fault of that day" <nil>
}
