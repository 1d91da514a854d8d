package flow_test

import (
	"os"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"helpline/channels"
	"helpline/dialog"
)

// Somebody who takes a worry back is thanked and asked nothing; staff look all
// the same. Words that hold a sign of their own take nothing back.
func TestAWorryThatIsTakenBack(t *testing.T) {
	for _, words := range []string{
		"ignore that", "Ignore that hes fine", "forget what i said", "sorry false alarm", "nevermind", "hes ok now", "dont do anything please", "dont ring them", "sorry, its all fine", "i was just being silly",
	} {
		k := newTalk(t, dialog.SMS)
		k.risk("hanging himself in barlinnie", dialog.LevelImmediate, dialog.WhoPrisoner)
		said := k.says(words)
		k.has(said, "risk.taken_back")
		k.hasNot(said, "ask.name")
		k.hasNot(said, "ask.number")
		if k.last.Waiting != dialog.WaitingRisk {
			t.Errorf("%q: waits for %q", words, k.last.Waiting)
		}
		// What was asked before may still be answered.
		k.says("Jordan Price")
		if k.last.Facts.PrisonerName != "Jordan Price" {
			t.Errorf("%q: the name is %q", words, k.last.Facts.PrisonerName)
		}
	}
	for _, words := range []string{"he told me to ignore him", "is he fine?", "dont tell him i said", "he says hes fine but he is not"} {
		k := newTalk(t, dialog.SMS)
		k.risk("hanging himself in barlinnie", dialog.LevelImmediate, dialog.WhoPrisoner)
		k.hasNot(k.says(words), "risk.taken_back")
	}
	k := newTalk(t, dialog.SMS)
	k.risk("hanging himself in barlinnie", dialog.LevelUrgent, dialog.WhoPrisoner)
	k.hasNot(k.risk("hanging himself, never mind the trainers", dialog.LevelUrgent, dialog.WhoPrisoner), "risk.taken_back")
	k = newTalk(t, dialog.SMS)
	k.hasNot(k.says("never mind"), "risk.taken_back") // there was no worry
}

// Every language that can be named has a line of its own, which says 999 and
// fits into two text messages; in a worry it comes before the English, and once.
func TestEachLanguageIsAnsweredInItself(t *testing.T) {
	raw, err := os.ReadFile("../../content/risk/languages.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var known struct {
		Languages []struct {
			Code string `yaml:"code"`
		} `yaml:"languages"`
	}
	if err := yaml.Unmarshal(raw, &known); err != nil || len(known.Languages) < 5 {
		t.Fatalf("%d languages: %v", len(known.Languages), err)
	}
	for _, l := range known.Languages {
		if l.Code == "en" {
			continue
		}
		k := newTalk(t, dialog.SMS)
		line := k.text("language." + l.Code)
		if _, _, segments := channels.Cost(line); !strings.Contains(line, "999") || segments > 2 {
			t.Errorf("%s: %q", l.Code, line)
		}
		said := k.step("x", dialog.Assessment{Level: dialog.LevelUrgent, Who: dialog.WhoPrisoner, Language: l.Code, Evidence: []dialog.Evidence{{Sign: "test", Text: "x"}}})
		if !strings.HasPrefix(said, line) {
			t.Errorf("%s: said %q", l.Code, said)
		}
		k.has(said, "risk.urgent.prisoner")
	}
}

// What asks again when it is safe to ring is answered by words about that, and
// by none that hold a sign.
func TestAnAnswerToWhetherItIsSafeToRing(t *testing.T) {
	k := newTalk(t, dialog.SMS)
	k.has(k.risk("tablets in front of me", dialog.LevelUrgent, dialog.WhoCaller), "ask.callback")
	k.step("no one would miss me", dialog.Assessment{Level: dialog.LevelImmediate, Who: dialog.WhoCaller, Evidence: []dialog.Evidence{{Sign: "test", Text: "no one would miss"}}})
	if k.last.Facts.CallSafe != "" {
		t.Errorf("safe to ring: %q", k.last.Facts.CallSafe)
	}
	k.says("no not at night")
	if k.last.Facts.CallSafe != "no not at night" {
		t.Errorf("safe to ring: %q", k.last.Facts.CallSafe)
	}
}

// A child on the outside is helped by no prison, and has no prison number.
func TestAWorryAboutAChild(t *testing.T) {
	for _, m := range []dialog.Medium{dialog.SMS, dialog.Webchat} {
		k := newTalk(t, m)
		said := k.risk("hurting my sister, my dad is in stoke heath", dialog.LevelUrgent, dialog.WhoChild)
		k.has(said, "route.child")
		if strings.Contains(said, "01630") {
			t.Errorf("the prison is to be rung: %q", said)
		}
		said += k.says("Kayleigh Marsh") + k.says("she has bruises today on her arms")
		k.hasNot(said, "ask.number")
		if _, _, segments := channels.Cost(said[:strings.IndexByte(said, '?')+1]); m == dialog.SMS && segments > 2 {
			t.Errorf("%d segments: %q", segments, said)
		}
	}
}
