package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/store"
	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

// BenchmarkTurn measures what one text message costs the store, beside the least that a durable message can cost: one row. Compare the
// figures of one run with each other only.
//
//	go test ./dialog/store -run '^$' -bench Turn -benchtime 3000x
func BenchmarkTurn(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("sqlite/%d/row", callers), func(b *testing.B) { plainRows(b, dbtest.SQLite(b), callers) })
		b.Run(fmt.Sprintf("sqlite/%d/turn", callers), func(b *testing.B) { turns(b, dbtest.SQLite(b), callers) })
	}
	b.Run("postgres/16/row", func(b *testing.B) { plainRows(b, dbtest.Postgres(b), 16) })
	b.Run("postgres/16/turn", func(b *testing.B) { turns(b, dbtest.Postgres(b), 16) })
}

// spread runs b.N calls by so many callers and reports the rate.
func spread(b *testing.B, callers int, call func(caller, n int) error) {
	b.ReportAllocs()
	b.ResetTimer()
	var next atomic.Int64
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if err := call(caller, int(n)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

func plainRows(b *testing.B, d *db.DB, callers int) {
	must(b, d.Do(b.Context(), func(tx *db.Tx) error {
		return tx.Queue(`CREATE TABLE plain (id TEXT PRIMARY KEY, words TEXT NOT NULL)`)
	}))
	spread(b, callers, func(_, n int) error {
		return d.Do(b.Context(), func(tx *db.Tx) error {
			return tx.Queue(`INSERT INTO plain (id, words) VALUES ($1, $2)`, fmt.Sprintf("SM%030d", n), "what is a case conference")
		})
	})
}

// turns has each caller go on with conversations of a hundred people in turn, as the desk does: read the situation, then write the
// message, what was found, the answer and the line to send.
func turns(b *testing.B, d *db.DB, callers int) {
	s := open(b, d)
	people := 100 * callers
	for n := range people {
		meet(b, s, n)
	}
	spread(b, callers, func(caller, n int) error {
		return turn(b, s, caller*100+n/callers%100, n)
	})
}

func turn(b *testing.B, s *store.Store, person, n int) error {
	from, providerID := mobile(person), fmt.Sprintf("SM%030d", n)
	var found dialog.Situation
	err := s.Read(b.Context(), func(r dialog.Reader) (err error) {
		found, err = r.Situation(famout, from, providerID, "")
		return err
	})
	if err != nil {
		return err
	}
	now := time.Now()
	c := found.Conversation
	in := c.LastSeq + 1
	c.Version, c.LastSeq, c.LastInSeq, c.AnsweredSeq, c.LastAt = c.Version+1, in+3, in, in, now
	c.State = []byte(`{"step":"answered","sheet":"case-conference","section":"what-it-is","language":"en","asked":["who","prison"]}`)
	return s.Do(b.Context(), func(tx dialog.Tx) error {
		if err := tx.Accept(famout, providerID, c.ID, in, now); err != nil {
			return err
		}
		if err := tx.UpdateConversation(c, found.Conversation.Version); err != nil {
			return err
		}
		if err := tx.AppendEvents(
			dialog.Event{Conversation: c.ID, Seq: in, At: now, Kind: dialog.SaidIn, Text: "famout what is a case conference"},
			dialog.Event{Conversation: c.ID, Seq: in + 1, At: now, Kind: dialog.Assessed, Data: []byte(`{"of":1,"assessment":{"level":"none","who":"none"}}`)},
			dialog.Event{Conversation: c.ID, Seq: in + 2, At: now, Kind: dialog.Answered, Data: []byte(`{"kind":"section","slug":"case-conference"}`)},
			dialog.Event{Conversation: c.ID, Seq: in + 3, At: now, Kind: dialog.SaidBot, Text: answer},
		); err != nil {
			return err
		}
		return tx.InsertOutbox(dialog.OutboxItem{
			ID: dialog.OutboxID(dialog.NewID(now)), Conversation: c.ID, Seq: in + 3, Line: famout, Person: found.Person.ID, Text: answer, FromBot: true,
			State: dialog.OutboxQueued, NextAt: now, CreatedAt: now, UpdatedAt: now,
		})
	})
}

const answer = `A meeting of the people who look after somebody in prison. The family may be asked to come. Reply MORE for what happens there.`

// BenchmarkSituation measures what a message is read for: of somebody in the middle of a conversation, and of somebody new.
func BenchmarkSituation(b *testing.B) {
	s := open(b, dbtest.SQLite(b))
	for n := range 1000 {
		meet(b, s, n)
	}
	for n := range 3000 {
		must(b, turn(b, s, n%1000, n))
	}
	for name, person := range map[string]int{"known": 500, "new": 1001} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				must(b, s.Read(b.Context(), func(r dialog.Reader) error {
					_, err := r.Situation(famout, mobile(person), fmt.Sprintf("SN%030d", n), "")
					return err
				}))
			}
		})
	}
}
