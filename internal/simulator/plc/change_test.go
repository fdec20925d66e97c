package plc

import (
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/ads"
	"stellwerk/ads/ams"
)

const firstProgram = `
declarations: |
  PROGRAM MAIN
  VAR nKept : INT; nGone : INT; nCount : UDINT; END_VAR
values:
  - {path: MAIN.nKept, value: 1}
  - {path: MAIN.nGone, value: 2}
  - {path: MAIN.nCount, moves: {shape: count, period: 1s}}
`

const secondProgram = `
declarations: |
  FUNCTION_BLOCK FB_New
  METHOD Do : INT
  END_FUNCTION_BLOCK
  PROGRAM MAIN
  VAR aNew : ARRAY [1..9] OF LREAL; fbNew : FB_New; nCount : UDINT; nKept : INT; nTimes : UDINT; END_VAR
values:
  - {path: MAIN.nKept, value: 100}
  - {path: "MAIN.aNew[3]", value: 3.5}
  - {path: MAIN.nCount, moves: {shape: count, period: 1s}}
  - {path: MAIN.nTimes, moves: {shape: count, period: 2s}}
`

func program(t *testing.T, text string) *Model {
	t.Helper()
	m, err := parse("program", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestOnlineChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := program(t, firstProgram)
		p, err := New(m, Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.Move(t.Context())
		}()
		c := connect(t, p, m.Address)
		expect := func(path string, want any) {
			t.Helper()
			if got, err := c.ReadValue(t.Context(), path); err != nil || got != want {
				t.Errorf("%s is %v, %v; want %v", path, got, err, want)
			}
		}
		if err := c.WriteValue(t.Context(), "MAIN.nKept", 7); err != nil {
			t.Fatal(err)
		}
		expect("MAIN.nGone", int16(2))
		time.Sleep(4*time.Second + time.Millisecond)
		expect("MAIN.nCount", uint32(4))

		if err := p.OnlineChange(program(t, secondProgram)); err != nil {
			t.Fatal(err)
		}
		expect("MAIN.nKept", int16(7))
		expect("MAIN.nCount", uint32(4))
		expect("MAIN.aNew[3]", 3.5)
		if _, err := c.ReadValue(t.Context(), "MAIN.nGone"); ads.Code(err) != ams.SymbolNotFound {
			t.Errorf("what is gone: %v", err)
		}
		if version, err := c.SymbolVersion(t.Context()); err != nil || version != 2 {
			t.Errorf("version %d, %v", version, err)
		}
		if got, err := c.Call(t.Context(), "MAIN.fbNew", "Do"); err != nil || got.Return != int16(0) {
			t.Errorf("a new method: %+v, %v", got, err)
		}
		time.Sleep(2 * time.Second)
		expect("MAIN.nCount", uint32(6))
		expect("MAIN.nTimes", uint32(3))
		p.Device.Restart()
		expect("MAIN.nKept", int16(100)) // the initial value of the program that there is

		if err := p.OnlineChange(program(t, "twincat: 2\nsymbols: [{name: .N, type: INT}]")); err == nil {
			t.Error("an online change to TwinCAT 2")
		}
		expect("MAIN.nKept", int16(100))
	})
}
