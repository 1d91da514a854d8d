package risk

import "slices"

// applyScopes marks the hits whose words are not meant as they stand: figures
// of speech, an offence, a request for information, long past, denied.
func (a *Assessor) applyScopes(s *scratch) {
	ts := s.tokens
	a.scopeIdx.find(ts, func(p *pattern, from, to int) {
		rule := &a.scopes[p.sign]
		lo, hi := from, to
		switch rule.Reach {
		case "clause":
			for lo > 0 && ts[lo].brk != clauseBreak {
				lo--
			}
			for hi < len(ts) && ts[hi].brk != clauseBreak {
				hi++
			}
		case "message":
			lo, hi = 0, len(ts)
		}
		for i := range s.hits {
			h := &s.hits[i]
			if h.scope == "" && h.from < hi && lo < h.to && !slices.Contains(a.signs[h.sign].Through, rule.ID) {
				h.scope = rule.ID
			}
		}
	})
	for i := range s.hits {
		h := &s.hits[i]
		if h.scope == "" && a.deniedAt(ts, h.from) && !slices.Contains(a.signs[h.sign].Through, "denied") {
			h.scope = "denied"
		}
	}
}

// deniedAt looks for a negation in the three words before a match, in the
// same clause. "not only", "no doubt", "why not" deny nothing.
func (a *Assessor) deniedAt(ts []token, from int) bool {
	for i := from - 1; i >= 0 && i >= from-3; i-- {
		if ts[i+1].brk != noBreak {
			return false
		}
		if !a.negators.has(ts[i].id) {
			continue
		}
		if i+1 < len(ts) && a.notDeny.has(ts[i+1].id) {
			return false
		}
		return true
	}
	return false
}

// isOrdinary says whether the whole message is one of the everyday ones.
func (a *Assessor) isOrdinary(s *scratch) bool {
	whole := false
	a.ordinary.find(s.tokens, func(_ *pattern, from, to int) {
		whole = whole || from == 0 && to == len(s.tokens)
	})
	return whole
}
