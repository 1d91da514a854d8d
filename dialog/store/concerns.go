package store

import (
	"encoding/json"
	"fmt"
	"time"

	"helpline/dialog"
	"helpline/internal/db"
)

const concernColumns = `COALESCE(k.id, ''), COALESCE(k.ref, ''), COALESCE(k.conversation, ''), COALESCE(k.person, ''), COALESCE(k.level, 0),
	COALESCE(k.categories, ''), COALESCE(k.who, ''), COALESCE(k.prison, ''), COALESCE(k.jurisdiction, ''), COALESCE(k.facts, ''),
	COALESCE(k.evidence, ''), COALESCE(k.version, 0), COALESCE(k.opened_at, 0), COALESCE(k.updated_at, 0), COALESCE(k.closed_at, 0),
	COALESCE(k.closed_by, ''), COALESCE(k.outcome, ''), COALESCE(k.prisoner, ''), COALESCE(k.handling, '')`

func concernInto(k *dialog.Concern) []any {
	return []any{
		(*string)(&k.ID), &k.Ref, (*string)(&k.Conversation), (*string)(&k.Person), (*int)(&k.Level),
		jsonInto{&k.Categories}, (*string)(&k.Who), (*string)(&k.Prison), (*string)(&k.Jurisdiction), jsonInto{&k.Facts},
		jsonInto{&k.Evidence}, &k.Version, db.ScanTime(&k.OpenedAt), db.ScanTime(&k.UpdatedAt), db.ScanTime(&k.ClosedAt),
		(*string)(&k.ClosedBy), &k.Outcome, (*string)(&k.Prisoner), jsonInto{&k.Handling},
	}
}

const selectConcern = `SELECT ` + concernColumns + ` FROM concerns k WHERE k.id = $1`

// Concern reads one concern.
func (r *reader) Concern(id dialog.ConcernID) (dialog.Concern, error) {
	return one(r, "read concern "+string(id), concernInto, selectConcern, string(id))
}

const selectConcerns = `SELECT ` + concernColumns + ` FROM concerns k WHERE k.conversation = $1 ORDER BY k.opened_at DESC, k.id DESC`

// Concerns reads those of a conversation, newest first.
func (r *reader) Concerns(id dialog.ConversationID) ([]dialog.Concern, error) {
	return all(r, "read concerns of "+string(id), concernInto, selectConcerns, string(id))
}

const selectConcernsAbout = `SELECT ` + concernColumns + ` FROM concerns k WHERE k.prisoner = $1 AND k.prisoner <> '' ORDER BY k.opened_at DESC, k.id DESC`

// ConcernsAbout reads those that share a prisoner, newest first.
func (r *reader) ConcernsAbout(id dialog.PrisonerID) ([]dialog.Concern, error) {
	return all(r, "read the concerns about "+string(id), concernInto, selectConcernsAbout, string(id))
}

const selectConcernsNumbered = `SELECT ` + concernColumns + ` FROM concerns k
	WHERE k.prison_number = $1 AND k.prison_number <> '' ORDER BY k.opened_at DESC, k.id DESC LIMIT 50`

// ConcernsNumbered reads those whose facts give a prison number, newest first, at most fifty.
func (r *reader) ConcernsNumbered(number string) ([]dialog.Concern, error) {
	return all(r, "read the concerns with a prison number", concernInto, selectConcernsNumbered, dialog.PrisonNumber(number))
}

const selectConcernsAt = `SELECT ` + concernColumns + ` FROM concerns k WHERE k.opened_at >= $2 AND k.prison = $1 AND k.prison <> ''
	ORDER BY k.opened_at DESC, k.id DESC LIMIT 200`

// ConcernsAt reads those at a prison that were raised since, newest first, at most two hundred.
func (r *reader) ConcernsAt(prison dialog.PrisonID, since time.Time) ([]dialog.Concern, error) {
	return all(r, "read the concerns at "+string(prison), concernInto, selectConcernsAt, string(prison), db.Millis(since))
}

const insertConcern = `INSERT INTO concerns (id, version, ref, conversation, person, opened_at, level, categories, who, prison, jurisdiction,
	facts, evidence, updated_at, closed_at, closed_by, outcome, prisoner, handling, prison_number) VALUES
	($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`

// InsertConcern adds a concern with its duties; dialog.ErrStale when the reference number is taken.
func (t *transaction) InsertConcern(k dialog.Concern, duties []dialog.Obligation) error {
	changes, err := concernChanges(k)
	if err != nil {
		return err
	}
	args := append([]any{string(k.ID), k.Version, text(k.Ref), string(k.Conversation), string(k.Person), db.Millis(k.OpenedAt)}, changes...)
	if err := t.write(insertConcern, args...); err != nil {
		return err
	}
	return insert(t, &t.sql.obligations, obligationWidth, duties, obligationArgs)
}

// updateConcern leaves alone what never changes: id, ref, conversation, person and opened_at.
const updateConcern = `UPDATE concerns SET version = $2, level = $4, categories = $5, who = $6, prison = $7, jurisdiction = $8,
	facts = $9, evidence = $10, updated_at = $11, closed_at = $12, closed_by = $13, outcome = $14,
	prisoner = $15, handling = $16, prison_number = $17
	WHERE id = $1 AND version = $3`

// UpdateConcern writes what may change of k; dialog.ErrStale unless the stored version is expected.
func (t *transaction) UpdateConcern(k dialog.Concern, expected int64) error {
	changes, err := concernChanges(k)
	if err != nil {
		return err
	}
	return t.must(refusedStale, updateConcern, append([]any{string(k.ID), k.Version, expected}, changes...)...)
}

// concernChanges are the columns that both statements end in.
func concernChanges(k dialog.Concern) ([]any, error) {
	categories, err := jsonText(k.Categories)
	if err != nil {
		return nil, fmt.Errorf("categories of concern %s: %w", k.ID, err)
	}
	facts, err := json.Marshal(k.Facts)
	if err != nil {
		return nil, fmt.Errorf("facts of concern %s: %w", k.ID, err)
	}
	evidence, err := jsonText(k.Evidence)
	if err != nil {
		return nil, fmt.Errorf("evidence of concern %s: %w", k.ID, err)
	}
	handling := ""
	if k.Handling != (dialog.Handling{}) {
		b, err := json.Marshal(k.Handling)
		if err != nil {
			return nil, fmt.Errorf("handling of concern %s: %w", k.ID, err)
		}
		handling = string(b)
	}
	return []any{
		int64(k.Level), categories, string(k.Who), string(k.Prison), string(k.Jurisdiction), string(facts), evidence,
		db.Millis(k.UpdatedAt), db.Millis(k.ClosedAt), string(k.ClosedBy), text(k.Outcome),
		string(k.Prisoner), text(handling), dialog.PrisonNumber(k.Facts.PrisonNumber),
	}, nil
}

const insertObligations = `INSERT INTO obligations (concern, kind, state, due_at, worker, by_name, at, note) VALUES `

const obligationWidth = 8

func obligationArgs(args []any, o *dialog.Obligation) ([]any, error) {
	return append(args, string(o.Concern), string(o.Kind), string(o.State), db.Millis(o.DueAt),
		string(o.By), text(o.ByName), db.Millis(o.At), text(o.Note)), nil
}

const putObligation = insertObligations + `($1, $2, $3, $4, $5, $6, $7, $8)
	ON CONFLICT (concern, kind) DO UPDATE SET state = excluded.state, due_at = excluded.due_at,
		worker = excluded.worker, by_name = excluded.by_name, at = excluded.at, note = excluded.note`

// PutObligation writes a duty, whether the concern had it or not.
func (t *transaction) PutObligation(o dialog.Obligation) error {
	args, err := obligationArgs(nil, &o)
	if err != nil {
		return err
	}
	return t.write(putObligation, args...)
}

// selectObligations lists them in the order in which they come due.
const selectObligations = `SELECT o.concern, o.kind, o.state, o.due_at, o.worker, o.by_name, o.at, o.note
	FROM obligations o WHERE o.concern = $1 ORDER BY o.due_at, o.kind`

func obligationInto(o *dialog.Obligation) []any {
	return []any{
		(*string)(&o.Concern), (*string)(&o.Kind), (*string)(&o.State), db.ScanTime(&o.DueAt),
		(*string)(&o.By), &o.ByName, db.ScanTime(&o.At), &o.Note,
	}
}

// Obligations reads the duties of a concern, the soonest due first.
func (r *reader) Obligations(id dialog.ConcernID) ([]dialog.Obligation, error) {
	return all(r, "read the duties of concern "+string(id), obligationInto, selectObligations, string(id))
}
