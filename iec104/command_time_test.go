package iec104_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

// TestTimesOfRequests looks at the time tags that go to stations of a zone in
// winter and in summer, whose clocks set the SU bit or do not.
func TestTimesOfRequests(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	winter := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC) // a Thursday
	summer := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC) // a Wednesday
	for _, test := range []struct {
		name     string
		now      time.Time
		location *time.Location
		unmarked bool
		hour     string // of CP56Time2a, with SU as bit 8
		date     string
	}{
		{"UTC", summer, nil, false, "0c", "61071a"},
		{"winter", winter, berlin, false, "0d", "81011a"},
		{"winter, unmarked", winter, berlin, true, "0d", "81011a"},
		{"summer", summer, berlin, false, "8e", "61071a"},
		{"summer, unmarked", summer, berlin, true, "0e", "61071a"},
		{"standard time all the year", summer, time.FixedZone("CET", 3600), false, "0d", "61071a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := test.now
				client, r := rawStation(t, &iec104.ClientOptions{
					Clock:    func() time.Time { return now },
					Location: test.location, SummerUnmarked: test.unmarked, CommandTime: iec104.CommandTimeNow,
				})
				at := func(milliseconds, minute string) string { return milliseconds + minute + test.hour + test.date }
				done := make(chan error, 1)

				// Selection and execution have each their own time, whatever the
				// caller has set.
				go func() {
					stale := asdu.DoubleCommand{Address: 1, Value: asdu.CommandOn, Time: asdu.CP56(test.now.AddDate(-1, 0, 0))}
					_, err := client.OperateAndWait(t.Context(), 1, stale, &iec104.OperateOptions{Mode: iec104.SelectAndExecute})
					done <- err
				}()
				r.want("3b 01 06 00 0100 010000 82" + at("0000", "00"))
				now = now.Add(2 * time.Second)
				r.request("3b 01 07 00 0100 010000 82" + at("0000", "00"))
				r.want("3b 01 06 00 0100 010000 02" + at("d007", "00"))
				r.request("3b 01 07 00 0100 010000 02" + at("d007", "00"))
				r.request("3b 01 0a 00 0100 010000 02" + at("d007", "00"))
				if err := <-done; err != nil {
					t.Error(err)
				}

				now = test.now.Add(time.Minute)
				for _, other := range []struct {
					request string
					call    func(context.Context) error
				}{
					{"67 01 06 00 0100 000000" + at("0000", "01"), func(ctx context.Context) error {
						_, err := client.SynchroniseClock(ctx, 1)
						return err
					}},
					{"6b 01 06 00 0100 000000 0100" + at("0000", "01"), func(ctx context.Context) error {
						return client.TestCommand(ctx, 1)
					}},
					{"3a 01 08 00 0100 010000 81" + at("0000", "01"), func(ctx context.Context) error {
						return client.Cancel(ctx, 1, asdu.SingleCommand{Address: 1, Value: true, Select: true})
					}},
					{"7f 01 0d 00 0100 307500 0200" + at("0000", "00") + at("0000", "01"), func(ctx context.Context) error {
						_, err := client.QueryLog(ctx, 1, iec104.FileRef{Address: 30000, Name: 2}, test.now, now, io.Discard, nil)
						return err
					}},
				} {
					ctx, cancel := context.WithCancel(t.Context())
					go func() { done <- other.call(ctx) }()
					r.want(other.request)
					cancel()
					if err := <-done; !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
				}
			})
		})
	}
}

// TestCommandTypes sends every command with and without time tag.
func TestCommandTypes(t *testing.T) {
	tag := asdu.CP56(callTime)
	commands := map[asdu.Object][2]asdu.TypeID{
		asdu.SingleCommand{Address: 1, Time: tag}:                         {asdu.C_SC_NA_1, asdu.C_SC_TA_1},
		asdu.DoubleCommand{Address: 1, Value: asdu.CommandOff, Time: tag}: {asdu.C_DC_NA_1, asdu.C_DC_TA_1},
		asdu.StepCommand{Address: 1, Value: asdu.NextLower, Time: tag}:    {asdu.C_RC_NA_1, asdu.C_RC_TA_1},
		asdu.NormalizedSetpoint{Address: 1, Time: tag}:                    {asdu.C_SE_NA_1, asdu.C_SE_TA_1},
		asdu.ScaledSetpoint{Address: 1, Time: tag}:                        {asdu.C_SE_NB_1, asdu.C_SE_TB_1},
		asdu.FloatSetpoint{Address: 1, Time: tag}:                         {asdu.C_SE_NC_1, asdu.C_SE_TC_1},
		asdu.BitStringCommand{Address: 1, Time: tag}:                      {asdu.C_BO_NA_1, asdu.C_BO_TA_1},
	}
	for choice, timed := range map[iec104.CommandTime]bool{
		iec104.CommandTimeAsGiven: true, iec104.CommandTimeNow: true, iec104.CommandTimeNone: false,
	} {
		t.Run(choice.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got asdu.ASDU
				station := &plant{execute: func(c *iec104.Command) {
					got = c.ASDU.Clone()
					_ = c.Confirm()
					_ = c.Terminate()
				}}
				now := callTime.Add(time.Hour)
				client, _ := pair(t, station, nil, &iec104.ClientOptions{CommandTime: choice, Clock: func() time.Time { return now }})
				if err := client.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				for command, types := range commands {
					if _, err := client.OperateAndWait(t.Context(), 1, command, nil); err != nil {
						t.Error(err)
						continue
					}
					want, wantTime := types[0], asdu.Time(0)
					if timed {
						want, wantTime = types[1], tag
					}
					if choice == iec104.CommandTimeNow {
						wantTime = asdu.CP56(now)
					}
					for o := range got.Objects() {
						if got.Type != want || o.Timestamp() != wantTime {
							t.Errorf("%s of %s, want %s of %s", got.Type, o.Timestamp(), want, wantTime)
						}
					}
				}
			})
		})
	}
}
