package db

import (
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrNoRows is returned by [Row.Scan] when there is no row. It is sql.ErrNoRows on both dialects.
var ErrNoRows = sql.ErrNoRows

// SQLSTATE codes, https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	pgUniqueViolation      = "23505"
	pgForeignKeyViolation  = "23503"
	pgSerializationFailure = "40001"
	pgDeadlockDetected     = "40P01"
	pgFeatureNotSupported  = "0A000"
)

// IsUnique reports whether err says that a unique index or a primary key refused a row.
func IsUnique(err error) bool {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		return pg.Code == pgUniqueViolation
	}
	if lite := (*driver.Error)(nil); errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY ||
			lite.Code() == sqlite3.SQLITE_CONSTRAINT_ROWID
	}
	return false
}

// IsForeignKey reports whether err says that a referenced row does not exist or is still referred to.
func IsForeignKey(err error) bool {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		return pg.Code == pgForeignKeyViolation
	}
	if lite := (*driver.Error)(nil); errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
	}
	return false
}

// retryable reports whether PostgreSQL asks for the transaction to be run again, or never saw it.
func retryable(err error) bool {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		switch pg.Code {
		case pgSerializationFailure, pgDeadlockDetected:
			return true
		case pgFeatureNotSupported:
			// Another node migrated a table under a prepared statement of ours; pgx forgets the statement.
			return pg.Message == "cached plan must not change result type"
		}
		return false
	}
	return pgconn.SafeToRetry(err)
}
