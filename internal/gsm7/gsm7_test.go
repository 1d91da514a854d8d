package gsm7

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

func TestAlphabetHasAllPlaces(t *testing.T) {
	if n := utf8.RuneCountInString(basic); n != 127 { // 128 places, one of them the escape
		t.Errorf("basic table has %d characters, want 127", n)
	}
	if n := utf8.RuneCountInString(extension); n != 10 {
		t.Errorf("extension table has %d characters, want 10", n)
	}
	for _, r := range basic {
		if width(r) != 1 {
			t.Errorf("width(%q) = %d, want 1", r, width(r))
		}
	}
	for _, r := range extension {
		if width(r) != 2 {
			t.Errorf("width(%q) = %d, want 2", r, width(r))
		}
	}
}

func TestSeptets(t *testing.T) {
	for _, c := range []struct {
		in string
		n  int
		ok bool
	}{
		{"", 0, true},
		{"hello", 5, true},
		{"£5 @ 10", 7, true},
		{"[€]", 6, true},
		{"it\u2019s", 3, false},
		{"ŵ", 0, false},
		{"ç", 0, false}, // lower case c cedilla is not in the table, the capital is
		{"Ç", 1, true},
		{"a\xffb", 2, false},
	} {
		if n, ok := Septets(c.in); n != c.n || ok != c.ok {
			t.Errorf("Septets(%q) = %d, %v; want %d, %v", c.in, n, ok, c.n, c.ok)
		}
	}
}

func TestOutside(t *testing.T) {
	if r, at := Outside("ab\u2019c"); r != '\u2019' || at != 2 {
		t.Errorf("Outside = %q, %d", r, at)
	}
	if _, at := Outside("plain"); at != -1 {
		t.Errorf("Outside of plain text at %d", at)
	}
}

func TestDowngrade(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                            "plain",
		"he\u2019s \u201Cfine\u201D":       `he's "fine"`,
		"a\u2013b \u2014 c\u2026":          "a-b - c...",
		"9\u00A0am\u202Fto\u200B 5":        "9 am to 5",
		"line\r\nline\tend":                "line\nline end",
		"Tŷ\u2019r":                        "Tŷ'r",
		"\U0001F469\u200D\U0001F467 ok":    "\U0001F469\u200D\U0001F467 ok",
		"zero\u200Dwidth":                  "zerowidth",
		"caf\u00e9 `tick` \uFB01ve \u00bd": "café 'tick' five 1/2",
	} {
		if got := Downgrade(in); got != want {
			t.Errorf("Downgrade(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSegments(t *testing.T) {
	for _, c := range []struct {
		name     string
		in       string
		enc      Encoding
		units    int
		segments int
	}{
		{"empty", "", GSM7, 0, 1},
		{"160 fit", strings.Repeat("a", 160), GSM7, 160, 1},
		{"161 are two", strings.Repeat("a", 161), GSM7, 161, 2},
		{"306 are two", strings.Repeat("a", 306), GSM7, 306, 2},
		{"307 are three", strings.Repeat("a", 307), GSM7, 307, 3},
		{"escape pair counted twice", strings.Repeat("€", 80), GSM7, 160, 1},
		{"escape pair not split", strings.Repeat("a", 152) + "€" + strings.Repeat("b", 152), GSM7, 306, 3},
		{"70 fit", strings.Repeat("ŵ", 70), UCS2, 70, 1},
		{"71 are two", strings.Repeat("ŵ", 71), UCS2, 71, 2},
		{"134 are two", strings.Repeat("ŵ", 134), UCS2, 134, 2},
		{"surrogate pair not split", strings.Repeat("ŵ", 66) + "\U0001F600" + strings.Repeat("ŵ", 66), UCS2, 134, 3},
		{"35 emoji fit", strings.Repeat("\U0001F600", 35), UCS2, 70, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			enc, units, segments := Segments(c.in)
			if enc != c.enc || units != c.units || segments != c.segments {
				t.Errorf("Segments = %v, %d, %d; want %v, %d, %d", enc, units, segments, c.enc, c.units, c.segments)
			}
		})
	}
}

func TestFit(t *testing.T) {
	s := strings.Repeat("a", 400)
	for segments, want := range map[int]int{0: 0, 1: 160, 2: 306, 3: 400} {
		if got := Fit(s, segments); got != want {
			t.Errorf("Fit(400, %d) = %d, want %d", segments, got, want)
		}
	}
	if got := Fit(strings.Repeat("\U0001F600", 70), 2); got != 66*4 {
		t.Errorf("Fit of emoji = %d bytes, want %d", got, 66*4)
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{"", "abc", strings.Repeat("€", 100), strings.Repeat("\U0001F600", 50), "a\xff\xfe" + strings.Repeat("ŵ", 90), strings.Repeat("[]", 99)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		enc, units, segments := Segments(s)
		parts := Split(s)
		if len(parts) != segments {
			t.Fatalf("%d parts, %d segments", len(parts), segments)
		}
		if strings.Join(parts, "") != s {
			t.Fatal("parts joined are not the text")
		}
		_, part := enc.Limits()
		if n := Fit(s, segments); n != len(s) {
			t.Fatalf("Fit(%d segments) = %d of %d bytes", segments, n, len(s))
		}
		if len(parts) > 1 {
			for _, p := range parts {
				n := 0
				for _, r := range p {
					n += enc.Units(r)
				}
				if n > part {
					t.Fatalf("a part of %d units", n)
				}
			}
		}
		if enc == UCS2 && utf8.ValidString(s) && units != len(utf16.Encode([]rune(s))) {
			t.Fatalf("units = %d, UTF-16 has %d", units, len(utf16.Encode([]rune(s))))
		}
		low := Downgrade(s)
		if Downgrade(low) != low && utf8.ValidString(s) {
			t.Fatalf("Downgrade is not stable: %q then %q", low, Downgrade(low))
		}
	})
}
