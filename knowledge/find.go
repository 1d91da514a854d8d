package knowledge

import "strings"

// The scores that decide between answering and not.
const (
	answerScore  = 0.32 // from here on the best section is the answer
	strangeScore = 0.36 // the same for a question without a word of the field, asked out of the blue
	choiceScore  = 0.25 // from here on near sections are offered as choices
	nearShare    = 0.80 // a section with this share of the best score is as good as it
	countryShare = 0.72 // the same between sections of two countries
	otherShare   = 1.25 // a section that may not be shown is the better one from this factor on
	prisonShare  = 0.85 // what a section for some prisons is worth while the prison is not known
	ownPrison    = 1.2  // and while it is known to be one of them
	sameSheet    = 0.06 // what a section of the sheet that was answered from last gains in a follow-up
)

// How a question is read together with what was said before.
const (
	shortQuestion  = 4   // a question of so few terms is always read so
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
	}()
	l.addTerms(s, plain, 1)
	follows := len(q.History) > 0 || !q.Previous.IsZero()
	short := follows && len(s.terms) <= shortQuestion
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

// answer looks for the terms in s and decides.
func (l *Library) answer(f *Finding, s *scratch, q Query, at place) {
	if err := l.search(s); err != nil {
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

// allowed reports whether a sheet may be shown to somebody who asks for the place.
func allowed(sheet *Sheet, at place) bool {
	if len(sheet.Prisons) > 0 && at.prison != "" {
		return contains(sheet.Prisons, at.prison)
	}
	switch at.country {
	case "":
		return true
	case Elsewhere:
		return false
	case UK:
		return true
	case Scotland, EnglandWales, NorthernIreland, Jersey, Guernsey, IsleOfMan:
		return sheet.Jurisdiction == UK || sheet.Jurisdiction == at.country
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
	var kept []candidate
	var barred, gap *candidate
	for i := range s.found {
		c := &s.found[i]
		switch {
		case c.entry.sheet == nil:
			if gap == nil {
				gap = c
			}
		case !allowed(c.entry.sheet, at):
			if barred == nil {
				barred = c
			}
		default:
			k := *c
			if !q.Previous.IsZero() && k.entry.sheet.Slug == q.Previous.Slug {
				k.score += sameSheet
			}
			switch forSome := len(k.entry.sheet.Prisons) > 0; {
			case forSome && at.prison == "":
				k.score *= prisonShare
			case forSome: // for this very prison
				k.score *= ownPrison
			}
			kept = append(kept, k)
		}
	}
	byScore(kept)
	least := float32(choiceScore)
	if at == (place{}) && len(q.History) == 0 && q.Previous.IsZero() && l.unanswered(s) == KindOffTopic {
		least = strangeScore
	}
	switch {
	case gap != nil && (len(kept) == 0 || gap.score > kept[0].score) && gap.score >= choiceScore:
		f.Kind, f.Intent, f.Why = gap.entry.gap.Kind, gap.entry.gap.ID, "nearest to a subject that the library does not hold: "+gap.entry.gap.ID
		return
	case barred != nil && barred.score >= choiceScore && (len(kept) == 0 || barred.score > otherShare*kept[0].score):
		f.Kind, f.Why = KindUnknown, "answered for another country or prison only: "+barred.entry.sheet.Slug
		return
	case len(kept) == 0 || kept[0].score < least:
		f.Kind, f.Why = l.unanswered(s), "nothing near enough"
		return
	}
	best := kept[0]
	if other := otherCountry(kept, at); other != nil {
		f.Kind, f.Why = KindWhichCountry, "the answer differs between countries"
		f.Answers = answers([]candidate{best, *other}, at)
		return
	}
	switch {
	case best.score >= answerScore:
		f.Kind, f.Why = KindAnswer, "near enough"
		f.Answers = answers(kept[:min(3, len(kept))], at)
	default:
		near := kept[:1]
		for len(near) < min(3, len(kept)) && kept[len(near)].score >= nearShare*best.score {
			near = kept[:len(near)+1]
		}
		if len(near) < 2 {
			f.Kind, f.Why = l.unanswered(s), "nothing near enough"
			return
		}
		f.Kind, f.Why = KindChoices, "several are equally near"
		f.Answers = answers(near, at)
	}
}

// otherCountry is the best candidate of the other country than the first, when the
// country is not known and it is nearly as good.
func otherCountry(kept []candidate, at place) *candidate {
	first := kept[0].entry.sheet.Jurisdiction
	if at.country != "" || first == UK {
		return nil
	}
	for i := range kept[1:] {
		c := &kept[1+i]
		if j := c.entry.sheet.Jurisdiction; j != UK && j != first && len(c.entry.sheet.Prisons) == 0 && c.score >= countryShare*kept[0].score {
			return c
		}
	}
	return nil
}

func answers(from []candidate, at place) []Answer {
	list := make([]Answer, 0, len(from))
	for _, c := range from {
		sheet := c.entry.sheet
		list = append(list, Answer{
			Sheet: sheet, Section: c.entry.section, Jurisdiction: sheet.Jurisdiction, Score: float64(min(c.score, 1)),
			Marked: at.country == "" && sheet.Jurisdiction != UK || at.prison == "" && len(sheet.Prisons) > 0,
		})
	}
	return list
}

// unanswered tells a question of this field that has no answer from one that is not
// of this field.
func (l *Library) unanswered(s *scratch) Kind {
	for _, t := range s.terms {
		if l.intents.field[t.text] || l.intents.field[strings.TrimPrefix(t.text, "=")] {
			return KindUnknown
		}
	}
	return KindOffTopic
}
