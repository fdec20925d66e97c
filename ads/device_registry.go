package ads

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"sync"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
)

const (
	// registryRoom is how many octets the keys and values of a registry have
	// together, registryEntry what each is counted as beside its texts.
	registryRoom  = 4 << 20
	registryEntry = 128
	// registryDepth is how many keys a path leads through.
	registryDepth = 64
	// registryInvalidKey is what system services answer where there is no such key.
	registryInvalidKey ams.ReturnCode = 1
	// registryMask are the bits of an index offset that tell what is listed,
	// registryValues stands for values; the other bits are the number of the entry.
	registryMask   = 0xC000_0000
	registryValues = 0xC000_0000
)

// deviceRegistry is a registry in memory. A value is written with the path of its
// key, its name, its type and its data; keys arise with their values. Subkeys and
// values are listed one by one. Case does not matter.
type deviceRegistry struct {
	mu     sync.Mutex
	roots  [3]registryKey // guarded by mu; local machine, current user, classes
	octets int            // guarded by mu; of all
}

type registryKey struct {
	name   string
	keys   []*registryKey // by name
	values []registryValue
}

type registryValue struct {
	name string
	kind uint32
	data []byte
}

// register gives the index groups of the registry to a device.
func (g *deviceRegistry) register(d *Device) {
	for i := range g.roots {
		root := &g.roots[i]
		d.HandleGroup(command.GroupRegistry+command.IndexGroup(i), DeviceGroup{
			Write: func(_ context.Context, _ *Request, offset uint32, data []byte) ams.ReturnCode {
				if offset != 0 {
					return ams.InvalidOffset
				}
				return g.set(root, data)
			},
			ReadWrite: func(_ context.Context, _ *Request, offset, length uint32, data, dst []byte) ([]byte, ams.ReturnCode) {
				return g.list(root, offset, length, data, dst)
			},
		})
		d.HandleGroup(command.GroupRegistryDel+command.IndexGroup(i), DeviceGroup{
			Write: func(_ context.Context, _ *Request, _ uint32, data []byte) ams.ReturnCode { return g.remove(root, data) },
		})
	}
}

// registryPath splits a path.
func registryPath(path []byte) ([]string, ams.ReturnCode) {
	if len(path) > deviceMaxName {
		return nil, ams.InvalidData
	}
	names := strings.FieldsFunc(string(path), func(r rune) bool { return r == '\\' })
	if len(names) > registryDepth {
		return nil, ams.InvalidData
	}
	return names, ams.NoError
}

// sub finds a subkey, or where it would stand.
func (k *registryKey) sub(name string) (int, bool) {
	return slices.BinarySearchFunc(k.keys, strings.ToUpper(name), func(k *registryKey, name string) int {
		return strings.Compare(strings.ToUpper(k.name), name)
	})
}

// find follows a path; nil is not there.
func (k *registryKey) find(names []string) *registryKey {
	for _, name := range names {
		i, ok := k.sub(name)
		if !ok {
			return nil
		}
		k = k.keys[i]
	}
	return k
}

// size is what a key with all that is below it is counted as.
func (k *registryKey) size() int {
	n := registryEntry + len(k.name)
	for _, v := range k.values {
		n += v.size()
	}
	for _, sub := range k.keys {
		n += sub.size()
	}
	return n
}

func (v *registryValue) size() int { return registryEntry + len(v.name) + len(v.data) }

// set takes a path and NUL, a name and NUL, a type and data, or a path alone.
func (g *deviceRegistry) set(root *registryKey, data []byte) ams.ReturnCode {
	path, rest, ok := bytes.Cut(data, []byte{0})
	names, code := registryPath(path)
	if !ok || code != ams.NoError {
		return ams.InvalidData
	}
	var value registryValue
	if len(rest) > 0 {
		name, content, ok := bytes.Cut(rest, []byte{0})
		if !ok || len(content) < 4 || len(name) > deviceMaxName {
			return ams.InvalidData
		}
		value = registryValue{string(name), binary.LittleEndian.Uint32(content), bytes.Clone(content[4:])}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.octets+len(names)*registryEntry+len(path)+value.size() > registryRoom {
		return ams.DeviceNoMemory
	}
	key := root
	for _, name := range names {
		i, ok := key.sub(name)
		if !ok {
			made := &registryKey{name: name}
			key.keys = slices.Insert(key.keys, i, made)
			g.octets += made.size()
		}
		key = key.keys[i]
	}
	if len(rest) == 0 {
		return ams.NoError
	}
	g.octets += value.size()
	i := slices.IndexFunc(key.values, func(v registryValue) bool { return strings.EqualFold(v.name, value.name) })
	if i < 0 {
		key.values = append(key.values, value)
		return ams.NoError
	}
	g.octets -= key.values[i].size()
	key.values[i] = value
	return ams.NoError
}

// remove takes the path of a key and NUL, and removes it with all that is below it.
func (g *deviceRegistry) remove(root *registryKey, data []byte) ams.ReturnCode {
	path, rest, ok := bytes.Cut(data, []byte{0})
	names, code := registryPath(path)
	if !ok || len(rest) > 0 || code != ams.NoError || len(names) == 0 {
		return ams.InvalidData
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	last := len(names) - 1
	above := root.find(names[:last])
	if above == nil {
		return registryInvalidKey
	}
	i, ok := above.sub(names[last])
	if !ok {
		return registryInvalidKey
	}
	g.octets -= above.keys[i].size()
	above.keys = slices.Delete(above.keys, i, i+1)
	return ams.NoError
}

// list tells one subkey or one value of the key whose path is asked with: a name and
// NUL, and of a value its type and its data. Behind the last one it is 0x70C.
func (g *deviceRegistry) list(root *registryKey, offset, length uint32, data, dst []byte) ([]byte, ams.ReturnCode) {
	path, rest, ok := bytes.Cut(data, []byte{0})
	names, code := registryPath(path)
	kind := offset & registryMask
	switch {
	case !ok || len(rest) > 0 || code != ams.NoError:
		return dst, ams.InvalidData
	case kind != 0 && kind != registryValues:
		return dst, ams.InvalidOffset
	}
	number := uint64(offset &^ registryMask)
	g.mu.Lock()
	defer g.mu.Unlock()
	key := root.find(names)
	switch {
	case key == nil:
		return dst, registryInvalidKey
	case kind == 0 && number < uint64(len(key.keys)):
		return appendCut(dst, length, append([]byte(key.keys[number].name), 0)...)
	case kind == registryValues && number < uint64(len(key.values)):
		v := key.values[number]
		octets := binary.LittleEndian.AppendUint32(append([]byte(v.name), 0), v.kind)
		return appendCut(dst, length, append(octets, v.data...)...)
	default:
		return dst, ams.NotFound
	}
}
