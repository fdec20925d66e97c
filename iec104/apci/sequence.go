package apci

// Modulus is the number of different sequence numbers (5.1): after 32767
// comes 0.
const Modulus = 1 << 15

// Sequence is a send or receive sequence number, N(S), N(R), V(S), V(R) or
// Ack, 0 to 32767.
type Sequence uint16

// Add returns the number that is n behind s. n may be negative.
func (s Sequence) Add(n int) Sequence {
	return Sequence(uint16(int(s)+n) & (Modulus - 1))
}

// Next returns the number behind s.
func (s Sequence) Next() Sequence { return (s + 1) & (Modulus - 1) }

// Since returns how many steps lead from t up to s, 0 to 32767.
func (s Sequence) Since(t Sequence) int { return int((s - t) & (Modulus - 1)) }
