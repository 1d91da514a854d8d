package risk

import (
	"strings"
)

// normaliser turns a message into tokens. It is built once from
// content/risk/words.yaml and the vocabulary of the patterns.
type normaliser struct {
	emoji      map[rune]string
	same       map[string][]string // text-speak, spellings and dialect -> the words meant
	apostrophe map[string][]string // the same, for words written with an apostrophe
	heard      map[string][]heard  // first word of a mishearing -> how it goes on
	irregular  map[string]string   // "gave" -> "give"
	known      map[string]struct{} // words that are right as they are
	stems      map[string]struct{} // stems of the words of the lexicon
	near       map[string]string   // a word of the patterns with one letter left out -> the word
	classes    map[string]uint64   // words that stand for one another to the model; 0: says little
	vocab      *vocabulary
}

// heard is a run of words that a recogniser or a writer puts for another.
type heard struct {
	words []string
	means []string
}

// vocabulary numbers the words, stems and beginnings that patterns ask for.
type vocabulary struct {
	ids      map[string]int32
	stems    map[string]int32
	prefixes map[string]int32
	n        int32
}

func (v *vocabulary) stemID(stem string) int32 {
	if id, ok := v.stems[stem]; ok {
		return id
	}
	v.n++
	v.stems[stem] = v.n
	return v.n
}

func (v *vocabulary) id(word string) int32 {
	if id, ok := v.ids[word]; ok {
		return id
	}
	v.n++
	v.ids[word] = v.n
	return v.n
}

func (v *vocabulary) prefixID(prefix string) int32 {
	if id, ok := v.prefixes[prefix]; ok {
		return id
	}
	v.n++
	v.prefixes[prefix] = v.n
	return v.n
}

const (
	shortestPrefix = 3
	longestPrefix  = 10
)

// scratch is what one assessment works in; it is used again.
type scratch struct {
	buf     []byte
	words   []raw
	english []bool // which of the words are English
	tokens  []token
	hits    []hit
	col     collector
	spans   []span
	sorts   []uint64
	sortAt  []uint8
	part    []uint8 // the sentence of each token
	kinds   []kindAt
	joined  []byte
}

// tokens normalises text into s.tokens.
func (n *normaliser) tokens(text string, s *scratch) {
	s.buf, s.words = n.cut(text, s.buf[:0], s.words[:0])
	folded := string(s.buf)
	s.tokens = s.tokens[:0]
	for i := 0; i < len(s.words); i++ {
		w := s.words[i]
		if run := spaced(s.words, i); run > 0 {
			n.joinSpaced(folded, s, i, run)
			i += run - 1
			continue
		}
		n.add(s, n.read(folded[w.from:w.to], w.digits), w)
	}
	n.rehear(s)
	s.part = s.part[:0]
	at := uint8(0)
	for i := range s.tokens {
		n.number(&s.tokens[i])
		if i > 0 && s.tokens[i].brk == clauseBreak && at < mostClauses-1 {
			at++
		}
		s.part = append(s.part, at)
	}
}

// clause is the sentence that token i stands in.
func (s *scratch) clause(i int) uint8 { return s.part[i] }

// add appends what a word means: one token, or several that share its place.
func (n *normaliser) add(s *scratch, word string, w raw) {
	t := token{word: word, start: w.start, end: w.end, brk: w.brk}
	means := n.same[word]
	if w.apostrophe && n.apostrophe[word] != nil {
		means = n.apostrophe[word]
	}
	if means != nil {
		for _, m := range means {
			t.word = m
			s.tokens = append(s.tokens, t)
			t.brk = noBreak
		}
	} else {
		s.tokens = append(s.tokens, t)
	}
	s.tokens[len(s.tokens)-1].asks = w.asks
}

// read finds the word meant by what was written: figures for letters,
// drawn-out letters, and one typing error in a word that patterns ask for.
func (n *normaliser) read(w string, digits bool) string {
	if n.isKnown(w) {
		return w
	}
	if digits {
		if plain := unleet(w); plain != w && n.isKnown(plain) {
			return plain
		}
		return w
	}
	if short, cut := undrawn(w, 1); cut {
		if n.isKnown(short) {
			return short
		}
		if two, _ := undrawn(w, 2); n.isKnown(two) {
			return two
		}
		w = short
	}
	if full, ok := n.fullEnding(w); ok {
		return full
	}
	return n.correct(w)
}

// shortestDropped is the shortest word of which a dropped last letter is put
// back.
const shortestDropped = 5

// fullEnding gives "cryin" its g back when some form of "crying" is known.
func (n *normaliser) fullEnding(w string) (string, bool) {
	if len(w) < shortestDropped || w[len(w)-2:] != "in" {
		return w, false
	}
	full := w + "g"
	stem := n.stem(full)
	_, ok := n.stems[stem]
	if !ok {
		_, ok = n.vocab.stems[stem]
	}
	return full, ok || n.isKnown(full)
}

func (n *normaliser) isKnown(w string) bool {
	if _, ok := n.known[w]; ok {
		return true
	}
	if _, ok := n.same[w]; ok {
		return true
	}
	_, ok := n.vocab.ids[w]
	return ok
}

var figures = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "8", "ate")

func unleet(w string) string {
	letters := 0
	for i := range len(w) {
		if isLetter(w[i]) {
			letters++
		}
	}
	if letters*2 < len(w) {
		return w
	}
	return figures.Replace(w)
}

// undrawn shortens runs of three or more equal letters to keep letters.
func undrawn(w string, keep int) (string, bool) {
	run := 0
	for i := 1; i < len(w); i++ {
		if w[i] == w[i-1] {
			run++
			if run == 2 {
				break
			}
		} else {
			run = 0
		}
	}
	if run < 2 {
		return w, false
	}
	var b strings.Builder
	for i := 0; i < len(w); {
		j := i
		for j < len(w) && w[j] == w[i] {
			j++
		}
		k := j - i
		if k > 2 {
			k = keep
		}
		for range k {
			b.WriteByte(w[i])
		}
		i = j
	}
	return b.String(), true
}

// shortestCorrected is the shortest word in which a typing error is put
// right; shorter ones are too near to one another.
const shortestCorrected = 6

// correct returns the word of the patterns that w is one letter away from.
func (n *normaliser) correct(w string) string {
	if len(w) < shortestCorrected-1 || len(w) > 20 || n.near == nil {
		return w
	}
	for i := range len(w) {
		if w[i] >= 0x80 {
			return w
		}
	}
	if full, ok := n.near[w]; ok {
		return full
	}
	var room [24]byte
	short := append(room[:0], w[1:]...)
	for k := range len(w) {
		if k > 0 {
			short[k-1] = w[k-1]
		}
		if k == 0 {
			continue // a first letter is seldom wrong
		}
		if _, ok := n.vocab.ids[string(short)]; ok && len(short) >= shortestCorrected {
			return w[:k] + w[k+1:]
		}
		if full, ok := n.near[string(short)]; ok && len(full) == len(w) && full[0] == w[0] && (len(w) >= shortestSwapped || swapped(w, full)) {
			return full
		}
	}
	return w
}

// shortestSwapped is the shortest word in which one letter may stand for
// another: "stakes" is not "shakes".
const shortestSwapped = 8

// swapped says that two neighbouring letters changed places.
func swapped(a, b string) bool {
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// spaced counts the single letters from i on when they look like a word
// written with spaces between its letters.
func spaced(words []raw, i int) int {
	n := 0
	for i+n < len(words) && words[i+n].to-words[i+n].from == 1 && !words[i+n].digits {
		n++
	}
	if n < 4 {
		return 0
	}
	return n
}

// joinSpaced puts "k i l l  h i m" together again. Where two spaces part the
// words they are used; else the run is cut into known words, longest first.
func (n *normaliser) joinSpaced(folded string, s *scratch, at, run int) {
	words := s.words[at : at+run]
	for i := 0; i < len(words); {
		s.joined = s.joined[:0]
		j := i
		for j < len(words) && (j == i || !words[j].gap) {
			s.joined = append(s.joined, folded[words[j].from])
			j++
		}
		n.segment(string(s.joined), s, words[i:j])
		i = j
	}
}

// longestSegment is the longest word looked for in letters written apart.
const longestSegment = 24

func (n *normaliser) segment(letters string, s *scratch, words []raw) {
	for i := 0; i < len(letters); {
		k := min(len(letters)-i, longestSegment)
		for k > 1 && !n.isKnown(letters[i:i+k]) {
			k--
		}
		w := words[i]
		w.end, w.asks = words[i+k-1].end, words[i+k-1].asks
		n.add(s, letters[i:i+k], w)
		i += k
	}
}

// rehear replaces runs of words that are known to be put for other ones.
func (n *normaliser) rehear(s *scratch) {
	for i := 0; i < len(s.tokens); i++ {
		for _, h := range n.heard[s.tokens[i].word] {
			if !saidAt(s.tokens[i:], h.words) {
				continue
			}
			first, last := s.tokens[i], s.tokens[i+len(h.words)-1]
			s.tokens = splice(s.tokens, i, len(h.words), len(h.means))
			for k, m := range h.means {
				s.tokens[i+k] = token{word: m, start: first.start, end: last.end}
			}
			s.tokens[i].brk = first.brk
			s.tokens[i+len(h.means)-1].asks = last.asks
			break
		}
	}
}

func saidAt(tokens []token, words []string) bool {
	if len(tokens) < len(words) {
		return false
	}
	for k, w := range words {
		if tokens[k].word != w || k > 0 && tokens[k].brk == clauseBreak {
			return false
		}
	}
	return true
}

// splice makes room for b tokens in place of the a tokens at i.
func splice(ts []token, i, a, b int) []token {
	if b <= a {
		copy(ts[i+b:], ts[i+a:])
		return ts[:len(ts)-(a-b)]
	}
	for range b - a {
		ts = append(ts, token{})
	}
	copy(ts[i+b:], ts[i+a:len(ts)-(b-a)])
	return ts
}

// number gives a token its vocabulary numbers.
func (n *normaliser) number(t *token) {
	t.stem = n.stem(t.word)
	t.id = n.vocab.ids[t.word]
	t.sid = n.vocab.stems[t.stem]
	for k := min(len(t.word), longestPrefix); k >= shortestPrefix; k-- {
		if p, ok := n.vocab.prefixes[t.word[:k]]; ok {
			t.pid = p
			break
		}
	}
}

// sort is the class of a word, else the word's stem; 0: it says little.
func (n *normaliser) sort(t *token) uint64 {
	if h, ok := n.classes[t.word]; ok {
		return h
	}
	if t.word != "" && '0' <= t.word[0] && t.word[0] <= '9' {
		return n.classes[aNumber]
	}
	return hashString(fnvOffset, t.stem)
}

// aNumber is the word whose class all figures have.
const aNumber = "two"
