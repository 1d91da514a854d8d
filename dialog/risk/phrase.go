package risk

import (
	"bytes"
	"fmt"
	"sort"
	"strings"

	"helpline/dialog"
)

// phraseGroup is what people in fear say in one language, as it stands in
// languages.yaml: phrases that mean the same for the service.
type phraseGroup struct {
	Level      string            `yaml:"level"`
	Categories []dialog.Category `yaml:"categories"`
	Who        dialog.Who        `yaml:"who"` // empty: the person in prison
	// Say are the phrases, matched anywhere in a message, without accents.
	// "a|b" is either, "a_b" both in a row, "x?" may be missing, "word*" any word
	// that begins so, ".." up to three words between.
	Say []string `yaml:"say"`
}

// phrase is one crisis phrase in another language.
type phrase struct {
	language   string
	level      dialog.Level
	categories []dialog.Category
	who        dialog.Who
	slots      []slot
	source     string
}

// slot is one place of a phrase.
type slot struct {
	runs     []run // any of them
	optional bool
	gap      bool // up to phraseGap words
}

// run is one alternative: folded words in a row.
type run struct {
	words  []string
	begins bool // the last one is the beginning of a word
}

// phraseGap is how many words ".." stands for at most.
const phraseGap = 3

// shortestBeginning is the shortest beginning of a word that a phrase may ask
// for, in bytes: the index of phrases goes by it.
const shortestBeginning = 2

// spoken is a crisis phrase seen in a message.
type spoken struct {
	*phrase
	from, to int // words
	said     stretch
}

// phrases are the crisis phrases by how they can begin.
type phrases struct {
	words  map[string][]*phrase // by their first word
	begins map[string][]*phrase // by the first bytes of their first word
}

// addGroup compiles the phrases of a group.
func (l *languages) addGroup(code string, g phraseGroup) error {
	var level dialog.Level
	if err := level.UnmarshalText([]byte(g.Level)); err != nil {
		return err
	}
	for _, src := range g.Say {
		p := &phrase{language: code, level: level, categories: g.Categories, who: g.Who, source: src}
		for _, f := range strings.Fields(src) {
			s, err := l.slot(f)
			if err != nil {
				return fmt.Errorf("phrase %q: %w", src, err)
			}
			p.slots = append(p.slots, s)
		}
		if len(p.slots) == 0 || p.slots[0].gap || p.slots[0].optional {
			return fmt.Errorf("phrase %q must begin with a word", src)
		}
		for _, r := range p.slots[0].runs {
			if w := r.words[0]; r.begins && len(r.words) == 1 {
				l.phrases.begins[w[:shortestBeginning]] = append(l.phrases.begins[w[:shortestBeginning]], p)
			} else {
				l.phrases.words[w] = append(l.phrases.words[w], p)
			}
		}
	}
	return nil
}

// slot compiles one written word.
func (l *languages) slot(f string) (slot, error) {
	if f == ".." {
		return slot{gap: true}, nil
	}
	var s slot
	f, s.optional = strings.CutSuffix(f, "?")
	for _, alt := range strings.Split(f, "|") {
		start, begins := strings.CutSuffix(alt, "*")
		r := run{strings.Fields(l.plain(start)), begins}
		if len(r.words) == 0 {
			return s, fmt.Errorf("%q holds no word", f)
		}
		if begins && len(r.words[len(r.words)-1]) < shortestBeginning {
			return s, fmt.Errorf("%q is too short a beginning", alt)
		}
		s.runs = append(s.runs, r)
	}
	return s, nil
}

// sortPhrases puts the gravest first, so that it is the one that is quoted.
func (l *languages) sortPhrases() {
	for _, by := range []map[string][]*phrase{l.phrases.words, l.phrases.begins} {
		for _, list := range by {
			sort.SliceStable(list, func(i, j int) bool {
				if list[i].level != list[j].level {
					return list[i].level > list[j].level
				}
				return list[i].source < list[j].source
			})
		}
	}
}

// findPhrases lists the crisis phrases of a message, one for each stretch of
// words and language.
func (l *languages) findPhrases(s *scratch) []spoken {
	var out []spoken
	add := func(p *phrase, i int) {
		end := matchSlots(p.slots, s, i)
		if end < 0 {
			return
		}
		for _, o := range out {
			if o.language == p.language && o.level >= p.level && i < o.to && o.from < end {
				return
			}
		}
		out = append(out, spoken{phrase: p, from: i, to: end, said: stretch{s.words[i].start, s.words[end-1].end}})
	}
	look := func(w []byte, i int) {
		for _, p := range l.phrases.words[string(w)] {
			add(p, i)
		}
		if len(w) >= shortestBeginning {
			for _, p := range l.phrases.begins[string(w[:shortestBeginning])] {
				add(p, i)
			}
		}
	}
	for i := range s.words {
		w := s.buf[s.words[i].from:s.words[i].to]
		look(w, i)
		if bare, and := bytes.CutPrefix(w, []byte(arabicAnd)); and {
			look(bare, i)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].level > out[j].level })
	return out
}

// word is the folded word at i.
func (s *scratch) word(i int) string { return string(s.buf[s.words[i].from:s.words[i].to]) }

// matchSlots matches from word i on and returns where the match ends, or -1.
// No match goes over the end of a sentence.
func matchSlots(slots []slot, s *scratch, i int) int {
	for k := range slots {
		x := &slots[k]
		switch {
		case x.gap:
			for skip := 0; skip <= phraseGap && i+skip < len(s.words); skip++ {
				if skip > 0 && s.words[i+skip-1].brk == clauseBreak {
					break
				}
				if end := matchSlots(slots[k+1:], s, i+skip); end >= 0 {
					return end
				}
			}
			return -1
		case x.at(s, i, k == 0) > 0:
			i += x.at(s, i, k == 0)
		case !x.optional:
			return -1
		}
	}
	return i
}

// arabicAnd is the "and" that Arabic writes together with the next word.
const arabicAnd = "و"

func same(w, want string, begins bool) bool {
	return w == want || begins && strings.HasPrefix(w, want)
}

// at says how many words the slot takes at i, 0 when it does not match.
func (x *slot) at(s *scratch, i int, first bool) int {
	longest := 0
next:
	for _, r := range x.runs {
		if len(r.words) <= longest || i+len(r.words) > len(s.words) {
			continue
		}
		for k, want := range r.words {
			if (k > 0 || !first) && s.words[i+k].brk == clauseBreak {
				continue next
			}
			w := s.word(i + k)
			if begins := r.begins && k == len(r.words)-1; !same(w, want, begins) && !same(strings.TrimPrefix(w, arabicAnd), want, begins) {
				continue next
			}
		}
		longest = len(r.words)
	}
	return longest
}
