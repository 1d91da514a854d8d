package db

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// maxAttempts bounds how often a transaction is run when PostgreSQL asks for it to be run again.
const maxAttempts = 6

type postgres struct {
	pool    *pgxpool.Pool
	count   *counters
	timeout time.Duration

	mu     sync.RWMutex
	closed bool
}

func openPostgres(ctx context.Context, c Config, count *counters) (*postgres, error) {
	pc, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		// The error of the parser may quote the URL, which holds a password.
		return nil, errors.New("the URL of the database is not one that PostgreSQL understands")
	}
	if !strings.Contains(c.URL, "pool_max_conns") {
		pc.MaxConns = int32(c.MaxConns) //nolint:gosec // a small setting
	}
	ctx, cancel := bounded(ctx, c.Timeout)
	defer cancel()
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("make the pool: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &postgres{pool: pool, count: count, timeout: c.Timeout}, nil
}

// bounded gives a context without a deadline one.
func bounded(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, d)
}

func (p *postgres) do(ctx context.Context, fn func(*Tx) error) ([]func(), error) {
	ctx, cancel := bounded(ctx, p.timeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		after, err := p.once(ctx, fn)
		if err == nil {
			p.count.committed(1)
			return after, nil
		}
		if attempt == maxAttempts || !retryable(err) || ctx.Err() != nil {
			return nil, err
		}
		p.count.retries.Add(1)
		// Two transactions that met must not meet again: a little longer each time, and not in step.
		pause := time.Duration(attempt)*2*time.Millisecond + rand.N(4*time.Millisecond)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, err
		}
	}
}

func (p *postgres) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	p.mu.RLock()
	closed := p.closed
	p.mu.RUnlock()
	if closed {
		return nil, ErrClosed
	}
	c, err := p.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("take a connection: %w", err)
	}
	return c, nil
}

// once runs fn in one transaction. Nothing is sent before fn asks for an answer: a transaction that only queues is sent
// as one batch, which PostgreSQL runs as one transaction without BEGIN and COMMIT.
func (p *postgres) once(ctx context.Context, fn func(*Tx) error) ([]func(), error) {
	c, err := p.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Release()
	s := &pgSession{ctx: ctx, conn: c.Conn(), begin: "BEGIN ISOLATION LEVEL READ COMMITTED"}
	defer s.rollback()
	tx := &Tx{ctx: ctx, dialect: Postgres, session: s}
	if err := tx.outcome(protect(fn, tx)); err != nil {
		return nil, err
	}
	if err := s.commit(); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	return tx.after, nil
}

func (p *postgres) read(ctx context.Context, fn func(*Tx) error) error {
	ctx, cancel := bounded(ctx, p.timeout)
	defer cancel()
	c, err := p.acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	s := &pgSession{ctx: ctx, conn: c.Conn(), begin: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
	defer s.rollback()
	tx := &Tx{ctx: ctx, dialect: Postgres, session: s}
	if err := tx.outcome(fn(tx)); err != nil {
		return err
	}
	return s.endRead()
}

func (p *postgres) ping(ctx context.Context) error {
	ctx, cancel := bounded(ctx, p.timeout)
	defer cancel()
	c, err := p.acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	return c.Ping(ctx)
}

func (p *postgres) sizeHint(ctx context.Context) (int64, error) {
	var n int64
	err := p.read(ctx, func(tx *Tx) error {
		return tx.QueryRow("SELECT pg_database_size(current_database())").Scan(&n)
	})
	return n, err
}

func (p *postgres) waiting() int64 { return int64(p.pool.Stat().AcquiredConns()) }

func (p *postgres) backup(context.Context, string) error {
	return fmt.Errorf("use pg_dump: %w", ErrUnsupported)
}

func (p *postgres) close() error {
	p.mu.Lock()
	closed := p.closed
	p.closed = true
	p.mu.Unlock()
	if !closed {
		p.pool.Close()
	}
	return nil
}

// pgSession is one transaction on one connection.
type pgSession struct {
	ctx    context.Context
	conn   *pgx.Conn
	begin  string
	begun  bool
	queued []queued
	open   *pgCursor
}

type queued struct {
	query string
	args  []any
}

// send sends what is queued, and query last, in one round trip. The returned results stand before query's.
func (s *pgSession) send(query string, args []any) (pgx.BatchResults, error) {
	b := &pgx.Batch{}
	if !s.begun {
		b.Queue(s.begin)
	}
	for _, q := range s.queued {
		b.Queue(q.query, q.args...)
	}
	b.Queue(query, args...)
	s.begun, s.queued = true, nil
	br := s.conn.SendBatch(s.ctx, b)
	for range b.Len() - 1 {
		if _, err := br.Exec(); err != nil {
			_ = br.Close() // reports the same error again
			return nil, err
		}
	}
	return br, nil
}

func (s *pgSession) exec(query string, args []any) (int64, error) {
	br, err := s.send(query, args)
	if err != nil {
		return 0, err
	}
	tag, err := br.Exec()
	if e := br.Close(); err == nil {
		err = e
	}
	return tag.RowsAffected(), err
}

func (s *pgSession) query(query string, args []any) (cursor, error) {
	br, err := s.send(query, args)
	if err != nil {
		return nil, err
	}
	rows, err := br.Query()
	if err != nil {
		_ = br.Close()
		return nil, err
	}
	s.open = &pgCursor{Rows: rows, br: br}
	return s.open, nil
}

func (s *pgSession) queue(query string, args []any) error {
	s.queued = append(s.queued, queued{query, args})
	return nil
}

func (s *pgSession) script(text string) error {
	if !s.begun || len(s.queued) > 0 {
		if _, err := s.exec("SELECT 1", nil); err != nil {
			return err
		}
	}
	if _, err := s.conn.PgConn().Exec(s.ctx, text).ReadAll(); err != nil {
		return fmt.Errorf("run script: %w", err)
	}
	return nil
}

// commit makes the transaction durable, in the same round trip as what is still queued.
func (s *pgSession) commit() error {
	if !s.begun {
		return s.commitAtOnce()
	}
	br, err := s.send("COMMIT", nil)
	if err != nil {
		return err
	}
	tag, err := br.Exec()
	if e := br.Close(); err == nil {
		err = e
	}
	if err == nil && tag.String() != "COMMIT" {
		err = fmt.Errorf("PostgreSQL answered %s", tag)
	}
	return err
}

// commitAtOnce sends a transaction that only queued: one batch is one transaction.
func (s *pgSession) commitAtOnce() error {
	if len(s.queued) == 0 {
		return nil
	}
	b := &pgx.Batch{}
	for _, q := range s.queued {
		b.Queue(q.query, q.args...)
	}
	s.queued = nil
	return s.conn.SendBatch(s.ctx, b).Close()
}

// endRead gives the snapshot back.
func (s *pgSession) endRead() error {
	if len(s.queued) > 0 {
		return errors.New("writing in a read")
	}
	if !s.begun {
		return nil
	}
	if _, err := s.conn.Exec(s.ctx, "COMMIT"); err != nil {
		return fmt.Errorf("end reading: %w", err)
	}
	return nil
}

// rollback ends a transaction that is still open. A connection on which that fails is not used again.
func (s *pgSession) rollback() {
	if s.open != nil {
		_ = s.open.Close()
	}
	if s.conn.IsClosed() || s.conn.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), 5*time.Second)
	defer cancel()
	if _, err := s.conn.PgConn().Exec(ctx, "ROLLBACK").ReadAll(); err != nil {
		_ = s.conn.Close(ctx)
	}
}

// pgCursor closes the batch with its last result.
type pgCursor struct {
	pgx.Rows
	br     pgx.BatchResults
	closed bool
}

func (c *pgCursor) Err() error {
	c.Rows.Close() // pgx knows the outcome of a statement only when its result was read or closed
	return c.Rows.Err()
}

func (c *pgCursor) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	c.Rows.Close()
	return c.br.Close()
}
