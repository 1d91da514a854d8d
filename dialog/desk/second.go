package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"helpline/dialog"
	"helpline/dialog/flow"
)

// SecondReader reads a message again, more slowly, after it was assessed,
// stored and answered (dialog/risk/reader). What it says can raise a level and
// never lower one; whatever goes wrong with it has no effect.
type SecondReader interface {
	// Read returns a level, who is at risk where it says so, and the words that
	// show it, within a few seconds.
	Read(ctx context.Context, text string, history []string) (dialog.Assessment, error)
}

// SecondReadings counts what became of second readings since the start.
type SecondReadings struct {
	Asked   uint64 // put to the reader, whatever came of it
	Raised  uint64 // raised a level
	Failed  uint64 // brought no opinion
	Skipped uint64 // never put: too many waited
}

const (
	// secondReaders is how many messages are read again at once: a model on a
	// machine of one's own reads few.
	secondReaders = 2
	// secondRoom is how many wait. What does not fit is not read again: it was
	// assessed when it came, and that stands.
	secondRoom = 256
	// byReader is the mark of an assessment that the second reader raised.
	byReader = "second reader"
)

// reading is one message to be read again.
type reading struct {
	conv    dialog.ConversationID
	of      int64 // its event
	text    string
	history []string
}

// second is what waits to be read again: in memory only, since nothing rests on it.
type second struct {
	waiting                        chan reading
	asked, raised, failed, skipped atomic.Uint64
}

func newSecond() *second { return &second{waiting: make(chan reading, secondRoom)} }

// SecondReadings says what became of second readings so far.
func (d *Desk) SecondReadings() SecondReadings {
	s := d.second
	return SecondReadings{Asked: s.asked.Load(), Raised: s.raised.Load(), Failed: s.failed.Load(), Skipped: s.skipped.Load()}
}

// readAgain asks for a second reading. It never waits.
func (d *Desk) readAgain(c dialog.Conversation, of int64, text string, history []string, a dialog.Assessment) {
	if d.SecondReader == nil || c.Test || text == "" || a.Level >= dialog.LevelImmediate {
		return
	}
	select {
	case d.second.waiting <- reading{c.ID, of, text, slices.Clone(history)}:
	default:
		d.second.skipped.Add(1)
	}
}

// readAll reads what waits until the context ends.
func (d *Desk) readAll(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-d.second.waiting:
			a, err := d.SecondReader.Read(ctx, r.text, r.history)
			if err == nil {
				err = d.takeSecond(ctx, r, a)
			}
			if err != nil && ctx.Err() == nil {
				d.second.failed.Add(1)
				d.Log.Warn("second reading", "conversation", r.conv, "error", err)
			}
			d.second.asked.Add(1)
		}
	}
}

// takeSecond writes down what a second reading raised, in a transaction of its
// own: the assessment with who made it, the concern with its duties and clock,
// and the words of safety where the bot has not said them. It changes nothing
// where a person has judged the message, or settled the concern, meanwhile.
func (d *Desk) takeSecond(ctx context.Context, r reading, said dialog.Assessment) error {
	if said.Level < dialog.LevelConcern {
		return nil
	}
	var speaks bool
	err := d.edit(ctx, r.conv, func(e *edit) error {
		speaks = false
		events, err := e.tx.Events(r.conv, r.of-1, 0)
		if err != nil {
			return err
		}
		before, byWhom := lastJudgement(events)
		if said.Level <= before.Level || byWhom != "" || r.of <= e.conv.SettledSeq {
			return errNothing
		}
		a := raised(before, said)
		e.event(dialog.Assessed, "", dialog.AssessedData{Of: r.of, Assessment: a, Reader: byReader})
		speaks, err = e.second(r, a)
		return err
	})
	switch {
	case errors.Is(err, errNothing):
		return nil
	case err != nil:
		return fmt.Errorf("take a second reading: %w", err)
	}
	d.second.raised.Add(1)
	if speaks {
		d.outbox.wake(r.conv)
	}
	return nil
}

// raised is an assessment with the level of another reading that is higher.
// What was seen before stays.
func raised(a, said dialog.Assessment) dialog.Assessment {
	a.Level, a.Review = said.Level, true
	if a.Who == dialog.WhoNone || a.Who == "" {
		a.Who = said.Who
		if a.Who == dialog.WhoNone || a.Who == "" {
			a.Who = dialog.WhoPrisoner
		}
	}
	if len(a.Categories) == 0 {
		a.Categories = []dialog.Category{dialog.OtherRisk}
	}
	a.Evidence = append(slices.Clone(a.Evidence), said.Evidence...)
	if len(said.Evidence) == 0 {
		a.Evidence = append(a.Evidence, dialog.Evidence{Sign: byReader})
	}
	return a
}

// second raises what a second reading saw and tells the person, where the bot
// may.
func (e *edit) second(r reading, a dialog.Assessment) (speaks bool, err error) {
	person, err := e.tx.Person(e.conv.Person)
	if err != nil {
		return false, err
	}
	can := e.d.Abilities(e.conv.Medium)
	speaks = e.conv.Holder.Kind != dialog.Staff && !can.Inline && e.conv.Open() && (!can.Push || person.OptedOutAt.IsZero() && !person.Address.Withheld())
	turn := flow.Second(e.d.env(e.conv.Medium, e.now), e.conv, e.state(), flow.Input{
		Text: r.text, History: r.history, Assessment: a, Address: person.Address,
	}, speaks)
	e.conv.State = encode(turn.State)
	if err := e.raise(a, turn.Facts); err != nil {
		return false, err
	}
	for _, l := range turn.Lines {
		if err := e.say(l); err != nil {
			return false, err
		}
	}
	return len(turn.Lines) > 0 && can.Push, nil
}

// say puts a line of the bot's into the log and, where the medium pushes, into
// the outbox.
func (e *edit) say(l flow.Line) error {
	can := e.d.Abilities(e.conv.Medium)
	for _, part := range e.d.Fit(e.conv.Medium, l.Text, can.Segments) {
		said := e.event(dialog.SaidBot, part, l.Data)
		if !can.Push {
			continue
		}
		err := e.tx.InsertOutbox(dialog.OutboxItem{
			ID: dialog.OutboxID(dialog.NewID(e.now)), Conversation: e.conv.ID, Seq: said.Seq, Line: e.conv.Line,
			Person: e.conv.Person, Text: part, FromBot: true, State: dialog.OutboxQueued, NextAt: e.now, CreatedAt: e.now, UpdatedAt: e.now,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
