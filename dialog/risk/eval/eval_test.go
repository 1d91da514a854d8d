package eval_test

import (
	"os"
	"strings"
	"testing"

	"helpline/dialog"
	"helpline/dialog/risk"
	"helpline/dialog/risk/eval"
	"helpline/dialog/risk/labelled"
)

func dev(t *testing.T) []labelled.Line {
	t.Helper()
	file, err := os.Open("../labelled/risk-dev.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	lines, err := labelled.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// TestFiguresHold measures on the messages that no model was trained on. The
// bounds stand a little below what was reached: a change that makes the
// service deafer, or shriller, fails here.
func TestFiguresHold(t *testing.T) {
	a, err := risk.Load(os.DirFS("../../../content/risk"))
	if err != nil {
		t.Fatal(err)
	}
	f := eval.Run(a, dev(t))
	var out strings.Builder
	f.Print(&out, false)
	t.Log("\n" + out.String())
	percent := func(n, of int) float64 { return 100 * float64(n) / float64(of) }
	for _, c := range []struct {
		what        string
		got         float64
		least, most float64
	}{
		{"at risk found", percent(f.Found(), f.AtRisk()), 93, 100},
		{"harmless raised", percent(f.OverAlarm(), f.None()), 0, 10},
		{"four levels right", percent(f.Right(), f.Lines), 77, 100},
		{"silent misses", percent(f.Silent, f.AtRisk()), 0, 2},
		{"harmless read", percent(f.Read, f.None()), 0, 28},
	} {
		if c.got < c.least || c.got > c.most {
			t.Errorf("%s: %.1f %%, want %.0f to %.0f", c.what, c.got, c.least, c.most)
		}
	}
}

// fixed gives every message one assessment.
type fixed dialog.Assessment

func (f fixed) Assess(string, []string) dialog.Assessment { return dialog.Assessment(f) }

func TestFiguresCount(t *testing.T) {
	lines := []labelled.Line{
		{ID: "a", Text: "one", Level: dialog.LevelNone, Who: dialog.WhoNone},
		{ID: "b", Text: "two", Level: dialog.LevelConcern, Who: dialog.WhoPrisoner, Categories: []dialog.Category{dialog.NoContact}},
		{ID: "c", Text: "three", Level: dialog.LevelImmediate, Who: dialog.WhoCaller},
	}
	f := eval.Run(fixed{Level: dialog.LevelNone, Who: dialog.WhoNone}, lines)
	if f.Found() != 0 || f.Silent != 2 || f.SilentSerious != 1 || f.OverAlarm() != 0 || f.Right() != 1 || f.AtRisk() != 2 {
		t.Errorf("a judge that hears nothing: %+v", f)
	}
	f = eval.Run(fixed{Level: dialog.LevelUrgent, Who: dialog.WhoPrisoner, Review: true, Categories: []dialog.Category{dialog.NoContact}}, lines)
	if f.Found() != 2 || f.Silent != 0 || f.OverAlarm() != 1 || f.Serious() != 1 || f.Read != 1 || f.WhoRight != 1 || f.CategoryHit != 1 {
		t.Errorf("a judge that always alarms: %+v", f)
	}
	var out strings.Builder
	f.Print(&out, true)
	if s := out.String(); !strings.Contains(s, "c: immediate judged urgent") || strings.Index(s, "c: immediate") > strings.Index(s, "a: none") {
		t.Errorf("misses are not listed, too low first:\n%s", s)
	}
}

func TestDevIsKeptApart(t *testing.T) {
	seen := map[string]string{}
	for _, l := range dev(t) {
		seen[strings.ToLower(l.Text)] = l.ID
	}
	names, err := os.ReadDir("../labelled")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range names {
		if !strings.HasPrefix(name.Name(), "risk-train-") {
			continue
		}
		b, err := os.Open("../labelled/" + name.Name())
		if err != nil {
			t.Fatal(err)
		}
		lines, err := labelled.Read(b)
		_ = b.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			n++
			if id, twice := seen[strings.ToLower(l.Text)]; twice && len(l.Text) > 40 {
				t.Errorf("%s is also %s", l.ID, id)
			}
		}
	}
	if n == 0 {
		t.Error("no training lines")
	}
}
