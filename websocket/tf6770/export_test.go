package tf6770

import "net/url"

// Address returns where inputs lead.
func Address(in *Inputs) (*url.URL, error) { return in.address() }
