package sheets

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"time"

	"helpline/internal/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of Tally.
func Migrations() db.Migrations { return db.Migrations{Name: "sheets", FS: migrations} }

// Tally keeps votes in the database: two numbers for a sheet and a month.
type Tally struct {
	db  *db.DB
	now func() time.Time
}

// NewTally returns the votes of a database that has Migrations. A nil clock is
// time.Now.
func NewTally(d *db.DB, now func() time.Time) (*Tally, error) {
	if d == nil {
		return nil, errors.New("sheets: a tally needs a database")
	}
	if now == nil {
		now = time.Now
	}
	return &Tally{db: d, now: now}, nil
}

const insertVote = `
INSERT INTO sheet_votes (slug, month, helpful, unhelpful) VALUES ($1, $2, $3, $4)
ON CONFLICT (slug, month) DO UPDATE SET helpful = sheet_votes.helpful + excluded.helpful, unhelpful = sheet_votes.unhelpful + excluded.unhelpful`

// Vote counts one vote.
func (t *Tally) Vote(ctx context.Context, slug string, helpful bool) error {
	now := t.now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	yes, no := 0, 1
	if helpful {
		yes, no = 1, 0
	}
	err := t.db.Do(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(insertVote, slug, db.Millis(month), yes, no)
		return err
	})
	if err != nil {
		return fmt.Errorf("count a vote on %s: %w", slug, err)
	}
	return nil
}

// Count is what people said of a sheet in a month.
type Count struct {
	Slug               string
	Month              time.Time // its first day, UTC
	Helpful, Unhelpful int
}

const selectVotes = `SELECT slug, month, helpful, unhelpful FROM sheet_votes WHERE month >= $1 ORDER BY slug, month`

// Counts lists the votes from the month of since on, by slug and month.
func (t *Tally) Counts(ctx context.Context, since time.Time) ([]Count, error) {
	since = since.UTC()
	first := time.Date(since.Year(), since.Month(), 1, 0, 0, 0, 0, time.UTC)
	var list []Count
	err := t.db.Read(ctx, func(tx *db.Tx) error {
		list = list[:0]
		rows, err := tx.Query(selectVotes, db.Millis(first))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var c Count
			if err := rows.Scan(&c.Slug, db.ScanTime(&c.Month), &c.Helpful, &c.Unhelpful); err != nil {
				return err
			}
			list = append(list, c)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list votes: %w", err)
	}
	return list, nil
}
