package editing

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"helpline/internal/db"
	"helpline/knowledge"
)

// Unanswered is a question that the library could not answer.
type Unanswered struct {
	ID           string
	Question     string
	Kind         knowledge.Kind
	Intent       string // the subject it was taken for, see Finding.Intent
	Jurisdiction knowledge.Jurisdiction
	AskedOn      time.Time // the day, UTC
}

// maxQuestion is how much of a question is kept, in bytes.
const maxQuestion = 500

const insertUnanswered = `
INSERT INTO unanswered_questions (id, question, kind, intent, jurisdiction, asked_on, done) VALUES ($1, $2, $3, $4, $5, $6, FALSE)`

// Record keeps a question for the editors: without who asked it or at what hour, and
// without the long numbers and addresses in it.
func (e *Editor) Record(ctx context.Context, question string, found knowledge.Finding) error {
	if strings.TrimSpace(question) == "" {
		return nil
	}
	var id [12]byte
	if _, err := rand.Read(id[:]); err != nil {
		return fmt.Errorf("name a question: %w", err)
	}
	day := e.Now().UTC().Truncate(24 * time.Hour)
	err := e.DB.Do(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(insertUnanswered, hex.EncodeToString(id[:]), withoutTraces(question), string(found.Kind), found.Intent, string(found.Jurisdiction), db.Millis(day))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep an unanswered question: %w", err)
	}
	return nil
}

const selectUnanswered = `
SELECT id, question, kind, intent, jurisdiction, asked_on FROM unanswered_questions
WHERE NOT done ORDER BY intent, asked_on DESC, id LIMIT $1`

// Unanswered lists up to limit questions that nobody has dealt with, those of one
// subject together.
func (e *Editor) Unanswered(ctx context.Context, limit int) ([]Unanswered, error) {
	var list []Unanswered
	err := e.DB.Read(ctx, func(tx *db.Tx) error {
		list = list[:0]
		rows, err := tx.Query(selectUnanswered, limit)
		if err != nil {
			return err
		}
		for rows.Next() {
			var u Unanswered
			var kind, jurisdiction string
			if err := rows.Scan(&u.ID, &u.Question, &kind, &u.Intent, &jurisdiction, db.ScanTime(&u.AskedOn)); err != nil {
				return errors.Join(err, rows.Close())
			}
			u.Kind, u.Jurisdiction = knowledge.Kind(kind), knowledge.Jurisdiction(jurisdiction)
			list = append(list, u)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list unanswered questions: %w", err)
	}
	return list, nil
}

const doneUnanswered = `UPDATE unanswered_questions SET done = TRUE WHERE id = $1`

// Done marks a question as dealt with. ErrNotFound when there is none with the id.
func (e *Editor) Done(ctx context.Context, id string) error {
	err := e.DB.Do(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(doneUnanswered, id)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("close an unanswered question: %w", err)
	}
	return nil
}

const forgetUnanswered = `DELETE FROM unanswered_questions WHERE asked_on < $1`

// Forget deletes the questions asked before the day of the given time, and says how many.
func (e *Editor) Forget(ctx context.Context, before time.Time) (n int64, err error) {
	err = e.DB.Do(ctx, func(tx *db.Tx) error {
		n, err = tx.Exec(forgetUnanswered, db.Millis(before.UTC().Truncate(24*time.Hour)))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("forget unanswered questions: %w", err)
	}
	return n, nil
}

// withoutTraces leaves out of a question what could lead to somebody: words with an
// at sign, and numbers of five digits or more (telephone and prison numbers, dates).
func withoutTraces(question string) string {
	question = strings.ToValidUTF8(question, "?")
	if len(question) > maxQuestion {
		question = strings.ToValidUTF8(question[:maxQuestion], "")
	}
	words := strings.Fields(question)
	digits := func(s string) (n int, only bool) {
		only = s != ""
		for _, r := range s {
			switch {
			case r >= '0' && r <= '9':
				n++
			case !strings.ContainsRune("+-/().,", r):
				only = false
			}
		}
		return n, only && n > 0
	}
	for i := 0; i < len(words); i++ {
		n, only := digits(words[i])
		end := i + 1
		for only && end < len(words) { // a number in groups
			more, also := digits(words[end])
			if !also {
				break
			}
			n += more
			end++
		}
		if n >= 5 || !only && n >= 4 || strings.Contains(words[i], "@") {
			words[i] = "[...]"
			words = append(words[:i+1], words[end:]...)
		}
	}
	return strings.Join(words, " ")
}
