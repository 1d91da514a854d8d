package flow

import (
	"regexp"
	"strings"

	"helpline/dialog"
)

// takesBack reads words that take a worry back: "ignore that", "hes fine now",
// "dont do anything".
var takesBack = regexp.MustCompile(`(?i)\b(?:ignore|disregard|forget|scrap|delete|cancel)\s+(?:all\s+)?(?:that|this|it|me|what\s+i\s+(?:said|wrote|put|told)|my\s+(?:\w+\s+)?(?:text|texts|message|messages|one))\b|\bnever\s?mind\b|\bfalse\s+alarm\b|\b(?:do\s*n[o'’]?t|no\s+need\s+to|please\s+do\s*n[o'’]?t)\s+(?:do|ring|call|send|report)\s+(?:anything|anyone|anybody|them|nobody|no\s?one)\b|\b(?:i\s+(?:was|am)|i'?m|im)\s+(?:just\s+|only\s+)?(?:over\s?reacting|being\s+(?:silly|stupid|daft|dramatic))\b|\bdid\s*n[o'’]?t\s+mean\s+(?:it|that|anything)\b|^\W*(?:(?:its|it'?s|sorry|no|ok|okay|oh|hes|he'?s|he\s+is|shes|she'?s|she\s+is|theyre|they'?re|all|everything|everythings|everything'?s|is|all'?s)\W+)+(?:fine|ok|okay|alright|all\s+right|safe|sorted|good)(?:\s+now)?\W*$`)

// takenBack answers somebody who takes a worry back: it was right to say so, and
// a person looks all the same. Nothing is asked then, and what was asked before
// may still be answered. Where the message holds a sign of its own it is none.
func (s *step) takenBack() bool {
	if s.turn.State.Alarmed < dialog.LevelConcern && s.in.Concern.ID == "" || !takesBack.MatchString(s.in.Text) {
		return false
	}
	text := strings.TrimSpace(s.in.Text)
	for _, e := range s.in.Assessment.Evidence {
		if e.Sign != wording && e.Sign != allClear && strings.Contains(text, e.Text) {
			return false
		}
	}
	s.turn.Waiting = dialog.WaitingRisk
	s.say("risk.taken_back")
	return true
}

// allClear is the sign that a worry was false or is over.
const allClear = "all-clear"

// ownLanguage says in the person's own language, where content/texts has it,
// that a person reads this and what the emergency number is: once, and again in
// a worry.
func (s *step) ownLanguage(lang string) {
	st := &s.turn.State
	said := "own " + lang
	if st.Langs[said] && s.in.Assessment.Level < dialog.LevelConcern {
		return
	}
	langs := map[string]bool{said: true}
	for l := range st.Langs {
		langs[l] = true
	}
	st.Langs = langs
	if text := s.text("language." + lang); text != "" {
		s.turn.Lines = append(s.turn.Lines, Line{Text: text, Data: dialog.LineData{Urgent: s.in.Assessment.Level > dialog.LevelNone}})
	}
}
