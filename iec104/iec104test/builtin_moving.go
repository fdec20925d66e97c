package iec104test

import (
	"math"
	"time"

	"stellwerk/iec104/asdu"
)

// move lets values change every second: measured values wander, counters count,
// and every tenth second a single point and a double point change.
func (b *Builtin) move() {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for second := 1; ; second++ {
		select {
		case <-b.closing:
			return
		case <-ticker.C:
		}
		s := b.Station()
		for _, p := range b.sector.Points {
			if p.Address != builtinObject(p.Type, perType) {
				continue // the last point of each type moves
			}
			wave := math.Sin(float64(second)/20 + float64(p.Type))
			switch p.Type {
			case asdu.M_ME_NA_1, asdu.M_ME_TA_1, asdu.M_ME_TD_1, asdu.M_ME_ND_1:
				_ = s.Set(builtinAddress, p.Address, 0.9*wave) // all values fit, and the points are there
			case asdu.M_ME_NB_1, asdu.M_ME_TB_1, asdu.M_ME_TE_1:
				_ = s.Set(builtinAddress, p.Address, 1000*wave)
			case asdu.M_ME_NC_1, asdu.M_ME_TC_1, asdu.M_ME_TF_1:
				_ = s.Set(builtinAddress, p.Address, 110+2*wave)
			case asdu.M_IT_NA_1, asdu.M_IT_TA_1, asdu.M_IT_TB_1:
				_ = s.Count(builtinAddress, p.Address, 1)
			case asdu.M_SP_NA_1, asdu.M_SP_TA_1, asdu.M_SP_TB_1:
				_ = s.Set(builtinAddress, p.Address, second/10%2)
			case asdu.M_DP_NA_1, asdu.M_DP_TA_1, asdu.M_DP_TB_1:
				_ = s.Set(builtinAddress, p.Address, second/10%2+1)
			default:
			}
		}
	}
}
