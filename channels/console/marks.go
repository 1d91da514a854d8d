package console

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"helpline/dialog"
)

// mark cuts text into pieces so that the words of each piece of evidence stand
// apart. Evidence whose words do not stand in the text as they are (they were
// brought into another form first) marks nothing.
func mark(text string, evidence []dialog.Evidence) []words {
	type stretch struct {
		from, to int
		sign     string
	}
	var found []stretch
	for _, e := range evidence {
		if from, to, ok := locate(text, e.Text); ok && (e.Sign != "wording" || to-from <= len(text)*2/3) {
			found = append(found, stretch{from, to, signName(e.Sign)})
		}
	}
	slices.SortFunc(found, func(a, b stretch) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	var out []words
	at := 0
	for _, f := range found {
		if f.from < at {
			continue // inside one that is marked already
		}
		if f.from > at {
			out = append(out, words{Text: text[at:f.from]})
		}
		out = append(out, words{Text: text[f.from:f.to], Mark: true, Sign: f.sign})
		at = f.to
	}
	if at < len(text) || len(out) == 0 {
		out = append(out, words{Text: text[at:]})
	}
	return out
}

// locate finds the words of some evidence in a text, whatever their case and
// whatever stands between them that is no letter or digit.
func locate(text, evidence string) (from, to int, ok bool) {
	want := tokens(evidence)
	if len(want) == 0 {
		return 0, 0, false
	}
	have := tokens(text)
	for i := 0; i+len(want) <= len(have); i++ {
		match := true
		for j := range want {
			if have[i+j].text != want[j].text {
				match = false
				break
			}
		}
		if match {
			return have[i].from, have[i+len(want)-1].to, true
		}
	}
	return 0, 0, false
}

type token struct {
	text     string
	from, to int
}

// tokens are the runs of letters and digits in lower case; an apostrophe
// inside a word is left out, so that "he's" is "hes".
func tokens(s string) []token {
	var out []token
	var b strings.Builder
	from := -1
	end := func(at int) {
		if from >= 0 {
			out = append(out, token{b.String(), from, at})
			from = -1
			b.Reset()
		}
	}
	last := 0
	for i, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if from < 0 {
				from = i
			}
			b.WriteRune(unicode.ToLower(r))
			last = i + utf8.RuneLen(r)
		case (r == '\'' || r == '’') && from >= 0:
		default:
			end(last)
		}
	}
	end(last)
	return out
}

// signName makes a sign's id fit to read. "wording" is the trained model's
// word that a message as a whole reads like others that were a risk.
func signName(s string) string {
	if s == "wording" {
		return "the wording as a whole"
	}
	return strings.NewReplacer("_", " ", "-", " ").Replace(s)
}
