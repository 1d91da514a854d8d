package knowledge

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
)

const (
	mostTerms      = 14 // the terms of a question that are looked for: the rarest
	mostCandidates = 14 // the documents that are scored
	searchTimeout  = 2 * time.Second
)

// queryTerm is a term of the question.
type queryTerm struct {
	text   string
	n      int32   // its number, or -1 when no document has it
	idf    float32 // how much it says
	weight float32 // 1 in the question itself, less in what was said before
}

// scratch is the memory of one question, used again for the next.
type scratch struct {
	terms  []queryTerm
	text   []string
	weight []float32 // by term number: its weight in the question, 0 elsewhere
	found  []candidate
}

func newScratch(vocabulary int) *scratch {
	return &scratch{weight: make([]float32, vocabulary)}
}

func (s *scratch) reset() {
	for _, t := range s.terms {
		if t.n >= 0 {
			s.weight[t.n] = 0
		}
	}
	s.terms, s.found = s.terms[:0], s.found[:0]
}

// candidate is an entry that was found, with what is known of how it fits.
type candidate struct {
	entry *entry
	// coverage is the share of the question's information that the entry has.
	coverage float32
	// likeness is the cosine of the question and the nearest way to put the entry's.
	likeness float32
	// containment is the share of that way's information that the question has.
	containment float32
	// bm25 is the index's score over the information of the question.
	bm25 float32
	// matched is the number of terms in common.
	matched int
	score   float32
}

// unknownShare is the information of a word that no sheet has, as a share of that of
// a word that one has: it may be what the question is about, or chat.
const unknownShare = 0.55

// addTerms adds the terms of words to the question.
func (l *Library) addTerms(s *scratch, words []string, weight float32) {
	s.text = l.lexicon.terms(s.text[:0], words)
	for _, text := range s.text {
		n, known := l.vocabulary[text]
		if !known {
			n, text = l.corrected(text)
		}
		if n < 0 {
			rare := float32(math.Log(1 + float64(len(l.entries))))
			if l.lexicon.everyday[text] {
				rare *= everydayShare
			}
			if !slices.ContainsFunc(s.terms, func(t queryTerm) bool { return t.text == text }) {
				s.terms = append(s.terms, queryTerm{text: text, n: -1, idf: unknownShare * rare, weight: weight})
			}
			continue
		}
		if s.weight[n] > 0 {
			continue
		}
		s.weight[n] = weight
		s.terms = append(s.terms, queryTerm{text: text, n: n, idf: l.idf[n], weight: weight})
	}
}

// corrected takes a term that no document has for the one term that is a letter
// away, if there is one: left out, doubled, swapped with its neighbour or another.
func (l *Library) corrected(text string) (int32, string) {
	if len(text) < minCorrected-1 || text[0] == '=' || text[0] <= '9' {
		return -1, text
	}
	if n, ok := l.near[text]; ok && n >= 0 { // a letter left out
		return n, l.termText(n)
	}
	if len(text) < minCorrected {
		return -1, text
	}
	var array [40]byte
	found := int32(-1)
	for i := range len(text) {
		shorter := append(append(array[:0], text[:i]...), text[i+1:]...)
		if n, ok := l.vocabulary[string(shorter)]; ok && len(shorter) >= minCorrected-1 { // a letter too many
			return n, l.termText(n)
		}
		if n, ok := l.near[string(shorter)]; ok && n >= 0 { // another letter, or two swapped
			if found >= 0 && found != n {
				return -1, text
			}
			found = n
		}
	}
	if found < 0 {
		return -1, text
	}
	return found, l.termText(found)
}

// search asks the index for candidates and scores them.
func (l *Library) search(s *scratch) error {
	var total, squares float32
	for _, t := range s.terms {
		total += t.weight * t.idf
		squares += t.weight * t.weight * t.idf * t.idf
	}
	known := make([]queryTerm, 0, len(s.terms))
	for _, t := range s.terms {
		if t.n >= 0 {
			known = append(known, t)
		}
	}
	if len(known) == 0 {
		return nil
	}
	if len(known) > mostTerms {
		slices.SortStableFunc(known, func(a, b queryTerm) int { return cmp.Compare(b.idf*b.weight, a.idf*a.weight) })
		known = known[:mostTerms]
	}
	queries := make([]query.Query, 0, 2*len(known))
	for _, t := range known {
		queries = append(queries, termQuery(fieldAsked, t.text, t.weight), termQuery(fieldText, t.text, t.weight*fieldTextBoost))
	}
	ctx, cancel := context.WithTimeout(context.Background(), searchTimeout)
	defer cancel()
	result, err := l.index.SearchInContext(ctx, bleve.NewSearchRequestOptions(query.NewDisjunctionQuery(queries), mostCandidates, 0, false))
	if err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	for _, hit := range result.Hits {
		i, err := strconv.Atoi(hit.ID)
		if err != nil || i >= len(l.entries) {
			return fmt.Errorf("search index: document %q is not ours", hit.ID)
		}
		s.found = append(s.found, l.fit(s, &l.entries[i], total, squares, float32(hit.Score)))
	}
	byScore(s.found)
	return nil
}

const fieldTextBoost = 0.5

func termQuery(field, text string, weight float32) query.Query {
	q := query.NewTermQuery(text)
	q.SetField(field)
	q.SetBoost(float64(weight))
	return q
}

// What the measures of a candidate weigh in its score. They add up to 1, in the
// proportions that a conditional logit gives over the ways in which people put the
// questions of the library, each left out in turn.
const (
	weighCoverage    = 0.24
	weighContainment = 0.10
	weighBM25        = 0.28
	weighMatched     = 0.38
)

// fit measures how an entry fits the question in s, which has the given
// information in total and in squares.
func (l *Library) fit(s *scratch, e *entry, total, squares, score float32) candidate {
	c := candidate{entry: e, bm25: score / total}
	for _, t := range s.terms {
		if t.n < 0 {
			continue
		}
		if i, has := slices.BinarySearchFunc(e.terms, t.n, func(w termWeight, n int32) int { return int(w.term - n) }); has {
			c.coverage += t.weight * t.idf * e.terms[i].weight
			c.matched++
		}
	}
	c.coverage /= total
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
		if cosine := common / (root * float32(math.Sqrt(float64(p.sum)))); cosine > c.likeness {
			c.likeness, c.containment = cosine, common/p.sum
		}
	}
	share := float32(c.matched) / float32(len(s.terms))
	c.score = weighCoverage*c.coverage + weighContainment*c.containment + weighBM25*min(c.bm25, 1) + weighMatched*share
	return c
}

func byScore(list []candidate) {
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
}
