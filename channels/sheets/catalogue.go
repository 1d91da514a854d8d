package sheets

import (
	"cmp"
	"slices"
	"strings"

	"helpline/knowledge"
)

// catalogue is what the pages look up by name in one library. It is made once
// for each library and never changes.
type catalogue struct {
	lib    *knowledge.Library
	cards  []card // in the order of the library's sheets
	topics []subject
}

// card holds the words of one sheet's names, in small letters.
type card struct {
	title    []string
	names    []string // everything by which the sheet may be called
	headings [][]string
}

type subject struct {
	key, name string
	sheets    []int
}

// catalogueOf is the catalogue of a library; two requests that come first at
// the same time may both make it, to the same effect.
func (p *Pages) catalogueOf(lib *knowledge.Library) *catalogue {
	if k := p.made.Load(); k != nil && k.lib == lib {
		return k
	}
	k := newCatalogue(lib)
	p.made.Store(k)
	return k
}

func newCatalogue(lib *knowledge.Library) *catalogue {
	sheets := lib.Sheets()
	k := &catalogue{lib: lib, cards: make([]card, len(sheets))}
	about := map[string][]int{}
	for i := range sheets {
		s := &sheets[i]
		c := card{title: wordsOf(s.Title), headings: make([][]string, len(s.Sections))}
		c.names = wordsOf(s.Title + " " + s.Number + " " + strings.Join(s.Topics, " ") + " " + strings.Join(prisonNames(lib, s), " "))
		for j := range s.Sections {
			c.headings[j] = wordsOf(s.Sections[j].Heading)
		}
		k.cards[i] = c
		for _, t := range s.Topics {
			key := strings.ToLower(t)
			if list := about[key]; len(list) == 0 || list[len(list)-1] != i {
				about[key] = append(list, i)
			}
		}
	}
	for key, list := range about {
		with := make([]*knowledge.Sheet, len(list))
		for n, i := range list {
			with[n] = &sheets[i]
		}
		k.topics = append(k.topics, subject{key, topicName(key, with), list})
	}
	slices.SortFunc(k.topics, func(a, b subject) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name)), strings.Compare(a.key, b.key))
	})
	return k
}
