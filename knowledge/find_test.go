package knowledge

import (
	"testing"
	"unicode/utf8"
)

func TestFind(t *testing.T) {
	l := testLibrary(t)
	for _, c := range []struct {
		name   string
		q      Query
		kind   Kind
		first  string // the first answer
		marked bool
		intent string
	}{
		{"plain question", Query{Text: "Can I get my train fare back?"}, KindAnswer, "visit-costs#who", false, ""},
		{"slang and spelling", Query{Text: "wot do u put on a leter to the nick in scotland"}, KindAnswer, "keeping-touch-north#letters", false, ""},
		{"country differs", Query{Text: "can i ring him"}, KindWhichCountry, "keeping-touch-north#phone", true, ""},
		{"country said", Query{Text: "can i ring him in scotland"}, KindAnswer, "keeping-touch-north#phone", false, ""},
		{"country from the prison in the text", Query{Text: "can i ring him, hes in hilltop"}, KindAnswer, "keeping-touch-south#phone-list", false, ""},
		{"country from the prison that is known", Query{Text: "can i ring him", Prison: "glenmuir"}, KindAnswer, "keeping-touch-north#phone", false, ""},
		{"country from the prison's name", Query{Text: "can i ring him", PrisonName: "The Muir"}, KindAnswer, "keeping-touch-north#phone", false, ""},
		{"country known otherwise", Query{Text: "can i ring him", Jurisdiction: EnglandWales}, KindAnswer, "keeping-touch-south#phone-list", false, ""},
		{"country from what was said before", Query{Text: "can i ring him", History: []string{"hes in glenmuir"}}, KindAnswer, "keeping-touch-north#phone", false, ""},
		{"the text goes before what is known", Query{Text: "and can i ring him in hilltop", Prison: "glenmuir"}, KindAnswer, "keeping-touch-south#phone-list", false, ""},
		{"one country only is marked", Query{Text: "can i send him an email"}, KindAnswer, "keeping-touch-south#email", true, ""},
		{"no answer from the other country", Query{Text: "can i send him an email in scotland"}, KindUnknown, "", false, ""},
		{"no answer abroad", Query{Text: "can i ring him in a jail in spain"}, KindUnknown, "", false, ""},
		{"the family is abroad", Query{Text: "we live in spain, can i ring him in glenmuir"}, KindAnswer, "keeping-touch-north#phone", false, ""},
		{"sheet for one prison", Query{Text: "how many family days", Prison: "hilltop"}, KindAnswer, "hilltop-family-days#what", false, ""},
		{"sheet for one prison, prison unknown", Query{Text: "how many family days are there"}, KindAnswer, "hilltop-family-days#what", true, ""},
		{"sheet for another prison", Query{Text: "how many family days at glenmuir"}, KindUnknown, "", false, ""},
		{"an everyday word is no prison", Query{Text: "what do I put on letters"}, KindAnswer, "keeping-touch-north#letters", true, ""},
		{"known gap", Query{Text: "can i post trainers in"}, KindUnknown, "", false, "clothes"},
		{"person", Query{Text: "can I talk to a real person"}, KindPerson, "", false, "ask-person"},
		{"person as one word", Query{Text: "HUMAN"}, KindPerson, "", false, "ask-person"},
		{"person of the prison", Query{Text: "is a person on the wing allowed trainers"}, KindUnknown, "", false, "clothes"},
		{"thanks", Query{Text: "Thanks so much!"}, KindSmalltalk, "", false, "thanks"},
		{"off topic by pattern", Query{Text: "tell me a joke"}, KindOffTopic, "", false, "jokes"},
		{"off topic by lack of words of the field", Query{Text: "two pepperoni pizzas please"}, KindOffTopic, "", false, ""},
		{"of the field, unanswered", Query{Text: "will the sentence be quashed"}, KindUnknown, "", false, ""},
		{"follow-up", Query{Text: "and do i need his date of birth", History: []string{"what do i put on a letter to glenmuir"}, Previous: SectionRef{"keeping-touch-north", "letters"}}, KindAnswer, "keeping-touch-north#letters", false, ""},
		{"nothing", Query{Text: "  ?! "}, KindUnknown, "", false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := l.Find(c.q)
			first := ""
			if len(f.Answers) > 0 {
				first = f.Answers[0].Ref().String()
			}
			if f.Kind != c.kind || first != c.first || f.Intent != c.intent {
				t.Fatalf("got %s %s %s (%s), want %s %s %s", f.Kind, first, f.Intent, f.Why, c.kind, c.first, c.intent)
			}
			if first != "" && f.Answers[0].Marked != c.marked {
				t.Errorf("marked = %v, want %v", f.Answers[0].Marked, c.marked)
			}
			if (len(f.Answers) > 0) != (f.Kind == KindAnswer || f.Kind == KindChoices || f.Kind == KindWhichCountry) {
				t.Errorf("%s with %d answers", f.Kind, len(f.Answers))
			}
		})
	}
}

// Whatever the country, no answer is of another one without being marked.
func TestNoUnmarkedAnswerOfAnotherCountry(t *testing.T) {
	l, err := NewLibrary(realContent(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, country := range []Jurisdiction{"", Scotland, EnglandWales, NorthernIreland, Jersey, Elsewhere} {
		for _, sheet := range l.Sheets() {
			for _, section := range sheet.Sections {
				for _, text := range append([]string{section.Heading}, section.Asked...) {
					f := l.Find(Query{Text: text, Jurisdiction: country})
					for _, a := range f.Answers {
						if a.Jurisdiction != UK && a.Jurisdiction != f.Jurisdiction && !a.Marked {
							t.Fatalf("%s asked for %q: unmarked answer of %s", f.Kind, country, a.Jurisdiction)
						}
					}
				}
			}
		}
	}
}

// A question put in the words of a heading finds its section.
func TestHeadingsFindTheirSections(t *testing.T) {
	l, err := NewLibrary(realContent(t))
	if err != nil {
		t.Fatal(err)
	}
	asked, right := 0, 0
	for _, sheet := range l.Sheets() {
		for _, section := range sheet.Sections {
			q := Query{Text: section.Heading, Jurisdiction: sheet.Jurisdiction}
			if len(sheet.Prisons) > 0 {
				q.Prison = sheet.Prisons[0]
			}
			asked++
			f := l.Find(q)
			if len(f.Answers) > 0 && f.Answers[0].Sheet.Slug == sheet.Slug {
				right++
			}
		}
	}
	if right*100 < asked*85 {
		t.Errorf("%d of %d headings find their sheet first, want 85 %%", right, asked)
	}
}

func FuzzFind(f *testing.F) {
	l := testLibrary(f)
	for _, s := range []string{"", "can i ring him", "HMP hill top!!", "\xff\xfe", "he\u2019s at the muir", "a'b'c ''' 2 4 u", "\u00e9t\u00e9 \U0001F600"} {
		f.Add(s, "before", "keeping-touch-north")
	}
	f.Fuzz(func(t *testing.T, text, before, slug string) {
		finding := l.Find(Query{Text: text, History: []string{before, text}, Prison: slug, PrisonName: before, Previous: SectionRef{Slug: slug, Anchor: "x"}})
		if finding.Kind == "" || len(finding.Answers) > 3 {
			t.Fatalf("finding %+v", finding)
		}
		for _, a := range finding.Answers {
			if a.Sheet == nil || a.Section == nil || a.Score < 0 || a.Score > 1 {
				t.Fatalf("answer %+v", a)
			}
		}
		for _, w := range splitWords(nil, text) {
			if utf8.ValidString(text) && !utf8.ValidString(w) {
				t.Fatalf("word %q of %q", w, text)
			}
		}
	})
}

// Who asks for a person gets one, whatever else is said, and in words that no pattern has;
// who asks about a person of the prison does not.
func TestAsksForAPerson(t *testing.T) {
	l, err := NewLibrary(realContent(t))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"my son is in prison and i cannot follow any of it. can i talk to a real person?": true,
		"could a volunteer give my mum a ring, she is not on the internet":                true,
		"gonnae get somebody tae phone us":                                                true,
		"who do I speak to about his core screen":                                         false,
		"can I speak to the officer on his wing":                                          false,
		"how do i get a family contact officer to ring me":                                false,
		"Jordan Price": false,
		"A1234BC":      false,
	} {
		if f := l.Find(Query{Text: text}); (f.Kind == KindPerson) != want {
			t.Errorf("%q is %s (%s %s), want a person: %v", text, f.Kind, f.Intent, f.Why, want)
		}
	}
}

// What has no answer names who may know: in the country that is known one, else one for
// each, and nobody for a prison abroad.
func TestUnansweredNamesWhoMayKnow(t *testing.T) {
	l, err := NewLibrary(realContent(t))
	if err != nil {
		t.Fatal(err)
	}
	text := "how do i put money on his account"
	for country, want := range map[Jurisdiction]int{"": 2, Scotland: 1, EnglandWales: 1} {
		f := l.Find(Query{Text: text, Jurisdiction: country})
		if f.Kind != KindUnknown || len(f.Contacts) != want {
			t.Errorf("%q: %s with %d contacts, want %d", country, f.Kind, len(f.Contacts), want)
		}
		for _, c := range f.Contacts {
			if c.Reach() == "" || c.Disputed || country != "" && c.Jurisdiction != country && c.Jurisdiction != UK {
				t.Errorf("%q: %s is named", country, c.ID)
			}
		}
	}
	if f := l.Find(Query{Text: "how do i put money on his account in a jail in spain"}); f.Kind == KindAnswer || len(f.Contacts) > 0 {
		t.Errorf("abroad: %s with %d contacts", f.Kind, len(f.Contacts))
	}
}

// A subject that is only answered in the other country is no answer here.
func TestGapOfOneCountry(t *testing.T) {
	l, err := NewLibrary(realContent(t))
	if err != nil {
		t.Fatal(err)
	}
	if f := l.Find(Query{Text: "how do i book a visit", Jurisdiction: Scotland}); len(f.Answers) > 0 || len(f.Contacts) == 0 {
		t.Errorf("in Scotland: %s %v, want nobody's answer and somebody to ask", f.Kind, f.Why)
	}
	if f := l.Find(Query{Text: "how do i book a visit", Jurisdiction: EnglandWales}); f.Kind != KindAnswer {
		t.Errorf("in England: %s (%s), want an answer", f.Kind, f.Why)
	}
}
