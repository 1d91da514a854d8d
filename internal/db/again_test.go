package db_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

// The others of a commit run again when one that has written fails, and only then. What they asked for after the commit is done once.
func TestOthersRunAgainOnlyForWhatWasWritten(t *testing.T) {
	refused := errors.New("refused")
	for _, c := range []struct {
		name string
		fail func(tx *db.Tx) error
		runs []int // of the one before and the one after
	}{
		{"after writing", func(tx *db.Tx) error {
			_, err := tx.Exec(insertPaint, "gone", 1, false, nil, nil, nil)
			return errors.Join(err, refused)
		}, []int{2, 1}},
		{"after writing and reading back", func(tx *db.Tx) error {
			var id string
			err := tx.QueryRow(insertPaint+" RETURNING id", "gone", 1, false, nil, nil, nil).Scan(&id)
			return errors.Join(err, refused)
		}, []int{2, 1}},
		{"after reading", func(tx *db.Tx) error {
			var n int
			err := tx.QueryRow("SELECT count(*) FROM paint").Scan(&n)
			return errors.Join(err, refused)
		}, []int{1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := dbtest.SQLite(t)
			prepare(t, d)
			release := hold(t, d)
			runs, after := make([]int, 2), make([]int, 2)
			var wg sync.WaitGroup
			one := func(i int) {
				wg.Go(func() {
					err := d.Do(t.Context(), func(tx *db.Tx) error {
						runs[i]++
						tx.AfterCommit(func() { after[i]++ })
						_, err := tx.Exec(insertPaint, fmt.Sprint(i), 1, false, nil, nil, nil)
						return err
					})
					if err != nil {
						t.Errorf("function %d: %v", i, err)
					}
				})
				queued(t, d, int64(i)*2+1)
			}
			one(0)
			wg.Go(func() {
				if err := d.Do(t.Context(), c.fail); !errors.Is(err, refused) {
					t.Errorf("the one that fails got %v", err)
				}
			})
			queued(t, d, 2)
			one(1)
			release()
			wg.Wait()
			if diff := cmp.Diff(c.runs, runs); diff != "" {
				t.Errorf("runs (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]int{1, 1}, after); diff != "" {
				t.Errorf("after the commit (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"0", "1"}, ids(t, d)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}
