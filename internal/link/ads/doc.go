// Package ads is the link over ADS: as a client it makes points of a PLC's
// symbols and carries commands out by writing them, as a device it is a PLC whose
// symbols are points, for HMIs and other PLCs to read and, where a route allows
// commands, to write. docs/ads-link.md describes both.
package ads
