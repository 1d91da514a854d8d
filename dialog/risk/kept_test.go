package risk

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A message that was read before is judged as it was the first time, whatever
// longer or foreign message was read in between.
func TestAKeptReadingIsJudgedAlike(t *testing.T) {
	a, err := Load(os.DirFS("../../content/risk"))
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{
		"what is a case conference", "proszę o pomoc, mój brat nic nie je od trzech dni i mówi że nie chce żyć, on jest w więzieniu",
		"ok", "میرا بیٹا کہتا ہے کہ وہ مرنا چاہتا ہے", "hes given his trainers away and said bye to the kids, hes in stoke heath and he cant go on any more",
	}
	for i, one := range texts {
		for _, other := range texts[i+1:] {
			first, second := a.Assess(one, nil), a.Assess(other, nil)
			for range 3 {
				if d := cmp.Diff(first, a.Assess(one, nil)); d != "" {
					t.Fatalf("%q after %q: %s", one, other, d)
				}
				if d := cmp.Diff(second, a.Assess(other, []string{one})); d != "" && one == "ok" {
					t.Fatalf("%q after %q: %s", other, one, d)
				}
			}
		}
	}
}
