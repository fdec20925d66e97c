package iec104

import (
	"fmt"

	"stellwerk/iec104/asdu"
)

// addressee is an error where a request of the type cannot go to a common
// address (IEC 60870-5-101, 7.2.4): 0 is none, and with that of all stations
// every station behind the connection would operate, or none would know who is
// meant. What private types do is for their users to know.
func addressee(t asdu.TypeID, station asdu.CommonAddress, params *asdu.Params) error {
	switch {
	case t.Private():
		return nil
	case station == 0:
		return fmt.Errorf("%w: common address 0 is not used: a station has 1 to %d", ErrASDU, params.Broadcast()-1)
	case station == params.Broadcast() && !t.Broadcasts():
		return fmt.Errorf("%w: common address %d is all stations: only C_IC_NA_1, C_CI_NA_1, C_CS_NA_1 and C_RP_NA_1 go to them; name one station", ErrASDU, station)
	default:
		return nil
	}
}
