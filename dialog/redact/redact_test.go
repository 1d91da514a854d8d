package redact_test

import (
	"io/fs"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"helpline/content"
	"helpline/dialog/prisons"
	"helpline/dialog/redact"
)

func TestWhatSaysByItsFormWhatItIs(t *testing.T) {
	for in, want := range map[string]string{
		// telephones
		"ring me on 07700 900123 pls": "ring me on 07700 900000 pls",
		"0 7 7 0 0 9 0 0 1 2 3":       "07700 900000",
		"+44 (0)7700-900123":          "07700 900000",
		"O77OO 9OO123":                "07700 900000",
		"(01632) 960 001 after six":   "07700 900000 after six",
		"07700\u200b900123":           "07700 900000",
		"０７７００９００１２３":                 "07700 900000",
		"its oh seven seven double oh nine hundred one two three thanks": "its a telephone number thanks",
		"07700900123.":                         "07700 900000.",
		"he took 40 tablets at 10 and 20 more": "he took 40 tablets at 10 and 20 more",
		"24 hours no food, 3 days no water":    "24 hours no food, 3 days no water",
		"one two or three times":               "one two or three times",
		// prison numbers
		"his number is A1234BC":     "his number is A0000AA",
		"a1234bc":                   "A0000AA",
		"A 1234 BC":                 "A0000AA",
		"A.1.2.3.4.B.C":             "A0000AA",
		"owes a 2000 to them":       "owes a 2000 to them",
		"prison number 123456 in S": "prison number 00000 in S",
		"his number is 4321":        "his number 00000",
		"owes 2000 quid since 2019": "owes 2000 quid since 2019",
		// births
		"dob 12/03/1990":                       "dob 1 January 1990",
		"12.3.90":                              "1 January 1990",
		"12 march 1990":                        "1 January 1990",
		"12th of March, 1990 he is":            "1 January 1990 he is",
		"March 12th 1990":                      "1 January 1990",
		"1990-03-12":                           "1 January 1990",
		"born on the 12th march":               "born 1 January 1990",
		"twelfth of march nineteen ninety two": "1 January 1990",
		"dob 120390":                           "born 1 January 1990",
		"parole is on 12 march":                "parole is on 12 march",
		"on the phone 24/7, 2 or 3 times":      "on the phone 24/7, 2 or 3 times",
		// addresses
		"jo.price+x@mail.example.co.uk":         "name@example.org",
		"jo [at] mail [dot] com":                "name@example.org",
		"jo price at gmail dot com":             "jo name@example.org",
		"see https://facebook.com/jo.price now": "see example.org now",
		"im @jordanp90 on insta":                "im @name on insta",
		"we are at 12 Acacia Road SW1A 1AA":     "we are at 1 High Street AA1 1AA",
		"14b, Long Meadow Close":                "1 High Street",
		"2 weeks to court":                      "2 weeks to court",
		"on b1 2nd landing":                     "on b1 2nd landing",
		"NI QQ 12 34 56 C":                      "NI QQ000000A",
	} {
		if got := redact.Shapes(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// places finds prisons as the export does.
func places(t testing.TB) func(string) []redact.Span {
	dir, err := fs.Sub(content.FS, "prisons")
	if err != nil {
		t.Fatal(err)
	}
	register, err := prisons.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) (spans []redact.Span) {
		for _, m := range register.Find(text) {
			spans = append(spans, redact.Span{From: m.Start, To: m.Start + len(m.Text)})
		}
		return spans
	}
}

func people(t testing.TB) *redact.Redactor {
	return redact.New([]redact.Name{
		{Words: "Jordan Price", As: redact.Prisoner},
		{Words: "my name is Will O'Brien-Müller", As: redact.Caller},
		{Words: "Sam", As: redact.Staff},
		{Words: "Łukasz Żółć", As: redact.Prisoner},
		{Words: "dunno", As: redact.Prisoner},
		{Words: "Stoke Heath", As: redact.Place, Whole: true},
		{Words: "Leeds", As: redact.Place, Whole: true},
	}, places(t))
}

func TestNamesInAllTheirSpellings(t *testing.T) {
	r := people(t)
	for in, want := range map[string]string{
		"Jordan Price has said goodbye":             "Alex Carter has said goodbye",
		"JORDAN's not eating, jordans cell":         "Alex's not eating, Alexs cell",
		"jordon says hes ok":                        "Alex says hes ok",
		"Jodran":                                    "Alex",
		"j o r d a n p r i c e":                     "Alex",
		"J-o-r-d-a-n is low":                        "Alex is low",
		"J0rdan":                                    "Alex",
		"Jоrdan with a letter from elsewhere":       "Alex with a letter from elsewhere",
		"Jor\u200bdan":                              "Alex",
		"jordanprice and jordan94":                  "Alex and Alex",
		"ŁUKASZ zolc, Lukasz":                       "Alex Carter, Alex",
		"obrien or o’brien, muller":                 "obrien or o’Taylor, Taylor",
		"he will kill himself, will you ring":       "he will kill himself, will you ring",
		"Will is scared. tell Will":                 "Robin is scared. tell Robin",
		"will is scared":                            "Robin is scared",
		"thanks sam":                                "thanks Pat",
		"I dunno what to do":                        "I dunno what to do",
		"my son Kieran Walsh wont eat. kieran said": "my son Jo Morgan wont eat. Jo said",
		"This is Carol":                             "This is Jo",
		"I am Very worried":                         "I am Very worried",
		"Jordan Pryce-Jones":                        "Alex Carter-Jones",
		"hes in stoke heath on C wing":              "hes in Anytown on C wing",
		"moved from HMP Barlinnie to leeds":         "moved from HMP Anytown to Anytown",
		"":                                          "",
		"😀 Jordan 😀":                                "😀 Alex 😀",
	} {
		if d := cmp.Diff(want, r.Text(in)); d != "" {
			t.Errorf("%q: %s", in, d)
		}
	}
}

// Nothing that is known is left, whatever stands round it, and doing it again
// changes no more names.
func FuzzNothingKnownIsLeft(f *testing.F) {
	r := people(f)
	for _, s := range []string{"", "x", "he said ", "\n\n", "J", "\xff", "ring 0", "@", "A 1", "born ", "12/", "will", "😀\u200d", "İ", "ß", "－"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		got := strings.ToLower(r.Text(before + " Jordan Price A1234BC 07700 900123 jo@mail.example " + after))
		for _, known := range []string{"jordan", "a1234bc", "900123", "jo@mail"} {
			if strings.Contains(got, known) && !strings.Contains(strings.ToLower(before+after), known) && !joined(before, after) {
				t.Errorf("%q is left in %q", known, got)
			}
		}
	})
}

// joined says that what stands beside the known words may have made other words of them.
func joined(before, after string) bool {
	return strings.ContainsFunc(before+after, func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune("+@._%'’-([", r)
	})
}
