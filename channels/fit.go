package channels

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"helpline/dialog"
	"helpline/internal/gsm7"
)

// longestMessage is how many segments one message may have on any network we
// know: ten of GSM-7 make 1,530 characters, and Twilio takes 1,600.
const longestMessage = 10

// Fit makes text ready for a medium. On one that counts segments, typographic
// characters are brought down to GSM-7 (letters of other languages stay, and
// cost UCS-2), and the text is divided into parts of at most maxSegments
// segments each, or as many as the medium's Abilities allow when maxSegments
// is 0. Parts end at the end of a paragraph or sentence where there is one in
// their second half, otherwise between words, and never inside a number or a
// link: a link that is longer than a whole part keeps a part to itself. Other
// media get the text as it is, in one part. An empty text has no parts.
func Fit(m dialog.Medium, text string, maxSegments int) (parts []string) {
	able := AbilitiesOf(m)
	if able.Segments == 0 {
		if text = strings.TrimSpace(text); text == "" {
			return nil
		}
		return []string{text}
	}
	if maxSegments <= 0 {
		maxSegments = able.Segments
	}
	maxSegments = min(maxSegments, longestMessage)
	rest := strings.TrimSpace(gsm7.Downgrade(text))
	for rest != "" {
		cut := cutAt(rest, maxSegments)
		parts = append(parts, strings.TrimRightFunc(rest[:cut], unicode.IsSpace))
		rest = strings.TrimLeftFunc(rest[cut:], unicode.IsSpace)
	}
	return parts
}

// Cost says how the network will carry text after Fit brought it down to
// GSM-7: in which encoding, how many units of it and how many segments.
func Cost(text string) (encoding gsm7.Encoding, units, segments int) {
	return gsm7.Segments(gsm7.Downgrade(text))
}

// cutAt returns where the first part of s ends, in bytes.
func cutAt(s string, segments int) int {
	limit := reach(s, segments)
	if limit == len(s) {
		return limit
	}
	var word, sentence, paragraph int
	for i, r := range s[:limit] {
		if !unicode.IsSpace(r) || i == 0 {
			continue
		}
		after := i + utf8.RuneLen(r)
		switch {
		case strings.HasPrefix(s[i:], "\n\n"):
			paragraph, sentence, word = i, i, i
		case r == '\n':
			sentence, word = i, i
		case insideNumber(s, i, after):
		case endsSentence(s[:i]):
			sentence, word = i, i
		default:
			word = i
		}
	}
	// The character at the limit may itself be the space to cut at.
	if r, size := utf8.DecodeRuneInString(s[limit:]); unicode.IsSpace(r) && !insideNumber(s, limit, limit+size) {
		word = limit
		if endsSentence(s[:limit]) {
			sentence = limit
		}
	}
	switch {
	case paragraph > limit/2:
		return paragraph
	case sentence > limit/2:
		return sentence
	case word > 0:
		return word
	}
	// One word is longer than a part.
	end := len(s)
	if i := strings.IndexFunc(s, unicode.IsSpace); i > 0 {
		end = i
	}
	if isLink(s[:end]) || limit == 0 {
		return end
	}
	return limit
}

// reach is how far into s the segments go. A character that needs UCS-2 makes
// its whole part dear, so that stopping before it can reach further.
func reach(s string, segments int) int {
	limit := gsm7.Fit(s, segments)
	if _, at := gsm7.Outside(s); at > limit {
		limit = max(limit, gsm7.Fit(s[:at], segments))
	}
	return limit
}

// insideNumber says that the space s[i:after] stands between two groups of
// digits, as in a telephone number or a date.
func insideNumber(s string, i, after int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	next, _ := utf8.DecodeRuneInString(s[after:])
	numberly := func(r rune) bool { return unicode.IsDigit(r) }
	return (numberly(before) || before == ')') && (numberly(next) || next == '(')
}

// abbreviations end with a full stop that does not end a sentence.
var abbreviations = [...]string{"mr", "mrs", "ms", "dr", "st", "no", "e.g", "i.e", "tel", "approx"}

func endsSentence(s string) bool {
	s = strings.TrimRight(s, `"')]`)
	if s == "" || !strings.ContainsRune(".!?", rune(s[len(s)-1])) {
		return false
	}
	last := strings.ToLower(strings.TrimRight(s[strings.LastIndexFunc(s, unicode.IsSpace)+1:], ".!?"))
	for _, a := range abbreviations {
		if last == a {
			return false
		}
	}
	return true
}

func isLink(word string) bool {
	return strings.Contains(word, "://") || strings.HasPrefix(word, "www.") || strings.Contains(word, "/")
}
