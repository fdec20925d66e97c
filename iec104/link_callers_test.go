package iec104_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"

	"stellwerk/iec104/apci"
)

// callersAt has the test binary be the other side of TestManyConnections: it
// holds the address and the number of connections.
const callersAt = "STELLWERK_TEST_CALLERS"

// callers opens connections, starts data transfer on each, and acknowledges an I
// frame on each. It says "started" and "received" when all have come so far, and
// ends with its standard input.
func callers(text string) error {
	address, number, _ := strings.Cut(text, " ")
	n, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	var started, received sync.WaitGroup
	failed := make(chan error, n)
	for range n {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		started.Add(1)
		received.Add(1)
		go func() {
			buffer := make([]byte, 64)
			_, err := conn.Write(apci.AppendU(nil, apci.StartDTAct))
			if err == nil {
				_, err = io.ReadFull(conn, buffer[:6])
			}
			started.Done()
			for err == nil {
				if _, err = io.ReadFull(conn, buffer[:2]); err != nil {
					break
				}
				_, err = io.ReadFull(conn, buffer[2:2+buffer[1]])
				if err == nil && buffer[2]&1 == 0 {
					_, err = conn.Write(apci.AppendS(nil, 1))
					received.Done()
				}
			}
			failed <- err
		}()
	}
	started.Wait()
	fmt.Println("started")
	received.Wait()
	fmt.Println("received")
	_, err = io.Copy(io.Discard, os.Stdin)
	select {
	case broken := <-failed:
		return errors.Join(err, broken)
	default:
		return err
	}
}
