package accounts

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"helpline/internal/db"
)

const (
	// touchEvery is how often the use of a session is written down: a write for every page would be too much.
	touchEvery = time.Minute
	maxCached  = 1000
)

const selectSession = `SELECT s.last_seen_at, s.expires_at, a.id, a.name, a.email, a.roles, a.active, a.created_at, a.signed_in_at, a.teams
	FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.token_hash = $1`

const touchSession = `UPDATE sessions SET last_seen_at = $2 WHERE token_hash = $1 AND last_seen_at < $2`

// Session returns who the token belongs to, or ErrNoSession. For a few seconds it answers from memory: on another node,
// signing out takes so long to be noticed.
func (a *Accounts) Session(ctx context.Context, token string) (Person, error) {
	if token == "" {
		return Person{}, ErrNoSession
	}
	key, now := hashOf(token), a.c.Now()
	if p, ok := a.cache.get(key, now); ok {
		return p, nil
	}
	generation := a.cache.generation()
	var seen, expires time.Time
	var p Person
	err := a.c.DB.Read(ctx, func(tx *db.Tx) error {
		var roles, teams string
		err := tx.QueryRow(selectSession, key).Scan(db.ScanTime(&seen), db.ScanTime(&expires),
			&p.ID, &p.Name, &p.Email, &roles, &p.Active, db.ScanTime(&p.CreatedAt), db.ScanTime(&p.SignedInAt), &teams)
		p.Roles, p.Teams = splitWords(roles), splitWords(teams)
		return err
	})
	switch {
	case errors.Is(err, db.ErrNoRows):
		return Person{}, ErrNoSession
	case err != nil:
		return Person{}, fmt.Errorf("read a session: %w", err)
	}
	ends := expires
	if idle := seen.Add(a.c.IdleFor); idle.Before(ends) {
		ends = idle
	}
	if !p.Active || !now.Before(ends) {
		return Person{}, ErrNoSession
	}
	if now.Sub(seen) >= touchEvery {
		if err := a.c.DB.Do(ctx, func(tx *db.Tx) error { return tx.Queue(touchSession, key, db.Millis(now)) }); err != nil {
			return Person{}, fmt.Errorf("note the use of a session: %w", err)
		}
	}
	until := now.Add(a.c.CacheFor)
	if ends.Before(until) {
		until = ends
	}
	a.cache.put(key, p, now, until, generation)
	return p, nil
}

const deleteSession = `DELETE FROM sessions WHERE token_hash = $1`

const deleteSessionsOf = `DELETE FROM sessions WHERE account_id = $1`

// SignOut ends the session. A token that has none is no error.
func (a *Accounts) SignOut(ctx context.Context, token string) error {
	err := a.c.DB.Do(ctx, func(tx *db.Tx) error { return tx.Queue(deleteSession, hashOf(token)) })
	a.cache.clear()
	if err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

// SignOutEverywhere ends all sessions of a person.
func (a *Accounts) SignOutEverywhere(ctx context.Context, id string) error {
	err := a.c.DB.Do(ctx, func(tx *db.Tx) error { return tx.Queue(deleteSessionsOf, id) })
	a.cache.clear()
	if err != nil {
		return fmt.Errorf("end the sessions of %s: %w", id, err)
	}
	return nil
}

// cache holds for a few seconds who a token belongs to. It is emptied whenever an account or a session changes here.
type cache struct {
	mu      sync.Mutex
	entries map[string]cached
	gen     int
}

type cached struct {
	p     Person
	from  time.Time
	until time.Time
}

func (c *cache) generation() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gen
}

func (c *cache) get(key string, now time.Time) (Person, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok || !now.Before(e.until) || now.Before(e.from) {
		return Person{}, false
	}
	return e.p, true
}

// put keeps an answer unless something changed since it was read.
func (c *cache) put(key string, p Person, from, until time.Time, generation int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gen != generation || !from.Before(until) {
		return
	}
	if len(c.entries) >= maxCached {
		clear(c.entries)
	}
	c.entries[key] = cached{p, from, until}
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.entries)
	c.gen++
}
