package redact

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Name is what somebody or some place is called, and what is said instead: for
// the first word, the second, and so on; the last of As stands for all others.
type Name struct {
	Words string
	As    []string
	Whole bool // counts only where all its words stand together: the name of a place
}

// Who is said instead of the people of one conversation.
var (
	Prisoner = []string{"Alex", "Carter"}
	Caller   = []string{"Robin", "Taylor"}
	Staff    = []string{"Pat", "Lee"}
	Place    = []string{"Anytown", ""}
	someone  = []string{"Jo", "Morgan"}
)

// Redactor takes known names out of texts. It is safe for concurrent use.
type Redactor struct {
	words  map[string]string // a folded word of a name, and its stand-in
	whole  []phrase
	places func(text string) []Span
}

type phrase struct {
	words []string
	as    string
}

// Span is a stretch of a text, in bytes.
type Span struct{ From, To int }

// New makes a redactor of the names that are known. places finds names of
// places in a text; it may be nil.
func New(names []Name, places func(text string) []Span) *Redactor {
	r := &Redactor{words: map[string]string{}, places: places}
	for _, n := range names {
		var words []string
		for _, t := range tokens(plain(n.Words)) {
			words = append(words, t.fold)
		}
		if len(words) == 0 || len(n.As) == 0 {
			continue
		}
		if n.Whole {
			r.whole = append(r.whole, phrase{words, strings.TrimSpace(strings.Join(n.As, " "))})
			continue
		}
		r.add(words, n.As)
	}
	slices.SortStableFunc(r.whole, func(a, b phrase) int { return cmp.Compare(len(b.words), len(a.words)) })
	return r
}

// add takes the words of one name. The person may have answered in a sentence
// ("his name is Will Price"): words that everybody says are none.
func (r *Redactor) add(words, as []string) {
	n := 0
	for _, w := range words {
		if utf8.RuneCountInString(w) < 2 || inSentences[w] {
			continue
		}
		if _, known := r.words[w]; !known {
			r.words[w] = as[min(n, len(as)-1)]
		}
		n++
	}
}

// Text takes out of a text what says who somebody is: by its form, by the
// names that are known, and by the words that come before a name.
func (r *Redactor) Text(text string) string {
	text = Shapes(text)
	for range 8 { // a name that was mistyped is found when the others are gone
		if r.places == nil {
			break
		}
		spans := r.places(text)
		if len(spans) == 0 {
			break
		}
		slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(b.From, a.From) })
		last := len(text)
		for _, s := range spans {
			if s.To <= last {
				text = text[:s.From] + Place[0] + text[s.To:]
				last = s.From
			}
		}
	}
	local := *r
	local.words = r.introduced(text)
	return local.names(text)
}

// introduced is the known words, and those that the text itself says are names.
func (r *Redactor) introduced(text string) map[string]string {
	words := r.words
	cloned := false
	for _, m := range introduces.FindAllStringSubmatch(text, -1) {
		n := 0
		for _, w := range tokens(m[1]) {
			if inSentences[w.fold] || noName[w.fold] || utf8.RuneCountInString(w.fold) < 2 || isStandIn(w.fold) {
				continue
			}
			if _, known := words[w.fold]; known {
				continue
			}
			if !cloned {
				words = make(map[string]string, len(r.words)+2)
				for k, v := range r.words {
					words[k] = v
				}
				cloned = true
			}
			words[w.fold] = someone[min(n, 1)]
			n++
		}
	}
	return words
}

func isStandIn(fold string) bool {
	for _, list := range [][]string{Prisoner, Caller, Staff, Place, someone} {
		for _, s := range list {
			if strings.ToLower(s) == fold {
				return true
			}
		}
	}
	return false
}

// introduces finds words with a capital where a name is said: "my son Jordan
// Price", "his name is …", "this is …", "Officer …".
var introduces = regexp.MustCompile(`(?:(?i:\b(?:my|his|her|our|their)\s+(?:son|daughter|brother|sister|husband|wife|partner|boyfriend|girlfriend|fella|fiance|fiancee|dad|mum|father|mother|nephew|niece|cousin|uncle|grandson|mate|friend|lad|boy|bf|gf|ex|cellmate|padmate|pad\s+mate),?\s+|\b(?:name(?:'s|’s|s|\s+is)?|called|named|this\s+is|i'?m|i’m|i\s+am|about|for|with|from|love|regards|thanks)\s+|\b(?:mr|mrs|ms|miss|dr|officer|governor|gov|nurse|chaplain|father|so|cm|po)\.?\s+))(\p{Lu}[\p{L}\p{M}'’-]+(?:\s+\p{Lu}[\p{L}\p{M}'’-]+)?)`)

// token is one word, folded.
type token struct {
	from, to int
	fold     string
}

// tokens are the runs of letters, marks and digits.
func tokens(s string) (out []token) {
	from := -1
	for i, r := range s {
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) {
			if from < 0 {
				from = i
			}
			continue
		}
		if from >= 0 {
			out = append(out, token{from, i, fold(s[from:i])})
			from = -1
		}
	}
	if from >= 0 {
		out = append(out, token{from, len(s), fold(s[from:])})
	}
	return out
}

// looksLike are letters of other alphabets, and digits, that are read as a
// Latin letter.
var looksLike = map[rune]rune{
	'а': 'a', 'е': 'e', 'о': 'o', 'р': 'p', 'с': 'c', 'у': 'y', 'х': 'x', 'і': 'i', 'ј': 'j', 'ѕ': 's', 'ԁ': 'd', 'к': 'k', 'м': 'm', 'т': 't', 'н': 'h', 'в': 'b',
	'α': 'a', 'ο': 'o', 'ρ': 'p', 'ν': 'v', 'ι': 'i', 'κ': 'k', 'τ': 't', 'ł': 'l', 'ø': 'o', 'đ': 'd', 'ı': 'i', 'ħ': 'h',
}

var digitLike = map[rune]rune{'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '8': 'b'}

// fold makes two spellings of one word equal: case, accents, letters that only
// look alike, digits for letters.
func fold(s string) string {
	mixed := strings.ContainsFunc(s, unicode.IsLetter) && strings.ContainsFunc(s, unicode.IsDigit)
	latin := strings.ContainsFunc(s, func(r rune) bool { return r < 0x250 && unicode.IsLetter(r) })
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		if l, ok := looksLike[r]; ok && (latin || r < 0x250) {
			r = l
		}
		if l, ok := digitLike[r]; ok && mixed {
			r = l
		}
		b.WriteRune(r)
	}
	return b.String()
}

// names replaces the words of names in a text.
func (r *Redactor) names(text string) string {
	ts := tokens(text)
	var b strings.Builder
	at := 0
	put := func(from, to int, as string) {
		b.WriteString(text[at:from])
		b.WriteString(as)
		at = to
	}
	before := false // the word before was part of a name
	for i := 0; i < len(ts); i++ {
		if p, ok := r.phraseAt(ts, i); ok {
			put(ts[i].from, ts[i+len(p.words)-1].to, p.as)
			i += len(p.words) - 1
			before = false
			continue
		}
		if n := spaced(text, ts, i); n > 2 {
			joined := ""
			for _, t := range ts[i : i+n] {
				joined += t.fold
			}
			if as, ok := r.inside(joined); ok {
				put(ts[i].from, ts[i+n-1].to, as)
				i += n - 1
				before = false
				continue
			}
		}
		next := ""
		if i+1 < len(ts) {
			next = ts[i+1].fold
		}
		as, ok := r.word(text, ts[i], before, next)
		if ok {
			put(ts[i].from, ts[i].to, as)
		}
		before = ok
	}
	b.WriteString(text[at:])
	return b.String()
}

func (r *Redactor) phraseAt(ts []token, i int) (phrase, bool) {
	for _, p := range r.whole {
		if i+len(p.words) > len(ts) {
			continue
		}
		same := true
		for k, w := range p.words {
			if f := ts[i+k].fold; f != w && (k < len(p.words)-1 || f != w+"s") {
				same = false
				break
			}
		}
		if same {
			return p, true
		}
	}
	return phrase{}, false
}

// spaced counts the letters from i on that stand alone, as in "j o r d a n".
func spaced(text string, ts []token, i int) (n int) {
	for i+n < len(ts) && utf8.RuneCountInString(ts[i+n].fold) == 1 {
		if n > 0 && strings.Trim(text[ts[i+n-1].to:ts[i+n].from], " .-_*") != "" {
			break
		}
		n++
	}
	return n
}

// inside finds a name in letters that were written apart or run together.
func (r *Redactor) inside(joined string) (string, bool) {
	best, as := 0, ""
	for w, a := range r.words {
		if n := utf8.RuneCountInString(w); n >= 3 && n > best && strings.Contains(joined, w) {
			best, as = n, a
		}
	}
	return as, best > 0
}

// word is what is said instead of one word, if it is part of a name.
func (r *Redactor) word(text string, t token, before bool, next string) (string, bool) {
	if isStandIn(t.fold) {
		return "", false
	}
	raw := text[t.from:t.to]
	capital := unicode.IsUpper([]rune(raw)[0])
	if as, ok := r.words[t.fold]; ok {
		if !helps[t.fold] {
			return as, true
		}
		// "he will" is no name; "Will is", "will price" and "told Will" are.
		_, named := r.words[next]
		return as, before || named || isSaidOf[next] || capital && !beginsSentence(text[:t.from])
	}
	if as, ok := r.words[fold(strings.TrimRight(raw, "0123456789"))]; ok {
		return as, true // "jordan94"
	}
	for _, ending := range []string{"s", "es"} {
		if short, ok := strings.CutSuffix(t.fold, ending); ok {
			if as, ok := r.words[short]; ok && utf8.RuneCountInString(short) > 2 {
				return as + ending, true
			}
		}
	}
	if inSentences[t.fold] || noName[t.fold] {
		return "", false
	}
	if utf8.RuneCountInString(t.fold) >= 5 {
		for w, as := range r.words {
			if nearly(w, t.fold) || together(w, t.fold, r.words) {
				return as, true
			}
		}
	}
	if before && capital && t.from > 0 && text[t.from-1] == ' ' {
		return someone[1], true // the surname after a name that is known
	}
	return "", false
}

// beginsSentence says that nothing, or the end of a sentence, comes before.
func beginsSentence(before string) bool {
	before = strings.TrimRight(before, " \t\"'“‘(")
	return before == "" || strings.ContainsAny(before[len(before)-1:], ".!?\n:")
}

// together finds two words of names in one ("jordanprice").
func together(w, fold string, words map[string]string) bool {
	rest, ok := strings.CutPrefix(fold, w)
	if !ok || utf8.RuneCountInString(w) < 3 {
		return false
	}
	for other := range words {
		if utf8.RuneCountInString(other) > 2 && strings.HasPrefix(rest, other) {
			return true
		}
	}
	return false
}

// nearly says that two words of five letters or more that begin alike differ by
// one letter: left out, put in, another one, or two changed over.
func nearly(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) < 5 || len(y)-len(x) > 1 || x[0] != y[0] {
		return false
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	switch {
	case i == len(x):
		return true
	case len(x) < len(y):
		return string(x[i:]) == string(y[i+1:])
	case string(x[i+1:]) == string(y[i+1:]):
		return true
	}
	return i+1 < len(x) && x[i] == y[i+1] && x[i+1] == y[i] && string(x[i+2:]) == string(y[i+2:])
}
