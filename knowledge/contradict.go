package knowledge

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// statement is a sentence of a sheet that gives a quantity: a period, a sum, a distance,
// an age.
type statement struct {
	sheet   *Sheet
	country Jurisdiction
	anchor  string
	line    int
	text    string
	kind    string    // of quantity: time, money, distance, share
	values  []float64 // in days, pence, miles, per cent
	when    []string  // before, after, within, every …: what the quantity says
	about   []string  // its other terms, each once, in order
	around  []string  // these and those of its heading
}

const (
	// sameSubject is the share of what a sentence is about, by information, that the other
	// or its heading has as well, and the other way round, when they speak of the same.
	sameSubject = 0.7
)

// units are what quantities are counted in: the kind, and how many of its measure.
var units = map[string]struct {
	kind string
	of   float64
}{
	"minute": {"time", 1.0 / 1440}, "minutes": {"time", 1.0 / 1440}, "hour": {"time", 1.0 / 24}, "hours": {"time", 1.0 / 24},
	"day": {"time", 1}, "days": {"time", 1}, "week": {"time", 7}, "weeks": {"time", 7}, "fortnight": {"time", 14},
	"month": {"time", 30.5}, "months": {"time", 30.5}, "year": {"time", 366}, "years": {"time", 366},
	"p": {"money", 1}, "pence": {"money", 1}, "pound": {"money", 100}, "pounds": {"money", 100},
	"mile": {"distance", 1}, "miles": {"distance", 1}, "percent": {"share", 1},
}

// relations are the words that say what a quantity means.
var relations = map[string]string{
	"before": "before", "ahead": "before", "after": "after", "later": "after", "since": "after", "within": "within", "every": "every", "each": "every", "per": "every",
	"first": "first", "last": "last", "final": "last", "least": "least", "minimum": "least", "over": "least", "most": "most",
	"under": "most", "maximum": "most", "than": "than", "old": "old", "age": "old", "aged": "old",
}

// frequencies are words for how often, in days from one to the next; often are how many
// times in the period that follows ("twice a year").
var (
	frequencies = map[string]float64{"daily": 1, "weekly": 7, "monthly": 30.5, "yearly": 366, "annual": 366, "annually": 366}
	often       = map[string]float64{"once": 1, "twice": 2}
)

var (
	thousands = regexp.MustCompile(`(\d),(\d{3})\b`)
	pence     = regexp.MustCompile(`\b(\d+(?:\.\d+)?)p\b`)
	written   = strings.NewReplacer("\u00a3", " pounds ", "%", " percent ", "-", " ")
)

var numerals = map[string]float64{
	"half": 0.5, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
	"thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
}

// checkContradictions looks for two sentences that speak of the same thing and give it
// different quantities: the notice of a meeting in one sheet and in another, a rate, an
// age. Sentences for different countries, and those of one prison and of all, may differ.
// With a draft only what concerns it is reported, and the sheet it replaces is left out.
func (l *Library) checkContradictions(draft *Sheet, faults *Faults) {
	var list []statement
	for i := range l.sheets {
		if draft == nil || l.sheets[i].Slug != draft.Slug {
			list = append(list, l.statements(&l.sheets[i])...)
		}
	}
	if draft != nil {
		list = append(list, l.statements(draft)...)
	}
	report := func(one, other *statement) {
		if draft == nil || one.sheet == draft {
			faults.add(one.sheet.File, one.line, "%q does not agree with %s:%d: %q", one.text, other.sheet.File, other.line, other.text)
		}
	}
	for i := range list {
		for j := range list[:i] {
			if a, b := &list[j], &list[i]; contradict(a, b) && l.common(a, b) >= sameSubject {
				report(a, b)
				report(b, a)
			}
		}
	}
}

func contradict(a, b *statement) bool {
	switch {
	case a.sheet == b.sheet && a.anchor == b.anchor:
		return false
	case a.kind != b.kind || !slices.Equal(a.when, b.when):
		return false
	case a.country != b.country && a.country != UK && b.country != UK:
		return false
	case !slices.Equal(a.sheet.Prisons, b.sheet.Prisons):
		return false
	case len(a.about) == 0 || len(b.about) == 0:
		return false
	}
	for _, v := range a.values {
		for _, w := range b.values {
			if v == w {
				return false
			}
		}
	}
	return true
}

// common is the share of what either sentence is about that the other speaks of.
func (l *Library) common(a, b *statement) float32 {
	return min(l.within(a.about, b.around), l.within(b.about, a.around))
}

func (l *Library) within(about, around []string) float32 {
	var all, both float32
	for _, term := range about {
		information := l.information(term)
		all += information
		if _, has := slices.BinarySearch(around, term); has {
			both += information
		}
	}
	if all == 0 {
		return 0
	}
	return both / all
}

func (l *Library) information(term string) float32 {
	if n, known := l.vocabulary[term]; known {
		return l.idf[n]
	}
	return 0
}

// statements reads the sentences of a sheet.
func (l *Library) statements(sheet *Sheet) (list []statement) {
	for i := range sheet.Sections {
		section := &sheet.Sections[i]
		read := func(text string, line int) {
			sentences(text, line, func(sentence string, line int) {
				s := statement{sheet: sheet, country: section.Country(sheet), anchor: section.Anchor, line: line, text: sentence}
				if l.quantities(&s, section.Heading) {
					list = append(list, s)
				}
			})
		}
		read(section.Short, section.shortLine)
		read(section.Body, section.bodyLine)
	}
	return list
}

// quantities reads the quantities of a sentence, all of the first one's kind, and what
// it is about. It is false when there are none.
func (l *Library) quantities(s *statement, heading string) bool {
	words := splitWords(nil, written.Replace(pence.ReplaceAllString(thousands.ReplaceAllString(s.text, "$1$2"), "$1 pence")))
	var about []string
	for i := 0; i < len(words); i++ {
		word := words[i]
		if when, is := relations[word]; is {
			s.when = append(s.when, when)
			continue
		}
		if often, is := frequencies[word]; is {
			s.when = append(s.when, "every")
			s.take("time", often)
			continue
		}
		if often, is := often[word]; is && i+2 < len(words) { // once a year
			if unit, known := units[words[i+2]]; known && unit.kind == "time" {
				s.when = append(s.when, "every")
				s.take("time", unit.of/often)
				i += 2
				continue
			}
		}
		value, is := numeral(word)
		if !is {
			if _, unit := units[word]; !unit {
				about = append(about, word)
			} else if word == "pounds" && i+1 < len(words) { // £20
				if value, is := numeral(words[i+1]); is {
					s.take("money", value*100)
					i++
				}
			}
			continue
		}
		if i+1 < len(words) {
			if unit, known := units[words[i+1]]; known {
				s.take(unit.kind, value*unit.of)
				i++
				continue
			}
		}
	}
	if s.kind == "" {
		return false
	}
	slices.Sort(s.when)
	s.when = slices.Compact(s.when)
	s.about = l.lexicon.terms(nil, l.lexicon.respelt(nil, about))
	slices.Sort(s.about)
	s.about = slices.Compact(s.about)
	s.around = l.lexicon.terms(slices.Clone(s.about), l.lexicon.words(heading))
	slices.Sort(s.around)
	return true
}

func (s *statement) take(kind string, value float64) {
	if s.kind == "" {
		s.kind = kind
	}
	if kind == s.kind {
		s.values = append(s.values, value)
	}
}

func numeral(word string) (float64, bool) {
	if value, is := numerals[word]; is {
		return value, true
	}
	value, err := strconv.ParseFloat(word, 64)
	return value, err == nil && word[0] >= '0' && word[0] <= '9'
}

// sentences calls each for every sentence of a Markdown text, with its line. References
// to contacts are left out.
func sentences(text string, line int, each func(sentence string, line int)) {
	var words []string
	begins := line
	end := func() {
		if len(words) > 0 {
			each(strings.Join(words, " "), begins)
		}
		words = words[:0]
	}
	for i, one := range strings.Split(text, "\n") {
		one = strings.TrimSpace(one)
		if item := strings.TrimLeft(one, "-*+>#|"); one == "" || item != one && strings.HasPrefix(item, " ") {
			end()
			one = strings.TrimSpace(item)
		}
		for _, word := range strings.Fields(plainWords(one)) {
			if len(words) == 0 {
				begins = line + i
			}
			words = append(words, word)
			if strings.HasSuffix(word, ".") || strings.HasSuffix(word, "?") || strings.HasSuffix(word, "!") || strings.HasSuffix(word, ":") {
				end()
			}
		}
	}
	end()
}

// plainWords is a line without marks of emphasis, addresses of links and references.
func plainWords(line string) string {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '*' || c == '_' || c == '`' || c == '[':
		case c == '{':
			if end := strings.IndexByte(line[i:], '}'); end > 0 {
				i += end
				continue
			}
			b.WriteByte(c)
		case c == ']' && strings.HasPrefix(line[i:], "]("):
			if end := strings.IndexByte(line[i:], ')'); end > 0 {
				i += end
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
