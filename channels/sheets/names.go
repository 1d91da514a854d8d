package sheets

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"helpline/knowledge"
)

// Finding by names: beside the answers that the library finds to a question,
// a search shows the sheets and questions whose names hold what was typed,
// because half a word is no question yet.

// ranked is a sheet with how well its names fit.
type ranked struct {
	sheet  *knowledge.Sheet
	points int
}

// best puts the sheets that fit best first, and one that holds for some
// prisons only after the others.
func best(list []ranked) {
	for i := range list {
		list[i].points *= 2
		if len(list[i].sheet.Prisons) == 0 {
			list[i].points++
		}
	}
	slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Compare(b.points, a.points) })
}

// byWords adds the sheets, and then the questions, in whose names every word
// of the query begins a word.
func (p *Pages) byWords(lib *knowledge.Library, query string, country knowledge.Jurisdiction, add func(hit)) {
	wanted := wordsOf(query)
	if len(wanted) == 0 || len(wanted) == 1 && len(wanted[0]) < 2 {
		return
	}
	sheets, cards := lib.Sheets(), p.catalogueOf(lib).cards
	var whole []ranked
	for i := range sheets {
		s := &sheets[i]
		switch {
		case !holdsIn(s.Jurisdiction, country):
		case allBegin(wanted, cards[i].title):
			points := 2
			if strings.HasPrefix(cards[i].title[0], wanted[0]) {
				points = 3
			}
			whole = append(whole, ranked{s, points})
		case allBegin(wanted, cards[i].names):
			whole = append(whole, ranked{s, 1})
		}
	}
	best(whole)
	for _, r := range whole {
		add(p.sheetHit(lib, r.sheet))
	}
	for i := range sheets {
		s := &sheets[i]
		if !holdsIn(s.Jurisdiction, country) {
			continue
		}
		for j := range s.Sections {
			if allBegin(wanted, cards[i].headings[j]) {
				add(p.sectionHit(lib, s, &s.Sections[j]))
			}
		}
	}
}

// bySomeWords adds up to five sheets whose names hold some telling word of a
// query that nothing answers. They are near it and are called no more than
// that.
func (p *Pages) bySomeWords(lib *knowledge.Library, query string, country knowledge.Jurisdiction, add func(hit)) {
	sheets, cards := lib.Sheets(), p.catalogueOf(lib).cards
	points := make([]int, len(sheets))
	for _, w := range wordsOf(query) {
		if utf8.RuneCountInString(w) < 4 {
			continue
		}
		var with []int
		for i := range sheets {
			if begins(w, cards[i].names) {
				with = append(with, i)
			}
		}
		if len(with) > 2+len(sheets)/4 {
			continue // a word that half the library shares tells nothing
		}
		for _, i := range with {
			points[i]++
		}
	}
	var some []ranked
	for i := range sheets {
		if points[i] > 0 && holdsIn(sheets[i].Jurisdiction, country) {
			some = append(some, ranked{&sheets[i], points[i]})
		}
	}
	best(some)
	for _, r := range some[:min(5, len(some))] {
		add(p.sheetHit(lib, r.sheet))
	}
}

func (p *Pages) sheetHit(lib *knowledge.Library, s *knowledge.Sheet) hit {
	return hit{URL: sheetPath(s.Slug, ""), Heading: s.Title, Short: s.Summary, Country: string(s.Jurisdiction), Label: p.label(lib, s)}
}

func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' })
}

func allBegin(wanted, words []string) bool {
	for _, w := range wanted {
		if !begins(w, words) {
			return false
		}
	}
	return true
}

func begins(w string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, w) })
}
