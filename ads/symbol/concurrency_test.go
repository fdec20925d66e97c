package symbol_test

import (
	"fmt"
	"sync"
	"testing"

	"stellwerk/ads/symbol"
)

// Types, tables and plans may be used by many at the same time, and all get the
// same types.
func TestConcurrentUse(t *testing.T) {
	table := mustTable(t, plant(symbol.TwinCAT3))
	upload, err := table.Upload(symbol.UTF8)
	if err != nil {
		t.Fatal(err)
	}
	read, err := symbol.ReadUpload(upload, nil)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	found := make([]*symbol.Type, 8)
	for i := range found {
		wg.Go(func() {
			for j := range 50 {
				v, err := read.Find(fmt.Sprintf("MAIN.aAxis[%d]", 1+(i+j)%4))
				if err != nil {
					t.Error(err)
					return
				}
				data := make([]byte, v.Size)
				var axis axisGo
				if err := v.Unmarshal(data, &axis); err != nil {
					t.Error(err)
				}
				if err := v.EncodeInto(data, &axis); err != nil {
					t.Error(err)
				}
				if _, err := read.Types().Resolve(fmt.Sprintf("STRING(%d)", j)); err != nil {
					t.Error(err)
				}
				found[i] = v.Type
			}
		})
	}
	wg.Wait()
	for _, typ := range found {
		if typ != found[0] {
			t.Error("two types of the same name")
		}
	}
}
