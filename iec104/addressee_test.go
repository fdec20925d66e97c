package iec104_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// TestAddressee asks for what must not go to all stations, or to none: an error
// before anything is sent (IEC 60870-5-101, 7.2.4).
func TestAddressee(t *testing.T) {
	type call = func(context.Context, *iec104.Client, asdu.CommonAddress) error
	file := iec104.FileRef{Address: 30000, Name: 2}
	calls := map[string]call{
		"read": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			_, err := c.Read(ctx, station, 1)
			return err
		},
		"execute": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			_, err := c.Operate(ctx, station, asdu.SingleCommand{Address: 1}, iec104.DirectExecute)
			return err
		},
		"select": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			_, err := c.Operate(ctx, station, asdu.SingleCommand{Address: 1}, iec104.SelectAndExecute)
			return err
		},
		"operate and wait": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			_, err := c.OperateAndWait(ctx, station, asdu.FloatSetpoint{Address: 1}, &iec104.OperateOptions{Feedback: 2})
			return err
		},
		"cancel": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			return c.Cancel(ctx, station, asdu.SingleCommand{Address: 1, Select: true})
		},
		"set parameter": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			return c.SetParameter(ctx, station, asdu.FloatParameter{Address: 1})
		},
		"activate parameter": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			return c.ActivateParameter(ctx, station, asdu.ParameterActivation{Address: 1, Qualifier: asdu.ActivateCyclic}, true)
		},
		"test command": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			return c.TestCommand(ctx, station)
		},
		"test pattern": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			return c.TestPattern(ctx, station)
		},
		"acquire delay": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			_, err := c.AcquireDelay(ctx, station)
			return err
		},
		"directory": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			_, err := c.Directory(ctx, station, iec104.FileRef{})
			return err
		},
		"read file": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			_, err := c.ReadFile(ctx, station, file, io.Discard, nil)
			return err
		},
		"query log": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			_, err := c.QueryLog(ctx, station, file, time.Now(), time.Now(), io.Discard, nil)
			return err
		},
		"write file": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			return c.WriteFile(ctx, station, file, strings.NewReader("x"), 1, nil)
		},
		"delete file": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			return c.DeleteFile(ctx, station, file)
		},
	}
	for _, params := range []*asdu.Params{nil, {CauseOctets: 1, CommonAddressOctets: 1, ObjectAddressOctets: 2}} {
		for name, call := range calls {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					client, r := rawStation(t, &iec104.ClientOptions{ASDU: params})
					for _, station := range []asdu.CommonAddress{0, params.Broadcast()} {
						if err := call(t.Context(), client, station); !errors.Is(err, iec104.ErrASDU) {
							t.Errorf("station %d: %v", station, err)
						}
					}
					r.want("nothing")
				})
			})
		}
	}
}

// TestBroadcast asks all stations for what may go to all.
func TestBroadcast(t *testing.T) {
	for request, call := range map[string]func(context.Context, *iec104.Client, asdu.CommonAddress) error{
		"64 01 06 00 ffff 000000 14": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			return c.Interrogate(ctx, station, asdu.InterrogateStation)
		},
		"65 01 06 00 ffff 000000 05": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			return c.ReadCounters(ctx, station, asdu.RequestAllCounters, asdu.FreezeRead)
		},
		"67 01 06 00 ffff 000000 0000000c8d0809": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			_, err := c.SynchroniseClock(ctx, station)
			return err
		},
		"69 01 06 00 ffff 000000 01": func(ctx context.Context, c *iec104.Client, station asdu.CommonAddress) error {
			return c.ResetProcess(ctx, station, asdu.ResetProcessGeneral)
		},
	} {
		t.Run(request[:2], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, r := rawStation(t, &iec104.ClientOptions{Clock: func() time.Time {
					return time.Date(2009, 8, 13, 12, 0, 0, 0, time.UTC)
				}})
				if err := call(t.Context(), client, 0); !errors.Is(err, iec104.ErrASDU) {
					t.Errorf("station 0: %v", err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- call(ctx, client, 0xffff) }()
				r.want(request)
				cancel()
				if err := <-done; !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		})
	}
}
