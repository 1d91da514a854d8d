package main

import (
	"context"
	"time"

	"helpline/dialog"
	"helpline/knowledge"
)

// gap is a question that no sheet answers, without who asked it.
type gap struct {
	text    string
	country dialog.Jurisdiction
}

const (
	// askedRoom is how many questions wait to be written down. What does not
	// fit is let go: editors need to know what is asked, not how often.
	askedRoom = 64
	// askedPause lies between two of them, so that a rush of questions takes
	// nothing from the messages.
	askedPause = 50 * time.Millisecond
	// askedWithin is how long writing one down may take.
	askedWithin = 10 * time.Second
)

// unanswered notes a question for the editors. It never waits.
func (h *house) unanswered(text string, country dialog.Jurisdiction) {
	select {
	case h.asked <- gap{text, country}:
	default:
	}
}

// keepQuestions writes down what was noted, until the context ends.
func (h *house) keepQuestions(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case q := <-h.asked:
			if err := h.keepQuestion(ctx, q); err != nil && ctx.Err() == nil {
				h.log.Error("keep an unanswered question", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(askedPause):
		}
	}
}

// keepQuestion writes one question down with the subject that the library
// takes it for.
func (h *house) keepQuestion(ctx context.Context, q gap) error {
	ctx, cancel := context.WithTimeout(ctx, askedWithin)
	defer cancel()
	found := h.shelf.Library().Find(knowledge.Query{Text: q.text, Jurisdiction: knowledge.Jurisdiction(q.country)})
	found.Kind = knowledge.KindUnknown // on its own it might be taken for another
	return h.editing.Record(ctx, q.text, found)
}
