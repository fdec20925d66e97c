package tf6770_test

import (
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/tlsconf"
	"stellwerk/websocket/tf6770"
)

const documentation = "../../docs/tf6770.md"

// The page says of each status what the code says, and which test shows it.
// STELLWERK_UPDATE=1 writes that.
func TestDocumentationHasEveryStatus(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the tests bring all statuses about on Linux only")
	}
	how := map[tf6770.Status]string{}
	for _, p := range provocations {
		how[p.status] = p.how
	}
	var table strings.Builder
	table.WriteString("\n| value | name | what causes it | brought about by | hrErrorCode |\n|---|---|---|---|---|\n")
	for s := range tf6770.Statuses() {
		shown := how[s]
		if reason := s.Absent(); !reason.IsZero() {
			shown = "does not come about here: " + reason.EN
		}
		fmt.Fprintf(&table, "| %d | %v | %s | %s | %v |\n", s, s, s.Cause().EN, shown, s.HRESULT())
	}
	page, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	begin := strings.Index(string(page), "<!-- statuses:")
	end := strings.Index(string(page), "<!-- end of statuses -->")
	if begin < 0 || end < begin {
		t.Fatal("the page has no place for the table of statuses")
	}
	begin += strings.Index(string(page[begin:]), "-->") + len("-->")
	if os.Getenv("STELLWERK_UPDATE") != "" {
		written := string(page[:begin]) + "\n" + table.String() + "\n" + string(page[end:])
		if err := os.WriteFile(documentation, []byte(written), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.TrimSpace(table.String()), strings.TrimSpace(string(page[begin:end]))); diff != "" {
		t.Errorf("%s does not say what the code does; STELLWERK_UPDATE=1 writes it anew:\n%s", documentation, diff)
	}
}

// The page has every input and every output, and the settings of TLS.
func TestDocumentationHasEveryField(t *testing.T) {
	page, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	for _, structure := range []any{tf6770.Inputs{}, tf6770.Outputs{}, tlsconf.Settings{}} {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(structure)) {
			if !strings.Contains(string(page), "| `"+field.Name+"` |") {
				t.Errorf("%s lacks %s", documentation, field.Name)
			}
		}
	}
	client := reflect.TypeFor[*tf6770.Client]()
	for method := range client.Methods() {
		if !strings.Contains(string(page), "| `"+method.Name+"(") {
			t.Errorf("%s lacks %s", documentation, method.Name)
		}
	}
}
