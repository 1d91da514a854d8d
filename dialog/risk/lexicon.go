package risk

import (
	"fmt"
	"sort"
	"strings"
)

// lexicon says what kind of thing a word names: belongings, a place to hang
// from, a medicine that must not be missed. Words that the labelled messages
// never held are known by their kind. It is read from lexicon.yaml.
type lexicon struct {
	classes []concept
	words   map[string][]uint16 // by stem
	exact   map[string][]uint16 // by the word as it stands
	phrases map[string][]entry  // by the stem of the first word, longest first
	who     []bool              // by class: somebody who does things
}

// entry is one entry of several words.
type entry struct {
	stems   []string
	classes []uint16
}

// whoPrefix begins the names of the classes that name people.
const whoPrefix = "who_"

// compileLexicon reads the classes in the order of their names. Entries are
// parted by spaces, the words of one entry by underscores; "=" before a word
// asks for the word as it stands.
func compileLexicon(n *normaliser, classes map[string]string) (lexicon, error) {
	x := lexicon{words: map[string][]uint16{}, exact: map[string][]uint16{}, phrases: map[string][]entry{}}
	names := make([]string, 0, len(classes))
	for name := range classes {
		names = append(names, name)
	}
	sort.Strings(names)
	s := new(scratch)
	for i, name := range names {
		x.classes = append(x.classes, concept{name: name, hash: hashString(fnvOffset, "c:"+name)})
		x.who = append(x.who, strings.HasPrefix(name, whoPrefix))
		for _, said := range strings.Fields(classes[name]) {
			if w, ok := strings.CutPrefix(said, "="); ok {
				x.exact[w] = appendClass(x.exact[w], uint16(i))
				n.known[w] = struct{}{}
				continue
			}
			if strings.ContainsAny(said, "'’=,") || strings.ToLower(said) != said {
				return x, fmt.Errorf("%s: %s: %q: lower case without apostrophes or commas", lexiconFile, name, said)
			}
			for _, w := range strings.Split(said, "_") {
				n.known[w] = struct{}{}
			}
			n.tokens(strings.ReplaceAll(said, "_", " "), s)
			switch len(s.tokens) {
			case 0:
				return x, fmt.Errorf("%s: %s: %q holds no word", lexiconFile, name, said)
			case 1:
				stem := strings.Clone(s.tokens[0].stem)
				n.stems[stem] = struct{}{}
				x.words[stem] = appendClass(x.words[stem], uint16(i))
			default:
				x.addPhrase(s.tokens, uint16(i))
			}
		}
	}
	for _, list := range x.phrases {
		sort.SliceStable(list, func(i, j int) bool { return len(list[i].stems) > len(list[j].stems) })
	}
	return x, nil
}

func appendClass(to []uint16, class uint16) []uint16 {
	for _, c := range to {
		if c == class {
			return to
		}
	}
	return append(to, class)
}

func (x *lexicon) addPhrase(tokens []token, class uint16) {
	stems := make([]string, len(tokens))
	for i := range tokens {
		stems[i] = strings.Clone(tokens[i].stem)
	}
	list := x.phrases[stems[0]]
	for i := range list {
		if strings.Join(list[i].stems, " ") == strings.Join(stems, " ") {
			list[i].classes = appendClass(list[i].classes, class)
			return
		}
	}
	x.phrases[stems[0]] = append(list, entry{stems, []uint16{class}})
}

// at returns the classes of the words that begin at token i and how many
// tokens they take.
func (x *lexicon) at(ts []token, i int) ([]uint16, int) {
next:
	for k := range x.phrases[ts[i].stem] {
		p := &x.phrases[ts[i].stem][k]
		if i+len(p.stems) > len(ts) {
			continue
		}
		for d := 1; d < len(p.stems); d++ {
			if ts[i+d].stem != p.stems[d] || ts[i+d].brk == clauseBreak {
				continue next
			}
		}
		return p.classes, len(p.stems)
	}
	if c, ok := x.exact[ts[i].word]; ok {
		return c, 1
	}
	return x.words[ts[i].stem], 1
}
