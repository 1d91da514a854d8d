package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"helpline/dialog"
)

// HandlingChange is what a worker writes down about a concern. What is nil
// stays; an answer and the note beside it are one thing.
type HandlingChange struct {
	SpokenTo         *bool // was the prisoner spoken to about this concern
	SpokenToNote     *string
	ToldOfCaller     *bool // was the prisoner told who raised it
	ToldOfCallerNote *string
	Consent          *dialog.Consent // did the prisoner agree that the one who raised it is told
	ConsentCopy      *string         // where the written copy is
	Harm             *dialog.Harm    // could contact, or an answer, do harm
	HarmNote         *string
}

// maxHandling is the longest note beside an answer, in characters.
const maxHandling = 2000

// SetHandling writes down how an open concern is handled, who says so and when.
// Each answer that changes is an event of its own, which only staff see.
// *dialog.InvalidError: an answer that there is not, a note without one, harm
// that is possible without a word on what it is, or a concern that is closed.
func (d *Desk) SetHandling(ctx context.Context, w dialog.Worker, id dialog.ConcernID, change HandlingChange) error {
	return d.concernEdit(ctx, w, id, "handling", func(e *edit, c *dialog.Concern) error {
		if !c.Open() {
			return &dialog.InvalidError{Field: "concern", Problem: "is closed"}
		}
		return e.handle(c, change)
	})
}

// handle writes the answers of a change into a concern.
func (e *edit) handle(c *dialog.Concern, change HandlingChange) error {
	h := &c.Handling
	spoken, told := yesNo(h.SpokenTo), yesNo(h.ToldOfCaller)
	consent, harm := string(h.Consent), string(h.Harm)
	if change.Consent != nil && !slices.Contains([]dialog.Consent{dialog.ConsentNotAsked, dialog.ConsentGiven, dialog.ConsentRefused}, *change.Consent) {
		return &dialog.InvalidError{Field: "consent", Problem: "is not one of the answers"}
	}
	if change.Harm != nil && !slices.Contains([]dialog.Harm{dialog.HarmNone, dialog.HarmPossible}, *change.Harm) {
		return &dialog.InvalidError{Field: "harm", Problem: "is not one of the answers"}
	}
	for _, part := range []struct {
		matter dialog.HandledOf
		was    string
		now    *string
		note   *string
		kept   *string
		by     *dialog.Signed
		set    func(answer string)
	}{
		{dialog.HandledSpokenTo, spoken, yesNoOf(change.SpokenTo), change.SpokenToNote, &h.SpokenToNote, &h.SpokenToBy, func(string) { h.SpokenTo = change.SpokenTo }},
		{dialog.HandledTold, told, yesNoOf(change.ToldOfCaller), change.ToldOfCallerNote, &h.ToldOfCallerNote, &h.ToldOfCallerBy, func(string) { h.ToldOfCaller = change.ToldOfCaller }},
		{dialog.HandledConsent, consent, (*string)(change.Consent), change.ConsentCopy, &h.ConsentCopy, &h.ConsentBy, func(a string) { h.Consent = dialog.Consent(a) }},
		{dialog.HandledHarm, harm, (*string)(change.Harm), change.HarmNote, &h.HarmNote, &h.HarmBy, func(a string) { h.Harm = dialog.Harm(a) }},
	} {
		answer, note := part.was, *part.kept
		if part.now != nil {
			answer = *part.now
		}
		if part.note != nil {
			note = strings.TrimSpace(*part.note)
		}
		switch {
		case answer == part.was && note == *part.kept:
			continue
		case utf8.RuneCountInString(note) > maxHandling:
			return &dialog.InvalidError{Field: "note", Problem: fmt.Sprintf("is longer than %d characters", maxHandling)}
		case answer == "" && note != "":
			return &dialog.InvalidError{Field: "note", Problem: "needs the answer that it belongs to"}
		case part.matter == dialog.HandledHarm && answer == string(dialog.HarmPossible) && note == "":
			return &dialog.InvalidError{Field: "harm", Problem: "is possible: say what it is, for the one who answers next"}
		}
		if answer != part.was {
			part.set(answer)
		}
		*part.kept, *part.by = note, dialog.Signed{By: e.by.ID, Name: e.by.Name, At: e.now}
		e.event(dialog.Handled, note, dialog.HandledData{Concern: c.ID, Matter: part.matter, Was: part.was, Now: answer})
	}
	return nil
}

func yesNo(b *bool) string {
	switch {
	case b == nil:
		return ""
	case *b:
		return "yes"
	}
	return "no"
}

func yesNoOf(b *bool) *string {
	if b == nil {
		return nil
	}
	s := yesNo(b)
	return &s
}

// Done is what was done about the person at risk.
type Done struct {
	What, By, When string // When may be empty
	// SpokenTo says whether the person in prison was spoken to about this
	// concern; nil where the handling says so already.
	SpokenTo     *bool
	SpokenToNote string
	// Also are other concerns about the same person for which the same holds.
	// What is owed to whoever raised them stays open.
	Also []dialog.ConcernID
}

// note is what stands beside the duty.
func (a Done) note() string {
	n := strings.TrimSpace(a.What) + "\nBy: " + strings.TrimSpace(a.By)
	if when := strings.TrimSpace(a.When); when != "" {
		n += "\nWhen: " + when
	}
	return n
}

// Act meets the duty to act. It needs what was done, by whom, and whether the
// person in prison was spoken to about this concern: officers who go to a cell
// and do not ask about it have not acted on it. The others of Also are written
// one after the other, and only where they are open, about the same person and
// nobody has acted yet.
func (d *Desk) Act(ctx context.Context, w dialog.Worker, id dialog.ConcernID, done Done) error {
	switch {
	case strings.TrimSpace(done.What) == "":
		return &dialog.InvalidError{Field: "note", Problem: "say what was done"}
	case strings.TrimSpace(done.By) == "":
		return &dialog.InvalidError{Field: "by", Problem: "say by whom it was done"}
	}
	var prisoner dialog.PrisonerID
	err := d.concernEdit(ctx, w, id, "act", func(e *edit, c *dialog.Concern) error {
		prisoner = c.Prisoner
		return e.act(c, done)
	})
	if err != nil {
		return err
	}
	for _, other := range done.Also {
		if other == id || prisoner == "" {
			continue
		}
		err := d.concernEdit(ctx, w, other, "act for another concern", func(e *edit, c *dialog.Concern) error {
			duties, err := e.tx.Obligations(c.ID)
			if err != nil {
				return err
			}
			open := slices.ContainsFunc(duties, func(o dialog.Obligation) bool { return o.Kind == dialog.Act && o.State == dialog.Open })
			if !open || !c.Open() || c.Prisoner != prisoner {
				return errNothing
			}
			return e.act(c, done)
		})
		if err != nil && !errors.Is(err, errNothing) {
			return err
		}
	}
	return nil
}

func (e *edit) act(c *dialog.Concern, done Done) error {
	if !c.Open() {
		return &dialog.InvalidError{Field: "concern", Problem: "is closed"}
	}
	if done.SpokenTo != nil {
		change := HandlingChange{SpokenTo: done.SpokenTo}
		if strings.TrimSpace(done.SpokenToNote) != "" {
			change.SpokenToNote = &done.SpokenToNote
		}
		if err := e.handle(c, change); err != nil {
			return err
		}
	}
	return e.settle(c, dialog.Act, dialog.Met, done.note())
}

// Offer is a text that tells the person who raised a concern what can be told.
// A worker may put it into the reply and change it; nothing sends it by itself.
type Offer struct {
	Key      string
	Text     string
	Personal bool // it says something about the person in prison
}

// The texts that are offered as feedback. They may be read by somebody else on
// a shared phone: no names, nothing of what was said, nothing that says whether
// somebody is in a prison, and no word of anybody else who worries.
const (
	feedbackGeneral = "feedback.general"
	feedbackConsent = "feedback.consent"
)

// offers lists what may be told about a concern on a medium. Nothing is offered
// before somebody acted, and before it was asked whether an answer could do
// harm; nothing personal unless the person in prison agreed.
func (d *Desk) offers(c dialog.Concern, duties []dialog.Obligation, m dialog.Medium) (offers []Offer) {
	stands := func(kind dialog.ObligationKind, s dialog.ObligationState) bool {
		return slices.ContainsFunc(duties, func(o dialog.Obligation) bool { return o.Kind == kind && o.State == s })
	}
	h := c.Handling
	if !c.Open() || !h.Answered() || !stands(dialog.FeedBack, dialog.Open) || !stands(dialog.Act, dialog.Met) {
		return nil
	}
	offers = append(offers, Offer{Key: feedbackGeneral, Text: d.Texts.Say(feedbackGeneral, m)})
	if h.MayTell() && h.SpokenTo != nil && *h.SpokenTo {
		offers = append(offers, Offer{Key: feedbackConsent, Text: d.Texts.Say(feedbackConsent, m), Personal: true})
	}
	return offers
}
