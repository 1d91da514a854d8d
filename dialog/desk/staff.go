package desk

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"helpline/dialog"
)

// HeldError says who holds a conversation. errors.Is finds dialog.ErrHeld in it.
type HeldError struct{ By string }

func (e *HeldError) Error() string { return "held by " + e.By }

// Is makes it a dialog.ErrHeld.
func (e *HeldError) Is(target error) bool { return target == dialog.ErrHeld }

// listeners are the roles that see conversations.
var listeners = []dialog.Role{dialog.Responder, dialog.SaferCustody, dialog.ManagerRole}

func allow(w dialog.Worker, roles ...dialog.Role) error {
	if w.ID == "" || !w.Has(roles...) {
		return dialog.ErrForbidden
	}
	return nil
}

// workerEdit is an edit by a worker of one of the listening roles, of a
// conversation that they may see.
func (d *Desk) workerEdit(ctx context.Context, w dialog.Worker, id dialog.ConversationID, act string, fn func(*edit) error) error {
	err := allow(w, listeners...)
	if err == nil {
		err = d.edit(ctx, id, func(e *edit) error {
			if err := d.sees(w, e.conv); err != nil {
				return err
			}
			if err := onlySeen(e.conv, act); err != nil {
				return err
			}
			e.by = w
			return fn(e)
		})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return nil
}

// TakeOver makes the worker the one who answers. The bot's lines that were not
// sent yet are withdrawn in the same transaction. *HeldError: somebody else
// has it. Taking over what one holds already changes nothing. A manager may
// take a conversation from somebody else, and anybody may when its holder has
// done nothing for a while although somebody waits: a worker who went home must
// not leave a person with nobody. A closed one can be taken while something in
// it waits, a worry found late in a transcript, say. It stays closed: the person
// may have begun another since.
func (d *Desk) TakeOver(ctx context.Context, w dialog.Worker, id dialog.ConversationID) error {
	err := d.workerEdit(ctx, w, id, "take over", func(e *edit) error {
		h := e.conv.Holder
		if h.Kind == dialog.Staff && h.Worker == w.ID {
			return errNothing
		}
		if err := e.over(); err != nil {
			return err
		}
		if h.Kind == dialog.Staff && !w.Has(dialog.ManagerRole) {
			if err := e.heldByOther(); err != nil {
				return err
			}
		}
		e.conv.Holder = dialog.Holder{Kind: dialog.Staff, Worker: w.ID, Name: w.Name}
		withdrawn, err := e.tx.WithdrawBotLines(id, e.now)
		if err != nil {
			return err
		}
		e.event(dialog.TakenOver, w.Name, nil)
		if len(withdrawn) > 0 {
			e.event(dialog.Withdrawn, "", map[string]any{"lines": withdrawn})
		}
		if !e.d.Abilities(e.conv.Medium).Push {
			e.event(dialog.Told, d.Texts.Say("staff.joined", e.conv.Medium, "name", w.Name), nil)
		}
		return nil
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// over is a *dialog.InvalidError when the conversation is closed and nothing in
// it is left to be worked.
func (e *edit) over() error {
	if e.conv.Open() || e.conv.Waiting != dialog.WaitingNone {
		return nil
	}
	_, worried, err := e.openConcern()
	if err == nil && !worried {
		err = &dialog.InvalidError{Field: "conversation", Problem: "is closed"}
	}
	return err
}

// absentAfter is how long a holder may do nothing, while somebody waits, before
// a colleague may go on.
const absentAfter = 15 * time.Minute

// heldByOther is a *HeldError when a worker other than the one who acts holds
// the conversation and is there.
func (e *edit) heldByOther() error {
	h := e.conv.Holder
	if h.Kind != dialog.Staff || h.Worker == e.by.ID {
		return nil
	}
	if e.conv.Waiting == dialog.WaitingNone {
		return &HeldError{By: h.Name}
	}
	const lookBack = 200
	events, err := e.tx.Events(e.conv.ID, max(0, e.conv.LastSeq-lookBack), lookBack)
	if err != nil {
		return err
	}
	for _, ev := range events {
		if ev.By == h.Worker && e.now.Sub(ev.At) < absentAfter {
			return &HeldError{By: h.Name}
		}
	}
	return nil
}

// HandBack lets the bot answer again. ErrNotHolder: the worker did not hold it.
func (d *Desk) HandBack(ctx context.Context, w dialog.Worker, id dialog.ConversationID) error {
	return d.workerEdit(ctx, w, id, "hand back", func(e *edit) error {
		if e.conv.Holder.Kind != dialog.Staff || e.conv.Holder.Worker != w.ID {
			return dialog.ErrNotHolder
		}
		e.conv.Holder = dialog.Holder{Kind: dialog.Bot}
		e.event(dialog.HandedBack, "", nil)
		if err := e.letGo(); err != nil {
			return err
		}
		if e.conv.AnsweredSeq < e.conv.LastInSeq {
			// Handed back with words nobody answered: they stay on the list.
			e.wait(dialog.WaitingPerson)
		}
		if !e.d.Abilities(e.conv.Medium).Push {
			e.event(dialog.Told, d.Texts.Say("staff.left", e.conv.Medium, "name", w.Name), nil)
		}
		return nil
	})
}

// MaxLine is the longest line a worker may write, in characters. Twilio takes
// 1,600 in one message.
const MaxLine = 1500

// Say writes to the person on the channel they used. It needs the conversation
// to be held by the worker (ErrNotHolder). clientID makes it idempotent.
// ErrOptedOut, ErrNoAddress: this channel cannot reach them; choose another way.
func (d *Desk) Say(ctx context.Context, w dialog.Worker, id dialog.ConversationID, text, clientID string) (dialog.Event, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return dialog.Event{}, &dialog.InvalidError{Field: "text", Problem: "is empty"}
	case !utf8.ValidString(text):
		return dialog.Event{}, &dialog.InvalidError{Field: "text", Problem: "is not valid text"}
	case utf8.RuneCountInString(text) > MaxLine:
		return dialog.Event{}, &dialog.InvalidError{Field: "text", Problem: fmt.Sprintf("is longer than %d characters", MaxLine)}
	}
	var said dialog.Event
	err := d.workerEdit(ctx, w, id, "say", func(e *edit) error {
		if clientID != "" {
			before, err := e.tx.EventByClientID(id, clientID)
			if err == nil {
				said = before
				return errNothing
			}
			if !errors.Is(err, dialog.ErrNotFound) {
				return err
			}
		}
		if e.conv.Holder.Kind != dialog.Staff || e.conv.Holder.Worker != w.ID {
			return dialog.ErrNotHolder
		}
		can := d.Abilities(e.conv.Medium)
		if can.Inline {
			return dialog.ErrNoAddress // a call is over; ring back instead
		}
		person, err := e.tx.Person(e.conv.Person)
		if err != nil {
			return err
		}
		switch {
		case person.Address.Withheld():
			return dialog.ErrNoAddress
		case can.Push && !person.OptedOutAt.IsZero():
			return dialog.ErrOptedOut
		}
		said = e.event(dialog.SaidStaff, text, dialog.LineData{Name: w.Name})
		e.events[len(e.events)-1].ClientID = clientID
		said.ClientID = clientID
		e.conv.AnsweredSeq = e.conv.LastInSeq
		e.conv.LastAt = e.now
		e.forgetQuestion()
		if err := e.seen(); err != nil {
			return err
		}
		if !can.Push {
			return nil
		}
		return e.tx.InsertOutbox(dialog.OutboxItem{
			ID: dialog.OutboxID(dialog.NewID(e.now)), Conversation: id, Seq: said.Seq, Line: e.conv.Line,
			Person: person.ID, Text: text, State: dialog.OutboxQueued, NextAt: e.now, CreatedAt: e.now, UpdatedAt: e.now,
		})
	})
	if err != nil && !errors.Is(err, errNothing) {
		return dialog.Event{}, err
	}
	d.outbox.wake(id)
	return said, nil
}

// Note writes something only staff see.
func (d *Desk) Note(ctx context.Context, w dialog.Worker, id dialog.ConversationID, text string) error {
	if text = strings.TrimSpace(text); text == "" {
		return &dialog.InvalidError{Field: "note", Problem: "is empty"}
	}
	return d.workerEdit(ctx, w, id, "note", func(e *edit) error {
		e.event(dialog.Noted, text, dialog.LineData{Name: w.Name})
		return nil
	})
}

// ErrUnread says that the person wrote something that the worker had not seen
// when deciding that nothing was left to do.
var ErrUnread = errors.New("something was written meanwhile")

// unread is ErrUnread when the person's newest words came after seen.
func (e *edit) unread(seen int64) error {
	if e.conv.LastInSeq > seen {
		return ErrUnread
	}
	return nil
}

// everything is what a caller has seen who cannot tell.
const everything = math.MaxInt64

// Reviewed is ReviewedUpTo for a caller who has seen everything.
func (d *Desk) Reviewed(ctx context.Context, w dialog.Worker, id dialog.ConversationID) error {
	return d.ReviewedUpTo(ctx, w, id, everything)
}

// ReviewedUpTo says that a worker read what the machine was not sure of, as far
// as the event seen, and that nothing is to be done. An open concern, and a
// recording that was not listened to, stay on the list. ErrUnread: the person
// wrote meanwhile, and nothing is taken off. *HeldError: a colleague is answering.
func (d *Desk) ReviewedUpTo(ctx context.Context, w dialog.Worker, id dialog.ConversationID, seen int64) error {
	return d.workerEdit(ctx, w, id, "reviewed", func(e *edit) error {
		if err := e.unread(seen); err != nil {
			return err
		}
		if err := e.heldByOther(); err != nil {
			return err
		}
		e.event(dialog.Noted, "", map[string]any{"name": w.Name, "reviewed": true})
		if e.conv.Holder.Kind == dialog.InQueue {
			e.conv.Holder = dialog.Holder{Kind: dialog.Bot}
		}
		e.conv.AnsweredSeq = e.conv.LastInSeq
		return e.seen()
	})
}

// CloseConversation ends a conversation; the next message begins a new one.
// ErrOpen: a concern, a recording or an unanswered message in it is still to be
// worked. *HeldError: a colleague is answering.
func (d *Desk) CloseConversation(ctx context.Context, w dialog.Worker, id dialog.ConversationID) error {
	return d.workerEdit(ctx, w, id, "close", func(e *edit) error {
		if err := e.heldByOther(); err != nil {
			return err
		}
		if err := e.seen(); err != nil {
			return err
		}
		if e.conv.Waiting != dialog.WaitingNone || e.conv.AnsweredSeq < e.conv.LastInSeq {
			return dialog.ErrOpen
		}
		e.conv.Holder = dialog.Holder{Kind: dialog.Bot}
		e.conv.ClosedAt = e.now
		e.event(dialog.Closed, "", nil)
		return nil
	})
}
