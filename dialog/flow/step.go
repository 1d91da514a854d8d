package flow

import (
	"slices"
	"strings"

	"helpline/dialog"
)

// step is one step under way.
type step struct {
	env  Env
	conv dialog.Conversation
	in   Input
	turn Turn
	// waits is the question that the last turn kept until the country is known.
	waits  string
	either []CountryRef
	late   bool // the message is a fact that was asked for before
	wishes bool // the message says who may not learn of this
}

func begin(env Env, conv dialog.Conversation, state State, in Input) step {
	s := step{env: env, conv: conv, in: in}
	s.turn.State = state
	s.turn.Prison, s.turn.Jurisdiction = conv.Prison, conv.Jurisdiction
	s.waits, s.turn.State.Waits = state.Waits, ""
	s.either, s.turn.State.Either = state.Either, nil
	s.learn()
	return s
}

// Listen takes a message that the bot may not answer: it learns what the
// message says, and says nothing. A person who holds the conversation has seen
// to whatever is alarming in it; where nobody has, the alarm is still to be
// answered when the bot may speak again.
func Listen(env Env, conv dialog.Conversation, state State, in Input) Turn {
	s := begin(env, conv, state, in)
	s.takeAnswer()
	if in.Assessment.Level >= dialog.LevelConcern {
		s.tell()
		if conv.Holder.Kind == dialog.Staff {
			s.turn.State.Alarmed = max(s.turn.State.Alarmed, in.Assessment.Level)
		}
	}
	s.turn.Facts = s.turn.State.Facts
	return s.turn
}

// Step decides what is said to one message in a conversation that the bot
// holds or that waits in the queue. Risk comes before everything else; then
// what the person was asked; then what the library knows; and what nobody
// knows goes to a person.
func Step(env Env, conv dialog.Conversation, state State, in Input) Turn {
	s := begin(env, conv, state, in)
	switch {
	case s.risk():
	case in.Assessment.Review && in.Assessment.Language != "" && in.Assessment.Language != "en":
		s.language()
	case s.takenBack():
	case s.wished():
	case s.wasAnswer():
	case conv.Holder.Kind == dialog.InQueue:
		s.queued()
	case in.Alone:
		s.say("how_to_use")
	case in.More:
		s.more()
	default:
		s.library()
	}
	s.answerWish()
	if in.Assessment.Review && s.turn.Waiting == dialog.WaitingNone {
		s.turn.Waiting = dialog.WaitingReview
	}
	s.turn.Facts = s.turn.State.Facts
	return s.turn
}

func (s *step) text(key string, params ...string) string {
	return s.env.Texts.Say(key, s.env.Medium, params...)
}

func (s *step) say(key string, params ...string) {
	s.turn.Lines = append(s.turn.Lines, Line{Text: s.text(key, params...)})
}

// learn takes what the message says in passing: the prison, the country, and
// the facts that have a shape of their own.
func (s *step) learn() {
	s.where()
	if s.turn.Jurisdiction == dialog.Unknown {
		s.turn.Jurisdiction = s.env.Country(s.in.Text)
	}
	f := &s.turn.State.Facts
	if w := wishIn(s.in.Text); w != "" {
		f.Wish, s.wishes = w, true
	}
	if !strings.ContainsAny(s.in.Text, "0123456789") {
		return // each of these has a digit in it
	}
	asked := s.turn.State.Pending == AskNumber
	if n := prisonNumber(s.in.Text, asked); n != "" {
		f.PrisonNumber = n
	}
	if d := dateOfBirth(s.in.Text, asked); d != "" {
		f.DateOfBirth = d
	}
	if d := lateBirth(s.in.Text); d != "" && !asked && slices.Contains(s.turn.State.Asked, AskNumber) {
		f.DateOfBirth, s.late = d, true
	}
	if n := ownNumber(s.in.Text); n != "" {
		f.CallBack = n
	}
}

// wished answers somebody who asks, in a worry, that it is not told: staff know,
// and it cannot be promised. It is said each time: a thank-you might be taken for
// a promise.
func (s *step) wished() bool {
	if !s.wishes || s.turn.State.Alarmed < dialog.LevelConcern && s.in.Concern.ID == "" {
		return false
	}
	s.turn.State.Wished = true
	s.say("wish.noted")
	return true
}

// answerWish says the same behind the words of safety, where a message holds both.
func (s *step) answerWish() {
	if len(s.turn.Lines) > 0 && !s.turn.State.Wished {
		s.wished()
	}
}

// where takes the prison that the message names. A message that names several
// ("moved from Leeds to Doncaster") does not say which is meant: the numbers of
// the wrong one would do harm, so none is taken, and it is asked for. The one
// that a worker has written down stays.
func (s *step) where() {
	if s.turn.State.PrisonSet {
		return
	}
	var named dialog.Prison
	for _, p := range s.in.Places {
		if p.Ambiguous && s.turn.State.Pending != AskPrison && s.waits == "" {
			continue
		}
		if named.ID != "" && named.ID != p.Prison.ID {
			s.turn.Prison, s.turn.Jurisdiction = "", s.common()
			return
		}
		named = p.Prison
	}
	if named.ID != "" {
		s.turn.Prison, s.turn.Jurisdiction = named.ID, named.Jurisdiction
	}
}

// common is the country of all prisons that a message names, if it is one.
func (s *step) common() dialog.Jurisdiction {
	j := s.in.Places[0].Prison.Jurisdiction
	for _, p := range s.in.Places {
		if p.Prison.Jurisdiction != j {
			return dialog.Unknown
		}
	}
	return j
}

// queued acknowledges, once, somebody who already waits for a person.
func (s *step) queued() {
	s.turn.Waiting = dialog.WaitingPerson
	if s.turn.State.Queued {
		s.turn.Silent = "waits for a person and was told so"
		return
	}
	s.turn.State.Queued = true
	s.say("person.still")
}

// language answers what is not in a language the assessor knows: a person
// reads it, and the emergency number is the same in every language.
func (s *step) language() {
	s.turn.Waiting = dialog.WaitingReview
	lang := s.in.Assessment.Language
	if s.turn.State.Langs[lang] {
		s.turn.Silent = "was told that a person will read this language"
		return
	}
	langs := map[string]bool{lang: true}
	for l := range s.turn.State.Langs {
		langs[l] = true
	}
	s.turn.State.Langs = langs
	s.ownLanguage(lang)
	s.say("language")
}

// library answers from the sheets, or says honestly that it cannot.
func (s *step) library() {
	st := &s.turn.State
	q := Question{
		Text: s.in.Text, History: s.in.History,
		Prison: s.turn.Prison, Jurisdiction: s.turn.Jurisdiction,
		Slug: st.Slug, Anchor: st.Anchor,
	}
	if ref, ok := s.chosen(); ok {
		st.Choices = nil
		if a, _, known := s.env.Body(ref.Slug, ref.Anchor); known {
			s.answer(a)
			s.turn.Answered = &dialog.AnsweredData{Kind: string(KindAnswer), Slug: a.Slug, Anchor: a.Anchor}
			return
		}
	}
	if s.waits != "" && s.turn.Jurisdiction != dialog.Unknown && !asksBack(s.in.Text) && wordCount(s.in.Text) <= 12 {
		// The country that was asked for has come; the question is still the old
		// one, unless this message asks something itself. What answers it in
		// each country was found when the country was asked for.
		if a, ok := s.eitherFor(s.turn.Jurisdiction); ok {
			s.answer(a)
			s.turn.Answered = &dialog.AnsweredData{Kind: string(KindAnswer), Slug: a.Slug, Anchor: a.Anchor}
			return
		}
		q.Text = s.waits
	}
	found := s.env.Find(q)
	s.turn.Answered = &dialog.AnsweredData{Kind: string(found.Kind), Version: found.Version}
	st.Choices = nil
	switch found.Kind {
	case KindAnswer:
		a := found.Answers[0]
		s.turn.Answered.Slug, s.turn.Answered.Anchor, s.turn.Answered.Score = a.Slug, a.Anchor, a.Score
		s.answer(a)
		s.nearly(found.Answers)
	case KindWhichCountry:
		if st.Country {
			// Asked once already: both answers, each under its country's name.
			s.both(found.Answers)
			return
		}
		st.Waits, st.Country = s.in.Text, true
		for _, a := range found.Answers {
			st.Either = append(st.Either, CountryRef{Ref{Slug: a.Slug, Anchor: a.Anchor, Heading: a.Heading}, a.Jurisdiction})
		}
		s.say("which_country")
	case KindChoices:
		if len(found.Answers) == 0 || found.Answers[0].Score < leastChoice {
			// Three things that are nothing like it are no help.
			s.turn.Answered.Kind = string(KindUnknown)
			s.unknown(found.Contacts)
			return
		}
		s.offer(found.Answers)
	case KindPerson:
		s.turn.Waiting, s.turn.HandOver = dialog.WaitingPerson, true
		st.Queued = false
		if away := s.away(); away.Away {
			s.say("away.person", "back", When(s.env.Texts, s.env.Medium, away))
		} else {
			s.say("person")
		}
	case KindSmallTalk:
		s.say("greeting")
	case KindThanks:
		s.say("thanks")
	case KindOffTopic:
		if !s.in.Assessment.Plain {
			s.turn.Waiting = dialog.WaitingReview
		}
		s.say("off_topic")
	case KindUnknown:
		s.unknown(found.Contacts)
	default:
		s.turn.Waiting = dialog.WaitingReview
		s.say("unknown")
	}
}

// unknown says that the library does not know, and who may, as long as that costs
// no more than a reply may. A person reads the message unless it is so plainly
// harmless that saying so, and how to ask for a person, is enough.
func (s *step) unknown(contacts []Contact) {
	key := "unknown.plain"
	if !s.in.Assessment.Plain {
		key, s.turn.Waiting = "unknown", dialog.WaitingReview
	}
	text := s.text(key)
	for _, c := range contacts {
		name := c.Name
		if country := s.country(c.Jurisdiction); country != "" && s.turn.Jurisdiction == dialog.Unknown {
			name += " (" + country + ")"
		}
		more := text + " " + s.text("unknown.contact", "name", name, "reach", c.Reach)
		if s.env.Abilities.Short && len(s.env.Fit(more, s.env.Abilities.Segments)) > 1 {
			break
		}
		text = more
	}
	s.turn.Lines = append(s.turn.Lines, Line{Text: text})
}

// leastChoice is the library's certainty (0 to 1) in the best of several
// sections from which on they are worth offering.
const leastChoice = 0.12

// eitherFor is what answers the question that waited for a country, in that
// country, where the library names one section for it.
func (s *step) eitherFor(j dialog.Jurisdiction) (Answer, bool) {
	for _, c := range s.either {
		if c.Jurisdiction == j {
			a, _, ok := s.env.Body(c.Slug, c.Anchor)
			return a, ok
		}
	}
	return Answer{}, false
}

// answer says a section's short answer with its source, inside the segments
// that a reply may cost: the source is shortened before the answer is, and the
// answer never.
func (s *step) answer(a Answer) {
	st := &s.turn.State
	st.Slug, st.Anchor, st.Part = a.Slug, a.Anchor, 0
	text := a.Short
	if a.Marked && !s.namesItself(a) {
		text = s.text("answer.marked", "country", s.country(a.Jurisdiction)) + " " + text
	}
	data := dialog.LineData{Sources: []dialog.Source{s.source(a)}}
	if !s.env.Abilities.Short {
		if _, body, ok := s.env.Body(a.Slug, a.Anchor); ok {
			passage, whole := opening(body, passageRoom)
			if passage != "" {
				text += "\n\n" + passage
			}
			if !whole {
				data.Choices = []string{s.text("answer.more")}
			}
		}
		s.turn.Lines = append(s.turn.Lines, Line{Text: text, Data: data})
		return
	}
	for _, tail := range []string{
		s.text("answer.source", "title", a.Title, "number", a.Number, "link", a.Link),
		s.text("answer.link", "link", a.Link),
		a.Link,
	} {
		whole := text + "\n" + tail
		if len(s.env.Fit(whole, s.env.Abilities.Segments)) == 1 {
			s.turn.Lines = append(s.turn.Lines, Line{Text: whole, Data: data})
			return
		}
	}
	s.turn.Lines = append(s.turn.Lines, Line{Text: text, Data: data}, Line{Text: s.text("answer.link", "link", a.Link)})
}

// nearShare is the share of the first section's certainty from which on the second is
// shown as well, where a reply costs nothing by length.
const nearShare = 0.5

// nearly adds the second section's short answer, under its heading, when it is nearly as
// sure to be what was asked for and holds for the same country.
func (s *step) nearly(answers []Answer) {
	if s.env.Abilities.Short || len(answers) < 2 || len(s.turn.Lines) == 0 {
		return
	}
	first, second := answers[0], answers[1]
	if second.Score < nearShare*first.Score || second.Jurisdiction != first.Jurisdiction || second.Marked != first.Marked {
		return
	}
	line := &s.turn.Lines[len(s.turn.Lines)-1]
	line.Text += "\n\n" + second.Heading + "\n" + second.Short
	if second.Slug != first.Slug {
		line.Data.Sources = append(line.Data.Sources, s.source(second))
	}
}

// passageRoom is how many bytes of a section are shown under its short answer where a
// reply costs nothing by length: what fits on a telephone's screen beside the answer.
const passageRoom = 420

// opening is the paragraphs that a text begins with, as many as fit, and whether they
// are all of it.
func opening(text string, room int) (passage string, whole bool) {
	if len(text) <= room {
		return text, true
	}
	end := 0
	for at := 0; ; {
		next := strings.Index(text[at:], "\n\n")
		if next < 0 || at+next > room {
			return text[:end], false
		}
		end = at + next
		at = end + len("\n\n")
	}
}

// namesItself says that an answer begins by saying where it holds ("At Stoke
// Heath in England …"), so that it needs no mark before it.
func (s *step) namesItself(a Answer) bool {
	country := strings.Fields(s.country(a.Jurisdiction))
	if len(country) == 0 {
		return false
	}
	place, _, found := strings.Cut(a.Short[:min(len(a.Short), 48)], country[0])
	return found && (place == "In " || strings.HasPrefix(place, "At ") && strings.HasSuffix(place, " in "))
}

func (s *step) source(a Answer) dialog.Source {
	return dialog.Source{
		Title: a.Title, Number: a.Number, Link: a.Link,
		Country: s.country(a.Jurisdiction), Published: a.Published,
	}
}

func (s *step) country(j dialog.Jurisdiction) string {
	if j == dialog.Unknown {
		return ""
	}
	return s.text("jurisdiction." + string(j))
}

// both says one answer for each country.
func (s *step) both(answers []Answer) {
	said := map[dialog.Jurisdiction]bool{}
	for _, a := range answers {
		if said[a.Jurisdiction] {
			continue
		}
		said[a.Jurisdiction] = true
		a.Marked = a.Jurisdiction != dialog.Unknown
		s.answer(a)
	}
}

// offer lists two or three headings and remembers them, so that a digit or
// the words choose one.
func (s *step) offer(answers []Answer) {
	var list strings.Builder
	var choices []string
	for i, a := range answers {
		if i == 3 {
			break
		}
		s.turn.State.Choices = append(s.turn.State.Choices, Ref{Slug: a.Slug, Anchor: a.Anchor, Heading: a.Heading})
		list.WriteString("\n")
		list.WriteString(string(rune('1' + i)))
		list.WriteString(". ")
		list.WriteString(a.Heading)
		choices = append(choices, a.Heading)
	}
	line := Line{Text: s.text("choices") + list.String(), Data: dialog.LineData{Choices: choices}}
	if !s.env.Abilities.Short {
		line.Text = s.text("choices")
	}
	s.turn.Lines = append(s.turn.Lines, line)
}

func (s *step) chosen() (Ref, bool) {
	said := strings.ToLower(strings.Trim(s.in.Text, " .!)"))
	for i, c := range s.turn.State.Choices {
		if said == string(rune('1'+i)) || said == strings.ToLower(c.Heading) {
			return c, true
		}
	}
	return Ref{}, false
}

// more says the next part of the section answered last, under the name of its
// country where the person's own is not known.
func (s *step) more() {
	st := &s.turn.State
	a, body, ok := s.env.Body(st.Slug, st.Anchor)
	if !ok || st.Slug == "" {
		s.say("more.none")
		return
	}
	if a.Jurisdiction != dialog.Unknown && a.Jurisdiction != s.turn.Jurisdiction {
		body = s.text("answer.marked", "country", s.country(a.Jurisdiction)) + " " + body
	}
	parts := s.env.Fit(body, s.env.Abilities.Segments)
	if st.Part >= len(parts) {
		s.say("more.end", "link", a.Link)
		return
	}
	line := Line{Text: parts[st.Part], Data: dialog.LineData{Sources: []dialog.Source{s.source(a)}}}
	st.Part++
	if st.Part < len(parts) && !s.env.Abilities.Short {
		line.Data.Choices = []string{s.text("answer.more")}
	}
	s.turn.Lines = append(s.turn.Lines, line)
	s.turn.Answered = &dialog.AnsweredData{Kind: "more", Slug: st.Slug, Anchor: st.Anchor}
}
