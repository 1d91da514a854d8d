package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Tx is a transaction, or in [DB.Read] a snapshot. It belongs to the function it was given to and may not be used after it
// returned, nor by two goroutines at once.
type Tx struct {
	ctx     context.Context
	dialect Dialect
	session session
	open    bool  // Rows are being read
	failed  error // the first statement that failed: it dooms the transaction
	done    bool
	wrote   bool // a statement was given that may have changed something
	after   []func()
}

// session is one connection inside a transaction.
type session interface {
	exec(query string, args []any) (int64, error)
	query(query string, args []any) (cursor, error)
	queue(query string, args []any) error
	script(text string) error
}

// cursor is an open result.
type cursor interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

var (
	errRowsOpen = errors.New("a statement was given while rows are still open: close them first")
	errTxDone   = errors.New("the transaction is over")
)

// Context is the context given to Do or Read.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Dialect says which database runs the statements.
func (tx *Tx) Dialect() Dialect { return tx.dialect }

func (tx *Tx) ready() error {
	switch {
	case tx.done:
		return errTxDone
	case tx.failed != nil:
		return fmt.Errorf("an earlier statement of this transaction failed: %w", tx.failed)
	case tx.open:
		return errRowsOpen
	}
	return nil
}

func (tx *Tx) fail(err error) error {
	if tx.failed == nil {
		tx.failed = err
	}
	return err
}

// outcome is what the transaction comes to when its function returned err.
func (tx *Tx) outcome(err error) error {
	tx.done = true
	switch {
	case err != nil:
		return err
	case tx.failed != nil:
		return fmt.Errorf("a statement failed and its error was dropped: %w", tx.failed)
	case tx.open:
		return fmt.Errorf("commit: %w", errRowsOpen)
	}
	return nil
}

// Exec runs a statement and returns how many rows it changed.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	if err := tx.ready(); err != nil {
		return 0, err
	}
	tx.wrote = true
	n, err := tx.session.exec(query, args)
	if err != nil {
		return 0, tx.fail(err)
	}
	return n, nil
}

// Queue runs a statement whose outcome is not needed before the next read or the commit. On PostgreSQL it travels with
// that one; its error then appears there. On SQLite it runs at once.
func (tx *Tx) Queue(query string, args ...any) error {
	if err := tx.ready(); err != nil {
		return err
	}
	tx.wrote = true
	if err := tx.session.queue(query, args); err != nil {
		return tx.fail(err)
	}
	return nil
}

// Query runs a statement that returns rows. The caller closes them before anything else is asked.
func (tx *Tx) Query(query string, args ...any) (*Rows, error) {
	if err := tx.ready(); err != nil {
		return nil, err
	}
	tx.wrote = tx.wrote || !strings.HasPrefix(query, "SELECT ")
	c, err := tx.session.query(query, args)
	if err != nil {
		return nil, tx.fail(err)
	}
	tx.open = true
	return &Rows{tx: tx, c: c}, nil
}

// QueryRow runs a statement that returns one row; errors wait for Scan.
func (tx *Tx) QueryRow(query string, args ...any) Row {
	rows, err := tx.Query(query, args...)
	return Row{rows: rows, err: err}
}

// AfterCommit has fn called once the transaction is on disk, in the goroutine that called Do, in the order given. It
// is not called when the transaction fails, and has no effect in Read.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// script runs several statements at once, for migrations.
func (tx *Tx) script(text string) error {
	if err := tx.ready(); err != nil {
		return err
	}
	tx.wrote = true
	if err := tx.session.script(text); err != nil {
		return tx.fail(err)
	}
	return nil
}

// Rows is an open result.
type Rows struct {
	tx     *Tx
	c      cursor
	closed bool
	err    error
}

// Next moves to the next row. At the end, or on an error that Err reports, it returns false and the rows are closed.
func (r *Rows) Next() bool {
	if r.closed {
		return false
	}
	if r.c.Next() {
		return true
	}
	_ = r.Close() // the error is kept for Err
	return false
}

// Scan copies the row's columns into dest.
func (r *Rows) Scan(dest ...any) error {
	if r.closed {
		return errors.New("scan: the rows are closed")
	}
	return r.c.Scan(dest...)
}

// Err is the error that ended Next, if any.
func (r *Rows) Err() error { return r.err }

// Close ends the reading. It may be called twice.
func (r *Rows) Close() error {
	if r.closed {
		return r.err
	}
	r.closed = true
	r.tx.open = false
	r.err = r.c.Err()
	if err := r.c.Close(); r.err == nil {
		r.err = err
	}
	if r.err != nil {
		_ = r.tx.fail(r.err)
	}
	return r.err
}

// Row is the answer to QueryRow.
type Row struct {
	rows *Rows
	err  error
}

// Scan copies the columns of the first row into dest, or returns [ErrNoRows], which does not doom the transaction.
func (r Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return ErrNoRows
	}
	scanErr := r.rows.Scan(dest...)
	if scanErr == nil {
		// SQLite checks constraints of an INSERT … RETURNING when the statement ends, not at its first row.
		r.rows.Next()
	}
	if err := r.rows.Close(); err != nil {
		return err
	}
	return scanErr
}
