package ads_test

import (
	"encoding/binary"
	"net"
	"testing"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// fileTable is what a project file has of a program.
func fileTable(t *testing.T, members ...symbol.Member) *symbol.Table {
	t.Helper()
	d := symbol.NewDeclaration(symbol.TwinCAT3)
	d.Structure("ST_Axis", members...)
	d.Symbol("MAIN.stAxis", "ST_Axis")
	table, err := d.Table()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// A client that has the types from a file reads no table, and does not believe a
// type that does not fit.
func TestSymbolsOfAFile(t *testing.T) {
	members := []symbol.Member{symbol.Var("nState", "INT"), symbol.Var("fPosition", "LREAL")}
	device, err := ads.NewDevice(fileTable(t, members...), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := device.Set("MAIN.stAxis.fPosition", 2.5); err != nil {
		t.Fatal(err)
	}
	server, err := ads.NewServer(nil)
	if err != nil {
		t.Fatal(err)
	}
	server.Handle(ams.PortTC3PLC1, device)
	t.Cleanup(func() { _ = server.Close() })
	for name, test := range map[string]struct {
		table *symbol.Table
		right bool
	}{
		"the same program": {fileTable(t, members...), true},
		"another program":  {fileTable(t, append(members, symbol.Var("nMore", "LINT"))...), false},
	} {
		here, there := net.Pipe()
		if _, err := server.ServeConn(there); err != nil {
			t.Fatal(err)
		}
		uploads := 0
		client, err := ads.NewClient(here, &ads.ClientOptions{
			Target: ams.Address{NetID: ams.LocalNetID, Port: ams.PortTC3PLC1}, Source: ams.Address{NetID: ams.NetID{1, 1, 1, 1, 1, 1}, Port: 40000},
			Symbols: test.table,
			Trace: func(f ads.ClientFrame) {
				at := ams.TCPHeaderLength + ams.HeaderLength
				if f.Sent && len(f.Octets) >= at+4 {
					switch command.IndexGroup(binary.LittleEndian.Uint32(f.Octets[at:])) {
					case command.GroupUpload, command.GroupTypeUpload:
						uploads++
					}
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		var axis struct {
			State    int16   `ads:"nState"`
			Position float64 `ads:"fPosition"`
		}
		err = client.ReadValueInto(t.Context(), "MAIN.stAxis", &axis)
		if test.right && (err != nil || axis.Position != 2.5) || !test.right && err == nil {
			t.Errorf("%s: %+v, %v", name, axis, err)
		}
		if uploads > 0 {
			t.Errorf("%s: %d uploads", name, uploads)
		}
		_ = client.Close()
	}
}
