package knowledge

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func testContent(t testing.TB) Content {
	t.Helper()
	c, err := Load(os.DirFS("testdata/content"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func testLibrary(t testing.TB) *Library {
	t.Helper()
	l, err := NewLibrary(testContent(t))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// realContent is the content folder of the project.
func realContent(t testing.TB) Content {
	t.Helper()
	c, err := Load(os.DirFS("../content"))
	var faults *Faults
	if err != nil && !errors.As(err, &faults) {
		t.Fatal(err)
	}
	if len(c.Sheets) == 0 {
		t.Fatal("no sheet in ../content could be read")
	}
	return c
}

func TestCodesLeadBack(t *testing.T) {
	l, err := NewLibrary(realContent(t))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, sheet := range l.Sheets() {
		for _, section := range sheet.Sections {
			ref := SectionRef{sheet.Slug, section.Anchor}
			code := l.Code(ref)
			if len(code) < codeLength || seen[code] {
				t.Fatalf("code of %s is %q", ref, code)
			}
			seen[code] = true
			if got, ok := l.Lookup(strings.ToUpper(code)); !ok || got != ref {
				t.Errorf("Lookup(%q) = %v, want %v", code, got, ref)
			}
		}
	}
	if l.Code(SectionRef{"no-such", "sheet"}) != "" {
		t.Error("a section that does not exist has a code")
	}
}

func TestVersionFollowsContents(t *testing.T) {
	a, b := testLibrary(t), testLibrary(t)
	if a.Version() != b.Version() {
		t.Errorf("the same contents have versions %s and %s", a.Version(), b.Version())
	}
	c := testContent(t)
	sheets := append([]Sheet(nil), c.Sheets...)
	sheets[0].Source += " "
	l, err := NewLibrary(c.WithSheets(sheets))
	if err != nil {
		t.Fatal(err)
	}
	if l.Version() == a.Version() {
		t.Error("other contents have the same version")
	}
}

func TestNewLibraryRefusesTheSameSlugTwice(t *testing.T) {
	c := testContent(t)
	if _, err := NewLibrary(c.WithSheets(append(c.Sheets, c.Sheets[0]))); err == nil {
		t.Error("two sheets with one slug were taken")
	}
}

// A question is answered from one library or the other, never from half of one.
func TestSwapWhileFinding(t *testing.T) {
	c := testContent(t)
	without := make([]Sheet, 0, len(c.Sheets))
	for _, s := range c.Sheets {
		if s.Slug != "visit-costs" {
			without = append(without, s)
		}
	}
	shelf, err := NewShelf(testLibrary(t))
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				l := shelf.Library()
				_, has := l.Sheet("visit-costs")
				f := l.Find(Query{Text: "can i get my train fare back"})
				if answered := f.Kind == KindAnswer; answered != has {
					t.Errorf("library with the sheet: %v, answered: %v (%s)", has, answered, f.Why)
					return
				}
			}
		})
	}
	for i := range 20 {
		sheets := c.Sheets
		if i%2 == 0 {
			sheets = without
		}
		l, err := NewLibrary(c.WithSheets(sheets))
		if err != nil {
			t.Fatal(err)
		}
		shelf.Swap(l)
	}
	close(stop)
	group.Wait()
	if shelf.Swap(nil) != shelf.Library() {
		t.Error("a nil library was put on the shelf")
	}
}

func TestShelfNeedsALibrary(t *testing.T) {
	if _, err := NewShelf(nil); !errors.Is(err, ErrNoLibrary) {
		t.Errorf("err = %v", err)
	}
}

func TestCheckFindsEachFault(t *testing.T) {
	l := testLibrary(t)
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	if faults := Check(l, now); len(faults) > 0 {
		t.Fatalf("the test library has faults: %v", faults)
	}
	long := strings.Repeat("word ", 70)
	for _, c := range []struct {
		name, short, body, want string
		advice                  bool
	}{
		{"too long", long, "Text.", "two messages hold 306", false},
		{"longer than the target", strings.Repeat("A few words. ", 20), "Text.", "source and link fit", true},
		{"outside GSM-7", "Staff\u2019s view.", "Text.", "plain text message cannot carry", false},
		{"unknown contact", "Ring {phone:nobody}.", "Text.", "no contact nobody", false},
		{"unknown kind", "Text.", "Fax {fax:visit-costs}.", "a reference is one of", false},
		{"contact lacks it", "Text.", "Mail {email:visit-costs}.", "has no email for Visit Costs Unit", false},
		{"dead link", "Text.", "See [that](sheet:nothing).", "leads to no sheet", false},
		{"dead anchor", "Text.", "See [that](sheet:visit-costs#nothing).", "no question of that sheet", false},
		{"link outside", "Text.", "See [that](https://example.org/x).", "typed in", false},
		{"number in prose", "Text.", "Ring 0800 254 0088 now.", "telephone number 0800 254 0088", false},
		{"emergency number", "Ring 999.", "Text.", "", false},
		{"email in prose", "Text.", "Write to help@example.org.", "help@example.org", false},
		{"web address in prose", "Text.", "See www.example.org.", "www.example.org", false},
		{"long sentence", "Text.", "First.\n\n- " + strings.Repeat("one ", 26) + "end.", "a sentence of 27 words", true},
		{"list items are sentences", "Text.", strings.Repeat("- ten words in a row are here to be read\n", 5), "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := "---\nslug: new\ntitle: New\nsummary: New.\njurisdiction: uk\nsources: [one]\npublished: 2026-01-01\nreview_by: 2027-01-01\nowner: me\n---\n\n" +
				"## What is it? {#what}\n\n```answer\nshort: >-\n  " + c.short + "\n```\n\n" + c.body + "\n"
			sheet, err := Parse("new.md", []byte(source))
			if err != nil {
				t.Fatal(err)
			}
			faults := l.CheckSheet(sheet, now)
			if c.want == "" {
				if len(faults) > 0 {
					t.Errorf("faults %v, want none", faults)
				}
				return
			}
			for _, f := range faults {
				if strings.Contains(f.Text, c.want) {
					if f.Advice != c.advice || f.Line < 12 {
						t.Errorf("fault %+v, want advice %v and its line", f, c.advice)
					}
					return
				}
			}
			t.Errorf("faults %v, want one with %q", faults, c.want)
		})
	}
	late := Check(l, now.AddDate(2, 0, 0))
	if len(late) != len(l.Sheets())+3 {
		t.Errorf("two years later there are %d faults, want one for each of %d sheets and 3 contacts", len(late), len(l.Sheets()))
	}
}

func TestReviewIsDueTheDayAfter(t *testing.T) {
	l := testLibrary(t)
	sheet, _ := l.Sheet("visit-costs")
	if f := l.CheckSheet(*sheet, sheet.ReviewBy.Add(20*time.Hour)); len(f) != 0 {
		t.Errorf("overdue on the day itself: %v", f)
	}
}
