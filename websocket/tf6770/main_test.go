package tf6770_test

import (
	"testing"

	"stellwerk/internal/rig"
)

// TestMain fails when a goroutine is left behind.
func TestMain(m *testing.M) { rig.Main(m) }
