package symbol

import (
	"time"
)

// appendTime writes the value of a time or date as IEC 61131-3 does.
func (t *Type) appendTime(dst []byte, value any) []byte {
	prefix := timePrefixes[t.Kind][0]
	switch v := value.(type) {
	case time.Duration:
		return appendDuration(dst, prefix, v)
	case TimeOfDay:
		return appendTimeOfDay(append(append(dst, prefix...), '#'), time.Duration(v))
	case time.Time:
		dst = append(append(dst, prefix...), '#')
		if t.Kind == KindDate || t.Kind == KindLDate {
			return v.AppendFormat(dst, "2006-01-02")
		}
		return v.AppendFormat(dst, "2006-01-02-15:04:05.999999999")
	}
	return dst
}
