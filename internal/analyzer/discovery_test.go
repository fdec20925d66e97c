package analyzer_test

import (
	"strings"
	"testing"

	"stellwerk/internal/analyzer"
)

// TestDiscoveryPaired: answers of discovery name their request, also where that
// was sent to all, so that the two ends are others.
func TestDiscoveryPaired(t *testing.T) {
	paired := 0
	for _, line := range lines(t, analyzer.Report{}, capture("ads.pcapng")) {
		switch {
		case !strings.Contains(line, `"discovery":`):
		case strings.Contains(line, `"dst":"192.0.2.255:48899"`):
			if strings.Contains(line, "request_frame") {
				t.Errorf("a request: %s", line)
			}
		case strings.Contains(line, `"discovery":"server info"`) && strings.Contains(line, `"response":true`):
			if !strings.Contains(line, `"request_frame":1,"latency":0.0`) {
				t.Errorf("an answer without its request: %s", line)
			}
			paired++
		}
	}
	if paired == 0 {
		t.Error("no answer to what was sent to all")
	}
}
