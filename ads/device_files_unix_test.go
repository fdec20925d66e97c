//go:build unix

package ads

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// A named pipe would have the device wait for whoever opens its other end.
func TestDeviceSystemOpensNoPipe(t *testing.T) {
	folder := t.TempDir()
	pipe := filepath.Join(folder, "pipe")
	check(t, syscall.Mkfifo(pipe, 0o600))
	root, err := os.OpenRoot(folder)
	check(t, err)
	defer root.Close()
	p := newSystemPeer(t, &DeviceSystemOptions{Files: root, FilesWritable: true})
	// Without the refusal the other end would come after a second.
	rescue := time.AfterFunc(time.Second, func() {
		t.Error("the device waits for the other end of the pipe")
		if end, err := os.OpenFile(pipe, os.O_RDWR, 0); err == nil {
			t.Cleanup(func() { _ = end.Close() })
		}
	})
	defer rescue.Stop()
	for _, flags := range []uint32{fileRead, fileWrite, fileAppend} {
		if _, code := p.readWrite(command.GroupFileOpen, flags, 4, []byte("pipe")); code != ams.InvalidParameter {
			t.Errorf("flags %d: %v", flags, code)
		}
	}
}
