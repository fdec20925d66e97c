package iec104

// fifo keeps octet strings of up to 255 octets in order, in one buffer that
// grows to what is in use at once. Strings are handed out by next and stay
// until done, so that rewind can offer them again.
type fifo struct {
	data   []byte // each string behind an octet with its length
	first  int    // where the oldest begins
	cursor int    // where the first begins that is not handed out
	count  int    // all
	handed int    // of these, handed out
}

// waiting returns how many strings are not handed out.
func (f *fifo) waiting() int { return f.count - f.handed }

// reserve makes room for a string and returns the buffer to append it to: its
// length first, which commit fills in.
func (f *fifo) reserve() []byte {
	const most = 256
	if cap(f.data)-len(f.data) < most && f.first > 0 && 2*f.first >= len(f.data) {
		n := copy(f.data, f.data[f.first:])
		f.data = f.data[:n]
		f.cursor -= f.first
		f.first = 0
	}
	return append(f.data, 0)
}

// commit takes the buffer that reserve returned, with the string appended.
func (f *fifo) commit(data []byte) {
	data[len(f.data)] = byte(len(data) - len(f.data) - 1)
	f.data = data
	f.count++
}

// next hands out the oldest string that was not. It is valid until the next
// reserve.
func (f *fifo) next() ([]byte, bool) {
	if f.cursor == len(f.data) {
		return nil, false
	}
	begin := f.cursor + 1
	end := begin + int(f.data[f.cursor])
	f.cursor = end
	f.handed++
	return f.data[begin:end:end], true
}

// done lets go of the n oldest strings; at most those handed out.
func (f *fifo) done(n int) {
	n = min(n, f.handed)
	for range n {
		f.first += 1 + int(f.data[f.first])
	}
	f.count -= n
	f.handed -= n
	if f.count == 0 {
		f.data, f.first, f.cursor = f.data[:0], 0, 0
	}
}

// drop lets go of the oldest string that was not handed out.
func (f *fifo) drop() {
	if f.waiting() == 0 {
		return
	}
	size := 1 + int(f.data[f.cursor])
	// What is handed out and not done moves up.
	copy(f.data[f.first+size:], f.data[f.first:f.cursor])
	f.first += size
	f.cursor += size
	f.count--
	if f.count == 0 {
		f.data, f.first, f.cursor = f.data[:0], 0, 0
	}
}

// clear lets go of all strings.
func (f *fifo) clear() {
	*f = fifo{data: f.data[:0]}
}

// rewind offers again what was handed out and is not done.
func (f *fifo) rewind() {
	f.cursor, f.handed = f.first, 0
}
