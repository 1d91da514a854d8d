package knowledge

import (
	"math"
	"strings"
	"testing"
)

// like is the likenesses of the test library to a question, by entry.
func like(t *testing.T, l *Library, text string) *likeness {
	t.Helper()
	words := l.lexicon.words(text)
	to := &likeness{grams: gramsOf(nil, words, l.lexicon.terms(nil, words), 1)}
	l.likenesses.compare(to, len(l.entries), 3)
	return to
}

func TestLikenessOfALineToItself(t *testing.T) {
	l := testLibrary(t)
	lines := 0
	for i := range l.entries {
		if l.entries[i].sheet == nil {
			continue
		}
		for _, asked := range l.entries[i].section.Asked {
			if _, rest := l.findPlace(l.lexicon.words(asked)); len(rest) != len(l.lexicon.words(asked)) {
				continue // a place is left out of the library's lines
			}
			lines++
			if got := like(t, l, asked).byOne[i].nearest; math.Abs(float64(got)-1) > 1e-3 {
				t.Errorf("a line of %s is %.3f like itself, want 1", l.entries[i].section.Anchor, got)
			}
		}
	}
	if lines == 0 {
		t.Fatal("the test library has no lines")
	}
}

func TestLikenessForgivesSpelling(t *testing.T) {
	l := testLibrary(t)
	to := like(t, l, "trayn fairs backk")
	if len(to.order) == 0 || l.entries[to.order[0]].sheet == nil || l.entries[to.order[0]].sheet.Slug != "visit-costs" {
		t.Errorf("misspelt train fares are most like entry %v", to.order)
	}
}

func TestLikenessIsTheSameEveryTime(t *testing.T) {
	a, b := testLibrary(t), testLibrary(t)
	for _, text := range []string{"can i ring him", "train fare", "letters to the nick"} {
		x, y := a.Find(Query{Text: text}), b.Find(Query{Text: text})
		if x.Kind != y.Kind || len(x.Answers) != len(y.Answers) {
			t.Fatalf("%q: %s and %s", text, x.Kind, y.Kind)
		}
		for i := range x.Answers {
			if x.Answers[i].Score != y.Answers[i].Score {
				t.Errorf("%q: scores %v and %v", text, x.Answers[i].Score, y.Answers[i].Score)
			}
		}
	}
}

// Without likenesses, as in a very large library, BM25 alone still answers.
func TestFindWithoutLikenesses(t *testing.T) {
	l, err := NewLibrary(realContent(t).AsLarge(Large))
	if err != nil {
		t.Fatal(err)
	}
	right, asked := 0, 0
	for _, sheet := range l.Sheets() {
		for _, section := range sheet.Sections {
			q := Query{Text: section.Heading, Jurisdiction: section.Country(&sheet)}
			if len(sheet.Prisons) > 0 {
				q.Prison = sheet.Prisons[0]
			}
			asked++
			if f := l.Find(q); len(f.Answers) > 0 && f.Answers[0].Sheet.Slug == sheet.Slug {
				right++
			}
		}
	}
	if right*100 < asked*75 {
		t.Errorf("%d of %d headings find their sheet first without likenesses, want 75 %%", right, asked)
	}
}

func TestSectionForOneCountry(t *testing.T) {
	c := testContent(t)
	sheets := append([]Sheet(nil), c.Sheets...)
	for i := range sheets {
		if sheets[i].Slug != "visit-costs" {
			continue
		}
		base := sheets[i].Sections[0]
		north, south := base, base
		north.Anchor, north.Jurisdiction = "rate-north", Scotland
		south.Anchor, south.Jurisdiction = "rate-south", EnglandWales
		for _, s := range []*Section{&north, &south} {
			s.Heading, s.Asked = "How many pence a mile?", []string{"pence per mile by car", "mileage rate"}
		}
		sheets[i].Sections = append(append([]Section(nil), sheets[i].Sections...), north, south)
	}
	l, err := NewLibrary(c.WithSheets(sheets))
	if err != nil {
		t.Fatal(err)
	}
	if f := l.Find(Query{Text: "what is the mileage rate"}); f.Kind != KindWhichCountry {
		t.Errorf("country unknown: %s (%s), want which_country", f.Kind, f.Why)
	}
	for country, anchor := range map[Jurisdiction]string{Scotland: "rate-north", EnglandWales: "rate-south"} {
		f := l.Find(Query{Text: "what is the mileage rate", Jurisdiction: country})
		if len(f.Answers) == 0 || f.Answers[0].Section.Anchor != anchor || f.Answers[0].Jurisdiction != country {
			t.Errorf("%s: %+v", country, f)
		}
	}
}

func TestWithoutAsked(t *testing.T) {
	c := testContent(t)
	dropped := c.WithoutAsked(func(line string) bool { return strings.Contains(line, "e") })
	for _, s := range dropped.Sheets {
		for _, section := range s.Sections {
			for _, asked := range section.Asked {
				if strings.Contains(asked, "e") {
					t.Errorf("%q is still there", asked)
				}
			}
		}
	}
	before := 0
	for _, s := range c.Sheets {
		for _, section := range s.Sections {
			before += len(section.Asked)
		}
	}
	if before == 0 {
		t.Error("the content itself was changed")
	}
}

func TestParseSectionJurisdiction(t *testing.T) {
	for given, faulty := range map[string]bool{"scotland": false, "narnia": true} {
		c := testContent(t)
		source := strings.Replace(c.Sheets[0].Source, "```answer\n", "```answer\njurisdiction: "+given+"\n", 1)
		sheet, err := Parse("s.md", []byte(source))
		if (err != nil) != faulty {
			t.Errorf("%s: %v", given, err)
		}
		if !faulty && sheet.Sections[0].Jurisdiction != Scotland {
			t.Errorf("jurisdiction %q", sheet.Sections[0].Jurisdiction)
		}
	}
}
