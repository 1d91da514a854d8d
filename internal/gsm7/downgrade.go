package gsm7

import "strings"

// plain maps typographic characters to what a telephone keyboard writes. An
// empty text removes the character. Letters of other alphabets and accents that
// carry meaning (Welsh ŵ and ŷ, for instance) are left alone: they are words of
// people, and a message that has them is sent as UCS-2.
var plain = map[rune]string{
	'\u2018': "'", '\u2019': "'", '\u201A': "'", '\u201B': "'", '\u2032': "'", '\u02BC': "'", '\u00B4': "'", '`': "'",
	'\u201C': `"`, '\u201D': `"`, '\u201E': `"`, '\u201F': `"`, '\u2033': `"`, '\u00AB': `"`, '\u00BB': `"`,
	'\u2039': "'", '\u203A': "'",
	'\u2010': "-", '\u2011': "-", '\u2012': "-", '\u2013': "-", '\u2014': "-", '\u2015': "-", '\u2212': "-", '\u2043': "-",
	'\u2022': "-", '\u00B7': "-", '\u25CF': "-", '\u25AA': "-",
	'\u2026': "...",
	'\u00A0': " ", '\u2002': " ", '\u2003': " ", '\u2004': " ", '\u2005': " ", '\u2006': " ", '\u2007': " ", '\u2008': " ",
	'\u2009': " ", '\u200A': " ", '\u202F': " ", '\u205F': " ", '\u3000': " ", '\t': " ",
	'\u2028': "\n", '\u2029': "\n",
	'\u200B': "", '\u200C': "", '\u200D': "", '\u2060': "", '\uFEFF': "", '\u00AD': "", '\u200E': "", '\u200F': "",
	'\u00D7': "x", '\u00F7': "/", '\u2044': "/", '\u2215': "/",
	'\u00BC': "1/4", '\u00BD': "1/2", '\u00BE': "3/4",
	'\u00A9': "(c)", '\u00AE': "(R)", '\u2122': "(TM)",
	'\u2192': "->", '\u2190': "<-",
	'\uFB01': "fi", '\uFB02': "fl", '\uFB00': "ff", '\uFB03': "ffi", '\uFB04': "ffl",
	'\u00B2': "2", '\u00B3': "3", '\u00B9': "1",
}

// Downgrade brings typographic characters (curly quotes, dashes, ellipsis, odd
// spaces, zero-width characters) down to the default alphabet. A text that has an
// emoji joined by U+200D keeps its joiners, since it needs UCS-2 anyway: in
// general a text that would still be outside the alphabet loses nothing else by
// it, and reads the same. Carriage returns before a line feed are removed.
func Downgrade(s string) string {
	if !needsDowngrade(s) {
		return s
	}
	joined := strings.ContainsRune(s, '\u200D') && strings.ContainsFunc(s, func(r rune) bool { return r >= 0x1F000 })
	var b strings.Builder
	b.Grow(len(s))
	for i, r := range s {
		switch {
		case r == '\r' && i+1 < len(s) && s[i+1] == '\n':
			continue
		case r == '\u200D' && joined:
			b.WriteRune(r)
			continue
		}
		if to, found := plain[r]; found {
			b.WriteString(to)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func needsDowngrade(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x80 || c == '`' || c == '\t' || c == '\r' {
			return true
		}
	}
	return false
}
