package flow

import (
	"strings"

	"helpline/dialog"
)

// Second takes in what a second reading made of a message that was answered
// before. What happened is kept among the facts. Where the bot may speak and has
// not said the words of that level for whoever is at risk, it adds them, once,
// with a question only where none of its own waits for an answer. Nothing else
// of the conversation changes: the person may have written meanwhile.
func Second(env Env, conv dialog.Conversation, state State, in Input, speak bool) Turn {
	s := step{env: env, conv: conv, in: in}
	s.turn.State = state
	s.turn.Prison, s.turn.Jurisdiction = conv.Prison, conv.Jurisdiction
	st := &s.turn.State
	a := in.Assessment
	if a.Level >= dialog.LevelConcern {
		s.tell()
		who := whoKey(a.Who)
		switch {
		case speak && (a.Level > st.Alarmed || a.Level > st.Told[who]):
			text := strings.TrimSpace(s.text("risk.second") + " " + s.safety(who))
			data := dialog.LineData{Urgent: true}
			if st.Pending == "" && st.Waits == "" && len(st.Choices) == 0 {
				s.sayAndAsk(text, data)
			} else {
				s.turn.Lines = append(s.turn.Lines, Line{Text: text, Data: data})
			}
		case conv.Holder.Kind == dialog.Staff:
			st.Alarmed = max(st.Alarmed, a.Level) // a person sees to it
		}
	}
	s.turn.Facts = st.Facts
	return s.turn
}
