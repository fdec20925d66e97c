package discovery

import (
	"errors"
	"fmt"

	"stellwerk/ads/ams"
)

// ServerInfo is what a machine says of itself.
type ServerInfo struct {
	NetID       ams.NetID
	Name        string    // of the computer
	Version     Version   // of TwinCAT; zero where the machine does not tell
	OS          OSVersion // zero where the machine does not tell
	Fingerprint string    // of its certificate, in hexadecimal; from build 4024 on
}

// ServerInfoRequest returns the packet that asks a machine, or by broadcast all
// of them, for a [ServerInfo].
func ServerInfoRequest(invokeID uint32, source ams.Address) Packet {
	return Packet{InvokeID: invokeID, Service: ServiceServerInfo, Source: source}
}

// Tags returns the tags of the answer.
func (i *ServerInfo) Tags() []Tag {
	tags := []Tag{TextTag(TagComputerName, i.Name), NetIDTag(i.NetID)}
	if !i.OS.IsZero() {
		tags = append(tags, OSVersionTag(i.OS))
	}
	if !i.Version.IsZero() {
		tags = append(tags, VersionTag(i.Version))
	}
	if i.Fingerprint != "" {
		tags = append(tags, TextTag(TagFingerprint, i.Fingerprint))
	}
	return tags
}

// ServerInfo reads an answer to [ServiceServerInfo]. What is wrong with a tag is
// said in the error, beside all that could be read.
func (p *Packet) ServerInfo() (ServerInfo, error) {
	if p.Service != ServiceServerInfo || !p.Response {
		return ServerInfo{}, fmt.Errorf("discovery packet: %s is no answer that tells who a machine is", p.title())
	}
	i := ServerInfo{NetID: p.Source.NetID}
	var wrong error
	note := func(err error) { wrong = errors.Join(wrong, err) }
	for _, tag := range p.Tags {
		var err error
		switch tag.ID {
		case TagComputerName:
			i.Name = tag.String()
		case TagNetID:
			var id ams.NetID
			if id, err = tag.NetID(); err == nil {
				i.NetID = id
			}
		case TagVersion:
			i.Version, err = tag.Version()
		case TagOSVersion:
			i.OS, err = tag.OSVersion()
		case TagFingerprint:
			i.Fingerprint = tag.String()
		default: // others say nothing about the machine
		}
		note(err)
	}
	return i, wrong
}

// title names service and direction.
func (p *Packet) title() string {
	if p.Response {
		return "the answer to " + p.Service.String()
	}
	return "the request " + p.Service.String()
}
