package render

import (
	"slices"
	"strconv"
)

// maxRanges bounds the ranges that a set of addresses is kept in.
const maxRanges = 24

// ranges is a set of addresses, kept as runs. Where there would be too many
// runs, the two that are nearest to each other become one.
type ranges struct {
	runs   []run
	loose  bool // runs have become one although addresses between them are missing
	lately int  // the run that was hit last
}

type run struct{ first, last uint32 }

// add adds an address.
func (r *ranges) add(address uint32) {
	if r.lately < len(r.runs) && r.runs[r.lately].first <= address && address <= r.runs[r.lately].last {
		return
	}
	at, _ := slices.BinarySearchFunc(r.runs, address, func(run run, address uint32) int {
		if run.last < address {
			return -1
		}
		return 1
	})
	// The run at the place begins or contains the address, or lies behind it.
	r.lately = at
	switch {
	case at < len(r.runs) && r.runs[at].first <= address:
		return
	case at > 0 && r.runs[at-1].last+1 == address:
		at--
		r.runs[at].last = address
	case at < len(r.runs) && r.runs[at].first == address+1:
		r.runs[at].first = address
	default:
		r.runs = slices.Insert(r.runs, at, run{address, address})
	}
	if at+1 < len(r.runs) && r.runs[at].last+1 == r.runs[at+1].first {
		r.join(at)
	}
	if len(r.runs) > maxRanges {
		r.loosen()
	}
}

// join makes one of the run at a place and the one behind it.
func (r *ranges) join(at int) {
	r.runs[at].last = r.runs[at+1].last
	r.runs = slices.Delete(r.runs, at+1, at+2)
}

func (r *ranges) loosen() {
	nearest := 0
	for i := range len(r.runs) - 1 {
		if r.runs[i+1].first-r.runs[i].last < r.runs[nearest+1].first-r.runs[nearest].last {
			nearest = i
		}
	}
	r.join(nearest)
	r.loose = true
}

// String returns the ranges, such as "1-4, 7"; a "~" in front tells that not
// every address within them was seen.
func (r *ranges) String() string {
	var dst []byte
	if r.loose {
		dst = append(dst, "~ "...)
	}
	for i, run := range r.runs {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = strconv.AppendUint(dst, uint64(run.first), 10)
		if run.last > run.first {
			dst = strconv.AppendUint(append(dst, '-'), uint64(run.last), 10)
		}
	}
	return string(dst)
}
