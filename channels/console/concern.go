package console

import (
	"errors"
	"fmt"
	"strings"

	"helpline/dialog"
	"helpline/dialog/desk"
)

// The forms of a concern carry the conversation that they were shown in, to
// lead back there.
func (c *Console) concernOf(v *visit) (dialog.ConcernID, dialog.ConversationID, error) {
	conv, err := field(v, "conversation")
	if err != nil {
		return "", "", err
	}
	if conv == "" {
		return "", "", &dialog.InvalidError{Field: "conversation", Problem: "is missing"}
	}
	id := dialog.ConcernID(v.Param("id"))
	// From here on the page that is shown again is the conversation's.
	v.SetParamNames("id")
	v.SetParamValues(conv)
	return id, dialog.ConversationID(conv), nil
}

// current reads a concern as it stands, beside its conversation.
func (c *Console) current(v *visit, id dialog.ConcernID, conv dialog.ConversationID) (desk.ConcernView, error) {
	d, err := c.cfg.Desk.Open(v.Request().Context(), v.worker, conv)
	if err != nil {
		return desk.ConcernView{}, err
	}
	for _, cv := range d.Concerns {
		if cv.ID == id {
			return cv, nil
		}
	}
	return desk.ConcernView{}, fmt.Errorf("concern: %w", dialog.ErrNotFound)
}

// postDuty writes down that a duty was done, or why it cannot be.
func (c *Console) postDuty(v *visit) error {
	id, conv, err := c.concernOf(v)
	if err != nil {
		return err
	}
	note, err := field(v, "note")
	if err != nil {
		return err
	}
	kind := dialog.ObligationKind(v.FormValue("kind"))
	form := "duty-" + string(id) + "-" + string(kind)
	note = strings.TrimSpace(note)
	ctx := v.Request().Context()
	switch {
	case v.FormValue("state") == string(dialog.Excused):
		err = c.cfg.Desk.Excuse(ctx, v.worker, id, kind, note)
	case kind == dialog.Act:
		var done desk.Done
		if done, err = acted(v, note); err == nil {
			err = c.cfg.Desk.Act(ctx, v.worker, id, done)
		}
	default:
		err = c.cfg.Desk.Meet(ctx, v.worker, id, kind, note)
	}
	if err != nil {
		return c.again(v, err, form, note)
	}
	return c.done(v, conv, "duty")
}

// postCloseConcern ends a concern; while duties are open it says which.
func (c *Console) postCloseConcern(v *visit) error {
	id, conv, err := c.concernOf(v)
	if err != nil {
		return err
	}
	outcome, err := field(v, "outcome")
	if err != nil {
		return err
	}
	seen, err := seenIn(v)
	if err != nil {
		return err
	}
	err = c.cfg.Desk.CloseConcernUpTo(v.Request().Context(), v.worker, id, outcome, seen)
	if errors.Is(err, dialog.ErrOpen) {
		cv, e := c.current(v, id, conv)
		if e != nil {
			return e
		}
		open := &openDutiesError{}
		for _, o := range cv.Obligations {
			if o.State == dialog.Open {
				open.duties = append(open.duties, strings.ToLower(dutyName(o.Kind)))
			}
		}
		err = open
	}
	if err != nil {
		return c.again(v, err, "close-"+string(id), outcome)
	}
	return c.done(v, conv, "concluded")
}

// factField is one of the facts and where it stands in a form.
type factField struct {
	Name, Label, Hint string
	of                func(*dialog.Facts) *string
}

var factFields = []factField{
	{"prisoner_name", "Name of the person in prison", "", func(f *dialog.Facts) *string { return &f.PrisonerName }},
	{"prison_number", "Prison number", "", func(f *dialog.Facts) *string { return &f.PrisonNumber }},
	{"date_of_birth", "Date of birth", "If the prison number is not known.", func(f *dialog.Facts) *string { return &f.DateOfBirth }},
	{"happened", "What happened, and when", "In the words of the person who told us.", func(f *dialog.Facts) *string { return &f.Happened }},
	{"caller_name", "Who told us", "", func(f *dialog.Facts) *string { return &f.CallerName }},
	{"call_back", "Number to ring back", "", func(f *dialog.Facts) *string { return &f.CallBack }},
	{"call_safe", "When it is safe to ring", "", func(f *dialog.Facts) *string { return &f.CallSafe }},
}

// factView is one fact as the form shows it.
type factView struct {
	Name, Label, Hint, Value string
	Long                     bool
}

// Facts lists the facts of a concern in the order of the form.
func (v concernView) FactList() []factView {
	out := make([]factView, 0, len(factFields))
	facts := v.Concern.Facts
	for _, f := range factFields {
		out = append(out, factView{f.Name, f.Label, f.Hint, *f.of(&facts), f.Name == "happened"})
	}
	return out
}

// postFacts corrects what is known. Only what the worker changed is written,
// so that what came in meanwhile stays; where both changed the same field the
// worker is told and keeps what was typed.
func (c *Console) postFacts(v *visit) error {
	id, conv, err := c.concernOf(v)
	if err != nil {
		return err
	}
	cv, err := c.current(v, id, conv)
	if err != nil {
		return err
	}
	var change desk.ConcernChange
	facts, changed := cv.Concern.Facts, false
	for _, f := range factFields {
		was, typed := clean(v.FormValue("was_"+f.Name)), strings.TrimSpace(clean(v.FormValue(f.Name)))
		if typed == strings.TrimSpace(was) {
			continue
		}
		now := f.of(&facts)
		if *now != was && *now != typed {
			problem := "was changed meanwhile to “" + *now + "”. You typed “" + typed + "”. Look again"
			return c.again(v, &dialog.InvalidError{Field: f.Label, Problem: problem}, "facts-"+string(id), "")
		}
		*now, changed = typed, true
	}
	if changed {
		change.Facts = &facts
	}
	if s := v.FormValue("level"); s != "" && s != v.FormValue("was_level") {
		var level dialog.Level
		if err := level.UnmarshalText([]byte(s)); err != nil {
			return c.again(v, err, "facts-"+string(id), "")
		}
		change.Level = &level
	}
	if p := dialog.PrisonID(v.FormValue("prison")); string(p) != v.FormValue("was_prison") {
		change.Prison = &p
	}
	if change != (desk.ConcernChange{}) {
		if err := c.cfg.Desk.SetConcern(v.Request().Context(), v.worker, id, change); err != nil {
			return c.again(v, err, "facts-"+string(id), "")
		}
	}
	return c.done(v, conv, "facts")
}
