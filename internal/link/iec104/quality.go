package iec104

import (
	"stellwerk/iec104/asdu"
	"stellwerk/internal/point"
)

// qualities pairs the flags of both vocabularies.
var qualities = [...]struct {
	asdu  asdu.Quality
	point point.Quality
}{
	{asdu.Overflow, point.Overflow},
	{asdu.Blocked, point.Blocked},
	{asdu.Substituted, point.Substituted},
	{asdu.NotTopical, point.NotTopical},
	{asdu.Invalid, point.Invalid},
}

func pointQuality(q asdu.Quality) (quality point.Quality) {
	if q == 0 {
		return point.Good
	}
	for _, pair := range qualities {
		if q&pair.asdu != 0 {
			quality |= pair.point
		}
	}
	return quality
}

func asduQuality(q point.Quality) (quality asdu.Quality) {
	if q == point.Good {
		return 0
	}
	for _, pair := range qualities {
		if q&pair.point != 0 {
			quality |= pair.asdu
		}
	}
	return quality
}
