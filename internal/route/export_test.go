package route

// Pairs returns the kinds of each row of the table.
func Pairs() []string {
	var pairs []string
	for _, c := range conversions {
		pairs = append(pairs, c.from.String()+" "+c.to.String())
	}
	return pairs
}
