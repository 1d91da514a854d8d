package knowledge

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/whitespace"
	"github.com/blevesearch/bleve/v2/mapping"
	index "github.com/blevesearch/bleve_index_api"
)

// The fields of the index. A question is looked for in both, so that its cost does
// not grow with the parts of a sheet; the parts are weighed when candidates are scored.
const (
	fieldAsked = "asked" // heading and asked: how people put the question
	fieldText  = "text"  // title, topics, short answer and body
)

// What a term is worth by the part of the section that has it.

const (
	weightAsked = 1.0
	weightShort = 0.7
	weightBody  = 0.45
	weightTitle = 0.5
)

// entry is one document of the index: a section, or a gap (sheet is nil).
type entry struct {
	sheet   *Sheet
	section *Section
	// sheetNumber is that of sheet in the library; it says nothing for a gap.
	sheetNumber int
	country     Jurisdiction // where the section holds
	gap         *gap

	phrasings []phrasing   // heading and asked
	terms     []termWeight // every term, by number
}

// phrasing is one way to put a question, as terms by number, each once.
type phrasing struct {
	terms []int32
	sum   float32 // of the squared idf of terms
}

type termWeight struct {
	term   int32
	weight float32 // of the best field that has the term
}

// everydayShare is what an everyday word counts for, as a share of another as rare.
const everydayShare = 0.35

// addEntries makes the entries and the vocabulary.
func (l *Library) addEntries(gaps []gap) {
	l.vocabulary = map[string]int32{}
	var df []int
	analyse := func(text string) []int32 {
		var numbers []int32
		for _, term := range l.lexicon.terms(nil, l.lexicon.words(text)) {
			n, known := l.vocabulary[term]
			if !known {
				n = int32(len(df))
				l.vocabulary[term] = n
				df = append(df, 0)
				l.names = append(l.names, term)
			}
			numbers = append(numbers, n)
		}
		return numbers
	}
	add := func(e entry, asked []string, rest map[float32]string) {
		best := map[int32]float32{}
		for _, text := range asked {
			numbers := analyse(text)
			for _, n := range numbers {
				best[n] = weightAsked
			}
			slices.Sort(numbers)
			if numbers = slices.Compact(numbers); len(numbers) > 0 {
				e.phrasings = append(e.phrasings, phrasing{terms: numbers})
			}
		}
		for weight, text := range rest {
			for _, n := range analyse(text) {
				best[n] = max(best[n], weight)
			}
		}
		for n, weight := range best {
			if weight != weightTitle { // a sheet's title is in all of its sections, and makes none of its words common
				df[n]++
			}
			e.terms = append(e.terms, termWeight{term: n, weight: weight})
		}
		slices.SortFunc(e.terms, func(a, b termWeight) int { return int(a.term - b.term) })
		l.entries = append(l.entries, e)
	}
	for i := range l.sheets {
		sheet := &l.sheets[i]
		title := sheet.Title + " . " + strings.Join(sheet.Topics, " . ")
		for j := range sheet.Sections {
			section := &sheet.Sections[j]
			add(entry{sheet: sheet, sheetNumber: i, section: section, country: section.Country(sheet)}, append([]string{section.Heading}, section.Asked...), map[float32]string{
				weightShort: l.plain(section.Short), weightBody: l.plainBody(section.Body), weightTitle: title,
			})
		}
	}
	for i := range gaps {
		g := &gaps[i]
		add(entry{gap: g}, append([]string{g.Title}, g.Asked...), nil)
	}
	total := float64(len(l.entries))
	l.idf = make([]float32, len(df))
	for n, count := range df {
		l.idf[n] = float32(math.Log(1 + (total-float64(count)+0.5)/(float64(count)+0.5)))
		if l.lexicon.everyday[l.names[n]] {
			l.idf[n] *= everydayShare
		}
	}
	for i := range l.entries {
		for j := range l.entries[i].phrasings {
			p := &l.entries[i].phrasings[j]
			for _, n := range p.terms {
				p.sum += l.idf[n] * l.idf[n]
			}
		}
	}
	l.addSpellings()
}

// addSpellings notes every spelling that is a term without one of its letters, so
// that an unknown word can be taken for a term one letter away without a search
// through the vocabulary. A spelling that fits two terms fits none.
func (l *Library) addSpellings() {
	l.near = make(map[string]int32, 8*len(l.vocabulary))
	for term, n := range l.vocabulary {
		if len(term) < minCorrected || term[0] == '=' {
			continue
		}
		for _, spelling := range withoutOne(nil, term) {
			if other, taken := l.near[spelling]; taken && other != n {
				l.near[spelling] = -1
			} else {
				l.near[spelling] = n
			}
		}
	}
}

// minCorrected is the shortest stem that is corrected, in bytes.
const minCorrected = 5

// withoutOne appends the texts that term becomes when one of its bytes is left out.
// Texts with letters beyond ASCII give texts that nobody types, which does no harm.
func withoutOne(to []string, term string) []string {
	for i := range len(term) {
		to = append(to, term[:i]+term[i+1:])
	}
	return to
}

// buildIndex indexes the entries. Documents are the entries' terms in the lexicon's
// form, so that bleve splits them at spaces and changes nothing.
func (l *Library) buildIndex() error {
	m, err := indexMapping(analyzerTerms, func(m *mapping.IndexMappingImpl) error {
		return m.AddCustomAnalyzer(analyzerTerms, map[string]any{"type": custom.Name, "tokenizer": whitespace.Name})
	})
	if err != nil {
		return err
	}
	l.index, err = newIndex(m, len(l.entries), func(i int) (string, any) {
		return strconv.Itoa(i), l.document(&l.entries[i])
	})
	return err
}

const analyzerTerms = "terms"

func (l *Library) document(e *entry) map[string]string {
	join := func(texts ...string) string {
		var terms []string
		for _, text := range texts {
			terms = l.lexicon.terms(terms, l.lexicon.words(text))
		}
		return strings.Join(terms, " ")
	}
	if e.sheet == nil {
		var b strings.Builder
		for term, n := range l.vocabulary {
			for _, p := range e.phrasings {
				if _, has := slices.BinarySearch(p.terms, n); has {
					b.WriteString(term)
					b.WriteByte(' ')
				}
			}
		}
		return map[string]string{fieldAsked: b.String()}
	}
	return map[string]string{
		fieldAsked: join(append([]string{e.section.Heading, e.section.Heading}, e.section.Asked...)...),
		fieldText:  join(e.sheet.Title, strings.Join(e.sheet.Topics, " . "), l.plain(e.section.Short), l.plainBody(e.section.Body)),
	}
}

// indexMapping maps the two fields with the analyser and BM25.
func indexMapping(analyser string, define func(*mapping.IndexMappingImpl) error) (*mapping.IndexMappingImpl, error) {
	m := bleve.NewIndexMapping()
	if define != nil {
		if err := define(m); err != nil {
			return nil, fmt.Errorf("define analyser: %w", err)
		}
	}
	m.ScoringModel = index.BM25Scoring
	m.DefaultAnalyzer = analyser
	doc := bleve.NewDocumentStaticMapping()
	for _, field := range []string{fieldAsked, fieldText} {
		text := bleve.NewTextFieldMapping()
		text.Analyzer = analyser
		text.Store, text.IncludeTermVectors, text.IncludeInAll, text.DocValues = false, false, false, false
		doc.AddFieldMappingsAt(field, text)
	}
	m.DefaultMapping = doc
	return m, nil
}

// newIndex makes an index in memory of n documents. bleve.NewMemOnly would give the
// older index, which is many times slower.
func newIndex(m *mapping.IndexMappingImpl, n int, document func(int) (string, any)) (bleve.Index, error) {
	ix, err := bleve.NewUsing("", m, "scorch", "scorch", nil)
	if err != nil {
		return nil, err
	}
	batch := ix.NewBatch()
	for i := range n {
		id, doc := document(i)
		if err := batch.Index(id, doc); err != nil {
			return nil, fmt.Errorf("document %s: %w", id, err)
		}
	}
	if err := ix.Batch(batch); err != nil {
		return nil, err
	}
	return ix, nil
}

// termText is the text of a term by number.
func (l *Library) termText(n int32) string { return l.names[n] }
