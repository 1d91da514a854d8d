package flow

import (
	"regexp"
	"slices"
	"strings"

	"helpline/dialog"
)

// Ask is a fact that a safer custody team needs.
type Ask string

// What is asked for, in this order, each at most once.
const (
	AskPrison   Ask = "prison"
	AskName     Ask = "name"
	AskNumber   Ask = "number"
	AskHappened Ask = "happened"
	AskCallBack Ask = "callback"
)

var order = []Ask{AskPrison, AskName, AskNumber, AskHappened, AskCallBack}

// known says that a fact need not be asked for.
func (s *step) known(a Ask) bool {
	f := s.turn.State.Facts
	caller := s.in.Assessment.Who == dialog.WhoCaller || s.in.Concern.Who == dialog.WhoCaller
	switch a {
	case AskPrison:
		return s.turn.Prison != "" || caller
	case AskName:
		return f.PrisonerName != "" || caller
	case AskNumber:
		return f.PrisonNumber != "" || f.DateOfBirth != "" || caller
	case AskHappened:
		return f.Happened != ""
	case AskCallBack:
		return f.CallBack != "" || f.CallSafe != ""
	}
	return true
}

// nextQuestion is the next fact to ask for, in words; empty when all are
// known or were asked for. One at a time, and never twice.
func (s *step) nextQuestion() string {
	st := &s.turn.State
	for _, a := range order {
		if s.known(a) || slices.Contains(st.Asked, a) {
			continue
		}
		st.Pending = a
		st.Asked = append(slices.Clone(st.Asked), a)
		if a == AskCallBack && s.in.Address.Medium != dialog.SMS {
			return s.text("ask.callback.number")
		}
		return s.text("ask." + string(a))
	}
	st.Pending = ""
	return ""
}

// wasAnswer takes a message as the answer to the fact asked for last, says
// thank you and asks the next. A message that is plainly a question of its
// own is left to the library, and the fact stays unknown.
func (s *step) wasAnswer() bool {
	st := &s.turn.State
	if st.Pending == "" || s.in.More || s.in.Alone || asksBack(s.in.Text) {
		return false
	}
	s.takeAnswer()
	q := s.nextQuestion()
	if q == "" {
		s.say("risk.done")
		return true
	}
	s.turn.Lines = append(s.turn.Lines, Line{Text: q})
	return true
}

// takeAnswer keeps what was said to the pending question.
func (s *step) takeAnswer() {
	st := &s.turn.State
	said := strings.TrimSpace(s.in.Text)
	pending := st.Pending
	st.Pending = ""
	if pending == "" || said == "" || dontKnow.MatchString(said) {
		return
	}
	f := &st.Facts
	switch pending {
	case AskName:
		if f.PrisonerName == "" {
			f.PrisonerName = nameIn(said)
		}
	case AskHappened:
		if f.Happened == "" {
			f.Happened = said
		}
	case AskCallBack:
		f.CallBack = phoneNumber(said)
		if f.CallBack != "" || whenSafe.MatchString(said) {
			f.CallSafe = said
		}
	case AskPrison, AskNumber:
		// Read by learn, wherever it stands.
	}
}

var (
	reEnglish  = regexp.MustCompile(`(?i)\b([a-z])\s?(\d{4})\s?([a-z]{2})\b`)
	reScottish = regexp.MustCompile(`(?i)(?:prison(?:er)?\s+(?:number|no\.?|num)|number\s+is|^)\D{0,8}(\d{4,6})\b`)
	reDate     = regexp.MustCompile(`(?i)\b(\d{1,2}[./ -]\d{1,2}[./ -](?:19|20)\d{2}|\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s+(?:19|20)\d{2})\b`)
	rePhone    = regexp.MustCompile(`(?:\+44|0)[\d ()-]{8,14}\d`)
	dontKnow   = regexp.MustCompile(`(?i)^\W*(?:(?:i\s*)?(?:do\s*n.?t|dont|dunno|don't)\s*(?:know|no|remember)?|not sure|no idea|no|nope|skip|unknown|idk|rather not(?: say)?)\W*$`)
	leadIn     = regexp.MustCompile(`(?i)^\s*(?:(?:his|her|their)\s+name(?:'s|s|\s+is)?|(?:he|she)(?:'s|s|\s+is)\s+called|it(?:'s|s|\s+is)|called|name(?:'s|s|\s+is)?)\s+`)
	notName    = regexp.MustCompile(`(?i)[0-9?]|\b(?:i|im|he|hes|she|shes|they|it|its|is|was|has|had|not|my|the|a|an|and|but|please|help|yes|hello|sorry|what|who|why|just|dont|only)\b`)
	whenSafe   = regexp.MustCompile(`(?i)\b(?:yes|yeah|yep|aye|no|nope|ok|okay|safe|fine|any ?time|after|before|evening|evenings|morning|mornings|text|ring|call)\b`)
	question   = regexp.MustCompile(`(?i)^\W*(?:what|when|where|who|why|how|can|could|do|does|is|are|will|should)\b.*\?\s*$|^\W*(?:what|when|where|how|who|why)(?:'?s)?\s+\S+\s+\S+`)
)

// prisonNumber reads a prison number: A1234BC in England and Wales (the form
// that the prison money service checks), digits in Scotland where the words
// around them say that it is one.
func prisonNumber(text string) string {
	if m := reEnglish.FindStringSubmatch(text); m != nil {
		return strings.ToUpper(m[1] + m[2] + m[3])
	}
	if m := reScottish.FindStringSubmatch(text); m != nil && strings.Contains(strings.ToLower(text), "numb") {
		return m[1]
	}
	return ""
}

func dateOfBirth(text string) string { return reDate.FindString(text) }

func phoneNumber(text string) string { return strings.TrimSpace(rePhone.FindString(text)) }

func asksBack(text string) bool { return question.MatchString(text) }

// nameIn reads a name of up to four words, without "his name is" before it and
// without what follows a comma. It returns nothing where a sentence was said.
func nameIn(said string) string {
	name, _, _ := strings.Cut(leadIn.ReplaceAllString(said, ""), ",")
	name = strings.Trim(name, " .!\n")
	if n := wordCount(name); n == 0 || n > 4 || notName.MatchString(name) {
		return ""
	}
	return name
}

func wordCount(text string) int { return len(strings.Fields(text)) }
