package words

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestKeyword(t *testing.T) {
	tests := []struct {
		text    string
		body    string
		keyword bool
		alone   bool
	}{
		{"FAMOUT what is a case conference", "what is a case conference", true, false},
		{"famout hes not eating", "hes not eating", true, false},
		{"famouthes not eating", "hes not eating", true, false},
		{"FaMoUt: what happens now", "what happens now", true, false},
		{"FAMOUT:what happens now", "what happens now", true, false},
		{"FAMOUT - what happens now", "what happens now", true, false},
		{"famout-what happens now", "what happens now", true, false},
		{"Famout, hi", "hi", true, false},
		{"Famout. Hi", "Hi", true, false},
		{"Famout\nhi", "hi", true, false},
		{"Famout\u00a0hi", "hi", true, false},
		{"\ufeffFamout hi", "hi", true, false},
		{"\"Famout\" hi", "hi", true, false},
		{"“FAMOUT” hi", "hi", true, false},
		{"'famout' hi", "hi", true, false},
		{"\"Famout hi there\"", "hi there", true, false},
		{"“Famout hi there”", "hi there", true, false},
		{"FAMOUT \"hi there\"", "hi there", true, false},
		{"FAMOUT <my message>", "my message", true, false},
		{"[FAMOUT] hi", "hi", true, false},
		{"<FAMOUT> hi", "hi", true, false},
		{"*FAMOUT* hi", "hi", true, false},
		{"#famout hi", "hi", true, false},
		{"Fam out he is not well", "he is not well", true, false},
		{"FAM-OUT he is not well", "he is not well", true, false},
		{"famout famout hi", "hi", true, false},
		{"FAMOUT", "", true, true},
		{" famout ", "", true, true},
		{"Famout.", "", true, true},
		{"FAMOUT?", "", true, true},
		{"\"FAMOUT\"", "", true, true},
		{"FAMOUT FAMOUT", "", true, true},
		{"fam out", "", true, true},
		{"FAMOUT 😢", "😢", true, false},
		{"FAMOUT :(", ":(", true, false},
		{"FAMOUT:-( hes gone quiet", ":-( hes gone quiet", true, false},
		{"FAMOUT 2 weeks no call", "2 weeks no call", true, false},
		{"FAMOUT2 weeks no call", "2 weeks no call", true, false},
		{"FAMOUT he said \"goodbye mum\"", "he said \"goodbye mum\"", true, false},
		{"\"FAMOUT he said \"goodbye mum\"", "he said \"goodbye mum\"", true, false},
		{"FAMOUT \"goodbye mum\" he said", "\"goodbye mum\" he said", true, false},
		{"FAMOUT jak się masz", "jak się masz", true, false},

		{"what is a case conference", "what is a case conference", false, false},
		{"famous last words", "famous last words", false, false},
		{"fam outside the gate", "fam outside the gate", false, false},
		{"my fam out of contact", "my fam out of contact", false, false},
		{"f a m o u t hi", "f a m o u t hi", false, false},
		{"please help FAMOUT", "please help FAMOUT", false, false},
		{"fam", "fam", false, false},
		{"", "", false, false},
		{"   ", "", false, false},
		{"...", "...", false, false},
		{"- he hung up", "- he hung up", false, false},
		{"\"goodbye\" was all he wrote", "\"goodbye\" was all he wrote", false, false},
		{"\xff\xfe", "\xff\xfe", false, false},
	}
	for _, tt := range tests {
		got := ParseText(tt.text, "FAMOUT")
		want := Parsed{Body: tt.body, Keyword: tt.keyword, Alone: tt.alone}
		if got != want {
			t.Errorf("ParseText(%q) = %+v, want %+v", tt.text, got, want)
		}
	}
}

func TestCommands(t *testing.T) {
	tests := map[Command][]string{
		Stop: {
			"STOP", "stop", "Stop.", " stop ", "\"STOP\"", "“Stop”", "stop!", "STOP\n", "'stop'",
			"FAMOUT STOP", "famout stop", "famout: stop.", "FAMOUTSTOP", "\"famout stop\"", "fam out stop",
			"STOP ALL", "stop all.", "STOPALL", "FAMOUT STOP ALL", "stop  all", "STOP FAMOUT",
		},
		Start: {"START", "start", "Start.", "famout start", "FAMOUT: START", "\"START\"", "start famout"},
		More:  {"MORE", "more", "More.", "more?", "more please", "FAMOUT more", "\"MORE\"", "more pls!"},
		None: {
			"END", "QUIT", "CANCEL", "UNSUBSCRIBE", "famout end", "Arret", "opt out",
			"please stop them moving him", "stop them moving him", "famout please stop them moving him",
			"stop it", "make it stop", "I want it to stop", "stop stop stop", "stop?", "what does STOP do", "stop 😢",
			"don't stop", "st op", "stopped eating", "stop eating", "FAMOUT he won't stop", "stop all of them",
			"start again", "start?", "when do visits start", "restart", "he started it", "no more", "any more",
			"more help for him", "once more", "FAMOUT", "", "stop now please", "famout famous",
		},
	}
	for want, texts := range tests {
		for _, text := range texts {
			if got := ParseText(text, "FAMOUT").Command; got != want {
				t.Errorf("ParseText(%q).Command = %q, want %q", text, got, want)
			}
		}
	}
}

// A line of its own number has no keyword, and a short keyword does not eat
// the beginning of ordinary words.
func TestOtherKeywords(t *testing.T) {
	if got, want := ParseText("FAMOUT hello", ""), (Parsed{Body: "FAMOUT hello"}); got != want {
		t.Errorf("without keyword: %+v, want %+v", got, want)
	}
	if got, want := ParseText("stop", ""), (Parsed{Body: "stop", Command: Stop}); got != want {
		t.Errorf("stop without keyword: %+v, want %+v", got, want)
	}
	if got, want := ParseText("helpless, he said", "HELP"), (Parsed{Body: "helpless, he said"}); got != want {
		t.Errorf("short keyword: %+v, want %+v", got, want)
	}
	if got, want := ParseText("help: less", "HELP"), (Parsed{Body: "less", Keyword: true}); got != want {
		t.Errorf("short keyword with a colon: %+v, want %+v", got, want)
	}
}

func FuzzParseText(f *testing.F) {
	for _, s := range []string{"FAMOUT hi", "famouthi", "\"Famout\" hi", "STOP", "stop all", "Fam out", "\xff", "FAMOUT :(", "famout famout", "'", "“FAMOUT”“”"} {
		f.Add(s, "FAMOUT")
	}
	f.Add("help me", "HELP")
	f.Fuzz(func(t *testing.T, text, keyword string) {
		p := ParseText(text, keyword)
		if !strings.Contains(text, p.Body) {
			t.Fatalf("the body %q is not part of %q", p.Body, text)
		}
		if utf8.ValidString(text) && !utf8.ValidString(p.Body) {
			t.Fatalf("the body %q of %q was cut inside a character", p.Body, text)
		}
		if p.Keyword && keyword == "" {
			t.Fatal("found a keyword that the line does not have")
		}
		if p.Alone && (!p.Keyword || p.Body != "" || p.Command != None) {
			t.Fatalf("alone, but %+v", p)
		}
		if p.Command == Stop && !strings.Contains(strings.ToLower(text), "stop") {
			t.Fatalf("%q opted out", text)
		}
		if !p.Keyword && p.Body != strings.TrimFunc(text, blank) {
			t.Fatalf("%q lost something: %q", text, p.Body)
		}
		// Nothing but the keyword, space and punctuation may be taken away.
		if p.Keyword {
			taken := strings.Replace(text, p.Body, "", 1)
			for _, r := range taken {
				if unicode.IsSymbol(r) && r > unicode.MaxASCII && !strings.ContainsRune(keyword, r) && !quote(r) {
					t.Fatalf("%q lost %q", text, r)
				}
			}
		}
	})
}

func BenchmarkParseText(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ParseText("famout hes given his trainers away and said bye to the kids, hes in stoke heath", "FAMOUT")
	}
}
