package knowledge

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// planted is the project's content with text added to the body of a sheet's last section.
func planted(t *testing.T, slug, text string) *Library {
	t.Helper()
	c := realContent(t)
	sheets := slices.Clone(c.Sheets)
	found := false
	for i := range sheets {
		if sheets[i].Slug != slug {
			continue
		}
		found = true
		sheet, err := Parse(sheets[i].File, []byte(strings.TrimRight(sheets[i].Source, "\n")+"\n\n"+text+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		sheets[i] = sheet
	}
	if !found {
		t.Fatalf("there is no sheet %s", slug)
	}
	l, err := NewLibrary(c.WithSheets(sheets).AsLarge(Medium))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// The library as it is does not contradict itself, and says when it is made to.
func TestCheckFindsContradictions(t *testing.T) {
	day := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, slug, text string
		with             string // the other file; empty: there is none
	}{
		{"nothing", "being-involved", "A family member may come.", ""},
		{"the last meeting", "being-involved", "The last case conference is about six months before release.", "sheets/icm.md"},
		{"the same in other words", "being-involved", "The last case conference is about three months before release.", ""},
		{"the same in other units", "being-involved", "The last case conference is about 13 weeks before release.", "sheets/icm.md"},
		{"the first meeting", "being-involved", "On the enhanced route the first case conference is within nine months of coming into prison.", "sheets/icm.md"},
		{"a rate", "being-involved", "By car to a prison in Scotland it is 25p a mile.", "sheets/travel-costs.md"},
		{"a sum", "coping", "On Universal Credit the limit is \u00a31,100 a month.", "sheets/travel-costs.md"},
		{"another country", "keeping-in-touch", "The last case conference is about six months before release.", ""},
		{"one prison", "stoke-heath-family", "On Universal Credit the limit is \u00a31,100 a month.", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := planted(t, c.slug, c.text)
			sheet, _ := l.Sheet(c.slug)
			line := strings.Count(strings.TrimRight(sheet.Source, "\n"), "\n") + 1
			var here, there []Fault
			for _, f := range Check(l, day) {
				if !strings.Contains(f.Text, "does not agree with") {
					continue
				}
				if f.File == sheet.File {
					here = append(here, f)
				} else {
					there = append(there, f)
				}
			}
			if c.with == "" {
				if len(here)+len(there) > 0 {
					t.Fatalf("%v %v, want none", here, there)
				}
				return
			}
			if len(here) == 0 || here[0].Line != line || here[0].Advice || !slices.ContainsFunc(here, func(f Fault) bool { return strings.Contains(f.Text, c.with) }) {
				t.Errorf("%v, want a fault in line %d that names %s", here, line, c.with)
			}
			if !slices.ContainsFunc(there, func(f Fault) bool { return f.File == c.with && strings.Contains(f.Text, c.text) }) {
				t.Errorf("%v, want one in %s that quotes the line", there, c.with)
			}
			draft := l.CheckSheet(*sheet, day)
			if !slices.ContainsFunc(draft, func(f Fault) bool { return f.Line == line && strings.Contains(f.Text, c.with) }) {
				t.Errorf("an editor's draft is told %v", draft)
			}
		})
	}
}

func TestReadingAge(t *testing.T) {
	easy := strings.Repeat("You can ring the line. Tell them his name. They will go and see him. ", 4)
	hard := strings.Repeat("Notwithstanding institutional considerations, individualised rehabilitative interventions necessitate comprehensive multidisciplinary collaboration. ", 4)
	middling := strings.Repeat("The meeting is about how the person is doing and about the plans for the next year. Family members may be invited. ", 4)
	ages := map[string]float64{}
	for name, text := range map[string]string{"easy": easy, "middling": middling, "hard": hard} {
		age, ok := ReadingAge(text)
		if !ok {
			t.Fatalf("%s: no age", name)
		}
		ages[name] = age
	}
	if ages["easy"] > 8 || ages["middling"] < 9 || ages["middling"] > TargetAge+1 || ages["hard"] <= MaxAge {
		t.Errorf("ages %v", ages)
	}
	if _, ok := ReadingAge("Too short to tell."); ok {
		t.Error("four words have an age")
	}
	if with, _ := ReadingAge(easy + "\n\n- See [the sheet](sheet:icm#what-is-icm) and {contact:organisation-with-a-long-name}."); with > 8 {
		t.Errorf("a link and a reference make the age %.1f", with)
	}
}

func TestSyllables(t *testing.T) {
	for word, want := range map[string]int{
		"a": 1, "the": 1, "prison": 2, "table": 2, "made": 1, "asked": 1, "wanted": 2, "visits": 2, "conference": 3, "family": 3, "times": 1, "boxes": 2, "information": 4,
	} {
		if got := syllablesOf(word); got != want {
			t.Errorf("%s has %d syllables, want %d", word, got, want)
		}
	}
}

// A hard section is advice, a very hard one a fault, each with its line.
func TestCheckFindsHardTexts(t *testing.T) {
	for text, advice := range map[string]bool{
		strings.Repeat("Notwithstanding institutional considerations, individualised rehabilitative interventions necessitate comprehensive multidisciplinary collaboration. ", 4): false,
		strings.Repeat("Eligibility for assistance is dependent on individual circumstances and evidence of income. ", 1) +
			strings.Repeat("The officer will then explain to the family what happens and ask for any other information. ", 3): true,
	} {
		l := planted(t, "coping", "## Is it hard? {#hard}\n\n```answer\nshort: >-\n  Yes.\n```\n\n"+text)
		sheet, _ := l.Sheet("coping")
		section, _ := sheet.Section("hard")
		found := false
		for _, f := range Check(l, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)) {
			if f.File == sheet.File && f.Line == section.line && strings.Contains(f.Text, "reading age") {
				found = true
				if f.Advice != advice {
					t.Errorf("%+v, want advice %v", f, advice)
				}
			}
		}
		if !found {
			age, _ := ReadingAge(text)
			t.Errorf("a text of reading age %.1f is not reported", age)
		}
	}
}

// What gaps.yaml names has to be in the register.
func TestCheckFindsUnknownContactsOfGaps(t *testing.T) {
	c := testContent(t)
	c.gaps = append(slices.Clone(c.gaps), gap{ID: "x", Kind: KindUnknown, Title: "X", Asked: []string{"x"}, Contacts: []string{"nobody"}, line: 7})
	l, err := NewLibrary(c)
	if err != nil {
		t.Fatal(err)
	}
	faults := Check(l, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	if len(faults) != 1 || faults[0].File != gapsFile || faults[0].Line != 7 || faults[0].Advice {
		t.Errorf("faults %+v, want one in line 7", faults)
	}
}
