package iec104

import (
	"fmt"
	"slices"

	"stellwerk/iec104/asdu"
)

// judge finds what the client cannot have expected. Files have their own rules.
func (c *Client) judge(a *asdu.ASDU, expected bool) {
	answer := a.Cause == asdu.ActivationCon || a.Cause == asdu.DeactivationCon || a.Cause == asdu.ActivationTermination || a.Cause.Unknown()
	var what string
	switch {
	case c.options.Stations != nil && !slices.Contains(c.options.Stations, a.CommonAddress):
		what = fmt.Sprintf("common address %d is not one of the stations", a.CommonAddress)
	case expected || isFile(a.Type) || a.Type.Private():
		return
	case !a.Known():
		what = "the type is reserved by the standard"
	case a.Type.Control() && answer && !c.requests.unjudged[a.Type].Load():
		what = "an answer to a request that is not under way"
	case a.Type.Control() && (a.Cause == asdu.Activation || a.Cause == asdu.Deactivation):
		what = "a request that only a control centre sends"
	case !a.Type.Allows(a.Cause):
		what = "the cause is not allowed for the type"
	default:
		return
	}
	err := fmt.Errorf("%w: %s with cause %d of station %d: %s", ErrTolerated, a.TypeName(), a.Cause, a.CommonAddress, what)
	c.link.found(err)
	if c.options.Unexpected != nil {
		c.options.Unexpected(*a, err)
	}
}
