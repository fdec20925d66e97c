// Package iec104 dissects the traffic of IEC 60870-5-104 connections: APDUs
// out of the octets of both directions, each with its ASDU, and the findings
// of the judge that watches them.
package iec104
