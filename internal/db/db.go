package db

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Dialect says which database is behind a [DB].
type Dialect int

// The two dialects.
const (
	SQLite Dialect = iota + 1
	Postgres
)

// String returns "sqlite" or "postgres", the names that migration blocks use.
func (d Dialect) String() string {
	switch d {
	case SQLite:
		return "sqlite"
	case Postgres:
		return "postgres"
	}
	return fmt.Sprintf("dialect %d", int(d))
}

// Config says where the database is. Exactly one of URL and Path is set.
type Config struct {
	// URL of a PostgreSQL database: postgres://user@host/name, or the keyword form that libpq reads. The pgxpool
	// parameters (pool_max_conns and so on) may be part of it.
	URL string
	// Path of a SQLite file. It and its folder are made, readable by this user alone, when they do not exist.
	Path string

	// Readers is the number of SQLite connections that read beside the writer. 0 means 4.
	Readers int
	// MaxConns bounds the PostgreSQL pool unless the URL does (pool_max_conns). 0 means 16.
	MaxConns int
	// Batch bounds how many functions share one SQLite commit. 0 means 64.
	Batch int
	// Timeout bounds a PostgreSQL transaction whose context has no deadline of its own. 0 means 30 seconds.
	Timeout time.Duration
	// BusyTimeout is how long SQLite waits for another process that is writing. 0 means 10 seconds.
	BusyTimeout time.Duration
}

func (c Config) withDefaults() Config {
	if c.Readers <= 0 {
		c.Readers = 4
	}
	if c.MaxConns <= 0 {
		c.MaxConns = 16
	}
	if c.Batch <= 0 {
		c.Batch = 64
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.BusyTimeout <= 0 {
		c.BusyTimeout = 10 * time.Second
	}
	return c
}

// Stats counts what a DB did since it was opened.
type Stats struct {
	Dialect      Dialect
	Transactions int64 // functions given to Do that committed
	Failed       int64 // functions given to Do that did not
	Commits      int64 // commits that carried them: fewer than Transactions when writers shared one
	LargestBatch int64 // most functions in one commit
	Retries      int64 // PostgreSQL: functions run again because they got in the way of others
	Reads        int64 // functions given to Read
	Waiting      int64 // SQLite: functions in the writer's queue now; PostgreSQL: connections in use now
}

// DB is a handle on one database. It is safe for many goroutines.
type DB struct {
	backend backend
	dialect Dialect
	count   counters
}

// backend is what the two dialects implement.
type backend interface {
	do(ctx context.Context, fn func(*Tx) error) ([]func(), error)
	read(ctx context.Context, fn func(*Tx) error) error
	ping(ctx context.Context) error
	sizeHint(ctx context.Context) (int64, error)
	waiting() int64
	backup(ctx context.Context, path string) error
	close() error
}

// ErrClosed is returned by every method of a DB that was closed.
var ErrClosed = errors.New("database is closed")

// ErrUnsupported is returned for an act that the dialect leaves to its own tools.
var ErrUnsupported = errors.New("not supported by this database")

// Open opens the database and checks that it answers. The caller closes it.
func Open(ctx context.Context, c Config) (*DB, error) {
	c = c.withDefaults()
	d := &DB{}
	var err error
	switch {
	case c.URL != "" && c.Path != "":
		return nil, errors.New("open database: both a URL and a path are given")
	case c.URL != "":
		d.dialect = Postgres
		d.backend, err = openPostgres(ctx, c, &d.count)
	case c.Path != "":
		d.dialect = SQLite
		d.backend, err = openSQLite(ctx, c, &d.count)
	default:
		return nil, errors.New("open database: neither a URL nor a path is given")
	}
	if err != nil {
		return nil, fmt.Errorf("open %s database: %w", d.dialect, err)
	}
	return d, nil
}

// Dialect says which database is behind the handle.
func (d *DB) Dialect() Dialect { return d.dialect }

// Do runs fn in a transaction and returns nil when its work is on disk. When fn returns an error or panics (see
// [PanicError]), or one of its statements failed, nothing of it is kept. A context that ends before fn was started means that fn
// does not run; on SQLite, one that ends later no longer matters and the true outcome is returned. On PostgreSQL a
// context that ends during the commit leaves the outcome unknown, as a broken connection does.
func (d *DB) Do(ctx context.Context, fn func(*Tx) error) error {
	after, err := d.backend.do(ctx, fn)
	if err != nil {
		d.count.failed.Add(1)
		return err
	}
	d.count.transactions.Add(1)
	for _, f := range after {
		f()
	}
	return nil
}

// Read runs fn over one consistent snapshot, which does not hold up writers. Writing in it is an error. On SQLite a context that ends
// is noticed between two statements.
func (d *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	d.count.reads.Add(1)
	return d.backend.read(ctx, fn)
}

// Ping reports whether the database answers, including the writer.
func (d *DB) Ping(ctx context.Context) error {
	if err := d.backend.ping(ctx); err != nil {
		return fmt.Errorf("ping %s: %w", d.dialect, err)
	}
	return nil
}

// SizeHint returns about how many bytes the database takes on disk.
func (d *DB) SizeHint(ctx context.Context) (int64, error) {
	n, err := d.backend.sizeHint(ctx)
	if err != nil {
		return 0, fmt.Errorf("size of %s database: %w", d.dialect, err)
	}
	return n, nil
}

// Backup writes a consistent copy of a SQLite database to a new file at path while everything goes on. PostgreSQL has
// its own tools (pg_dump) and answers [ErrUnsupported].
func (d *DB) Backup(ctx context.Context, path string) error {
	if err := d.backend.backup(ctx, path); err != nil {
		return fmt.Errorf("back up %s database: %w", d.dialect, err)
	}
	return nil
}

// Stats returns the counters.
func (d *DB) Stats() Stats {
	return Stats{
		Dialect:      d.dialect,
		Transactions: d.count.transactions.Load(),
		Failed:       d.count.failed.Load(),
		Commits:      d.count.commits.Load(),
		LargestBatch: d.count.largest.Load(),
		Retries:      d.count.retries.Load(),
		Reads:        d.count.reads.Load(),
		Waiting:      d.backend.waiting(),
	}
}

// Close waits for the functions that were accepted, then closes the database. A second Close does nothing.
func (d *DB) Close() error { return d.backend.close() }

// Pool returns the PostgreSQL pool for a library that needs one of its own kind, nil on SQLite.
func (d *DB) Pool() *pgxpool.Pool {
	if p, ok := d.backend.(*postgres); ok {
		return p.pool
	}
	return nil
}

// Path returns the SQLite file, empty on PostgreSQL. [OpenSQL] opens it for a library that needs a *sql.DB.
func (d *DB) Path() string {
	if s, ok := d.backend.(*sqlite); ok {
		return s.path
	}
	return ""
}

// PanicError is what Do returns when its function panicked: the work was taken back, and the process goes on.
type PanicError struct {
	Value any
	Stack []byte
}

// Error names the kind of panic but not its value, which may hold what people wrote.
func (e *PanicError) Error() string {
	if err, ok := e.Value.(error); ok {
		return fmt.Sprintf("transaction panicked: %v", err)
	}
	return fmt.Sprintf("transaction panicked with a %T", e.Value)
}

// protect runs fn and turns a panic into a *PanicError.
func protect(fn func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return fn(tx)
}
