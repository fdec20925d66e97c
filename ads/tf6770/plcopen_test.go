package tf6770

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// inOrder are the elements that an element may have, in their order, by the
// schema TC6 2.01. Those that are not here may have any.
var inOrder = map[string]string{
	"project":        "fileHeader contentHeader types instances addData documentation",
	"contentHeader":  "Comment coordinateInfo addData documentation",
	"coordinateInfo": "pageSize fbd ld sfc",
	"types":          "dataTypes pous",
	"dataTypes":      "dataType",
	"dataType":       "baseType initialValue addData documentation",
	"pous":           "pou",
	"pou":            "interface actions transitions body addData documentation",
	"variable":       "type initialValue addData documentation",
	"array":          "dimension baseType",
	"enum":           "values baseType",
	"values":         "value",
	"struct":         "variable addData documentation",
	"inputVars":      "variable addData documentation",
	"outputVars":     "variable addData documentation",
	"localVars":      "variable addData documentation",
	"inOutVars":      "variable addData documentation",
	"instances":      "configurations addData documentation",
	"addData":        "data",
	"body":           "ST addData documentation",
	"ST":             "xhtml",
	"Method":         "interface body addData documentation",
}

var whole = regexp.MustCompile(`^-?\d+$`)

// The elements of PLCopen XML stand in the order of the schema, and bounds are
// numbers.
func TestOrderOfElements(t *testing.T) {
	decoder := xml.NewDecoder(strings.NewReader(string(PLCopenXML().Content)))
	type open struct {
		name string
		last int
	}
	stack := []open{{name: "document"}}
	variables := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			parent, name := &stack[len(stack)-1], token.Name.Local
			order := strings.Fields(inOrder[parent.name])
			if parent.name == "interface" { // the sections in any order
				order = []string{"returnType", "Vars", "addData", "documentation"}
				if strings.HasSuffix(name, "Vars") {
					name = "Vars"
				}
			}
			if at := slices.Index(order, name); len(order) > 0 && at < parent.last {
				t.Errorf("%s in %s", name, parent.name)
			} else {
				parent.last = at
			}
			for _, a := range token.Attr {
				if n := a.Name.Local; (n == "lower" || n == "upper" || n == "length") && (!whole.MatchString(a.Value) || n != "lower" && a.Value < "1") {
					t.Errorf("%s %s=%q", token.Name.Local, n, a.Value)
				}
			}
			if token.Name.Local == "variable" {
				variables++
			}
			stack = append(stack, open{name: token.Name.Local})
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		}
	}
	// each declared variable is there
	declared := 0
	for _, o := range objects() {
		for _, part := range append([]object{o}, o.methods...) {
			if o.kind() != "TYPE" || strings.Contains(o.declaration, "STRUCT") {
				for line := range strings.Lines(part.declaration) {
					if line = strings.TrimSpace(line); !strings.HasPrefix(line, "//") && strings.HasSuffix(line, ";") {
						declared++
					}
				}
			}
		}
	}
	if declared != variables {
		t.Errorf("%d variables, %d are declared", variables, declared)
	}
}

func TestConstant(t *testing.T) {
	for sum, want := range map[string]int64{
		"64": 64, "ParameterList.cSizeOfWebSocketSendBuffer - 1": 0xFFFF, "ParameterList.cSizeOfWebSocketUri + 7 * ParameterList.cSizeOfSocketTlsText + 255": 256 + 7*256 + 255,
	} {
		if got := constant(sum); got != want {
			t.Errorf("%s: %d, want %d", sum, got, want)
		}
	}
}
