package station_test

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"stellwerk/iec104"
	"stellwerk/iec104/apci"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// everything is a station with points and controls of every type.
func everything() station.Sector {
	var sector station.Sector
	for t := range asdu.Types() {
		switch {
		case t <= asdu.M_EP_TF_1:
			p := station.Point{Address: asdu.ObjectAddress(t), Type: t}
			if t <= asdu.M_ME_ND_1 && t != asdu.M_IT_NA_1 && t != asdu.M_IT_TA_1 && (t < asdu.M_EP_TA_1 || t > asdu.M_EP_TC_1) {
				p.Groups = []int{int(t)%16 + 1}
			}
			if t == asdu.M_ME_NC_1 {
				p.Cyclic = time.Second
			}
			if t == asdu.M_ME_TF_1 {
				p.Parameters = []station.Parameter{{Address: 112, Kind: asdu.ParameterThreshold}}
			}
			sector.Points = append(sector.Points, p)
		case t >= asdu.C_SC_NA_1 && t <= asdu.C_BO_TA_1:
			for _, p := range sector.Points {
				if station.Moves(t, p.Type) {
					sector.Controls = append(sector.Controls, station.Control{Address: asdu.ObjectAddress(t), Type: t, Feedback: p.Address, Running: time.Second})
					break
				}
			}
		}
	}
	return sector
}

// FuzzStation lets ASDUs at random come to a station: it answers a test frame
// afterwards, or has closed the connection.
func FuzzStation(f *testing.F) {
	add := func(a asdu.ASDU, err error) {
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append([]byte{byte(a.Len())}, a.Append(nil)...))
	}
	h := func(t asdu.TypeID, c asdu.Cause) asdu.Header {
		return asdu.Header{Type: t, Cause: c, CommonAddress: 1}
	}
	add(asdu.New(nil, h(asdu.C_IC_NA_1, asdu.Activation), asdu.Interrogation{Qualifier: asdu.InterrogateStation}))
	add(asdu.New(nil, h(asdu.C_CI_NA_1, asdu.Activation), asdu.CounterInterrogation{Request: 5, Freeze: 2}))
	add(asdu.New(nil, h(asdu.C_RD_NA_1, asdu.Request), asdu.Read{Address: 13}))
	add(asdu.New(nil, h(asdu.C_CS_NA_1, asdu.Activation), asdu.ClockSynchronization{Time: asdu.CP56(epoch)}))
	add(asdu.New(nil, h(asdu.C_RP_NA_1, asdu.Activation), asdu.ResetProcess{Qualifier: 1}))
	add(asdu.New(nil, h(asdu.C_DC_NA_1, asdu.Activation), asdu.DoubleCommand{Address: 46, Value: asdu.CommandOn, Select: true}))
	add(asdu.New(nil, h(asdu.C_RC_NA_1, asdu.Activation), asdu.StepCommand{Address: 47, Value: asdu.NextHigher}))
	add(asdu.New(nil, h(asdu.C_SE_TC_1, asdu.Activation), asdu.FloatSetpoint{Address: 63, Value: 1, Time: asdu.CP56(epoch)}))
	add(asdu.New(nil, h(asdu.P_ME_NC_1, asdu.Activation), asdu.FloatParameter{Address: 112, Value: 1, Qualifier: asdu.ParameterQualifier{Kind: 1}}))
	add(asdu.New(nil, h(asdu.P_AC_NA_1, asdu.Activation), asdu.ParameterActivation{Address: 13, Qualifier: asdu.ActivateCyclic}))
	f.Fuzz(func(t *testing.T, data []byte) {
		synctest.Test(t, func(t *testing.T) {
			s, err := station.New(&station.Options{Server: iec104.ServerOptions{Extended: true}}, everything())
			if err != nil {
				t.Fatal(err)
			}
			near, far := net.Pipe()
			session, err := s.ServeConn(far)
			if err != nil {
				t.Fatal(err)
			}
			answered := make(chan bool, 1)
			go func() {
				answered <- awaitTestFrame(near)
			}()
			write := func(octets []byte) { _, _ = near.Write(octets) } // a closed connection is a good answer
			write(apci.AppendU(nil, apci.StartDTAct))
			var send apci.Sequence
			for len(data) > 1 && send < 12 {
				n := min(int(data[0]), len(data)-1, asdu.MaxOctets)
				if n > 0 {
					write(apci.AppendI(nil, send, 0, data[1:1+n]))
					send++
				}
				data = data[1+n:]
			}
			time.Sleep(2 * time.Second) // the commands arrive
			write(apci.AppendU(nil, apci.TestFRAct))
			synctest.Wait()
			select {
			case ok := <-answered:
				if !ok && session.Err() == nil {
					t.Error("the connection ended for the tester, and not for the station")
				}
			default:
				t.Error("the station does not answer")
			}
			_ = near.Close()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	})
}

// awaitTestFrame reads until TESTFR con has come, or returns false at the end.
func awaitTestFrame(conn net.Conn) bool {
	var framer apci.Framer
	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer)
		framer.Feed(buffer[:n])
		for frame, wrong := framer.Next(); frame != nil && wrong == nil; frame, wrong = framer.Next() {
			if apdu, err := apci.Decode(frame); err == nil && apdu.Format == apci.FormatU && apdu.Function == apci.TestFRCon {
				go func() { _, _ = io.Copy(io.Discard, conn) }()
				return true
			}
		}
		if err != nil {
			return false
		}
	}
}
