package knowledge

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
	case gap != nil && gap.entry.gap.Kind == KindPerson && gap.share > personShare && gap.share > almostAll*surest(kept):
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
