package symbol

// Remembered returns the number of types that Types keeps.
func Remembered(t *Types) int { return len(t.cache) }
