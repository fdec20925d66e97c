package ads

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

// registryEntryOf is a path, a name, a type and data as they are written.
func registryEntryOf(path, name string, kind uint32, data string) []byte {
	octets := append([]byte(path), 0)
	octets = append(append(octets, name...), 0)
	return append(binary.LittleEndian.AppendUint32(octets, kind), data...)
}

func TestDeviceRegistry(t *testing.T) {
	p := newSystemPeer(t, &DeviceSystemOptions{Registry: true})
	list := func(group command.IndexGroup, kind uint32, path string) (found []string, end ams.ReturnCode) {
		for i := kind; ; i++ {
			data, code := p.readWrite(group, i, 100, append([]byte(path), 0))
			if code != 0 {
				return found, code
			}
			found = append(found, string(data))
		}
	}
	for _, entry := range [][]byte{
		registryEntryOf(`Software\Test\KeyB`, "", 1, "default\x00"),
		registryEntryOf(`Software\Test\KeyA`, "number", 4, "\x01\x00\x00\x00"),
		registryEntryOf(`software\TEST\keya`, "Number", 4, "\x02\x00\x00\x00"), // the same one
		registryEntryOf(`Software\Test\KeyA`, "text", 1, "x\x00"),
		[]byte("Software\\Test\\KeyA\\Sub\x00"),
	} {
		if code := p.write(command.GroupRegistry, 0, entry...); code != 0 {
			t.Errorf("%q: %v", entry, code)
		}
	}
	keys, end := list(command.GroupRegistry, 0, `Software\Test`)
	if !slices.Equal(keys, []string{"KeyA\x00", "KeyB\x00"}) || end != ams.NotFound {
		t.Errorf("subkeys %q, %v", keys, end)
	}
	values, end := list(command.GroupRegistry, registryValues, `Software\Test\KeyA`)
	if !slices.Equal(values, []string{"Number\x00\x04\x00\x00\x00\x02\x00\x00\x00", "text\x00\x01\x00\x00\x00x\x00"}) || end != ams.NotFound {
		t.Errorf("values %q, %v", values, end)
	}
	if _, end := list(command.GroupRegistryUser, 0, "Software"); end != registryInvalidKey {
		t.Errorf("a key under another root: %v", end)
	}
	for name, c := range map[string]struct{ got, want ams.ReturnCode }{
		"more than a path":     {p.write(command.GroupRegistryDel, 0, []byte("Software\x00abc")...), ams.InvalidData},
		"a path without NUL":   {p.write(command.GroupRegistryDel, 0, []byte("Software")...), ams.InvalidData},
		"the root":             {p.write(command.GroupRegistryDel, 0, 0), ams.InvalidData},
		"a key that is there":  {p.write(command.GroupRegistryDel, 0, []byte("Software\\Test\\KeyA\x00")...), ams.NoError},
		"a value without type": {p.write(command.GroupRegistry, 0, []byte("Software\x00name\x00abc")...), ams.InvalidData},
		"a deep path":          {p.write(command.GroupRegistry, 0, append(bytes.Repeat([]byte(`a\`), registryDepth+1), 0)...), ams.InvalidData},
		"an offset":            {p.write(command.GroupRegistry, 1, registryEntryOf("a", "b", 1, "")...), ams.InvalidOffset},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	if code := p.write(command.GroupRegistryDel, 0, []byte("Software\\Test\\KeyA\x00")...); code != registryInvalidKey {
		t.Errorf("deleted again: %v", code)
	}
	if _, code := p.readWrite(command.GroupRegistry, 0x4000_0000, 100, []byte("Software\x00")); code != ams.InvalidOffset {
		t.Errorf("another list: %v", code)
	}
	// It has an end, and what is deleted makes room.
	big := make([]byte, 1<<20)
	var code ams.ReturnCode
	for i := 0; code == 0 && i < 10; i++ {
		code = p.write(command.GroupRegistry, 0, registryEntryOf(`Big`, string(rune('a'+i)), 3, string(big))...)
	}
	if code != ams.DeviceNoMemory {
		t.Errorf("10 MiB: %v", code)
	}
	for _, key := range []string{"Big\x00", "Software\x00"} {
		if code := p.write(command.GroupRegistryDel, 0, []byte(key)...); code != 0 {
			t.Error(code)
		}
	}
	if code := p.write(command.GroupRegistry, 0, registryEntryOf(`Big`, "a", 3, string(big))...); code != 0 {
		t.Errorf("there is room again: %v", code)
	}
}
