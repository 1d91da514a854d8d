package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"helpline/dialog"
)

// concernEdit is a worker's change of one concern, in the transaction that
// also writes the conversation it belongs to.
func (d *Desk) concernEdit(ctx context.Context, w dialog.Worker, id dialog.ConcernID, act string, fn func(e *edit, c *dialog.Concern) error) error {
	var conv dialog.ConversationID
	err := d.Store.Read(ctx, func(r dialog.Reader) error {
		c, err := r.Concern(id)
		conv = c.Conversation
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return d.workerEdit(ctx, w, conv, act, func(e *edit) error {
		c, err := e.tx.Concern(id)
		if err != nil {
			return err
		}
		before := c.Version
		if err := fn(e, &c); err != nil {
			return err
		}
		c.Version++
		c.UpdatedAt = e.now
		return e.tx.UpdateConcern(c, before)
	})
}

// RaiseConcern lets a worker raise what the machine did not see.
func (d *Desk) RaiseConcern(ctx context.Context, w dialog.Worker, id dialog.ConversationID, level dialog.Level, categories []dialog.Category, words string) error {
	if level < dialog.LevelConcern || level > dialog.LevelImmediate {
		return &dialog.InvalidError{Field: "level", Problem: "is not a level of concern"}
	}
	return d.workerEdit(ctx, w, id, "raise a concern", func(e *edit) error {
		a := dialog.Assessment{Level: level, Categories: categories, Who: dialog.WhoPrisoner}
		if words = strings.TrimSpace(words); words != "" {
			a.Evidence = []dialog.Evidence{{Sign: "raised by staff", Text: words}}
		}
		_, open, err := e.openConcern()
		if err != nil {
			return err
		}
		if err := e.raise(a, e.state().Facts); err != nil || open {
			return err
		}
		return e.overlooked(level)
	})
}

// ConcernChange is what a worker may correct. A nil field stays.
type ConcernChange struct {
	Level  *dialog.Level
	Prison *dialog.PrisonID
	Facts  *dialog.Facts
}

// SetConcern corrects a concern. A level of none is a wrong alarm: the concern
// stays until it is closed with a reason.
func (d *Desk) SetConcern(ctx context.Context, w dialog.Worker, id dialog.ConcernID, change ConcernChange) error {
	return d.concernEdit(ctx, w, id, "change concern", func(e *edit, c *dialog.Concern) error {
		if !c.Open() {
			return &dialog.InvalidError{Field: "concern", Problem: "is closed"}
		}
		if change.Level != nil && *change.Level != c.Level {
			e.event(dialog.Raised, "level set by "+w.Name, dialog.RaisedData{Concern: id, Level: *change.Level})
			if *change.Level < c.Level {
				// A person has judged what was said so far: only what is new may
				// raise it again.
				e.conv.SettledSeq = e.conv.LastInSeq
			}
			c.Level, e.conv.Level = *change.Level, *change.Level
		}
		was := *c
		if change.Prison != nil {
			p, ok := d.Prisons.Get(*change.Prison)
			if !ok && *change.Prison != "" {
				return &dialog.InvalidError{Field: "prison", Problem: "is not in the list"}
			}
			c.Prison, c.Jurisdiction = *change.Prison, p.Jurisdiction
			e.conv.Prison, e.conv.Jurisdiction = c.Prison, c.Jurisdiction
			state := e.state()
			state.PrisonSet = c.Prison != ""
			e.conv.State = encode(state)
		}
		if change.Facts != nil {
			c.Facts = *change.Facts
			state := e.state()
			state.Facts = c.Facts
			e.conv.State = encode(state)
		}
		changes := dialog.FactChanges(was.Facts, c.Facts)
		if was.Prison != c.Prison {
			changes = append(changes, dialog.FactChange{Field: "prison", Was: string(was.Prison), Now: string(c.Prison)})
		}
		if len(changes) > 0 {
			e.event(dialog.Corrected, "", dialog.CorrectedData{Concern: id, Changes: changes})
		}
		return e.renumbered(c, was.Facts.PrisonNumber)
	})
}

// Meet writes down that a duty was done, and what was done. Nobody is fed back
// to before it was asked whether an answer could do harm, and nothing was done
// about a prisoner's safety before somebody says whether he was spoken to about
// this concern: *dialog.InvalidError.
func (d *Desk) Meet(ctx context.Context, w dialog.Worker, id dialog.ConcernID, kind dialog.ObligationKind, note string) error {
	if kind == dialog.Act && strings.TrimSpace(note) == "" {
		return &dialog.InvalidError{Field: "note", Problem: "say what was done, and by whom"}
	}
	return d.settle(ctx, w, id, kind, dialog.Met, note)
}

// Excuse writes down that a duty cannot be met, and why.
func (d *Desk) Excuse(ctx context.Context, w dialog.Worker, id dialog.ConcernID, kind dialog.ObligationKind, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return &dialog.InvalidError{Field: "reason", Problem: "say why it cannot be done"}
	}
	return d.settle(ctx, w, id, kind, dialog.Excused, reason)
}

func (d *Desk) settle(ctx context.Context, w dialog.Worker, id dialog.ConcernID, kind dialog.ObligationKind, state dialog.ObligationState, note string) error {
	return d.concernEdit(ctx, w, id, "duty", func(e *edit, c *dialog.Concern) error {
		return e.settle(c, kind, state, strings.TrimSpace(note))
	})
}

func (e *edit) settle(c *dialog.Concern, kind dialog.ObligationKind, state dialog.ObligationState, note string) error {
	switch {
	case !c.Open():
		return &dialog.InvalidError{Field: "concern", Problem: "is closed"}
	case state != dialog.Met:
	case kind == dialog.FeedBack && !c.Handling.Answered():
		return &dialog.InvalidError{Field: "feedback", Problem: "has to wait: first write down whether contact or an answer could do harm"}
	case kind == dialog.Act && c.InPrison() && c.Handling.SpokenTo == nil:
		return &dialog.InvalidError{Field: "act", Problem: "is not complete: say whether the person in prison was spoken to about this concern"}
	}
	duties, err := e.tx.Obligations(c.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(duties, func(o dialog.Obligation) bool { return o.Kind == kind })
	if i < 0 {
		return &dialog.InvalidError{Field: "duty", Problem: "this concern has no such duty"}
	}
	o := duties[i]
	o.State, o.By, o.ByName, o.At, o.Note = state, e.by.ID, e.by.Name, e.now, note
	e.event(dialog.Duty, o.Note, dialog.DutyData{Concern: c.ID, Kind: kind, State: state})
	return e.tx.PutObligation(o)
}

// CloseConcern is CloseConcernUpTo for a caller who has seen everything.
func (d *Desk) CloseConcern(ctx context.Context, w dialog.Worker, id dialog.ConcernID, outcome string) error {
	return d.CloseConcernUpTo(ctx, w, id, outcome, everything)
}

// CloseConcernUpTo ends a concern whose duties are all met or excused, by a
// worker who has read the conversation as far as the event seen. ErrOpen: some
// duties are not met. ErrUnread: the person wrote meanwhile; what was said then
// would be closed with the rest unread.
func (d *Desk) CloseConcernUpTo(ctx context.Context, w dialog.Worker, id dialog.ConcernID, outcome string, seen int64) error {
	if outcome = strings.TrimSpace(outcome); outcome == "" {
		return &dialog.InvalidError{Field: "outcome", Problem: "say how it ended"}
	}
	return d.concernEdit(ctx, w, id, "close concern", func(e *edit, c *dialog.Concern) error {
		if !c.Open() {
			return nil
		}
		if err := e.unread(seen); err != nil {
			return err
		}
		duties, err := e.tx.Obligations(id)
		if err != nil {
			return err
		}
		for _, o := range duties {
			if o.State == dialog.Open {
				return dialog.ErrOpen
			}
		}
		c.ClosedAt, c.ClosedBy, c.Outcome = e.now, w.ID, outcome
		e.event(dialog.Closed, outcome, dialog.RaisedData{Concern: id, Level: c.Level})
		e.conv.Level = dialog.LevelNone
		e.conv.Waiting = dialog.WaitingNone
		e.conv.SettledSeq = e.conv.LastInSeq
		e.forgetAlarm()
		recs, err := e.tx.Recordings(e.conv.ID)
		if err != nil {
			return err
		}
		for _, r := range recs {
			if r.ListenedAt.IsZero() {
				e.wait(dialog.WaitingVoice)
			}
		}
		if e.conv.AnsweredSeq < e.conv.LastInSeq {
			e.wait(dialog.WaitingReply)
		}
		if e.conv.Holder.Kind == dialog.InQueue && !d.Abilities(e.conv.Medium).Inline {
			e.wait(dialog.WaitingPerson)
		}
		return nil
	})
}

// Listened writes down that a recording was listened to, to its end, and meets
// that duty of an open concern.
func (d *Desk) Listened(ctx context.Context, w dialog.Worker, id dialog.RecordingID) error {
	var conv dialog.ConversationID
	err := d.Store.Read(ctx, func(r dialog.Reader) error {
		rec, err := r.Recording(id)
		conv = rec.Conversation
		return err
	})
	if err != nil {
		return fmt.Errorf("listened: %w", err)
	}
	return d.workerEdit(ctx, w, conv, "listened", func(e *edit) error {
		rec, err := e.tx.Recording(id)
		if err != nil {
			return err
		}
		switch {
		case !rec.ListenedAt.IsZero():
			return nil
		case rec.File == "" && rec.State != dialog.RecordingLost:
			return &dialog.InvalidError{Field: "recording", Problem: "is not here yet"}
		}
		rec.ListenedBy, rec.ListenedAt = w.ID, e.now
		if err := e.tx.UpdateRecording(rec, rec.State); err != nil {
			return err
		}
		e.event(dialog.Duty, "", map[string]any{"kind": dialog.Listen, "state": dialog.Met, "recording": id})
		c, found, err := e.openConcern()
		if err != nil {
			return err
		}
		if found {
			duties, err := e.tx.Obligations(c.ID)
			if err != nil {
				return err
			}
			for _, o := range duties {
				if o.Kind == dialog.Listen && o.State == dialog.Open {
					o.State, o.By, o.ByName, o.At = dialog.Met, w.ID, w.Name, e.now
					if err := e.tx.PutObligation(o); err != nil {
						return err
					}
				}
			}
		}
		return e.seen()
	})
}
