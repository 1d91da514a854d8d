package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"helpline/internal/db"
)

// WaitError is ErrTooManyTries with the time after which the next try counts.
type WaitError struct{ Until time.Time }

// Error does not say the time: how to show one is the page's business.
func (e *WaitError) Error() string { return ErrTooManyTries.Error() }

// Is makes errors.Is(err, ErrTooManyTries) hold.
func (e *WaitError) Is(target error) bool { return target == ErrTooManyTries }

// forgetTries is how long after the last try the earlier ones are forgotten.
const forgetTries = 24 * time.Hour

// SignIn checks the password and begins a session. The token is the caller's to keep, in a cookie; only a hash of it is
// stored. Errors: ErrWrongCredentials, which does not say what was wrong, and ErrTooManyTries as a *WaitError.
func (a *Accounts) SignIn(ctx context.Context, email, password string) (token string, p Person, err error) {
	email = normal(email)
	if len(email) > 254 || len(password) > maxPassword {
		return "", Person{}, ErrWrongCredentials
	}
	// The try is counted before the password is looked at, so that guesses made at the same time count as well.
	if err := a.countTry(ctx, email); err != nil {
		return "", Person{}, err
	}
	id, hash, err := a.credentials(ctx, email)
	if err != nil {
		return "", Person{}, err
	}
	ok, stale, err := a.hasher.matches(ctx, password, hash)
	if err != nil {
		return "", Person{}, fmt.Errorf("check a password: %w", err)
	}
	if !ok {
		return "", Person{}, ErrWrongCredentials
	}
	fresh := ""
	if stale {
		if fresh, err = a.hasher.hash(ctx, password); err != nil {
			return "", Person{}, fmt.Errorf("hash a password: %w", err)
		}
	}
	return a.begin(ctx, id, email, hash, fresh)
}

const selectTries = `SELECT tries, last_at, locked_until FROM sign_in_tries WHERE email_hash = $1`

const upsertTries = `INSERT INTO sign_in_tries (email_hash, tries, last_at, locked_until) VALUES ($1, $2, $3, $4)
	ON CONFLICT (email_hash) DO UPDATE SET tries = excluded.tries, last_at = excluded.last_at, locked_until = excluded.locked_until`

const forgetOldTries = `DELETE FROM sign_in_tries WHERE last_at < $1`

// lockTries makes tries for one address follow each other on PostgreSQL, where otherwise two could read the same count.
const lockTries = `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`

func (a *Accounts) countTry(ctx context.Context, email string) error {
	key, now := hashOf(email), a.c.Now()
	err := a.c.DB.Do(ctx, func(tx *db.Tx) error {
		if tx.Dialect() == db.Postgres {
			if err := tx.Queue(lockTries, key); err != nil {
				return err
			}
		}
		if err := tx.Queue(forgetOldTries, db.Millis(now.Add(-forgetTries))); err != nil {
			return err
		}
		var tries int
		var last, until time.Time
		err := tx.QueryRow(selectTries, key).Scan(&tries, db.ScanTime(&last), db.ScanTime(&until))
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		if now.Before(until) {
			return &WaitError{Until: until}
		}
		tries++
		until = time.Time{}
		if over := tries - a.c.FreeTries; over >= 0 {
			until = now.Add(a.wait(over))
		}
		return tx.Queue(upsertTries, key, tries, db.Millis(now), db.Millis(until))
	})
	if err != nil && !errors.Is(err, ErrTooManyTries) {
		return fmt.Errorf("count a try to sign in: %w", err)
	}
	return err
}

// wait is how long the next try must wait when the free ones are used up: the first wait, doubled for each further try.
func (a *Accounts) wait(over int) time.Duration {
	d := a.c.FirstWait
	for range min(over, 30) {
		if d >= a.c.LongWait {
			break
		}
		d *= 2
	}
	return min(d, a.c.LongWait)
}

const selectCredentials = `SELECT id, password_hash FROM accounts WHERE email = $1 AND active`

// credentials returns an empty hash when nobody who may sign in has the address.
func (a *Accounts) credentials(ctx context.Context, email string) (id, hash string, err error) {
	err = a.c.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(selectCredentials, email).Scan(&id, &hash)
	})
	if errors.Is(err, db.ErrNoRows) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("read credentials: %w", err)
	}
	return id, hash, nil
}

const deleteTries = `DELETE FROM sign_in_tries WHERE email_hash = $1`

const deleteExpired = `DELETE FROM sessions WHERE expires_at <= $1`

const insertSession = `INSERT INTO sessions (token_hash, account_id, created_at, last_seen_at, expires_at) VALUES ($1, $2, $3, $3, $4)`

// updateSignedIn holds only while the account is as it was when the password was checked.
const updateSignedIn = `UPDATE accounts SET signed_in_at = $3, password_hash = CASE WHEN $4 = '' THEN password_hash ELSE $4 END
	WHERE id = $1 AND password_hash = $2 AND active RETURNING ` + personColumns

func (a *Accounts) begin(ctx context.Context, id, email, hash, fresh string) (token string, p Person, err error) {
	token = rand.Text()
	now := a.c.Now()
	err = a.c.DB.Do(ctx, func(tx *db.Tx) error {
		p, err = scanPerson(tx.QueryRow(updateSignedIn, id, hash, db.Millis(now), fresh))
		if errors.Is(err, db.ErrNoRows) {
			return ErrWrongCredentials
		}
		if err != nil {
			return err
		}
		if err := tx.Queue(deleteTries, hashOf(email)); err != nil {
			return err
		}
		if err := tx.Queue(deleteExpired, db.Millis(now)); err != nil {
			return err
		}
		return tx.Queue(insertSession, hashOf(token), id, db.Millis(now), db.Millis(now.Add(a.c.SessionFor)))
	})
	switch {
	case errors.Is(err, ErrWrongCredentials):
		return "", Person{}, err
	case err != nil:
		return "", Person{}, fmt.Errorf("begin a session: %w", err)
	}
	return token, p, nil
}

// hashOf is how tokens and addresses are stored where they need only be found again.
func hashOf(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}
