package station_test

import (
	"bytes"
	"testing"
	"testing/synctest"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// TestFiles: a sector hands out its files, another one has none.
func TestFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ref := iec104.FileRef{Address: 30000, Name: 1}
		store := iec104.NewFileMemory(nil)
		if err := store.Put(ref, []byte("protocol of a fault"), asdu.CP56(epoch)); err != nil {
			t.Fatal(err)
		}
		l := connect(t, nil, station.Sector{Files: store}, station.Sector{Address: 2})
		var got bytes.Buffer
		if _, err := l.client.ReadFile(t.Context(), 1, ref, &got, nil); err != nil || got.String() != "protocol of a fault" {
			t.Errorf("read %q, %v", got.String(), err)
		}
		l.heard()
		call := asdu.FileCall{Address: 30000, File: 1}
		want(t, "a sector without files", request(l, t, asdu.F_SC_NA_1, asdu.File, 2, call), "F_SC_NA_1 unknown type negative of 2 30000=…")
	})
}

// TestSectors: a station tells what it was made of, in order.
func TestSectors(t *testing.T) {
	s, err := station.New(nil,
		station.Sector{Address: 9},
		station.Sector{
			Points:   []station.Point{{Address: 2, Type: asdu.M_SP_NA_1, Name: "b"}, {Address: 1, Type: asdu.M_SP_NA_1, Name: "a"}},
			Controls: []station.Control{{Address: 4, Type: asdu.C_SC_NA_1, Feedback: 1}},
		})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := s.Sectors()
	if len(got) != 2 || got[0].Address != 1 || got[1].Address != 9 || len(got[0].Points) != 2 || got[0].Points[0].Name != "a" || got[0].Controls[0].Feedback != 1 {
		t.Errorf("the sectors are %+v", got)
	}
	for _, sector := range got { // and can be made again
		again, err := station.New(nil, sector)
		if err != nil {
			t.Fatal(err)
		}
		_ = again.Close()
	}
}
