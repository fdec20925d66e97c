package iec104_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// recorder is a station with files.
type recorder struct {
	breaker
	files *iec104.FileMemory
}

func (r *recorder) FileStore(asdu.CommonAddress) iec104.FileStore { return r.files }

func ExampleClient_ReadFile() {
	station := &recorder{files: iec104.NewFileMemory(nil)}
	record := iec104.FileRef{Address: 30000, Name: 2} // disturbance data
	created := asdu.CP56(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	if err := station.files.Put(record, []byte("the fault of that day\n"), created); err != nil {
		fmt.Println(err)
		return
	}
	server, err := iec104.NewServer(station, nil)
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
	fmt.Println("start:", client.Start(ctx))
	entries, err := client.Directory(ctx, 1, iec104.FileRef{})
	fmt.Println("directory:", len(entries), err)
	position, err := client.ReadFile(ctx, 1, record, os.Stdout, &iec104.FileOptions{Expect: &entries[0]})
	fmt.Println("read:", position.Offset, err)
	settings := iec104.FileRef{Address: 40000, Name: 1}
	fmt.Println("write:", client.WriteFile(ctx, 1, settings, strings.NewReader("new settings"), 12, nil))
	fmt.Println("delete:", client.DeleteFile(ctx, 1, record))
	_, err = client.ReadFile(ctx, 1, record, os.Stdout, nil)
	fmt.Println(err)
	// Output:
	// start: <nil>
	// directory: 1 <nil>
	// the fault of that day
	// read: 22 <nil>
	// write: <nil>
	// delete: <nil>
	// read file: file 30000.2: refused
}

func ExampleNewFileFolder() {
	path, err := os.MkdirTemp("", "files")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(path) }()
	folder, err := iec104.NewFileFolder(path, &iec104.FileFolderOptions{
		Names:    map[iec104.FileRef]string{{Address: 30000, Name: 2}: "fault.cfg"},
		Writable: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer folder.Close()
	if err := os.WriteFile(path+"/fault.cfg", []byte("data"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	entries, err := folder.Directory(iec104.FileRef{})
	fmt.Println(entries[0].Address, entries[0].File, entries[0].Length, err)
	// Output: 30000 2 4 <nil>
}

func ExampleNewFileMemory() {
	files := iec104.NewFileMemory(&iec104.FileMemoryOptions{ReadOnly: true})
	err := files.Put(iec104.FileRef{Address: 1, Name: 1}, []byte("data"), asdu.CP56(time.Now().UTC()))
	fmt.Println(files.Files(), err)
	// Output: [1.1] <nil>
}
