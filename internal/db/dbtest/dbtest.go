package dbtest

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"helpline/internal/db"
)

// Each runs a test against both dialects, as the subtests "sqlite" and "postgres", each with a database of its own.
func Each(t *testing.T, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite returns an empty database in a temporary folder, closed when the test ends.
func SQLite(t testing.TB) *db.DB {
	t.Helper()
	return Open(t, db.Config{Path: filepath.Join(t.TempDir(), "test.db")})
}

// Postgres returns an empty database, closed and dropped when the test ends.
func Postgres(t testing.TB) *db.DB {
	t.Helper()
	return Open(t, db.Config{URL: PostgresURL(t), MaxConns: 8})
}

// Open opens a database as configured and closes it when the test ends.
func Open(t testing.TB, c db.Config) *db.DB {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	d, err := db.Open(ctx, c)
	if err != nil {
		t.Fatalf("open the test database: %v", err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close the test database: %v", err)
		}
	})
	return d
}
