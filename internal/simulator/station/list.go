package station

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
	"stellwerk/internal/config"
)

// columnsOfRoutes are those of a signal list that say where its points go to, which
// matters to nobody who simulates them.
var columnsOfRoutes = []string{
	"to", "target", "targets", "nach", "ziel", "ziele", "to_type", "target type", "zieltyp",
	"scale", "factor", "faktor", "skalierung", "offset", "versatz", "invert", "inverted", "invertiert", "invertieren",
	"deadband", "totband", "schwelle", "time", "zeit", "commands", "command", "befehl", "befehle", "test",
}

// listLink is what the link of a list without one is called.
const listLink = "station"

// ReadList reads a signal list, a file .csv or .xlsx, by itself, as one of a
// controlling link: its ids are COMMON ADDRESS/OBJECT ADDRESS, or with a link in
// front of it where link is not empty. The registry knows IEC 60870-5-104. Errors
// are those of [config.Registry.Parse].
func ReadList(registry *config.Registry, file, link string) (*config.Config, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, fmt.Errorf("there is no file %s", file)
	}
	absolute, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	name, in := link, ""
	if link == "" {
		name, in = listLink, ", link: "+listLink
	}
	text := fmt.Sprintf("links: {%q: {iec104: {role: controlling, connect: \"127.0.0.1:2404\"}}}\npoints: [{file: %q%s, ignore: [%s]}]\n",
		name, absolute, in, strings.Join(columnsOfRoutes, ", "))
	return registry.Parse(file, []byte(text), os.ReadFile)
}

// FromList makes sectors of the points of a signal list. What cannot be simulated
// is left out, and named in the notes. A command moves the point of its kind whose
// name its own begins with, the longest such name; one without stands alone.
func FromList(points []config.Point, params *asdu.Params) (sectors []station.Sector, notes []string, err error) {
	byAddress := map[asdu.CommonAddress]*station.Sector{}
	for _, p := range points {
		common, object, err := parsePlace(p.ID.Address, params)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", p.ID, err)
		}
		sector := byAddress[common]
		if sector == nil {
			sector = &station.Sector{Address: common}
			byAddress[common] = sector
		}
		t, ok := asdu.ParseTypeID(p.Type)
		switch {
		case p.Type == "":
			return nil, nil, fmt.Errorf("%s: %s has no type: write one in the column type, such as M_ME_TF_1", p.Position, p.ID)
		case !ok:
			return nil, nil, fmt.Errorf("%s: there is no type %q", p.Position, p.Type)
		case t.Control():
			sector.Controls = append(sector.Controls, station.Control{Address: object, Type: t, Name: p.Name})
		default:
			sector.Points = append(sector.Points, station.Point{Address: object, Type: t, Name: p.Name, Unit: p.Unit, Initial: initial(t)})
		}
	}
	for _, sector := range byAddress {
		notes = append(notes, connect(sector)...)
		sectors = append(sectors, *sector)
	}
	slices.SortFunc(sectors, func(a, b station.Sector) int { return cmp.Compare(a.Address, b.Address) })
	slices.Sort(notes)
	return sectors, notes, nil
}

// parsePlace reads COMMON ADDRESS/OBJECT ADDRESS, which the configuration has
// checked for the lengths of the standard.
func parsePlace(text string, params *asdu.Params) (asdu.CommonAddress, asdu.ObjectAddress, error) {
	commonText, objectText, _ := strings.Cut(text, "/")
	common, err := strconv.ParseUint(commonText, 10, 16)
	if err != nil || common == 0 || common >= uint64(params.Broadcast()) {
		return 0, 0, fmt.Errorf("common address %q is not a number from 1 to %d", commonText, params.Broadcast()-1)
	}
	object, err := strconv.ParseUint(objectText, 10, 24)
	if err != nil || object > uint64(params.MaxObjectAddress()) {
		return 0, 0, fmt.Errorf("object address %q is not a number from 0 to %d", objectText, params.MaxObjectAddress())
	}
	return asdu.CommonAddress(common), asdu.ObjectAddress(object), nil
}

// initial is what a point begins with.
func initial(t asdu.TypeID) any {
	switch t {
	case asdu.M_DP_NA_1, asdu.M_DP_TA_1, asdu.M_DP_TB_1:
		return asdu.Off
	default:
		return nil
	}
}

// connect gives controls their points. A step command without one is left out:
// there is nothing that it could move.
func connect(sector *station.Sector) (notes []string) {
	sector.Controls = slices.DeleteFunc(sector.Controls, func(c station.Control) bool {
		if follows(sector, &c) == 0 && (c.Type == asdu.C_RC_NA_1 || c.Type == asdu.C_RC_TA_1) {
			notes = append(notes, fmt.Sprintf("the step command %d/%d is left out: no step position has a name that %q begins with", sector.Address, c.Address, c.Name))
			return true
		}
		return false
	})
	for i := range sector.Controls {
		sector.Controls[i].Feedback = follows(sector, &sector.Controls[i])
	}
	return notes
}

// follows returns the point that a control moves, 0 where there is none.
func follows(sector *station.Sector, c *station.Control) asdu.ObjectAddress {
	var found asdu.ObjectAddress
	longest := 0
	for _, p := range sector.Points {
		if len(p.Name) > longest && strings.HasPrefix(c.Name, p.Name) && station.Moves(c.Type, p.Type) {
			found, longest = p.Address, len(p.Name)
		}
	}
	return found
}
