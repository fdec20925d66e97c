// Package ams has what every telegram of ADS stands in: addresses (AMS NetId and
// port), the AMS header with its command and state flags, the header that AMS
// frames have on TCP, and the return codes.
//
// It is pure: octets in, values out. All integers are little endian. The layout
// is that of Beckhoff's page on the AMS header.
package ams
