package db

import (
	"context"
	"database/sql"
	"fmt"
)

// maxStatements bounds the prepared statements kept for one connection. Statements are constants, so it is never met
// unless somebody builds SQL from values.
const maxStatements = 512

// liteConn is one SQLite connection with its prepared statements: preparing costs the driver more than running. It is
// used by one goroutine at a time.
type liteConn struct {
	c     *sql.Conn
	stmts map[string]*sql.Stmt
	open  *sql.Rows // the result being read, if any
}

func newLiteConn(ctx context.Context, pool *sql.DB) (*liteConn, error) {
	c, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &liteConn{c: c, stmts: map[string]*sql.Stmt{}}, nil
}

// prepare returns the statement kept for the query; the connection closes it.
func (c *liteConn) prepare(query string) (*sql.Stmt, error) {
	if st, ok := c.stmts[query]; ok {
		return st, nil
	}
	if len(c.stmts) >= maxStatements {
		for q, st := range c.stmts { // any one will do
			delete(c.stmts, q)
			_ = st.Close()
			break
		}
	}
	// Preparing is not interrupted: an interrupt would end the transaction of everybody in the batch.
	st, err := c.c.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	c.stmts[query] = st
	return st, nil
}

// plain runs a statement without arguments, to its end.
func (c *liteConn) plain(query string) error {
	st, err := c.prepare(query) //nolint:sqlclosecheck // kept, see prepare
	if err != nil {
		return err
	}
	_, err = st.ExecContext(context.Background())
	return err
}

// closeOpen ends a result that a function left open, which would keep the transaction from ending.
func (c *liteConn) closeOpen() {
	if c.open != nil {
		_ = c.open.Close()
		c.open = nil
	}
}

func (c *liteConn) close() error {
	c.closeOpen()
	for _, st := range c.stmts {
		_ = st.Close()
	}
	c.stmts = nil
	return c.c.Close()
}

// liteSession runs the statements of one function. Once begun a statement is not interrupted: SQLite rolls back a whole transaction when a
// write in it is interrupted, and others share it; and for a read, which goes through an index, the driver would start two
// goroutines to wait for the end of a context. That a reader's context ended is seen before the next statement.
type liteSession struct {
	c   *liteConn
	ctx context.Context
}

func (s *liteSession) exec(query string, args []any) (int64, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	st, err := s.c.prepare(query) //nolint:sqlclosecheck // kept, see prepare
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (s *liteSession) query(query string, args []any) (cursor, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	st, err := s.c.prepare(query) //nolint:sqlclosecheck // kept, see prepare
	if err != nil {
		return nil, err
	}
	rows, err := st.QueryContext(context.Background(), args...) //nolint:rowserrcheck // Rows checks it when the reading ends
	if err != nil {
		return nil, err
	}
	s.c.open = rows
	return liteCursor{rows, s.c}, nil
}

func (s *liteSession) queue(query string, args []any) error {
	_, err := s.exec(query, args)
	return err
}

func (s *liteSession) script(text string) error {
	if _, err := s.c.c.ExecContext(context.Background(), text); err != nil {
		return fmt.Errorf("run script: %w", err)
	}
	return nil
}

type liteCursor struct {
	*sql.Rows
	c *liteConn
}

func (c liteCursor) Close() error {
	c.c.open = nil
	return c.Rows.Close()
}
