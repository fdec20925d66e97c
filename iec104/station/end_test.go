package station

import (
	"context"
	"slices"
	"testing"

	"stellwerk/iec104/asdu"
)

// TestEndAfterReset: an operation that a reset breaks off in the moment when it
// arrives is over once, and does not end the one that has begun since.
func TestEndAfterReset(t *testing.T) {
	var done []error
	s, err := New(&Options{Done: func(_ *Operation, err error) { done = append(done, err) }}, Sector{
		Controls: []Control{{Address: 2, Type: asdu.C_SC_NA_1, Running: 1 << 40}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	on := asdu.SingleCommand{Address: 2, Value: true}
	if err := s.Operate(1, on); err != nil {
		t.Fatal(err)
	}
	c := s.sectors[1].controls[2]
	first := c.running
	if err := s.Reset(1, asdu.LocalManualReset); err != nil {
		t.Fatal(err)
	}
	if err := s.Operate(1, on); err != nil {
		t.Fatal(err)
	}
	second := c.running
	s.end(c, first, nil) // what its timer was about to do
	if c.running != second {
		t.Error("the end of the first operation has ended the second")
	}
	if !slices.Equal(done, []error{context.Canceled}) {
		t.Errorf("done: %v, want [%v]", done, context.Canceled)
	}
}
