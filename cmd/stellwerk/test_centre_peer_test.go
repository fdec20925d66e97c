package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// centreProgram is the script program "centre", a control centre as others make
// them: it calls by itself, starts by itself, and does what "drive" tells it.
func centreProgram() {
	connect := flag.String("connect", "", "addresses, with commas")
	drive := flag.String("drive", "", "address at which it is told what to do")
	everywhere := flag.Bool("everywhere", false, "start data transfer on every connection, which is wrong")
	deaf := flag.Bool("deaf", false, "take every request for carried out, which is wrong")
	waits := flag.Bool("waits", false, "start data transfer when it is told to, and not before")
	t := flag.Duration("t", 2*time.Second, "t0 and t1; t2 and t3 are half of it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	addresses := strings.Split(*connect, ",")
	parameters := iec104.Parameters{T0: *t, T1: *t, T2: *t / 2, T3: *t / 2}
	options := &iec104.SupervisorOptions{
		Standby: addresses[1:], MinBackoff: 50 * time.Millisecond, MaxBackoff: 200 * time.Millisecond,
		Client: &iec104.ClientOptions{Parameters: parameters, AnswerTimeout: 300 * time.Millisecond, Originator: 3},
	}
	if *everywhere {
		options.Standby = nil
	}
	c := &drivenCentre{deaf: *deaf, addresses: addresses, t0: *t}
	options.Client.Clock = func() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }
	if *waits {
		options.Setup = func(context.Context, *iec104.Client) error { return nil }
	}
	var running sync.WaitGroup
	defer running.Wait()
	for _, address := range addresses {
		s, err := iec104.NewSupervisor(address, options)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
		c.supervisor = s
		running.Go(func() { _ = s.Run(ctx) }) // ends with the context
		if !*everywhere {
			break
		}
	}
	if *drive != "" {
		if err := serveDriver(ctx, *drive, c.drive); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		return
	}
	<-ctx.Done()
}

// driveProgram is the script program "drive ADDRESS ACTION NAME=VALUE...", the
// driver of a centre.
func driveProgram() {
	conn, err := new(net.Dialer).Dial("tcp", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(9)
	}
	fmt.Fprintln(conn, strings.Join(os.Args[2:], " "))
	answer, _ := bufio.NewReader(conn).ReadString('\n')
	status, text, _ := strings.Cut(strings.TrimSpace(answer), " ")
	fmt.Println(text)
	code, err := strconv.Atoi(status)
	if err != nil {
		code = 9
	}
	os.Exit(code)
}

type drivenCentre struct {
	supervisor *iec104.Supervisor
	addresses  []string
	deaf       bool
	t0         time.Duration
	offset     atomic.Int64 // of its clock, in nanoseconds
}

// answerDriver does what one line says, and answers with the status of a driver.
func answerDriver(ctx context.Context, conn net.Conn, do func(ctx context.Context, name string, arguments map[string]string) error) {
	defer conn.Close()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return
	}
	words := strings.Fields(line)
	arguments := map[string]string{}
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, "=")
		arguments[name] = value
	}
	err = do(ctx, words[0], arguments)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		fmt.Fprintln(conn, driverUnable, err)
	case err != nil:
		fmt.Fprintln(conn, driverFailed, err)
	default:
		fmt.Fprintln(conn, 0, "done")
	}
}

// drive does what it is told, and hides that it has failed where it is deaf.
func (c *drivenCentre) drive(ctx context.Context, name string, arguments map[string]string) error {
	err := c.do(ctx, name, arguments)
	if c.deaf && !errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

func (c *drivenCentre) do(ctx context.Context, name string, arguments map[string]string) error {
	if name == "call-silent" {
		return callSilent(ctx, c.t0) // whether there is a connection or not
	}
	var client *iec104.Client
	for range 100 {
		if client = c.supervisor.Client(); client != nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if client == nil {
		return errors.New("no connection")
	}
	number := func(name string) uint64 {
		n, _ := strconv.ParseUint(arguments[name], 10, 64)
		return n
	}
	station, address := asdu.CommonAddress(number("station")), asdu.ObjectAddress(number("address"))
	ref := iec104.FileRef{Address: address, Name: asdu.FileName(number("file"))}
	name, cancels := strings.CutPrefix(name, "cancel-")
	switch name {
	case "interrogate":
		if cancels {
			return fmt.Errorf("interrogations are not broken off: %w", errors.ErrUnsupported)
		}
		return client.Interrogate(ctx, station, asdu.InterrogationQualifier(number("qualifier")))
	case "counters":
		return client.ReadCounters(ctx, station, asdu.CounterRequest(number("request")), asdu.Freeze(number("freeze")))
	case "read":
		_, err := client.Read(ctx, station, address)
		return err
	case "clock":
		_, err := client.SynchroniseClock(ctx, station)
		return err
	case "test":
		if arguments["type"] == "C_TS_NA_1" {
			return client.TestPattern(ctx, station)
		}
		return client.TestCommand(ctx, station)
	case "reset":
		return client.ResetProcess(ctx, station, asdu.ResetQualifier(number("qualifier")))
	case "delay":
		_, err := client.AcquireDelay(ctx, station)
		return err
	case "activate":
		return client.ActivateParameter(ctx, station, asdu.ParameterActivation{Address: address, Qualifier: asdu.ParameterActivationQualifier(number("qualifier"))}, true)
	case "directory":
		_, err := client.Directory(ctx, station, ref)
		return err
	case "read-file":
		_, err := client.ReadFile(ctx, station, ref, io.Discard, nil)
		return err
	case "delete-file":
		return client.DeleteFile(ctx, station, ref)
	case "write-file":
		n := int64(number("length"))
		return client.WriteFile(ctx, station, ref, bytes.NewReader(make([]byte, n)), n, nil)
	case "switch":
		status := c.supervisor.Status()
		i := slices.IndexFunc(status.Lines, func(l iec104.LineStatus) bool { return l.Client != nil && !l.Active })
		if i < 0 {
			return errors.ErrUnsupported
		}
		return c.supervisor.Switch(status.Lines[i].Address)
	case "start":
		return client.Start(ctx)
	case "stop":
		return client.Stop(ctx)
	case "step-clock":
		step, err := time.ParseDuration(arguments["seconds"] + "s")
		c.offset.Add(int64(step))
		return err
	case "events":
		return sendReads(ctx, client, int(number("count")))
	}
	o := object(arguments, address)
	switch {
	case o == nil:
		return errors.ErrUnsupported
	case name == "parameter":
		return client.SetParameter(ctx, station, o)
	case cancels:
		return client.Cancel(ctx, station, o)
	}
	options := &iec104.OperateOptions{}
	if arguments["select"] == "true" {
		options.Mode = iec104.SelectAndExecute
	}
	_, err := client.OperateAndWait(ctx, station, o, options)
	return err
}

// callSilent calls where nobody answers, until t0 is over.
func callSilent(ctx context.Context, t0 time.Duration) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	supervisor, err := iec104.NewSupervisor("nobody", &iec104.SupervisorOptions{
		Client: &iec104.ClientOptions{Parameters: iec104.Parameters{T0: t0}},
		Dial: func(ctx context.Context, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
		Changed: func(s iec104.SupervisorStatus) {
			if s.State == iec104.Waiting {
				cancel()
			}
		},
	})
	if err != nil {
		return err
	}
	_ = supervisor.Run(ctx) // ends with the context
	return nil
}

// sendReads sends read commands without waiting for answers.
func sendReads(ctx context.Context, client *iec104.Client, n int) error {
	a, err := asdu.New(nil, asdu.Header{Type: asdu.C_RD_NA_1, Cause: asdu.Request, CommonAddress: 1}, asdu.Read{Address: 1})
	if err != nil {
		return err
	}
	go func() {
		for range n {
			if client.Send(ctx, a) != nil {
				return // the case has ended the connection
			}
		}
	}()
	return nil
}

// object makes a command or parameter of arguments.
func object(arguments map[string]string, address asdu.ObjectAddress) asdu.Object {
	var at asdu.Time
	if strings.HasSuffix(arguments["type"], "_TA_1") || strings.HasSuffix(arguments["type"], "_TB_1") || strings.HasSuffix(arguments["type"], "_TC_1") {
		at = asdu.CP56(time.Now().UTC())
	}
	value := arguments["value"]
	f, _ := strconv.ParseFloat(value, 64)
	n, _ := asdu.NormalizedOf(f)
	q, _ := strconv.Atoi(arguments["qualifier"])
	kind, _ := strconv.Atoi(arguments["kind"])
	qpm := asdu.ParameterQualifier{Kind: asdu.ParameterKind(kind)}
	switch arguments["type"] {
	case "C_SC_NA_1", "C_SC_TA_1":
		return asdu.SingleCommand{Address: address, Value: value == "on", Qualifier: asdu.PulseQualifier(q), Time: at}
	case "C_DC_NA_1", "C_DC_TA_1":
		state := asdu.CommandOff
		if value == "on" {
			state = asdu.CommandOn
		}
		return asdu.DoubleCommand{Address: address, Value: state, Qualifier: asdu.PulseQualifier(q), Time: at}
	case "C_RC_NA_1", "C_RC_TA_1":
		step := asdu.NextLower
		if value == "higher" {
			step = asdu.NextHigher
		}
		return asdu.StepCommand{Address: address, Value: step, Qualifier: asdu.PulseQualifier(q), Time: at}
	case "C_SE_NA_1", "C_SE_TA_1":
		return asdu.NormalizedSetpoint{Address: address, Value: n, Time: at}
	case "C_SE_NB_1", "C_SE_TB_1":
		return asdu.ScaledSetpoint{Address: address, Value: int16(f), Time: at}
	case "C_SE_NC_1", "C_SE_TC_1":
		return asdu.FloatSetpoint{Address: address, Value: float32(f), Time: at}
	case "C_BO_NA_1", "C_BO_TA_1":
		return asdu.BitStringCommand{Address: address, Value: uint32(f), Time: at}
	case "P_ME_NA_1":
		return asdu.NormalizedParameter{Address: address, Value: n, Qualifier: qpm}
	case "P_ME_NB_1":
		return asdu.ScaledParameter{Address: address, Value: int16(f), Qualifier: qpm}
	case "P_ME_NC_1":
		return asdu.FloatParameter{Address: address, Value: float32(f), Qualifier: qpm}
	default:
		return nil
	}
}
