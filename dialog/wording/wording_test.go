package wording_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"helpline/content"
	"helpline/dialog"
	"helpline/dialog/desk"
	"helpline/dialog/wording"
	"helpline/internal/gsm7"
)

func resolve(kind, id string) (string, bool) {
	words, ok := map[string]string{"phone:samaritans": "116 123", "service:keyword": "FAMOUT", "service:number": "60777", "service:voice_number": "01632 960999"}[kind+":"+id]
	return words, ok
}

func load(t *testing.T, files map[string]string) (*wording.Texts, error) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, data := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(data)}
	}
	return wording.Load(fsys, "en", resolve, "texts", "voice")
}

func TestATextIsSaidAsTheMediumWantsIt(t *testing.T) {
	w, err := load(t, map[string]string{
		"texts/en.yaml":      "a: \"Hello {name}.\"\nb:\n  text: \"Long words.\"\n  sms: \"Short.\"\nc: \"Ring {phone:samaritans}.\"\n",
		"texts/more.en.yaml": "d: \"From another file.\"\n",
		"texts/cy.yaml":      "a: \"Helo {name}.\"\n",
		"voice/en.yaml":      "greeting: \"This is the line.\"\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key    string
		medium dialog.Medium
		params []string
		want   string
	}{
		{"a", dialog.SMS, []string{"name", "Sam"}, "Hello Sam."},
		{"a", dialog.SMS, []string{"name", "{name}"}, "Hello {name}."},
		{"a", dialog.SMS, []string{"name"}, "Hello {name}."},
		{"b", dialog.SMS, nil, "Short."},
		{"b", dialog.Webchat, nil, "Long words."},
		{"c", dialog.Voice, nil, "Ring 116 123."},
		{"d", dialog.SMS, nil, "From another file."},
		{"voice.greeting", dialog.Voice, nil, "This is the line."},
		{"no such", dialog.SMS, nil, ""},
	} {
		if got := w.Say(c.key, c.medium, c.params...); got != c.want {
			t.Errorf("%s on %s: %q, want %q", c.key, c.medium, got, c.want)
		}
	}
	if err := w.Require("a", "b"); err != nil {
		t.Error(err)
	}
	if err := w.Require("a", "y", "x"); err == nil || !strings.Contains(err.Error(), "x, y") {
		t.Errorf("what is missing is not named: %v", err)
	}
}

func TestFaultsAreAllNamedWithTheirPlace(t *testing.T) {
	_, err := load(t, map[string]string{
		"texts/en.yaml":   "a: \"Ring {phone:nobody}.\"\nb:\n  sms: \"Only by text.\"\nc: [1, 2]\nd: \"An open {brace.\"\n",
		"texts/x.en.yaml": "a: \"Again.\"\n",
		"texts/y.en.yaml": "a: b: c\n",
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"texts/en.yaml:1: a: {phone:nobody} is not in the contacts register", "texts/en.yaml:3: b: has no text",
		"texts/en.yaml:4: c: is neither", "texts/en.yaml:5: d: a { is not closed", "texts/x.en.yaml:1: a: stands in two files", "texts/y.en.yaml: ",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
}

// What the service says by text is plain GSM-7 inside two segments, and says
// nothing that a stranger who picks up the telephone should not read.
func TestTheServicesOwnTexts(t *testing.T) {
	w, err := wording.Load(content.FS, "en", resolve, "texts", "voice")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Require(desk.Keys()...); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, key := range desk.Keys() {
		known[key] = true
	}
	for _, key := range w.Keys() {
		if strings.HasPrefix(key, "webchat.") || strings.HasPrefix(key, "sheets.") || strings.HasPrefix(key, "voice.") ||
			strings.HasPrefix(key, "language.") { // dialog/flow tests those
			continue
		}
		if !known[key] {
			t.Errorf("%s is said by nobody", key)
		}
		said := w.Say(key, dialog.SMS)
		if r, at := gsm7.Outside(said); at >= 0 {
			t.Errorf("%s has %q, which makes a text dear", key, r)
		}
		if utf8.RuneCountInString(said) > 306 {
			t.Errorf("%s does not fit into two segments", key)
		}
		if !strings.HasPrefix(key, "risk.") && !strings.HasPrefix(key, "ask.") {
			continue
		}
		for _, word := range []string{"suicid", "kill", "self-harm", "hang", "drug", "debt", "abuse", "prisoner", "inmate", "offender"} {
			if strings.Contains(" "+strings.ToLower(said), " "+word) {
				t.Errorf("%s says %q on a telephone that others may read", key, word)
			}
		}
	}
}
