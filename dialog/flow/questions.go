package flow

import (
	"regexp"
	"slices"
	"strconv"
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
		return f.PrisonNumber != "" || f.DateOfBirth != "" || caller || s.in.Assessment.Who == dialog.WhoChild || s.in.Concern.Who == dialog.WhoChild
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
	if st.Pending != "" {
		return "" // this message was no answer to it: it still waits for one
	}
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
	if s.late {
		// It came after its question; the one that was asked last still waits.
		s.say("risk.added")
		return true
	}
	if st.Pending == "" || s.in.More || s.in.Alone || s.asksNow() {
		return false
	}
	if st.Pending == AskPrison && s.turn.Prison != s.conv.Prison && st.Alarmed >= dialog.LevelConcern {
		// Now that the prison is known, so is where to ring.
		s.takeAnswer()
		s.sayAndAsk(s.routes(), dialog.LineData{Urgent: true})
		return true
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

// asksNow says that a message is no answer but asks something itself: a
// question, or for a person. What happened is told in words that look like a
// question as well ("when I rang him …").
func (s *step) asksNow() bool {
	if s.turn.State.Pending == AskHappened && !strings.Contains(s.in.Text, "?") {
		return s.wantsPerson()
	}
	return asksBack(s.in.Text) || s.wantsPerson()
}

func (s *step) wantsPerson() bool {
	return s.env.Find(Question{Text: s.in.Text}).Kind == KindPerson
}

// takeAnswer keeps what was said to the pending question.
func (s *step) takeAnswer() {
	st := &s.turn.State
	said := strings.TrimSpace(s.in.Text)
	pending := st.Pending
	st.Pending = ""
	if pending == "" || said == "" {
		return
	}
	f := &st.Facts
	if s.late {
		st.Pending = pending
		return
	}
	switch pending {
	case AskName:
		if f.PrisonerName == "" && len(s.in.Places) == 0 {
			f.PrisonerName = nameIn(said)
		}
	case AskHappened:
		if f.Happened == "" && !dontKnow.MatchString(said) && !bland.MatchString(said) {
			f.Happened = said
		}
	case AskCallBack:
		// "No" is an answer, and the one that matters most.
		if n := phoneNumber(said); n != "" && !notThere.MatchString(said) {
			f.CallBack = n
		}
		switch {
		case f.CallBack != "" || whenSafe.MatchString(said) && !s.saysMore():
			f.CallSafe = said
		case s.saysMore(): // "no one would miss me" is no answer
			st.Pending = pending
		}
	case AskPrison, AskNumber:
		// Read by learn, wherever it stands.
	}
}

var (
	reEnglish   = regexp.MustCompile(`(?i)\b([a-z])(\d{4})([a-z]{2})\b`)
	reSpaced    = regexp.MustCompile(`(?i)\b([a-z])[ -]?(\d{4})[ -]?([a-z]{2})\b`)
	reScottish  = regexp.MustCompile(`(?i)\bprison(?:er)?(?:'?s)?\s+(?:number|num|no)\b\D{0,8}([1-9]\d{3,5})(?:\D|$)`)
	reDigits    = regexp.MustCompile(`(?:^|[^\d/.+-])([1-9]\d{3,5})(?:[^\d/.-]|[.]?$)`)
	numbered    = regexp.MustCompile(`(?i)\b(?:number|num|no)\b`)
	reDate      = regexp.MustCompile(`(?i)\b(\d{1,2}[./ -]\d{1,2}[./ -](?:(?:19|20)\d{2}|\d{2})|\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s+(?:(?:19|20)\d{2}|\d{2}))\b`)
	born        = regexp.MustCompile(`(?i)\b(?:born|birth|birthday|dob|d\.o\.b)\b`)
	otherDate   = regexp.MustCompile(`(?i)\b(?:since|court|sentenced?|release|released|went in|got in|visit|parole)\b`)
	reOwn       = regexp.MustCompile(`(?i)\b(?:(?:ring|call|phone|text|reach|contact)\s+(?:me|us)|my\s+(?:mobile|phone|tel|telephone)?\s*(?:number|no)|i'?m\s+on)\b`)
	rePhone     = regexp.MustCompile(`(?:\+44|0)[\d ()-]{8,14}\d`)
	dontKnow    = regexp.MustCompile(`(?i)^\W*(?:(?:i\s*)?(?:do\s*n.?t|dont|dunno|don't)\s*(?:know|no|remember)?|not sure|no idea|no|nope|skip|unknown|idk|rather not(?: say)?)\W*$`)
	leadIn      = regexp.MustCompile(`(?i)^\s*(?:(?:his|her|their)\s+name(?:'s|s|\s+is)?|(?:he|she)(?:'s|s|\s+is)\s+called|it(?:'s|s|\s+is)|called|name(?:'s|s|\s+is)?)\s+`)
	notThere    = regexp.MustCompile(`(?i)\b(?:don'?t|do\s+not|never|not(?:\s+to)?|can'?t|cannot)\s+(?:\w+\s+){0,2}(?:ring|call|phone|text|reach|contact)|\bnot\s+(?:on\s+)?(?:this|that|my|0|\+44)`)
	notName     = regexp.MustCompile(`(?i)[^\p{L}\p{M} .'’-]|\b(?:i|i'm|i've|im|ive|he|he's|hes|she|she's|shes|they|you|u|me|him|her|it|its|is|was|has|had|not|my|your|our|the|a|an|of|in|on|at|to|and|but|so|please|pls|help|yes|yeah|yep|ok|okay|aye|no|nope|none|sure|know|idea|hello|hi|hiya|hey|sorry|thanks|thank|thx|cheers|ta|bye|what|who|why|which|when|how|just|dont|don't|cant|can't|only|stop|start|more|end|quit|person|someone|somebody|anyone|prison|jail|hurry|urgent|asap|already|skip|unknown|said|told|son|sons|daughter|brother|sister|husband|wife|partner|boyfriend|girlfriend|dad|mum|father|mother|mate|friend)\b`)
	bland       = regexp.MustCompile(`(?i)^\W*(?:yes|yeah|yep|aye|ok|okay|thanks?|thank\s*(?:you|u)|thx|cheers|ta|hello|hi|please|pls|help|hurry(?: up)?)?(?:\s+(?:so much|very much|a lot|pls|please|mate|sam))?\W*$`)
	aloneDate   = regexp.MustCompile(`(?i)^\W*(?:(?:i\s+found|it'?s|its|it\s+is|that'?s|he'?s|hes|she'?s|shes|sorry|think|i|yes|his|her|date|dob|born|birthday|is|was)\W*)*$`)
	wish        = regexp.MustCompile(`(?i)\b(?:do\s*n[o'’]?t|never|without|not\s+to|rather\s+not)\s+(?:ever\s+|even\s+)?(?:tell(?:ing)?\s+(?:him|her)\b|let(?:ting)?\s+(?:him|her)\s+(?:know|find|hear|see)|(?:him|her)\s+(?:knowing|finding\s+out|hearing)|say\s+(?:it'?s|it\s+was|its|i\b|my\s+name)|mention\s+(?:me|my\s+name))|\bdo\s*n[o'’]?t\s+want\s+(?:him|her)\s+to\s+(?:know|find\s+out|hear|be\s+told)|\b(?:he|she)\s+(?:can\s*n?[o'’]?t|can\s+never|must\s*(?:n?[o'’]?t|never)|should\s*n?[o'’]?t|is\s+not\s+to)\s+(?:ever\s+)?(?:know|find\s+out|hear)|\b(?:will|would|could|does|do|can)\s+(?:he|she)\s+(?:ever\s+|have\s+to\s+|need\s+to\s+)?(?:know|find\s+out|be\s+told|get\s+told)\b|\bkeep\s+(?:my\s+name|me)\s+out\b|\b(?:stay|remain|be|keep\s+(?:me|it|this))\s+anonymous\b`)
	othersWords = regexp.MustCompile(`(?i)\b(?:said|says|saying|told\s+(?:me|us)|tells?\s+(?:me|us)|asked\s+(?:me|us))\s*(?:to|that|:|,|"|')?\s*(?:please|pls)?\s*"?$`)
	whenSafe    = regexp.MustCompile(`(?i)\b(?:yes|yeah|yep|aye|no|nope|not|never|dont|don't|ok|okay|safe|unsafe|fine|any ?time|after|before|when|until|evening|evenings|morning|mornings|night|weekend|days?|work|email|text|ring|call)\b`)
	question    = regexp.MustCompile(`(?i)^\W*(?:what|when|where|who|why|how|can|could|do|does|is|are|will|should)\b.*\?\s*$|^\W*(?:what|when|where|how|who|why)(?:'?s)?\s+\S+\s+\S+`)
)

// prisonNumber reads a prison number: A1234BC in England and Wales (the form
// that the prison money service checks), digits in Scotland where the words
// around them say that it is one.
//
// Written apart ("A 1234 BC") it counts only where a number is talked of or was
// asked for: "owes a 2000 to them" is none. Nor is a date or a telephone number.
func prisonNumber(text string, asked bool) string {
	if m := reEnglish.FindStringSubmatch(text); m != nil {
		return strings.ToUpper(m[1] + m[2] + m[3])
	}
	if asked || numbered.MatchString(text) {
		if m := reSpaced.FindStringSubmatch(text); m != nil {
			return strings.ToUpper(m[1] + m[2] + m[3])
		}
	}
	if rePhone.MatchString(text) {
		return ""
	}
	if m := reScottish.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	if m := reDigits.FindStringSubmatch(text); m != nil && asked && !reDate.MatchString(text) {
		return m[1]
	}
	return ""
}

// dateOfBirth reads a date that is said to be one of birth, or that answers the
// question for it. Other dates, of courts and sentences, are none.
func dateOfBirth(text string, asked bool) string {
	if born.MatchString(text) || asked && !otherDate.MatchString(text) {
		return reDate.FindString(text)
	}
	return ""
}

// lateBirth reads a date of birth out of a message that is nothing else, after
// it was asked for: it comes when somebody has found the letter that it stands
// on. A year in which no grown man was born is no year of birth.
func lateBirth(text string) string {
	date := reDate.FindString(text)
	if date == "" || !aloneDate.MatchString(strings.Replace(text, date, "", 1)) {
		return ""
	}
	year := date[strings.LastIndexFunc(date, func(r rune) bool { return r < '0' || r > '9' })+1:]
	if n, err := strconv.Atoi(year); err != nil || len(year) == 4 && n > lastBorn || len(year) == 2 && n > lastBorn%100 && n < 30 {
		return ""
	}
	return date
}

// lastBorn is the latest year of birth of somebody held in a young offender
// institution at fifteen when this was written.
const lastBorn = 2011

// wishIn reads what the writer asks about who may learn of it: their words, or
// nothing. What somebody else said ("he said dont tell her") is no wish of theirs.
func wishIn(text string) string {
	at := wish.FindStringIndex(text)
	if at == nil || othersWords.MatchString(text[:at[0]]) {
		return ""
	}
	from := strings.LastIndexAny(text[:at[0]], ",.;!?\n") + 1
	return strings.TrimSpace(text[from:])
}

// ownNumber reads a telephone number on which the writer asks to be reached.
// One that they ask not to be rung on is none.
func ownNumber(text string) string {
	if !reOwn.MatchString(text) || notThere.MatchString(text) {
		return ""
	}
	return phoneNumber(text)
}

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
