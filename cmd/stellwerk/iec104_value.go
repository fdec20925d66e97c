package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"stellwerk/iec104/asdu"
	dissect104 "stellwerk/internal/analyzer/dissect/iec104"
)

// showObject returns an object as it is printed, without its place.
func showObject(object asdu.Object) shownObject {
	o := shownObject{address: object.IOA()}
	o.value, o.quality, o.time = dissect104.ObjectText(object, "en", nil)
	return o
}

// commandObject reads the value of a command of a type without time tag.
func commandObject(t asdu.TypeID, at asdu.ObjectAddress, text string, qualifier uint8, selects bool, tag asdu.Time) (asdu.Object, error) {
	switch t {
	case asdu.C_SC_NA_1:
		on, err := onOff(text)
		return asdu.SingleCommand{Address: at, Value: on, Qualifier: asdu.PulseQualifier(qualifier), Select: selects, Time: tag}, err
	case asdu.C_DC_NA_1:
		on, err := onOff(text)
		state := asdu.CommandOff
		if on {
			state = asdu.CommandOn
		}
		return asdu.DoubleCommand{Address: at, Value: state, Qualifier: asdu.PulseQualifier(qualifier), Select: selects, Time: tag}, err
	case asdu.C_RC_NA_1:
		state := asdu.NextLower
		switch strings.ToLower(text) {
		case "higher", "up", "+1":
			state = asdu.NextHigher
		case "lower", "down", "-1":
		default:
			return nil, fmt.Errorf("the value %q must be higher or lower", text)
		}
		return asdu.StepCommand{Address: at, Value: state, Qualifier: asdu.PulseQualifier(qualifier), Select: selects, Time: tag}, nil
	case asdu.C_SE_NA_1:
		value, err := normalized(text)
		return asdu.NormalizedSetpoint{Address: at, Value: value, Qualifier: asdu.SetpointQualifier(qualifier), Select: selects, Time: tag}, err
	case asdu.C_SE_NB_1:
		value, err := scaled(text)
		return asdu.ScaledSetpoint{Address: at, Value: value, Qualifier: asdu.SetpointQualifier(qualifier), Select: selects, Time: tag}, err
	case asdu.C_SE_NC_1:
		value, err := shortFloat(text)
		return asdu.FloatSetpoint{Address: at, Value: value, Qualifier: asdu.SetpointQualifier(qualifier), Select: selects, Time: tag}, err
	default:
		value, err := strconv.ParseUint(text, 0, 32)
		if err != nil {
			return nil, fmt.Errorf("the value %q must be a whole number from 0 to %d, such as 0xff00", text, uint32(math.MaxUint32))
		}
		return asdu.BitStringCommand{Address: at, Value: uint32(value), Time: tag}, nil
	}
}

// commandType returns the type that a command is sent with.
func commandType(object asdu.Object) asdu.TypeID {
	var plain asdu.TypeID
	switch object.(type) {
	case asdu.SingleCommand:
		plain = asdu.C_SC_NA_1
	case asdu.DoubleCommand:
		plain = asdu.C_DC_NA_1
	case asdu.StepCommand:
		plain = asdu.C_RC_NA_1
	case asdu.NormalizedSetpoint:
		plain = asdu.C_SE_NA_1
	case asdu.ScaledSetpoint:
		plain = asdu.C_SE_NB_1
	case asdu.FloatSetpoint:
		plain = asdu.C_SE_NC_1
	default:
		plain = asdu.C_BO_NA_1
	}
	if object.Timestamp().IsZero() {
		return plain
	}
	return plain + asdu.C_SC_TA_1 - asdu.C_SC_NA_1
}

func onOff(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "on", "true", "1", "ein":
		return true, nil
	case "off", "false", "0", "aus":
		return false, nil
	default:
		return false, fmt.Errorf("the value %q must be on or off", text)
	}
}

func normalized(text string) (asdu.Normalized, error) {
	number, err := strconv.ParseFloat(text, 64)
	value, ok := asdu.NormalizedOf(number)
	if err != nil || !ok {
		return 0, fmt.Errorf("the value %q must be a number from -1 to 0.99997", text)
	}
	return value, nil
}

func scaled(text string) (int16, error) {
	value, err := strconv.ParseInt(text, 0, 16)
	if err != nil {
		return 0, fmt.Errorf("the value %q must be a whole number from -32768 to 32767", text)
	}
	return int16(value), nil
}

func shortFloat(text string) (float32, error) {
	value, err := strconv.ParseFloat(text, 32)
	if err != nil {
		return 0, fmt.Errorf("the value %q must be a number, with a point as decimal mark", text)
	}
	return float32(value), nil
}
