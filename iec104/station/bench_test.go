package station_test

import (
	"net"
	"testing"

	"stellwerk/iec104"
	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// large returns a station with n single points that have time tags.
func large(b *testing.B, n int) *station.Station {
	b.Helper()
	var points []station.Point
	for i := range n {
		points = append(points, station.Point{Address: asdu.ObjectAddress(i + 1), Type: asdu.M_SP_TB_1})
	}
	s, err := station.New(nil, station.Sector{Points: points})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// BenchmarkSet is a change of a point, without and with a connection that takes
// the event.
func BenchmarkSet(b *testing.B) {
	b.Run("unconnected", func(b *testing.B) {
		s := large(b, 1000)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if err := s.Set(1, asdu.ObjectAddress(i%1000+1), i/1000%2 == 0); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkInterrogation is a station interrogation of 50,000 points.
func BenchmarkInterrogation(b *testing.B) {
	s := large(b, 50_000)
	near, far := net.Pipe()
	if _, err := s.ServeConn(far); err != nil {
		b.Fatal(err)
	}
	objects := 0
	client, err := iec104.NewClient(near, &iec104.ClientOptions{Handler: func(a asdu.ASDU) error {
		objects += a.Count()
		return nil
	}})
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	if err := client.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := client.Interrogate(b.Context(), 1, asdu.InterrogateStation); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(objects)/b.Elapsed().Seconds(), "objects/s")
}
