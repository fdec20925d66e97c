// Package analyzer reads captures and says what is in them: every telegram of
// every protocol, and what is wrong. Packages below it take telegrams apart
// (dissect), judge them (verdict) and put the results into words (render).
package analyzer
