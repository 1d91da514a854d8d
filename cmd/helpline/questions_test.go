package main

import (
	"slices"
	"strings"
	"testing"

	"helpline/knowledge/editing"
)

// What no sheet answers is kept for the editors, without who asked; what may
// be about a risk is not theirs to read.
func TestUnansweredQuestionsReachTheEditors(t *testing.T) {
	w := newWorld(t, nil)
	w.text("+447700900701", "FAMOUT hes given his trainers away and said bye to the kids")
	w.text("+447700900701", "FAMOUT can he keep a budgie in there")
	w.text("+447700900702", "FAMOUT what is a case conference")
	w.text("+447700900703", "FAMOUT can he keep a budgie, ring 07700 900703")
	var kept []editing.Unanswered
	w.eventually("the question", func() bool {
		var err error
		kept, err = w.editing.Unanswered(t.Context(), 10)
		w.must(err)
		return slices.ContainsFunc(kept, func(u editing.Unanswered) bool { return strings.Contains(u.Question, "ring [...]") })
	})
	if len(kept) != 1 || !strings.Contains(kept[0].Question, "budgie") {
		t.Errorf("kept %d, the first %+v", len(kept), kept[0])
	}
}

// A rush of questions never makes a message wait.
func TestQuestionsThatDoNotFitAreLetGo(t *testing.T) {
	h := &house{asked: make(chan gap, askedRoom)}
	for range askedRoom + 10 {
		h.unanswered("can he keep a budgie", "")
	}
	if len(h.asked) != askedRoom {
		t.Errorf("%d wait", len(h.asked))
	}
}
