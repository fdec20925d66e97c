package controlcentre

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// OperatorOptions say what an [Operator] does.
type OperatorOptions struct {
	// Address is that of the station, for the words; Dial opens a connection to it.
	Address string
	Dial    func(ctx context.Context) (net.Conn, error)
	// Client are the options of each connection. Its handler and trace function are
	// the operator's.
	Client iec104.ClientOptions
	// Station is the common address that is interrogated after each start, and that
	// clock and commands go to.
	Station asdu.CommonAddress
	// Quiet leaves the interrogation out.
	Quiet bool
	// SetClock sets the station's clock after each start.
	SetClock bool
	// Connected is told of each connection before anything passes, and Frame of
	// each frame. They may be nil.
	Connected func(net.Conn)
	Frame     func(iec104.Frame)
	Ended     func()
	// Received is told of everything that arrives, in order. The ASDU is valid
	// until it returns.
	Received func(asdu.ASDU)
	// Event is told in a sentence what the operator does and sees.
	Event func(string)
}

// Operator is a control centre that somebody operates: it keeps the connection
// up, receives, and gives the commands that it is told to. All methods are safe
// for concurrent use.
type Operator struct {
	options    OperatorOptions
	supervisor *iec104.Supervisor

	mu     sync.Mutex
	failed string // what was said last about a connection; guarded by mu
}

// NewOperator returns an operator that does nothing until Run. The error is one of
// the options.
func NewOperator(options OperatorOptions) (*Operator, error) {
	o := &Operator{options: options}
	client := options.Client
	client.Trace = options.Frame
	client.Handler = func(a asdu.ASDU) error {
		if options.Received != nil {
			options.Received(a)
		}
		return nil
	}
	var err error
	o.supervisor, err = iec104.NewSupervisor(options.Address, &iec104.SupervisorOptions{
		Client: &client,
		Dial: func(ctx context.Context, _ string) (net.Conn, error) {
			conn, err := options.Dial(ctx)
			if err == nil && options.Connected != nil {
				options.Connected(conn)
			}
			return conn, err
		},
		Setup:      o.prepare,
		MinBackoff: time.Second, MaxBackoff: 5 * time.Second,
		Changed: o.changed,
	})
	return o, err
}

// farewell is how long a station may take to stop data transfer in the end.
const farewell = time.Second

// Run keeps the operator at work until ctx ends, and stops data transfer then.
func (o *Operator) Run(ctx context.Context) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var leaving sync.WaitGroup
	leaving.Go(func() {
		defer cancel()
		<-ctx.Done()
		if client := o.Client(); client != nil {
			bounded, done := context.WithTimeout(work, farewell)
			defer done()
			_ = client.Stop(bounded) // a farewell: that it fails changes nothing
		}
	})
	_ = o.supervisor.Run(work) // returns why work ended
	leaving.Wait()
	o.ended()
}

// Client returns the connection while it is up, nil otherwise.
func (o *Operator) Client() *iec104.Client { return o.supervisor.Client() }

func (o *Operator) say(format string, arguments ...any) {
	if o.options.Event != nil {
		o.options.Event(fmt.Sprintf(format, arguments...))
	}
}

func (o *Operator) ended() {
	if o.options.Ended != nil {
		o.options.Ended()
	}
}

// prepare starts data transfer, sets the clock where it is asked to, and
// interrogates. A station that refuses either is still a station.
func (o *Operator) prepare(ctx context.Context, client *iec104.Client) error {
	if err := client.Start(ctx); err != nil {
		return err
	}
	o.mu.Lock()
	o.failed = ""
	o.mu.Unlock()
	o.say("data transfer with %s started", client.RemoteAddr())
	if o.options.SetClock {
		before, err := client.SynchroniseClock(ctx, o.options.Station)
		if err := o.answer(client, "clock synchronisation", err); err != nil {
			return err
		}
		if err == nil {
			o.say("clock set; it showed %s", before)
		}
	}
	if o.options.Quiet {
		return nil
	}
	err := client.Interrogate(ctx, o.options.Station, asdu.InterrogateStation)
	if err := o.answer(client, "interrogation", err); err != nil {
		return err
	}
	if err == nil {
		o.say("common address %d interrogated", o.options.Station)
	}
	return nil
}

// answer tells of a request that failed. Only where the connection is gone too is
// it an error.
func (o *Operator) answer(client *iec104.Client, what string, err error) error {
	if err == nil {
		return nil
	}
	if client.Err() != nil || errors.Is(err, context.Canceled) || errors.Is(err, iec104.ErrStopped) {
		return err
	}
	o.say("%s: %v", what, err)
	return nil
}

// changed tells of connections, and of failures once as long as they are the same.
func (o *Operator) changed(status iec104.SupervisorStatus) {
	if status.State != iec104.Waiting {
		return
	}
	o.ended()
	if status.Err == nil || errors.Is(status.Err, context.Canceled) {
		return
	}
	o.mu.Lock()
	text := status.Err.Error()
	same := text == o.failed
	o.failed = text
	o.mu.Unlock()
	if !same {
		o.say("%v; trying again", status.Err)
	}
}

// Operate gives a command and says in words what became of it.
func (o *Operator) Operate(ctx context.Context, command Command) string {
	client := o.Client()
	if client == nil {
		return "not sent: there is no connection"
	}
	mode := iec104.DirectExecute
	if command.Select {
		mode = iec104.SelectAndExecute
	}
	begin := time.Now()
	since := func() string { return fmt.Sprintf("%.1f ms", float64(time.Since(begin))/float64(time.Millisecond)) }
	activation, err := client.Operate(ctx, o.options.Station, command.Object, mode)
	if err != nil {
		return err.Error()
	}
	if _, err := activation.Confirmed(ctx); err != nil {
		return err.Error()
	}
	confirmed := since()
	if _, err := activation.Terminated(ctx); err != nil {
		return fmt.Sprintf("confirmed after %s, then %v", confirmed, err)
	}
	return fmt.Sprintf("confirmed after %s, carried out after %s", confirmed, since())
}
