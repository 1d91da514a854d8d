package db

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// pgInvalidText is the SQLSTATE that the check below ends in.
const pgInvalidText = "22P02"

// refusedMark stands before the label in the text that the check below fails to read as a number.
const refusedMark = "rows changed, not one: "

// RefusedError says that a statement given to [Tx.QueueOne] did not change exactly one row. Label is the caller's.
type RefusedError struct{ Label string }

func (e *RefusedError) Error() string { return "a statement did not change one row: " + e.Label }

// QueueOne is [Tx.Queue] for an INSERT, UPDATE or DELETE without RETURNING that must change exactly one row, such as an update that expects
// a version. When it does not, the transaction fails, at once on SQLite and with the next read or the commit on
// PostgreSQL, with an error for which [Refused] returns the label. The label is a constant of lower-case words.
//
// On PostgreSQL the check is part of the statement, since a batch that is sent with its commit has no later moment to look
// at a row count.
func (tx *Tx) QueueOne(label, query string, args ...any) error {
	if strings.Trim(label, "abcdefghijklmnopqrstuvwxyz ") != "" || label == "" {
		return fmt.Errorf("%q is no label: lower-case words", label)
	}
	if tx.dialect == Postgres {
		return tx.Queue(`WITH changed AS (`+query+` RETURNING 1)
			SELECT CASE WHEN count(*) = 1 THEN 1 ELSE (count(*) || ' `+refusedMark+label+`')::int END FROM changed`, args...)
	}
	n, err := tx.Exec(query, args...)
	if err == nil && n != 1 {
		err = tx.fail(&RefusedError{Label: label})
	}
	return err
}

// Refused returns the label of the [Tx.QueueOne] that err is about.
func Refused(err error) (label string, ok bool) {
	if r := (*RefusedError)(nil); errors.As(err, &r) {
		return r.Label, true
	}
	pg := (*pgconn.PgError)(nil)
	if !errors.As(err, &pg) || pg.Code != pgInvalidText {
		return "", false
	}
	// The message quotes the text, whatever language the server speaks: … "0 rows changed, not one: stale"
	_, rest, found := strings.Cut(pg.Message, refusedMark)
	if !found {
		return "", false
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r != ' ' && (r < 'a' || r > 'z') })
	if end < 0 {
		return "", false
	}
	return strings.TrimSpace(rest[:end]), true
}
