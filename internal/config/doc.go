// Package config reads what the user wants the house to do: a YAML file with the
// keys links, points, routes and web, and the signal lists (CSV or XLSX) that it
// names.
//
// # How it is read
//
// A [Registry] knows the protocols. Each owns the struct of its options and their
// check ([Options]); internal/app puts the registry together, and this package
// knows none of them. Tags at the fields of the structs say what a key is called
// and may hold (see [Fields]): one struct feeds YAML, flags, the JSON Schema
// ([Registry.Schema]) and the manual ([Registry.Explain]).
//
// Reading is strict: a key that is not known, a key that stands twice, a value
// outside its range and a column that nobody reads are mistakes. All mistakes of
// a configuration are found in one go and returned as [*Problems]; each shows
// file, line and column with the line and a caret below it, or file, sheet and
// cell. A configuration with mistakes is not used, not even in part.
//
// # Links
//
//	links:
//	  substation:          # the name that points begin with
//	    iec104:            # the protocol, with its options
//	      role: controlling
//	    queue:             # what is kept while the link cannot send
//	      full: wait
//
// # Points
//
// The signal list. Its items are points, or files that hold one point a row. A
// column is named as the key is in YAML; the usual English and German names are
// known as well. In cells numbers may have a decimal comma, and yes, ja, x and 1
// are all true. A list file may be in UTF-8, UTF-16 or, where said so, Windows-1252.
//
// A point may name its targets beside itself, with scale, offset and so on: that
// is a route, and for many users the only kind they need.
//
// # Routes
//
// Routes lead data from one link to another; [Pattern] says how many points can
// share one. Commands go the other way, and only where the route says so. Between
// the same two links a route that names the very point goes before patterns, and
// the first pattern that fits before the others.
package config
