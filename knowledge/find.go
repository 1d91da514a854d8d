package knowledge

// The shares of certainty that decide between answering and not. FIGURES.md says how
// they were found.
const (
	answerShare  = 0.15 // from here on the best sheet answers, if its like together are sure
	heldShare    = 0.47 // all sections together, below which there is no answer
	strangeShare = 0.78 // the same for a question without a word of the field, asked out of the blue
	// leastCoverage and leastWhole are what an answer has at least, one or the other,
	// however much likelier it is than the rest: a share of the question's information,
	// or likeness.
	leastCoverage = 0.35
	leastWhole    = 0.15
	personShare   = 0.2  // from here on somebody asks for a person
	sureShare     = 0.75 // sections that together are so sure stand against a better one that may not be shown
	nearShare     = 0.35 // of two sections, one with this share of the other's is as good
	countryShare  = 0.09 // the same between two countries
	bothShare     = 0.5  // the same of each of two countries beside a section that holds everywhere
)

// What a section's place adds to its score.
const (
	prisonUnknown = -0.6 // it is for some prisons only, and the prison is not known
	prisonOwn     = 0.9  // it is for the very prison
	sameSheet     = 0.8  // its sheet was answered from last
	otherAhead    = 1.8  // from here on ahead, a section that may not be shown is what was asked for
)

// How a question is read together with what was said before.
const (
	shortQuestion  = 4   // a question of so few terms is always read so
	ownShare       = 0.5 // unless its own words are answered with so much certainty
	beforeMessages = 2   // so many messages back
	beforeWeight   = 0.5 // what a word of the last message weighs beside one of the question
)

// Find says what the library has to say to q. It is safe for concurrent use.
func (l *Library) Find(q Query) (f Finding) {
	words := splitWords(make([]string, 0, 16+len(q.Text)/4), q.Text)
	found, rest := l.findPlace(words)
	at := l.asked(q, found)
	f = Finding{Prison: at.prison, Jurisdiction: at.country}
	plain := l.lexicon.respelt(make([]string, 0, len(rest)+4), rest)
	if len(plain) == 0 && found == (place{}) {
		f.Kind, f.Why = KindUnknown, "no words"
		return f
	}
	if id, kind := l.intents.recognise(plain); id != "" {
		f.Kind, f.Intent, f.Why = kind, id, "matches a pattern of the intent "+id
		return f
	}
	s := l.scratch.Get().(*scratch)
	defer func() {
		s.reset()
		l.scratch.Put(s)
	}()
	defer func() {
		if f.Kind == KindOffTopic && f.Intent == "" && found != (place{}) {
			f.Kind = KindUnknown // who names a prison asks about one
		}
		l.refer(&f)
	}()
	l.addTerms(s, plain, 1)
	if q.Previous.IsZero() && len(q.History) > 0 {
		q.Previous = l.answeredBefore(q)
	}
	follows := len(q.History) > 0 || !q.Previous.IsZero()
	short := follows && len(s.terms) <= shortQuestion
	if short && !leansBack(plain) {
		// Short, but perhaps a question of its own.
		l.answer(&f, s, q, at)
		if f.certain() {
			return f
		}
		s.found = s.found[:0]
		f = Finding{Prison: f.Prison, Jurisdiction: f.Jurisdiction}
	}
	if short {
		l.addBefore(s, q)
	}
	l.answer(&f, s, q, at)
	if follows && !short && f.Kind != KindAnswer && f.Kind != KindWhichCountry && f.Intent == "" {
		l.addBefore(s, q)
		s.found = s.found[:0]
		again := Finding{Prison: f.Prison, Jurisdiction: f.Jurisdiction}
		l.answer(&again, s, q, at)
		if len(again.Answers) > 0 {
			again.Why += ", taken together with what was said before"
			return again
		}
	}
	return f
}

// leansBack reports whether a question begins as one that goes on from what was
// said before ("and how often?").
func leansBack(plain []string) bool {
	if len(plain) == 0 {
		return true
	}
	switch plain[0] {
	case "and", "but", "so", "or", "then", "also", "n":
		return true
	}
	return false
}

// certain reports whether a short question was answered well enough by itself, by one
// sheet or by the sections of two countries together.
func (f Finding) certain() bool {
	return (f.Kind == KindAnswer || f.Kind == KindWhichCountry) && f.sure >= ownShare
}

// answeredBefore is the section that answers what was said last, for a caller who
// does not say what was answered.
func (l *Library) answeredBefore(q Query) SectionRef {
	before := l.Find(Query{Text: q.History[len(q.History)-1], Prison: q.Prison, PrisonName: q.PrisonName, Jurisdiction: q.Jurisdiction})
	if len(before.Answers) == 0 || before.Kind == KindChoices {
		return SectionRef{}
	}
	return before.Answers[0].Ref()
}

// answer looks for the terms in s and decides.
func (l *Library) answer(f *Finding, s *scratch, q Query, at place) {
	if err := l.search(s, at); err != nil {
		f.Kind, f.Why = KindUnknown, "the index failed"
		return
	}
	l.decide(f, s, q, at)
}

// addBefore adds what was said before to a question, the latest weighing most.
func (l *Library) addBefore(s *scratch, q Query) {
	weight := float32(beforeWeight)
	for i := len(q.History) - 1; i >= 0 && i >= len(q.History)-beforeMessages; i-- {
		_, rest := l.findPlace(splitWords(nil, q.History[i]))
		l.addTerms(s, l.lexicon.respelt(nil, rest), weight)
		weight *= 0.6
	}
}

// asked is the place for which the question is to be answered: what its text says,
// then what the caller knows, then what was said before, the latest first.
func (l *Library) asked(q Query, text place) place {
	if text.prison != "" || text.country != "" {
		return text
	}
	if i, ok := l.places.byID[q.Prison]; ok {
		return place{prison: q.Prison, country: l.places.prisons[i].Jurisdiction}
	}
	if q.PrisonName != "" {
		if p, ok := l.PrisonByName(q.PrisonName); ok {
			return place{prison: p.ID, country: p.Jurisdiction}
		}
	}
	if q.Jurisdiction != "" {
		return place{prison: q.Prison, country: q.Jurisdiction}
	}
	for i := len(q.History) - 1; i >= 0; i-- {
		if before, _ := l.findPlace(splitWords(nil, q.History[i])); before != (place{}) {
			return before
		}
	}
	return place{prison: q.Prison}
}

// allowed reports whether a section may be shown to somebody who asks for the place, or
// a gap counts there.
func allowed(e *entry, at place) bool {
	if e.sheet == nil {
		return e.gap.Jurisdiction == "" || e.gap.Jurisdiction == at.country
	}
	if len(e.sheet.Prisons) > 0 && at.prison != "" {
		return contains(e.sheet.Prisons, at.prison)
	}
	switch at.country {
	case "":
		return true
	case Elsewhere:
		return false
	case UK:
		return true
	case Scotland, EnglandWales, NorthernIreland, Jersey, Guernsey, IsleOfMan:
		return e.country == UK || e.country == at.country
	}
	return false
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

// decide turns the candidates into a finding.
func (l *Library) decide(f *Finding, s *scratch, q Query, at place) {
	for i := range s.found {
		s.found[i].score += s.found[i].fromPlace(q, at)
	}
	byScore(s.found)
	var open, kept []candidate // what counts; of it, the sections
	var barred, gap *candidate
	for i := range s.found {
		switch c := &s.found[i]; {
		case allowed(c.entry, at):
			open = append(open, *c)
		case c.entry.sheet != nil:
			barred = first(barred, c)
		}
	}
	share(open, s.none)
	var held, gaps float32
	for i := range open {
		if c := &open[i]; c.entry.sheet == nil {
			gap, gaps = first(gap, c), gaps+c.share
		} else {
			kept, held = append(kept, *c), held+c.share
		}
	}
	bySheet(kept)
	least := float32(heldShare)
	if at == (place{}) && len(q.History) == 0 && q.Previous.IsZero() && s.noneBy[noneStrange] > 0 {
		least = strangeShare
	}
	switch {
	case barred != nil && barred.score > s.none && (len(kept) == 0 || barred.score > kept[0].score+otherAhead && held < sureShare || barred.score > kept[0].score+2*otherAhead) && (gap == nil || barred.score > gap.score):
		f.Kind, f.Why = KindUnknown, "answered for another country or prison only: "+barred.entry.sheet.Slug
		return
	case gap != nil && gap.entry.gap.Kind == KindPerson && gap.share > personShare && gap.share > surest(kept):
		f.Kind, f.Intent, f.Why = KindPerson, gap.entry.gap.ID, "asks for a person"
		return
	case gap != nil && gap.entry.gap.Kind == KindPerson && gaps > held:
		f.Kind, f.Why = KindUnknown, "may ask for a person"
		return
	case gap != nil && gaps > held:
		f.Kind, f.Intent, f.Why = gap.entry.gap.Kind, gap.entry.gap.ID, "nearest to a subject that the library does not hold: "+gap.entry.gap.ID
		return
	case len(kept) == 0 || held < least || kept[0].measures[measureCoverage] < leastCoverage && kept[0].measures[measureWhole] < leastWhole:
		f.Kind, f.Why = s.unanswered(), "nothing near enough"
		return
	}
	if one, other := twoCountries(kept, at); other != nil {
		f.Kind, f.Why = KindWhichCountry, "the answer differs between countries"
		f.Answers = answers([]candidate{*one, *other}, at)
		f.sure = one.share + other.share
		return
	}
	best := kept[0].share
	for _, c := range kept[1:] {
		if c.entry.sheet == kept[0].entry.sheet {
			best += c.share
		}
	}
	f.sure = best
	near := 1
	for near < min(3, len(kept)) && kept[near].share >= nearShare*kept[0].share {
		near++
	}
	if best >= answerShare || near < 2 {
		f.Kind, f.Why = KindAnswer, "near enough"
		f.Answers = answers(kept[:min(3, len(kept))], at)
		return
	}
	f.Kind, f.Why = KindChoices, "several are equally near"
	f.Answers = answers(kept[:near], at)
}

func first(one, other *candidate) *candidate {
	if one == nil {
		return other
	}
	return one
}

// fromPlace is what the place of a candidate adds to its score.
func (c *candidate) fromPlace(q Query, at place) (score float32) {
	if c.entry.sheet == nil {
		return 0
	}
	if !q.Previous.IsZero() && c.entry.sheet.Slug == q.Previous.Slug {
		score += sameSheet
	}
	switch forSome := len(c.entry.sheet.Prisons) > 0; {
	case forSome && at.prison == "":
		score += prisonUnknown
	case forSome && contains(c.entry.sheet.Prisons, at.prison):
		score += prisonOwn
	}
	return score
}

// surest is the share of the surest sheet. A sheet is as sure as its sections together.
func surest(kept []candidate) (best float32) {
	sure := map[*Sheet]float32{}
	for _, c := range kept {
		sure[c.entry.sheet] += c.share
		best = max(best, sure[c.entry.sheet])
	}
	return best
}

// bySheet puts the best section of the surest sheet first. A sheet is as sure as its
// sections together; the rest stay in order.
func bySheet(kept []candidate) {
	sure := map[*Sheet]float32{}
	for _, c := range kept {
		sure[c.entry.sheet] += c.share
	}
	best := 0
	for i, c := range kept {
		if sure[c.entry.sheet] > sure[kept[best].entry.sheet] {
			best = i
		}
	}
	if best > 0 {
		one := kept[best]
		copy(kept[1:best+1], kept[:best])
		kept[0] = one
	}
}

// twoCountries are the best candidates of two countries, when the country is not known
// and the answer differs between them: the first is of one and the sections of the other
// are nearly as sure, or the first holds everywhere and both have sections nearly as sure.
func twoCountries(kept []candidate, at place) (one, other *candidate) {
	if at.country != "" {
		return nil, nil
	}
	shares := map[Jurisdiction]float32{}
	bests := map[Jurisdiction]*candidate{}
	for i := range kept {
		c := &kept[i]
		if c.entry.country == UK || i > 0 && len(c.entry.sheet.Prisons) > 0 {
			continue
		}
		shares[c.entry.country] += c.share
		bests[c.entry.country] = first(bests[c.entry.country], c)
	}
	for country, c := range bests {
		if one == nil || shares[country] > shares[one.entry.country] || shares[country] == shares[one.entry.country] && country < one.entry.country {
			one = c
		}
	}
	if kept[0].entry.country != UK {
		one = &kept[0]
	}
	for country, c := range bests {
		if country != one.entry.country && (other == nil || shares[country] > shares[other.entry.country]) {
			other = c
		}
	}
	switch {
	case other == nil:
		return nil, nil
	case kept[0].entry.country == UK && shares[other.entry.country] < bothShare*kept[0].share:
		return nil, nil
	case shares[other.entry.country] < countryShare*shares[one.entry.country]:
		return nil, nil
	}
	return one, other
}

func answers(from []candidate, at place) []Answer {
	list := make([]Answer, 0, len(from))
	for _, c := range from {
		sheet := c.entry.sheet
		list = append(list, Answer{
			Sheet: sheet, Section: c.entry.section, Jurisdiction: c.entry.country, Score: float64(c.share),
			Marked: at.country == "" && c.entry.country != UK || at.prison == "" && len(sheet.Prisons) > 0,
		})
	}
	return list
}

// unanswered tells a question of this field that has no answer from one that is not
// of this field.
func (s *scratch) unanswered() Kind {
	if s.field {
		return KindUnknown
	}
	return KindOffTopic
}
