package desk

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"helpline/dialog"
)

// concernWrite is what a turn or a worker does to a concern: nothing, a new
// one, or a change of one.
type concernWrite struct {
	concern  *dialog.Concern
	expected int64 // version it had; 0: new
	duties   []dialog.Obligation
}

func (w concernWrite) write(tx dialog.Tx) error {
	if w.concern == nil {
		return nil
	}
	if w.expected == 0 {
		return tx.InsertConcern(*w.concern, w.duties)
	}
	if err := tx.UpdateConcern(*w.concern, w.expected); err != nil {
		return err
	}
	for _, o := range w.duties {
		if err := tx.PutObligation(o); err != nil {
			return err
		}
	}
	return nil
}

// dueWithin is how soon people must have acted (the labels of dialog/risk:
// immediate now, urgent within the hour, concern within the day).
func dueWithin(l dialog.Level) time.Duration {
	switch l {
	case dialog.LevelImmediate:
		return 10 * time.Minute
	case dialog.LevelUrgent:
		return time.Hour
	case dialog.LevelConcern, dialog.LevelNone:
		return 24 * time.Hour
	}
	return 24 * time.Hour
}

// newConcern is a concern as it is first written down, with its duties open.
// Its reference is the conversation's and the number of the event that it was
// raised at, since one conversation may raise several.
func newConcern(c dialog.Conversation, a dialog.Assessment, facts dialog.Facts, now time.Time) concernWrite {
	concern := dialog.Concern{
		ID: dialog.ConcernID(dialog.NewID(now)), Ref: c.Ref + "-" + strconv.FormatInt(c.LastSeq, 10), Conversation: c.ID, Person: c.Person,
		Level: a.Level, Categories: a.Categories, Who: a.Who, Prison: c.Prison, Jurisdiction: c.Jurisdiction,
		Facts: facts, Evidence: a.Evidence, Prisoner: dialog.PrisonerNumbered(facts.PrisonNumber), Version: 1, OpenedAt: now, UpdatedAt: now,
	}
	w := concernWrite{concern: &concern}
	for _, kind := range []dialog.ObligationKind{dialog.Acknowledge, dialog.Act, dialog.FeedBack} {
		w.duties = append(w.duties, dialog.Obligation{
			Concern: concern.ID, Kind: kind, State: dialog.Open, DueAt: now.Add(dueWithin(a.Level)),
		})
	}
	if c.Medium == dialog.Voice {
		w.duties = append(w.duties, dialog.Obligation{
			Concern: concern.ID, Kind: dialog.Listen, State: dialog.Open, DueAt: now.Add(dueWithin(a.Level)),
		})
	}
	return w
}

// worsen adds an assessment to an open concern: the level goes up and never
// down, and everything seen is kept.
func worsen(c dialog.Concern, a dialog.Assessment) dialog.Concern {
	if a.Level > c.Level {
		c.Level = a.Level
		c.Who = a.Who
	}
	for _, cat := range a.Categories {
		if !slices.Contains(c.Categories, cat) {
			c.Categories = append(slices.Clone(c.Categories), cat)
		}
	}
	for _, e := range a.Evidence {
		if !slices.Contains(c.Evidence, e) {
			c.Evidence = append(slices.Clone(c.Evidence), e)
		}
	}
	return c
}

// raise writes a concern for an assessment that asks for one, or adds to the
// one that is open. Facts go to an open concern whatever the assessment says.
func (t *turn) raise(a dialog.Assessment, facts dialog.Facts) {
	open := t.sit.Concern
	switch {
	case open.ID == "" && a.Level < dialog.LevelConcern:
		return
	case open.ID == "":
		t.worry = newConcern(t.conv, a, facts, t.now)
		t.numbered = facts.PrisonNumber != ""
	default:
		next := worsen(open, a)
		next.Facts = facts
		if t.conv.Prison != "" {
			next.Prison, next.Jurisdiction = t.conv.Prison, t.conv.Jurisdiction
		}
		if same(open, next) {
			return
		}
		next.Version++
		next.UpdatedAt = t.now
		t.worry = concernWrite{concern: &next, expected: open.Version}
		t.numbered = next.Facts.PrisonNumber != open.Facts.PrisonNumber
		if a.Level <= open.Level {
			return
		}
	}
	t.conv.Level = t.worry.concern.Level
	t.wait(dialog.WaitingRisk)
	signs := make([]string, 0, len(a.Evidence))
	for _, e := range a.Evidence {
		signs = append(signs, e.Sign)
	}
	t.event(dialog.Raised, "", dialog.RaisedData{Concern: t.worry.concern.ID, Level: t.conv.Level, Signs: signs})
}

// join puts the concern of a turn among those about whoever has its prison
// number, where this message gave it another.
func (t *turn) join(tx dialog.Tx) error {
	if !t.numbered {
		return nil
	}
	if t.joined { // written once already, and refused
		t.events, t.joined = t.events[:len(t.events)-1], false
		t.conv.LastSeq--
	}
	t.related = nil
	c := *t.worry.concern
	if t.worry.expected != 0 {
		c.Prisoner = t.sit.Concern.Prisoner
		p, err := regroup(tx, c, t.sit.Concern.Facts.PrisonNumber, func(o dialog.Concern, to dialog.PrisonerID) error {
			if o.Conversation == t.conv.ID {
				version := o.Version
				o.Prisoner, o.Version, o.UpdatedAt = to, o.Version+1, t.now
				return tx.UpdateConcern(o, version)
			}
			return move(tx, o, to, dialog.Worker{}, dialog.LinkedData{Ref: c.Ref, Why: "number"}, t.now)
		})
		if err != nil {
			return err
		}
		c.Prisoner = p
	}
	t.worry.concern = &c
	if c.Prisoner == "" {
		return nil
	}
	about, err := tx.ConcernsAbout(c.Prisoner)
	if err != nil {
		return err
	}
	for _, o := range about {
		t.related = append(t.related, o.Conversation)
		if o.ID != c.ID && !t.joined {
			t.event(dialog.Linked, "", dialog.LinkedData{Concern: c.ID, Ref: o.Ref, Why: "number"})
			t.joined = true
		}
	}
	return nil
}

func same(a, b dialog.Concern) bool {
	return a.Level == b.Level && a.Who == b.Who && a.Prison == b.Prison && a.Jurisdiction == b.Jurisdiction &&
		a.Facts == b.Facts && slices.Equal(a.Categories, b.Categories) && slices.Equal(a.Evidence, b.Evidence)
}

// encode writes event data or a state. The types are ours and always encode.
func encode(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic("desk: data of an event does not encode: " + err.Error())
	}
	return b
}
