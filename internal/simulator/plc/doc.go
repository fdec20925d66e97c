// Package plc simulates PLCs that are asked by ADS, always behind the library
// that real ones are asked with: a built-in one ([Builtin]), and such as a file
// declares ([Read]). Their values move by themselves ([PLC.Move]).
package plc
