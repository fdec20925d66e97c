package ams

import (
	"strconv"

	"stellwerk/wire"
)

// Port is an AMS port: it names a program on a machine. It has nothing to do
// with the ports of TCP and UDP.
type Port uint16

// Ports that have a fixed meaning in TwinCAT.
const (
	PortRouter          Port = 1
	PortTComServer      Port = 10
	PortLicenceServer   Port = 30
	PortLogger          Port = 100
	PortEventLogger     Port = 110
	PortRealTime        Port = 200
	PortTrace           Port = 290
	PortIO              Port = 300
	PortNC              Port = 500
	PortNCSAF           Port = 501
	PortNCSVB           Port = 511
	PortISG             Port = 550
	PortCNC             Port = 600
	PortTC2PLC1         Port = 801 // the first runtime of a TwinCAT 2 PLC; 811, 821 and 831 follow
	PortTC3PLC1         Port = 851 // the first runtime of a TwinCAT 3 PLC; 852 and so on follow
	PortCamController   Port = 900
	PortSystemService   Port = 10000
	PortTCPIPServer     Port = 10201
	PortSystemManager   Port = 10300
	PortModbusServer    Port = 10500
	PortAMSLogger       Port = 10502
	PortScope           Port = 14000
	PortFirstUserServer Port = 25000 // from here on ports are free for users' servers
	PortFirstDynamic    Port = 32768 // from here on routers hand ports out to clients
)

// Numbers that IP networks know ADS by.
const (
	TCPPort    = 48898 // AMS over TCP
	UDPPort    = 48899 // discovery of machines and adding of routes
	SecurePort = 8016  // secure ADS: AMS over TLS
)

var portNames = map[Port]wire.Text{
	PortRouter:        text("AMS router", "AMS-Router"),
	PortTComServer:    text("TCOM server", "TCOM-Server"),
	PortLicenceServer: text("licence server", "Lizenzserver"),
	PortLogger:        text("logger", "Logger"),
	PortEventLogger:   text("event logger", "Ereignislogger"),
	130:               text("event logger, user", "Ereignislogger, Anwender"),
	131:               text("event logger, real time", "Ereignislogger, Echtzeit"),
	132:               text("event logger, publisher", "Ereignislogger, Verteiler"),
	PortRealTime:      text("R0 real time", "R0-Echtzeit"),
	PortTrace:         text("R0 trace", "R0-Trace"),
	PortIO:            text("R0 I/O", "R0-E/A"),
	400:               text("R0 PLC", "R0-SPS"),
	PortNC:            wire.Same("R0 NC"),
	PortNCSAF:         wire.Same("R0 NC SAF"),
	PortNCSVB:         wire.Same("R0 NC SVB"),
	PortISG:           wire.Same("R0 ISG"),
	PortCNC:           wire.Same("R0 CNC"),
	800:               text("TwinCAT 2 PLC", "TwinCAT-2-SPS"),
	PortTC2PLC1:       text("TwinCAT 2 PLC, runtime 1", "TwinCAT-2-SPS, Laufzeit 1"),
	811:               text("TwinCAT 2 PLC, runtime 2", "TwinCAT-2-SPS, Laufzeit 2"),
	821:               text("TwinCAT 2 PLC, runtime 3", "TwinCAT-2-SPS, Laufzeit 3"),
	831:               text("TwinCAT 2 PLC, runtime 4", "TwinCAT-2-SPS, Laufzeit 4"),
	850:               text("TwinCAT 3 PLC", "TwinCAT-3-SPS"),
	PortCamController: text("cam controller", "Nockenschaltwerk"),
	PortSystemService: text("system service", "Systemdienst"),
	PortTCPIPServer:   text("TCP/IP server", "TCP/IP-Server"),
	PortSystemManager: text("system manager", "System-Manager"),
	PortModbusServer:  text("Modbus server", "Modbus-Server"),
	PortAMSLogger:     text("AMS logger", "AMS-Logger"),
	PortScope:         text("scope", "Scope"),
}

// String returns the number.
func (p Port) String() string { return strconv.Itoa(int(p)) }

// Name says in English which program of TwinCAT has the port, "" where it is
// none of the fixed ones.
func (p Port) Name() string { return p.Text().EN }

// Text says which program of TwinCAT has the port; zero where it is none of the
// fixed ones.
func (p Port) Text() wire.Text {
	numbered := func(en, de string, n Port) wire.Text {
		return text(en+" "+n.String(), de+" "+n.String())
	}
	switch name, ok := portNames[p]; {
	case ok:
		return name
	case p > 300 && p < 350:
		return numbered("additional task", "weitere Task", p-300)
	case p >= 350 && p < 400:
		return numbered("task", "Task", p-349)
	case p > 850 && p < PortCamController:
		return numbered("TwinCAT 3 PLC, runtime", "TwinCAT-3-SPS, Laufzeit", p-850)
	default:
		return wire.Text{}
	}
}
