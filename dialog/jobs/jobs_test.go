package jobs_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/jobs"
	"helpline/dialog/store"
	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

// listener is told of what the jobs do.
type listener struct{ fetched chan dialog.RecordingID }

func (l listener) FetchRecording(_ context.Context, id dialog.RecordingID) error {
	l.fetched <- id
	return nil
}

func (listener) Transcribe(context.Context, dialog.RecordingID) error { return nil }

func TestARecordingIsLookedAtWhenItIsAskedFor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := db.Migrate(t.Context(), d, store.Migrations); err != nil {
			t.Fatal(err)
		}
		c := jobs.Config{Pool: d.Pool(), Store: store.New(d), Log: slog.New(slog.DiscardHandler), Now: time.Now, Sweep: time.Hour}
		if c.Pool == nil {
			c.Path = filepath.Join(t.TempDir(), "jobs.db")
		}
		j, err := jobs.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		heard := listener{make(chan dialog.RecordingID, 1)}
		if err := j.Start(context.WithoutCancel(t.Context()), heard); err != nil {
			t.Fatal(err)
		}
		defer func() {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			if err := j.Stop(ctx); err != nil {
				t.Error(err)
			}
		}()
		time.Sleep(500 * time.Millisecond) // let the first look, when it starts, be over
		asked := time.Now()
		j.Look("r-1")
		select {
		case id := <-heard.fetched:
			if took := time.Since(asked); id != "r-1" || took > 3*time.Second {
				t.Errorf("%s was looked at after %s", id, took)
			}
		case <-time.After(60 * time.Second):
			t.Fatal("nobody looked")
		}
	})
}
