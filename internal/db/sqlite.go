package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	driver "modernc.org/sqlite"
)

// sqlite is one writer connection, owned by the writer goroutine, one that copies the log, and a few that only read.
type sqlite struct {
	path    string
	pool    *sql.DB
	count   *counters
	readers chan *liteConn
	nRead   int
	writer  *writer

	closeOnce sync.Once
	closeErr  error
	closed    chan struct{}
}

func openSQLite(ctx context.Context, c Config, count *counters) (_ *sqlite, err error) {
	if err := makeFile(c.Path); err != nil {
		return nil, err
	}
	pool, err := OpenSQL(c.Path, c.BusyTimeout)
	if err != nil {
		return nil, err
	}
	// Every connection is taken once, below, and kept: the pool only makes them.
	pool.SetMaxOpenConns(c.Readers + 2)
	defer func() {
		if err != nil {
			err = errors.Join(err, pool.Close())
		}
	}()

	s := &sqlite{
		path: c.Path, pool: pool, count: count, nRead: c.Readers,
		readers: make(chan *liteConn, c.Readers), closed: make(chan struct{}),
	}
	wc, err := newLiteConn(ctx, pool)
	if err != nil {
		return nil, err
	}
	if err := checkMode(wc); err != nil {
		return nil, err
	}
	if _, err := wc.c.ExecContext(ctx, autoCheckpoint); err != nil {
		return nil, err
	}
	for range c.Readers {
		rc, err := newLiteConn(ctx, pool)
		if err != nil {
			return nil, err
		}
		if _, err := rc.c.ExecContext(ctx, "PRAGMA query_only = ON"); err != nil {
			return nil, err
		}
		s.readers <- rc
	}
	cc, err := newLiteConn(ctx, pool)
	if err != nil {
		return nil, err
	}
	s.writer = startWriter(wc, c.Batch, count, startCheckpointer(cc))
	return s, nil
}

// makeFile creates the file for this user alone before SQLite would create it for everybody.
func makeFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the folder of the database: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("make the database file: %w", err)
	}
	return f.Close()
}

// checkMode makes sure that a commit really reaches the disk on this file system.
func checkMode(c *liteConn) error {
	var mode string
	if err := c.c.QueryRowContext(context.Background(), "PRAGMA journal_mode").Scan(&mode); err != nil {
		return fmt.Errorf("read the journal mode: %w", err)
	}
	if mode != "wal" {
		return fmt.Errorf("the file system of the database does not allow a write-ahead log (journal mode %q)", mode)
	}
	var sync int
	if err := c.c.QueryRowContext(context.Background(), "PRAGMA synchronous").Scan(&sync); err != nil {
		return fmt.Errorf("read the synchronous mode: %w", err)
	}
	if sync != 2 {
		return fmt.Errorf("synchronous mode is %d, not FULL", sync)
	}
	return nil
}

// OpenSQL opens a SQLite file with the settings of this package for a library that needs a *sql.DB beside a [DB]: its
// writers wait up to busy for ours and ours for them.
func OpenSQL(path string, busy time.Duration) (*sql.DB, error) {
	pragmas := []string{
		"busy_timeout(" + strconv.FormatInt(busy.Milliseconds(), 10) + ")", // first: the others may have to wait
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"foreign_keys(ON)",
		"secure_delete(FAST)", // what retention deleted is overwritten where that costs no extra write
		"temp_store(MEMORY)",
		"cache_size(-8000)",
		"journal_size_limit(67108864)",
	}
	q := url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("locate the database file: %w", err)
	}
	dsn := (&url.URL{Scheme: "file", Path: abs}).String() + "?" + q.Encode()
	connector, err := driver.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

func (s *sqlite) do(ctx context.Context, fn func(*Tx) error) ([]func(), error) {
	return s.writer.do(ctx, fn)
}

func (s *sqlite) read(ctx context.Context, fn func(*Tx) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-s.closed:
		return ErrClosed
	default:
	}
	var c *liteConn
	select {
	case c = <-s.readers:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return ErrClosed
	}
	defer func() { s.readers <- c }()

	if err := c.plain("BEGIN"); err != nil {
		return fmt.Errorf("begin reading: %w", err)
	}
	tx := &Tx{ctx: ctx, dialect: SQLite, session: &liteSession{c: c, ctx: ctx}}
	defer func() {
		tx.done = true
		c.closeOpen()
		if e := c.plain("ROLLBACK"); e != nil && err == nil {
			err = fmt.Errorf("end reading: %w", e)
		}
	}()
	return tx.outcome(fn(tx))
}

func (s *sqlite) ping(ctx context.Context) error {
	if err := s.read(ctx, func(tx *Tx) error {
		var one int
		return tx.QueryRow("SELECT 1").Scan(&one)
	}); err != nil {
		return err
	}
	_, err := s.do(ctx, func(*Tx) error { return nil })
	return err
}

func (s *sqlite) sizeHint(context.Context) (int64, error) {
	var total int64
	for _, suffix := range []string{"", "-wal"} {
		info, err := os.Stat(s.path + suffix)
		switch {
		case err == nil:
			total += info.Size()
		case suffix == "" || !errors.Is(err, os.ErrNotExist):
			return 0, err
		}
	}
	return total, nil
}

func (s *sqlite) waiting() int64 { return int64(len(s.writer.queue)) }

// backup copies through a connection of its own: VACUUM INTO reads one snapshot and leaves out what was deleted.
func (s *sqlite) backup(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), os.ErrExist)
	}
	one, err := OpenSQL(s.path, 10*time.Second)
	if err != nil {
		return err
	}
	if err := makeFile(path); err != nil {
		return errors.Join(err, one.Close())
	}
	_, err = one.ExecContext(ctx, "VACUUM INTO $1", path)
	if err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return errors.Join(err, one.Close())
}

func (s *sqlite) close() error {
	s.closeOnce.Do(func() {
		s.writer.stop()
		s.closeErr = s.writer.checkpoint.stop()
		close(s.closed)
		for range s.nRead { // each comes back when its reader is done
			s.closeErr = errors.Join(s.closeErr, (<-s.readers).close())
		}
		s.closeErr = errors.Join(s.closeErr, s.writer.conn.close(), s.pool.Close())
	})
	return s.closeErr
}
