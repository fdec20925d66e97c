// Package adstest has a PLC in memory, for tests of programs that speak ADS: real
// symbols, handles, notifications and methods behind a dialer that needs no
// network, and what goes wrong with PLCs on request. It runs in the virtual time
// of testing/synctest as well.
//
//	plc, err := adstest.New(table, nil)
//	client, err := plc.Client(ctx, nil)
package adstest
