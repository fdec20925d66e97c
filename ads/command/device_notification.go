package command

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"time"

	"stellwerk/ads/ams"
	"stellwerk/wire"
)

// TransmissionMode says when a device sends a notification.
type TransmissionMode uint32

// The transmission modes.
const (
	NoTransmission    TransmissionMode = 0
	ClientCycle       TransmissionMode = 1
	ClientOnChange    TransmissionMode = 2
	ServerCycle       TransmissionMode = 3 // every cycle time
	ServerOnChange    TransmissionMode = 4 // looked at every cycle time, sent when changed
	CyclicInContext   TransmissionMode = 5 // as ServerCycle, in the task of the variable
	OnChangeInContext TransmissionMode = 6 // as ServerOnChange, in the task of the variable
	ClientOneRequest  TransmissionMode = 10
)

var modeTexts = map[TransmissionMode]wire.Text{
	NoTransmission:    {EN: "none", DE: "keine"},
	ClientCycle:       {EN: "cyclic, by the client", DE: "zyklisch, durch den Client"},
	ClientOnChange:    {EN: "on change, by the client", DE: "bei Änderung, durch den Client"},
	ServerCycle:       {EN: "cyclic", DE: "zyklisch"},
	ServerOnChange:    {EN: "on change", DE: "bei Änderung"},
	CyclicInContext:   {EN: "cyclic, in the variable's task", DE: "zyklisch, in der Task der Variablen"},
	OnChangeInContext: {EN: "on change, in the variable's task", DE: "bei Änderung, in der Task der Variablen"},
	ClientOneRequest:  {EN: "one request of the client", DE: "eine Anfrage des Clients"},
}

// Text says when notifications come; zero for modes that are not known.
func (m TransmissionMode) Text() wire.Text { return modeTexts[m] }

// String returns the meaning in English, and a number for what is not known.
func (m TransmissionMode) String() string {
	if t := m.Text(); !t.IsZero() {
		return t.EN
	}
	return fmt.Sprintf("transmission mode %d", uint32(m))
}

// tick is the unit of time in notifications.
const tick = 100 * time.Nanosecond

// MaxNotificationTime is the longest delay and cycle time, nearly 7 min 10 s.
const MaxNotificationTime = math.MaxUint32 * tick

func ticks(d time.Duration) uint32 { return uint32(min(max(d, 0), MaxNotificationTime) / tick) }

// notificationBody is the length of an [AddNotificationRequest].
const notificationBody = 40

// AddNotificationRequest subscribes to data. It is an item of sum commands as
// well.
type AddNotificationRequest struct {
	Index
	Length uint32 // octets of the data
	Mode   TransmissionMode
	// MaxDelay is how long the device may hold samples back to send several at
	// once; CycleTime is how often it looks at the data. Both go in steps of
	// 100 ns up to [MaxNotificationTime].
	MaxDelay  time.Duration
	CycleTime time.Duration
}

// Append appends the body.
func (r AddNotificationRequest) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(r.append(dst), r.Length)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(r.Mode))
	dst = binary.LittleEndian.AppendUint32(dst, ticks(r.MaxDelay))
	dst = binary.LittleEndian.AppendUint32(dst, ticks(r.CycleTime))
	return append(dst, make([]byte, 16)...) // reserved
}

// DecodeAddNotificationRequest reads the body.
func DecodeAddNotificationRequest(data []byte) (AddNotificationRequest, error) {
	d := decoder{what: "AddDeviceNotification request", data: data}
	return d.addNotification(), d.err
}

func (d *decoder) addNotification() AddNotificationRequest {
	r := AddNotificationRequest{
		Index: d.index(), Length: d.u32("length"), Mode: TransmissionMode(d.u32("transmission mode")),
		MaxDelay:  time.Duration(d.u32("max delay")) * tick,
		CycleTime: time.Duration(d.u32("cycle time")) * tick,
	}
	d.next(16, "reserved octets")
	return r
}

// AddNotificationResponse answers AddDeviceNotification.
type AddNotificationResponse struct {
	Result ams.ReturnCode
	Handle uint32 // of the notification, on this device and port
}

// Append appends the body.
func (r AddNotificationResponse) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(r.Result))
	return binary.LittleEndian.AppendUint32(dst, r.Handle)
}

// DecodeAddNotificationResponse reads the body. Devices that fail may leave the
// handle out.
func DecodeAddNotificationResponse(data []byte) (AddNotificationResponse, error) {
	d := decoder{what: "AddDeviceNotification response", data: data}
	r := AddNotificationResponse{Result: ams.ReturnCode(d.u32("result"))}
	if r.Result != ams.NoError && d.err == nil && d.at == len(data) {
		return r, nil
	}
	r.Handle = d.u32("handle")
	return r, d.err
}

// AppendDeleteNotification appends the body of DeleteDeviceNotification, whose
// answer is a result alone.
func AppendDeleteNotification(dst []byte, handle uint32) []byte {
	return binary.LittleEndian.AppendUint32(dst, handle)
}

// DecodeDeleteNotification reads the body of DeleteDeviceNotification.
func DecodeDeleteNotification(data []byte) (handle uint32, err error) {
	d := decoder{what: "DeleteDeviceNotification request", data: data}
	return d.u32("handle"), d.err
}

// FileTime is a time stamp of notifications: the number of 100 ns since the
// beginning of 1601 (UTC), as Windows counts.
type FileTime uint64

// The unit of time stamps in seconds, and how long before 1970 they begin.
const (
	perSecond       = uint64(time.Second / tick)
	before1970      = 11_644_473_600 // seconds
	lastFileTimeSec = math.MaxUint64/perSecond - 1
)

// FileTimeOf returns the time as a time stamp, cut to 100 ns. Times before 1601
// are 0, those beyond what a time stamp can hold, in the year 60056, the last
// there is.
func FileTimeOf(t time.Time) FileTime {
	second := t.Unix()
	switch {
	case second < -before1970:
		return 0
	case second > int64(lastFileTimeSec)-before1970:
		return math.MaxUint64
	}
	return FileTime(uint64(second+before1970)*perSecond + uint64(t.Nanosecond())/uint64(tick))
}

// Time returns the time in UTC.
func (f FileTime) Time() time.Time {
	return time.Unix(int64(uint64(f)/perSecond)-before1970, int64(uint64(f)%perSecond)*int64(tick)).UTC()
}

// Sample is the value of subscribed data at a time. A device that no longer has
// the data sends one without octets.
type Sample struct {
	Time   FileTime
	Handle uint32 // of the notification
	Data   []byte
}

// Samples returns what a DeviceNotification holds, in order. An error comes last:
// the lengths in the stream do not agree with its octets. The length at the
// stream's beginning is not looked at, as devices are known that have it wrong.
func Samples(data []byte) iter.Seq2[Sample, error] {
	return func(yield func(Sample, error) bool) {
		d := decoder{what: "DeviceNotification", data: data}
		d.u32("length")
		for range d.u32("number of stamps") {
			stamp := FileTime(d.u64("time stamp"))
			for range d.u32("number of samples") {
				s := Sample{Time: stamp, Handle: d.u32("handle")}
				s.Data = d.next(d.u32("size"), "sample")
				if d.err != nil {
					break
				}
				if !yield(s, nil) {
					return
				}
			}
			if d.err != nil {
				break
			}
		}
		if d.err != nil {
			yield(Sample{}, d.err)
		}
	}
}

// NotificationBuilder puts a DeviceNotification together. Samples with the same
// time one after the other share a stamp. Its zero value is not usable; see
// [BeginNotification].
type NotificationBuilder struct {
	dst             []byte
	begin, stamp    int // where the stream and the open stamp begin
	stamps, samples uint32
	last            FileTime
}

// BeginNotification begins a stream behind what dst has.
func BeginNotification(dst []byte) NotificationBuilder {
	return NotificationBuilder{begin: len(dst), dst: append(dst, 0, 0, 0, 0, 0, 0, 0, 0)}
}

// Add adds a sample, of which the builder keeps nothing.
func (b *NotificationBuilder) Add(s Sample) {
	if b.stamps == 0 || s.Time != b.last {
		b.stamps, b.samples, b.last, b.stamp = b.stamps+1, 0, s.Time, len(b.dst)
		b.dst = binary.LittleEndian.AppendUint64(b.dst, uint64(s.Time))
		b.dst = append(b.dst, 0, 0, 0, 0)
	}
	b.samples++
	binary.LittleEndian.PutUint32(b.dst[b.stamp+8:], b.samples)
	b.dst = binary.LittleEndian.AppendUint32(b.dst, s.Handle)
	b.dst = binary.LittleEndian.AppendUint32(b.dst, uint32(len(s.Data)))
	b.dst = append(b.dst, s.Data...)
}

// Len returns how many octets the stream has so far.
func (b *NotificationBuilder) Len() int { return len(b.dst) - b.begin }

// End returns dst with the whole stream behind it.
func (b *NotificationBuilder) End() []byte {
	binary.LittleEndian.PutUint32(b.dst[b.begin:], uint32(b.Len()-4))
	binary.LittleEndian.PutUint32(b.dst[b.begin+4:], b.stamps)
	return b.dst
}
