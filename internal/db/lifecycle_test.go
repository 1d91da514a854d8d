package db_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

func TestAContextThatEndedRunsNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := add(d, ctx, "red"); !errors.Is(err, context.Canceled) {
			t.Errorf("Do returned %v", err)
		}
		if err := d.Read(ctx, func(*db.Tx) error { t.Error("Read ran"); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("Read returned %v", err)
		}
		if got := ids(t, d); got != nil {
			t.Errorf("rows are %v", got)
		}
	})
}

func TestCloseFinishesAndThenRefuses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		prepare(t, d)
		must(t, d.Ping(t.Context()))
		if n, err := d.SizeHint(t.Context()); err != nil || n < 4096 {
			t.Errorf("size %d: %v", n, err)
		}
		must(t, d.Close())
		must(t, d.Close())
		if err := add(d, t.Context(), "red"); !errors.Is(err, db.ErrClosed) {
			t.Errorf("Do returned %v", err)
		}
		if err := d.Read(t.Context(), func(*db.Tx) error { return nil }); !errors.Is(err, db.ErrClosed) {
			t.Errorf("Read returned %v", err)
		}
		if err := d.Ping(t.Context()); !errors.Is(err, db.ErrClosed) {
			t.Errorf("Ping returned %v", err)
		}
	})
}

// A test that calls t.Fatal inside a transaction ends the goroutine that runs it.
func TestAFunctionThatEndsItsGoroutineHarmsNobodyElse(t *testing.T) {
	d := dbtest.SQLite(t)
	prepare(t, d)
	err := d.Do(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec(insertPaint, "red", 1, false, nil, nil, nil); err != nil {
			return err
		}
		runtime.Goexit()
		return nil
	})
	if err == nil {
		t.Error("Do returned no error")
	}
	must(t, add(d, t.Context(), "blue"))
	if diff := cmp.Diff([]string{"blue"}, ids(t, d)); diff != "" {
		t.Error(diff)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]db.Config{
		"nothing": {},
		"both":    {URL: "postgres://x@localhost/y", Path: "z"},
		"no URL":  {URL: "postgres://user:hunter2@[::1/x"},
		"nobody":  {URL: "postgres://user:hunter2@/x?host=/nonexistent", Timeout: 5 * time.Second},
		"folder":  {Path: t.TempDir()},
	} {
		d, err := db.Open(t.Context(), c)
		if err == nil {
			t.Errorf("%s: opened", name)
			must(t, d.Close())
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error tells the password: %v", name, err)
		}
	}
}
