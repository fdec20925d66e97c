// Package render puts the results of the analysis into words: JSON for
// programs, text and summaries for people, in English or German.
package render
