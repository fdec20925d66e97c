package ads

import (
	"testing"

	"stellwerk/internal/rig"
)

func TestMain(m *testing.M) { rig.Main(m) }
