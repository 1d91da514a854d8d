package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"helpline/dialog"
)

// regroup says whom a concern is about after its prison number has changed, and
// writes what that changes for others. A concern that was joined to none is
// about whoever has the number, which nothing need be read for. One that was
// joined takes the others along, unless one of them has another number.
func regroup(tx dialog.Tx, c dialog.Concern, was string, move func(dialog.Concern, dialog.PrisonerID) error) (dialog.PrisonerID, error) {
	now := dialog.PrisonerNumbered(c.Facts.PrisonNumber)
	if dialog.PrisonNumber(was) == dialog.PrisonNumber(c.Facts.PrisonNumber) || c.Prisoner == now {
		return c.Prisoner, nil
	}
	if c.Prisoner == "" {
		return now, nil
	}
	others, err := tx.ConcernsAbout(c.Prisoner)
	if err != nil {
		return "", err
	}
	others = slices.DeleteFunc(others, func(o dialog.Concern) bool { return o.ID == c.ID })
	number := dialog.PrisonNumber(c.Facts.PrisonNumber)
	if number == "" {
		// The number was wrong. What it alone had joined is not about the same man.
		before := dialog.PrisonerNumbered(was)
		if c.Prisoner == before && slices.ContainsFunc(others, func(o dialog.Concern) bool { return dialog.PrisonerNumbered(o.Facts.PrisonNumber) == before }) {
			return "", nil
		}
		return c.Prisoner, nil
	}
	for _, o := range others {
		if n := dialog.PrisonNumber(o.Facts.PrisonNumber); n != "" && n != number {
			return now, nil
		}
	}
	for _, o := range others {
		if err := move(o, now); err != nil {
			return "", err
		}
	}
	return now, nil
}

// renumbered puts a concern among those about whoever has its prison number,
// when that has changed.
func (e *edit) renumbered(c *dialog.Concern, was string) error {
	if dialog.PrisonNumber(was) == dialog.PrisonNumber(c.Facts.PrisonNumber) {
		return nil
	}
	p, err := regroup(e.tx, *c, was, func(o dialog.Concern, to dialog.PrisonerID) error { return e.move(o, to, c.Ref, "number") })
	if err != nil {
		return err
	}
	if c.Prisoner == p {
		return nil
	}
	c.Prisoner = p
	about, err := e.tellAbout(p)
	for _, o := range about {
		if o.ID != c.ID {
			e.event(dialog.Linked, "", dialog.LinkedData{Concern: c.ID, Ref: o.Ref, Why: "number"})
			break
		}
	}
	return err
}

// tellAbout has the pages of the concerns about somebody look again.
func (e *edit) tellAbout(p dialog.PrisonerID) ([]dialog.Concern, error) {
	if p == "" {
		return nil, nil
	}
	about, err := e.tx.ConcernsAbout(p)
	for _, o := range about {
		e.related = append(e.related, o.Conversation)
	}
	return about, err
}

// move makes another concern one about somebody, and says so in the log of its
// conversation: whatever keeps a conversation in memory learns of it by its
// version. by and ref say which concern it was joined to.
func move(tx dialog.Tx, o dialog.Concern, to dialog.PrisonerID, by dialog.Worker, data dialog.LinkedData, now time.Time) error {
	if o.Prisoner == to {
		return nil
	}
	conv, err := tx.Conversation(o.Conversation)
	if err != nil {
		return err
	}
	before := conv.Version
	conv.Version++
	conv.LastSeq++
	if err := tx.UpdateConversation(conv, before); err != nil {
		return err
	}
	data.Concern = o.ID
	if err := tx.AppendEvents(dialog.Event{
		Conversation: conv.ID, Seq: conv.LastSeq, At: now, Kind: dialog.Linked, By: by.ID, Data: encode(data),
	}); err != nil {
		return err
	}
	version := o.Version
	o.Prisoner = to
	o.Version++
	o.UpdatedAt = now
	return tx.UpdateConcern(o, version)
}

// move moves a concern of this or of another conversation.
func (e *edit) move(o dialog.Concern, to dialog.PrisonerID, ref, why string) error {
	e.related = append(e.related, o.Conversation)
	data := dialog.LinkedData{Ref: ref, Why: why}
	if o.Conversation != e.conv.ID {
		return move(e.tx, o, to, e.by, data, e.now)
	}
	if o.Prisoner == to {
		return nil
	}
	data.Concern = o.ID
	e.event(dialog.Linked, "", data)
	version := o.Version
	o.Prisoner = to
	o.Version++
	o.UpdatedAt = e.now
	return e.tx.UpdateConcern(o, version)
}

// Link says that two concerns are about the same person in prison: from now on
// staff see each beside the other. Their conversations stay apart, and nothing
// of one is said in the other. Whoever is joined to either comes along.
func (d *Desk) Link(ctx context.Context, w dialog.Worker, id, other dialog.ConcernID) error {
	if id == other {
		return &dialog.InvalidError{Field: "concern", Problem: "is the same one"}
	}
	if err := d.mayOpen(ctx, w, other); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	return d.concernEdit(ctx, w, id, "link", func(e *edit, c *dialog.Concern) error {
		o, err := e.tx.Concern(other)
		if err != nil {
			return err
		}
		if c.Prisoner != "" && c.Prisoner == o.Prisoner {
			return nil
		}
		all := []dialog.Concern{o}
		for _, p := range []dialog.PrisonerID{c.Prisoner, o.Prisoner} {
			about, err := e.tx.ConcernsAbout(p)
			if err != nil {
				return err
			}
			for _, a := range about {
				if a.ID != c.ID && !slices.ContainsFunc(all, func(x dialog.Concern) bool { return x.ID == a.ID }) {
					all = append(all, a)
				}
			}
		}
		to := together(*c, all, e.now)
		for _, a := range all {
			if err := e.move(a, to, c.Ref, ""); err != nil {
				return err
			}
		}
		c.Prisoner = to
		e.event(dialog.Linked, "", dialog.LinkedData{Concern: c.ID, Ref: o.Ref})
		return nil
	})
}

// together is whom several concerns are about: whoever has the prison number
// that one of them gives, so that others that give it later are joined as well.
func together(c dialog.Concern, others []dialog.Concern, now time.Time) dialog.PrisonerID {
	all := append([]dialog.Concern{c}, others...)
	for _, k := range all {
		if p := dialog.PrisonerNumbered(k.Facts.PrisonNumber); p != "" {
			return p
		}
	}
	for _, k := range all {
		if k.Prisoner != "" {
			return k.Prisoner
		}
	}
	return dialog.PrisonerID(dialog.NewID(now))
}

// Unlink says that a concern is not about the same person as those it was
// joined to. It stays apart from them, also where they give the same prison
// number, until somebody joins them again or its number changes.
func (d *Desk) Unlink(ctx context.Context, w dialog.Worker, id dialog.ConcernID) error {
	return d.concernEdit(ctx, w, id, "unlink", func(e *edit, c *dialog.Concern) error {
		if c.Prisoner == "" {
			return nil
		}
		if _, err := e.tellAbout(c.Prisoner); err != nil {
			return err
		}
		c.Prisoner = dialog.PrisonerID(dialog.NewID(e.now))
		e.event(dialog.Linked, "", dialog.LinkedData{Concern: c.ID, Apart: true})
		return nil
	})
}

// mayOpen is dialog.ErrForbidden where a worker may not see the conversation of
// a concern.
func (d *Desk) mayOpen(ctx context.Context, w dialog.Worker, id dialog.ConcernID) error {
	if err := allow(w, listeners...); err != nil {
		return err
	}
	return d.Store.Read(ctx, func(r dialog.Reader) error {
		c, err := r.Concern(id)
		if err != nil {
			return err
		}
		conv, err := r.Conversation(c.Conversation)
		if err != nil {
			return err
		}
		return d.sees(w, conv)
	})
}

// lookAgain has the pages of other conversations look again at what they show.
func (d *Desk) lookAgain(than dialog.ConversationID, others []dialog.ConversationID) {
	told := map[dialog.ConversationID]bool{than: true}
	for _, id := range others {
		if !told[id] {
			told[id] = true
			d.Bus.Publish(dialog.Notice{Topic: dialog.ConversationChanged, ID: string(id)})
		}
	}
}
