package asdu_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stellwerk/iec104/asdu"
	"stellwerk/wire"
)

func TestViolations(t *testing.T) {
	short := &asdu.Params{CauseOctets: 1, CommonAddressOctets: 1, ObjectAddressOctets: 2}
	private := declared(t)
	for _, row := range []struct {
		name   string
		params *asdu.Params
		octets []byte
		want   []asdu.Violation
	}{
		{name: "nothing", octets: singlePoints[0].octets},
		{name: "private cause", octets: []byte{1, 1, 0x40 | 48, 0, 1, 0, 1, 0, 0, 0}},
		{name: "private type", octets: []byte{200, 1, 3, 0, 0xff, 0xff, 1, 2}},
		{
			name: "type 0", octets: []byte{0, 1, 3, 0, 1, 0, 1, 0, 0, 0},
			want: []asdu.Violation{{"type-zero", 1, wire.Text{EN: "type identification 0 is not used", DE: "Typidentifikation 0 wird nicht verwendet"}, "7.2.1"}},
		},
		{
			name: "reserved type", octets: []byte{22, 1, 3, 0, 1, 0, 1, 0, 0, 0},
			want: []asdu.Violation{{"type-reserved", 1, wire.Text{EN: "type 22 is reserved by the standard", DE: "Typ 22 ist vom Standard reserviert"}, "7.2.1"}},
		},
		{
			name: "no object", octets: []byte{1, 0, 3, 0, 1, 0},
			want: []asdu.Violation{{"count-zero", 2, wire.Text{EN: "M_SP_NA_1 without an information object", DE: "M_SP_NA_1 ohne Informationsobjekt"}, "7.2.2"}},
		},
		{
			name: "sequence", octets: []byte{45, 0x81, 6, 0, 1, 0, 1, 0, 0, 0},
			want: []asdu.Violation{{"sequence-not-allowed", 2, wire.Text{EN: "C_SC_NA_1 must not be sent with SQ=1", DE: "C_SC_NA_1 darf nicht mit SQ=1 gesendet werden"}, "7.2.2"}},
		},
		{
			name: "two commands", octets: []byte{45, 2, 6, 0, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0},
			want: []asdu.Violation{{"count-not-allowed", 2, wire.Text{EN: "C_SC_NA_1 with 2 objects: it has exactly one", DE: "C_SC_NA_1 mit 2 Objekten: es hat genau eines"}, "7.2.2"}},
		},
		{
			name: "two packed events", octets: []byte{18, 2, 3, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0},
			want: []asdu.Violation{{"count-not-allowed", 2, wire.Text{EN: "M_EP_TB_1 with 2 objects: it has exactly one", DE: "M_EP_TB_1 mit 2 Objekten: es hat genau eines"}, "7.2.2"}},
		},
		{name: "two events", octets: []byte{17, 2, 3, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 0}},
		{
			name: "cause 0", octets: []byte{1, 1, 0, 0, 1, 0, 1, 0, 0, 0},
			want: []asdu.Violation{{"cause-reserved", 3, wire.Text{EN: "cause of transmission 0 is not used or reserved", DE: "Übertragungsursache 0 ist nicht verwendet oder reserviert"}, "7.2.3"}},
		},
		{
			name: "reserved cause", octets: []byte{1, 1, 14, 0, 1, 0, 1, 0, 0, 0},
			want: []asdu.Violation{{"cause-reserved", 3, wire.Text{EN: "cause of transmission 14 is not used or reserved", DE: "Übertragungsursache 14 ist nicht verwendet oder reserviert"}, "7.2.3"}},
		},
		{
			name: "cause of another type", octets: []byte{1, 1, 6, 0, 1, 0, 1, 0, 0, 0},
			want: []asdu.Violation{{"cause-not-allowed", 3, wire.Text{EN: "M_SP_NA_1 with cause 6 (activation)", DE: "M_SP_NA_1 mit Ursache 6 (Aktivierung)"}, "7.3"}},
		},
		{
			name: "polite refusal", octets: []byte{45, 1, 45, 0, 1, 0, 1, 0, 0, 0},
			want: []asdu.Violation{{"refusal-not-negative", 3, wire.Text{EN: "C_SC_NA_1 refused with cause 45, but with P/N=0", DE: "C_SC_NA_1 mit Ursache 45 abgelehnt, aber mit P/N=0"}, "7.2.3"}},
		},
		{
			name: "negative activation", octets: []byte{45, 1, 0x40 | 6, 0, 1, 0, 1, 0, 0, 0},
			want: []asdu.Violation{{"negative-not-allowed", 3, wire.Text{EN: "C_SC_NA_1 with P/N=1, which means nothing with cause 6", DE: "C_SC_NA_1 mit P/N=1, das bei Ursache 6 bedeutungslos ist"}, "7.2.3"}},
		},
		{name: "negative confirmation", octets: []byte{45, 1, 0x40 | 7, 0, 1, 0, 1, 0, 0, 0}},
		{name: "negative termination", octets: []byte{45, 1, 0x40 | 10, 0, 1, 0, 1, 0, 0, 0}},
		{
			name: "common address 0", octets: []byte{1, 1, 3, 0, 0, 0, 1, 0, 0, 0},
			want: []asdu.Violation{{"common-address-zero", 5, wire.Text{EN: "common address 0 is not used", DE: "gemeinsame Adresse 0 wird nicht verwendet"}, "7.2.4"}},
		},
		{
			name: "command to all", octets: []byte{45, 1, 6, 0, 0xff, 0xff, 1, 0, 0, 0},
			want: []asdu.Violation{{"broadcast-not-allowed", 5, wire.Text{EN: "C_SC_NA_1 to all stations (common address 65535)", DE: "C_SC_NA_1 an alle Stationen (gemeinsame Adresse 65535)"}, "7.2.4"}},
		},
		{
			name: "short command to all", params: short, octets: []byte{45, 1, 6, 0xff, 1, 0, 0},
			want: []asdu.Violation{{"broadcast-not-allowed", 4, wire.Text{EN: "C_SC_NA_1 to all stations (common address 255)", DE: "C_SC_NA_1 an alle Stationen (gemeinsame Adresse 255)"}, "7.2.4"}},
		},
		{
			name: "object address", octets: []byte{100, 1, 6, 0, 1, 0, 0, 0, 1, 20},
			want: []asdu.Violation{{"object-address-not-zero", 7, wire.Text{EN: "C_IC_NA_1 with information object address 65536: it must be 0", DE: "C_IC_NA_1 mit Informationsobjektadresse 65536: sie muss 0 sein"}, "7.2.5"}},
		},
		{
			name: "reserved bits of two points", params: short, octets: []byte{1, 2, 3, 1, 7, 0, 0x02, 8, 0, 0x0f},
			want: []asdu.Violation{
				{"reserved-bits", 7, wire.Text{EN: "reserved bits of object 7 are not 0", DE: "reservierte Bits von Objekt 7 sind nicht 0"}, "7.2.6"},
				{"reserved-bits", 10, wire.Text{EN: "reserved bits of object 8 are not 0", DE: "reservierte Bits von Objekt 8 sind nicht 0"}, "7.2.6"},
			},
		},
		{
			name: "reserved bits in a sequence", octets: []byte{9, 0x82, 3, 0, 1, 0, 7, 0, 0, 1, 2, 0, 3, 4, 0x0e},
			want: []asdu.Violation{{"reserved-bits", 15, wire.Text{EN: "reserved bits of object 8 are not 0", DE: "reservierte Bits von Objekt 8 sind nicht 0"}, "7.2.6"}},
		},
		{
			name: "reserved bits of a time", octets: []byte{103, 1, 6, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0x80},
			want: []asdu.Violation{{"reserved-bits", 16, wire.Text{EN: "reserved bits of object 0 are not 0", DE: "reservierte Bits von Objekt 0 sind nicht 0"}, "7.2.6"}},
		},
		{
			name: "double command", octets: []byte{46, 1, 6, 0, 1, 0, 7, 0, 0, 0x83},
			want: []asdu.Violation{{"value-not-permitted", 10, wire.Text{EN: "value of object 7 is not permitted", DE: "Wert von Objekt 7 ist nicht zulässig"}, "7.2.6"}},
		},
		{
			name: "step command", octets: []byte{47, 1, 6, 0, 1, 0, 7, 0, 0, 0x04},
			want: []asdu.Violation{{"value-not-permitted", 10, wire.Text{EN: "value of object 7 is not permitted", DE: "Wert von Objekt 7 ist nicht zulässig"}, "7.2.6"}},
		},
		{
			name: "test pattern", octets: []byte{104, 1, 6, 0, 1, 0, 0, 0, 0, 0x55, 0xaa},
			want: []asdu.Violation{{"value-not-permitted", 10, wire.Text{EN: "value of object 0 is not permitted", DE: "Wert von Objekt 0 ist nicht zulässig"}, "7.2.6"}},
		},
		{
			name: "minute 60", octets: []byte{2, 1, 3, 0, 1, 0, 7, 0, 0, 1, 0, 0, 60},
			want: []asdu.Violation{{"time-impossible", 13, wire.Text{EN: "time of object 7: minute 60, not within 0 to 59", DE: "Zeit von Objekt 7: Minute 60, nicht zwischen 0 und 59"}, "7.2.6.19"}},
		},
		{
			name: "29 February of a common year", octets: []byte{30, 1, 3, 0, 1, 0, 7, 0, 0, 1, 0, 0, 0, 0, 29, 2, 23},
			want: []asdu.Violation{{"time-impossible", 15, wire.Text{EN: "time of object 7: month 2 has no day 29", DE: "Zeit von Objekt 7: Monat 2 hat keinen Tag 29"}, "7.2.6.18"}},
		},
		{
			name: "both times of a query", octets: []byte{127, 1, 13, 0, 1, 0, 7, 0, 0, 1, 0, 0, 0, 0, 0, 1, 13, 9, 0xff, 0xff, 0, 0, 1, 1, 9},
			want: []asdu.Violation{
				{"time-impossible", 17, wire.Text{EN: "time of object 7: month 13, not within 1 to 12", DE: "Zeit von Objekt 7: Monat 13, nicht zwischen 1 und 12"}, "7.2.6.18"},
				{"time-impossible", 19, wire.Text{EN: "time of object 7: milliseconds 65535, not within 0 to 59999", DE: "Zeit von Objekt 7: Millisekunden 65535, nicht zwischen 0 und 59999"}, "7.2.6.18"},
			},
		},
		{
			name: "declared type", params: private, octets: []byte{151, 0x81, 14, 0, 0, 0, 7, 0, 0, 2},
			want: []asdu.Violation{
				{"cause-reserved", 3, wire.Text{EN: "cause of transmission 14 is not used or reserved", DE: "Übertragungsursache 14 ist nicht verwendet oder reserviert"}, "7.2.3"},
				{"common-address-zero", 5, wire.Text{EN: "common address 0 is not used", DE: "gemeinsame Adresse 0 wird nicht verwendet"}, "7.2.4"},
				{"reserved-bits", 10, wire.Text{EN: "reserved bits of object 7 are not 0", DE: "reservierte Bits von Objekt 7 sind nicht 0"}, "7.2.6"},
			},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			a, err := row.params.Decode(row.octets)
			if err != nil {
				t.Fatal(err)
			}
			if got := a.Violations(); !cmp.Equal(got, row.want) {
				t.Errorf("violations (-want +got):\n%s", cmp.Diff(row.want, got))
			}
		})
	}
}

// TestSequenceRule sends every type with SQ=1.
func TestSequenceRule(t *testing.T) {
	var p *asdu.Params
	for id := range asdu.Types() {
		a, err := p.Decode([]byte{byte(id), 0x80, 63, 0, 1, 0})
		if err != nil {
			t.Fatal(err)
		}
		reported := slices.ContainsFunc(a.Violations(), func(v asdu.Violation) bool { return v.Code == "sequence-not-allowed" })
		if want := len(orders(id)) == 1; reported != want {
			t.Errorf("%s with SQ=1 is reported: %t", id, reported)
		}
	}
}

// TestRulesOfHeaders sends one object of every type to all stations and to an
// object address.
func TestRulesOfHeaders(t *testing.T) {
	var p *asdu.Params
	for _, telegram := range telegrams() {
		id := telegram.header.Type
		octets := slices.Clone(telegram.octets)
		octets[4], octets[5], octets[6] = 0xff, 0xff, 0x55
		a, err := p.Decode(octets)
		if err != nil {
			continue // the sequence that ends at the highest address
		}
		codes := map[string]bool{}
		for _, v := range a.Violations() {
			codes[v.Code] = true
		}
		mayBroadcast := slices.Contains([]asdu.TypeID{100, 101, 103, 105}, id)
		addressless := slices.Contains([]asdu.TypeID{70, 100, 101, 103, 104, 105, 106, 107}, id)
		if codes["broadcast-not-allowed"] == mayBroadcast || codes["object-address-not-zero"] != addressless {
			t.Errorf("%s: broadcast reported %t, object address reported %t", id, codes["broadcast-not-allowed"], codes["object-address-not-zero"])
		}
	}
}
