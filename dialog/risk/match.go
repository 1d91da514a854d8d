package risk

import "sort"

// index finds the patterns that can begin with a word.
type index struct {
	patterns []pattern
	byID     [][]int32 // vocabulary number -> patterns
}

func (x *index) build() {
	for pi := range x.patterns {
		e := x.patterns[pi].first()
		add := func(id int32) {
			for int(id) >= len(x.byID) {
				x.byID = append(x.byID, nil)
			}
			if l := x.byID[id]; len(l) == 0 || l[len(l)-1] != int32(pi) {
				x.byID[id] = append(l, int32(pi))
			}
		}
		for w, bits := range e.set {
			for b := range 64 {
				if bits&(1<<uint(b)) != 0 {
					add(int32(w*64 + b))
				}
			}
		}
		for _, run := range e.runs {
			add(run[0])
		}
	}
}

// find calls fn for every match: pattern number, first token, one past the
// last. A pattern may be reported twice at one place.
func (x *index) find(ts []token, fn func(p *pattern, from, to int)) {
	for i := range ts {
		t := &ts[i]
		for k, id := range [3]int32{t.id, t.sid, t.pid} {
			if id <= 0 || int(id) >= len(x.byID) || k == 1 && id == t.id {
				continue
			}
			for _, pi := range x.byID[id] {
				p := &x.patterns[pi]
				if end := p.matchAt(ts, i); end > i {
					fn(p, i, end)
				}
			}
		}
	}
}

// hits fills s.hits with the signs seen in s.tokens, each with the scope that
// takes it away, if any. Of several matches of one sign the first that counts
// stays.
func (a *Assessor) findHits(s *scratch) {
	s.hits = s.hits[:0]
	ts := s.tokens
	a.index.find(ts, func(p *pattern, from, to int) {
		for i := range s.hits {
			if h := &s.hits[i]; h.sign == p.sign && h.from <= from && to <= h.to {
				return
			}
		}
		s.hits = append(s.hits, hit{sign: p.sign, from: from, to: to})
	})
	if len(s.hits) == 0 {
		return
	}
	a.applyScopes(s)
	a.unless.find(ts, func(p *pattern, _, _ int) {
		for i := range s.hits {
			if s.hits[i].sign == p.sign && s.hits[i].scope == "" {
				s.hits[i].scope = "unless"
			}
		}
	})
	// one hit a sign: one that counts before one that does not
	sort.SliceStable(s.hits, func(i, j int) bool {
		x, y := s.hits[i], s.hits[j]
		if x.sign != y.sign {
			return x.sign < y.sign
		}
		if (x.scope == "") != (y.scope == "") {
			return x.scope == ""
		}
		return x.from < y.from
	})
	kept := s.hits[:0]
	for i, h := range s.hits {
		if i == 0 || h.sign != s.hits[i-1].sign {
			h.said = stretch{ts[h.from].start, ts[h.to-1].end}
			kept = append(kept, h)
		}
	}
	s.hits = kept
}
