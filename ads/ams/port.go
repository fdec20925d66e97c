package ams

import (
	"strconv"
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

var portNames = map[Port]string{
	PortRouter: "AMS router", PortTComServer: "TCOM server", PortLicenceServer: "licence server",
	PortLogger: "logger", PortEventLogger: "event logger", 130: "event logger, user", 131: "event logger, real time",
	132: "event logger, publisher", PortRealTime: "R0 real time", PortTrace: "R0 trace", PortIO: "R0 I/O",
	400: "R0 PLC", PortNC: "R0 NC", PortNCSAF: "R0 NC SAF", PortNCSVB: "R0 NC SVB", PortISG: "R0 ISG", PortCNC: "R0 CNC",
	800: "TwinCAT 2 PLC", PortTC2PLC1: "TwinCAT 2 PLC, runtime 1", 811: "TwinCAT 2 PLC, runtime 2",
	821: "TwinCAT 2 PLC, runtime 3", 831: "TwinCAT 2 PLC, runtime 4", 850: "TwinCAT 3 PLC",
	PortCamController: "cam controller", PortSystemService: "system service", PortTCPIPServer: "TCP/IP server",
	PortSystemManager: "system manager", PortModbusServer: "Modbus server", PortAMSLogger: "AMS logger", PortScope: "scope",
}

// String returns the number.
func (p Port) String() string { return strconv.Itoa(int(p)) }

// Name says which program of TwinCAT has the port, "" where it is none of the
// fixed ones.
func (p Port) Name() string {
	switch name, ok := portNames[p]; {
	case ok:
		return name
	case p > 300 && p < 350:
		return "additional task " + strconv.Itoa(int(p-300))
	case p >= 350 && p < 400:
		return "task " + strconv.Itoa(int(p-349))
	case p > 850 && p < PortCamController:
		return "TwinCAT 3 PLC, runtime " + strconv.Itoa(int(p-850))
	default:
		return ""
	}
}
