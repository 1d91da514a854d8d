package desk

import (
	"context"
	"errors"
	"fmt"

	"helpline/dialog"
	"helpline/dialog/flow"
)

// View is a conversation as a worker sees it.
type View struct {
	Conversation dialog.Conversation
	Person       dialog.Person
	// Address is what to ring or to recognise a person by; empty for a browser
	// and where the number was withheld.
	Address    string
	Events     []dialog.Event
	Concerns   []ConcernView
	Recordings []dialog.Recording
	Outbox     []dialog.OutboxItem
}

// ConcernView is a concern with its duties and all that is known around it.
type ConcernView struct {
	dialog.Concern
	Obligations []dialog.Obligation
	Words       []Said    // the person's own, to the end
	About       []Related // other concerns about the same person in prison
	Elsewhere   int       // how many more of these another team works
	Suggested   []Related // others that may be about the same
	Offers      []Offer   // what may be fed back now
}

// maxEvents is how much of a log a worker is shown at once; the console asks
// for what follows.
const maxEvents = 2000

// Queue lists what waits for people and what the worker may see, most urgent first.
func (d *Desk) Queue(ctx context.Context, w dialog.Worker, f dialog.QueueFilter) ([]dialog.QueueEntry, error) {
	if err := allow(w, listeners...); err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	var q []dialog.QueueEntry
	err := d.Store.Read(ctx, func(r dialog.Reader) (err error) {
		q, err = r.Queue(d.narrow(w, f))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	return q, nil
}

// Open reads one conversation with everything that belongs to it.
func (d *Desk) Open(ctx context.Context, w dialog.Worker, id dialog.ConversationID) (View, error) {
	if err := allow(w, listeners...); err != nil {
		return View{}, fmt.Errorf("open: %w", err)
	}
	var v View
	err := d.Store.Read(ctx, func(r dialog.Reader) (err error) {
		v = View{}
		if v.Conversation, err = r.Conversation(id); err != nil {
			return err
		}
		if err = d.sees(w, v.Conversation); err != nil {
			return err
		}
		if v.Person, err = r.Person(v.Conversation.Person); err != nil {
			return err
		}
		if v.Conversation.Medium != dialog.Webchat {
			v.Address = v.Person.Address.Value
		}
		if v.Events, err = r.Events(id, 0, maxEvents); err != nil {
			return err
		}
		concerns, err := r.Concerns(id)
		if err != nil {
			return err
		}
		for _, c := range concerns {
			duties, err := r.Obligations(c.ID)
			if err != nil {
				return err
			}
			cv := ConcernView{Concern: c, Obligations: duties, Offers: d.offers(c, duties, v.Conversation.Medium)}
			if err := d.about(r, w, &cv); err != nil {
				return err
			}
			v.Concerns = append(v.Concerns, cv)
		}
		if len(v.Concerns) > 0 {
			events := v.Events
			if len(events) >= maxEvents {
				if events, err = allEvents(r, id); err != nil {
					return err
				}
			}
			for i := range v.Concerns {
				v.Concerns[i].Words = OwnWords(events, v.Concerns[i].ID)
			}
		}
		if v.Recordings, err = r.Recordings(id); err != nil {
			return err
		}
		v.Outbox, err = r.Outbox(id)
		return err
	})
	if err != nil {
		return View{}, fmt.Errorf("open: %w", err)
	}
	return v, nil
}

// Since reads a conversation's events after a sequence number, for staff.
func (d *Desk) Since(ctx context.Context, w dialog.Worker, id dialog.ConversationID, after int64) ([]dialog.Event, error) {
	if err := allow(w, listeners...); err != nil {
		return nil, fmt.Errorf("since: %w", err)
	}
	var events []dialog.Event
	err := d.Store.Read(ctx, func(r dialog.Reader) error {
		conv, err := r.Conversation(id)
		switch {
		case errors.Is(err, dialog.ErrNotFound):
			return nil // it has no events
		case err != nil:
			return err
		}
		if err := d.sees(w, conv); err != nil {
			return err
		}
		events, err = r.Events(id, after, 0)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("since: %w", err)
	}
	return events, nil
}

func (d *Desk) events(ctx context.Context, id dialog.ConversationID, after int64, limit int) ([]dialog.Event, error) {
	var events []dialog.Event
	err := d.Store.Read(ctx, func(r dialog.Reader) (err error) {
		events, err = r.Events(id, after, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return events, nil
}

// RecordingFile is where a recording's audio lies. ErrNotFound: it is not ours yet.
func (d *Desk) RecordingFile(ctx context.Context, w dialog.Worker, id dialog.RecordingID) (string, dialog.Recording, error) {
	if err := allow(w, listeners...); err != nil {
		return "", dialog.Recording{}, fmt.Errorf("recording: %w", err)
	}
	var rec dialog.Recording
	err := d.Store.Read(ctx, func(r dialog.Reader) (err error) {
		if rec, err = r.Recording(id); err != nil {
			return err
		}
		conv, err := r.Conversation(rec.Conversation)
		if err != nil {
			return err
		}
		return d.sees(w, conv)
	})
	if err != nil {
		return "", dialog.Recording{}, fmt.Errorf("recording: %w", err)
	}
	if rec.File == "" {
		err = dialog.ErrNotFound
	}
	if err != nil {
		return "", rec, fmt.Errorf("recording: %w", err)
	}
	return d.Recordings.Path(rec.File), rec, nil
}

// Resume is the newest conversation of an address on a line. ErrNotFound:
// nothing was ever said.
func (d *Desk) Resume(ctx context.Context, line dialog.LineID, from dialog.Address) (dialog.Conversation, error) {
	var c dialog.Conversation
	err := d.Store.Read(ctx, func(r dialog.Reader) (err error) {
		c, err = r.LatestConversation(line, from)
		return err
	})
	if err != nil {
		return dialog.Conversation{}, fmt.Errorf("resume: %w", err)
	}
	return c, nil
}

// Visible is what the person in a conversation sees of it after a sequence number.
func (d *Desk) Visible(ctx context.Context, id dialog.ConversationID, after int64, limit int) ([]dialog.Event, error) {
	events, err := d.events(ctx, id, after, limit)
	if err != nil {
		return nil, err
	}
	seen := events[:0]
	for _, e := range events {
		if e.Kind.Visible() {
			seen = append(seen, e)
		}
	}
	return seen, nil
}

// TypingFrom tells the other side that somebody is writing: 1 the person, 2 staff.
func (d *Desk) TypingFrom(id dialog.ConversationID, who int64) {
	d.Bus.Publish(dialog.Notice{Topic: dialog.Typing, ID: string(id), Seq: who})
}

// Leave ends the visitor's view of a chat. What was said, and any concern,
// stays with staff; a conversation in which nothing waits is closed.
func (d *Desk) Leave(ctx context.Context, id dialog.ConversationID) error {
	err := d.edit(ctx, id, func(e *edit) error {
		if !e.conv.Open() {
			return nil
		}
		e.event(dialog.Noted, "the visitor left the chat", nil)
		if e.conv.Waiting == dialog.WaitingNone && e.conv.Holder.Kind == dialog.Bot && e.conv.Level == dialog.LevelNone {
			e.conv.ClosedAt = e.now
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	return nil
}

// state is what the conversation remembers; empty where it cannot be read.
func (e *edit) state() flow.State {
	state, err := flow.ReadState(e.conv.State)
	if err != nil {
		return flow.State{}
	}
	return state
}

// forgetAlarm lets a new worry after a closed concern be met with the full
// words again, and told in its own words.
func (e *edit) forgetAlarm() {
	state := e.state()
	state.Alarmed, state.Told, state.Pending, state.Asked, state.PrisonSet, state.Wished = dialog.LevelNone, nil, "", nil, false, false
	state.Facts.Happened, state.Facts.CallSafe, state.Facts.Wish = "", "", ""
	e.conv.State = encode(state)
}

// forgetQuestion lets what the person says next be no answer to the bot: a
// worker has spoken since.
func (e *edit) forgetQuestion() {
	state := e.state()
	if state.Pending == "" && state.Waits == "" && len(state.Choices) == 0 {
		return
	}
	state.Pending, state.Waits, state.Choices = "", "", nil
	e.conv.State = encode(state)
}
