package store_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"helpline/dialog"
	"helpline/dialog/store"
	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

// evening is when the stories begin.
var evening = time.Date(2026, 3, 2, 21, 4, 0, 0, time.UTC)

const famout = dialog.LineID("famout")

// onBoth tells a story on an empty store of each database.
func onBoth(t *testing.T, story func(t *testing.T, s *store.Store)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { story(t, open(t, d)) })
}

func open(t testing.TB, d *db.DB) *store.Store {
	t.Helper()
	must(t, db.Migrate(t.Context(), d, store.Migrations))
	return store.New(d)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, showAddresses); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// showAddresses compares addresses by value: as texts they are all alike.
var showAddresses = cmp.Comparer(func(a, b dialog.Address) bool { return a.Medium == b.Medium && a.Value == b.Value })

// ask reads one thing.
func ask[T any](t testing.TB, s *store.Store, question func(dialog.Reader) (T, error)) T {
	t.Helper()
	v, err := try(t, s, question)
	must(t, err)
	return v
}

func try[T any](t testing.TB, s *store.Store, question func(dialog.Reader) (T, error)) (v T, err error) {
	t.Helper()
	err = s.Read(t.Context(), func(r dialog.Reader) error {
		v, err = question(r)
		return err
	})
	return v, err
}

// do runs steps as one transaction.
func do(t testing.TB, s *store.Store, steps ...func(dialog.Tx) error) error {
	t.Helper()
	return s.Do(t.Context(), func(tx dialog.Tx) error {
		for _, step := range steps {
			if err := step(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

func insertPerson(p dialog.Person) func(dialog.Tx) error {
	return func(tx dialog.Tx) error { return tx.InsertPerson(p) }
}

func insertConversation(c dialog.Conversation) func(dialog.Tx) error {
	return func(tx dialog.Tx) error { return tx.InsertConversation(c) }
}

func update(c dialog.Conversation, expected int64) func(dialog.Tx) error {
	return func(tx dialog.Tx) error { return tx.UpdateConversation(c, expected) }
}

func appendEvents(events ...dialog.Event) func(dialog.Tx) error {
	return func(tx dialog.Tx) error { return tx.AppendEvents(events...) }
}

func queueLines(items ...dialog.OutboxItem) func(dialog.Tx) error {
	return func(tx dialog.Tx) error { return tx.InsertOutbox(items...) }
}

func insertConcern(k dialog.Concern, duties ...dialog.Obligation) func(dialog.Tx) error {
	return func(tx dialog.Tx) error { return tx.InsertConcern(k, duties) }
}

func insertRecording(r dialog.Recording) func(dialog.Tx) error {
	return func(tx dialog.Tx) error { return tx.InsertRecording(r) }
}

func accept(providerID string, c dialog.ConversationID, seq int64) func(dialog.Tx) error {
	return func(tx dialog.Tx) error { return tx.Accept(famout, providerID, c, seq, evening) }
}

func mobile(n int) dialog.Address {
	return dialog.Address{Medium: dialog.SMS, Value: fmt.Sprintf("+4477009%05d", n)}
}

// somebody is person number n with a conversation that the bot holds.
func somebody(n int) (dialog.Person, dialog.Conversation) {
	p := dialog.Person{ID: dialog.PersonID(fmt.Sprintf("person-%d", n)), Address: mobile(n), CreatedAt: evening}
	return p, dialog.Conversation{
		ID: dialog.ConversationID(fmt.Sprintf("conversation-%d", n)), Ref: fmt.Sprintf("%07d", 1_000_000+n),
		Line: famout, Medium: dialog.SMS, Person: p.ID, Holder: dialog.Holder{Kind: dialog.Bot}, Version: 1,
		OpenedAt: evening, LastAt: evening,
	}
}

// meet stores somebody.
func meet(t testing.TB, s *store.Store, n int, change ...func(*dialog.Conversation)) dialog.Conversation {
	t.Helper()
	p, c := somebody(n)
	for _, f := range change {
		f(&c)
	}
	must(t, do(t, s, insertPerson(p), insertConversation(c)))
	return c
}

func said(c dialog.ConversationID, seq int64, words string) dialog.Event {
	return dialog.Event{Conversation: c, Seq: seq, At: evening.Add(time.Duration(seq) * time.Second), Kind: dialog.SaidIn, Text: words}
}

func line(c dialog.Conversation, seq int64, words string) dialog.OutboxItem {
	return dialog.OutboxItem{
		ID: dialog.OutboxID(fmt.Sprintf("%s-line-%d", c.ID, seq)), Conversation: c.ID, Seq: seq, Line: c.Line, Person: c.Person,
		Text: words, FromBot: true, State: dialog.OutboxQueued, NextAt: evening, CreatedAt: evening, UpdatedAt: evening,
	}
}

func data(t testing.TB, v any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	must(t, err)
	return b
}
