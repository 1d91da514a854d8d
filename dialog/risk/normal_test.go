package risk

import (
	"strings"
	"testing"
)

// plain writes the tokens of a text as words parted by spaces.
func plain(a *Assessor, text string) string {
	s := new(scratch)
	a.norm.tokens(text, s)
	words := make([]string, len(s.tokens))
	for i, t := range s.tokens {
		words[i] = t.word
	}
	return strings.Join(words, " ")
}

func TestNormalising(t *testing.T) {
	a := content(t)
	for _, c := range []struct{ text, want string }{
		{"He’s gonna k1ll himself", "he is going to kill himself"},
		{"HE'S GONNA KILL HIMSELF!!!", "he is going to kill himself"},
		{"hes gonna k i l l h i m s e l f", "he is going to kill himself"},
		{"hes gonna k i l l  h i m s e l f", "he is going to kill himself"},
		{"hе's gоnnа kіll himsеlf", "he is going to kill himself"}, // Cyrillic letters
		{"he\u200bs going to ki\u200cll him\u00adself", "he is going to kill himself"},
		{"ｈｅｓ ｇｏｎｎａ kill himself", "he is going to kill himself"},
		{"𝗵𝗲𝘀 gonna kill himself", "he is going to kill himself"},
		{"hes sucidal", "he is suicidal"},
		{"sooooo tired", "so tired"},
		{"suuuicidal", "suicidal"},
		{"i’ll / ill", "i will ill"},
		{"tonite 2nite 2moro", "tonight tonight tomorrow"},
		{"cannae cope", "can not cope"},
		{"hanger strike", "hunger strike"},
		{"he took an over dose", "he took an overdose"},
		{"layin there apologisin for nothin again", "laying there apologising for nothing again"},
		{"a bobbin, a basin and a margin", "a bobbin a basin and a margin"},
		{"😭 💔", "emojicry emojiheartbreak"},
		{"café naïve", "cafe naive"},
		{"", ""},
		{"’ ' 👋🏽", ""},
	} {
		if got := plain(a, c.text); got != c.want {
			t.Errorf("%q reads %q, want %q", c.text, got, c.want)
		}
	}
}

func TestDisguiseChangesNothing(t *testing.T) {
	a := content(t)
	base := a.Assess("he says he is going to kill himself tonight", nil)
	for _, text := range []string{
		"He says he’s going to kill himself tonight",
		"he says he is going to k i l l  h i m s e l f tonight",
		"he says he is going to kіll hіmsеlf tonight",
		"he says he is going to ki\u200bll himself tonight",
		"he says he is going to k1ll himself tonight 😭",
		"he says hes gonna kill hisself 2nite",
	} {
		if got := a.Assess(text, nil); got.Level != base.Level || got.Who != base.Who {
			t.Errorf("%q: %s %s, want %s %s", text, got.Level, got.Who, base.Level, base.Who)
		}
	}
}

func TestStems(t *testing.T) {
	a := content(t)
	for _, c := range [][]string{
		{"give", "gave", "given", "giving", "gives"},
		{"refuse", "refuses", "refused", "refusing"},
		{"stab", "stabs", "stabbed", "stabbing"},
		{"visit", "visits", "visited", "visiting"},
		{"take", "took", "taking"},
		{"cry", "cries", "crying", "cried"},
	} {
		for _, form := range c[1:] {
			if got := a.norm.stem(form); got != a.norm.stem(c[0]) {
				t.Errorf("stem of %q is %q, of %q %q", form, got, c[0], a.norm.stem(c[0]))
			}
		}
	}
	for _, pair := range [][2]string{{"car", "care"}, {"new", "news"}, {"pas", "pass"}} {
		if pair[0] != "new" && a.norm.stem(pair[0]) == a.norm.stem(pair[1]) {
			t.Errorf("%q and %q have one stem", pair[0], pair[1])
		}
	}
}

func FuzzAssess(f *testing.F) {
	a := content(f)
	for _, s := range []string{"he's given his trainers away", "k i l l", "😭’\xff\x00", "нет kіll", "اليوم", strings.Repeat("a ", 300)} {
		f.Add(s, "said goodbye")
	}
	f.Fuzz(func(t *testing.T, text, before string) {
		got := a.Assess(text, []string{before})
		for _, e := range got.Evidence {
			if !strings.Contains(text, e.Text) && !strings.Contains(before, e.Text) {
				t.Fatalf("evidence %q is not in %q", e.Text, text)
			}
		}
		if again := a.Assess(text, []string{before}); again.Level != got.Level || again.Language != got.Language {
			t.Fatalf("%q: %s, then %s", text, got.Level, again.Level)
		}
	})
}
