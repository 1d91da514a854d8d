package knowledge

import "strings"

// The shares of certainty that decide between answering and not. FIGURES.md says how
// they were found.
const (
	answerShare  = 0.15 // from here on the best sheet answers, if its like together are sure
	heldShare    = 0.62 // all sections together, below which there is no answer
	strangeShare = 0.80 // the same for a question without a word of the field, asked out of the blue
	// leastCoverage and leastWhole are what an answer has at least, one or the other,
	// however much likelier it is than the rest: a share of the question's information,
	// or likeness.
	leastCoverage = 0.35
	leastWhole    = 0.15
	personShare   = 0.2  // from here on somebody asks for a person
	almostAll     = 0.7  // and is at least this much as sure as the surest sheet
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
	if id := l.asksInPassing(q.Text); id != "" {
		f.Kind, f.Intent, f.Why = KindPerson, id, "a part matches a pattern of the intent "+id
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

// asksInPassing is the intent of kind person that a part of the text has, between marks:
// "he is in prison and I cannot follow any of it. Can I talk to somebody?" What stands in
// the other parts does not speak against it.
func (l *Library) asksInPassing(text string) (id string) {
	if !strings.ContainsAny(text, partMarks) {
		return ""
	}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(partMarks, r) }) {
		_, rest := l.findPlace(splitWords(nil, part))
		if id, kind := l.intents.recognise(l.lexicon.respelt(nil, rest)); kind == KindPerson {
			return id
		}
	}
	return ""
}

const partMarks = ".,;:!?\n"

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
