package symbol

import "strconv"

// appendIndex appends the index of an element as it is written: "[2,1]".
func (t *Type) appendIndex(dst []byte, element int) []byte {
	return appendIndex(dst, t.Dimensions, element)
}

func appendIndex(dst []byte, dims []Dimension, element int) []byte {
	dst = append(dst, '[')
	rest := uint64(element)
	for i, dim := range dims {
		if i > 0 {
			dst = append(dst, ',')
		}
		below, _ := elements(dims[i+1:])
		dst = strconv.AppendInt(dst, int64(dim.Lower)+int64(rest/below), 10)
		rest %= below
	}
	return append(dst, ']')
}
