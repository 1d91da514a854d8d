package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

// hold keeps the writer busy with one function until release is called, so that what is given meanwhile becomes one batch.
func hold(t *testing.T, d *db.DB) (release func()) {
	t.Helper()
	busy, free := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := d.Do(context.Background(), func(*db.Tx) error { close(busy); <-free; return nil }); err != nil {
			t.Errorf("the holding function: %v", err)
		}
	})
	<-busy
	return func() { close(free); wg.Wait() }
}

// queued waits until n functions wait for the writer.
func queued(t *testing.T, d *db.DB, n int64) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); d.Stats().Waiting < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d functions wait, want %d", d.Stats().Waiting, n)
		}
	}
}

func TestOneCommitCarriesManyAndAFailureStaysAlone(t *testing.T) {
	for _, failing := range []int{0, 5, 9} { // first, middle and last of the batch
		t.Run(fmt.Sprint(failing), func(t *testing.T) {
			d := dbtest.SQLite(t)
			prepare(t, d)
			release := hold(t, d)
			before := d.Stats()

			const callers = 10
			refused := errors.New("refused")
			errs := make([]error, callers)
			var wg sync.WaitGroup
			for i := range callers {
				wg.Go(func() {
					errs[i] = d.Do(t.Context(), func(tx *db.Tx) error {
						if _, err := tx.Exec(insertPaint, fmt.Sprint(i), 1, false, nil, nil, nil); err != nil {
							return err
						}
						switch i {
						case failing:
							return refused
						case failing + 1:
							panic("broken")
						case failing - 1:
							_, err := tx.Exec(insertPaint, fmt.Sprint(i), 1, false, nil, nil, nil)
							if err == nil {
								t.Error("the same key twice")
							}
							return nil // a dropped error must not save the rest
						}
						return nil
					})
				})
				queued(t, d, int64(i)+1)
			}
			release()
			wg.Wait()

			var want []string
			for i, err := range errs {
				switch i {
				case failing:
					if !errors.Is(err, refused) {
						t.Errorf("caller %d got %v", i, err)
					}
				case failing + 1:
					if p := (*db.PanicError)(nil); !errors.As(err, &p) {
						t.Errorf("caller %d got %v", i, err)
					}
				case failing - 1:
					if !db.IsUnique(err) {
						t.Errorf("caller %d got %v", i, err)
					}
				default:
					if err != nil {
						t.Errorf("caller %d got %v", i, err)
					}
					want = append(want, fmt.Sprint(i))
				}
			}
			if diff := cmp.Diff(want, ids(t, d)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			after := d.Stats()
			// One commit for the function that held the writer, one for all the others.
			if n := after.Commits - before.Commits; n != 2 || after.LargestBatch != int64(len(want)) {
				t.Errorf("%d commits, largest batch %d, want 2 and %d", n, after.LargestBatch, len(want))
			}
		})
	}
}

func TestABatchIsBounded(t *testing.T) {
	d := dbtest.Open(t, db.Config{Path: t.TempDir() + "/small.db", Batch: 3})
	prepare(t, d)
	release := hold(t, d)
	var wg sync.WaitGroup
	for i := range 7 {
		wg.Go(func() {
			if err := add(d, t.Context(), fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		})
	}
	queued(t, d, 7)
	release()
	wg.Wait()
	if s := d.Stats(); s.LargestBatch != 3 || s.Commits != 1+1+3 {
		t.Errorf("stats are %+v", s)
	}
}

func TestACallerWhoLeftIsSkipped(t *testing.T) {
	d := dbtest.SQLite(t)
	prepare(t, d)
	release := hold(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() { left <- add(d, ctx, "left") }()
	queued(t, d, 1)
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the caller who left got %v", err)
	}
	release()
	must(t, add(d, t.Context(), "stayed"))
	if diff := cmp.Diff([]string{"stayed"}, ids(t, d)); diff != "" {
		t.Error(diff)
	}
}

// Somebody whose context ends while their function runs must learn how it really ended.
func TestACallerWhoLeavesTooLateLearnsTheOutcome(t *testing.T) {
	d := dbtest.SQLite(t)
	prepare(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	must(t, d.Do(ctx, func(tx *db.Tx) error {
		cancel()
		_, err := tx.Exec(insertPaint, "late", 1, false, nil, nil, nil)
		return err
	}))
	if diff := cmp.Diff([]string{"late"}, ids(t, d)); diff != "" {
		t.Error(diff)
	}
}

// A trigger that rolls back is the one way to lose a whole transaction that a test can bring about at will; a full disk
// does the same.
func TestALostTransactionIsToldToAllInItAndNoOthers(t *testing.T) {
	d := dbtest.SQLite(t)
	prepare(t, d)
	must(t, d.Do(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`CREATE TRIGGER lose BEFORE INSERT ON paint WHEN NEW.id = 'poison' BEGIN SELECT RAISE(ROLLBACK, 'lost'); END`)
		return err
	}))
	release := hold(t, d)
	names := []string{"a", "b", "poison", "c", "d"}
	errs := make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { errs[i] = add(d, t.Context(), name) })
		queued(t, d, int64(i)+1)
	}
	release()
	wg.Wait()
	var kept []string
	for i, name := range names {
		if errs[i] == nil {
			kept = append(kept, name)
		}
	}
	if diff := cmp.Diff([]string{"c", "d"}, kept); diff != "" {
		t.Errorf("acknowledged (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(kept, ids(t, d)); diff != "" {
		t.Errorf("stored and acknowledged differ:\n%s", diff)
	}
	if errs[0] == nil || !strings.Contains(errs[0].Error(), "shared transaction was lost") {
		t.Errorf("the first caller got %v", errs[0])
	}
}

func TestBackupIsAWholeDatabaseWhileWritersWrite(t *testing.T) {
	d := dbtest.SQLite(t)
	prepare(t, d)
	for i := range 200 {
		must(t, add(d, t.Context(), fmt.Sprintf("%03d", i)))
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				if err := add(d, t.Context(), fmt.Sprintf("later-%d", i)); err != nil {
					t.Error(err)
				}
			}
		}
	})
	copied := t.TempDir() + "/copy.db"
	err := d.Backup(t.Context(), copied)
	close(stop)
	wg.Wait()
	must(t, err)
	if err := d.Backup(t.Context(), copied); err == nil {
		t.Error("a backup was written over another")
	}
	if n := len(ids(t, dbtest.Open(t, db.Config{Path: copied}))); n < 200 {
		t.Errorf("the copy has %d rows", n)
	}
	if err := dbtest.Postgres(t).Backup(t.Context(), copied+"2"); !errors.Is(err, db.ErrUnsupported) {
		t.Errorf("PostgreSQL said %v", err)
	}
}

// Whoever waits for a commit should not wait for the copying of the log as well.
func TestTheLogIsCopiedBesideTheWriter(t *testing.T) {
	d := dbtest.SQLite(t)
	prepare(t, d)
	size := func() int64 {
		info, err := os.Stat(d.Path())
		must(t, err)
		return info.Size()
	}
	empty := size()
	for i := range 300 { // far fewer than the writer itself would begin to copy after
		must(t, add(d, t.Context(), fmt.Sprintf("%0200d", i)))
	}
	for end := time.Now().Add(60 * time.Second); size() <= empty; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the database file still has %d bytes", size())
		}
	}
}
