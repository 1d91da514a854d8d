package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"helpline/dialog"
	"helpline/internal/db"
)

const notTest = ` AND NOT (SELECT c.test FROM conversations c WHERE c.id = e.conversation)`

const selectJudged = `SELECT ` + eventColumns + ` FROM events e
	WHERE e.kind = 'assessed' AND e.worker <> '' AND e.at >= $1` + notTest + ` ORDER BY e.at, e.conversation, e.seq`

// Judged reads the assessments by workers since a moment, oldest first.
func (r *reader) Judged(since time.Time) ([]dialog.Event, error) {
	return all(r, "read what staff judged", eventInto, selectJudged, db.Millis(since))
}

const selectMissed = `SELECT ` + eventColumns + ` FROM events e
	WHERE e.kind = 'missed' AND e.at >= $1 AND e.at < $2` + notTest + ` ORDER BY e.at, e.conversation, e.seq`

// Missed reads the silent misses found in a period.
func (r *reader) Missed(from, to time.Time) ([]dialog.Miss, error) {
	events, err := all(r, "read silent misses", eventInto, selectMissed, db.Millis(from), db.Millis(to))
	if err != nil {
		return nil, err
	}
	var found []dialog.Miss
	for _, e := range events {
		m := dialog.Miss{Conversation: e.Conversation, At: e.At}
		if err := json.Unmarshal(e.Data, &m.MissedData); err != nil {
			return nil, fmt.Errorf("read a silent miss of %s: %w", e.Conversation, err)
		}
		i := slices.IndexFunc(found, func(f dialog.Miss) bool { return f.Conversation == m.Conversation && f.Of == m.Of })
		switch {
		case i < 0:
			found = append(found, m)
		default:
			m.At = found[i].At
			found[i] = m
		}
	}
	return slices.DeleteFunc(found, func(m dialog.Miss) bool { return m.Level == dialog.LevelNone }), nil
}
