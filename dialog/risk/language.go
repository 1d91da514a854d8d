package risk

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"helpline/dialog"
)

// languageData is one language of languages.yaml.
type languageData struct {
	Code    string        `yaml:"code"` // ISO 639-1
	Name    string        `yaml:"name"`
	Words   string        `yaml:"words"`   // common words; accents do not matter
	Letters string        `yaml:"letters"` // letters that speak for it
	Phrases []phraseGroup `yaml:"phrases"` // what people in fear say
	Source  string        `yaml:"source"`
}

const (
	english       = "en"
	mostLanguages = 32
)

type languages struct {
	words   map[string]uint32 // common word -> set of languages that have it
	letters map[rune]uint32
	codes   []string
	english uint32
	phrases phrases
	norm    *normaliser
}

func loadLanguages(dir fs.FS, n *normaliser) (*languages, error) {
	var d struct {
		Languages []languageData `yaml:"languages"`
	}
	if err := readYAML(dir, languagesFile, &d); err != nil {
		return nil, err
	}
	l := &languages{
		words: map[string]uint32{}, letters: map[rune]uint32{}, norm: n,
		phrases: phrases{words: map[string][]*phrase{}, begins: map[string][]*phrase{}},
	}
	if len(d.Languages) > mostLanguages {
		return nil, fmt.Errorf("%s: more than %d languages", languagesFile, mostLanguages)
	}
	for i, lang := range d.Languages {
		bit := uint32(1) << i
		l.codes = append(l.codes, lang.Code)
		if lang.Code == english {
			l.english = bit
		}
		for _, w := range strings.Fields(lang.Words) {
			for _, part := range strings.Fields(l.plain(w)) {
				l.words[part] |= bit
			}
		}
		for _, r := range lang.Letters {
			l.letters[r] |= bit
		}
		for _, g := range lang.Phrases {
			if err := l.addGroup(lang.Code, g); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", languagesFile, lang.Code, err)
			}
		}
	}
	l.sortPhrases()
	return l, nil
}

// plain folds a phrase as messages are folded: words parted by one space.
func (l *languages) plain(s string) string {
	buf, words := l.norm.cut(s, nil, nil)
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.Write(buf[w.from:w.to])
	}
	return b.String()
}

// tongue is the language of a message, and what it says in another than
// English.
type tongue struct {
	code    string // "" when it cannot be told
	foreign bool   // its words are not English, so that the model cannot read it
	said    []spoken
}

// level is the highest level of the crisis phrases.
func (t *tongue) level() dialog.Level {
	level := dialog.LevelNone
	for i := range t.said {
		level = max(level, t.said[i].level)
	}
	return level
}

// evidence quotes the crisis phrases.
func (t *tongue) evidence(text string) []dialog.Evidence {
	var out []dialog.Evidence
	for i := range t.said {
		if s := &t.said[i]; len(out) < mostEvidence {
			out = append(out, dialog.Evidence{Sign: "phrase-" + s.language, Text: s.said.of(text)})
		}
	}
	return out
}

// tongue names the language of the message in s: English, also for messages too
// short to say, another that its words, letters or phrases speak for, or none.
func (a *Assessor) tongue(text string, s *scratch) tongue {
	s.english = s.english[:0]
	for i := range s.words {
		s.english = append(s.english, a.englishWord(s.buf[s.words[i].from:s.words[i].to]))
	}
	said := a.langs.findPhrases(s)
	code, other := script(text) // the letters say more than a phrase
	if !other {
		if code = a.tell(text, s, nil); code == english {
			// "suicidal" begins like a Portuguese word, and is none here
			said = slices.DeleteFunc(said, func(x spoken) bool { return allEnglish(s, x.from, x.to) })
		}
		if len(said) > 0 {
			code = a.tell(text, s, said)
		}
	}
	t := tongue{code: code, foreign: code != english}
	if !other && len(said) > 0 && (code == english || code == "") {
		t.code = said[0].language
	}
	// Neighbouring languages share phrases: one of them is enough.
	for i, x := range said {
		twice := false
		for k, o := range said {
			twice = twice || k != i && o.from < x.to && x.from < o.to && o.language != x.language && o.level >= x.level &&
				(o.language == t.code || x.language != t.code && k < i)
		}
		if !twice {
			t.said = append(t.said, x)
		}
	}
	return t
}

// What a crisis phrase weighs among common words, and how many of a hundred
// words have to speak for a language before it is named.
const (
	phraseVotes = 2
	voteShare   = 40
)

// tell compares how many words are common in each language, and how many are
// English words at all. A text of which most words are not is never English.
func (a *Assessor) tell(text string, s *scratch, said []spoken) string {
	l := a.langs
	var votes, alone [mostLanguages]int // alone: by words of no other language
	for i := range said {
		votes[slices.Index(l.codes, said[i].language)] += phraseVotes
	}
	common, known, strange := 0, 0, 0
	vote := func(set uint32) {
		for i := range l.codes {
			if set&(1<<i) != 0 {
				votes[i]++
			}
			if set == 1<<i {
				alone[i]++
			}
		}
	}
	for i := range s.words {
		w := &s.words[i]
		word := s.buf[w.from:w.to]
		set := l.words[string(word)]
		switch {
		case w.digits || bytes.HasPrefix(word, []byte("emoji")):
		case set&l.english != 0:
			common++
		case set != 0:
			vote(set)
			if !s.english[i] {
				strange++
			}
		case s.english[i]:
			known++
		case isName(text[w.start:w.end]):
			// a name says nothing of the language it stands in
		default:
			strange++
			vote(l.lettersOf(text[w.start:w.end]))
		}
	}
	best := 0
	for i := range l.codes {
		if votes[i] > votes[best] || votes[i] == votes[best] && alone[i] > alone[best] {
			best = i
		}
	}
	likely := votes[best]*100 >= voteShare*(common+known+strange)
	switch {
	case votes[best] >= 2 && votes[best] > common && strange > 0 && likely:
		return l.codes[best]
	case strange <= common+known:
		return english
	case votes[best] > 0 && likely:
		return l.codes[best]
	}
	return ""
}

// lettersOf is the set of languages that the letters of a word speak for.
func (l *languages) lettersOf(word string) uint32 {
	var set uint32
	for _, r := range word {
		if r >= utf8.RuneSelf {
			set |= l.letters[unicode.ToLower(r)]
		}
	}
	return set
}

// englishWord says whether a folded word is one of the patterns, the lexicon
// or the messages the model learned from, or a slip of the pen from one.
func (a *Assessor) englishWord(word []byte) bool {
	n := a.norm
	if a.langs.words[string(word)]&a.langs.english != 0 {
		return true
	}
	if _, ok := n.known[string(word)]; ok {
		return true
	}
	w := string(word)
	if n.isKnown(w) || a.learned(w) {
		return true
	}
	if _, ok := n.stems[n.stem(w)]; ok {
		return true
	}
	meant := n.read(w, false)
	return meant != w && (n.isKnown(meant) || a.learned(meant))
}

// allEnglish says whether each of the words is an English one.
func allEnglish(s *scratch, from, to int) bool {
	for i := from; i < to; i++ {
		if !s.english[i] {
			return false
		}
	}
	return true
}

// learned says whether the model learned from messages with this word.
func (a *Assessor) learned(w string) bool {
	if a.model == nil || a.model.table == nil {
		return false
	}
	_, rarity := a.model.table.find(mix(hashString(hashByte(fnvOffset, 'w'), w)) | 1<<63)
	return rarity > 0
}

// isName says whether a word is written as names are: a capital, then a small
// letter.
func isName(word string) bool {
	first, size := utf8.DecodeRuneInString(word)
	second, _ := utf8.DecodeRuneInString(word[size:])
	return unicode.IsUpper(first) && unicode.IsLower(second)
}

// arabicSame are the Arabic letters that people put for one another.
var arabicSame = map[rune]rune{
	'أ': 'ا', 'إ': 'ا', 'آ': 'ا', 'ٱ': 'ا', 'ى': 'ی', 'ي': 'ی', 'ئ': 'ی', 'ة': 'ہ', 'ه': 'ہ', 'ھ': 'ہ', 'ۂ': 'ہ', 'ك': 'ک', 'ؤ': 'و',
}

// script tells languages by their letters. The second result says that most
// letters are not Latin.
func script(text string) (string, bool) {
	var latin, arabic, urdu, gurmukhi, cyrillic, other int
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
		switch {
		case !unicode.IsLetter(r):
		case r < 0x370 || r >= 0x1E00 && r < 0x2000 || r >= 0xFF00 || r >= 0x1D400 && r < 0x1D800:
			latin++
		case r >= 0x600 && r < 0x700:
			arabic++
			if strings.ContainsRune("ٹڈڑںےہھگچپژکی", r) {
				urdu++
			}
		case r >= 0xA00 && r < 0xA80:
			gurmukhi++
		case r >= 0x400 && r < 0x530:
			cyrillic++
		default:
			other++
		}
	}
	foreign := arabic + gurmukhi + cyrillic + other
	if foreign <= latin {
		return "", false
	}
	switch max(arabic, gurmukhi, cyrillic, other) {
	case gurmukhi:
		return "pa", true
	case arabic:
		if urdu*12 > arabic {
			return "ur", true
		}
		return "ar", true
	}
	return "", true
}
