package plc

import (
	"fmt"

	"stellwerk/ads"
)

// OnlineChange gives the PLC another program while it runs, as an online change
// does: variables that stay keep their values, new ones have their initial
// values, and the symbol version counts up. What the PLC is called, and where it
// is, stays as well. After an error the program is the one of before.
func (p *PLC) OnlineChange(m *Model) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.TwinCAT2 != p.model.TwinCAT2 {
		return fmt.Errorf("an online change does not make TwinCAT %d of TwinCAT %d", m.generation(), p.model.generation())
	}
	before := p.Device.Table()
	var initial []ads.DeviceValue
	for _, v := range m.Values {
		is, err := m.Table.Find(v.Path)
		if err != nil {
			return err
		}
		if was, err := before.Find(v.Path); err != nil || was.Type.Unaliased().Kind != is.Type.Unaliased().Kind {
			initial = append(initial, ads.DeviceValue{Path: v.Path, Value: v.Value})
		}
	}
	if err := p.Device.SetTable(m.Table, initial...); err != nil {
		return err
	}
	p.model = m
	if err := p.bind(m); err != nil {
		return err
	}
	p.tell("online change: the symbol version is %d", p.Device.SymbolVersion())
	return nil
}

// generation is that of TwinCAT.
func (m *Model) generation() int {
	if m.TwinCAT2 {
		return 2
	}
	return 3
}
