package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"helpline/dialog"
)

// edit is one change of a conversation by somebody other than its person: a
// worker, or a job. It is decided inside the transaction that writes it.
type edit struct {
	d      *Desk
	tx     dialog.Tx
	now    time.Time
	conv   dialog.Conversation
	events []dialog.Event
	by     dialog.Worker
	// related are conversations whose pages show something of this change.
	related []dialog.ConversationID
}

// edit reads a conversation, lets fn change it, and writes it with the events
// that fn appended, all in one transaction; decided again when somebody else
// wrote meanwhile. fn may run several times.
func (d *Desk) edit(ctx context.Context, id dialog.ConversationID, fn func(*edit) error) error {
	for range attempts {
		var done edit
		err := d.Store.Do(ctx, func(tx dialog.Tx) error {
			conv, err := tx.Conversation(id)
			if err != nil {
				return err
			}
			e := edit{d: d, tx: tx, now: d.Now(), conv: conv}
			before := conv.Version
			if err := fn(&e); err != nil {
				return err
			}
			if err := e.route(conv.Prison); err != nil {
				return err
			}
			e.conv.Version++
			if err := tx.UpdateConversation(e.conv, before); err != nil {
				return err
			}
			if len(e.events) > 0 {
				if err := tx.AppendEvents(e.events...); err != nil {
					return err
				}
			}
			done = e
			return nil
		})
		if errors.Is(err, dialog.ErrStale) {
			continue
		}
		if err != nil {
			return err
		}
		d.changed(done.conv, true)
		d.lookAgain(done.conv.ID, done.related)
		return nil
	}
	return fmt.Errorf("conversation: %w", dialog.ErrStale)
}

func (e *edit) event(kind dialog.EventKind, text string, data any) dialog.Event {
	e.conv.LastSeq++
	ev := dialog.Event{
		Conversation: e.conv.ID, Seq: e.conv.LastSeq, At: e.now, Kind: kind, By: e.by.ID, Text: text, Data: encode(data),
	}
	e.events = append(e.events, ev)
	return ev
}

func (e *edit) wait(why dialog.Waiting) {
	if e.conv.Waiting != dialog.WaitingNone && rank(why) >= rank(e.conv.Waiting) {
		return
	}
	if e.conv.Waiting == dialog.WaitingNone {
		e.conv.WaitingSince = e.now
	}
	e.conv.Waiting = why
}

// seen takes a conversation off the list as far as reading and answering go.
// While a concern is open it stays there until the duties are met.
func (e *edit) seen() error {
	e.conv.Waiting = dialog.WaitingNone
	concerns, err := e.tx.Concerns(e.conv.ID)
	if err != nil {
		return err
	}
	for _, c := range concerns {
		if c.Open() {
			e.conv.Waiting = dialog.WaitingRisk
			return nil
		}
	}
	recs, err := e.tx.Recordings(e.conv.ID)
	if err != nil {
		return err
	}
	for _, r := range recs {
		if r.ListenedAt.IsZero() {
			e.conv.Waiting = dialog.WaitingVoice
		}
	}
	return nil
}

// openConcern is the open concern of the conversation, if there is one.
func (e *edit) openConcern() (dialog.Concern, bool, error) {
	concerns, err := e.tx.Concerns(e.conv.ID)
	if err != nil {
		return dialog.Concern{}, false, err
	}
	i := slices.IndexFunc(concerns, dialog.Concern.Open)
	if i < 0 {
		return dialog.Concern{}, false, nil
	}
	return concerns[i], true, nil
}

// raise makes a concern of an assessment, or adds it to the open one.
func (e *edit) raise(a dialog.Assessment, facts dialog.Facts) error {
	open, found, err := e.openConcern()
	if err != nil {
		return err
	}
	var w concernWrite
	kind := false // only the kind of risk is another: no new alarm
	if found {
		next := worsen(open, a)
		kind = next.Level == open.Level && len(next.Evidence) == len(open.Evidence)
		if same(open, next) {
			return nil
		}
		next.Version++
		next.UpdatedAt = e.now
		w = concernWrite{concern: &next, expected: open.Version}
	} else {
		w = newConcern(e.conv, a, facts, e.now)
	}
	e.conv.Level = w.concern.Level
	e.wait(dialog.WaitingRisk)
	signs := make([]string, 0, len(a.Evidence))
	for _, ev := range a.Evidence {
		signs = append(signs, ev.Sign)
	}
	if !kind {
		e.event(dialog.Raised, "", dialog.RaisedData{Concern: w.concern.ID, Level: w.concern.Level, Signs: signs})
	}
	if err := w.write(e.tx); err != nil {
		return err
	}
	return e.d.startClock(e.tx, e.conv, w, e.now)
}
