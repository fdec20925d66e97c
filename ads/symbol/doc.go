// Package symbol knows the variables of an ADS device: the symbol and data type
// tables that it uploads (index groups 0xF00B and 0xF00E), the types of
// IEC 61131-3 and TwinCAT that they describe, the octets of values, and the
// paths that lead to them.
//
// [Entry] and [TypeEntry] are the entries of the tables as they are on the
// wire. [Types] resolves the names of types, such as "ARRAY [0..3] OF ST_Axis",
// to a [Type], which decodes and encodes values. [Table] holds symbols and types together
// and finds "MAIN.aAxis[2].fPosition". [Declaration] goes the other way: it
// makes a table from types and symbols declared in Go, from Go structs or in the
// syntax of IEC 61131-3, for a device to serve. [ReadTMC] and [ReadTPY] take
// them from the files of a PLC project.
//
// The package does no input or output. Everything it reads is taken for
// hostile: sizes and counts are checked before memory is taken for them.
package symbol
