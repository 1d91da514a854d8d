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
	mostCandidates = 14 // the documents that the index gives
	mostLike       = 14 // the entries that are most like the question
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
	like   likeness
	sheets []float32 // by sheet: the chooser's share
	field  bool      // the question has a word of this field
	found  []candidate
	none   float32 // the score of "none of them"
	noneBy [noneMeasures]float32
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
	s.field = false
	s.terms, s.found, s.like.grams = s.terms[:0], s.found[:0], s.like.grams[:0]
}

// candidate is an entry that was found, with what is known of how it fits.
type candidate struct {
	entry    *entry
	number   int32 // of the entry
	measures [measures]float32
	score    float32 // the sum of the weighed measures, and of what its place adds
	share    float32 // how sure it is: the shares of all candidates and of "none" add up to 1
}

// unknownShare is the information of a word that no sheet has, as a share of that of
// a word that one has: it may be what the question is about, or chat.
const unknownShare = 0.55

// addTerms adds the terms of words to the question.
func (l *Library) addTerms(s *scratch, words []string, weight float32) {
	s.text = l.lexicon.eachTerm(s.text[:0], words, func(term string) { s.field = s.field || l.intents.field[term] })
	for i := range words {
		if _, n := l.named.at(words[i:]); n > 0 {
			s.field = true // an organisation of the register
			break
		}
	}
	if l.likenesses != nil {
		s.like.grams = gramsOf(s.like.grams, words, s.text, weight)
	}
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

// search finds candidates for a place and scores them: the best of the index by
// BM25, and the likest by grams in a library that is not too large for them.
func (l *Library) search(s *scratch, at place) error {
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
	scores, err := l.bm25(known)
	if err != nil {
		return err
	}
	order := make([]int32, 0, len(scores)+mostLike)
	for i := range scores {
		order = append(order, i)
	}
	if l.likenesses != nil {
		l.likenesses.compare(&s.like, len(l.entries), mostLike)
		order = append(order, s.like.order...)
	}
	slices.Sort(order)
	order = slices.Compact(order)
	for _, i := range order {
		s.found = append(s.found, candidate{entry: &l.entries[i], number: i, measures: l.measure(s, i, total, squares, scores[i])})
	}
	l.weigh(s, at)
	return nil
}

// bm25 is the index's scores of the best documents for terms, by number of entry.
func (l *Library) bm25(terms []queryTerm) (map[int32]float32, error) {
	scores := make(map[int32]float32, mostCandidates)
	if len(terms) == 0 {
		return scores, nil
	}
	if len(terms) > mostTerms {
		slices.SortStableFunc(terms, func(a, b queryTerm) int { return cmp.Compare(b.idf*b.weight, a.idf*a.weight) })
		terms = terms[:mostTerms]
	}
	queries := make([]query.Query, 0, 2*len(terms))
	for _, t := range terms {
		queries = append(queries, termQuery(fieldAsked, t.text, t.weight), termQuery(fieldText, t.text, t.weight*fieldTextBoost))
	}
	ctx, cancel := context.WithTimeout(context.Background(), searchTimeout)
	defer cancel()
	result, err := l.index.SearchInContext(ctx, bleve.NewSearchRequestOptions(query.NewDisjunctionQuery(queries), mostCandidates, 0, false))
	if err != nil {
		return nil, fmt.Errorf("search index: %w", err)
	}
	for _, hit := range result.Hits {
		i, err := strconv.Atoi(hit.ID)
		if err != nil || i >= len(l.entries) {
			return nil, fmt.Errorf("search index: document %q is not ours", hit.ID)
		}
		scores[int32(i)] = float32(hit.Score)
	}
	return scores, nil
}

const fieldTextBoost = 0.5

func termQuery(field, text string, weight float32) query.Query {
	q := query.NewTermQuery(text)
	q.SetField(field)
	q.SetBoost(float64(weight))
	return q
}

func byScore(list []candidate) {
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
}
