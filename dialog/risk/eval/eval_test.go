package eval_test

import (
	"os"
	"path/filepath"
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

// training reads all labelled lines but those of dev.
func training(t *testing.T) []labelled.Line {
	t.Helper()
	names, err := filepath.Glob("../labelled/risk-train-*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []labelled.Line
	for _, name := range names {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := labelled.Read(file)
		_ = file.Close() // only read from
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, lines...)
	}
	if len(out) == 0 {
		t.Fatal("no training lines")
	}
	return out
}

// bounds of figures, in per cent.
type bounds struct {
	found, serious, levels float64 // at least
	raised, read, silent   float64 // at most
}

func (b bounds) check(t *testing.T, f eval.Figures) {
	t.Helper()
	var out strings.Builder
	f.Print(&out, false)
	t.Log("\n" + out.String())
	percent := func(n, of int) float64 { return 100 * float64(n) / float64(of) }
	serious := 0
	for label := dialog.LevelUrgent; label <= dialog.LevelImmediate; label++ {
		for _, n := range f.Confusion[label] {
			serious += n
		}
	}
	for _, c := range []struct {
		what             string
		got, least, most float64
	}{
		{"at risk found", percent(f.Found(), f.AtRisk()), b.found, 100},
		{"immediate and urgent as such", percent(f.Serious(), serious), b.serious, 100},
		{"four levels right", percent(f.Right(), f.Lines), b.levels, 100},
		{"harmless raised", percent(f.OverAlarm(), f.None()), 0, b.raised},
		{"harmless read", percent(f.Read, f.None()), 0, b.read},
		{"silent misses", percent(f.Silent, f.AtRisk()), 0, b.silent},
	} {
		if c.got < c.least || c.got > c.most {
			t.Errorf("%s: %.1f %%, want %.1f to %.1f", c.what, c.got, c.least, c.most)
		}
	}
}

// TestHeldOutFiguresHold trains without dev, in less time than the shipped
// model takes, and measures on dev. The bounds stand a little below what was
// reached: a change that makes the service deafer, or shriller, fails here.
func TestHeldOutFiguresHold(t *testing.T) {
	opts := risk.Defaults()
	opts.Folds, opts.Rounds = 2, 12
	dir := os.DirFS("../../../content/risk")
	got, err := risk.Train(dir, training(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	a, err := risk.LoadTrained(dir, got.File)
	if err != nil {
		t.Fatal(err)
	}
	bounds{found: 89, serious: 86.5, levels: 78, raised: 8, read: 33, silent: 1}.check(t, eval.Run(a, dev(t)))
}

// TestShippedModelFits holds the model file to the messages that it was
// trained on: it fails when the signs or the features were changed and the
// model was not trained again.
func TestShippedModelFits(t *testing.T) {
	a, err := risk.Load(os.DirFS("../../../content/risk"))
	if err != nil {
		t.Fatal(err)
	}
	bounds{found: 99.5, serious: 99, levels: 95, raised: 8, read: 32, silent: 0.1}.check(t, eval.Run(a, append(dev(t), training(t)...)))
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
	for _, l := range training(t) {
		if id, twice := seen[strings.ToLower(l.Text)]; twice && len(l.Text) > 40 {
			t.Errorf("%s is also %s", l.ID, id)
		}
	}
}

func TestFoldsAreCounted(t *testing.T) {
	f := eval.OfFolds([]risk.Fold{
		{Line: labelled.Line{ID: "a"}, Judged: dialog.LevelConcern, Read: true},
		{Line: labelled.Line{ID: "b", Level: dialog.LevelUrgent}},
		{Line: labelled.Line{ID: "c", Level: dialog.LevelUrgent}, Judged: dialog.LevelUrgent, Read: true},
	})
	if f.Lines != 3 || f.Found() != 1 || f.Silent != 1 || f.SilentSerious != 1 || f.OverAlarm() != 1 || f.Read != 1 || f.Right() != 1 {
		t.Errorf("got %+v", f)
	}
}
