package command

import (
	"encoding/binary"
	"fmt"
	"math"

	"stellwerk/ads/ams"
)

// MaxSumItems is how many items a sum command should have at most; PLCs work on
// all of them within one cycle.
const MaxSumItems = 500

// SumAnswer is the answer to one item of a sum command.
type SumAnswer struct {
	Result ams.ReturnCode
	Data   []byte // what was read
}

// cut returns the data as far as it was asked for.
func (a *SumAnswer) cut(length uint32) []byte {
	return a.Data[:min(uint64(len(a.Data)), uint64(length))]
}

// AppendSumReads appends what is written for sum reads: [GroupSumRead],
// [GroupSumReadEx] and [GroupSumReadEx2].
func AppendSumReads(dst []byte, items []ReadRequest) []byte {
	for i := range items {
		dst = items[i].Append(dst)
	}
	return dst
}

// DecodeSumReads appends the items of a sum read to dst.
func DecodeSumReads(dst []ReadRequest, items uint32, data []byte) ([]ReadRequest, error) {
	d, err := sumOf("sum read", items, 12, data)
	for range items {
		if err != nil {
			break
		}
		dst = append(dst, ReadRequest{Index: d.index(), Length: d.u32("length")})
	}
	return dst, err
}

// sumOf begins with the items of a sum command, whose heads have so many octets.
func sumOf(what string, items uint32, octets uint64, data []byte) (decoder, error) {
	if uint64(items)*octets > uint64(len(data)) {
		need := uint64(items) * octets
		return decoder{}, wrong(
			fmt.Sprintf("%s: %d items need %d octets, there are %d", what, items, need, len(data)),
			fmt.Sprintf("%s: %d Elemente brauchen %d Oktette, da sind %d", what, items, need, len(data)))
	}
	return decoder{what: what, data: data}, nil
}

// AppendSumWrites appends what is written for [GroupSumWrite].
func AppendSumWrites(dst []byte, items []WriteRequest) []byte {
	for i := range items {
		dst = binary.LittleEndian.AppendUint32(items[i].append(dst), uint32(len(items[i].Data)))
	}
	for i := range items {
		dst = append(dst, items[i].Data...)
	}
	return dst
}

// DecodeSumWrites appends the items of a sum write to dst.
func DecodeSumWrites(dst []WriteRequest, items uint32, data []byte) ([]WriteRequest, error) {
	heads, err := sumOf("sum write", items, 12, data)
	if err != nil {
		return dst, err
	}
	values := decoder{what: heads.what, data: data, at: int(items) * 12}
	for range items {
		item := WriteRequest{Index: heads.index()}
		item.Data = values.next(heads.u32("length"), "data of an item")
		dst = append(dst, item)
	}
	return dst, values.err
}

// AppendSumReadWrites appends what is written for [GroupSumReadWrite].
func AppendSumReadWrites(dst []byte, items []ReadWriteRequest) []byte {
	for i := range items {
		dst = binary.LittleEndian.AppendUint32(items[i].append(dst), items[i].ReadLength)
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(items[i].Data)))
	}
	for i := range items {
		dst = append(dst, items[i].Data...)
	}
	return dst
}

// DecodeSumReadWrites appends the items of a sum read and write to dst.
func DecodeSumReadWrites(dst []ReadWriteRequest, items uint32, data []byte) ([]ReadWriteRequest, error) {
	heads, err := sumOf("sum read and write", items, 16, data)
	if err != nil {
		return dst, err
	}
	values := decoder{what: heads.what, data: data, at: int(items) * 16}
	for range items {
		item := ReadWriteRequest{Index: heads.index(), ReadLength: heads.u32("read length")}
		item.Data = values.next(heads.u32("write length"), "data of an item")
		dst = append(dst, item)
	}
	return dst, values.err
}

// AppendSumAddNotifications appends what is written for [GroupSumAddNotes].
func AppendSumAddNotifications(dst []byte, items []AddNotificationRequest) []byte {
	for i := range items {
		dst = items[i].Append(dst)
	}
	return dst
}

// DecodeSumAddNotifications appends the items of such a sum command to dst.
func DecodeSumAddNotifications(dst []AddNotificationRequest, items uint32, data []byte) ([]AddNotificationRequest, error) {
	d, err := sumOf("sum of new notifications", items, notificationBody, data)
	for range items {
		if err != nil {
			break
		}
		dst = append(dst, d.addNotification())
	}
	return dst, err
}

// AppendSumDeleteNotifications appends what is written for
// [GroupSumDeleteNotes].
func AppendSumDeleteNotifications(dst []byte, handles []uint32) []byte {
	for _, handle := range handles {
		dst = binary.LittleEndian.AppendUint32(dst, handle)
	}
	return dst
}

// DecodeSumDeleteNotifications appends the handles of such a sum command to dst.
func DecodeSumDeleteNotifications(dst []uint32, items uint32, data []byte) ([]uint32, error) {
	d, err := sumOf("sum of ended notifications", items, 4, data)
	for range items {
		if err != nil {
			break
		}
		dst = append(dst, d.u32("handle"))
	}
	return dst, err
}

// AppendSumResults appends the answer to [GroupSumWrite] and
// [GroupSumDeleteNotes].
func AppendSumResults(dst []byte, results []ams.ReturnCode) []byte {
	for _, code := range results {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(code))
	}
	return dst
}

// DecodeSumResults appends the return codes of so many items to dst.
func DecodeSumResults(dst []ams.ReturnCode, items int, data []byte) ([]ams.ReturnCode, error) {
	d, err := answerOf(items, 4, data)
	for range items {
		if err != nil {
			break
		}
		dst = append(dst, ams.ReturnCode(d.u32("result")))
	}
	return dst, err
}

// answerOf begins with the answers to the items of a sum command.
func answerOf(items int, octets uint64, data []byte) (decoder, error) {
	return sumOf("answer to a sum command", uint32(min(uint64(items), math.MaxUint32)), octets, data)
}

// AppendSumReadAnswers appends the answer to [GroupSumRead], in which the data of
// each item has the length that was asked for: what an answer has less is filled
// with 0, what it has more is cut. There are as many answers as items. Whoever
// answers bounds the lengths before: a peer may ask for 4 GiB.
func AppendSumReadAnswers(dst []byte, items []ReadRequest, answers []SumAnswer) []byte {
	for i := range answers {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(answers[i].Result))
	}
	return appendPadded(dst, items, answers)
}

func appendPadded(dst []byte, items []ReadRequest, answers []SumAnswer) []byte {
	for i := range answers {
		have := answers[i].cut(items[i].Length)
		dst = append(dst, have...)
		dst = append(dst, make([]byte, items[i].Length-uint32(len(have)))...)
	}
	return dst
}

// DecodeSumReadAnswers appends the answers to a [GroupSumRead] to dst.
func DecodeSumReadAnswers(dst []SumAnswer, items []ReadRequest, data []byte) ([]SumAnswer, error) {
	heads, err := answerOf(len(items), 4, data)
	if err != nil {
		return dst, err
	}
	values := decoder{what: heads.what, data: data, at: len(items) * 4}
	for i := range items {
		a := SumAnswer{Result: ams.ReturnCode(binary.LittleEndian.Uint32(data[4*i:]))}
		if length := items[i].Length; uint64(length) <= uint64(len(data)-values.at) {
			a.Data = data[values.at : values.at+int(length) : values.at+int(length)]
			values.at += int(length)
		} else {
			a.Data = values.next(length, "data of an item") // says what is wrong
		}
		dst = append(dst, a)
	}
	return dst, values.err
}

// AppendSumReadExAnswers appends the answer to [GroupSumReadEx], whose data is
// padded as that of [AppendSumReadAnswers], but with its length before it.
func AppendSumReadExAnswers(dst []byte, items []ReadRequest, answers []SumAnswer) []byte {
	for i := range answers {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(answers[i].Result))
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(answers[i].cut(items[i].Length))))
	}
	return appendPadded(dst, items, answers)
}

// DecodeSumReadExAnswers appends the answers to a [GroupSumReadEx] to dst.
func DecodeSumReadExAnswers(dst []SumAnswer, items []ReadRequest, data []byte) ([]SumAnswer, error) {
	heads, err := answerOf(len(items), 8, data)
	if err != nil {
		return dst, err
	}
	values := decoder{what: heads.what, data: data, at: len(items) * 8}
	for i := range items {
		a := SumAnswer{Result: ams.ReturnCode(heads.u32("result"))}
		length := heads.u32("length")
		a.Data = values.next(items[i].Length, "data of an item")
		if values.err == nil && length > items[i].Length {
			return dst, wrong(
				fmt.Sprintf("answer to a sum command: item %d has %d octets, %d were asked for", i, length, items[i].Length),
				fmt.Sprintf("answer to a sum command: Element %d hat %d Oktette, %d waren gefragt", i, length, items[i].Length))
		}
		if values.err == nil {
			a.Data = a.Data[:length]
		}
		dst = append(dst, a)
	}
	return dst, values.err
}

// AppendSumDataAnswers appends the answer to [GroupSumReadWrite] and
// [GroupSumReadEx2], in which each item has the data that there is.
func AppendSumDataAnswers(dst []byte, answers []SumAnswer) []byte {
	for i := range answers {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(answers[i].Result))
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(answers[i].Data)))
	}
	for i := range answers {
		dst = append(dst, answers[i].Data...)
	}
	return dst
}

// DecodeSumDataAnswers appends the answers of so many items to a
// [GroupSumReadWrite] or [GroupSumReadEx2] to dst.
func DecodeSumDataAnswers(dst []SumAnswer, items int, data []byte) ([]SumAnswer, error) {
	heads, err := answerOf(items, 8, data)
	if err != nil {
		return dst, err
	}
	values := decoder{what: heads.what, data: data, at: items * 8}
	for range items {
		a := SumAnswer{Result: ams.ReturnCode(heads.u32("result"))}
		a.Data = values.next(heads.u32("length"), "data of an item")
		dst = append(dst, a)
	}
	return dst, values.err
}

// AppendSumAddNotificationAnswers appends the answer to [GroupSumAddNotes].
func AppendSumAddNotificationAnswers(dst []byte, answers []AddNotificationResponse) []byte {
	for i := range answers {
		dst = answers[i].Append(dst)
	}
	return dst
}

// DecodeSumAddNotificationAnswers appends the answers of so many items to dst.
func DecodeSumAddNotificationAnswers(dst []AddNotificationResponse, items int, data []byte) ([]AddNotificationResponse, error) {
	d, err := answerOf(items, 8, data)
	for range items {
		if err != nil {
			break
		}
		dst = append(dst, AddNotificationResponse{Result: ams.ReturnCode(d.u32("result")), Handle: d.u32("handle")})
	}
	return dst, err
}
