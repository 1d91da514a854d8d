// Package gsm7 counts and prepares text as the mobile network will carry it:
// whether it fits the GSM 7 bit default alphabet, how many septets it takes,
// where it divides into segments, and how typographic characters are brought
// down to characters of that alphabet.
//
// The tables are those of 3GPP TS 23.038, section 6.2.1 (default alphabet and
// its extension table). Segment lengths follow 3GPP TS 23.040, section 9.2.3.24.1:
// a concatenated message loses six octets of each segment to the user data header.
package gsm7
