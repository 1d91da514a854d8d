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
