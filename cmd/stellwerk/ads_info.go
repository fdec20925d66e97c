package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/ads"
	"stellwerk/ads/ams"
	adscommand "stellwerk/ads/command"
	"stellwerk/ads/symbol"
)

// adsInfo is the command ads info.
type adsInfo struct {
	adsFlags
}

func newADSInfo() *cobra.Command {
	f := &adsInfo{}
	cmd := &cobra.Command{
		Use:   "info HOST",
		Short: "Say what a machine is, and what answers on it",
		Long: `Info asks a machine what it is: name, version and state of the device at --port, its
symbols, the system, the licence, which other AMS ports answer, and how long an
answer takes.

` + adsHost,
		Example: "  stellwerk ads info 192.0.2.5\n  stellwerk ads info 5.23.145.10.1.1 --port 801 --json",
		Args:    hostArguments("HOST"),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	f.register(cmd)
	return cmd
}

// askedPorts are those that info tries.
var askedPorts = []ams.Port{
	ams.PortTComServer, ams.PortLicenceServer, ams.PortLogger, ams.PortEventLogger, ams.PortRealTime, ams.PortTrace, ams.PortIO,
	ams.PortNC, ams.PortNCSAF, ams.PortNCSVB, ams.PortISG, ams.PortCNC, 801, 811, 821, 831, 851, 852, 853, 854, ams.PortCamController,
	ams.PortSystemService, ams.PortTCPIPServer, ams.PortSystemManager, ams.PortModbusServer, ams.PortScope,
}

// adsPort is a port that answers.
type adsPort struct {
	Port    ams.Port `json:"port"`
	Name    string   `json:"name,omitempty"`    // of the device behind it
	Version string   `json:"version,omitempty"` // of it
	State   string   `json:"state,omitempty"`
	Meaning string   `json:"meaning,omitempty"` // which program of TwinCAT has the port
}

// adsLicence is what the licence server says.
type adsLicence struct {
	SystemID string             `json:"system_id"`
	Platform uint16             `json:"platform"`
	VolumeID uint32             `json:"volume_id"`
	Modules  []adsLicenceModule `json:"modules,omitempty"`
}

type adsLicenceModule struct {
	ID    string `json:"id"`
	Order string `json:"order,omitempty"`
	Name  string `json:"name,omitempty"`
}

// adsMachine is what info finds, as --json prints it; docs/manual.md has it.
type adsMachine struct {
	Host          string      `json:"host"`
	Target        ams.Address `json:"target"`
	Source        ams.Address `json:"source"`
	Name          string      `json:"name"`
	Version       string      `json:"version"`
	State         string      `json:"state"`
	DeviceState   uint16      `json:"device_state"`
	System        string      `json:"system_state,omitempty"`
	SystemVersion string      `json:"system_version,omitempty"`
	Symbols       *uint32     `json:"symbols,omitempty"`
	Types         *uint32     `json:"types,omitempty"`
	SymbolVersion *uint8      `json:"symbol_version,omitempty"`
	RoundTrip     *float64    `json:"round_trip_ms"`
	Ports         []adsPort   `json:"ports"`
	Licence       *adsLicence `json:"licence,omitempty"`
}

func (f *adsInfo) run(cmd *cobra.Command, host string) error {
	s, err := f.open(cmd, host)
	if err != nil {
		return err
	}
	m, err := s.machine(cmd.Context())
	if err != nil {
		return errors.Join(s.failed(cmd.Context(), err), s.close())
	}
	s.waiting.clear()
	if f.json {
		err = newLineEncoder(cmd.OutOrStdout()).Encode(m)
	} else {
		err = m.print(cmd.OutOrStdout())
	}
	return errors.Join(withStatus(statusNo, err), s.close())
}

// machine asks everything. The error is that of the port that was named: what else
// does not answer is left out.
func (s *adsSession) machine(ctx context.Context) (*adsMachine, error) {
	device, err := s.client.DeviceInfo(ctx)
	if err != nil {
		return nil, err
	}
	state, err := s.client.ReadState(ctx)
	if err != nil {
		return nil, err
	}
	m := &adsMachine{
		Host: s.host, Target: s.client.Address(), Source: s.client.Source(), Name: printable(device.Name), Version: device.Version(),
		State: state.ADSState.String(), DeviceState: state.DeviceState,
	}
	var trips []time.Duration
	for range 9 {
		begin := time.Now()
		if _, err := s.client.ReadState(ctx); err != nil {
			return nil, err
		}
		trips = append(trips, time.Since(begin))
	}
	slices.Sort(trips)
	m.RoundTrip = ms(trips[len(trips)/2])
	if version, err := s.client.SymbolVersion(ctx); err == nil {
		m.SymbolVersion = &version
	}
	m.countSymbols(ctx, s.client)
	s.waiting.say("looking for ports that answer")
	m.Ports = s.ports(ctx)
	if slices.ContainsFunc(m.Ports, func(p adsPort) bool { return p.Port == ams.PortSystemService }) {
		if system, err := s.client.SystemState(ctx); err == nil {
			m.System = system.ADSState.String()
			m.SystemVersion = fmt.Sprintf("%d.%d.%d", system.Version, system.Revision, system.Build)
		}
	}
	if slices.ContainsFunc(m.Ports, func(p adsPort) bool { return p.Port == ams.PortLicenceServer }) {
		if licence, err := s.client.Licence(ctx); err == nil {
			m.Licence = licenceOf(licence)
		}
	}
	return m, s.client.Err()
}

// countSymbols reads how many symbols and types there are, where the device tells.
func (m *adsMachine) countSymbols(ctx context.Context, client *ads.Client) {
	data, err := client.Read(ctx, adscommand.Index{Group: adscommand.GroupUploadInfo2}, symbol.UploadInfoV3)
	if err != nil {
		data, err = client.Read(ctx, adscommand.Index{Group: adscommand.GroupUploadInfo}, symbol.UploadInfoV1)
	}
	if err != nil {
		return
	}
	info, err := symbol.DecodeUploadInfo(data)
	if err != nil {
		return
	}
	m.Symbols = &info.Symbols
	if len(data) >= symbol.UploadInfoV2 {
		m.Types = &info.Types
	}
}

// nobody are the codes that say that nobody has a port; NoError is no answer.
var nobody = []ams.ReturnCode{ams.NoError, ams.TargetPortNotFound, ams.TargetMachineNotFound, ams.PortDisabled, ams.PortNotConnected}

// ports asks all ports at once.
func (s *adsSession) ports(ctx context.Context) []adsPort {
	ctx, cancel := context.WithTimeout(ctx, s.flags.timeout)
	defer cancel()
	list := slices.Clone(askedPorts)
	if own := s.client.Address().Port; !slices.Contains(list, own) {
		list = append(list, own)
		slices.Sort(list)
	}
	answers := make([]*adsPort, len(list))
	var work sync.WaitGroup
	for i, port := range list {
		work.Go(func() {
			client := s.client.Target(ams.Address{Port: port})
			state, err := client.ReadState(ctx)
			if slices.Contains(nobody, ads.Code(err)) && err != nil {
				return
			}
			p := &adsPort{Port: port, Meaning: port.Name()}
			if err == nil {
				p.State = state.ADSState.String()
			}
			if device, err := client.DeviceInfo(ctx); err == nil {
				p.Name, p.Version = printable(device.Name), device.Version()
			}
			answers[i] = p
		})
	}
	work.Wait()
	var found []adsPort
	for _, p := range answers {
		if p != nil {
			found = append(found, *p)
		}
	}
	return found
}

func licenceOf(l ads.Licence) *adsLicence {
	licence := &adsLicence{SystemID: l.SystemID.String(), Platform: l.Platform, VolumeID: l.VolumeID}
	for _, module := range l.Modules {
		licence.Modules = append(licence.Modules, adsLicenceModule{ID: module.ID.String(), Order: printable(module.Order), Name: printable(module.Name)})
	}
	return licence
}

func (m *adsMachine) print(out io.Writer) error {
	var err error
	line := func(name, value string) {
		if value != "" && err == nil {
			_, err = fmt.Fprintf(out, "%s %s\n", painted(out, styleDim, fmt.Sprintf("%-14s", name)), value)
		}
	}
	line("address", m.Target.String())
	line("device", m.Name+" "+m.Version)
	line("state", fmt.Sprintf("%s, device state %d", m.State, m.DeviceState))
	if m.System != "" {
		line("system", m.System+", TwinCAT "+m.SystemVersion)
	}
	if m.Symbols != nil {
		text := number(int(*m.Symbols), "symbol")
		if m.Types != nil {
			text += ", " + number(int(*m.Types), "data type")
		}
		if m.SymbolVersion != nil {
			text += fmt.Sprintf(", version %d", *m.SymbolVersion)
		}
		line("symbols", text)
	}
	line("round trip", fmt.Sprintf("%.3f ms", *m.RoundTrip))
	line("this end", m.Source.String())
	if m.Licence != nil {
		line("system id", m.Licence.SystemID)
		line("platform", fmt.Sprintf("level %d, volume 0x%08X", m.Licence.Platform, m.Licence.VolumeID))
		for _, module := range m.Licence.Modules {
			line("licence", strings.Join(slices.DeleteFunc([]string{module.ID, module.Order, module.Name}, func(s string) bool { return s == "" }), " "))
		}
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	table := &textTable{columns: []column{{head: "PORT", right: true}, {head: "DEVICE"}, {head: "VERSION"}, {head: "STATE"}, {head: "WHAT"}}}
	for _, p := range m.Ports {
		table.add(strconv.Itoa(int(p.Port)), p.Name, p.Version, p.State, p.Meaning)
	}
	return table.write(out)
}
