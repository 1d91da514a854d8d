package risk

import (
	"os"
	"strings"
	"testing"

	"helpline/dialog/risk/labelled"
)

// Where the model alone sees a risk, staff are shown the few words that weighed
// and not the message again.
func TestTheModelQuotesFewWords(t *testing.T) {
	a, err := Load(os.DirFS("../../content/risk"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open("labelled/risk-dev.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	lines, err := labelled.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	quoted := 0
	for _, l := range lines {
		for _, e := range a.Assess(l.Text, nil).Evidence {
			if e.Sign != "wording" {
				continue
			}
			quoted++
			if n := len(strings.Fields(e.Text)); n == 0 || n > mostQuoted+1 || n > 2 && 2*n > len(strings.Fields(l.Text))+1 || !strings.Contains(l.Text, e.Text) {
				t.Errorf("%s: %q of %q", l.ID, e.Text, l.Text)
			}
		}
	}
	if quoted == 0 {
		t.Error("the model quotes nothing")
	}
}
