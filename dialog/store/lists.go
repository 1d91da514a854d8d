package store

import (
	"errors"
	"fmt"

	"helpline/dialog"
	"helpline/internal/db"
)

// selectAnyWaiting reads the index of the staff's list. What somebody holds and nothing waits in is not waited for.
// The order is for PostgreSQL, which may look through the whole table for any one otherwise.
const selectAnyWaiting = `SELECT EXISTS (SELECT 1 FROM (SELECT c.id FROM conversations c WHERE c.urgency >= 0 AND c.waiting <> '' AND NOT c.test
	ORDER BY c.urgency, c.waiting_since, c.id LIMIT 1) w)`

// selectAnyUnheard leaves out recordings that could not be listened to, with the reason written down.
const selectAnyUnheard = `SELECT EXISTS (SELECT 1 FROM recordings r WHERE r.listened_at = 0
	AND NOT (SELECT c.test FROM conversations c WHERE c.id = r.conversation)
	AND COALESCE((SELECT MAX((SELECT o.at FROM obligations o WHERE o.concern = k.id AND o.kind = 'listen' AND o.state = 'excused'))
		FROM concerns k WHERE k.conversation = r.conversation), -1) < r.created_at)`

// ListEmpty says whether nothing stands on a list now.
func (r *reader) ListEmpty(list dialog.ListName) (bool, error) {
	query := selectAnyWaiting
	if list == dialog.ListUnheard {
		query = selectAnyUnheard
	}
	found, err := one(r, "look at the list "+string(list), func(b *bool) []any { return []any{b} }, query)
	return !found, err
}

const selectListState = `SELECT l.list, l.first_look, l.empty_since, l.last_empty FROM lists l WHERE l.list = $1`

// ListState reads what was last written about a list.
func (r *reader) ListState(list dialog.ListName) (dialog.ListState, error) {
	s, err := one(r, "read the list "+string(list), func(s *dialog.ListState) []any {
		return []any{(*string)(&s.List), db.ScanTime(&s.FirstLook), db.ScanTime(&s.EmptySince), db.ScanTime(&s.LastEmpty)}
	}, selectListState, string(list))
	if errors.Is(err, dialog.ErrNotFound) {
		return dialog.ListState{List: list}, nil
	}
	return s, err
}

const selectListDays = `SELECT d.list, d.day, d.last_empty FROM list_days d WHERE d.list = $1 AND d.day >= $2 AND d.day <= $3 ORDER BY d.day`

// ListDays reads the days on which a list was empty.
func (r *reader) ListDays(list dialog.ListName, from, to string) ([]dialog.ListDay, error) {
	return all(r, "read the days of the list "+string(list), func(d *dialog.ListDay) []any {
		return []any{(*string)(&d.List), &d.Day, db.ScanTime(&d.LastEmpty)}
	}, selectListDays, string(list), from, to)
}

const (
	putList = `INSERT INTO lists (list, first_look, empty_since, last_empty) VALUES ($1, $2, $3, $4)
	ON CONFLICT (list) DO UPDATE SET empty_since = excluded.empty_since, last_empty = excluded.last_empty`
	// Another node may have seen it empty a moment later.
	putListDay = `INSERT INTO list_days (list, day, last_empty) VALUES ($1, $2, $3)
	ON CONFLICT (list, day) DO UPDATE SET last_empty = excluded.last_empty WHERE list_days.last_empty < excluded.last_empty`
)

// PutList writes how a list stands.
func (t *transaction) PutList(s dialog.ListState, day string) error {
	if err := t.write(putList, string(s.List), db.Millis(s.FirstLook), db.Millis(s.EmptySince), db.Millis(s.LastEmpty)); err != nil {
		return fmt.Errorf("write down the list %s: %w", s.List, err)
	}
	if day == "" {
		return nil
	}
	return t.write(putListDay, string(s.List), day, db.Millis(s.LastEmpty))
}
