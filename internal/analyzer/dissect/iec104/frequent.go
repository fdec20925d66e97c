package iec104

import (
	"strconv"
	"time"

	"stellwerk/iec104/asdu"
)

// appendObjects appends the objects of an ASDU. Those of the types that most
// telegrams have are not allocated.
func (t *Telegram) appendObjects(dst []byte) []byte {
	if t.Err == nil {
		zone := t.options.Zone
		switch t.ASDU.Type {
		case asdu.M_SP_NA_1, asdu.M_SP_TB_1:
			return appendAll(dst, t.ASDU, zone, appendSinglePoint)
		case asdu.M_DP_NA_1, asdu.M_DP_TB_1:
			return appendAll(dst, t.ASDU, zone, appendDoublePoint)
		case asdu.M_ME_NA_1, asdu.M_ME_TD_1:
			return appendAll(dst, t.ASDU, zone, appendNormalizedValue)
		case asdu.M_ME_NB_1, asdu.M_ME_TE_1:
			return appendAll(dst, t.ASDU, zone, appendScaledValue)
		case asdu.M_ME_NC_1, asdu.M_ME_TF_1:
			return appendAll(dst, t.ASDU, zone, appendShortFloat)
		default: // the rare ones go the general way
		}
	}
	first := true
	for object := range t.ASDU.Objects() {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendObject(dst, object, t.options.Zone)
	}
	return dst
}

// appendAll appends the objects of an ASDU that holds those of one family.
func appendAll[T asdu.Information[T]](dst []byte, a asdu.ASDU, zone *time.Location, value func([]byte, T) []byte) []byte {
	first := true
	for object, err := range asdu.All[T](a) {
		if err != nil {
			return dst // T was chosen by the type identification: the lists of both differ
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, `{"address":`...)
		dst = appendUint(dst, uint64(object.IOA()))
		dst = append(dst, `,"value":`...)
		dst = value(dst, object)
		if t := object.Timestamp(); !t.IsZero() {
			dst = append(dst, `,"time":`...)
			dst = appendTime(dst, t, zone)
		}
		dst = append(dst, '}')
	}
	return dst
}

func appendSinglePoint(dst []byte, o asdu.SinglePoint) []byte {
	return appendQuality(strconv.AppendBool(dst, o.Value), o.Quality)
}

func appendDoublePoint(dst []byte, o asdu.DoublePoint) []byte {
	return appendQuality(appendName(dst, o.Value.String()), o.Quality)
}

func appendNormalizedValue(dst []byte, o asdu.NormalizedValue) []byte {
	return appendQuality(appendFloat64(dst, o.Value.Float64()), o.Quality)
}

func appendScaledValue(dst []byte, o asdu.ScaledValue) []byte {
	return appendQuality(strconv.AppendInt(dst, int64(o.Value), 10), o.Quality)
}

func appendShortFloat(dst []byte, o asdu.ShortFloat) []byte {
	return appendQuality(appendFloat32(dst, o.Value), o.Quality)
}
