package flow_test

import (
	"strings"
	"testing"

	"helpline/dialog"
	"helpline/dialog/flow"
)

func TestQuestionsComeOneAtATimeAndNeverTwice(t *testing.T) {
	k := newTalk(t, dialog.SMS)
	keys := []string{"ask.prison", "ask.name", "ask.number", "ask.happened", "ask.callback"}
	count := map[string]int{}
	note := func(said string) {
		n := 0
		for _, key := range keys {
			if strings.Contains(said, k.text(key)) {
				count[key]++
				n++
			}
		}
		if n > 1 {
			t.Errorf("asks %d things at once: %q", n, said)
		}
	}
	note(k.risk("hanging himself", dialog.LevelImmediate, dialog.WhoPrisoner))
	for _, answer := range []string{
		"not sure", "dont know", "I do not know it", "he rang last night and cried", "ok", "thanks", "he is worse now", "please hurry",
	} {
		note(k.says(answer))
	}
	note(k.risk("cutting again now", dialog.LevelImmediate, dialog.WhoPrisoner))
	for _, key := range keys {
		if count[key] > 1 {
			t.Errorf("%s was asked %d times", key, count[key])
		}
	}
	if count["ask.prison"] != 1 || count["ask.name"] != 1 {
		t.Errorf("asked %v", count)
	}
}

func TestWhatWasSaidIsNotAskedFor(t *testing.T) {
	k := newTalk(t, dialog.SMS)
	said := k.risk("hanging himself he told me in stoke heath, his prison number is A1234BC, ring me on 07700 900123", dialog.LevelImmediate, dialog.WhoPrisoner)
	k.has(said, "ask.name")
	said = k.says("Jordan Price")
	k.has(said, "risk.done")
	f := k.last.Facts
	if f.PrisonerName != "Jordan Price" || f.PrisonNumber != "A1234BC" || f.CallBack != "07700 900123" || k.conv.Prison != "stoke-heath" {
		t.Errorf("%+v in %s", f, k.conv.Prison)
	}
}

func TestWhereToRingIsSaidAsSoonAsThePrisonIsKnown(t *testing.T) {
	k := newTalk(t, dialog.SMS)
	said := k.risk("hanging himself he told me", dialog.LevelImmediate, dialog.WhoPrisoner)
	k.has(said, "ask.prison")
	said = k.says("stoke heath")
	for _, want := range []string{"01630 636000", "01630 638011", k.text("ask.name")} {
		if !strings.Contains(said, want) {
			t.Errorf("%q does not say %q", said, want)
		}
	}
}

func TestSeveralPrisonsAreNoPrison(t *testing.T) {
	k := newTalk(t, dialog.SMS)
	said := k.risk("hanging himself, he was moved from Stoke Heath to Doncaster", dialog.LevelImmediate, dialog.WhoPrisoner)
	if strings.Contains(said, "01630") || k.conv.Prison != "" {
		t.Errorf("took %q: %q", k.conv.Prison, said)
	}
	k.has(said, "route.now.england-wales")
	k.has(said, "ask.prison")
}

// Whoever is at risk is told where to turn, also when it is somebody else than before.
func TestEachWhoIsAtRiskIsToldWhereToTurn(t *testing.T) {
	k := newTalk(t, dialog.Webchat)
	k.risk("hanging himself in leeds", dialog.LevelImmediate, dialog.WhoPrisoner)
	said := k.risk("suicidal myself now", dialog.LevelUrgent, dialog.WhoCaller)
	if !strings.Contains(said, "116 123") {
		t.Errorf("the writer's own despair is met with %q", said)
	}
	if !k.last.Lines[0].Data.Urgent {
		t.Error("not shown as urgent")
	}
	k.hasNot(k.says("thank you"), "risk.urgent.caller")

	k = newTalk(t, dialog.Webchat)
	k.risk("suicidal myself now", dialog.LevelUrgent, dialog.WhoCaller)
	said = k.risk("hanging himself he says in stoke heath", dialog.LevelUrgent, dialog.WhoPrisoner)
	if !strings.Contains(said, "01630 636000") {
		t.Errorf("the way to the prison is not said: %q", said)
	}
}

func TestSecondAndThirdMessageAfterARisk(t *testing.T) {
	k := newTalk(t, dialog.SMS)
	k.risk("cutting himself in leeds", dialog.LevelUrgent, dialog.WhoPrisoner)
	if said := k.risk("hanging", dialog.LevelUrgent, dialog.WhoPrisoner); !strings.Contains(said, k.text("risk.added")) {
		t.Errorf("a sign that is the whole message is met with %q", said)
	}
	k.has(k.risk("hanging, he has a rope", dialog.LevelImmediate, dialog.WhoPrisoner), "risk.immediate.prisoner")
	if k.last.Waiting != dialog.WaitingRisk {
		t.Errorf("waits for %q", k.last.Waiting)
	}
	// What the assessor carries over from before is no new alarm.
	said := k.step("thank you so much", dialog.Assessment{
		Level: dialog.LevelImmediate, Who: dialog.WhoPrisoner, Evidence: []dialog.Evidence{{Sign: "wording", Text: "thank you so much"}},
	})
	k.hasNot(said, "risk.added")
	k.hasNot(said, "risk.immediate.prisoner")
}

func TestWhoAsksForAPersonIsHeardAmongTheQuestions(t *testing.T) {
	k := newTalk(t, dialog.SMS)
	k.sheets["let me talk to somebody"] = flow.Found{Kind: flow.KindPerson}
	k.risk("cutting himself in leeds", dialog.LevelUrgent, dialog.WhoPrisoner)
	k.has(k.says("let me talk to somebody"), "person")
	if !k.last.HandOver || k.last.Waiting != dialog.WaitingPerson || k.last.Facts.PrisonerName != "" {
		t.Errorf("%+v", k.last)
	}
	k.has(k.risk("hanging, he has a rope", dialog.LevelImmediate, dialog.WhoPrisoner), "risk.immediate.prisoner")
	k.says("hello?")
	k.says("hello??")
}

func TestAQuestionAmongTheQuestionsIsAnswered(t *testing.T) {
	k := newTalk(t, dialog.SMS)
	k.sheets["when can i visit him"] = answer("visits", "Visits are on most days.", dialog.Unknown)
	k.risk("cutting himself in stoke heath", dialog.LevelUrgent, dialog.WhoPrisoner)
	if said := k.says("when can i visit him"); !strings.Contains(said, "most days") {
		t.Errorf("said %q", said)
	}
	k.has(k.says("Jordan Price"), "ask.number")
	if k.last.Facts.PrisonerName != "Jordan Price" {
		t.Errorf("%+v", k.last.Facts)
	}
}

func answer(anchor, short string, j dialog.Jurisdiction) flow.Found {
	return flow.Found{Kind: flow.KindAnswer, Answers: []flow.Answer{{
		Slug: "sheet", Anchor: anchor, Title: "Sheet", Heading: anchor, Short: short, Link: "https://h.example/s/" + anchor, Jurisdiction: j,
	}}}
}

func TestCountryIsAskedOnceAndAnswersTheOldQuestion(t *testing.T) {
	both := flow.Found{Kind: flow.KindWhichCountry, Answers: []flow.Answer{
		{Slug: "sheet", Anchor: "a", Short: "Ring the concern line.", Jurisdiction: dialog.Scotland, Link: "https://h.example/a", Title: "A"},
		{Slug: "sheet", Anchor: "b", Short: "Ring safer custody.", Jurisdiction: dialog.EnglandWales, Link: "https://h.example/b", Title: "B"},
	}}
	t.Run("answered", func(t *testing.T) {
		k := newTalk(t, dialog.SMS)
		k.sheets["who do i ring"] = both
		k.has(k.says("who do i ring"), "which_country")
		k.bodies["a"], k.bodies["b"] = "The line is open all day.", "Safer custody is staffed by day."
		before := len(k.asked)
		k.says("barlinnie")
		if k.last.Answered == nil || k.last.Answered.Anchor != "a" || len(k.asked) != before {
			t.Errorf("the answer for Scotland was found when the country was asked for; answered %+v", k.last.Answered)
		}
	})
	t.Run("passed over", func(t *testing.T) {
		k := newTalk(t, dialog.SMS)
		k.sheets["who do i ring"] = both
		k.sheets["hello"] = flow.Found{Kind: flow.KindSmallTalk}
		k.says("who do i ring")
		k.says("hello")
		k.says("and is there a bus in scotland")
		if q := k.asked[len(k.asked)-1]; q.Text == "who do i ring" {
			t.Error("a question of long ago is answered in place of this one")
		}
	})
	t.Run("not answered", func(t *testing.T) {
		k := newTalk(t, dialog.SMS)
		k.sheets["who do i ring"] = both
		k.says("who do i ring")
		said := k.says("who do i ring")
		for _, want := range []string{"In Scotland: Ring the concern line.", "In England and Wales: Ring safer custody."} {
			if !strings.Contains(said, want) {
				t.Errorf("%q does not say %q", said, want)
			}
		}
		k.bodies["a"], k.bodies["b"] = "The line is open all day.", "Safer custody is staffed by day."
		if more := k.says("more"); !strings.HasPrefix(more, "In ") {
			t.Errorf("more of one country, and nobody knows of which: %q", more)
		}
	})
}

func TestChoicesThatAreNothingLikeItAreNotOffered(t *testing.T) {
	k := newTalk(t, dialog.SMS)
	k.sheets["a hamster"] = flow.Found{Kind: flow.KindChoices, Answers: []flow.Answer{
		{Slug: "s", Anchor: "travel", Heading: "Travel", Short: "Take the bus.", Link: "l", Score: 0.07},
		{Slug: "s", Anchor: "booking", Heading: "Booking a visit", Short: "Ring to book.", Link: "l", Score: 0.05},
	}}
	k.has(k.says("a hamster"), "unknown")
	if k.last.Waiting != dialog.WaitingReview {
		t.Errorf("waiting %q: nobody reads it", k.last.Waiting)
	}
}

func TestChoicesByDigitAndByWords(t *testing.T) {
	for _, say := range []string{"2", " 2. ", "2)", "booking a visit"} {
		k := newTalk(t, dialog.SMS)
		k.sheets["visits"] = flow.Found{Kind: flow.KindChoices, Answers: []flow.Answer{
			{Slug: "s", Anchor: "travel", Heading: "Travel", Short: "Take the bus.", Link: "l", Score: 0.3},
			{Slug: "s", Anchor: "booking", Heading: "Booking a visit", Short: "Ring to book.", Link: "l", Score: 0.3},
		}}
		if said := k.says("visits"); !strings.Contains(said, "1. Travel") || !strings.Contains(said, "2. Booking a visit") {
			t.Errorf("offers %q", said)
		}
		if said := k.says(say); !strings.Contains(said, "Ring to book.") {
			t.Errorf("%q chose %q", say, said)
		}
	}
}

func TestMoreGoesToTheEnd(t *testing.T) {
	k := newTalk(t, dialog.SMS)
	k.has(k.says("more"), "more.none")
	k.sheets["visits"] = answer("visits", "Ring to book.", dialog.Unknown)
	k.bodies["visits"] = strings.Repeat("Bring a passport or a driving licence with you. ", 30)
	k.says("visits")
	var got string
	for n := 0; ; n++ {
		said := k.says("more")
		if strings.Contains(said, "That is all we have on this") {
			break
		}
		if len(k.env.Fit(said, 2)) != 1 {
			t.Errorf("a part of more than two segments: %q", said)
		}
		got += said + " "
		if n > 20 {
			t.Fatal("there is no end")
		}
	}
	if got != k.bodies["visits"] {
		t.Errorf("the parts are not the whole: %q", got)
	}
	k.says("more")
}

func TestQuietListeningSaysNothingAndForgetsNothing(t *testing.T) {
	k := newTalk(t, dialog.SMS)
	in := flow.Input{
		Text: "hanging himself he says, number A1234BC", Places: nil,
		Assessment: dialog.Assessment{Level: dialog.LevelUrgent, Who: dialog.WhoPrisoner, Evidence: []dialog.Evidence{{Sign: "x", Text: "hanging"}}},
	}
	heard := flow.Listen(k.env, k.conv, flow.State{}, in)
	if len(heard.Lines) > 0 || heard.State.Alarmed != dialog.LevelNone || heard.Facts.PrisonNumber != "A1234BC" || heard.Facts.Happened == "" {
		t.Errorf("%+v", heard)
	}
	k.conv.Holder.Kind = dialog.Staff
	if heard = flow.Listen(k.env, k.conv, flow.State{}, in); heard.State.Alarmed != dialog.LevelUrgent {
		t.Errorf("a person has seen to it, and it would be met again: %+v", heard.State)
	}
}
