package iec104

import "stellwerk/iec104/apci"

// Decode takes one APDU apart that came without a connection around it. The
// telegram keeps octets. An error says why they are no APDU; what is wrong with
// the ASDU stands in Telegram.Err.
func Decode(octets []byte, options *Options) (*Telegram, error) {
	apdu, err := apci.Decode(octets)
	if err != nil {
		return nil, err
	}
	t := &Telegram{Octets: octets, APDU: apdu, options: options}
	if apdu.Format == apci.FormatI {
		t.ASDU, t.Err = options.Params.Decode(apdu.ASDU)
	}
	return t, nil
}
