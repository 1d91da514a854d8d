package risk

import (
	"os"
	"testing"

	"helpline/dialog"
)

func content(t testing.TB) *Assessor {
	t.Helper()
	a, err := loadWithoutModel(os.DirFS("../../content/risk"))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// counts says whether a sign counts in a text, and why not.
func (a *Assessor) counts(text, id string) (bool, string) {
	s := new(scratch)
	a.norm.tokens(text, s)
	a.findHits(s)
	for _, h := range s.hits {
		if a.signs[h.sign].ID == id {
			return h.scope == "", h.scope
		}
	}
	return false, "not seen"
}

func TestEverySignKeepsItsExamples(t *testing.T) {
	a := content(t)
	for _, sign := range a.signs {
		for _, text := range sign.Examples {
			if ok, why := a.counts(text, sign.ID); !ok {
				t.Errorf("%s: example %q: %s", sign.ID, text, why)
			}
		}
		for _, text := range sign.CounterExamples {
			if ok, _ := a.counts(text, sign.ID); ok {
				t.Errorf("%s: counter-example %q counts", sign.ID, text)
			}
		}
	}
}

func TestEveryCombinationKeepsItsExamples(t *testing.T) {
	a := content(t)
	for _, cb := range a.combos {
		if len(cb.Examples) == 0 {
			t.Errorf("combination %s has no example", cb.ID)
		}
		for _, text := range cb.Examples {
			if got := a.Assess(text, nil); got.Level != cb.Level {
				t.Errorf("%s: %q is %s, want %s (%v)", cb.ID, text, got.Level, cb.Level, got.Evidence)
			}
		}
	}
}

func TestScopesKeepTheirExamplesHarmless(t *testing.T) {
	a := content(t)
	for _, r := range a.scopes {
		for _, text := range r.Examples {
			if got := a.Assess(text, nil); got.Level != dialog.LevelNone {
				t.Errorf("%s: %q is %s: %v", r.ID, text, got.Level, got.Evidence)
			}
		}
	}
}
