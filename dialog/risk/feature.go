package risk

import (
	"math/bits"
	"sort"
)

// The groups of features. Each group of a message is scaled by itself, so that
// the many runs of letters do not drown the few signs.
type group uint8

const (
	groupWord    group = iota // words, pairs, runs of three, words with others between, words under a negation; the same of kinds of words
	groupChar                 // 3 to 5 letters in a row, word ends included
	groupConcept              // lists of lists.yaml: alone, in order, with the words beside them
	groupClass                // classes of lexicon.yaml
	groupFrame                // classes together: in order, who does what
	groupSign                 // signs, with the scope that took them away
	groupPlace                // how it begins and ends, how a question begins
	groupLength               // how long it is
	groups
)

// groupScale is the length of a group of usual size; groupUsual is that size.
// A group twice as long as usual weighs a little more, not twice as much:
// lengthShare says how much of its own length is divided out. All three were
// found by cross-validation over the labelled files.
var (
	groupScale = [groups]float32{groupWord: 3, groupChar: 2, groupConcept: 1, groupClass: 1.5, groupFrame: 1.5, groupSign: 0.5, groupPlace: 0.5, groupLength: 0.3}
	groupUsual = [groups]float64{groupWord: 45, groupChar: 60, groupConcept: 12, groupClass: 30, groupFrame: 60, groupSign: 8, groupPlace: 12, groupLength: 1}
)

const lengthShare = 0.6

// How much features weigh against the first ones of their group.
const (
	gainFull    = 1
	gainSkip    = 0.7 // words with others between
	gainTriple  = 0.5 // three words in a row
	gainNegated = 0.7
	gainBeside  = 0.7  // a concept with a word beside it
	gainChar    = 0.99 // letters in a row
	gainSort    = 0.99 // sorts of words
)

// concept is one list of lists.yaml, as the model sees it.
type concept struct {
	name string
	hash uint64
}

// span is one sighting of a concept.
type span struct {
	concept  int
	from, to int
}

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func hashString(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
}

func hashByte(h uint64, b byte) uint64 { return (h ^ uint64(b)) * fnvPrime }

// mix spreads a hash over the whole word before parts of it are used.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	return h
}

// compileConcepts makes a pattern of every list, in the order of their names.
func compileConcepts(c *compiler, lists map[string][]string) (conceptIndex, error) {
	var out conceptIndex
	names := make([]string, 0, len(lists))
	for name := range lists {
		names = append(names, name)
	}
	sort.Strings(names)
	for i, name := range names {
		p, err := c.compile("<"+name+">", i)
		if err != nil {
			return out, err
		}
		out.index.patterns = append(out.index.patterns, p)
		out.concepts = append(out.concepts, concept{name: name, hash: hashString(fnvOffset, "k:"+name)})
	}
	out.index.build()
	return out, nil
}

// conceptIndex finds the lists that words belong to.
type conceptIndex struct {
	index    index
	concepts []concept
}

// collect gathers the features of the tokens and hits in s.
func (a *Assessor) collect(c *collector, s *scratch) {
	c.begin()
	a.findSpans(s)
	a.collectWords(c, s)
	a.collectSorts(c, s)
	c.shut(groupWord)
	for i := range s.tokens {
		c.now = s.clause(i)
		collectChars(c, s, s.tokens[i].word)
	}
	c.shut(groupChar)
	a.collectConcepts(c, s)
	c.shut(groupConcept)
	a.findKinds(s)
	a.collectClasses(c, s)
	c.shut(groupClass)
	a.collectFrames(c, s)
	c.shut(groupFrame)
	a.collectSigns(c, s)
	c.shut(groupSign)
	collectPlaces(c, s.tokens)
	c.shut(groupPlace)
	if n := len(s.tokens); n > 0 {
		c.add(lengthHash(n), gainFull)
	}
	c.shut(groupLength)
}

// lengthHash stands for a number of words, in half powers of two.
func lengthHash(n int) uint64 {
	l := 2 * bits.Len(uint(n+1))
	if n+1 >= 3<<(l/2)/4 {
		l++
	}
	return hashByte(hashByte(fnvOffset, 'n'), byte(l))
}

// negatedWithin is how many words after a negation stand under it.
const negatedWithin = 4

func (a *Assessor) collectWords(c *collector, s *scratch) {
	ts := s.tokens
	h0, hn := hashByte(fnvOffset, 'w'), hashByte(fnvOffset, '!')
	negated := 0
	for i := range ts {
		if ts[i].brk != noBreak {
			negated = 0
		}
		c.now = s.clause(i)
		h, hs := hashString(h0, ts[i].word), hashString(h0, ts[i].stem)
		c.note(c.add(h, gainFull), ts[i].word)
		if ts[i].stem != ts[i].word {
			c.note(c.add(hs, gainFull), ts[i].stem)
		}
		if i+1 < len(ts) {
			c.note(c.add(hashString(hashByte(hs, ' '), ts[i+1].stem), gainFull), ts[i].stem, " ", ts[i+1].stem)
		}
		if i+2 < len(ts) {
			c.note(c.add(hashString(hashByte(hs, '_'), ts[i+2].stem), gainSkip), ts[i].stem, " _ ", ts[i+2].stem)
			c.note(c.add(hashString(hashByte(hashString(hashByte(hs, ' '), ts[i+1].stem), ' '), ts[i+2].stem), gainTriple), ts[i].stem, " ", ts[i+1].stem, " ", ts[i+2].stem)
		}
		if i+3 < len(ts) {
			c.note(c.add(hashString(hashByte(hs, '='), ts[i+3].stem), gainSkip), ts[i].stem, " _ _ ", ts[i+3].stem)
		}
		if negated > 0 {
			negated--
			c.note(c.add(hashString(hn, ts[i].stem), gainNegated), "not … ", ts[i].stem)
		}
		if a.negators.has(ts[i].id) {
			negated = negatedWithin
		}
	}
}

// collectChars adds the runs of 3 to 5 letters of one word, its ends marked.
func collectChars(c *collector, s *scratch, w string) {
	s.joined = append(append(append(s.joined[:0], ' '), w...), ' ')
	b := s.joined
	h0 := hashByte(fnvOffset, 'c')
	for i := range b {
		h := h0
		for k := i; k < len(b) && k < i+5; k++ {
			h = hashByte(h, b[k])
			if k-i >= 2 {
				c.add(h, gainChar)
			}
		}
	}
}

// conceptsWithin is how many words may stand between two concepts that are
// seen together.
const conceptsWithin = 8

// findSpans notes where concepts are seen, in the order of their first words.
func (a *Assessor) findSpans(s *scratch) {
	s.spans = s.spans[:0]
	a.concepts.index.find(s.tokens, func(p *pattern, from, to int) {
		// matches come in the order of their first words
		for i := len(s.spans) - 1; i >= 0 && s.spans[i].from == from; i-- {
			if s.spans[i].concept == p.sign {
				s.spans[i].to = max(s.spans[i].to, to)
				return
			}
		}
		s.spans = append(s.spans, span{p.sign, from, to})
	})
}

// collectSorts adds runs of two and three sorts of words, so that "my brother
// gave" and "her son gave" meet: a word stands for its concept, else for its
// class of words.yaml, else for itself; words that say little are passed over.
func (a *Assessor) collectSorts(c *collector, s *scratch) {
	s.sorts, s.sortAt = s.sorts[:0], s.sortAt[:0]
	next, until, open := 0, 0, -1
	for i := range s.tokens {
		for next < len(s.spans) && s.spans[next].from <= i {
			if sp := s.spans[next]; sp.to > i {
				open, until = sp.concept, sp.to
			}
			next++
		}
		var h uint64
		if i < until {
			h = a.concepts.concepts[open].hash
			if n := len(s.sorts); n > 0 && s.sorts[n-1] == h {
				continue
			}
		} else if h = a.norm.sort(&s.tokens[i]); h == 0 {
			continue
		}
		s.sorts, s.sortAt = append(s.sorts, h), append(s.sortAt, s.clause(i))
	}
	h0 := hashByte(fnvOffset, 'k')
	chain := func(h, x uint64) uint64 { return (h*31 + x) * fnvPrime }
	for i, h := range s.sorts {
		c.now = s.sortAt[i]
		h = chain(h0, h)
		if i+1 < len(s.sorts) {
			two := chain(h, s.sorts[i+1])
			c.add(two, gainSort)
			if i+2 < len(s.sorts) {
				c.add(chain(two, s.sorts[i+2]), gainSort)
				c.add(chain(h+1, s.sorts[i+2]), gainSort)
			}
			if i+3 < len(s.sorts) {
				c.add(chain(h+2, s.sorts[i+3]), gainSort)
			}
		}
	}
}

func (a *Assessor) collectConcepts(c *collector, s *scratch) {
	ts := s.tokens
	hb := hashByte(fnvOffset, 'g')
	for i := range s.spans {
		at := s.spans[i]
		c.now = s.clause(at.from)
		x := a.concepts.concepts[at.concept]
		c.note(c.add(x.hash, gainFull), "<", x.name, ">")
		for j := i + 1; j < len(s.spans) && s.spans[j].from < at.to+conceptsWithin; j++ {
			if s.spans[j].from >= at.to {
				y := a.concepts.concepts[s.spans[j].concept]
				c.note(c.add(x.hash*3+y.hash, gainFull), "<", x.name, "> <", y.name, ">")
			}
		}
		for d := 1; d <= 2; d++ {
			if k := at.from - d; k >= 0 {
				c.note(c.add(hashString(hashByte(hb^x.hash, byte(d)), ts[k].stem), gainBeside), ts[k].stem, " <", x.name, ">")
			}
			if k := at.to - 1 + d; k < len(ts) {
				c.note(c.add(hashString(hashByte(hb^x.hash, byte(16+d)), ts[k].stem), gainBeside), "<", x.name, "> ", ts[k].stem)
			}
		}
	}
}

func (a *Assessor) collectSigns(c *collector, s *scratch) {
	h0 := hashByte(fnvOffset, 's')
	for _, h := range s.hits {
		sign := &a.signs[h.sign]
		c.now = s.clause(h.from)
		if h.scope == "" {
			c.note(c.add(hashString(h0, sign.ID), gainFull), "sign:", sign.ID)
			if sign.Role != "" {
				c.add(hashString(hashByte(h0, 'r'), sign.Role), gainFull)
			}
			if !sign.Weak {
				c.add(hashByte(hashByte(h0, 'l'), byte(sign.Level)), gainFull)
			}
		} else {
			c.note(c.add(hashString(hashByte(h0, 'x'), h.scope), gainFull), "scope:", h.scope)
			c.add(hashString(hashString(h0, h.scope), sign.ID), gainFull)
		}
	}
}

// collectPlaces adds how the message begins and ends and how each question in
// it begins.
func collectPlaces(c *collector, ts []token) {
	n := len(ts)
	if n == 0 {
		return
	}
	hf, hl, hq := hashByte(fnvOffset, 'f'), hashByte(fnvOffset, 'l'), hashByte(fnvOffset, 'q')
	c.note(c.add(hashString(hf, ts[0].word), gainFull), "^ ", ts[0].word)
	c.note(c.add(hashString(hl, ts[n-1].word), gainFull), ts[n-1].word, " $")
	if n > 1 {
		c.note(c.add(hashString(hashByte(hashString(hf, ts[0].word), ' '), ts[1].word), gainFull), "^ ", ts[0].word, " ", ts[1].word)
		c.note(c.add(hashString(hashByte(hashString(hl, ts[n-2].word), ' '), ts[n-1].word), gainFull), ts[n-2].word, " ", ts[n-1].word, " $")
	}
	for i := range ts {
		if !ts[i].asks {
			continue
		}
		c.note(c.add(hq, gainFull), "?")
		j := i
		for j > 0 && ts[j].brk != clauseBreak {
			j--
		}
		h := hashString(hq, ts[j].word)
		c.note(c.add(h, gainFull), ts[j].word, " …?")
		if j < i {
			c.note(c.add(hashString(hashByte(h, ' '), ts[j+1].word), gainFull), ts[j].word, " ", ts[j+1].word, " …?")
		}
	}
}
