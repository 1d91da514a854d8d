package desk_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"helpline/dialog"
	"helpline/dialog/desk"
	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

// "Listened to daily" is a fact that is written down: it outlives the house, a
// day without an empty list is missing, and tests of the lines are on no list.
func TestWhenTheListsWereEmpty(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		look := func() map[dialog.ListName]desk.ListView {
			t.Helper()
			states, err := h.Lists(t.Context(), sam)
			h.must(err)
			byName := map[dialog.ListName]desk.ListView{}
			for _, s := range states {
				byName[s.List] = s
			}
			return byName
		}
		days := func(list dialog.ListName) (found []string) {
			t.Helper()
			h.read(func(r dialog.Reader) error {
				all, err := r.ListDays(list, "2026-01-01", "2026-12-31")
				for _, one := range all {
					found = append(found, one.Day+" "+one.LastEmpty.Format("15:04"))
				}
				return err
			})
			return found
		}
		begun := h.now() // 2 March 2026, 21:04
		if s := look()[dialog.ListWaiting]; !s.EmptySince.Equal(begun) || !s.FirstLook.Equal(begun) {
			t.Errorf("at first: %+v", s)
		}
		h.turn(time.Minute)
		got := h.text(worry)
		rung, err := h.Receive(t.Context(), dialog.Inbound{Kind: dialog.InRecording, Line: voice, Medium: dialog.Voice, ProviderID: "RE1", CallID: "CA1",
			From: dialog.Address{Medium: dialog.Voice}, Media: []dialog.Media{{ProviderID: "RE1", URL: "https://provider.example/RE1"}}})
		h.must(err)
		s := look()
		if !s[dialog.ListWaiting].EmptySince.IsZero() || !s[dialog.ListWaiting].LastEmpty.Equal(begun) || !s[dialog.ListUnheard].EmptySince.IsZero() {
			t.Errorf("with a worry and a voice message: %+v", s)
		}

		// The next day nobody listens; the day after that somebody does.
		h.turn(40 * time.Hour)
		look()
		rec := h.view(rung.Conversation).Recordings[0].ID
		h.must(h.FetchRecording(t.Context(), rec))
		h.must(h.Listened(t.Context(), shirin, rec))
		h.turn(time.Minute)
		s = look()
		if !s[dialog.ListUnheard].EmptySince.Equal(h.now()) || !s[dialog.ListWaiting].EmptySince.IsZero() {
			t.Errorf("all is heard, and a worry waits: %+v", s)
		}
		// A test is on no list.
		h.tested()
		h.runTests()
		if s := look(); s[dialog.ListUnheard].EmptySince.IsZero() {
			t.Errorf("a test is on the list: %+v", s)
		}
		want := []string{"2026-03-02 21:04", "2026-03-04 13:06"}
		if diff := cmp.Diff(want, days(dialog.ListUnheard)); diff != "" {
			t.Errorf("days on which all was heard: %s", diff)
		}
		if diff := cmp.Diff(want[:1], days(dialog.ListWaiting)); diff != "" {
			t.Errorf("days on which nobody waited: %s", diff)
		}

		// Today, yesterday, and the day before: as far back as anybody looked.
		if got := look()[dialog.ListUnheard].Days; len(got) != 3 || !got[0].LastEmpty.Equal(h.now()) || !got[1].LastEmpty.IsZero() || !got[2].LastEmpty.Equal(begun) {
			t.Errorf("the last days: %+v", got)
		}

		// A house that is opened again knows it; while the list stays empty each
		// day is written down, by the calendar in Britain (summer time begins).
		h = open(t, d)
		h.turn(time.Date(2026, 3, 29, 23, 30, 0, 0, time.UTC).Sub(h.now()))
		if s := look()[dialog.ListUnheard]; !s.EmptySince.Equal(begun.Add(40*time.Hour + 2*time.Minute)) {
			t.Errorf("after it was opened again: %+v", s)
		}
		if got := days(dialog.ListUnheard); len(got) != 3 || got[2] != "2026-03-30 23:30" {
			t.Errorf("days: %v", got)
		}

		// And by itself, as soon as it becomes so.
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); h.WatchLists(ctx) }()
		defer func() { cancel(); <-ended }()
		v := h.view(got.Conversation)
		c := v.Concerns[0]
		for _, o := range c.Obligations {
			h.must(h.Excuse(t.Context(), sam, c.ID, o.Kind, "a rehearsal"))
		}
		h.must(h.CloseConcern(t.Context(), sam, c.ID, "a rehearsal"))
		q, err := h.Queue(t.Context(), sam, dialog.QueueFilter{})
		h.must(err)
		for _, e := range q {
			if e.Conversation.Test {
				continue
			}
			for _, c := range h.view(e.Conversation.ID).Concerns {
				for _, o := range c.Obligations {
					h.must(h.Excuse(t.Context(), sam, c.ID, o.Kind, "a rehearsal"))
				}
				h.must(h.CloseConcern(t.Context(), sam, c.ID, "a rehearsal"))
			}
			h.must(h.Reviewed(t.Context(), sam, e.Conversation.ID))
		}
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if all := days(dialog.ListWaiting); len(all) == 2 {
				break
			}
			if time.Now().After(end) {
				q, err := h.Queue(t.Context(), sam, dialog.QueueFilter{})
				t.Fatalf("nobody wrote down that the list is empty: %+v, %v", q, err)
			}
		}
	})
}
