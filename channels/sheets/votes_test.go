package sheets_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"helpline/channels/sheets"
	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

func TestVotesAreCountedAndNothingElse(t *testing.T) {
	h := open(t, library(t), nil)
	if w := h.ask(http.MethodPost, "/sheets/icm/helpful", "helpful=yes&words=he+is+in+Barlinnie"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/sheets/icm?helpful=yes#helpful" || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("%d to %s", w.Code, w.Header().Get("Location"))
	}
	if w := h.ask(http.MethodPost, "/sheets/icm/helpful", "helpful=no", "Accept", "application/json"); w.Code != 200 || !strings.Contains(w.Body.String(), `"message"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for target, want := range map[string]int{"/sheets/icm/helpful": 400, "/sheets/nothing/helpful": 404} {
		if w := h.ask(http.MethodPost, target, "helpful=perhaps"); w.Code != want {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	got, err := h.tally.Counts(t.Context(), today)
	want := []sheets.Count{{Slug: "icm", Month: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Helpful: 1, Unhelpful: 1}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	// One who votes very often is thanked and no longer counted.
	for range 30 {
		if w := h.ask(http.MethodPost, "/sheets/acct/helpful", "helpful=no"); w.Code != http.StatusSeeOther {
			t.Fatalf("%d", w.Code)
		}
	}
	if got, err = h.tally.Counts(t.Context(), today); err != nil || got[0].Slug != "acct" || got[0].Unhelpful >= 10 {
		t.Errorf("one person counted as %+v, %v", got, err)
	}
	if strings.Contains(h.log.String(), "Barlinnie") {
		t.Error("the log holds what was sent")
	}
	if page := h.get("/sheets/icm?helpful=no").Body.String(); !strings.Contains(page, "ask in the chat") || strings.Contains(page, "<fieldset>") {
		t.Error("one who said no is not told where to go on")
	}
}

func TestNobodyIsAskedWhenNothingCounts(t *testing.T) {
	h := open(t, library(t), func(c *sheets.Config) { c.Votes = nil })
	if strings.Contains(h.get("/sheets/icm").Body.String(), "helpful") {
		t.Error("a question whose answer nobody takes")
	}
	if w := h.ask(http.MethodPost, "/sheets/icm/helpful", "helpful=yes"); w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
		t.Errorf("%d", w.Code)
	}
}

func TestAVoteThatCannotBeKept(t *testing.T) {
	d := dbtest.SQLite(t)
	broken := tallyOn(t, d)
	h := open(t, library(t), func(c *sheets.Config) { c.Votes = broken })
	err := d.Do(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(`DROP TABLE sheet_votes`); return err })
	if err != nil {
		t.Fatal(err)
	}
	if w := h.ask(http.MethodPost, "/sheets/icm/helpful", "helpful=yes"); w.Header().Get("Location") != "/sheets/icm?helpful=failed#helpful" {
		t.Errorf("to %s", w.Header().Get("Location"))
	}
	if w := h.ask(http.MethodPost, "/sheets/icm/helpful", "helpful=yes", "Accept", "application/json"); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "could not count") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestTally(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		tally := tallyOn(t, d)
		var all sync.WaitGroup
		faults := make(chan error, 40)
		for i := range 40 {
			all.Go(func() { faults <- tally.Vote(t.Context(), "icm", i%4 == 0) })
		}
		all.Wait()
		close(faults)
		for err := range faults {
			if err != nil {
				t.Fatal(err)
			}
		}
		got, err := tally.Counts(t.Context(), today)
		if err != nil || len(got) != 1 || got[0].Helpful != 10 || got[0].Unhelpful != 30 {
			t.Errorf("%+v, %v", got, err)
		}
		if later, err := tally.Counts(t.Context(), today.AddDate(0, 1, 0)); err != nil || len(later) != 0 {
			t.Errorf("%+v, %v", later, err)
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := tally.Vote(over, "icm", true); !errors.Is(err, context.Canceled) {
			t.Errorf("a vote of nobody: %v", err)
		}
	})
}
