package iec104_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
)

func TestReturnInformation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, r := rawStation(t, &iec104.ClientOptions{CommandTime: iec104.CommandTimeNone})
		done := make(chan error, 1)
		go func() {
			command := asdu.DoubleCommand{Address: 1, Value: asdu.CommandOn, Time: asdu.CP56(time.Now())}
			a, err := client.OperateAndWait(t.Context(), 1, command, &iec104.OperateOptions{Feedback: 2})
			if p, _ := asdu.First[asdu.DoublePoint](a); err == nil && p.Value != asdu.On {
				err = errors.New("not the end position")
			}
			done <- err
		}()
		r.want("2e 01 06 00 0100 010000 02") // without time tag
		r.request("2e 01 07 00 0100 010000 02")
		r.request("03 01 0b 00 0100 020000 00") // on its way
		r.request("03 01 03 00 0100 020000 01") // another cause
		r.request("2e 01 0a 00 0100 010000 02")
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatal("over before the return information:", err)
		default:
		}
		r.request("03 01 0b 00 0100 020000 02")
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
