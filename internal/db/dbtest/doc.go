// Package dbtest promises a test real databases: a SQLite file and a PostgreSQL server that it starts itself. Where the
// server is not installed the test fails; it is never skipped.
package dbtest
