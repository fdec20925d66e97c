package station_test

import (
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// TestInterrogation: the whole sector, groups, several sectors, and what is left
// out.
func TestInterrogation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := connect(t, nil,
			station.Sector{Points: []station.Point{
				{Address: 1, Type: asdu.M_SP_TB_1, Groups: []int{1, 16}},
				{Address: 2, Type: asdu.M_SP_NA_1, Groups: []int{1}},
				{Address: 3, Type: asdu.M_SP_NA_1, NotInterrogated: true, Groups: []int{2}},
				{Address: 4, Type: asdu.M_ME_TF_1},
				{Address: 5, Type: asdu.M_EP_TD_1},
				{Address: 6, Type: asdu.M_IT_NA_1},
			}},
			station.Sector{Address: 7, Points: []station.Point{{Address: 1, Type: asdu.M_BO_NA_1}}})
		ask := func(ca asdu.CommonAddress, q asdu.InterrogationQualifier) []string {
			t.Helper()
			return request(l, t, asdu.C_IC_NA_1, asdu.Activation, ca, asdu.Interrogation{Qualifier: q})
		}
		const con, term = "C_IC_NA_1 actcon 0=…", "C_IC_NA_1 actterm 0=…"
		want(t, "sector 1", ask(1, asdu.InterrogateStation), con, "M_SP_NA_1 inrogen sequence 1=false 2=false", "M_ME_NC_1 inrogen 4=0", term)
		want(t, "group 1", ask(1, asdu.InterrogateGroup(1)), con, "M_SP_NA_1 inro1 sequence 1=false 2=false", term)
		want(t, "group 2", ask(1, asdu.InterrogateGroup(2)), con, "M_SP_NA_1 inro2 3=false", term)
		want(t, "group 16", ask(1, asdu.InterrogateGroup(16)), con, "M_SP_NA_1 inro16 1=false", term)
		want(t, "a group without points", ask(1, asdu.InterrogateGroup(9)), con, term)
		want(t, "a qualifier that is not used", ask(1, 37), "C_IC_NA_1 actcon negative 0=…")
		want(t, "sector 7", ask(7, asdu.InterrogateStation), "C_IC_NA_1 actcon of 7 0=…", "M_BO_NA_1 inrogen of 7 1=0x0", "C_IC_NA_1 actterm of 7 0=…")
		want(t, "no sector", ask(8, asdu.InterrogateStation), "C_IC_NA_1 unknown common address negative of 8 0=…")
		all := ask(65535, asdu.InterrogateStation)
		slices.Sort(all)
		want(t, "all sectors", all,
			"C_IC_NA_1 actcon 0=…", "C_IC_NA_1 actcon of 7 0=…", "C_IC_NA_1 actterm 0=…", "C_IC_NA_1 actterm of 7 0=…",
			"M_BO_NA_1 inrogen of 7 1=0x0", "M_ME_NC_1 inrogen 4=0", "M_SP_NA_1 inrogen sequence 1=false 2=false")
	})
}

// TestSecondInterrogation: it starts the first one afresh, and the values are
// those of the moment in which they are sent.
func TestSecondInterrogation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 2000 // more than a window of ASDUs
		var points []station.Point
		for i := range asdu.ObjectAddress(n) {
			points = append(points, station.Point{Address: 2*i + 1, Type: asdu.M_SP_NA_1})
		}
		s, err := station.New(&station.Options{WithoutEndOfInitialization: true}, station.Sector{Points: points})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		near, far := net.Pipe()
		if _, err := s.ServeConn(far); err != nil {
			t.Fatal(err)
		}
		block := make(chan struct{})
		received := make(chan asdu.ASDU, 4096)
		client, err := iec104.NewClient(near, &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
			<-block
			received <- a.Clone()
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if err := client.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		l := &line{Station: s, client: client, received: received}
		general := asdu.Interrogation{Qualifier: asdu.InterrogateStation}
		request(l, t, asdu.C_IC_NA_1, asdu.Activation, 1, general)
		set(t, l, 2*n-1, true) // not sent yet
		request(l, t, asdu.C_IC_NA_1, asdu.Activation, 1, general)
		close(block)
		heard := l.heard()
		objects, last := 0, ""
		for _, s := range heard {
			if strings.Contains(s, " inrogen ") {
				objects += strings.Count(s, "=")
				last = s
			}
		}
		if objects < n || objects >= 2*n {
			t.Errorf("%d objects for two interrogations of %d points, of which the first was broken off", objects, n)
		}
		if !strings.HasSuffix(last, "3999=true") {
			t.Errorf("the last ASDU is %s, want the value of the moment", last)
		}
		count := func(prefix string) (n int) {
			for _, s := range heard {
				if strings.HasPrefix(s, prefix) {
					n++
				}
			}
			return n
		}
		if con, term := count("C_IC_NA_1 actcon"), count("C_IC_NA_1 actterm"); con != 2 || term != 1 {
			t.Errorf("%d confirmations and %d terminations, want 2 and 1", con, term)
		}
	})
}

// TestHooks: the application sees every ASDU, before and after, and takes those
// that it wants.
func TestHooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var before, after, other []asdu.TypeID
		observer := &observer{}
		l := connect(t, &station.Options{
			Before: func(_ *iec104.Session, a asdu.ASDU) (bool, error) {
				before = append(before, a.Type)
				return a.Type == asdu.C_RD_NA_1, nil
			},
			After: func(_ *iec104.Session, a asdu.ASDU) { after = append(after, a.Type) },
			Other: func(s *iec104.Session, a asdu.ASDU) (bool, error) {
				other = append(other, a.Type)
				return a.Type == 200, s.Answer(a.Mirror(asdu.ActivationCon, false))
			},
			Observer: observer,
		}, station.Sector{Points: []station.Point{{Address: 1, Type: asdu.M_SP_NA_1}}})
		want(t, "taken", request(l, t, asdu.C_RD_NA_1, asdu.Request, 1, asdu.Read{Address: 1}))
		want(t, "left", request(l, t, asdu.C_RP_NA_1, asdu.Activation, 1, asdu.ResetProcess{Qualifier: asdu.ResetEventBuffer}), "C_RP_NA_1 actcon 0=…")
		private, err := asdu.NewRaw(nil, asdu.Header{Type: 200, Cause: asdu.Activation, CommonAddress: 1}, 1, []byte{1, 2, 3})
		want(t, "private", l.ask(t, private, err), "200 actcon 0=…")
		if want := []asdu.TypeID{asdu.C_RD_NA_1, asdu.C_RP_NA_1, 200}; !slices.Equal(before, want) {
			t.Errorf("before: %v, want %v", before, want)
		}
		if want := []asdu.TypeID{asdu.C_RP_NA_1, 200}; !slices.Equal(after, want) {
			t.Errorf("after: %v, want %v", after, want)
		}
		if want := []asdu.TypeID{200}; !slices.Equal(other, want) {
			t.Errorf("other: %v, want %v", other, want)
		}
		if err := l.client.Close(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if want := "connected started closed "; observer.seen != want {
			t.Errorf("observed %q, want %q", observer.seen, want)
		}
	})
}

type observer struct{ seen string }

func (o *observer) Connected(*iec104.Session) { o.seen += "connected " }
func (o *observer) StateChanged(_ *iec104.Session, state iec104.State) {
	o.seen += state.String() + " "
}
func (o *observer) Disconnected(*iec104.Session, error) { o.seen += "closed " }

// TestReset of the application's own, and qualifiers that are not known.
func TestResetIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refuse := false
		l := connect(t, &station.Options{Reset: func(asdu.CommonAddress, asdu.ResetQualifier) error {
			if refuse {
				return errors.New("not now")
			}
			return nil
		}}, station.Sector{})
		ask := func(q asdu.ResetQualifier) []string {
			t.Helper()
			return request(l, t, asdu.C_RP_NA_1, asdu.Activation, 1, asdu.ResetProcess{Qualifier: q})
		}
		want(t, "general", ask(asdu.ResetProcessGeneral), "C_RP_NA_1 actcon 0=…")
		want(t, "unknown", ask(3), "C_RP_NA_1 actcon negative 0=…")
		refuse = true
		want(t, "refused", ask(asdu.ResetProcessGeneral), "C_RP_NA_1 actcon negative 0=…")
	})
}
