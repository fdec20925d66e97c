package asdu

// The frequent families code many objects at once, without a call for each, in
// the layout that nearly all telegrams have: object addresses of three octets,
// SQ = 0. Their functions do as many objects as they can, from the first one
// on, and leave the rest, what the wire cannot carry included, to the methods
// that know every layout, encode and decode. They write and read whole words, as
// far as an object with CP56Time2a reaches: without time, beyond the object.

// highestAddress is the highest object address of three octets.
const highestAddress = 1<<24 - 1

// encodeBulk writes objects one after the other into dst, which has the length
// of all of them, and returns how many. What it has written behind them has no
// meaning. (The switch, other than a call through a variable, keeps the slice
// of the caller on the stack.)
func encodeBulk[T any](dst []byte, objects []T, kind TimeKind) int {
	switch objects := any(objects).(type) {
	case []SinglePoint:
		return encodeSinglePoints(dst, objects, kind)
	case []DoublePoint:
		return encodeDoublePoints(dst, objects, kind)
	case []NormalizedValue:
		return encodeNormalizedValues(dst, objects, kind)
	case []ScaledValue:
		return encodeScaledValues(dst, objects, kind)
	case []ShortFloat:
		return encodeShortFloats(dst, objects, kind)
	default:
		return 0
	}
}

// decodeBulk reads objects from a body into dst, and returns how many.
func decodeBulk[T any](dst []T, body []byte, kind TimeKind) int {
	switch dst := any(dst).(type) {
	case []SinglePoint:
		return decodeSinglePoints(dst, body, kind)
	case []DoublePoint:
		return decodeDoublePoints(dst, body, kind)
	case []NormalizedValue:
		return decodeNormalizedValues(dst, body, kind)
	case []ScaledValue:
		return decodeScaledValues(dst, body, kind)
	case []ShortFloat:
		return decodeShortFloats(dst, body, kind)
	default:
		return 0
	}
}

// timeMasks are the octets of the times of each kind.
var timeMasks = [4]uint64{TimeCP24: 1<<24 - 1, TimeCP56: 1<<56 - 1}

// timeOf returns the time of the given kind in the octets of a word, the least
// significant first.
func timeOf(word uint64, kind TimeKind) Time {
	return Time(word&timeMasks[kind&3] | uint64(kind)<<timeKind)
}
