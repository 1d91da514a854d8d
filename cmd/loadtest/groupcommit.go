package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// rows is the least that a durable message can cost: one row in SQLite, written
// by one goroutine that commits together whoever is there. A row counts when it
// is on disk (WAL, synchronous=FULL).
type rows struct {
	pool  *sql.DB
	queue chan row
	done  chan struct{}
}

type row struct {
	id, sender, words string
	written           chan error
}

// maxTogether bounds a commit.
const maxTogether = 256

func openRows(path string) (*rows, error) {
	pragmas := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "cache_size(-8000)", "busy_timeout(5000)"}}
	pool, err := sql.Open("sqlite", "file:"+path+"?"+pragmas.Encode())
	if err != nil {
		return nil, fmt.Errorf("open the reference's database: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	// WITHOUT ROWID: the row is its key's tree, one page touched instead of two.
	_, err = pool.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, sender TEXT NOT NULL, words TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID`)
	if err != nil {
		return nil, fmt.Errorf("make the reference's table: %w", err)
	}
	c, err := pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the reference's database: %w", err)
	}
	w := &writer{}
	for _, s := range []struct {
		to  **sql.Stmt
		sql string
	}{
		{&w.begin, "BEGIN IMMEDIATE"}, {&w.commit, "COMMIT"}, {&w.rollback, "ROLLBACK"},
		{&w.insert, "INSERT INTO messages (id, sender, words, at) VALUES (?, ?, ?, ?)"},
	} {
		if *s.to, err = c.PrepareContext(ctx, s.sql); err != nil {
			return nil, fmt.Errorf("prepare: %w", err)
		}
	}
	r := &rows{pool: pool, queue: make(chan row, maxTogether), done: make(chan struct{})}
	go r.run(w)
	return r, nil
}

func (r *rows) close() error {
	close(r.queue)
	<-r.done
	return r.pool.Close()
}

// insert returns when the row is on disk.
func (r *rows) insert(id, sender, words string) error {
	one := row{id, sender, words, make(chan error, 1)}
	r.queue <- one
	return <-one.written
}

func (r *rows) count(ctx context.Context) (n int, err error) {
	err = r.pool.QueryRowContext(ctx, "SELECT count(*) FROM messages").Scan(&n)
	return n, err
}

func (r *rows) run(w *writer) {
	defer close(r.done)
	batch := make([]row, 0, maxTogether)
	for first := range r.queue {
		batch = append(batch[:0], first)
		for more := true; more && len(batch) < maxTogether; {
			select {
			case next, ok := <-r.queue:
				if more = ok; ok {
					batch = append(batch, next)
				}
			default:
				more = false
			}
		}
		err := w.together(batch)
		for _, one := range batch {
			one.written <- err
		}
	}
}

// writer is the statements of the one connection that writes.
type writer struct{ begin, insert, commit, rollback *sql.Stmt }

func (w *writer) together(batch []row) error {
	ctx := context.Background() // the deadline is the caller's; a commit is not interrupted
	if _, err := w.begin.ExecContext(ctx); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	now := time.Now().UnixMilli()
	for _, one := range batch {
		if _, err := w.insert.ExecContext(ctx, one.id, one.sender, one.words, now); err != nil {
			_, _ = w.rollback.ExecContext(ctx)
			return fmt.Errorf("insert: %w", err)
		}
	}
	if _, err := w.commit.ExecContext(ctx); err != nil {
		_, _ = w.rollback.ExecContext(ctx)
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
