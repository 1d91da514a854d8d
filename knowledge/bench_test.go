package knowledge

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/search/query"
)

// questions are put in turn to what is measured.
var questions = []string{
	"whats a case conference",
	"can i ring my brother in jail or does he have to ring me",
	"how do i book a visit",
	"he says hes innocent so wont do the programme, will it hurt him",
	"how do i put money on his account",
	"does going to the case conference use up one of my visits",
	"what is mappa and who sits on it",
	"is there help with the train fare, i get universal credit",
}

// plainIndex is the same sections in a plain bleve index: English analysis, the same
// two fields, BM25.
func plainIndex(b *testing.B, l *Library) bleve.Index {
	m, err := indexMapping(en.AnalyzerName, nil)
	if err != nil {
		b.Fatal(err)
	}
	ix, err := newIndex(m, len(l.entries), func(i int) (string, any) {
		e := &l.entries[i]
		if e.sheet == nil {
			return strconv.Itoa(i), map[string]string{fieldAsked: strings.Join(e.gap.Asked, " ")}
		}
		return strconv.Itoa(i), map[string]string{
			fieldAsked: e.section.Heading + " " + strings.Join(e.section.Asked, " "),
			fieldText:  e.sheet.Title + " " + l.plain(e.section.Short) + " " + l.plainBody(e.section.Body),
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	return ix
}

// copies is the content with n times as many sheets.
func copies(c Content, n int) Content {
	var sheets []Sheet
	for i := range n {
		for _, s := range c.Sheets {
			s.Slug += "-" + strconv.Itoa(i)
			s.Sections = slices.Clone(s.Sections)
			for j := range s.Sections { // words of its own, so that the vocabulary grows as well
				s.Sections[j].Asked = append(slices.Clone(s.Sections[j].Asked), fmt.Sprintf("subject%d item%d", i, i*100+j))
			}
			sheets = append(sheets, s)
		}
	}
	return c.WithSheets(sheets)
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{1, 20, 200} {
		c := copies(realContent(b), n)
		l, err := NewLibrary(c)
		if err != nil {
			b.Fatal(err)
		}
		plain := plainIndex(b, l)
		b.Run(fmt.Sprintf("sheets=%d/find", len(c.Sheets)), func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				l.Find(Query{Text: questions[i%len(questions)]})
			}
		})
		b.Run(fmt.Sprintf("sheets=%d/bleve", len(c.Sheets)), func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				asked, text := query.NewMatchQuery(questions[i%len(questions)]), query.NewMatchQuery(questions[i%len(questions)])
				asked.SetField(fieldAsked)
				text.SetField(fieldText)
				request := bleve.NewSearchRequestOptions(query.NewDisjunctionQuery([]query.Query{asked, text}), mostCandidates, 0, false)
				if _, err := plain.SearchInContext(context.Background(), request); err != nil {
					b.Fatal(err)
				}
			}
		})
		if err := plain.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewLibrary(b *testing.B) {
	c := realContent(b)
	for range b.N {
		if _, err := NewLibrary(c); err != nil {
			b.Fatal(err)
		}
	}
}
