// Package store promises that conversations and concerns are kept: what [Store.Do] returned nil for is on disk, whole, in
// SQLite or in PostgreSQL alike. It is the only place that knows the tables of package dialog.
//
// A lookup costs the same however old the database is: each goes through an index, and those for
// open work (the staff's list, lines to send, recordings to fetch, turns that are owed) hold open work alone.
//
// # When a refusal is told
//
// A write that meets a key taken meanwhile or another version fails the whole transaction. On SQLite the call itself says so; on
// PostgreSQL writes travel together and the refusal may come from a later call or from Do. So a caller decides on what Do returned
// ([errors.Is] with dialog.ErrDuplicate, dialog.ErrStale or dialog.ErrNotFound), which is the same on both, and never goes on
// after a failed write inside the function.
package store
