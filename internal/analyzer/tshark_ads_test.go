package analyzer_test

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/internal/analyzer"
	"stellwerk/internal/analyzer/dissect/ads"
)

// tshark finds the same AMS frames as we do in the same packets: addresses,
// commands, flags, lengths, errors, invoke ids, index groups and offsets, results,
// lengths to read and write, states and handles.
func TestTsharkADS(t *testing.T) {
	needTshark(t)
	foreign := filepath.Join(cmp.Or(os.Getenv("STELLWERK_CAPTURES"), foreignCaptures), "plc4x-manual-test-capture.pcapng")
	for _, file := range []struct {
		name   string
		frames int
		// reasons are the differences that are known, by packet.
		reasons map[int64]string
	}{
		{capture("ads.pcapng"), 57, tsharkADS},
		{capture("ads-faults.pcapng"), 50, tsharkADSFaults},
		{foreign, 292, nil},
	} {
		t.Run(filepath.Base(file.name), func(t *testing.T) {
			if _, err := os.Stat(file.name); errors.Is(err, os.ErrNotExist) && file.name == foreign {
				t.Skip("the capture is not on this machine")
			}
			sameAsTshark(t, amsOf(t, file.name), byTshark(t, file.name, "ams", amsTsharkFacts), file.frames, file.reasons)
		})
	}
}

// amsOf returns the AMS frames that we find, by packet.
func amsOf(t *testing.T, file string) map[int64][]string {
	t.Helper()
	all := map[int64][]string{}
	for line, err := range analyzer.Lines(file, analyzer.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		if f, ok := line.Telegram.(*ads.Telegram); ok && f.IsFrame() {
			all[line.Frame] = append(all[line.Frame], amsFacts(f))
		}
	}
	return all
}

func amsFacts(f *ads.Telegram) string {
	h := &f.Header
	said := fmt.Sprintf("%s>%s command=%d flags=%#04x length=%d error=%#x invoke=%#x",
		h.Source, h.Target, uint16(h.Command), uint16(h.StateFlags), h.Length, uint32(h.Error), h.InvokeID)
	// tshark shows nothing of short answers to Read and ReadWrite.
	const shown = 10
	short := f.Response() && (h.Command == ams.Read || h.Command == ams.ReadWrite) && h.Length < shown
	if result, ok := f.Result(); ok && !short {
		said += fmt.Sprintf(" result=%#x", uint32(result))
	}
	if !f.Response() {
		if index, ok := f.Index(); ok {
			said += fmt.Sprintf(" index=%#x:%#x", uint32(index.Group), index.Offset)
		}
	}
	switch {
	case f.Response() && h.Command == ams.ReadState:
		if s, err := command.DecodeState(f.Data); err == nil {
			said += fmt.Sprintf(" state=%d/%d", s.ADSState, s.DeviceState)
		}
	case f.Response() && h.Command == ams.AddDeviceNotification:
		if r, err := command.DecodeAddNotificationResponse(f.Data); err == nil {
			said += fmt.Sprintf(" handle=%#x", r.Handle)
		}
	case f.Response():
	case h.Command == ams.ReadWrite:
		if r, err := command.DecodeReadWriteRequest(f.Data); err == nil {
			said += fmt.Sprintf(" read=%d write=%d", r.ReadLength, len(r.Data))
		}
	case h.Command == ams.WriteControl:
		if r, err := command.DecodeWriteControlRequest(f.Data); err == nil {
			said += fmt.Sprintf(" state=%d/%d", r.ADSState, r.DeviceState)
		}
	case h.Command == ams.DeleteDeviceNotification:
		if handle, err := command.DecodeDeleteNotification(f.Data); err == nil {
			said += fmt.Sprintf(" handle=%#x", handle)
		}
	}
	return said
}

// amsTsharkFacts says what tshark says about one frame in the form of amsFacts.
func amsTsharkFacts(values map[string]string) string {
	number := func(name string) uint64 {
		n, _ := strconv.ParseUint(values[name], 0, 64)
		return n
	}
	said := fmt.Sprintf("%s:%s>%s:%s command=%d flags=%#04x length=%d error=%#x invoke=%#x",
		values["sendernetid"], values["senderport"], values["targetnetid"], values["targetport"],
		number("cmdid"), number("stateflags"), number("cbdata"), number("errorcode"), number("invokeid"))
	has := func(name string) bool { return values[name] != "" }
	if has("adsresult") {
		said += fmt.Sprintf(" result=%#x", number("adsresult"))
	}
	if has("ads_indexgroup") {
		said += fmt.Sprintf(" index=%#x:%#x", number("ads_indexgroup"), number("ads_indexoffset"))
	}
	if has("ads_state") {
		said += fmt.Sprintf(" state=%d/%d", number("ads_state"), number("ads_devicestate"))
	}
	if has("ads_notificationhandle") && !has("ads_noteblocksstamps") {
		said += fmt.Sprintf(" handle=%#x", number("ads_notificationhandle"))
	}
	if has("ads_cbreadlength") {
		said += fmt.Sprintf(" read=%d write=%d", number("ads_cbreadlength"), number("ads_cbwritelength"))
	}
	return said
}

// Why tshark 4.0 sees something else.
const (
	noReassembly = "tshark does not put frames together that begin in one packet and end in another"
	firstOnly    = "tshark shows only the first frame of a packet"
	noDatagrams  = "tshark knows no AMS in datagrams"
)

var (
	tsharkADS = map[int64]string{
		34: noReassembly, 35: noReassembly,
		57: firstOnly, 58: firstOnly,
		96: noDatagrams, 97: noDatagrams,
	}
	tsharkADSFaults = map[int64]string{
		50:  "the flag for ADS commands is not set: tshark shows no data then",
		83:  noDatagrams,
		110: "octets that are no frame stand before it: tshark takes them for a header",
		121: "4 GiB are claimed: tshark shows the headers, we say that the frame is cut off",
		129: noReassembly, 130: noReassembly, 131: noReassembly,
	}
)
