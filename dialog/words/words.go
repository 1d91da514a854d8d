package words

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Command is a word that steers the service.
type Command string

// The commands. None is an ordinary message.
const (
	None  Command = ""
	Stop  Command = "stop"  // no more messages
	Start Command = "start" // messages again
	More  Command = "more"  // the longer answer
)

// Parsed is a message with its steering words told apart.
type Parsed struct {
	// Body is what the person wrote, without the keyword and without the
	// space round it. It is empty when nothing but the keyword was written.
	Body string
	// Keyword is true when the message began with the keyword.
	Keyword bool
	// Alone is true when the keyword was the whole message.
	Alone bool
	// Command is set when the message is that command and nothing else.
	Command Command
}

// ParseText reads one message of a line with the given keyword; an empty
// keyword means that the line has none. The keyword counts in any case, in
// quotes or brackets, repeated, with a colon, a dash or nothing at all behind
// it, and with one gap inside ("Fam out"). Text that is not valid UTF-8 is
// read as far as it goes and returned as it is.
func ParseText(text, keyword string) Parsed {
	body := strings.TrimFunc(text, blank)
	rest, found := stripKeyword(body, keyword)
	if found {
		body = rest
	}
	p := Parsed{Body: body, Keyword: found, Alone: found && wordless(body)}
	if p.Alone {
		p.Body = ""
		return p
	}
	p.Command = commandOf(body, keyword)
	return p
}

// longestCommand is more bytes than any command takes, punctuation included;
// a longer message is not compared.
const longestCommand = 64

func commandOf(body, keyword string) Command {
	if len(body) > longestCommand {
		return None
	}
	bare := strings.TrimFunc(body, func(r rune) bool { return blank(r) || unicode.IsPunct(r) })
	asked := strings.ContainsRune(body, '?')
	switch plain := strings.ToLower(strings.Join(strings.FieldsFunc(bare, gap), " ")); plain {
	case "stop", "stop all", "stopall":
		if !asked { // "stop?" asks what the word does
			return Stop
		}
	case "start":
		if !asked {
			return Start
		}
	case "more", "more please", "more pls", "more plz":
		return More
	default:
		if keyword == "" || asked {
			return None
		}
		// The keyword behind the word, as people write who follow another
		// service's instructions.
		if first, second, two := strings.Cut(plain, " "); two && strings.EqualFold(second, keyword) {
			switch first {
			case "stop":
				return Stop
			case "start":
				return Start
			}
		}
	}
	return None
}

// shortestGlued is the length from which a keyword may run into the next word
// without a space. A shorter one is the beginning of too many ordinary words.
const shortestGlued = 5

// stripKeyword removes the keyword, however often it was repeated.
func stripKeyword(text, keyword string) (rest string, found bool) {
	if keyword == "" {
		return text, false
	}
	rest = text
	for {
		after, ok := stripOnce(rest, keyword)
		if !ok {
			return rest, found
		}
		rest, found = after, true
	}
}

func stripOnce(text, keyword string) (rest string, ok bool) {
	at := strings.TrimLeftFunc(text, opening)
	lead := text[:len(text)-len(at)]
	after, split, ok := cutFold(at, keyword)
	if !ok {
		return text, false
	}
	if next, _ := utf8.DecodeRuneInString(after); after != "" && (unicode.IsLetter(next) || unicode.IsDigit(next)) {
		if split || utf8.RuneCountInString(keyword) < shortestGlued {
			return text, false
		}
	}
	after = trimSeparators(strings.TrimLeftFunc(after, closing))
	if quoted := strings.ContainsFunc(lead, quote); quoted {
		after = trimLooseQuote(after)
	}
	return unwrap(strings.TrimFunc(after, blank)), true
}

// cutFold takes keyword from the beginning of s, in any case, with at most one
// space or dash inside; split says that there was one.
func cutFold(s, keyword string) (after string, split, ok bool) {
	first := true
	for _, want := range keyword {
		have, size := utf8.DecodeRuneInString(s)
		if !first && !split && gap(have) && have != want {
			split = true
			s = s[size:]
			have, size = utf8.DecodeRuneInString(s)
		}
		if size == 0 || !sameFold(have, want) {
			return "", false, false
		}
		s = s[size:]
		first = false
	}
	return s, split, true
}

func sameFold(a, b rune) bool {
	return a == b || unicode.ToLower(a) == unicode.ToLower(b)
}

// trimSeparators removes what people put between the keyword and their words.
// A face made of punctuation is one of their words.
func trimSeparators(s string) string {
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case blank(r):
		case r == ':' || r == ';':
			eyes := strings.TrimPrefix(s[size:], "-")
			eyes = strings.TrimPrefix(eyes, "'")
			if eyes != "" && strings.ContainsRune(`()/|[]{}\`, rune(eyes[0])) {
				return s
			}
		case strings.ContainsRune("-–—,.=>!+~·|/", r):
		default:
			return s
		}
		s = s[size:]
	}
	return s
}

// trimLooseQuote removes the end of a quotation that began before the keyword.
func trimLooseQuote(s string) string {
	s = strings.TrimRightFunc(s, blank)
	r, size := utf8.DecodeLastRuneInString(s)
	if size > 0 && quote(r) && !strings.ContainsFunc(s[:len(s)-size], double) {
		return s[:len(s)-size]
	}
	return s
}

// unwrap removes quotes or angle brackets round the whole of s.
func unwrap(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	last, lastSize := utf8.DecodeLastRuneInString(s)
	if len(s) <= size+lastSize {
		return s
	}
	inner := s[size : len(s)-lastSize]
	switch {
	case double(first) && double(last) && !strings.ContainsFunc(inner, double),
		first == '<' && last == '>' && !strings.ContainsAny(inner, "<>"),
		first == '[' && last == ']' && !strings.ContainsAny(inner, "[]"):
		return strings.TrimFunc(inner, blank)
	}
	return s
}

// wordless says that nothing was written that could mean something.
func wordless(s string) bool {
	if strings.ContainsAny(s, "()") && strings.ContainsAny(s, ":;") { // a face
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !blank(r) && !unicode.IsPunct(r) })
}

// blank is space and what cannot be seen.
func blank(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

func gap(r rune) bool { return blank(r) || r == '-' || r == '_' }

func double(r rune) bool { return strings.ContainsRune("\"“”„‟«»", r) }

func quote(r rune) bool { return double(r) || strings.ContainsRune("'‘’‚‛`´‹›", r) }

// opening is what may stand before the keyword.
func opening(r rune) bool {
	return blank(r) || quote(r) || strings.ContainsRune("<([{*_#.,:-–—=>+~!", r)
}

// closing is what may close the keyword's own quotes or brackets.
func closing(r rune) bool { return quote(r) || strings.ContainsRune(">)]}*_", r) }
