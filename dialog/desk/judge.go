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
// name. A risk in a message that nobody was asked to read is written down as
// missed. *dialog.InvalidError: there is no such message of the person's.
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
		a, _ := lastJudgement(events)
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
		if level >= dialog.LevelConcern && (higher || of > e.conv.SettledSeq) {
			if higher && events[0].Text != "" {
				a.Evidence = []dialog.Evidence{{Sign: "raised by staff", Text: events[0].Text}}
			}
			if err := e.raise(a, e.state().Facts); err != nil {
				return err
			}
		}
		return e.missed(events[:1], events, level)
	})
}

// lastJudgement is what was last made of the first of some events, and by which
// worker; empty: by the service.
func lastJudgement(events []dialog.Event) (a dialog.Assessment, by dialog.WorkerID) {
	for _, ev := range events {
		var d dialog.AssessedData
		if ev.Kind == dialog.Assessed && json.Unmarshal(ev.Data, &d) == nil && d.Of == events[0].Seq {
			a, by = d.Assessment, ev.By
		}
	}
	return a, by
}

// missed writes down that a worker found a risk of some level in messages none
// of which anybody was asked to read: for the last of them, once. A level of
// none takes back what was written down of it before. events are those from the
// first of the messages on.
func (e *edit) missed(messages, events []dialog.Event, level dialog.Level) error {
	if len(messages) == 0 {
		return nil
	}
	for _, m := range messages {
		if !unread(m, events) {
			return nil
		}
	}
	of := messages[len(messages)-1].Seq
	before := dialog.LevelNone
	for _, ev := range events {
		var d dialog.MissedData
		if ev.Kind == dialog.Missed && json.Unmarshal(ev.Data, &d) == nil && d.Of == of {
			before = d.Level
		}
	}
	if level == before {
		return nil
	}
	data := dialog.MissedData{Of: of, Level: level}
	if level > dialog.LevelNone {
		c, found, err := e.openConcern()
		if err != nil {
			return err
		}
		if found {
			data.Concern = c.ID
		}
	}
	e.event(dialog.Missed, "", data)
	return nil
}

// unread says that nobody was asked to read a message: neither when it had been
// answered, nor by an assessment of it.
func unread(m dialog.Event, events []dialog.Event) bool {
	var said dialog.SaidInData
	if m.Kind != dialog.SaidIn || len(m.Data) == 0 || json.Unmarshal(m.Data, &said) != nil || !said.Unread {
		return false
	}
	for _, ev := range events {
		var d dialog.AssessedData
		if ev.Kind == dialog.Assessed && ev.By == "" && json.Unmarshal(ev.Data, &d) == nil && d.Of == m.Seq &&
			(d.Assessment.Level > dialog.LevelNone || d.Assessment.Review) {
			return false
		}
	}
	return true
}

// overlooked is missed for a concern that a worker raises by name: about what
// was said since the last one was settled.
func (e *edit) overlooked(level dialog.Level) error {
	const lookBack = 200
	events, err := e.tx.Events(e.conv.ID, max(e.conv.SettledSeq, e.conv.LastSeq-lookBack, 0), lookBack)
	if err != nil {
		return err
	}
	var said []dialog.Event
	for _, ev := range events {
		switch ev.Kind { //nolint:exhaustive // what the person said or did
		case dialog.SaidIn, dialog.Recorded, dialog.CallStarted:
			said = append(said, ev)
		}
	}
	return e.missed(said, events, level)
}
