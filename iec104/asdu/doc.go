// Package asdu encodes and decodes the application service data units of
// IEC 60870-5-104, which are those of IEC 60870-5-101, clause 7, with all 67
// types of both.
//
// An [ASDU] is a header and a body of information objects. The body stays as
// it was sent until somebody asks for objects: telegrams that are only passed
// on are never taken apart, and types that the standard reserves or leaves to
// private use travel like every other. Objects are plain structs, one for each
// family of types: [SinglePoint] serves M_SP_NA_1, M_SP_TA_1 and M_SP_TB_1,
// which differ in nothing but their time.
//
//	a, err := asdu.New(nil, asdu.Header{
//		Type: asdu.M_SP_TB_1, Cause: asdu.Spontaneous, CommonAddress: 1,
//	}, asdu.SinglePoint{Address: 4001, Value: true, Time: asdu.CP56(now)})
//
//	for p, err := range asdu.All[asdu.SinglePoint](a) { … }
//
// The package does no input or output, keeps no state and starts no goroutine;
// its values may be used from several goroutines as long as none changes them.
// Numbers are little endian. Reserved bits are sent as 0; on receipt they are
// ignored, shown by [ASDU.Walk] and named by [ASDU.Violations].
package asdu
