package station

import "stellwerk/iec104/asdu"

// InterrogatedType returns the type in which interrogations, cycles and reads
// have points of a type in monitoring direction: the one of the same family
// without time tag. False says that they have none: integrated totals and
// events of protection equipment are asked for in other ways or not at all.
func InterrogatedType(t asdu.TypeID) (asdu.TypeID, bool) {
	plain := formOf(t).plain
	return plain, plain != 0
}

// Moves reports whether a command of one type can move a point of another.
func Moves(command, point asdu.TypeID) bool {
	plain, _, ok := commandType(command)
	return ok && fits(plain, formOf(point).family)
}
