package station

import (
	"context"
	"math"
	"time"

	"stellwerk/iec104/asdu"
	"stellwerk/iec104/station"
)

// moveTogether is how many points of a station move each second, at most.
const moveTogether = 50

// Move lets the values of a station move by themselves until ctx ends: every second
// some measured values wander and counters count, and every tenth second a state
// changes. Points that a control moves stay where the control has put them.
func Move(ctx context.Context, s *station.Station) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var movable []movablePoint
	for _, sector := range s.Sectors() {
		controlled := map[asdu.ObjectAddress]bool{}
		for _, c := range sector.Controls {
			controlled[c.Feedback] = true
		}
		for _, p := range sector.Points {
			if !controlled[p.Address] {
				movable = append(movable, movablePoint{sector.Address, p})
			}
		}
	}
	for second, next := 1, 0; ; second++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for range min(moveTogether, len(movable)) {
			movable[next].move(s, second)
			next = (next + 1) % len(movable)
		}
	}
}

type movablePoint struct {
	common asdu.CommonAddress
	point  station.Point
}

// move moves a point. All values fit and all points are there, so that there are no
// errors.
func (m *movablePoint) move(s *station.Station, second int) {
	set := func(value any) { _ = s.Set(m.common, m.point.Address, value) }
	wave := math.Sin(float64(second)/20 + float64(m.point.Address))
	turn := (second/10 + int(m.point.Address)) % 10
	switch m.point.Type {
	case asdu.M_ME_NA_1, asdu.M_ME_TA_1, asdu.M_ME_TD_1, asdu.M_ME_ND_1:
		set(0.9 * wave)
	case asdu.M_ME_NB_1, asdu.M_ME_TB_1, asdu.M_ME_TE_1:
		set(1000 * wave)
	case asdu.M_ME_NC_1, asdu.M_ME_TC_1, asdu.M_ME_TF_1:
		set(math.Round(1000*(100+10*wave)) / 1000)
	case asdu.M_IT_NA_1, asdu.M_IT_TA_1, asdu.M_IT_TB_1:
		_ = s.Count(m.common, m.point.Address, 1)
	case asdu.M_SP_NA_1, asdu.M_SP_TA_1, asdu.M_SP_TB_1:
		set(turn == 0)
	case asdu.M_DP_NA_1, asdu.M_DP_TA_1, asdu.M_DP_TB_1:
		if turn == 0 {
			set(asdu.On)
		} else {
			set(asdu.Off)
		}
	default:
	}
}
