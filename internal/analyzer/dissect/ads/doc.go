// Package ads takes the traffic of ADS apart: AMS frames on TCP and in UDP
// datagrams, what programs say to their router, the nine commands with their sum
// commands item by item, notifications sample by sample, and the packets of
// discovery on UDP port 48899.
//
// Answers are paired with what they answer, and names of symbols are learned from
// whoever asks for them: handles by name, one by one or in sums, notifications,
// addresses by name, and uploaded symbol tables. What was learned of symbols holds
// for all connections to the same end, what of notifications for one.
//
// Where octets are missing the next frame is looked for: its two headers have to
// agree about their lengths, and to make sense. Everything before is passed over,
// in lines that say so.
package ads
