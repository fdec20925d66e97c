// Package verdict judges what the analyzer sees: whether stations keep to the
// link procedure of IEC 60870-5-104, 5, and whether their ASDUs are such as the
// standard allows.
//
// A judge knows only the capture. Where octets are missing it starts anew
// instead of blaming the stations for what nobody saw, and parameters that the
// stations agreed on elsewhere are the standard's defaults unless they are told.
package verdict
