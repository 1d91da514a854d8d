package knowledge

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/search/query"
	_ "modernc.org/sqlite"
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

// passages are the texts of every entry, as the two others search them: how people ask,
// and what is answered.
func passages(l *Library) (list [][2]string) {
	for i := range l.entries {
		e := &l.entries[i]
		if e.sheet == nil {
			list = append(list, [2]string{strings.Join(e.gap.Asked, " "), ""})
			continue
		}
		list = append(list, [2]string{
			e.section.Heading + " " + strings.Join(e.section.Asked, " "),
			e.sheet.Title + " " + l.plain(e.section.Short) + " " + l.plainBody(e.section.Body),
		})
	}
	return list
}

// plainIndex is the passages in a plain bleve index: English analysis, two fields, BM25.
func plainIndex(b *testing.B, l *Library) bleve.Index {
	m, err := indexMapping(en.AnalyzerName, nil)
	if err != nil {
		b.Fatal(err)
	}
	list := passages(l)
	ix, err := newIndex(m, len(list), func(i int) (string, any) {
		return strconv.Itoa(i), map[string]string{fieldAsked: list[i][0], fieldText: list[i][1]}
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = ix.Close() })
	return ix
}

func findInBleve(b *testing.B, ix bleve.Index, text string) {
	asked, whole := query.NewMatchQuery(text), query.NewMatchQuery(text)
	asked.SetField(fieldAsked)
	whole.SetField(fieldText)
	request := bleve.NewSearchRequestOptions(query.NewDisjunctionQuery([]query.Query{asked, whole}), mostCandidates, 0, false)
	if _, err := ix.SearchInContext(context.Background(), request); err != nil {
		b.Fatal(err)
	}
}

// plainTable is the passages in an FTS5 table of SQLite: Porter stems, BM25.
func plainTable(b *testing.B, l *Library) *sql.Stmt {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1) // each connection would have a database of its own
	b.Cleanup(func() { _ = db.Close() })
	if _, err := db.Exec(`CREATE VIRTUAL TABLE passages USING fts5(asked, whole, tokenize = 'porter unicode61')`); err != nil {
		b.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range passages(l) {
		if _, err := tx.Exec(`INSERT INTO passages VALUES (?, ?)`, p[0], p[1]); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	find, err := db.Prepare(`SELECT rowid FROM passages WHERE passages MATCH ? ORDER BY bm25(passages) LIMIT 14`)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = find.Close() })
	return find
}

func findInTable(b *testing.B, find *sql.Stmt, text string) {
	rows, err := find.Query(strings.Join(splitWords(nil, text), " OR "))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			b.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
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

// processor is the processor's time that this process has used. Unlike the clock it does
// not count what other processes take.
func processor() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// timed runs act b.N times and reports the processor's time for one and the slowest of a
// hundred by the clock.
func timed(b *testing.B, act func(text string)) {
	took := make([]time.Duration, 0, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	begin := processor()
	for i := range b.N {
		at := time.Now()
		act(questions[i%len(questions)])
		took = append(took, time.Since(at))
	}
	b.ReportMetric(float64(processor()-begin)/float64(b.N), "cpu-ns/op")
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100]), "p99-ns")
}

// BenchmarkFind puts questions to this library, and to ones of 480 and of 5,040 sheets,
// beside plain bleve and SQLite's FTS5.
func BenchmarkFind(b *testing.B) {
	for _, n := range []int{1, 20, 210} {
		c := copies(realContent(b), n)
		name := fmt.Sprintf("sheets=%d/", len(c.Sheets))
		var l *Library
		library := func(b *testing.B) *Library { // only what is asked for is built
			if l == nil {
				var err error
				if l, err = NewLibrary(c); err != nil {
					b.Fatal(err)
				}
			}
			return l
		}
		b.Run(name+"find", func(b *testing.B) {
			l := library(b)
			timed(b, func(text string) { l.Find(Query{Text: text}) })
		})
		var ix bleve.Index
		b.Run(name+"bleve", func(b *testing.B) {
			if ix == nil {
				ix = plainIndex(b, library(b))
			}
			timed(b, func(text string) { findInBleve(b, ix, text) })
			ix = nil
		})
		b.Run(name+"fts5", func(b *testing.B) {
			find := plainTable(b, library(b))
			timed(b, func(text string) { findInTable(b, find, text) })
		})
	}
}

// BenchmarkNewLibrary builds this library with its index and its chooser.
func BenchmarkNewLibrary(b *testing.B) {
	c := realContent(b)
	begin := processor()
	for range b.N {
		if _, err := NewLibrary(c); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(processor()-begin)/float64(b.N), "cpu-ns/op")
}
