package command_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/wire"
)

// outline prints nodes one a line: depth, name, and what they say.
func outline(nodes []wire.Node) string {
	var b strings.Builder
	for _, n := range nodes {
		fmt.Fprint(&b, strings.Repeat("  ", n.Depth), n.Name)
		switch {
		case n.Text.DE != "":
			fmt.Fprint(&b, ": ", n.Text.DE)
		case n.Raw != nil:
			fmt.Fprintf(&b, ": %x", n.Raw)
		case n.Leaf:
			fmt.Fprint(&b, ": ", n.Value)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Requests and answers as a reader sees them, with symbols where they are known.
func TestWalk(t *testing.T) {
	symbol := func(i command.Index) string {
		if i.Group == command.GroupValueByHandle {
			return fmt.Sprintf("MAIN.x%d", i.Offset)
		}
		return ""
	}
	sample := func(handle uint32) string {
		if handle == 1 {
			return "MAIN.x7"
		}
		return ""
	}
	readRequest := command.ReadWriteRequest{Index: command.Index{Group: command.GroupSumRead, Offset: 3}, ReadLength: 18, Data: readOctets}.Append(nil)
	handleRequest := command.ReadWriteRequest{Index: command.Index{Group: command.GroupSumReadWrite, Offset: 2}, ReadLength: 28, Data: readWriteOctets}.Append(nil)
	for _, test := range []struct {
		name   string
		body   command.Body
		octets []byte
		want   string
	}{
		{
			"handle by name",
			command.Body{Command: ams.ReadWrite},
			bodies[len(bodies)-1].octets,
			`index group: 0xF003 Handle zu einem Namen
index offset: 0x0
read length: Oktette
write length: Oktette
name: M.x1
`,
		},
		{
			"its answer",
			command.Body{Command: ams.ReadWrite, Response: true, Request: bodies[len(bodies)-1].octets},
			command.ReadResponse{Data: []byte{7, 0, 0, 0}}.Append(nil),
			`result: 0
length: Oktette
handle: 0x7
`,
		},
		{
			"sum read",
			command.Body{Command: ams.ReadWrite},
			readRequest,
			`index group: 0xF080 Summenlesen
index offset: 0x3
read length: Oktette
write length: Oktette
item: 1
  index group: 0x4020 SPS-Merker %M
  index offset: 0x1
  read length: Oktette
item: 2 MAIN.x7
  index group: 0xF005 Wert zu einem Handle
  index offset: 0x7
  read length: Oktette
item: 3 MAIN.x8
  index group: 0xF005 Wert zu einem Handle
  index offset: 0x8
  read length: Oktette
`,
		},
		{
			"its answer",
			command.Body{Command: ams.ReadWrite, Response: true, Request: readRequest},
			command.ReadResponse{Data: readAnswer}.Append(nil),
			`result: 0
length: Oktette
item: 1
  result: 0
item: 2 MAIN.x7
  result: ADSERR_DEVICE_SYMBOLVERSIONINVALID: ` + ams.SymbolVersionInvalid.Meaning().DE + `
item: 3 MAIN.x8
  result: 0
item data: 1
  data: 0102
item data: 2 MAIN.x7
  data: 00000000
`,
		},
		{
			"sum of handles",
			command.Body{Command: ams.ReadWrite, Response: true, Request: handleRequest},
			command.ReadResponse{Data: command.AppendSumDataAnswers(nil, []command.SumAnswer{{Data: []byte{7, 0, 0, 0}}, {Result: ams.SymbolNotFound}})}.Append(nil),
			`result: 0
length: Oktette
item: 1
  result: 0
  length: Oktette
item: 2
  result: ADSERR_DEVICE_SYMBOLNOTFOUND: ` + ams.SymbolNotFound.Meaning().DE + `
  length: Oktette
item data: 1
  handle: 0x7
`,
		},
		{
			"an answer to nobody knows what",
			command.Body{Command: ams.ReadWrite, Response: true},
			command.ReadResponse{Data: resultAnswer}.Append(nil),
			"result: 0\nlength: Oktette\ndata: 0000000003070000\n",
		},
		{
			"sum write",
			command.Body{Command: ams.ReadWrite},
			command.ReadWriteRequest{Index: command.Index{Group: command.GroupSumWrite, Offset: 2}, ReadLength: 8, Data: writeOctets}.Append(nil),
			`index group: 0xF081 Summenschreiben
index offset: 0x2
read length: Oktette
write length: Oktette
item: 1
  index group: 0x4020 SPS-Merker %M
  index offset: 0x1
  length: Oktette
item: 2
  index group: 0xF006 Handle freigeben
  index offset: 0x0
  length: Oktette
item data: 1
  data: 0102
item data: 2
  handle: 0x7
`,
		},
		{
			"sum of ended notifications",
			command.Body{Command: ams.ReadWrite},
			command.ReadWriteRequest{Index: command.Index{Group: command.GroupSumDeleteNotes, Offset: 2}, ReadLength: 8, Data: deleteOctets}.Append(nil),
			`index group: 0xF086 Summe beendeter Notifications
index offset: 0x2
read length: Oktette
write length: Oktette
item: 1 MAIN.x7
  notification handle: 0x1
item: 2
  notification handle: 0xfffffffe
`,
		},
		{
			"notifications",
			command.Body{Command: ams.DeviceNotification},
			append(append([]byte{}, stream[:40]...), 1),
			`length: Oktette
stamps: 2
stamp
  time stamp: 2026-03-02T12:00:00.0000000Z
  samples: 2
  sample: MAIN.x7
    notification handle: 0x1
    size: Oktette
    data: 01020304
  sample
    notification handle: 0x2
    size: Oktette
stamp
  stamp: abgeschnitten
`,
		},
		{"a failure alone", command.Body{Command: ams.Read, Response: true}, []byte{2, 7, 0, 0}, "result: ADSERR_DEVICE_INVALIDGRP: " + ams.InvalidGroup.Meaning().DE + "\n"},
		{"a time stamp behind", command.Body{Command: ams.Write, Response: true}, make([]byte, 12), "result: 0\noctets: 0000000000000000\n"},
		{"device info", command.Body{Command: ams.ReadDeviceInfo, Response: true}, bodies[0].octets, "result: 0\nmajor version: 3\nminor version: 1\nbuild: 4024\nname: Plc30 App\n"},
		{"write control", command.Body{Command: ams.WriteControl}, bodies[6].octets, "ADS state: Reconfig: geht in den Config-Modus\ndevice state: 1\nlength: Oktette\ndata: ff\n"},
		{"end of a notification", command.Body{Command: ams.DeleteDeviceNotification}, []byte{1, 0, 0, 0}, "notification: MAIN.x7\n  notification handle: 0x1\n"},
		{"not defined", command.Body{Command: 10}, []byte{1, 2}, "octets: 0102\n"},
		{"cut short", command.Body{Command: ams.Read}, []byte{1, 2}, "read request: abgeschnitten\n"},
	} {
		test.body.Symbol, test.body.Sample = symbol, sample
		w := wire.NewWalker(test.octets)
		test.body.Walk(w)
		if diff := cmp.Diff(test.want, outline(w.Nodes())); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		checkWalk(t, &test.body, test.octets)
	}
}
