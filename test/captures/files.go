package captures

import "io"

// File is a capture that this directory holds.
type File struct {
	Name string
	// Write makes its octets.
	Write func(io.Writer) error
}

// Files are all of them.
func Files() []File {
	return []File{
		{"types.pcapng", types},
		{"station.pcapng", substation},
		{"faults.pcapng", faults},
		{"tcp.pcapng", trouble},
		{"links.pcapng", links},
		{"websocket-faults.pcapng", websocketFaults},
		{"ads.pcapng", adsOrdinary},
		{"ads-faults.pcapng", adsFaults},
		{"big-endian.pcap", bigEndian},
		{"nanoseconds.pcap", nanoseconds},
	}
}
