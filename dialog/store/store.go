package store

import (
	"context"
	"errors"
	"fmt"

	"helpline/dialog"
	"helpline/internal/db"
)

// Store implements [dialog.Store] on a database that has been migrated with [Migrations].
type Store struct {
	db  *db.DB
	sql *statements
}

var _ dialog.Store = (*Store)(nil)

// New returns a store on d, which the caller goes on owning.
func New(d *db.DB) *Store { return &Store{db: d, sql: newStatements()} }

// Do runs fn in one transaction and returns nil when its work is on disk. It returns what fn returned, or dialog.ErrDuplicate,
// dialog.ErrStale or dialog.ErrNotFound when a write of fn was refused. fn may run more than once and may block on nothing.
func (s *Store) Do(ctx context.Context, fn func(dialog.Tx) error) error {
	err := s.db.Do(ctx, func(tx *db.Tx) error {
		return fn(&transaction{reader{q: tx, sql: s.sql}})
	})
	return refusal(err)
}

// Read runs fn over one consistent snapshot. It returns what fn returned.
func (s *Store) Read(ctx context.Context, fn func(dialog.Reader) error) error {
	return s.db.Read(ctx, func(tx *db.Tx) error {
		return fn(&reader{q: tx, sql: s.sql})
	})
}

// reader answers questions inside a transaction or a snapshot.
type reader struct {
	q   *db.Tx
	sql *statements
}

// transaction also writes.
type transaction struct{ reader }

var _ dialog.Tx = (*transaction)(nil)

// What a write that had to change exactly one row and did not is refused with.
const (
	refusedDuplicate = "duplicate"
	refusedStale     = "stale"
	refusedNotFound  = "not found"
)

// refusal turns the database's way of refusing a write into the domain's. Other errors pass.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []error{dialog.ErrDuplicate, dialog.ErrStale, dialog.ErrNotFound} {
		if errors.Is(err, known) {
			return err
		}
	}
	switch label, _ := db.Refused(err); {
	case label == refusedDuplicate:
		return fmt.Errorf("accept: %w", dialog.ErrDuplicate)
	case label == refusedNotFound:
		return fmt.Errorf("write: %w", dialog.ErrNotFound)
	case label == refusedStale:
		return fmt.Errorf("write: %w", dialog.ErrStale)
	case db.IsUnique(err):
		// The message names the index, which tells apart a race from a mistake, and no values.
		return fmt.Errorf("write: %w: %w", dialog.ErrStale, err)
	}
	return err
}

// must queues a statement that has to change exactly one row.
func (t *transaction) must(label, query string, args ...any) error {
	return refusal(t.q.QueueOne(label, query, args...))
}

// write queues a statement whose row count says nothing.
func (t *transaction) write(query string, args ...any) error {
	return refusal(t.q.Queue(query, args...))
}

// one reads a single row into v; dialog.ErrNotFound when there is none.
func one[T any](r *reader, act string, columns func(*T) []any, query string, args ...any) (T, error) {
	var v T
	err := r.q.QueryRow(query, args...).Scan(columns(&v)...)
	if errors.Is(err, db.ErrNoRows) {
		var none T
		return none, fmt.Errorf("%s: %w", act, dialog.ErrNotFound)
	}
	if err != nil {
		var none T
		return none, fmt.Errorf("%s: %w", act, refusal(err))
	}
	return v, nil
}

// all reads every row.
func all[T any](r *reader, act string, columns func(*T) []any, query string, args ...any) ([]T, error) {
	rows, err := r.q.Query(query, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", act, refusal(err))
	}
	var found []T
	for rows.Next() {
		var v T
		if err := rows.Scan(columns(&v)...); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", act, err), rows.Close())
		}
		found = append(found, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", act, refusal(err))
	}
	return found, nil
}
