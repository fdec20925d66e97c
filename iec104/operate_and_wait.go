package iec104

import (
	"context"

	"stellwerk/iec104/asdu"
)

// OperateOptions say what [Client.OperateAndWait] waits for. Nil options, and
// fields that are zero, have the values named beside them.
type OperateOptions struct {
	// Mode is [DirectExecute] or [SelectAndExecute].
	Mode CommandMode
	// WithoutTermination is for stations that send no termination: it is over
	// with the confirmation, or with the return information where that is
	// wanted.
	WithoutTermination bool
	// Feedback is the object whose return information, cause 11, tells that the
	// process has followed. 0 asks for none. A double point that is
	// intermediate, and a step position in transient state, are on their way
	// and are waited out.
	Feedback asdu.ObjectAddress
	// FeedbackSpontaneous also takes data of the object that come spontaneously,
	// cause 3, from stations that do not tell return information apart.
	FeedbackSpontaneous bool
}

// OperateAndWait carries a command out as [Client.Operate] does and waits for
// confirmation, termination and, where it is wanted, the return information,
// which it returns; without, it returns the last answer. The return information
// may come at any time from the confirmation of the selection on, and must come
// within the AnswerTimeout after the termination. Two commands that wait for the
// same object at the same time are [ErrBusy].
func (c *Client) OperateAndWait(ctx context.Context, station asdu.CommonAddress, command asdu.Object, options *OperateOptions) (asdu.ASDU, error) {
	var o OperateOptions
	if options != nil {
		o = *options
	}
	var feedback *Activation
	if o.Feedback != 0 {
		feedback = c.newRequest("return information", key{common: station, address: o.Feedback}, true)
		feedback.spontaneous = o.FeedbackSpontaneous
		if err := c.requests.add(feedback); err != nil {
			return asdu.ASDU{}, fail(feedback.op, err)
		}
		defer c.requests.forget(feedback, context.Canceled)
	}
	request, err := c.Operate(ctx, station, command, o.Mode)
	if err != nil {
		return asdu.ASDU{}, err
	}
	defer c.requests.forget(request, context.Canceled)
	answer, err := request.Confirmed(ctx)
	if err == nil && !o.WithoutTermination {
		answer, err = request.Terminated(ctx)
	}
	if err != nil || feedback == nil {
		return answer, err
	}
	feedback.progress.Store(int64(c.link.now()))
	return feedback.Confirmed(ctx)
}

// settled reports whether an object of monitoring direction shows the end of a
// movement.
func settled(object asdu.Object) bool {
	switch o := object.(type) {
	case asdu.DoublePoint:
		return o.Value != asdu.Intermediate
	case asdu.StepPosition:
		return !o.Transient
	default:
		return true
	}
}
