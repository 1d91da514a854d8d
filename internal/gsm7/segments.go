package gsm7

import "unicode/utf8"

// Encoding is how a text message is carried.
type Encoding int

// The two encodings that are in use. 8 bit data is not text.
const (
	GSM7 Encoding = iota
	UCS2
)

// String is the name that Twilio and the operators' documents use.
func (e Encoding) String() string {
	if e == UCS2 {
		return "UCS-2"
	}
	return "GSM-7"
}

// Units in one message that stands alone, and in each segment of a longer one:
// septets for GSM-7, UTF-16 code units for UCS-2.
const (
	SingleGSM7 = 160
	PartGSM7   = 153
	SingleUCS2 = 70
	PartUCS2   = 67
)

// Limits returns how many units a single message and each of several segments hold.
func (e Encoding) Limits() (single, part int) {
	if e == UCS2 {
		return SingleUCS2, PartUCS2
	}
	return SingleGSM7, PartGSM7
}

// Units counts r in the encoding: septets (0 when the alphabet lacks it) or UTF-16 code units.
func (e Encoding) Units(r rune) int {
	if e == UCS2 {
		if r > 0xFFFF {
			return 2
		}
		return 1
	}
	return width(r)
}

// EncodingOf is GSM7 when every character of s is in the default alphabet or its
// extension, UCS2 otherwise.
func EncodingOf(s string) Encoding {
	if _, at := Outside(s); at >= 0 {
		return UCS2
	}
	return GSM7
}

// Segments tells how s is carried: its encoding, its length in that encoding's
// units, and the number of segments, of which none ends inside an escape pair or
// a surrogate pair. An empty text takes one segment, since it is one message.
func Segments(s string) (encoding Encoding, units, segments int) {
	encoding = EncodingOf(s)
	for _, r := range s {
		units += encoding.Units(r)
	}
	single, part := encoding.Limits()
	if units <= single {
		return encoding, units, 1
	}
	segments, fill := 1, 0
	for _, r := range s {
		u := encoding.Units(r)
		if fill+u > part {
			segments++
			fill = 0
		}
		fill += u
	}
	return encoding, units, segments
}

// Split cuts s into the texts of its segments as Segments counts them. The parts
// joined are s again.
func Split(s string) []string {
	encoding, units, segments := Segments(s)
	single, part := encoding.Limits()
	if units <= single {
		return []string{s}
	}
	parts := make([]string, 0, segments)
	start, fill := 0, 0
	for i, r := range s {
		u := encoding.Units(r)
		if fill+u > part {
			parts = append(parts, s[start:i])
			start, fill = i, 0
		}
		fill += u
	}
	return append(parts, s[start:])
}

// Fit returns the longest beginning of s, in bytes, that takes no more than the
// given number of segments in the encoding of the whole of s.
func Fit(s string, segments int) int {
	if segments <= 0 {
		return 0
	}
	encoding := EncodingOf(s)
	single, part := encoding.Limits()
	units := 0
	for _, r := range s {
		units += encoding.Units(r)
	}
	if units <= single {
		return len(s)
	}
	if segments == 1 {
		part = single
	}
	count, fill := 1, 0
	for i, r := range s {
		u := encoding.Units(r)
		if fill+u > part {
			if count == segments {
				return i
			}
			count++
			fill = 0
		}
		fill += u
	}
	return len(s)
}

// Valid reports whether s is valid UTF-8. Counting treats each broken byte as one
// replacement character, which is what a provider would send for it.
func Valid(s string) bool { return utf8.ValidString(s) }
