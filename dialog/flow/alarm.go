package flow

import (
	"strings"

	"helpline/dialog"
)

// risk answers a message in which somebody may be at risk. It returns false
// when there is nothing new to be alarmed about, so that a question asked in
// the middle of an open concern is still answered.
func (s *step) risk() bool {
	a := s.in.Assessment
	if a.Level < dialog.LevelConcern {
		return false
	}
	st := &s.turn.State
	who := whoKey(a.Who)
	if a.Level <= st.Alarmed {
		switch {
		case s.takenBack():
			return true
		case !s.saysMore():
			return false // the level comes from what was said before
		case a.Level > st.Told[who]:
			s.alarm(who)
			return true
		}
		s.turn.Waiting = dialog.WaitingRisk
		s.takeAnswer()
		s.tell()
		s.sayAndAsk(s.text("risk.added"), dialog.LineData{})
		return true
	}
	s.alarm(who)
	return true
}

// alarm says the words of a level for whoever is at risk, where to turn, and
// the next question.
func (s *step) alarm(who string) {
	s.turn.Waiting = dialog.WaitingRisk
	s.takeAnswer()
	s.tell()
	if lang := s.in.Assessment.Language; lang != "" && lang != "en" {
		s.ownLanguage(lang)
	}
	s.sayAndAsk(s.safety(who), dialog.LineData{Urgent: true})
}

// safety is the words of a level for whoever is at risk, and where to turn; from
// here on they have been said.
func (s *step) safety(who string) string {
	a, st := s.in.Assessment, &s.turn.State
	st.Alarmed = max(st.Alarmed, a.Level)
	told := map[string]dialog.Level{who: a.Level}
	for w, l := range st.Told {
		told[w] = max(l, told[w])
	}
	st.Told = told
	text := s.text("risk." + a.Level.String() + "." + who)
	switch away := s.away(); {
	case away.Away && a.Who == dialog.WhoCaller:
		text = s.text("away."+a.Level.String()+".caller", "back", When(s.env.Texts, s.env.Medium, away))
	case away.Away:
		text = s.text("away."+who) + " " + s.answersNow(away)
	case a.Who == dialog.WhoChild:
		text += " " + s.text("route.child") // a prison can do nothing for a child at home
	case a.Who != dialog.WhoCaller:
		text += " " + s.routes()
	}
	return text
}

// wording is the sign of a level that comes from the whole message and not from
// words of its own: it stands for no sign in a message of few words.
const (
	wording  = "wording"
	fewWords = 6
)

// saysMore reports whether this message itself holds a sign. An assessment
// also carries what it saw in earlier messages, and, where no sign was seen, some
// words of the message.
func (s *step) saysMore() bool {
	text := strings.TrimSpace(s.in.Text)
	for _, e := range s.in.Assessment.Evidence {
		if (e.Sign != wording || wordCount(text) > fewWords) && strings.Contains(text, e.Text) {
			return true
		}
	}
	return false
}

// sayAndAsk says a text with the next question behind it: in the same line, or
// in one of its own where the line would become too long, so that neither the
// words that matter nor the question are cut in two.
func (s *step) sayAndAsk(text string, data dialog.LineData) {
	q := s.nextQuestion()
	whole := text + " " + q
	if q == "" || len(s.env.Fit(whole, s.env.Abilities.Segments)) == 1 {
		s.turn.Lines = append(s.turn.Lines, Line{Text: strings.TrimSpace(whole), Data: data})
		return
	}
	s.turn.Lines = append(s.turn.Lines, Line{Text: text, Data: data}, Line{Text: q})
}

// maxHappened bounds what is kept of what happened, in bytes; the conversation has all of it.
const maxHappened = 2000

// tell keeps the person's own words about what happened, and adds to them what
// they tell later: a second event does not replace the first.
func (s *step) tell() {
	f := &s.turn.State.Facts
	said := strings.TrimSpace(s.in.Text)
	switch {
	case wordCount(said) < 4:
	case f.Happened == "":
		f.Happened = said
	case s.saysMore() && !strings.Contains(f.Happened, said) && len(f.Happened)+len(said) < maxHappened:
		f.Happened += "\n" + said
	}
}

func whoKey(w dialog.Who) string {
	switch w {
	case dialog.WhoCaller:
		return "caller"
	case dialog.WhoChild:
		return "child"
	case dialog.WhoPrisoner, dialog.WhoOther, dialog.WhoNone:
		return "prisoner"
	}
	return "prisoner"
}

// routes says where to turn: now, and where it can wait for somebody to
// listen. Numbers are said only where they are known for that prison.
func (s *step) routes() string {
	if away := s.away(); away.Away {
		return s.answersNow(away)
	}
	p, ok := s.env.Prison(s.turn.Prison)
	now := "route.now." + placeKey(s.turn.Jurisdiction)
	later := "route.later." + placeKey(s.turn.Jurisdiction)
	params := []string{}
	if ok {
		params = []string{"prison", p.ShortName, "switchboard", p.Switchboard, "concern_line", p.ConcernLine}
		if p.Switchboard != "" {
			now = "route.now.numbers"
		}
		if p.ConcernLine != "" {
			later = "route.later.numbers"
		}
	}
	text := s.text(now, params...)
	if l := s.text(later, params...); l != "" {
		text += " " + l
	}
	return text
}

func placeKey(j dialog.Jurisdiction) string {
	switch j {
	case dialog.Scotland, dialog.EnglandWales, dialog.NorthernIreland:
		return string(j)
	case dialog.Unknown, dialog.Jersey, dialog.Guernsey, dialog.IsleOfMan:
		return "unknown"
	}
	return "unknown"
}
