// Package filter chooses lines of the analysis by an expression such as
//
//	type == "M_SP_TB_1" and ioa in 4000..4099 and value == true
//
// The language is that of github.com/expr-lang/expr; the names that it knows are
// those of [Fields]. Where a telegram has several information objects the
// expression is asked about each of them, and the line is chosen when it holds for
// one.
package filter
