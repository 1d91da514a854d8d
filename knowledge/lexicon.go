package knowledge

import (
	"slices"
	"strings"

	porter "github.com/blevesearch/go-porterstemmer"
)

// synonymsFile is synonyms.yaml.
type synonymsFile struct {
	// Spellings maps a word as it is typed to the words that it stands for.
	Spellings map[string]string `yaml:"spellings"`
	// Silent words say nothing about what is asked.
	Silent []string `yaml:"silent"`
	// Everyday words count for less: they may be what is asked, and mostly are not.
	Everyday []string `yaml:"everyday"`
	// Same is groups of words and phrases that mean one thing here; the first of a
	// group is its name.
	Same [][]string `yaml:"same"`
	// Countries are the words that say for which country somebody asks.
	Countries map[Jurisdiction][]string `yaml:"countries"`
	// Abroad are countries where no sheet holds; they count only when one of
	// AbroadAfter stands shortly before.
	Abroad      []string `yaml:"abroad"`
	AbroadAfter []string `yaml:"abroad_after"`
	// PlaceBefore and PlaceAfter are words next to which an everyday word that is
	// also a prison's name is taken for the prison.
	PlaceBefore []string `yaml:"place_before"`
	PlaceAfter  []string `yaml:"place_after"`
}

// lexicon turns text into terms, in the same way for sheets and for questions.
type lexicon struct {
	spellings map[string][]string
	silent    map[string]bool // of words as written and of stems
	everyday  map[string]bool // of terms
	same      phrases         // over stems; its values are terms
	countries phrases         // over words
	abroad    phrases         // over words
	held      map[string]bool // words after which a country abroad is where the prison is
	before    map[string]bool
	after     map[string]bool
}

// phrases finds the longest known sequence of words at a place.
type phrases map[string][]phrase

type phrase struct {
	words []string
	value string
}

func (p phrases) add(words []string, value string) {
	if len(words) == 0 {
		return
	}
	list := append(p[words[0]], phrase{words: words, value: value})
	slices.SortStableFunc(list, func(a, b phrase) int { return len(b.words) - len(a.words) })
	p[words[0]] = list
}

// at returns the value of the longest phrase that words begin with, and its length; 0 is none.
func (p phrases) at(words []string) (value string, n int) {
	for _, known := range p[words[0]] {
		if len(known.words) <= len(words) && slices.Equal(known.words, words[:len(known.words)]) {
			return known.value, len(known.words)
		}
	}
	return "", 0
}

// parseSynonyms reads synonyms.yaml. The error is *Faults.
func parseSynonyms(name string, data []byte) (*lexicon, error) {
	faults := &Faults{}
	var file synonymsFile
	if err := decodeYAML(data, &file); err != nil {
		yamlFaults(faults, name, 0, err)
		return newLexicon(), faults.err()
	}
	lex := newLexicon()
	for typed, meant := range file.Spellings {
		words := splitWords(nil, typed)
		if len(words) != 1 {
			faults.add(name, 0, "spellings: %q is not one word", typed)
			continue
		}
		lex.spellings[words[0]] = splitWords(nil, meant)
	}
	for _, list := range file.Silent {
		for _, word := range splitWords(nil, list) {
			lex.silent[word] = true
		}
	}
	for _, group := range file.Same {
		if len(group) < 2 {
			faults.add(name, 0, "same: a group of fewer than two (%s)", strings.Join(group, ", "))
			continue
		}
		value := strings.Join(splitWords(nil, group[0]), "_")
		for _, member := range group {
			words := lex.respelt(nil, splitWords(nil, member))
			for i, w := range words {
				words[i] = stem(w)
			}
			if other, n := lex.samePhrase(words); n == len(words) && other != value {
				faults.add(name, 0, "same: %q is in two groups, %s and %s", member, other, value)
				continue
			}
			lex.same.add(words, "="+value)
		}
	}
	for _, list := range file.Everyday {
		for _, term := range lex.terms(nil, lex.words(list)) {
			if term[0] != '=' {
				lex.everyday[term] = true
			}
		}
	}
	for country, list := range file.Countries {
		if !country.Valid() && country != Elsewhere {
			faults.add(name, 0, "countries: %q is not a country that sheets can have", country)
		}
		for _, member := range list {
			lex.countries.add(splitWords(nil, member), string(country))
		}
	}
	for _, member := range file.Abroad {
		lex.abroad.add(splitWords(nil, member), string(Elsewhere))
	}
	for _, word := range file.AbroadAfter {
		lex.held[word] = true
	}
	for _, word := range file.PlaceBefore {
		lex.before[word] = true
	}
	for _, word := range file.PlaceAfter {
		lex.after[word] = true
	}
	return lex, faults.err()
}

func newLexicon() *lexicon {
	return &lexicon{
		spellings: map[string][]string{}, silent: map[string]bool{}, everyday: map[string]bool{}, same: phrases{}, countries: phrases{}, abroad: phrases{},
		held: map[string]bool{}, before: map[string]bool{}, after: map[string]bool{},
	}
}

func (lex *lexicon) samePhrase(stems []string) (string, int) {
	if len(stems) == 0 {
		return "", 0
	}
	value, n := lex.same.at(stems)
	return strings.TrimPrefix(value, "="), n
}

// words splits text and puts its words in their usual spelling.
func (lex *lexicon) words(text string) []string {
	words := splitWords(make([]string, 0, 8+len(text)/5), text)
	return lex.respelt(make([]string, 0, len(words)+4), words)
}

func (lex *lexicon) respelt(to, words []string) []string {
	for _, w := range words {
		if meant, found := lex.spellings[w]; found {
			to = append(to, meant...)
		} else {
			to = append(to, w)
		}
	}
	return to
}

// terms appends the terms of words to the list: groups of synonyms by their name,
// other words stemmed, silent words left out.
func (lex *lexicon) terms(to, words []string) []string {
	return lex.eachTerm(to, words, nil)
}

// eachTerm is terms, and reports every term to each, silent ones as well, unless each
// is nil.
func (lex *lexicon) eachTerm(to, words []string, each func(term string)) []string {
	var array [64]string
	stems := array[:0]
	for _, w := range words {
		stems = append(stems, stem(w))
	}
	for i := 0; i < len(words); {
		if value, n := lex.same.at(stems[i:]); n > 0 {
			if each != nil {
				each(value)
			}
			if !lex.silent[value[1:]] {
				to = append(to, value)
			}
			i += n
			continue
		}
		if each != nil {
			each(stems[i])
		}
		letter := len(words[i]) == 1 && words[i][0] > '9'
		if !lex.silent[words[i]] && !letter {
			to = append(to, stems[i])
		}
		i++
	}
	return to
}

// stem is the Porter stem of a word in small letters. Words with other letters than
// a to z, and short ones, are returned as they are.
func stem(word string) string {
	if len(word) < 4 {
		return word
	}
	for i := 0; i < len(word); i++ {
		if word[i] < 'a' || word[i] > 'z' {
			return word
		}
	}
	var array [32]rune
	runes := append(array[:0], []rune(word)...)
	return string(porter.StemWithoutLowerCasing(runes))
}

// splitWords appends the words of text in small letters. An apostrophe within a word
// is dropped (he's is hes), as most people who text leave it out.
func splitWords(to []string, text string) []string {
	start := -1
	plain := true // the word so far is small ASCII letters and digits, and can be cut out
	flush := func(end int) {
		if start < 0 {
			return
		}
		word := text[start:end]
		if !plain {
			word = foldWord(word)
		}
		if word != "" {
			to = append(to, word)
		}
		start, plain = -1, true
	}
	for i, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
		case r >= 'A' && r <= 'Z':
			plain = false
		case r == '\'', r == '\u2019', r == '\u2018':
			if start >= 0 {
				plain = false
			}
			continue
		case r < 0x80 || !isLetter(r):
			flush(i)
			continue
		default:
			plain = false
		}
		if start < 0 {
			start = i
		}
	}
	flush(len(text))
	return to
}
