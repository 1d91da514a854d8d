package console

import (
	"strings"

	"helpline/dialog"
	"helpline/dialog/desk"
)

// postHandling writes down one of the answers about how a concern is handled.
func (c *Console) postHandling(v *visit) error {
	id, conv, err := c.concernOf(v)
	if err != nil {
		return err
	}
	note, err := field(v, "note")
	if err != nil {
		return err
	}
	note = strings.TrimSpace(note)
	matter, answer := dialog.HandledOf(v.FormValue("matter")), v.FormValue("answer")
	form, err := v.FormParams()
	if err != nil {
		return &dialog.InvalidError{Field: "form", Problem: "cannot be read"}
	}
	change, err := handlingChange(matter, answer, form.Has("answer"), &note)
	if err == nil {
		err = c.cfg.Desk.SetHandling(v.Request().Context(), v.worker, id, change)
	}
	if err != nil {
		return c.again(v, err, "handling-"+string(matter)+"-"+string(id), note)
	}
	return c.done(v, conv, "handled")
}

// handlingChange is the change that a form asks for.
func handlingChange(matter dialog.HandledOf, answer string, given bool, note *string) (desk.HandlingChange, error) {
	if !given {
		return desk.HandlingChange{}, &dialog.InvalidError{Field: "answer", Problem: "is missing: choose one"}
	}
	switch matter {
	case dialog.HandledSpokenTo:
		b, err := yesOrNo(answer)
		return desk.HandlingChange{SpokenTo: b, SpokenToNote: note}, err
	case dialog.HandledTold:
		b, err := yesOrNo(answer)
		return desk.HandlingChange{ToldOfCaller: b, ToldOfCallerNote: note}, err
	case dialog.HandledConsent:
		consent := dialog.Consent(answer)
		return desk.HandlingChange{Consent: &consent, ConsentCopy: note}, nil
	case dialog.HandledHarm:
		harm := dialog.Harm(answer)
		return desk.HandlingChange{Harm: &harm, HarmNote: note}, nil
	}
	return desk.HandlingChange{}, &dialog.InvalidError{Field: "question", Problem: "is not one of the form"}
}

func yesOrNo(s string) (*bool, error) {
	b := s == "yes"
	if !b && s != "no" {
		return nil, &dialog.InvalidError{Field: "answer", Problem: "is neither yes nor no"}
	}
	return &b, nil
}

// postLink says that two concerns are about the same person.
func (c *Console) postLink(v *visit) error {
	id, conv, err := c.concernOf(v)
	if err != nil {
		return err
	}
	if err := c.cfg.Desk.Link(v.Request().Context(), v.worker, id, dialog.ConcernID(v.FormValue("other"))); err != nil {
		return err
	}
	return c.done(v, conv, "linked")
}

// postUnlink says that a concern is not about the same person as the others.
// The form stands beside one of these, whose page is shown again.
func (c *Console) postUnlink(v *visit) error {
	id, conv, err := c.concernOf(v)
	if err != nil {
		return err
	}
	if err := c.cfg.Desk.Unlink(v.Request().Context(), v.worker, id); err != nil {
		return err
	}
	return c.done(v, conv, "unlinked")
}

// acted reads the form of the duty to act.
func acted(v *visit, note string) (desk.Done, error) {
	done := desk.Done{What: note, By: clean(v.FormValue("by")), When: clean(v.FormValue("when")), SpokenToNote: strings.TrimSpace(clean(v.FormValue("spoken_note")))}
	if s := v.FormValue("spoken"); s != "" {
		b, err := yesOrNo(s)
		if err != nil {
			return desk.Done{}, err
		}
		done.SpokenTo = b
	}
	form, err := v.FormParams()
	if err != nil {
		return desk.Done{}, &dialog.InvalidError{Field: "form", Problem: "cannot be read"}
	}
	for _, other := range form["also"] {
		done.Also = append(done.Also, dialog.ConcernID(other))
	}
	return done, nil
}
