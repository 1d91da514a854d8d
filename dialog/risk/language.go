package risk

import (
	"fmt"
	"io/fs"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"helpline/dialog"
)

// languageData is one language of languages.yaml.
type languageData struct {
	Code  string `yaml:"code"` // ISO 639-1
	Name  string `yaml:"name"`
	Words string `yaml:"words"` // common words, letters without accents
	// Crisis phrases, level by level, matched anywhere in the text.
	Phrases map[string][]string `yaml:"phrases"`
	Source  string              `yaml:"source"`
}

// phrase is one crisis phrase in another language.
type phrase struct {
	language string
	level    dialog.Level
	text     string // folded
}

type languages struct {
	words   map[string]uint32 // common word -> set of languages that have it
	codes   []string
	english uint32
	phrases map[string][]phrase // by their first word
	norm    *normaliser
}

func loadLanguages(dir fs.FS, n *normaliser) (*languages, error) {
	var d struct {
		Languages []languageData `yaml:"languages"`
	}
	if err := readYAML(dir, languagesFile, &d); err != nil {
		return nil, err
	}
	l := &languages{words: map[string]uint32{}, phrases: map[string][]phrase{}, norm: n}
	if len(d.Languages) > 32 {
		return nil, fmt.Errorf("%s: more than 32 languages", languagesFile)
	}
	for i, lang := range d.Languages {
		bit := uint32(1) << i
		l.codes = append(l.codes, lang.Code)
		if lang.Code == "en" {
			l.english = bit
		}
		for _, w := range strings.Fields(lang.Words) {
			l.words[l.plain(w)] |= bit
		}
		for name, list := range lang.Phrases {
			var level dialog.Level
			if err := level.UnmarshalText([]byte(name)); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", languagesFile, lang.Code, err)
			}
			for _, p := range list {
				text := l.plain(p)
				first, _, _ := strings.Cut(text, " ")
				if first == "" {
					return nil, fmt.Errorf("%s: %s: empty phrase", languagesFile, lang.Code)
				}
				l.phrases[first] = append(l.phrases[first], phrase{lang.Code, level, text})
			}
		}
	}
	for _, list := range l.phrases {
		sort.Slice(list, func(i, j int) bool {
			if list[i].level != list[j].level {
				return list[i].level > list[j].level
			}
			return list[i].text < list[j].text
		})
	}
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

// read names the language of a message ("" when it cannot be told, "en" for
// English and for messages too short to say) and finds crisis phrases of the
// others.
func (l *languages) read(text string, s *scratch) (string, []dialog.Evidence, dialog.Level) {
	code := l.tell(text, s)
	var ev []dialog.Evidence
	level := dialog.LevelNone
	_, foreign := script(text) // the letters say more than a phrase
	for i := range s.words {
		w := s.words[i]
		for _, p := range l.phrases[string(s.buf[w.from:w.to])] {
			end := phraseAt(s, i, p.text)
			if end < 0 {
				continue
			}
			ev = append(ev, dialog.Evidence{Sign: "phrase-" + p.language, Text: text[w.start:s.words[end-1].end]})
			level = max(level, p.level)
			if code == "en" || code == "" || !foreign {
				code, foreign = p.language, true
			}
			break
		}
	}
	return code, ev, level
}

func phraseAt(s *scratch, i int, text string) int {
	for k := 0; ; {
		if i == len(s.words) {
			return -1
		}
		w := s.buf[s.words[i].from:s.words[i].to]
		if !strings.HasPrefix(text[k:], string(w)) {
			return -1
		}
		k += len(w)
		i++
		if k == len(text) {
			return i
		}
		if text[k] != ' ' {
			return -1
		}
		k++
	}
}

// tell compares how many words are common in each language, after a look at
// the script.
func (l *languages) tell(text string, s *scratch) string {
	if code, other := script(text); other {
		return code
	}
	var votes [32]int
	english, known := 0, 0
	for _, w := range s.words {
		set := l.words[string(s.buf[w.from:w.to])]
		if set == 0 {
			continue
		}
		known++
		if set&l.english != 0 {
			english++
			continue
		}
		for i := range l.codes {
			if set&(1<<i) != 0 {
				votes[i]++
			}
		}
	}
	best := 0
	for i := range l.codes {
		if votes[i] > votes[best] {
			best = i
		}
	}
	if votes[best] >= 2 && votes[best] > english {
		return l.codes[best]
	}
	if english == 0 && len(s.words) >= 5 {
		right := 0
		for _, t := range s.tokens {
			if l.norm.isKnown(t.word) {
				right++
			}
		}
		if right*2 < len(s.tokens) {
			return ""
		}
	}
	return "en"
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
