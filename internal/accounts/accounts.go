package accounts

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"helpline/internal/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
func Migrations() db.Migrations { return db.Migrations{Name: "accounts", FS: migrations} }

// Errors that callers decide on.
var (
	ErrNotFound         = errors.New("there is no such account")
	ErrEmailTaken       = errors.New("another account has this email address")
	ErrInvalid          = errors.New("the account is not valid")
	ErrWeakPassword     = fmt.Errorf("a password needs at least %d characters", MinPassword)
	ErrWrongCredentials = errors.New("the email address or the password is wrong")
	ErrTooManyTries     = errors.New("too many tries")
	ErrNoSession        = errors.New("not signed in")
)

// MinPassword is the least number of characters: three random words have more.
const MinPassword = 10

// maxPassword bounds what is hashed.
const maxPassword = 256

// Config is what New needs. DB is required; its tables come from [Migrations].
type Config struct {
	DB  *db.DB
	Now func() time.Time // nil means time.Now

	SessionFor time.Duration // a session ends so long after signing in; 0 means 12 hours
	IdleFor    time.Duration // and so long after it was last used; 0 means 4 hours
	CacheFor   time.Duration // how long Session answers from memory; 0 means 3 seconds, negative never

	FreeTries int           // tries before the first wait; 0 means 5
	FirstWait time.Duration // doubles with each further try; 0 means 30 seconds
	LongWait  time.Duration // but never exceeds this; 0 means 15 minutes

	Cost Cost // of hashing a password; zero means DefaultCost
}

// Person is somebody who may sign in.
type Person struct {
	ID         string
	Name       string
	Email      string   // what they sign in with; kept in lower case
	Roles      []string // words that mean nothing to this package
	Teams      []string // as little; none is named where it is empty
	Active     bool     // false: cannot sign in, and is signed out everywhere
	CreatedAt  time.Time
	SignedInAt time.Time // last time; zero if never
}

// Has reports whether the person has at least one of the roles.
func (p Person) Has(roles ...string) bool {
	return slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(p.Roles, r) })
}

// Accounts knows the people and their sessions. It is safe for many goroutines.
type Accounts struct {
	c      Config
	hasher hasher
	cache  cache
}

// New checks the configuration.
func New(c Config) (*Accounts, error) {
	if c.DB == nil {
		return nil, errors.New("accounts need a database")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.SessionFor = cmp.Or(c.SessionFor, 12*time.Hour)
	c.IdleFor = cmp.Or(c.IdleFor, 4*time.Hour)
	c.CacheFor = cmp.Or(c.CacheFor, 3*time.Second)
	c.FreeTries = cmp.Or(c.FreeTries, 5)
	c.FirstWait = cmp.Or(c.FirstWait, 30*time.Second)
	c.LongWait = cmp.Or(c.LongWait, 15*time.Minute)
	c.Cost = cmp.Or(c.Cost, DefaultCost)
	h, err := newHasher(c.Cost)
	if err != nil {
		return nil, err
	}
	return &Accounts{c: c, hasher: h, cache: cache{entries: map[string]cached{}}}, nil
}

const insertAccount = `INSERT INTO accounts (id, name, email, password_hash, roles, active, created_at, signed_in_at, teams)
	VALUES ($1, $2, $3, $4, $5, TRUE, $6, 0, $7)`

// Create adds an active person with the given name, email and roles and returns it with its id. An empty password
// makes an account that cannot sign in until SetPassword. Errors: ErrInvalid, ErrWeakPassword, ErrEmailTaken.
func (a *Accounts) Create(ctx context.Context, p Person, password string) (Person, error) {
	p, err := check(p)
	if err != nil {
		return Person{}, err
	}
	hash := ""
	if password != "" {
		if hash, err = a.hash(ctx, password); err != nil {
			return Person{}, err
		}
	}
	p.ID, p.Active, p.CreatedAt, p.SignedInAt = rand.Text(), true, db.FromMillis(db.Millis(a.c.Now())), time.Time{}
	err = a.c.DB.Do(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(insertAccount, p.ID, p.Name, p.Email, hash, strings.Join(p.Roles, ","), db.Millis(p.CreatedAt), strings.Join(p.Teams, ","))
		return err
	})
	switch {
	case db.IsUnique(err):
		return Person{}, ErrEmailTaken
	case err != nil:
		return Person{}, fmt.Errorf("create account: %w", err)
	}
	return p, nil
}

const updateAccount = `UPDATE accounts SET name = $2, email = $3, roles = $4, active = $5, teams = $6 WHERE id = $1`

// Update changes name, email, roles, teams and activity of the person with p.ID. Somebody made inactive is signed out.
// Errors: ErrNotFound, ErrInvalid, ErrEmailTaken.
func (a *Accounts) Update(ctx context.Context, p Person) error {
	p, err := check(p)
	if err != nil {
		return err
	}
	err = a.c.DB.Do(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(updateAccount, p.ID, p.Name, p.Email, strings.Join(p.Roles, ","), p.Active, strings.Join(p.Teams, ","))
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		if p.Active {
			return nil
		}
		return tx.Queue(deleteSessionsOf, p.ID)
	})
	a.cache.clear()
	switch {
	case errors.Is(err, ErrNotFound):
		return err
	case db.IsUnique(err):
		return ErrEmailTaken
	case err != nil:
		return fmt.Errorf("update account %s: %w", p.ID, err)
	}
	return nil
}

const updatePassword = `UPDATE accounts SET password_hash = $2 WHERE id = $1`

// SetPassword changes the password and ends all sessions of the person. Errors: ErrNotFound, ErrWeakPassword.
func (a *Accounts) SetPassword(ctx context.Context, id, password string) error {
	hash, err := a.hash(ctx, password)
	if err != nil {
		return err
	}
	err = a.c.DB.Do(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(updatePassword, id, hash)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		return tx.Queue(deleteSessionsOf, id)
	})
	a.cache.clear()
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("set password of %s: %w", id, err)
	}
	return err
}

const personColumns = `id, name, email, roles, active, created_at, signed_in_at, teams`

const selectPerson = `SELECT ` + personColumns + ` FROM accounts WHERE id = $1`

// Person returns one person, or ErrNotFound.
func (a *Accounts) Person(ctx context.Context, id string) (p Person, err error) {
	return a.one(ctx, selectPerson, id)
}

const selectByEmail = `SELECT ` + personColumns + ` FROM accounts WHERE email = $1`

// ByEmail returns the person who signs in with the address, or ErrNotFound.
func (a *Accounts) ByEmail(ctx context.Context, email string) (Person, error) {
	return a.one(ctx, selectByEmail, normal(email))
}

func (a *Accounts) one(ctx context.Context, query string, arg any) (p Person, err error) {
	err = a.c.DB.Read(ctx, func(tx *db.Tx) error {
		p, err = scanPerson(tx.QueryRow(query, arg))
		return err
	})
	switch {
	case errors.Is(err, db.ErrNoRows):
		return Person{}, ErrNotFound
	case err != nil:
		return Person{}, fmt.Errorf("read account: %w", err)
	}
	return p, nil
}

const selectPeople = `SELECT ` + personColumns + ` FROM accounts ORDER BY name, id`

// People returns everybody, active or not, by name.
func (a *Accounts) People(ctx context.Context) (all []Person, err error) {
	err = a.c.DB.Read(ctx, func(tx *db.Tx) error {
		all = nil
		rows, err := tx.Query(selectPeople)
		if err != nil {
			return err
		}
		for rows.Next() {
			p, err := scanPerson(rows)
			if err != nil {
				return errors.Join(err, rows.Close())
			}
			all = append(all, p)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	return all, nil
}

func scanPerson(row interface{ Scan(dest ...any) error }) (p Person, err error) {
	var roles, teams string
	err = row.Scan(&p.ID, &p.Name, &p.Email, &roles, &p.Active, db.ScanTime(&p.CreatedAt), db.ScanTime(&p.SignedInAt), &teams)
	p.Roles, p.Teams = splitWords(roles), splitWords(teams)
	return p, err
}

func splitWords(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func normal(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// check brings a person into the form in which it is stored.
func check(p Person) (Person, error) {
	p.Name, p.Email = strings.TrimSpace(p.Name), normal(p.Email)
	if p.Name == "" || len(p.Name) > 200 {
		return p, fmt.Errorf("a name of 1 to 200 characters: %w", ErrInvalid)
	}
	if at, err := mail.ParseAddress(p.Email); err != nil || at.Address != p.Email || len(p.Email) > 254 {
		return p, fmt.Errorf("an email address: %w", ErrInvalid)
	}
	for what, list := range map[string]*[]string{"role": &p.Roles, "team": &p.Teams} {
		sorted := slices.Clone(*list)
		slices.Sort(sorted)
		*list = slices.Compact(sorted)
		for _, w := range *list {
			if w == "" || strings.ContainsAny(w, ", \t\n") {
				return p, fmt.Errorf("a %s is one word: %w", what, ErrInvalid)
			}
		}
	}
	return p, nil
}
