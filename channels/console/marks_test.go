package console

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"helpline/dialog"
)

// The words of a sign stand apart; whatever is done to them, the text stays whole.
func TestMark(t *testing.T) {
	seen := func(pairs ...string) (e []dialog.Evidence) {
		for i := 0; i+1 < len(pairs); i += 2 {
			e = append(e, dialog.Evidence{Sign: pairs[i], Text: pairs[i+1]})
		}
		return e
	}
	for name, c := range map[string]struct {
		text string
		seen []dialog.Evidence
		want []words
	}{
		"nothing":            {"hello", nil, []words{{Text: "hello"}}},
		"in the middle":      {"and he Wants to die, now", seen("wants_to_die", "wants to die"), []words{{Text: "and he "}, {"Wants to die", true, "wants to die"}, {Text: ", now"}}},
		"another apostrophe": {"he’s gone quiet", seen("quiet", "hes gone quiet"), []words{{"he’s gone quiet", true, "quiet"}}},
		"one inside another": {"said bye to the kids", seen("bye", "said bye", "bye kids", "said bye to the kids"), []words{{"said bye to the kids", true, "bye kids"}}},
		"not in the text":    {"hello", seen("x", "goodbye"), []words{{Text: "hello"}}},
		"no words at all":    {"hello", seen("x", " "), []words{{Text: "hello"}}},
		"the whole wording":  {"just some words", seen("wording", "just some words"), []words{{Text: "just some words"}}},
		"other letters":      {"Łukasz chce UMRZEĆ dziś", seen("pl", "chce umrzeć"), []words{{Text: "Łukasz "}, {"chce UMRZEĆ", true, "pl"}, {Text: " dziś"}}},
	} {
		if diff := cmp.Diff(c.want, mark(c.text, c.seen)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func FuzzMarkKeepsTheText(f *testing.F) {
	f.Add("he said bye", "said bye", "he said")
	f.Add("\xff'’é", "é", "'")
	f.Fuzz(func(t *testing.T, text, a, b string) {
		if got := textOf(mark(text, []dialog.Evidence{{Sign: "a", Text: a}, {Sign: "b", Text: b}})); got != text {
			t.Errorf("%q became %q", text, got)
		}
	})
}
