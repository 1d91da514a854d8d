package risk_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"helpline/dialog"
	"helpline/dialog/risk"
)

// Nobody should read "all clear" beside a message that is at risk.
func TestEvidenceHoldsNoAllClear(t *testing.T) {
	a := load(t)
	clear := map[string]bool{}
	for _, s := range a.Signs() {
		if s.Role == "all_clear" {
			clear[s.ID] = true
		}
	}
	if len(clear) == 0 {
		t.Fatal("no sign shows that a worry is over")
	}
	for _, text := range []string{
		"just rang to say goodbye for good", "he has just rung me and hes crying", "just rang to say goodbye",
		"hes fine now thanks but hes going to kill himself tonight", "false alarm he said, but he has taken all his tablets",
	} {
		got := a.Assess(text, nil)
		if got.Level == dialog.LevelNone {
			t.Errorf("%q is harmless", text)
		}
		for _, e := range got.Evidence {
			if clear[e.Sign] {
				t.Errorf("%q: evidence %v", text, e)
			}
		}
	}
	for _, text := range []string{"just rang to say goodbye for good", "just rang to say goodbye", "hes just rung to say goodbye"} {
		if got := a.Assess(text, nil); got.Level != dialog.LevelImmediate {
			t.Errorf("%q is %s", text, got.Level)
		}
		if got := a.Assess(text, []string{"he says he wants to die"}); got.Level != dialog.LevelImmediate {
			t.Errorf("%q ends a worry: %s", text, got.Level)
		}
	}
	if got := a.Assess("he has just rung me and hes crying", []string{"he says he wants to die and he has been saving up his tablets"}); got.Level != dialog.LevelImmediate {
		t.Errorf("a cry ends a worry: %s", got.Level)
	}
}

// Bland words, an answer, a question and a taking-back say nothing new of whom
// the worry is about and what it is.
func TestAWorryStaysAboutWhomItIs(t *testing.T) {
	a := load(t)
	for _, c := range []struct {
		worry string
		who   dialog.Who
		after []string
	}{
		{"ive got the tablets out in front of me", dialog.WhoCaller, []string{"ok", "please dont tell her", "hello?", "forget it", "07700 900123", "is that confidential"}},
		{"my little sister is 9 and mums boyfriend hits her", dialog.WhoChild, []string{"is she going to be taken away", "ok", "dont tell mum", "ignore that", "leeds"}},
		{"he says he wants to die and he has been saving up his tablets", dialog.WhoPrisoner, []string{"ok thanks", "i have to go to work now", "ignore me im being silly"}},
		{"he told me hes going to stab an officer tomorrow", dialog.WhoOther, []string{"ok", "dont say it was me"}},
	} {
		first := a.Assess(c.worry, nil)
		if first.Who != c.who {
			t.Errorf("%q: %s, want %s", c.worry, first.Who, c.who)
		}
		for _, text := range c.after {
			got := a.Assess(text, []string{c.worry})
			if got.Who != c.who || got.Level < first.Level {
				t.Errorf("%q after %q: %s %s, want %s %s", text, c.worry, got.Level, got.Who, first.Level, c.who)
			}
			for _, cat := range first.Categories {
				if !slices.Contains(got.Categories, cat) {
					t.Errorf("%q after %q: %v, want %s", text, c.worry, got.Categories, cat)
				}
			}
		}
		if got := a.Assess(c.after[0], []string{c.worry, "ok", c.after[1]}); got.Who != c.who {
			t.Errorf("three messages after %q: %s", c.worry, got.Who)
		}
	}
	if got := a.Assess("i cant go on i want to die", []string{"he says he is going to hang himself tonight"}); got.Who != dialog.WhoCaller || got.Level != dialog.LevelImmediate {
		t.Errorf("the writer's own despair: %s %s", got.Level, got.Who)
	}
	// a new and graver worry is about whom it names
	if got := a.Assess("i have just taken all my tablets", []string{"hes being bullied"}); got.Who != dialog.WhoCaller {
		t.Errorf("the writer's own overdose is about %s", got.Who)
	}
}

func TestWhoIsHit(t *testing.T) {
	a := load(t)
	for _, c := range []struct {
		text, sign string
		who        dialog.Who
	}{
		{"her mums boyfriend hits her", "child-hit-at-home", dialog.WhoChild},
		{"my sister gets hit by mums boyfriend", "child-hit-at-home", dialog.WhoChild},
		{"their stepdad punched them and she has a black eye", "child-hit-at-home", dialog.WhoChild},
		{"my dad beat me up last night", "writer-hit", dialog.WhoCaller},
		{"i got battered by his brother last week, got black eyes", "writer-hit", dialog.WhoCaller},
		{"he got beaten up in the showers", "attacked", dialog.WhoPrisoner},
	} {
		got := a.Assess(c.text, nil)
		if got.Level < dialog.LevelUrgent || got.Who != c.who || !slices.ContainsFunc(got.Evidence, func(e dialog.Evidence) bool { return e.Sign == c.sign }) {
			t.Errorf("%q: %+v, want %s for %s", c.text, got, c.sign, c.who)
		}
	}
}

func TestMeansAtHandAndCannotGoOn(t *testing.T) {
	a := load(t)
	for _, text := range []string{"ive got the tablets out in front of me. whats the point", "im sat here with a blade in my hand"} {
		if got := a.Assess(text, nil); got.Level != dialog.LevelImmediate || got.Who != dialog.WhoCaller || got.Evidence[0].Sign != "means-at-hand" {
			t.Errorf("%q: %+v", text, got)
		}
	}
	for _, text := range []string{"he says he cant go on", "she told me she cant carry on", "my son keeps saying he cant go on"} {
		got := a.Assess(text, nil)
		if got.Level < dialog.LevelUrgent || got.Who != dialog.WhoPrisoner || !slices.Contains(got.Categories, dialog.SuicideSelfHarm) || got.Evidence[0].Sign != "wants-to-die" {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestOnlyWhatShowsItEndsAWorry(t *testing.T) {
	a := load(t)
	worry := "he says he wants to die"
	for _, text := range []string{"ignore that hes fine", "ignore that", "forget my last message", "ignore that hes fine now", "please cancel my concern", "i take it back", "dont tell anyone its fine now"} {
		if got := a.Assess(text, []string{worry}); got.Level < dialog.LevelUrgent {
			t.Errorf("%q: %s", text, got.Level)
		}
	}
	for _, text := range []string{"false alarm, he has just rung and hes fine, i misheard him", "panic over, hes fine now thanks", "spoke to him and he is fine, it was a joke about football"} {
		if got := a.Assess(text, []string{worry}); got.Level > dialog.LevelConcern {
			t.Errorf("%q: %s (%v)", text, got.Level, got.Evidence)
		}
	}
}

func TestShortAndOrdinary(t *testing.T) {
	a := load(t)
	for _, text := range []string{"hes coming out friday", "he had a review on his acct", "she is getting out next week", "my son gets home on monday", "he has a review tomorrow"} {
		if got := a.Assess(text, nil); got.Level != dialog.LevelNone {
			t.Errorf("%q is %s (%v)", text, got.Level, got.Evidence)
		}
	}
	for _, text := range []string{"hes coming out friday and hes said hell kill me", "he had a review on his acct, he has cut himself again"} {
		if got := a.Assess(text, nil); got.Level < dialog.LevelConcern {
			t.Errorf("%q is %s", text, got.Level)
		}
	}
	if got := a.Assess("hes coming out friday", []string{"my ex says he will find me when he gets out"}); got.Level < dialog.LevelUrgent {
		t.Errorf("an open worry ends with a date: %s", got.Level)
	}
}

func TestPhrasesAreChecked(t *testing.T) {
	for _, bad := range []string{"x*", ".. a", "a? b", "?"} {
		dir := fstest.MapFS{}
		files, err := filepath.Glob("../../content/risk/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			dir[filepath.Base(f)] = &fstest.MapFile{Data: b}
		}
		dir["languages.yaml"] = &fstest.MapFile{Data: []byte("languages:\n  - {code: en, name: E, source: s, words: a}\n  - {code: xx, name: X, source: s, words: b, phrases: [{level: urgent, say: [\"" + bad + "\"]}]}\n")}
		if _, err := risk.Load(dir); err == nil || !strings.Contains(err.Error(), "xx") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
