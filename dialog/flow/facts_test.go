package flow_test

import (
	"fmt"
	"strings"
	"testing"

	"helpline/dialog"
	"helpline/dialog/flow"
)

// What is taken for a fact when it was asked for, and what is not.
func TestAnswersAreTakenForWhatTheyAre(t *testing.T) {
	name := func(f dialog.Facts) string { return f.PrisonerName }
	numb := func(f dialog.Facts) string { return f.PrisonNumber }
	born := func(f dialog.Facts) string { return f.DateOfBirth }
	call := func(f dialog.Facts) string { return f.CallBack }
	safe := func(f dialog.Facts) string { return f.CallSafe }
	for _, c := range []struct {
		pending flow.Ask
		said    string
		fact    func(dialog.Facts) string
		want    string
	}{
		{flow.AskName, "Jordan Price", name, "Jordan Price"},
		{flow.AskName, "his name is Jordan Price", name, "Jordan Price"},
		{flow.AskName, "Seán O’Brien-Smith", name, "Seán O’Brien-Smith"},
		{flow.AskName, "Mohammed Ali Khan, 24", name, "Mohammed Ali Khan"},
		{flow.AskName, "Will Hope", name, "Will Hope"},
		{flow.AskName, "thanks", name, ""},
		{flow.AskName, "ok", name, ""},
		{flow.AskName, "thank you", name, ""},
		{flow.AskName, "please hurry", name, ""},
		{flow.AskName, "hurry up", name, ""},
		{flow.AskName, "my son", name, ""},
		{flow.AskName, "not sure", name, ""},
		{flow.AskName, "Stoke Heath", name, ""},
		{flow.AskName, "A1234BC", name, ""},
		{flow.AskName, "stop asking", name, ""},
		{flow.AskNumber, "A1234BC", numb, "A1234BC"},
		{flow.AskNumber, "a 1234 bc", numb, "A1234BC"},
		{flow.AskNumber, "a1234bc i think", numb, "A1234BC"},
		{flow.AskNumber, "123456", numb, "123456"},
		{flow.AskNumber, "12/03/1999", numb, ""},
		{flow.AskNumber, "12/03/1999", born, "12/03/1999"},
		{flow.AskNumber, "12/3/99", born, "12/3/99"},
		{flow.AskNumber, "3rd of march 1999", born, "3rd of march 1999"},
		{flow.AskNumber, "dont know, he went in on 12/03/2019", born, ""},
		{"", "his dob is 12.3.85", born, "12.3.85"},
		{"", "hes in court on 14/05/2026", born, ""},
		{"", "inside since 2 feb 2019", born, ""},
		{"", "he owes a 2000 to them", numb, ""},
		{"", "my number is 07700 900123", numb, ""},
		{"", "01632 960123 is my number", numb, ""},
		{"", "prison number 123456", numb, "123456"},
		{"", "his number is A1234BC", numb, "A1234BC"},
		{"", "ring me on 07700 900123", call, "07700 900123"},
		{"", "they want it paid to 07700 900123", call, ""},
		{"", "please dont ring me on 07700 900123", call, ""},
		{flow.AskCallBack, "no", safe, "no"},
		{flow.AskCallBack, "nope my husband checks it", safe, "nope my husband checks it"},
		{flow.AskCallBack, "yes but not before six", safe, "yes but not before six"},
		{flow.AskCallBack, "07700900123 after 6", call, "07700900123"},
		{flow.AskCallBack, "dont ring 07700900123 he has that phone", call, ""},
		{flow.AskCallBack, "dont ring 07700900123 he has that phone", safe, "dont ring 07700900123 he has that phone"},
		{flow.AskHappened, "when i rang him last night he cried", func(f dialog.Facts) string { return f.Happened }, "when i rang him last night he cried"},
		{flow.AskHappened, "thanks", func(f dialog.Facts) string { return f.Happened }, ""},
	} {
		k := newTalk(t, dialog.SMS)
		state := flow.State{Pending: c.pending, Asked: []flow.Ask{c.pending}, Alarmed: dialog.LevelConcern}
		var places []flow.Place
		for _, m := range k.reg.Find(c.said) {
			places = append(places, flow.Place{Prison: m.Prison, Ambiguous: m.Ambiguous})
		}
		turn := flow.Step(k.env, k.conv, state, flow.Input{Text: c.said, Places: places, Assessment: dialog.Assessment{Language: "en"}})
		if got := c.fact(turn.Facts); got != c.want {
			t.Errorf("asked %q and told %q: took %q, want %q", c.pending, c.said, got, c.want)
		}
	}
}

// What comes after its question is kept as well: a date of birth although the
// number is known, and a second thing that happened beside the first.
func TestLateFactsAreKept(t *testing.T) {
	k := newTalk(t, dialog.SMS)
	for said, want := range map[string]string{
		"12/03/1999": "12/03/1999", "its 12.3.99": "12.3.99", "3rd of march 1999": "3rd of march 1999", "sorry, dob 1-2-05": "1-2-05",
		"12/03/2026": "", "12/03/26": "", "court is 12/03/1999": "", "he went in on 3/4/08": "",
	} {
		state := flow.State{Pending: flow.AskHappened, Asked: []flow.Ask{flow.AskNumber, flow.AskHappened}, Alarmed: dialog.LevelConcern, Facts: dialog.Facts{PrisonNumber: "A1234BC"}}
		turn := flow.Step(k.env, k.conv, state, flow.Input{Text: said, Assessment: dialog.Assessment{Language: "en"}})
		if turn.Facts.DateOfBirth != want || turn.Facts.PrisonNumber != "A1234BC" {
			t.Errorf("%q: %+v, want %q", said, turn.Facts, want)
		}
		if want != "" && (turn.Facts.Happened != "" || turn.State.Pending != flow.AskHappened || len(turn.Lines) != 1) {
			t.Errorf("%q: taken for what happened: %+v, said %+v", said, turn.Facts, turn.Lines)
		}
	}
	first, second := "he has stopped eating since friday", "now he says he will cut himself tonight"
	risk := func(words string) dialog.Assessment {
		return dialog.Assessment{Level: dialog.LevelUrgent, Who: dialog.WhoPrisoner, Language: "en", Evidence: []dialog.Evidence{{Sign: "sign", Text: words}}}
	}
	state := flow.State{}
	for _, m := range []struct{ text, sign string }{{first, "stopped eating"}, {second, "cut himself"}, {second, "cut himself"}, {"and nothing new at all", "stopped eating"}} {
		turn := flow.Step(k.env, k.conv, state, flow.Input{Text: m.text, Assessment: risk(m.sign)})
		state = turn.State
	}
	if got, want := state.Facts.Happened, first+"\n"+second; got != want {
		t.Errorf("happened: %q, want %q", got, want)
	}
}

// Who asks that somebody does not learn of it is told that this cannot be
// promised, as often as they ask; what others said is no wish of the writer's.
func TestAWishIsWrittenDownAndNotPromised(t *testing.T) {
	for said, is := range map[string]bool{
		"please dont tell him it was me": true, "i dont want him to know i rang": true, "he cant know about this": true, "can you do it without him knowing": true,
		"keep my name out of it": true, "please don't let her know": true, "can i stay anonymous": true, "he must never find out": true, "will he find out it was me?": true,
		"he said dont tell her anything": false, "i dont know what to tell him": false, "dont let him hurt himself": false, "he doesnt want to eat": false,
		"they never tell me anything": false, "she told me not to tell him": false,
	} {
		k := newTalk(t, dialog.SMS)
		in := flow.Input{Text: said, Assessment: dialog.Assessment{Language: "en"}, Concern: dialog.Concern{ID: "k"}}
		turn := flow.Step(k.env, k.conv, flow.State{Alarmed: dialog.LevelUrgent}, in)
		if got := turn.Facts.Wish != ""; got != is {
			t.Errorf("%q is a wish: %t", said, got)
		}
		if !is {
			continue
		}
		if len(turn.Lines) != 1 || !strings.Contains(turn.Lines[0].Text, "cannot promise") {
			t.Errorf("%q: said %+v", said, turn.Lines)
		}
		again := flow.Step(k.env, k.conv, turn.State, in)
		if len(again.Lines) != 1 || !strings.Contains(again.Lines[0].Text, "cannot promise") {
			t.Errorf("%q: asked again, said %+v", said, again.Lines)
		}
		in.Text, in.Assessment = "he says he will do it, "+said, dialog.Assessment{Level: dialog.LevelImmediate, Who: dialog.WhoPrisoner, Language: "en"}
		first := flow.Step(k.env, k.conv, flow.State{}, in)
		if n := len(first.Lines); n < 2 || !first.Lines[0].Data.Urgent || !strings.Contains(first.Lines[n-1].Text, "cannot promise") {
			t.Errorf("%q with an alarm: said %+v", said, first.Lines)
		}
	}
}

// Whatever numbers are entered for a prison, the words of safety with the
// first question stay inside two text messages.
func TestWordsOfSafetyFitIntoTwoSegments(t *testing.T) {
	k := newTalk(t, dialog.SMS)
	longest := ""
	for _, p := range k.reg.All() {
		for _, numbers := range [][2]string{{"", ""}, {"01234 567890", ""}, {"", "01234 567890"}, {"01234 567890", "01234 567890"}, {p.Switchboard, p.ConcernLine}} {
			q := p
			q.Switchboard, q.ConcernLine = numbers[0], numbers[1]
			k.env.Prison = func(dialog.PrisonID) (dialog.Prison, bool) { return q, true }
			for level := dialog.LevelConcern; level <= dialog.LevelImmediate; level++ {
				for _, who := range []dialog.Who{dialog.WhoPrisoner, dialog.WhoCaller, dialog.WhoChild} {
					for _, known := range [][]flow.Ask{{flow.AskName}, {flow.AskName, flow.AskNumber, flow.AskHappened}} {
						conv := k.conv
						conv.Prison, conv.Jurisdiction = q.ID, q.Jurisdiction
						turn := flow.Step(k.env, conv, flow.State{Asked: known}, flow.Input{
							Text: "risk", Assessment: dialog.Assessment{Level: level, Who: who, Language: "en"}, Address: dialog.Address{Medium: dialog.SMS},
						})
						for _, l := range turn.Lines {
							if strings.ContainsAny(l.Text, "{}") {
								t.Fatalf("not filled in: %q", l.Text)
							}
							if parts := k.env.Fit(l.Text, 2); len(parts) != 1 {
								t.Errorf("%s, %s, %s: %d messages, the second %q", q.ID, level, who, len(parts), parts[1])
							}
							if len(l.Text) > len(longest) {
								longest = l.Text
							}
						}
					}
				}
			}
		}
	}
	t.Log(fmt.Sprint(len(longest), " characters at most: ", longest))
}
