package discovery

import "unicode/utf8"

// decodeText reads text of a machine whose code page nobody tells: UTF-8 where
// it is that, else ISO 8859-1, whose letters are those of Windows-1252.
func decodeText(data []byte) string {
	if utf8.Valid(data) {
		return string(data)
	}
	dst := make([]byte, 0, 2*len(data))
	for _, octet := range data {
		dst = utf8.AppendRune(dst, rune(octet))
	}
	return string(dst)
}
