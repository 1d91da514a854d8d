package db_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

// A turn's worth of work: one row that must be new, a counter read and raised, three rows appended, two queued.
const turnSchema = `
CREATE TABLE talk (id TEXT PRIMARY KEY, seq BIGINT NOT NULL, version BIGINT NOT NULL);
CREATE TABLE said (source TEXT NOT NULL, source_id TEXT NOT NULL, talk TEXT NOT NULL, words TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (source, source_id));
CREATE TABLE log (talk TEXT NOT NULL, seq BIGINT NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (talk, seq));
CREATE TABLE outgoing (id TEXT PRIMARY KEY, talk TEXT NOT NULL, words TEXT NOT NULL, state TEXT NOT NULL);
`

func turn(tx *db.Tx, talk string, n int64) error {
	words := strings.Repeat("x", 120)
	if err := tx.Queue("INSERT INTO said (source, source_id, talk, words, at) VALUES ($1, $2, $3, $4, $5)", "line", fmt.Sprint(n), talk, words, n); err != nil {
		return err
	}
	var seq int64
	if err := tx.QueryRow(`INSERT INTO talk (id, seq, version) VALUES ($1, 3, 1)
		ON CONFLICT (id) DO UPDATE SET seq = talk.seq + 3, version = talk.version + 1 RETURNING seq`, talk).Scan(&seq); err != nil {
		return err
	}
	for i := range int64(3) {
		if err := tx.Queue("INSERT INTO log (talk, seq, kind, data) VALUES ($1, $2, $3, $4)", talk, seq-i, "said", words); err != nil {
			return err
		}
	}
	for i := range 2 {
		if err := tx.Queue("INSERT INTO outgoing (id, talk, words, state) VALUES ($1, $2, $3, 'waiting')", fmt.Sprintf("%d-%d", n, i), talk, words); err != nil {
			return err
		}
	}
	return nil
}

func BenchmarkTurn(b *testing.B) {
	open := map[string]func(b *testing.B) *db.DB{
		"sqlite":   func(b *testing.B) *db.DB { return dbtest.Open(b, db.Config{Path: filepath.Join(b.TempDir(), "b.db")}) },
		"postgres": func(b *testing.B) *db.DB { return dbtest.Open(b, db.Config{URL: dbtest.PostgresURL(b)}) },
	}
	for _, dialect := range []string{"sqlite", "postgres"} {
		for _, callers := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("%s/callers=%d", dialect, callers), func(b *testing.B) {
				d := open[dialect](b)
				if err := db.Migrate(b.Context(), d, db.Migrations{Name: "turn", FS: files("0001_turn.sql", turnSchema)}); err != nil {
					b.Fatal(err)
				}
				var n atomic.Int64
				b.ResetTimer()
				spread(b, callers, func() error {
					i := n.Add(1)
					return d.Do(b.Context(), func(tx *db.Tx) error { return turn(tx, fmt.Sprint(i%1000), i) })
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
			})
		}
	}
}

// spread runs do b.N times from the given number of goroutines.
func spread(b *testing.B, callers int, do func() error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	done := make(chan error, callers)
	for range callers {
		go func() {
			for left.Add(-1) >= 0 {
				if err := do(); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range callers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadOneRow(b *testing.B) {
	d := dbtest.Open(b, db.Config{Path: filepath.Join(b.TempDir(), "b.db")})
	if err := db.Migrate(b.Context(), d, db.Migrations{Name: "turn", FS: files("0001_turn.sql", turnSchema)}); err != nil {
		b.Fatal(err)
	}
	if err := d.Do(b.Context(), func(tx *db.Tx) error { return turn(tx, "1", 1) }); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := d.Read(b.Context(), func(tx *db.Tx) error {
			var seq int64
			return tx.QueryRow("SELECT seq FROM talk WHERE id = $1", "1").Scan(&seq)
		}); err != nil {
			b.Fatal(err)
		}
	}
}
