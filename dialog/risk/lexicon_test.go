package risk

import (
	"slices"
	"strings"
	"testing"
)

// classesOf names the classes of every word of a text.
func classesOf(a *Assessor, text string) []string {
	s := new(scratch)
	a.norm.tokens(text, s)
	a.findKinds(s)
	var out []string
	for _, k := range s.kinds {
		name := a.lexicon.classes[k.class].name
		if k.negated {
			name = "not " + name
		}
		out = append(out, name)
	}
	return out
}

func TestWordsAreKnownByTheirKind(t *testing.T) {
	a := content(t)
	for _, c := range []struct{ text, class string }{
		{"he gave his chains to the lad next door", "belongings"},
		{"he gave his chains to the lad next door", "who_cellmate"},
		{"no clexane since friday", "not vital_med"},
		{"hes plaiting it", "means_ligature"},
		{"He's on the roof", "place_high"},
		{"my nan", "who_grandparent"},
		{"can't cope", "worn"},
	} {
		if got := classesOf(a, c.text); !slices.Contains(got, c.class) {
			t.Errorf("%q: %v, want %s", c.text, got, c.class)
		}
	}
	if got := classesOf(a, "he is not eating"); !slices.Contains(got, "not_eat") || slices.Contains(got, "eat") {
		t.Errorf("an entry of several words does not come before its parts: %v", got)
	}
}

func TestBadEntriesOfTheLexiconAreNamed(t *testing.T) {
	n, err := newNormaliser(wordsData{})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"don't", "Upper", "a,b"} {
		if _, err := compileLexicon(n, map[string]string{"kind": bad}); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
