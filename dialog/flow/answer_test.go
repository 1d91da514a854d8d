package flow_test

import (
	"strings"
	"testing"

	"helpline/dialog"
	"helpline/dialog/flow"
)

// What the library does not know is said with who may, as far as a text message has
// room, and the country of each while nobody knows which counts.
func TestUnknownNamesWhoMayKnow(t *testing.T) {
	both := []flow.Contact{
		{Name: "Families North", Reach: "01632 960001", Jurisdiction: dialog.Scotland},
		{Name: "Families South", Reach: "01632 960002", Jurisdiction: dialog.EnglandWales},
	}
	k := newTalk(t, dialog.SMS)
	k.sheets["a hamster"] = flow.Found{Kind: flow.KindUnknown, Contacts: both}
	said := k.says("a hamster")
	for _, want := range []string{"Families North (Scotland)", "01632 960001", "Families South (England and Wales)", "01632 960002"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q does not name %q", said, want)
		}
	}
	if parts := k.env.Fit(said, k.env.Abilities.Segments); len(parts) != 1 {
		t.Errorf("%d texts for what is not known: %q", len(parts), said)
	}
	if k.last.Waiting != dialog.WaitingReview {
		t.Errorf("waiting %q: nobody reads it", k.last.Waiting)
	}
	long := append([]flow.Contact{{Name: strings.Repeat("Very Long ", 30), Reach: "x"}}, both...)
	k.sheets["a parrot"] = flow.Found{Kind: flow.KindUnknown, Contacts: long}
	if said := k.says("a parrot"); strings.Contains(said, "Very Long") || len(k.env.Fit(said, k.env.Abilities.Segments)) != 1 {
		t.Errorf("what does not fit was said: %q", said)
	}
}

// In the chat the section begins under its short answer, and one that is nearly as sure
// stands beside it, unless it is another country's; a text message has neither.
func TestChatShowsThePassage(t *testing.T) {
	first := flow.Answer{Slug: "s", Anchor: "a", Heading: "First", Short: "The short answer.", Link: "l", Score: 0.5, Jurisdiction: dialog.Scotland}
	for _, c := range []struct {
		name        string
		medium      dialog.Medium
		body        string
		second      flow.Answer
		shows, more bool // the passage and the second; an offer of more
	}{
		{"whole", dialog.Webchat, "All of it.", flow.Answer{Slug: "s", Anchor: "b", Heading: "Second", Short: "The other.", Score: 0.4, Jurisdiction: dialog.Scotland}, true, false},
		{"its beginning", dialog.Webchat, "All of it.\n\n" + strings.Repeat("And more. ", 60), flow.Answer{Slug: "s", Anchor: "b", Heading: "Second", Short: "The other.", Score: 0.4, Jurisdiction: dialog.Scotland}, true, true},
		{"by text", dialog.SMS, "All of it.", flow.Answer{Slug: "s", Anchor: "b", Heading: "Second", Short: "The other.", Score: 0.4, Jurisdiction: dialog.Scotland}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newTalk(t, c.medium)
			k.bodies["a"] = c.body
			k.sheets["q"] = flow.Found{Kind: flow.KindAnswer, Answers: []flow.Answer{first, c.second}}
			said := k.says("q")
			if !strings.Contains(said, "The short answer.") {
				t.Fatalf("%q is no answer", said)
			}
			if strings.Contains(said, "All of it.") != c.shows || strings.Contains(said, "Second\nThe other.") != c.shows {
				t.Errorf("%q: passage and second shown, want %v", said, c.shows)
			}
			if strings.Contains(said, "And more.") {
				t.Errorf("%q is too long", said)
			}
			more := false
			for _, l := range k.last.Lines {
				more = more || len(l.Data.Choices) > 0
			}
			if more != c.more {
				t.Errorf("more is offered: %v, want %v", more, c.more)
			}
		})
	}
	for name, second := range map[string]flow.Answer{
		"another country": {Slug: "s", Anchor: "b", Heading: "Second", Short: "The other.", Score: 0.4, Jurisdiction: dialog.EnglandWales},
		"far less sure":   {Slug: "s", Anchor: "b", Heading: "Second", Short: "The other.", Score: 0.1, Jurisdiction: dialog.Scotland},
		"marked":          {Slug: "s", Anchor: "b", Heading: "Second", Short: "The other.", Score: 0.4, Jurisdiction: dialog.Scotland, Marked: true},
	} {
		k := newTalk(t, dialog.Webchat)
		k.sheets["q"] = flow.Found{Kind: flow.KindAnswer, Answers: []flow.Answer{first, second}}
		if said := k.says("q"); strings.Contains(said, "The other.") {
			t.Errorf("%s: %q shows it", name, said)
		}
	}
}
