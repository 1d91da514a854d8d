package knowledge

// Considered is a section, or a subject that no sheet answers, that a question was
// compared with. It is for measuring and for fitting weights.
type Considered struct {
	Ref      SectionRef // zero for a subject that no sheet answers
	Measures []float32
}

// Consider says what q is compared with, sheets that may not be shown for its place
// left out, and what speaks for none of them.
func (l *Library) Consider(q Query) (list []Considered, none []float32, err error) {
	s := l.scratch.Get().(*scratch)
	defer func() {
		s.reset()
		l.scratch.Put(s)
	}()
	found, rest := l.findPlace(splitWords(nil, q.Text))
	at := l.asked(q, found)
	l.addTerms(s, l.lexicon.respelt(nil, rest), 1)
	if err := l.search(s, at); err != nil {
		return nil, nil, err
	}
	for i := range s.found {
		c := &s.found[i]
		one := Considered{Measures: c.measures[:]}
		if !allowed(c.entry, at) {
			continue
		}
		if c.entry.sheet != nil {
			one.Ref = SectionRef{Slug: c.entry.sheet.Slug, Anchor: c.entry.section.Anchor}
		}
		list = append(list, one)
	}
	none = append(none, s.noneBy[:]...)
	for i := range list {
		list[i].Measures = append([]float32(nil), list[i].Measures...)
	}
	return list, none, nil
}

// WithoutAsked returns a copy of the content without the ways to put a question for
// which drop is true: a question is measured on a library that has never seen it.
func (c Content) WithoutAsked(drop func(line string) bool) Content {
	keep := func(lines []string) []string {
		var kept []string
		for _, line := range lines {
			if !drop(line) {
				kept = append(kept, line)
			}
		}
		return kept
	}
	sheets := append([]Sheet(nil), c.Sheets...)
	for i := range sheets {
		sections := append([]Section(nil), sheets[i].Sections...)
		for j := range sections {
			sections[j].Asked = keep(sections[j].Asked)
		}
		sheets[i].Sections = sections
	}
	c.Sheets = sheets
	gaps := append([]gap(nil), c.gaps...)
	for i := range gaps {
		gaps[i].Asked = keep(gaps[i].Asked)
	}
	c.gaps = gaps
	return c
}

// Size is a kind of library by what it has room for.
type Size int

// Every Size. The sizes that a library has are decided by its texts; AsLarge gives a
// small one the means of a larger, so that those can be measured and fitted.
const (
	Small  Size = withChooser
	Medium Size = withLikeness
	Large  Size = withIndex
)

// AsLarge returns a copy of the content whose library is searched like one of the size.
func (c Content) AsLarge(size Size) Content {
	c.without = parts{chooser: size >= Medium, likeness: size >= Large}
	return c
}

// MeasureNames names what Consider measures: of a candidate, and of none.
func MeasureNames() (candidate, none []string) {
	return []string{"Coverage", "Containment", "Cosine", "BM25", "BM25Best", "Matched", "Whole", "WholeBest", "Nearest", "Several", "Gap", "Chosen", "Share", "SheetShare"},
		[]string{"Always", "Strange", "Unknown", "Short", "Uncovered", "Unlike", "Doubt"}
}

// UnansweredLines are the ways to put what no sheet answers, with the kind of each:
// KindUnknown or KindOffTopic. What is answered in another country is left out.
func (c Content) UnansweredLines() map[string]Kind {
	lines := map[string]Kind{}
	for _, g := range c.gaps {
		if g.Jurisdiction != "" {
			continue
		}
		for _, line := range g.Asked {
			lines[line] = g.Kind
		}
	}
	return lines
}
