package desk

import (
	"context"
	"encoding/json"
	"slices"

	"helpline/dialog"
)

// Judge writes down what a worker makes of one message: its level and, unless
// categories is empty, its categories. It stands in the log as an assessment by
// that worker. A level above what was made of the message before raises a
// concern, or makes the open one worse; so does a risk confirmed in a message
// that nobody has settled. Nothing here lowers a concern: SetConcern does, by
// name. *dialog.InvalidError: there is no such message of the person's.
func (d *Desk) Judge(ctx context.Context, w dialog.Worker, id dialog.ConversationID, of int64, level dialog.Level, categories []dialog.Category) error {
	if level < dialog.LevelNone || level > dialog.LevelImmediate {
		return &dialog.InvalidError{Field: "level", Problem: "is not a level"}
	}
	return d.workerEdit(ctx, w, id, "judge", func(e *edit) error {
		events, err := e.tx.Events(id, of-1, 0)
		if err != nil {
			return err
		}
		if len(events) == 0 || events[0].Seq != of || events[0].Kind != dialog.SaidIn && events[0].Kind != dialog.Recorded {
			return &dialog.InvalidError{Field: "message", Problem: "is not one of this person's"}
		}
		a := judgement(events)
		higher := level > a.Level
		a.Level, a.Review, a.Draft, a.Evidence = level, false, false, nil
		if len(categories) > 0 {
			a.Categories = slices.Clone(categories)
		}
		if a.Who == "" || a.Who == dialog.WhoNone {
			a.Who = dialog.WhoPrisoner
		}
		if level == dialog.LevelNone {
			a.Who = dialog.WhoNone
			a.Categories = nil
		}
		e.event(dialog.Assessed, "", dialog.AssessedData{Of: of, Assessment: a})
		if level < dialog.LevelConcern || !higher && of <= e.conv.SettledSeq {
			return nil
		}
		if higher && events[0].Text != "" {
			a.Evidence = []dialog.Evidence{{Sign: "raised by staff", Text: events[0].Text}}
		}
		return e.raise(a, e.state().Facts)
	})
}

// judgement is what was last made of the first of some events.
func judgement(events []dialog.Event) (a dialog.Assessment) {
	for _, ev := range events {
		var d dialog.AssessedData
		if ev.Kind == dialog.Assessed && json.Unmarshal(ev.Data, &d) == nil && d.Of == events[0].Seq {
			a = d.Assessment
		}
	}
	return a
}
