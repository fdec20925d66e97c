package asdu_test

import (
	"testing"

	"stellwerk/iec104/asdu"
)

func TestParams(t *testing.T) {
	for _, row := range []struct {
		params    *asdu.Params
		header    int
		broadcast asdu.CommonAddress
		highest   asdu.ObjectAddress
	}{
		{nil, 6, 0xffff, 0xffffff},
		{&asdu.Params{}, 6, 0xffff, 0xffffff},
		{&asdu.Params{CauseOctets: 2, CommonAddressOctets: 2, ObjectAddressOctets: 3}, 6, 0xffff, 0xffffff},
		{&asdu.Params{CauseOctets: 1}, 5, 0xffff, 0xffffff},
		{&asdu.Params{CommonAddressOctets: 1}, 5, 0xff, 0xffffff},
		{&asdu.Params{ObjectAddressOctets: 2}, 6, 0xffff, 0xffff},
		{&asdu.Params{CauseOctets: 1, CommonAddressOctets: 1, ObjectAddressOctets: 1}, 4, 0xff, 0xff},
	} {
		p := row.params
		if err := p.Check(); err != nil || p.HeaderOctets() != row.header || p.Broadcast() != row.broadcast || p.MaxObjectAddress() != row.highest {
			t.Errorf("%+v: %v, header %d, broadcast %d, highest %d", p, err, p.HeaderOctets(), p.Broadcast(), p.MaxObjectAddress())
		}
	}
}

func TestParamsCheck(t *testing.T) {
	for _, row := range []struct {
		params asdu.Params
		want   string
	}{
		{asdu.Params{CauseOctets: 3}, "cause of transmission of 3 octets: must be 1 or 2"},
		{asdu.Params{CauseOctets: -1}, "cause of transmission of -1 octets: must be 1 or 2"},
		{asdu.Params{CommonAddressOctets: 3}, "common address of 3 octets: must be 1 or 2"},
		{asdu.Params{ObjectAddressOctets: 4}, "information object address of 4 octets: must be 1, 2 or 3"},
	} {
		if err := row.params.Check(); err == nil || err.Error() != row.want {
			t.Errorf("error %v, want %s", err, row.want)
		}
	}
}
