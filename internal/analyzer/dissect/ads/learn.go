package ads

import (
	"errors"
	"slices"

	"stellwerk/ads/ams"
	"stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// check says what is wrong with the data of a frame: it is shorter than it says,
// or than it must be.
func check(t *Telegram) error {
	h := &t.Header
	if !h.Command.Known() || t.Response() && h.Error != ams.NoError && len(t.Data) == 0 {
		return nil
	}
	if !t.Response() {
		return checkRequest(h.Command, t.Data)
	}
	if err := checkResponse(h.Command, t.Data); err != nil {
		return err
	}
	if t.Request != nil && h.Command == ams.ReadWrite && t.Failure() == ams.NoError {
		return sumOf(t).err
	}
	return nil
}

var errNotificationAnswer = errors.New("a DeviceNotification that is a response: there is none")

func checkRequest(c ams.Command, data []byte) error {
	var err error
	switch c { //nolint:exhaustive // the others have no body
	case ams.Read:
		_, err = command.DecodeReadRequest(data)
	case ams.Write:
		_, err = command.DecodeWriteRequest(data)
	case ams.WriteControl:
		_, err = command.DecodeWriteControlRequest(data)
	case ams.AddDeviceNotification:
		_, err = command.DecodeAddNotificationRequest(data)
	case ams.DeleteDeviceNotification:
		_, err = command.DecodeDeleteNotification(data)
	case ams.DeviceNotification:
		for _, err = range command.Samples(data) {
			if err != nil {
				return err
			}
		}
	case ams.ReadWrite:
		r, wrong := command.DecodeReadWriteRequest(data)
		if wrong != nil {
			return wrong
		}
		if command.IsSum(r.Group) {
			err = items(&r).err
		}
	}
	return err
}

func checkResponse(c ams.Command, data []byte) error {
	var err error
	switch c {
	case ams.ReadDeviceInfo:
		_, err = command.DecodeDeviceInfo(data)
	case ams.ReadState:
		_, err = command.DecodeState(data)
	case ams.Read, ams.ReadWrite:
		_, err = command.DecodeReadResponse(data)
	case ams.AddDeviceNotification:
		_, err = command.DecodeAddNotificationResponse(data)
	case ams.DeviceNotification:
		return errNotificationAnswer
	default:
		_, err = command.DecodeResult(data)
	}
	return err
}

// learn takes names from an answer, and marks notifications that nobody has asked
// for.
func (c *Conversation) learn(t *Telegram) {
	if t.Header.Command == ams.DeviceNotification {
		c.strange(t)
		return
	}
	if !t.Response() || t.Request == nil || t.Failure() != ams.NoError {
		return
	}
	switch t.Header.Command { //nolint:exhaustive // the others say nothing of symbols
	case ams.AddDeviceNotification:
		asked, err := command.DecodeAddNotificationRequest(t.Request.Body)
		answer, wrong := command.DecodeAddNotificationResponse(t.Data)
		if err == nil && wrong == nil {
			c.names.note(noteKey{t.Device(), t.Client(), answer.Handle}, asked.Index)
		}
	case ams.DeleteDeviceNotification:
		if handle, err := command.DecodeDeleteNotification(t.Request.Body); err == nil {
			c.names.unnote(noteKey{t.Device(), t.Client(), handle})
		}
	case ams.Read:
		asked, err := command.DecodeReadRequest(t.Request.Body)
		answer, wrong := command.DecodeReadResponse(t.Data)
		if err == nil && wrong == nil {
			c.learnRead(t.Device(), asked.Group, answer.Data)
		}
	case ams.ReadWrite:
		c.learnReadWrite(t)
	}
}

// learnRead learns from a table that is read, and from what is said about tables.
func (c *Conversation) learnRead(device ams.Address, group command.IndexGroup, data []byte) {
	switch group { //nolint:exhaustive // the others say nothing of symbols
	case command.GroupUploadInfo2:
		if info, err := symbol.DecodeUploadInfo(data); err == nil {
			c.names.page(device, info.CodePage)
		}
	case command.GroupUpload:
		for e, err := range symbol.Entries(data, c.names.known.pages[device]) {
			if err == nil {
				c.entry(device, &e)
			}
		}
	}
}

// entry learns a symbol of a table.
func (c *Conversation) entry(device ams.Address, e *symbol.Entry) {
	c.names.symbol(device, command.Index{Group: command.IndexGroup(e.IndexGroup), Offset: e.IndexOffset}, textOf([]byte(e.Name)))
}

func (c *Conversation) learnReadWrite(t *Telegram) {
	asked, err := command.DecodeReadWriteRequest(t.Request.Body)
	answer, wrong := command.DecodeReadResponse(t.Data)
	if err != nil || wrong != nil {
		return
	}
	if !command.IsSum(asked.Group) {
		c.byName(t.Device(), asked.Group, asked.Data, answer.Data)
		return
	}
	s := sumOf(t)
	for i := range s.items {
		item := &s.items[i]
		if !item.Answered || item.Result != ams.NoError {
			continue
		}
		switch asked.Group { //nolint:exhaustive // the others say nothing of symbols
		case command.GroupSumReadWrite:
			c.byName(t.Device(), item.Index.Group, item.Written, item.Data)
		case command.GroupSumAddNotes:
			c.names.note(noteKey{t.Device(), t.Client(), item.Handle}, item.Index)
		case command.GroupSumDeleteNotes:
			c.names.unnote(noteKey{t.Device(), t.Client(), item.Handle})
		}
	}
}

// byName learns from what a device says about a name.
func (c *Conversation) byName(device ams.Address, group command.IndexGroup, name, said []byte) {
	switch group { //nolint:exhaustive // the others say nothing of symbols
	case command.GroupHandleByName:
		if handle, err := command.DecodeDeleteNotification(said); err == nil {
			c.names.handle(device, handle, textOf(name))
		}
	case command.GroupInfoByName:
		if info, err := command.DecodeReadRequest(said); err == nil {
			c.names.symbol(device, info.Index, textOf(name))
		}
	case command.GroupInfoByNameEx:
		if e, _, err := symbol.DecodeEntry(said, c.names.known.pages[device]); err == nil {
			c.entry(device, &e)
		}
	}
}

// maxStrange is how many handles of one telegram are said to be strange.
const maxStrange = 16

// strange marks notifications that nobody has asked for. A device may send some
// before it answers who has asked.
func (c *Conversation) strange(t *Telegram) {
	if !c.certain() || c.loose || len(c.pending.orphans) > 0 || slices.ContainsFunc(c.pending.waiting, asksForNotes) {
		return
	}
	for s, err := range command.Samples(t.Data) {
		if err != nil || len(t.Strange) == maxStrange {
			return
		}
		_, known := c.names.notes[noteKey{t.Device(), t.Client(), s.Handle}]
		if !known && !slices.Contains(t.Strange, s.Handle) {
			t.Strange = append(t.Strange, s.Handle)
		}
	}
}

// asksForNotes reports whether a request that waits may bring notifications.
func asksForNotes(r *Request) bool {
	if r.Command == ams.AddDeviceNotification {
		return true
	}
	asked, err := command.DecodeReadRequest(r.Body)
	return r.Command == ams.ReadWrite && err == nil && asked.Group == command.GroupSumAddNotes
}
