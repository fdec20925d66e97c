package asdu

// causeSet has the bit of every cause that is allowed.
type causeSet uint64

func causes(list ...Cause) (set causeSet) {
	for _, c := range list {
		set |= 1 << c
	}
	return set
}

func causeRange(first, last Cause) (set causeSet) {
	for c := first; c <= last; c++ {
		set |= 1 << c
	}
	return set
}

// The causes of transmission that clause 7.3 of IEC 60870-5-101 and clause 8
// of IEC 60870-5-104 list for groups of types.
var (
	causesRefused      = causeRange(UnknownType, UnknownObjectAddress)
	causesInterrogated = causeRange(InterrogatedByStation, InterrogatedByGroup16)
	causesCounters     = causeRange(RequestedByGeneralCounter, RequestedByCounterGroup4)
	causesReturn       = causes(ReturnRemote, ReturnLocal)
	causesEvent        = causes(Spontaneous, Request)
	causesValue        = causesEvent | causes(Background) | causesInterrogated
	causesCommand      = causeRange(Activation, ActivationTermination) | causesRefused
	causesConfirmed    = causes(Activation, ActivationCon) | causesRefused
	causesFile         = causes(File) | causesRefused
)

// allows reports whether the standard lists a cause for one of its types.
func allows(t TypeID, c Cause) bool {
	var set causeSet
	switch t {
	case M_SP_NA_1, M_DP_NA_1, M_ST_NA_1, M_PS_NA_1:
		set = causesValue | causesReturn
	case M_BO_NA_1:
		set = causesValue
	case M_ME_NA_1, M_ME_NB_1, M_ME_NC_1, M_ME_ND_1:
		set = causesValue | causes(Cyclic)
	case M_SP_TA_1, M_DP_TA_1, M_ST_TA_1, M_SP_TB_1, M_DP_TB_1, M_ST_TB_1:
		set = causesEvent | causesReturn
	case M_BO_TA_1, M_ME_TA_1, M_ME_TB_1, M_ME_TC_1, M_BO_TB_1, M_ME_TD_1, M_ME_TE_1, M_ME_TF_1:
		set = causesEvent
	case M_IT_NA_1, M_IT_TA_1, M_IT_TB_1:
		set = causes(Spontaneous) | causesCounters
	case M_EP_TA_1, M_EP_TB_1, M_EP_TC_1, M_EP_TD_1, M_EP_TE_1, M_EP_TF_1:
		set = causes(Spontaneous)
	case M_EI_NA_1:
		set = causes(Initialized)
	case C_CI_NA_1:
		set = causesConfirmed | causes(ActivationTermination)
	case C_RD_NA_1:
		set = causes(Request) | causesRefused
	case C_CS_NA_1, C_CD_NA_1:
		set = causesConfirmed | causes(Spontaneous)
	case C_TS_NA_1, C_TS_TA_1, C_RP_NA_1:
		set = causesConfirmed
	case P_ME_NA_1, P_ME_NB_1, P_ME_NC_1:
		set = causesConfirmed | causesInterrogated
	case P_AC_NA_1:
		set = causeRange(Activation, DeactivationCon) | causesRefused
	case F_SC_NA_1, F_SC_NB_1:
		set = causesFile | causes(Request)
	case F_FR_NA_1, F_SR_NA_1, F_LS_NA_1, F_AF_NA_1, F_SG_NA_1:
		set = causesFile
	case F_DR_TA_1:
		set = causes(Spontaneous, Request)
	default: // commands, station interrogation
		set = causesCommand
	}
	return set>>c&1 == 1
}

// single reports whether an ASDU of the type has exactly one object: all but
// process information in monitoring direction and directories, and the packed
// events of protection equipment.
func single(t TypeID) bool {
	switch t {
	case M_EP_TB_1, M_EP_TC_1, M_EP_TE_1, M_EP_TF_1:
		return true
	case F_DR_TA_1:
		return false
	default:
		return t > M_EP_TF_1 && !t.Private()
	}
}

// addressless reports whether objects of the type have the address 0.
func addressless(t TypeID) bool {
	switch t {
	case M_EI_NA_1, C_IC_NA_1, C_CI_NA_1, C_CS_NA_1, C_TS_NA_1, C_RP_NA_1, C_CD_NA_1, C_TS_TA_1:
		return true
	default:
		return false
	}
}

// mayBeNegative reports whether the P/N bit has a meaning with the cause: in
// confirmations, terminations and refusals, and with private causes.
func (c Cause) mayBeNegative() bool {
	return c == ActivationCon || c == DeactivationCon || c == ActivationTermination || c.Unknown() || c >= 48
}

// Control reports whether the type is one of those that a controlling station
// sends: commands, system commands and parameters.
func (t TypeID) Control() bool {
	return t >= C_SC_NA_1 && t <= P_AC_NA_1 && t != M_EI_NA_1 && types[t] != nil
}

// Broadcasts reports whether the standard lets the type go to all stations, with
// the common address of [Params.Broadcast]: C_IC_NA_1, C_CI_NA_1, C_CS_NA_1 and
// C_RP_NA_1 (7.2.4).
func (t TypeID) Broadcasts() bool {
	return t == C_IC_NA_1 || t == C_CI_NA_1 || t == C_CS_NA_1 || t == C_RP_NA_1
}

// Allows reports whether the standard lists a cause of transmission for the
// type. Private causes (48 to 63) and private types are for their users to
// judge: the answer is yes. For types that the standard reserves it is no.
func (t TypeID) Allows(c Cause) bool {
	return c >= 48 || types[t] == nil && t.Private() || types[t] != nil && allows(t, c)
}
