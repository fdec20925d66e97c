// Package ams has the return codes of ADS, which stand in the header of every
// AMS answer and which PLC programs see as a number or as an HRESULT.
package ams
