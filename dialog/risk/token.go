package risk

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// How strongly a token is parted from the one before it.
const (
	noBreak     uint8 = iota
	softBreak         // comma, dash, bracket
	clauseBreak       // full stop, question mark, line end
)

// token is one word of a message after normalising. Word and stem are what
// patterns are matched against; start and end are where it stood in the
// original, so that evidence is quoted as it was written.
type token struct {
	word       string
	stem       string
	start, end int32
	id, sid    int32 // vocabulary numbers of word and stem; 0: in no pattern
	pid        int32 // longest known prefix; 0: none
	brk        uint8
	asks       bool // a question mark follows
}

// raw is a word as cut from the text, before any reading of it.
type raw struct {
	from, to   int32 // in letters
	start, end int32 // in the text
	brk        uint8
	asks       bool
	digits     bool
	apostrophe bool // one stood inside: "he'll" is not "hell"
	gap        bool // more than one space before it
}

// cut splits text into raw words and appends their folded letters to buf.
// Zero-width characters and apostrophes inside words vanish, letters of other
// alphabets that look like Latin ones become Latin when the text is mostly
// Latin, accents are dropped, and emoji that say something become words.
func (n *normaliser) cut(text string, buf []byte, words []raw) ([]byte, []raw) {
	latin := mostlyLatin(text)
	var cur raw
	open := false
	brk, spaces := clauseBreak, 0
	shut := func(at int) {
		if open {
			cur.to, cur.end = int32(len(buf)), int32(at)
			words = append(words, cur)
			open, brk, spaces = false, noBreak, 0
		}
	}
	begin := func(at int) {
		if !open {
			cur = raw{from: int32(len(buf)), start: int32(at), brk: brk, gap: spaces > 1}
			open = true
		}
	}
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			switch {
			case 'a' <= c && c <= 'z':
				begin(i)
				buf = append(buf, c)
			case 'A' <= c && c <= 'Z':
				begin(i)
				buf = append(buf, c+'a'-'A')
			case '0' <= c && c <= '9':
				begin(i)
				cur.digits = true
				buf = append(buf, c)
			case c == '\'' || c == '`':
				// inside a word it vanishes; elsewhere it parts nothing
				if open {
					cur.apostrophe = true
				}
			case (c == '@' || c == '$' || c == '*' || c == '!' || c == '|') && open && i+1 < len(text) && isLetter(text[i+1]):
				buf = append(buf, leet(c))
			case c == '.' && open && cur.digits && i+1 < len(text) && '0' <= text[i+1] && text[i+1] <= '9':
				// 9.30 stays one word
			default:
				shut(i)
				switch c {
				case ' ', '\t':
					spaces++
				case '.', '!', ';', '\n':
					brk = clauseBreak
				case '?':
					brk = clauseBreak
					if len(words) > 0 {
						words[len(words)-1].asks = true
					}
				case ',', '-', '(', ')', ':', '/', '"':
					brk = max(brk, softBreak)
				}
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '’' || r == '‘' || r == 'ʼ' || r == '´' || r == '＇':
			cur.apostrophe = cur.apostrophe || open
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) && r != utf8.RuneError:
			// zero-width, soft hyphen, variation selectors, loose accents
		case unicode.Is(unicode.Mc, r) && open:
			buf = utf8.AppendRune(buf, r) // the vowels of Gurmukhi and its like
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			begin(i)
			buf = fold(buf, r, latin)
		default:
			shut(i)
			switch {
			case n.emoji[r] != "":
				begin(i)
				buf = append(buf, n.emoji[r]...)
				shut(i + size)
				brk = noBreak
			case r == '…' || r == '。' || r == '؟' || r == '۔':
				brk = clauseBreak
			case r == '–' || r == '—' || r == '“' || r == '”':
				brk = max(brk, softBreak)
			case unicode.IsSpace(r):
				spaces++
			}
		}
		i += size
	}
	shut(len(text))
	return buf, words
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func leet(c byte) byte {
	switch c {
	case '@':
		return 'a'
	case '$':
		return 's'
	case '!', '|':
		return 'i'
	}
	return c
}

// lookalikes are the Cyrillic and Greek letters that are drawn like Latin ones.
var lookalikes = map[rune]byte{
	'а': 'a', 'е': 'e', 'о': 'o', 'р': 'p', 'с': 'c', 'у': 'y', 'х': 'x', 'і': 'i', 'ј': 'j', 'ѕ': 's', 'ԁ': 'd', 'һ': 'h', 'ѵ': 'v', 'ԛ': 'q', 'ԝ': 'w', 'к': 'k', 'м': 'm', 'т': 't', 'в': 'b', 'н': 'h',
	'А': 'a', 'В': 'b', 'Е': 'e', 'К': 'k', 'М': 'm', 'Н': 'h', 'О': 'o', 'Р': 'p', 'С': 'c', 'Т': 't', 'У': 'y', 'Х': 'x', 'І': 'i', 'Ј': 'j', 'Ѕ': 's',
	'α': 'a', 'ο': 'o', 'ρ': 'p', 'ν': 'v', 'υ': 'u', 'ι': 'i', 'κ': 'k', 'ε': 'e', 'τ': 't', 'χ': 'x', 'η': 'n', 'ω': 'w',
	'Α': 'a', 'Β': 'b', 'Ε': 'e', 'Ζ': 'z', 'Η': 'h', 'Ι': 'i', 'Κ': 'k', 'Μ': 'm', 'Ν': 'n', 'Ο': 'o', 'Ρ': 'p', 'Τ': 't', 'Υ': 'y', 'Χ': 'x',
	'ɡ': 'g', 'ı': 'i', 'ł': 'l', 'Ł': 'l', 'ø': 'o', 'Ø': 'o', 'đ': 'd', 'ħ': 'h', 'ß': 's', 'æ': 'a', 'ə': 'e', 'ⅼ': 'l', 'ℓ': 'l',
}

// fold appends the plain lower-case form of a letter.
func fold(buf []byte, r rune, latin bool) []byte {
	if latin {
		if b, ok := lookalikes[r]; ok {
			return append(buf, b)
		}
	}
	if same, ok := arabicSame[r]; ok {
		r = same
	}
	if r < 0x250 || r >= 0x1E00 && r < 0x1F00 || r >= 0x2100 && r < 0x2200 || r >= 0xFF00 || r >= 0x1D400 && r < 0x1D800 || r >= 0x24B6 && r < 0x24EA {
		var in [utf8.UTFMax]byte
		var out [64]byte
		flat := norm.NFKD.Append(out[:0], in[:utf8.EncodeRune(in[:], r)]...)
		done := false
		for _, c := range flat {
			if isLetter(c) || '0' <= c && c <= '9' {
				if 'A' <= c && c <= 'Z' {
					c += 'a' - 'A'
				}
				buf = append(buf, c)
				done = true
			}
		}
		if done {
			return buf
		}
	}
	return utf8.AppendRune(buf, unicode.ToLower(r))
}

// mostlyLatin says whether look-alike letters should be read as Latin.
func mostlyLatin(text string) bool {
	latin, other := 0, 0
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if isLetter(c) {
				latin++
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		if r >= 0x370 && r < 0x530 {
			other++
		}
	}
	return other > 0 && latin > other || other == 0
}
