package iec104

import (
	"fmt"
	"strconv"
	"strings"

	"stellwerk/iec104/asdu"
)

// address is that of a point within a link.
type address struct {
	common asdu.CommonAddress
	object asdu.ObjectAddress
}

// String returns COMMON ADDRESS/OBJECT ADDRESS.
func (a address) String() string {
	text := strconv.AppendUint(make([]byte, 0, 16), uint64(a.common), 10)
	return string(strconv.AppendUint(append(text, '/'), uint64(a.object), 10))
}

// parseAddress reads COMMON ADDRESS/OBJECT ADDRESS.
func parseAddress(p *asdu.Params, text string) (address, error) {
	commonText, objectText, found := strings.Cut(text, "/")
	if !found {
		return address{}, fmt.Errorf("%q has no object address; write COMMON ADDRESS/OBJECT ADDRESS, such as 1/4001", text)
	}
	common, err := parseCommonAddress(p, commonText)
	if err != nil {
		return address{}, err
	}
	object, ok := parseNumber(objectText, uint64(p.MaxObjectAddress()))
	if !ok {
		return address{}, fmt.Errorf("object address %q is not a number from 0 to %d", objectText, p.MaxObjectAddress())
	}
	return address{common: common, object: asdu.ObjectAddress(object)}, nil
}

// parseCommonAddress reads the common address of a station.
func parseCommonAddress(p *asdu.Params, text string) (asdu.CommonAddress, error) {
	highest := p.Broadcast() - 1
	common, ok := parseNumber(text, uint64(highest))
	if !ok || common == 0 {
		return 0, fmt.Errorf("common address %q is not a number from 1 to %d", text, highest)
	}
	return asdu.CommonAddress(common), nil
}

// parseNumber reads a number as it is written in addresses, so that a point has
// one name only: without sign and leading zeros.
func parseNumber(text string, highest uint64) (uint64, bool) {
	number, err := strconv.ParseUint(text, 10, 32)
	if err != nil || number > highest || len(text) > 1 && text[0] == '0' {
		return 0, false
	}
	return number, true
}

// stations returns the common addresses that occur in addresses, each once, in
// their order; open tells that a star stands for others.
func stations(p *asdu.Params, addresses []string) (list []asdu.CommonAddress, open bool) {
	seen := map[asdu.CommonAddress]bool{}
	for _, text := range addresses {
		first, _, _ := strings.Cut(text, "/")
		low, high, isRange := strings.Cut(first, "-")
		if !isRange {
			high = low
		}
		from, err := parseCommonAddress(p, low)
		to, err2 := parseCommonAddress(p, high)
		if err != nil || err2 != nil {
			open = true
			continue
		}
		for common := from; common <= to; common++ {
			if !seen[common] {
				seen[common] = true
				list = append(list, common)
			}
		}
	}
	return list, open
}

// maxNames bounds how many texts of addresses are kept.
const maxNames = 1 << 17

// names keeps the texts of addresses, so that they are made once. It is not safe
// for concurrent use.
type names map[address]string

func (n *names) text(a address) string {
	if text, ok := (*n)[a]; ok {
		return text
	}
	if *n == nil || len(*n) >= maxNames {
		*n = names{}
	}
	text := a.String()
	(*n)[a] = text
	return text
}
