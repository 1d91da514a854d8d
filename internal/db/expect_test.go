package db_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

func TestAStatementThatMustChangeOneRowIsRefusedOtherwise(t *testing.T) {
	const (
		put   = `INSERT INTO paint (id, tins, glossy) VALUES ($1, $2, FALSE) ON CONFLICT DO NOTHING`
		count = `UPDATE paint SET tins = $2 WHERE id = $1 AND tins = $3`
	)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d)
		must(t, d.Do(t.Context(), func(tx *db.Tx) error {
			return errors.Join(tx.QueueOne("seen", put, "red", 1), tx.QueueOne("stale", count, "red", 2, 1))
		}))
		for _, c := range []struct {
			name, label string
			fn          func(*db.Tx) error
		}{
			{"an insert of what is there", "seen before", func(tx *db.Tx) error { return tx.QueueOne("seen before", put, "red", 5) }},
			{"an update of another version", "stale", func(tx *db.Tx) error { return tx.QueueOne("stale", count, "red", 5, 1) }},
			{"the first of two", "seen", func(tx *db.Tx) error {
				if err := tx.QueueOne("seen", put, "red", 5); err != nil {
					return err
				}
				return tx.QueueOne("stale", count, "red", 5, 1)
			}},
			{"one followed by a read", "stale", func(tx *db.Tx) error {
				if err := tx.QueueOne("stale", count, "red", 5, 1); err != nil {
					return err
				}
				var n int
				return tx.QueryRow("SELECT count(*) FROM paint").Scan(&n)
			}},
			{"one whose error was dropped", "stale", func(tx *db.Tx) error {
				_ = tx.QueueOne("stale", count, "red", 5, 1)
				return nil
			}},
			{"two rows", "stale", func(tx *db.Tx) error {
				if err := tx.QueueOne("seen", put, "blue", 2); err != nil {
					return err
				}
				return tx.QueueOne("stale", "UPDATE paint SET tins = 9")
			}},
		} {
			err := d.Do(t.Context(), c.fn)
			if label, ok := db.Refused(err); !ok || label != c.label {
				t.Errorf("%s: label %q (%v) from %v, want %q", c.name, label, ok, err, c.label)
			}
		}
		if diff := cmp.Diff([]string{"red"}, ids(t, d)); diff != "" {
			t.Error(diff)
		}
		if label, ok := db.Refused(add(d, t.Context(), "red")); ok {
			t.Errorf("a unique violation is taken for a refusal %q", label)
		}
		if err := d.Do(t.Context(), func(tx *db.Tx) error { return tx.QueueOne("It's", put, "x", 1) }); err == nil {
			t.Error("a label that would end the statement's text was taken")
		}
	})
}
