package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

type colour string

const createPaint = `CREATE TABLE paint (id TEXT PRIMARY KEY, tins BIGINT NOT NULL, glossy BOOLEAN NOT NULL, chip BYTEA,
	price DOUBLE PRECISION, made_at BIGINT, UNIQUE (id, tins))`

const insertPaint = `INSERT INTO paint (id, tins, glossy, chip, price, made_at) VALUES ($1, $2, $3, $4, $5, $6)`

func prepare(t *testing.T, d *db.DB) {
	t.Helper()
	must(t, d.Do(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(createPaint)
		return err
	}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// add writes one row with the given key.
func add(d *db.DB, ctx context.Context, id string) error {
	return d.Do(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(insertPaint, id, 1, false, nil, nil, nil)
		return err
	})
}

func ids(t *testing.T, d *db.DB) []string {
	t.Helper()
	var all []string
	must(t, d.Read(t.Context(), func(tx *db.Tx) error {
		all = nil
		rows, err := tx.Query("SELECT id FROM paint ORDER BY id")
		if err != nil {
			return err
		}
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return errors.Join(err, rows.Close())
			}
			all = append(all, id)
		}
		return rows.Err()
	}))
	return all
}

func TestValuesReadBackAsWritten(t *testing.T) {
	type paint struct {
		ID     colour
		Tins   int
		Glossy bool
		Chip   []byte
		Price  *float64
		Made   time.Time
	}
	price := 2.5
	want := []paint{
		{"blue", 3, true, []byte{0, 1, 255}, &price, time.Date(2026, 3, 2, 21, 4, 5, 6_000_000, time.UTC)},
		{"grey'; --", 0, false, nil, nil, time.Time{}},
		{"žluťoučký 🐎", -1, true, []byte("x"), nil, time.UnixMilli(1).UTC()},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d)
		must(t, d.Do(t.Context(), func(tx *db.Tx) error {
			for _, p := range want {
				n, err := tx.Exec(insertPaint, p.ID, p.Tins, p.Glossy, p.Chip, p.Price, db.NullMillis(p.Made))
				if err != nil || n != 1 {
					return fmt.Errorf("%d rows: %w", n, err)
				}
			}
			return nil
		}))
		var got []paint
		must(t, d.Read(t.Context(), func(tx *db.Tx) error {
			rows, err := tx.Query("SELECT id, tins, glossy, chip, price, made_at FROM paint WHERE id = $1 OR tins <= $2 OR id = $1 ORDER BY id", "blue", 100)
			if err != nil {
				return err
			}
			for rows.Next() {
				var p paint
				if err := rows.Scan(&p.ID, &p.Tins, &p.Glossy, &p.Chip, &p.Price, db.ScanTime(&p.Made)); err != nil {
					return errors.Join(err, rows.Close())
				}
				got = append(got, p)
			}
			return rows.Err()
		}))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("what was read differs (-want +got):\n%s", diff)
		}
	})
}

func TestReturningAndConflictWorkOnBoth(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d)
		const upsert = `INSERT INTO paint (id, tins, glossy) VALUES ($1, $2, FALSE)
			ON CONFLICT (id) DO UPDATE SET tins = paint.tins + excluded.tins RETURNING tins`
		var first, second int
		must(t, d.Do(t.Context(), func(tx *db.Tx) error {
			if err := tx.QueryRow(upsert, "red", 2).Scan(&first); err != nil {
				return err
			}
			return tx.QueryRow(upsert, "red", 3).Scan(&second)
		}))
		if first != 2 || second != 5 {
			t.Errorf("RETURNING gave %d then %d, want 2 then 5", first, second)
		}
		must(t, d.Do(t.Context(), func(tx *db.Tx) error {
			n, err := tx.Exec("INSERT INTO paint (id, tins, glossy) VALUES ($1, 1, TRUE) ON CONFLICT DO NOTHING", "red")
			if n != 0 {
				t.Errorf("a conflict changed %d rows", n)
			}
			return err
		}))
	})
}

func TestErrorsAreTheSameOnBoth(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d)
		must(t, add(d, t.Context(), "red"))
		err := add(d, t.Context(), "red")
		if !db.IsUnique(err) || db.IsForeignKey(err) {
			t.Errorf("a second row with the same key gave %v", err)
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			var id string
			return tx.QueryRow("SELECT id FROM paint WHERE id = 'none'").Scan(&id)
		})
		if !errors.Is(err, db.ErrNoRows) || db.IsUnique(err) {
			t.Errorf("no row gave %v", err)
		}
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec("DELETE FROM paint")
			return err
		}); err == nil {
			t.Error("a read was allowed to write")
		}
		must(t, d.Do(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec("CREATE TABLE tin (id TEXT REFERENCES paint (id))")
			return err
		}))
		err = d.Do(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec("INSERT INTO tin (id) VALUES ('none')")
			return err
		})
		if !db.IsForeignKey(err) {
			t.Errorf("a reference to nothing gave %v", err)
		}
		if got := ids(t, d); !cmp.Equal(got, []string{"red"}) {
			t.Errorf("rows are %v", got)
		}
	})
}

func TestNothingOfAFailedFunctionIsKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d)
		refused := errors.New("refused")
		err := d.Do(t.Context(), func(tx *db.Tx) error {
			tx.AfterCommit(func() { t.Error("AfterCommit ran after a failure") })
			if err := tx.Queue(insertPaint, "queued", 1, false, nil, nil, nil); err != nil {
				return err
			}
			if _, err := tx.Exec(insertPaint, "red", 1, false, nil, nil, nil); err != nil {
				return err
			}
			return refused
		})
		if !errors.Is(err, refused) {
			t.Errorf("Do returned %v", err)
		}

		var panicked *db.PanicError
		err = d.Do(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec(insertPaint, "red", 1, false, nil, nil, nil); err != nil {
				return err
			}
			panic("secret words")
		})
		if !errors.As(err, &panicked) || panicked.Value != "secret words" || !strings.Contains(string(panicked.Stack), "db_test") {
			t.Errorf("a panic came back as %v", err)
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error %q tells the panic's value", err)
		}

		err = d.Do(t.Context(), func(tx *db.Tx) error {
			if err := tx.Queue(insertPaint, "red", 1, false, nil, nil, nil); err != nil {
				return err
			}
			_, dropped := tx.Exec("INSERT INTO nowhere VALUES (1)")
			if dropped == nil {
				t.Error("a statement on no table succeeded")
			}
			if _, err := tx.Exec("SELECT 1"); err == nil {
				t.Error("a doomed transaction went on")
			}
			return nil
		})
		if err == nil {
			t.Error("a transaction whose statement failed was committed")
		}
		if got := ids(t, d); got != nil {
			t.Errorf("rows %v were kept", got)
		}
		must(t, add(d, t.Context(), "after"))
	})
}

func TestAfterCommitRunsInOrderInTheCallersGoroutine(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d)
		var order []string // written without a lock: the race detector would tell of another goroutine
		must(t, d.Do(t.Context(), func(tx *db.Tx) error {
			tx.AfterCommit(func() { order = append(order, "first") })
			tx.AfterCommit(func() {
				order = append(order, "second")
				// A notice sent now may be followed at once by a read.
				if got := ids(t, d); !cmp.Equal(got, []string{"red"}) {
					t.Errorf("after the commit the rows are %v", got)
				}
			})
			_, err := tx.Exec(insertPaint, "red", 1, false, nil, nil, nil)
			return err
		}))
		if diff := cmp.Diff([]string{"first", "second"}, order); diff != "" {
			t.Error(diff)
		}
	})
}

func TestQueuedStatementsAreSeenByReadsAndCommits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d)
		queue := func(tx *db.Tx, names ...string) error {
			for _, n := range names {
				if err := tx.Queue(insertPaint, n, 1, false, nil, nil, nil); err != nil {
					return err
				}
			}
			return nil
		}
		must(t, d.Do(t.Context(), func(tx *db.Tx) error {
			if err := queue(tx, "a", "b"); err != nil {
				return err
			}
			var n int
			if err := tx.QueryRow("SELECT count(*) FROM paint").Scan(&n); err != nil {
				return err
			}
			if n != 2 {
				t.Errorf("a read saw %d queued rows, want 2", n)
			}
			return queue(tx, "c")
		}))
		must(t, d.Do(t.Context(), func(tx *db.Tx) error { return queue(tx, "d", "e") }))
		err := d.Do(t.Context(), func(tx *db.Tx) error { return queue(tx, "f", "a") })
		if !db.IsUnique(err) {
			t.Errorf("a queued conflict gave %v", err)
		}
		err = d.Do(t.Context(), func(tx *db.Tx) error {
			var n int
			if err := tx.QueryRow("SELECT count(*) FROM paint").Scan(&n); err != nil {
				return err
			}
			return queue(tx, "f", "a")
		})
		if !db.IsUnique(err) {
			t.Errorf("a queued conflict at the commit gave %v", err)
		}
		if diff := cmp.Diff([]string{"a", "b", "c", "d", "e"}, ids(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRowsMustBeClosedBeforeTheNextStatement(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d)
		must(t, add(d, t.Context(), "a"))
		must(t, add(d, t.Context(), "b"))
		err := d.Do(t.Context(), func(tx *db.Tx) error {
			rows, err := tx.Query("SELECT id FROM paint")
			if err != nil {
				return err
			}
			rows.Next()
			_, err = tx.Exec("DELETE FROM paint")
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "rows are still open") {
			t.Errorf("a statement during reading gave %v", err)
		}
		if got := ids(t, d); len(got) != 2 {
			t.Errorf("rows are %v", got)
		}
	})
}

func TestManyWritersAndReadersAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d)
		must(t, add(d, t.Context(), "total"))
		const writers, each = 8, 25
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					err := d.Do(t.Context(), func(tx *db.Tx) error {
						if i%5 == 4 {
							if _, err := tx.Exec("UPDATE paint SET tins = -1000 WHERE id = 'total'"); err != nil {
								return err
							}
							return errors.New("taken back")
						}
						if _, err := tx.Exec("UPDATE paint SET tins = tins + 1 WHERE id = 'total'"); err != nil {
							return err
						}
						return tx.Queue(insertPaint, fmt.Sprintf("%d-%d", w, i), 1, false, nil, nil, nil)
					})
					if (err != nil) != (i%5 == 4) {
						t.Errorf("writer %d, function %d: %v", w, i, err)
					}
				}
			})
		}
		stop := make(chan struct{})
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					var tins, rows int
					if err := d.Read(t.Context(), func(tx *db.Tx) error {
						if err := tx.QueryRow("SELECT tins FROM paint WHERE id = 'total'").Scan(&tins); err != nil {
							return err
						}
						return tx.QueryRow("SELECT count(*) FROM paint").Scan(&rows)
					}); err != nil {
						t.Errorf("read: %v", err)
						return
					}
					if tins != rows {
						t.Errorf("a snapshot shows %d counted and %d rows", tins, rows)
						return
					}
				}
			})
		}
		wg.Wait()
		close(stop)
		readers.Wait()
		if got, want := len(ids(t, d)), writers*each*4/5+1; got != want {
			t.Errorf("%d rows, want %d", got, want)
		}
		s := d.Stats()
		if s.Transactions != writers*each*4/5+2 || s.Failed != writers*each/5 || s.Commits == 0 || s.Waiting != 0 {
			t.Errorf("stats are %+v", s)
		}
	})
}
