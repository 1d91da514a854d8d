package flow_test

import (
	"strings"
	"testing"
	"time"

	"helpline/channels"
	"helpline/dialog"
	"helpline/dialog/flow"
)

// shut is a team whose desk is empty from a Friday night to a Monday.
func shut(t *testing.T) func(dialog.PrisonID) flow.Away {
	t.Helper()
	now := time.Date(2026, 3, 6, 22, 30, 0, 0, time.UTC)
	return func(dialog.PrisonID) flow.Away {
		return flow.Away{Away: true, Now: now, Back: time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC)}
	}
}

func TestWhenNobodyIsAtTheDeskThePersonIsToldWhoAnswersNow(t *testing.T) {
	for _, c := range []struct {
		name, words   string
		level         dialog.Level
		who           dialog.Who
		says, doesNot []string
	}{
		{
			"Scotland", "hanging himself in barlinnie", dialog.LevelImmediate, dialog.WhoPrisoner,
			[]string{"24-hour concern line answers now", "999", "back on Monday at 9am"}, []string{"switchboard", "being told now"},
		},
		{
			"a prison whose numbers are known", "hanging himself in stoke heath", dialog.LevelUrgent, dialog.WhoPrisoner,
			[]string{"Stoke Heath's switchboard answers now, 01630 636000", "orderly officer", "999", "back on Monday at 9am"},
			[]string{"01630 638011", "being told now", "concern line"},
		},
		{
			"England", "hanging himself in leeds prison", dialog.LevelConcern, dialog.WhoPrisoner,
			[]string{"switchboard answers now", "orderly officer", "back on Monday at 9am"}, []string{"today"},
		},
		{
			"nobody knows where", "hanging himself", dialog.LevelImmediate, dialog.WhoPrisoner,
			[]string{"in Scotland its 24-hour concern line, elsewhere its switchboard", "back on Monday at 9am"}, nil,
		},
		{
			"a child", "hurting her in stoke heath", dialog.LevelImmediate, dialog.WhoChild,
			[]string{"switchboard answers now", "999", "back on Monday at 9am"}, nil,
		},
		{
			"the writer", "i want to die", dialog.LevelImmediate, dialog.WhoCaller,
			[]string{"Samaritans", "116 123", "999", "back on Monday at 9am"}, []string{"switchboard", "being told now"},
		},
	} {
		for _, m := range []dialog.Medium{dialog.SMS, dialog.Webchat} {
			t.Run(c.name+" by "+string(m), func(t *testing.T) {
				k := newTalk(t, m)
				k.env.Away = shut(t)
				said := k.risk(c.words, c.level, c.who)
				if !strings.HasPrefix(said, "Thank you for telling us.") {
					t.Errorf("the first line is not neutral: %q", said)
				}
				for _, want := range c.says {
					if !strings.Contains(said, want) {
						t.Errorf("%q does not say %q", said, want)
					}
				}
				for _, not := range c.doesNot {
					if strings.Contains(said, not) {
						t.Errorf("%q says %q", said, not)
					}
				}
			})
		}
	}
}

func TestWithinHoursNothingIsSaidOfHours(t *testing.T) {
	k, always := newTalk(t, dialog.SMS), newTalk(t, dialog.SMS)
	k.env.Away = func(dialog.PrisonID) flow.Away { return flow.Away{} }
	for _, words := range []string{"hanging himself in stoke heath", "Jordan Price"} {
		if got, want := k.risk(words, dialog.LevelImmediate, dialog.WhoPrisoner), always.risk(words, dialog.LevelImmediate, dialog.WhoPrisoner); got != want {
			t.Errorf("%q is not %q", got, want)
		}
	}
}

func TestThePrisonThatIsNamedLaterSaysWhoAnswersThereNow(t *testing.T) {
	k := newTalk(t, dialog.SMS)
	k.env.Away = shut(t)
	k.risk("hanging himself", dialog.LevelImmediate, dialog.WhoPrisoner)
	if said := k.says("barlinnie"); !strings.Contains(said, "24-hour concern line answers now") || !strings.Contains(said, "Monday at 9am") {
		t.Errorf("said %q", said)
	}
}

func TestWhoAsksForAPersonIsToldWhenThereIsOne(t *testing.T) {
	k := newTalk(t, dialog.SMS)
	k.env.Away = shut(t)
	k.sheets["can i speak to a person"] = flow.Found{Kind: flow.KindPerson}
	if said := k.says("can i speak to a person"); !strings.Contains(said, "back on Monday at 9am") {
		t.Errorf("said %q", said)
	}
}

func TestWhen(t *testing.T) {
	now := time.Date(2026, 3, 6, 22, 30, 0, 0, time.UTC)
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, time.UTC) }
	for _, c := range []struct {
		back time.Time
		want string
	}{
		{at(6, 23, 0), "today at 11pm"},
		{at(7, 9, 0), "tomorrow at 9am"},
		{at(7, 12, 0), "tomorrow at midday"},
		{at(8, 0, 0), "on Sunday at midnight"},
		{at(12, 13, 5), "on Thursday at 1:05pm"},
		{at(13, 0, 30), "on Friday 13 March at 12:30am"},
		{time.Time{}, "as soon as we can"},
	} {
		if got := flow.When(texts(t), dialog.SMS, flow.Away{Away: true, Now: now, Back: c.back}); got != c.want {
			t.Errorf("%v: %q, want %q", c.back, got, c.want)
		}
	}
}

// Whatever prison it is and however long until somebody is back, what is said of
// a worry stays inside two segments, and its question is not cut in two.
func TestWhatIsSaidByNightFitsIntoTwoSegments(t *testing.T) {
	k := newTalk(t, dialog.SMS)
	back := time.Date(2026, 9, 30, 10, 30, 0, 0, time.UTC)
	k.env.Away = func(dialog.PrisonID) flow.Away {
		return flow.Away{Away: true, Now: back.AddDate(0, 0, -9), Back: back}
	}
	for _, p := range register(t).All() {
		p.Switchboard, p.ConcernLine = "01632 960999", "01632 960998"
		k.env.Prison = func(dialog.PrisonID) (dialog.Prison, bool) { return p, true }
		for _, who := range []dialog.Who{dialog.WhoPrisoner, dialog.WhoChild, dialog.WhoCaller} {
			for level := dialog.LevelConcern; level <= dialog.LevelImmediate; level++ {
				turn := flow.Step(k.env, dialog.Conversation{Holder: dialog.Holder{Kind: dialog.Bot}, Prison: p.ID, Jurisdiction: p.Jurisdiction}, flow.State{},
					flow.Input{Text: "x", Assessment: dialog.Assessment{Level: level, Who: who}, Address: dialog.Address{Medium: dialog.SMS, Value: "+447700900123"}})
				for _, l := range turn.Lines {
					if parts := channels.Fit(dialog.SMS, l.Text, 2); len(parts) != 1 {
						t.Errorf("%s, %s %s: %d characters: %q", p.ID, level, who, len(l.Text), l.Text)
					}
				}
			}
		}
	}
}
