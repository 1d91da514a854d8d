package channels

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"helpline/dialog"
	"helpline/internal/gsm7"
)

func TestFit(t *testing.T) {
	sentence := "A case conference is a meeting about the person in prison. "                // 59 characters
	number := "You can ring the switchboard of the prison at any time of day or night on "   // 74
	link := "https://helpline.example.org/sheets/case-conference"                            // 51
	welsh := strings.Repeat("Gall y teulu ddod i'r cyfarfod. ", 8) + "Mae'r tŷ ar gau heno." // 256 + UCS-2
	tests := []struct {
		name     string
		medium   dialog.Medium
		text     string
		segments int
		want     []string
	}{
		{"short", dialog.SMS, "Thank you.", 1, []string{"Thank you."}},
		{"empty", dialog.SMS, "  \n ", 1, nil},
		{"typography", dialog.SMS, "“He’s moved” – ring…", 1, []string{`"He's moved" - ring...`}},
		{"chat is left alone", dialog.Webchat, "“He’s moved” – ring…", 1, []string{"“He’s moved” – ring…"}},
		{"sentences", dialog.SMS, strings.Repeat(sentence, 4), 1, []string{
			strings.TrimSpace(strings.Repeat(sentence, 2)), strings.TrimSpace(strings.Repeat(sentence, 2))}},
		{"the medium's own limit", dialog.SMS, strings.Repeat(sentence, 4), 0, []string{strings.TrimSpace(strings.Repeat(sentence, 4))}},
		{"paragraph", dialog.SMS, sentence + sentence + "\n\nNext. " + sentence, 1, []string{
			strings.TrimSpace(sentence + sentence), strings.TrimSpace("Next. " + sentence)}},
		{"not inside a telephone number", dialog.SMS, number + number + "+44 1630 636000 and ask", 1, []string{
			strings.TrimSpace(number + number), "+44 1630 636000 and ask"}},
		{"not inside a link", dialog.SMS, number + number + link + " tells more", 1, []string{
			strings.TrimSpace(number + number), link + " tells more"}},
		{"a link longer than a part stays whole", dialog.SMS, "See https://e.org/" + strings.Repeat("x", 200) + " now", 1, []string{
			"See", "https://e.org/" + strings.Repeat("x", 200), "now"}},
		{"a word longer than a part", dialog.SMS, strings.Repeat("x", 200), 1, []string{
			strings.Repeat("x", 160), strings.Repeat("x", 40)}},
		{"dear characters wait for the next part", dialog.SMS, welsh, 2, []string{
			strings.TrimSpace(strings.Repeat("Gall y teulu ddod i'r cyfarfod. ", 8)), "Mae'r tŷ ar gau heno."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Fit(tt.medium, tt.text, tt.segments)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCost(t *testing.T) {
	tests := []struct {
		text            string
		encoding        gsm7.Encoding
		units, segments int
	}{
		{"He’s moved", gsm7.GSM7, 10, 1},
		{"€5", gsm7.GSM7, 3, 1},
		{strings.Repeat("a", 161), gsm7.GSM7, 161, 2},
		{"tŷ", gsm7.UCS2, 2, 1},
		{strings.Repeat("ŵ", 71), gsm7.UCS2, 71, 2},
	}
	for _, tt := range tests {
		e, u, s := Cost(tt.text)
		if e != tt.encoding || u != tt.units || s != tt.segments {
			t.Errorf("Cost(%q) = %v %d %d, want %v %d %d", tt.text, e, u, s, tt.encoding, tt.units, tt.segments)
		}
	}
}

func FuzzFit(f *testing.F) {
	f.Add("Ring 01630 636000 now. "+strings.Repeat("word ", 80), 1)
	f.Add(strings.Repeat("tŷ ", 80), 2)
	f.Add("https://e.org/"+strings.Repeat("x", 400), 1)
	f.Add(strings.Repeat("😢", 100), 1)
	f.Fuzz(func(t *testing.T, text string, segments int) {
		if !utf8.ValidString(text) || len(text) > 20_000 {
			return
		}
		parts := Fit(dialog.SMS, text, segments)
		limit := segments
		if limit <= 0 {
			limit = AbilitiesOf(dialog.SMS).Segments
		}
		for _, p := range parts {
			if !utf8.ValidString(p) || p == "" {
				t.Fatalf("a part is empty or was cut inside a character: %q", p)
			}
			if _, _, n := gsm7.Segments(p); n > limit && !isLink(p) {
				t.Fatalf("%d segments, at most %d: %q", n, limit, p)
			}
		}
		if got, want := unspaced(strings.Join(parts, "")), unspaced(gsm7.Downgrade(text)); got != want {
			t.Fatalf("words were lost: %q, want %q", got, want)
		}
	})
}

func unspaced(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}
