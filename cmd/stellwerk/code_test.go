package main

import (
	"errors"
	"fmt"
	"testing"
)

// Every code is found by its name and by its number, and says what it means in
// both languages.
func TestEveryCodeIsFound(t *testing.T) {
	all := allCodes()
	if len(all) < 59+139+4 {
		t.Fatalf("only %d codes", len(all))
	}
	for _, want := range all {
		if want.meaning.EN == "" || want.meaning.DE == "" || want.group.EN == "" || want.group.DE == "" {
			t.Errorf("%s: %+v", want.name, want)
		}
		forms := []string{want.name, fmt.Sprint(want.value)}
		if want.value >= 0 {
			forms = append(forms, fmt.Sprintf("0x%X", want.value), fmt.Sprintf("16#%x", want.value))
		}
		if want.kind == "ads-return-code" {
			forms = append(forms, fmt.Sprintf("0x9811%04X", want.value))
		}
		for _, form := range forms {
			found, err := lookUp(all, form)
			if err != nil {
				t.Errorf("%s: %v", form, err)
			}
			n := 0
			for _, c := range found {
				if c.kind == want.kind && c.name == want.name {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%s gives %s %d times", form, want.name, n)
			}
		}
	}
}

func FuzzLookUp(f *testing.F) {
	for _, seed := range []string{"0x745", "-1", "16#", "0x", "_", "WS_STATUS_", "98110745", "9223372036854775808"} {
		f.Add(seed)
	}
	all := allCodes()
	f.Fuzz(func(t *testing.T, arg string) {
		found, err := lookUp(all, arg)
		unknown, ok := errors.AsType[*unknownCode](err)
		if (err == nil) != (len(found) > 0) || ok != (err != nil) {
			t.Errorf("%q gives %d codes and %v", arg, len(found), err)
		}
		if ok && (unknown.text.EN == "" || unknown.text.DE == "") {
			t.Errorf("%q: %+v", arg, unknown.text)
		}
	})
}
