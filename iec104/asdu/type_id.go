package asdu

import "strconv"

// TypeID is a type identification (IEC 60870-5-101, 7.2.1). 1 to 127 are the
// standard's, 128 to 135 are reserved for the routing of messages, 136 to 255
// are for private use; 0 is not used.
type TypeID uint8

// The types of IEC 60870-5-101 and IEC 60870-5-104. Their names are the
// mnemonics of the standards, underscores included.
//
//nolint:revive // the standards' mnemonics are what everybody searches for
const (
	M_SP_NA_1 TypeID = 1
	M_SP_TA_1 TypeID = 2
	M_DP_NA_1 TypeID = 3
	M_DP_TA_1 TypeID = 4
	M_ST_NA_1 TypeID = 5
	M_ST_TA_1 TypeID = 6
	M_BO_NA_1 TypeID = 7
	M_BO_TA_1 TypeID = 8
	M_ME_NA_1 TypeID = 9
	M_ME_TA_1 TypeID = 10
	M_ME_NB_1 TypeID = 11
	M_ME_TB_1 TypeID = 12
	M_ME_NC_1 TypeID = 13
	M_ME_TC_1 TypeID = 14
	M_IT_NA_1 TypeID = 15
	M_IT_TA_1 TypeID = 16
	M_EP_TA_1 TypeID = 17
	M_EP_TB_1 TypeID = 18
	M_EP_TC_1 TypeID = 19
	M_PS_NA_1 TypeID = 20
	M_ME_ND_1 TypeID = 21
	M_SP_TB_1 TypeID = 30
	M_DP_TB_1 TypeID = 31
	M_ST_TB_1 TypeID = 32
	M_BO_TB_1 TypeID = 33
	M_ME_TD_1 TypeID = 34
	M_ME_TE_1 TypeID = 35
	M_ME_TF_1 TypeID = 36
	M_IT_TB_1 TypeID = 37
	M_EP_TD_1 TypeID = 38
	M_EP_TE_1 TypeID = 39
	M_EP_TF_1 TypeID = 40
	C_SC_NA_1 TypeID = 45
	C_DC_NA_1 TypeID = 46
	C_RC_NA_1 TypeID = 47
	C_SE_NA_1 TypeID = 48
	C_SE_NB_1 TypeID = 49
	C_SE_NC_1 TypeID = 50
	C_BO_NA_1 TypeID = 51
	C_SC_TA_1 TypeID = 58
	C_DC_TA_1 TypeID = 59
	C_RC_TA_1 TypeID = 60
	C_SE_TA_1 TypeID = 61
	C_SE_TB_1 TypeID = 62
	C_SE_TC_1 TypeID = 63
	C_BO_TA_1 TypeID = 64
	M_EI_NA_1 TypeID = 70
	C_IC_NA_1 TypeID = 100
	C_CI_NA_1 TypeID = 101
	C_RD_NA_1 TypeID = 102
	C_CS_NA_1 TypeID = 103
	C_TS_NA_1 TypeID = 104
	C_RP_NA_1 TypeID = 105
	C_CD_NA_1 TypeID = 106
	C_TS_TA_1 TypeID = 107
	P_ME_NA_1 TypeID = 110
	P_ME_NB_1 TypeID = 111
	P_ME_NC_1 TypeID = 112
	P_AC_NA_1 TypeID = 113
	F_FR_NA_1 TypeID = 120
	F_SR_NA_1 TypeID = 121
	F_SC_NA_1 TypeID = 122
	F_LS_NA_1 TypeID = 123
	F_AF_NA_1 TypeID = 124
	F_SG_NA_1 TypeID = 125
	F_DR_TA_1 TypeID = 126
	F_SC_NB_1 TypeID = 127
)

// String returns the mnemonic, or the number of a type that has none.
func (t TypeID) String() string {
	if info := types[t]; info != nil {
		return info.name
	}
	return strconv.Itoa(int(t))
}

// Private reports whether the type is in the range for private use.
func (t TypeID) Private() bool { return t >= 128 }

// Extended reports whether the type belongs to IEC 60870-5-101 alone, and to
// IEC 60870-5-104 only in the extended profile.
func (t TypeID) Extended() bool { return types[t] != nil && types[t].only101 }

// ParseTypeID reads a mnemonic or a number from 0 to 255. C_RP_NC_1, which
// some documents write for type 105, is understood too.
func ParseTypeID(s string) (TypeID, bool) {
	for _, info := range typeTable {
		if info.name == s {
			return info.id, true
		}
	}
	if s == "C_RP_NC_1" {
		return C_RP_NA_1, true
	}
	number, err := strconv.ParseUint(s, 10, 8)
	return TypeID(number), err == nil
}
