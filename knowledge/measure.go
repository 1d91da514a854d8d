package knowledge

import (
	"math"
	"slices"
)

// What is measured of a candidate.
const (
	measureCoverage    = iota // the share of the question's information that the entry has
	measureContainment        // the share of the nearest phrasing's information that the question has
	measureCosine             // the cosine, by terms, of the question and that phrasing
	measureBM25               // the index's score over the information of the question
	measureBM25Best           // the same as a share of the best candidate's
	measureMatched            // the share of the question's terms that the entry has
	measureWhole              // how like the question is to the entry as a whole
	measureWholeBest          // the same as a share of the best candidate's
	measureNearest            // how like it is to the nearest way to put the entry
	measureSeveral            // how like it is to several ways
	measureGap                // 1 for a subject that no sheet answers
	measureChosen             // the chooser's score, in tens, against the best that may be shown
	measureShare              // the chooser's share of certainty
	measureSheetShare         // the same of all sections of its sheet together
	measures
)

// What is measured of a question, to say that none of the candidates is meant.
const (
	noneAlways    = iota // 1
	noneStrange          // 1 when the question has no word of this field
	noneUnknown          // the share of its information in words that no entry has
	noneShort            // 1 over the number of its terms
	noneUncovered        // the share of its information that even the best candidate lacks
	noneUnlike           // how unlike the most like candidate is
	noneDoubt            // the share of certainty that the chooser's first lacks
	noneMeasures
)

// weightsOf is what the measures of a candidate and of "none of them" weigh.
type weightsOf struct {
	candidate [measures]float32
	none      [noneMeasures]float32
}

// The kinds of library that have weights of their own, by size.
const (
	withChooser  = iota // it has a chooser and likenesses
	withLikeness        // too large for a chooser
	withIndex           // too large for likenesses as well: BM25 alone
	weightKinds
)

func (l *Library) weightSet() int {
	switch {
	case l.likenesses == nil:
		return withIndex
	case l.likenesses.chooser == nil:
		return withLikeness
	}
	return withChooser
}

// measure measures how an entry fits the question in s, which has the given
// information in total and in squares.
func (l *Library) measure(s *scratch, number int32, total, squares, score float32) (m [measures]float32) {
	e := &l.entries[number]
	matched := 0
	for _, t := range s.terms {
		if t.n < 0 {
			continue
		}
		if i, has := slices.BinarySearchFunc(e.terms, t.n, func(w termWeight, n int32) int { return int(w.term - n) }); has {
			m[measureCoverage] += t.weight * t.idf * e.terms[i].weight
			matched++
		}
	}
	if total > 0 {
		m[measureCoverage] /= total
		m[measureBM25] = min(score/total, 1)
		m[measureMatched] = float32(matched) / float32(len(s.terms))
	}
	root := float32(math.Sqrt(float64(squares)))
	for _, p := range e.phrasings {
		var common float32
		for _, n := range p.terms {
			if w := s.weight[n]; w > 0 {
				common += w * l.idf[n] * l.idf[n]
			}
		}
		if common == 0 {
			continue
		}
		if cosine := common / (root * float32(math.Sqrt(float64(p.sum)))); cosine > m[measureCosine] {
			m[measureCosine], m[measureContainment] = cosine, common/p.sum
		}
	}
	if l.likenesses != nil {
		like := s.like.byOne[number]
		m[measureWhole], m[measureNearest] = like.whole, like.nearest
		m[measureSeveral] = float32(math.Cbrt(float64(like.several)))
	}
	if e.sheet == nil {
		m[measureGap] = 1
	}
	return m
}

// weigh gives the candidates in s, and "none of them", their scores.
func (l *Library) weigh(s *scratch, at place) {
	by := &weightSets[l.weightSet()]
	var bm25, whole, coverage float32
	for i := range s.found {
		coverage = max(coverage, s.found[i].measures[measureCoverage])
		bm25 = max(bm25, s.found[i].measures[measureBM25])
		whole = max(whole, s.found[i].measures[measureWhole])
	}
	surest := l.chosen(s, at)
	for i := range s.found {
		c := &s.found[i]
		if bm25 > 0 {
			c.measures[measureBM25Best] = c.measures[measureBM25] / bm25
		}
		if whole > 0 {
			c.measures[measureWholeBest] = c.measures[measureWhole] / whole
		}
		c.score = 0
		for j, m := range c.measures {
			c.score += by.candidate[j] * m
		}
	}
	var total, unknown float32
	for _, t := range s.terms {
		total += t.weight * t.idf
		if t.n < 0 {
			unknown += t.weight * t.idf
		}
	}
	s.noneBy = [noneMeasures]float32{noneAlways: 1, noneShort: 1 / float32(1+len(s.terms)), noneUncovered: 1 - coverage}
	if l.likenesses != nil {
		s.noneBy[noneUnlike] = 1 - whole
		if l.likenesses.chooser != nil {
			s.noneBy[noneDoubt] = 1 - surest
		}
	}
	if !s.field {
		s.noneBy[noneStrange] = 1
	}
	if total > 0 {
		s.noneBy[noneUnknown] = unknown / total
	}
	s.none = 0
	for j, m := range s.noneBy {
		s.none += by.none[j] * m
	}
}

// chosen measures what the chooser says of the candidates, over all entries that may be
// shown for the place, and returns the share of the surest.
func (l *Library) chosen(s *scratch, at place) (surest float32) {
	if l.likenesses == nil || l.likenesses.chooser == nil {
		return 0
	}
	scores := s.like.scores
	top := float32(math.Inf(-1))
	for i := range l.entries {
		if !allowed(&l.entries[i], at) {
			continue
		}
		top = max(top, scores[i])
	}
	s.sheets = grown(s.sheets, len(l.sheets))
	var sum float32
	for i := range l.entries {
		e := &l.entries[i]
		if scores[i] < top-farBehind || !allowed(e, at) {
			continue
		}
		p := exp(scores[i] - top)
		sum += p
		if e.sheet != nil {
			s.sheets[e.sheetNumber] += p
		}
	}
	for i := range s.found {
		c := &s.found[i]
		behind := scores[c.number] - top
		c.measures[measureChosen] = max(behind, -farBehind) / 10
		c.measures[measureShare] = min(exp(behind)/sum, 1)
		if c.entry.sheet != nil {
			c.measures[measureSheetShare] = s.sheets[c.entry.sheetNumber] / sum
		}
		if allowed(c.entry, at) {
			surest = max(surest, c.measures[measureShare])
		}
	}
	clear(s.sheets)
	return surest
}

// share turns the scores of candidates and of none into shares of certainty.
func share(list []candidate, none float32) (noneShare float32) {
	top := none
	for i := range list {
		top = max(top, list[i].score)
	}
	noneShare = exp(none - top)
	sum := noneShare
	for i := range list {
		list[i].share = exp(list[i].score - top)
		sum += list[i].share
	}
	for i := range list {
		list[i].share /= sum
	}
	return noneShare / sum
}

func exp(x float32) float32 { return float32(math.Exp(float64(x))) }
