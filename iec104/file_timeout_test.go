package iec104_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
)

// TestFileTimeout has a control centre that selects a file, or offers one, and
// says no more: the station breaks off after its time, and the file is free.
func TestFileTimeout(t *testing.T) {
	const names = "307500 0100"
	for _, c := range []struct {
		name                    string
		option, want            time.Duration
		request, answer, broken string
	}{
		{"read, zero", 0, 30 * time.Second, "7a 01 0d 00 0100 " + names + " 00 01", "78 01 0d 00 0100 " + names + " 0a0000 00", "7b010d0001003075000100000200"},
		{"read, shorter", 5 * time.Second, 5 * time.Second, "7a 01 0d 00 0100 " + names + " 00 01", "78 01 0d 00 0100 " + names + " 0a0000 00", "7b010d0001003075000100000200"},
		{"read, longer", 5 * time.Minute, 5 * time.Minute, "7a 01 0d 00 0100 " + names + " 00 01", "78 01 0d 00 0100 " + names + " 0a0000 00", "7b010d0001003075000100000200"},
		{"write, shorter", 5 * time.Second, 5 * time.Second, "78 01 0d 00 0100 " + names + " 010000 00", "7a 01 0d 00 0100 " + names + " 00 02", "7a010d000100307500010000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := newServer(t, archive{&plant{}, memory(t, octets(10))}, &iec104.ServerOptions{FileTimeout: c.option})
				r, _ := rawClient(t, server)
				r.request(c.request)
				r.want(c.answer)
				r.write(apci.AppendS(nil, r.receive))
				begin, got := time.Now(), ""
				for !strings.HasPrefix(got, c.broken[:2]) && time.Since(begin) < 10*time.Minute {
					if got = r.next(); got == "TESTFR act" {
						r.write(apci.AppendU(nil, apci.TestFRCon))
					}
				}
				if after := time.Since(begin).Round(time.Second); !strings.HasPrefix(got, c.broken) || after != c.want {
					t.Errorf("%s after %v, want %s after %v", got, after, c.broken, c.want)
				}
				r.write(apci.AppendS(nil, r.receive))
				other, _ := rawClient(t, server)
				other.request("7a 01 0d 00 0100 " + names + " 00 01")
				other.want("78 01 0d 00 0100 " + names + " 0a0000 00")
			})
		})
	}
}

// TestFileTimeoutNegative: a time that has no meaning is refused.
func TestFileTimeoutNegative(t *testing.T) {
	_, err := iec104.NewServer(&plant{}, &iec104.ServerOptions{FileTimeout: -time.Second})
	if err == nil || !strings.Contains(err.Error(), "FileTimeout") {
		t.Errorf("%v, want an error that names FileTimeout", err)
	}
}
