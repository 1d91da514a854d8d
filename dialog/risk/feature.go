package risk

import "sort"

// feature is one thing the statistical model weighs: a place in its table and
// how much of it there is.
type feature struct {
	at    uint32
	value float32
}

// The groups of features. Each group of a message is scaled to the same
// length, so that long messages do not weigh more than short ones.
type group uint8

const (
	groupWord    group = iota // words and pairs of words
	groupChar                 // 3 to 5 letters in a row, word ends included
	groupConcept              // lists of lists.yaml: alone, in order, together
	groupSign                 // signs, with the scope that took them away
	groupHistory              // the same of what was written before
	groups
)

// groupScale was found by cross-validation on the training files.
var groupScale = [groups]float32{groupWord: 3.0, groupChar: 1.2, groupConcept: 0.6, groupSign: 0.7, groupHistory: 0.5}

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

// mix spreads a hash over the whole word before its low bits are used.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	return h
}

// rarityUnit is the fixed point of rarities.
const rarityUnit = 16

// collector gathers the features of one message, each once.
type collector struct {
	bits  uint
	seen  []uint32 // stamp of the message that last used a place
	stamp uint32
	feats []feature
	names map[uint32]string // only when training: what a place stands for
	// rarity says how telling a place is (rarityUnit: as telling as a feature
	// of every message; 0: seen too seldom to weigh). Nil while it is counted.
	rarity []uint8
}

func (c *collector) begin() {
	if len(c.seen) != 1<<c.bits {
		c.seen = make([]uint32, 1<<c.bits)
		c.stamp = 0
	}
	c.stamp++
	if c.stamp == 0 {
		clear(c.seen)
		c.stamp = 1
	}
	c.feats = c.feats[:0]
}

func (c *collector) add(h uint64) uint32 {
	at := uint32(mix(h)) & (1<<c.bits - 1)
	if c.seen[at] == c.stamp {
		return at
	}
	c.seen[at] = c.stamp
	v := float32(1)
	if c.rarity != nil {
		r := c.rarity[at]
		if r == 0 {
			return at
		}
		v = float32(r) / rarityUnit
	}
	c.feats = append(c.feats, feature{at: at, value: v})
	return at
}

// scaleFrom brings the features since mark to the length of their group.
func (c *collector) scaleFrom(mark int, scale float32) {
	var sum float32
	for _, f := range c.feats[mark:] {
		sum += f.value * f.value
	}
	if sum == 0 {
		return
	}
	v := scale / sqrt32(sum)
	for i := mark; i < len(c.feats); i++ {
		c.feats[i].value *= v
	}
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

// collect adds the features of the tokens and hits in s under a prefix.
func (a *Assessor) collect(c *collector, s *scratch, prefix uint64, scale float32) {
	ts := s.tokens
	mark := len(c.feats)
	h0 := hashByte(prefix, 'w')
	for i := range ts {
		h := hashString(h0, ts[i].word)
		c.note(c.add(h), ts[i].word)
		hs := hashString(h0, ts[i].stem)
		if ts[i].stem != ts[i].word {
			c.note(c.add(hs), ts[i].stem)
		}
		if i+1 < len(ts) {
			c.note2(c.add(hashString(hashByte(hs, ' '), ts[i+1].stem)), ts[i].stem, " ", ts[i+1].stem)
		}
		if i+2 < len(ts) {
			c.note2(c.add(hashString(hashByte(hs, '_'), ts[i+2].stem)), ts[i].stem, " _ ", ts[i+2].stem)
		}
	}
	c.scaleFrom(mark, scale*groupScale[groupWord])

	mark = len(c.feats)
	h0 = hashByte(prefix, 'c')
	for i := range ts {
		a.collectChars(c, s, h0, ts[i].word)
	}
	c.scaleFrom(mark, scale*groupScale[groupChar])

	mark = len(c.feats)
	s.spans = s.spans[:0]
	a.concepts.index.find(ts, func(p *pattern, from, to int) {
		for i := range s.spans {
			if s.spans[i].concept == p.sign && s.spans[i].from == from {
				s.spans[i].to = max(s.spans[i].to, to)
				return
			}
		}
		s.spans = append(s.spans, span{p.sign, from, to})
	})
	for i := range s.spans {
		x := a.concepts.concepts[s.spans[i].concept]
		c.note(c.add(prefix^x.hash), "<"+x.name+">")
		for j := i + 1; j < len(s.spans) && s.spans[j].from < s.spans[i].to+8; j++ {
			if s.spans[j].from < s.spans[i].to {
				continue
			}
			y := a.concepts.concepts[s.spans[j].concept]
			c.note2(c.add(prefix^(x.hash*3+y.hash)), "<"+x.name, "> <", y.name+">")
			if s.spans[j].from == s.spans[i].to {
				c.add(prefix ^ (x.hash*7 + y.hash))
			}
		}
	}
	c.scaleFrom(mark, scale*groupScale[groupConcept])

	mark = len(c.feats)
	h0 = hashByte(prefix, 's')
	for _, h := range s.hits {
		sign := &a.signs[h.sign]
		if h.scope == "" {
			c.note(c.add(hashString(h0, sign.ID)), "sign:"+sign.ID)
			if sign.Role != "" {
				c.add(hashString(hashByte(h0, 'r'), sign.Role))
			}
			if !sign.Weak {
				c.add(hashByte(hashByte(h0, 'l'), byte(sign.Level)))
			}
		} else {
			c.note(c.add(hashString(hashByte(h0, 'x'), h.scope)), "scope:"+h.scope)
			c.add(hashString(hashString(h0, h.scope), sign.ID))
		}
	}
	c.scaleFrom(mark, scale*groupScale[groupSign])
}

func (c *collector) note(at uint32, name string) {
	if c.names != nil {
		c.names[at] = name
	}
}

func (c *collector) note2(at uint32, x, y, z string) {
	if c.names != nil {
		c.names[at] = x + y + z
	}
}

// collectChars adds the runs of 3 to 5 letters of one word, its ends marked.
func (a *Assessor) collectChars(c *collector, s *scratch, h0 uint64, w string) {
	s.joined = append(append(append(s.joined[:0], ' '), w...), ' ')
	b := s.joined
	for i := range b {
		h := h0
		for k := i; k < len(b) && k < i+5; k++ {
			h = hashByte(h, b[k])
			if k-i >= 2 {
				c.add(h)
			}
		}
	}
}
