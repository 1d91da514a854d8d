package risk

import "math/bits"

// kindAt is one class of lexicon.yaml seen in a message.
type kindAt struct {
	class   uint16
	at      int32 // token
	clause  int32
	negated bool
	asked   bool // its clause ends with a question mark
	iffy    bool // its clause is a condition
	who     bool
}

// findKinds notes the classes of the words of s, in order.
func (a *Assessor) findKinds(s *scratch) {
	s.kinds = s.kinds[:0]
	ts := s.tokens
	clause, negated, first := int32(0), 0, 0
	iffy := false
	for i := 0; i < len(ts); {
		if ts[i].brk != noBreak {
			negated = 0
			if ts[i].brk == clauseBreak && i > 0 {
				clause++
				first = len(s.kinds)
				iffy = false
			}
		}
		if ts[i].word == "if" || ts[i].word == "unless" {
			iffy = true
		}
		classes, n := a.lexicon.at(ts, i)
		for _, c := range classes {
			s.kinds = append(s.kinds, kindAt{class: c, at: int32(i), clause: clause, negated: negated > 0, iffy: iffy, who: a.lexicon.who[c]})
		}
		for k := range n {
			if negated > 0 {
				negated--
			}
			if a.negators.has(ts[i+k].id) {
				negated = negatedWithin
			}
		}
		if ts[i+n-1].asks {
			for k := first; k < len(s.kinds); k++ {
				s.kinds[k].asked = true
			}
		}
		i += n
	}
}

// symbol is what a class stands for with its negation.
func (a *Assessor) symbol(k *kindAt) uint64 {
	h := a.lexicon.classes[k.class].hash
	if k.negated {
		h = h*3 + 1
	}
	return h
}

// collectClasses adds the classes one by one: as they are, negated, asked
// about, under a condition, in the last sentence.
func (a *Assessor) collectClasses(c *collector, s *scratch) {
	last := int32(-1)
	if n := len(s.kinds); n > 0 {
		last = s.kinds[n-1].clause
	}
	for i := range s.kinds {
		k := &s.kinds[i]
		c.now = s.clause(int(k.at))
		x := &a.lexicon.classes[k.class]
		c.note(c.add(x.hash, gainFull), "[", x.name, "]")
		if k.negated {
			c.note(c.add(a.symbol(k), gainFull), "not … [", x.name, "]")
		}
		if k.asked {
			c.note(c.add(x.hash*5+2, gainClassMark), "[", x.name, "] …?")
		}
		if k.iffy {
			c.note(c.add(x.hash*5+3, gainClassMark), "if … [", x.name, "]")
		}
		if k.clause == last && last > 0 {
			c.note(c.add(x.hash*5+4, gainClassMark), "[", x.name, "] $")
		}
	}
}

const gainClassMark = 0.7

// How far apart classes may stand to be seen together.
const (
	framesWithin = 10 // words
	framesAcross = 24 // classes, over sentences
)

// collectFrames adds pairs of classes in order within a sentence, who they
// are said of, three in a row, and pairs over the sentences of a message.
func (a *Assessor) collectFrames(c *collector, s *scratch) {
	ks := s.kinds
	who := -1
	for i := range ks {
		x := &ks[i]
		if x.who {
			who = i
		}
		c.now = s.clause(int(x.at))
		hx := a.symbol(x)
		xn := a.lexicon.classes[x.class].name
		third := 0
		for j := i + 1; j < len(ks); j++ {
			y := &ks[j]
			if y.clause != x.clause || y.at > x.at+framesWithin {
				break
			}
			if y.at == x.at {
				continue
			}
			hy := a.symbol(y)
			pair := (hx*31 + hy) * fnvPrime
			near := uint64(0)
			if bits.Len(uint(y.at-x.at)) > 2 {
				near = 1
			}
			c.note(c.add(pair, gainFull), "[", xn, "] [", a.lexicon.classes[y.class].name, "]")
			if near == 0 {
				c.add(pair+7, gainFrameNear)
			}
			if third < 2 && j+1 < len(ks) && ks[j+1].clause == x.clause && ks[j+1].at > y.at {
				c.add((pair*31+a.symbol(&ks[j+1]))*fnvPrime, gainFrameThree)
			}
			third++
		}
		if who >= 0 && who != i && !x.who {
			hw := a.lexicon.classes[ks[who].class].hash
			c.note(c.add((hw*17+hx)*fnvPrime+3, gainFull), "[", a.lexicon.classes[ks[who].class].name, "] … [", xn, "]")
		}
		// over sentences
		for j := i + 1; j < len(ks) && j < i+framesAcross; j++ {
			if y := &ks[j]; y.clause != x.clause && !x.who && !y.who {
				hy := a.symbol(y)
				c.add((min(hx, hy)*13+max(hx, hy))*fnvPrime+5, gainFrameAcross)
			}
		}
	}
}

const (
	gainFrameNear   = 0.7
	gainFrameThree  = 0.5
	gainFrameAcross = 0.5
)
