// Package db promises one SQL handle over SQLite and PostgreSQL: what [DB.Do] reported as done is on disk, and the same
// statements and the same Go code behave the same way on both.
//
// # What both dialects understand
//
// Statements use $1, $2 … placeholders; RETURNING, ON CONFLICT, TRUE and FALSE, common table expressions and window
// functions work on both. Column types that mean the same on both: TEXT, BIGINT, BOOLEAN, BYTEA, DOUBLE PRECISION. A
// BOOLEAN column is read and written as a Go bool. An instant is a BIGINT of Unix milliseconds ([Millis], [FromMillis],
// [ScanTime]); there is no TIMESTAMP. Keys are made by the program, or with dialect blocks in a migration (see [Migrate]).
// JSON is TEXT. Deferred constraints must not be used: they would fail at the shared commit of others.
//
// # Transactions
//
// The function given to Do may run more than once (PostgreSQL asks for that after a deadlock, SQLite's writer does it when another
// function of the same commit failed), may not call Do or Read
// of the same DB (use its Tx), may not block on anything outside (on SQLite every writer waits for it), and must close its Rows
// before the next statement. A statement that failed dooms its transaction on both dialects: use ON CONFLICT where a
// conflict is expected.
//
// On SQLite writers that arrive together share one BEGIN … COMMIT, because the flush to disk is what a commit costs; a function that
// fails or panics takes back its own work only, for which the others of that commit may run again, each in a savepoint. On PostgreSQL each function is a READ COMMITTED
// transaction of its own; statements given to [Tx.Queue] travel together with the next read or the commit, so a
// transaction that only queues is one round trip.
package db
