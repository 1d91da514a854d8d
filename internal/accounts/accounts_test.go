package accounts_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"helpline/internal/accounts"
	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

const password = "three random words"

// cheap makes the many sign-ins of these tests quick; one test uses the real cost.
var cheap = accounts.Cost{Memory: 64, Passes: 1}

func open(t *testing.T, d *db.DB) (*accounts.Accounts, *clock) {
	t.Helper()
	must(t, db.Migrate(t.Context(), d, accounts.Migrations()))
	c := &clock{t: time.Date(2026, 3, 2, 21, 4, 0, 0, time.UTC)}
	a, err := accounts.New(accounts.Config{DB: d, Now: c.now, Cost: cheap})
	must(t, err)
	return a, c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, a *accounts.Accounts, name, email string, roles ...string) accounts.Person {
	t.Helper()
	p, err := a.Create(t.Context(), accounts.Person{Name: name, Email: email, Roles: roles}, password)
	must(t, err)
	return p
}

func signIn(t *testing.T, a *accounts.Accounts, email string) string {
	t.Helper()
	token, _, err := a.SignIn(t.Context(), email, password)
	must(t, err)
	return token
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestPeopleAreKeptAsGiven(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, _ := open(t, d)
		zoe := create(t, a, "  Zoë ", " Zoe@Example.ORG ", "reader", "writer", "reader")
		abe := create(t, a, "Abe", "abe@example.org")
		if zoe.Name != "Zoë" || zoe.Email != "zoe@example.org" || !zoe.Active || zoe.ID == "" || zoe.ID == abe.ID {
			t.Errorf("created %+v", zoe)
		}
		if diff := cmp.Diff([]string{"reader", "writer"}, zoe.Roles); diff != "" {
			t.Error(diff)
		}
		people, err := a.People(t.Context())
		must(t, err)
		if diff := cmp.Diff([]accounts.Person{abe, zoe}, people); diff != "" {
			t.Errorf("people (-want +got):\n%s", diff)
		}
		got, err := a.ByEmail(t.Context(), "ZOE@example.org")
		must(t, err)
		if diff := cmp.Diff(zoe, got); diff != "" {
			t.Error(diff)
		}
		if !zoe.Has("none", "writer") || zoe.Has("none") || zoe.Has() {
			t.Error("Has is wrong")
		}

		zoe.Name, zoe.Roles, zoe.Email, zoe.Teams = "Zoe", nil, "z@example.org", []string{"north", "south"}
		must(t, a.Update(t.Context(), zoe))
		got, err = a.Person(t.Context(), zoe.ID)
		must(t, err)
		if diff := cmp.Diff(zoe, got); diff != "" {
			t.Error(diff)
		}
		zoe.Email = "abe@example.org"
		wantErr(t, "another's address", a.Update(t.Context(), zoe), accounts.ErrEmailTaken)
		wantErr(t, "nobody", a.Update(t.Context(), accounts.Person{ID: "x", Name: "x", Email: "x@y"}), accounts.ErrNotFound)
		_, err = a.Create(t.Context(), accounts.Person{Name: "x", Email: "ABE@example.org"}, password)
		wantErr(t, "an address again", err, accounts.ErrEmailTaken)
		_, err = a.Person(t.Context(), "x")
		wantErr(t, "no such id", err, accounts.ErrNotFound)
		_, err = a.ByEmail(t.Context(), "x@example.org")
		wantErr(t, "no such address", err, accounts.ErrNotFound)
	})
}

func TestWhatIsNotAPersonIsRefused(t *testing.T) {
	a, _ := open(t, dbtest.SQLite(t))
	for _, p := range []accounts.Person{
		{Name: "", Email: "a@b"},
		{Name: "a", Email: ""},
		{Name: "a", Email: "no address"},
		{Name: "a", Email: "A <a@b>"},
		{Name: "a", Email: strings.Repeat("a", 250) + "@example.org"},
		{Name: "a", Email: "a@b", Roles: []string{"two words"}},
		{Name: "a", Email: "a@b", Roles: []string{"a,b"}},
		{Name: "a", Email: "a@b", Roles: []string{""}},
		{Name: "a", Email: "a@b", Teams: []string{"north west"}},
	} {
		_, err := a.Create(t.Context(), p, password)
		wantErr(t, p.Email, err, accounts.ErrInvalid)
	}
	_, err := a.Create(t.Context(), accounts.Person{Name: "a", Email: "a@b"}, "tooshort")
	wantErr(t, "a short password", err, accounts.ErrWeakPassword)
	_, err = a.Create(t.Context(), accounts.Person{Name: "a", Email: "a@b"}, strings.Repeat("x", 1000))
	wantErr(t, "an endless password", err, accounts.ErrWeakPassword)
}

func TestSigningInAndOut(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, c := open(t, d)
		sam := create(t, a, "Sam", "sam@example.org", "writer")
		sam.Teams = []string{"north"}
		must(t, a.Update(t.Context(), sam))
		token, p, err := a.SignIn(t.Context(), "SAM@example.org ", password)
		must(t, err)
		if p.ID != sam.ID || !p.SignedInAt.Equal(c.now()) {
			t.Errorf("signed in as %+v", p)
		}
		other := signIn(t, a, "sam@example.org")
		if token == other || len(token) < 20 {
			t.Errorf("tokens %q and %q", token, other)
		}
		got, err := a.Session(t.Context(), token)
		must(t, err)
		if got.ID != sam.ID || !got.Has("writer") || len(got.Teams) != 1 || got.Teams[0] != "north" {
			t.Errorf("session of %+v", got)
		}
		must(t, a.SignOut(t.Context(), token))
		must(t, a.SignOut(t.Context(), token))
		_, err = a.Session(t.Context(), token)
		wantErr(t, "after signing out", err, accounts.ErrNoSession)
		_, err = a.Session(t.Context(), other)
		must(t, err)
		for _, bad := range []string{"", "x", other + "x", strings.ToLower(other)} {
			_, err = a.Session(t.Context(), bad)
			wantErr(t, "a made-up token", err, accounts.ErrNoSession)
		}

		// Neither token nor password stands in the database.
		var stored string
		must(t, d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow("SELECT token_hash || ' ' || (SELECT password_hash FROM accounts) FROM sessions").Scan(&stored)
		}))
		if strings.Contains(stored, other) || strings.Contains(stored, password) || !strings.Contains(stored, "$argon2id$v=19$m=64,t=1,p=1$") {
			t.Errorf("stored is %q", stored)
		}
	})
}

func TestOnlyTheRightPasswordOfAnActivePersonSignsIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, _ := open(t, d)
		create(t, a, "Sam", "sam@example.org")
		idle := create(t, a, "Idle", "idle@example.org")
		idle.Active = false
		must(t, a.Update(t.Context(), idle))
		_, err := a.Create(t.Context(), accounts.Person{Name: "New", Email: "new@example.org"}, "")
		must(t, err)
		for _, try := range [][2]string{
			{"sam@example.org", "three random word"}, {"sam@example.org", ""}, {"sam@example.org", strings.Repeat("x", 300)},
			{"nobody@example.org", password}, {"", password}, {"idle@example.org", password},
			{"new@example.org", ""}, {"new@example.org", password}, {strings.Repeat("x", 300), password},
		} {
			token, p, err := a.SignIn(t.Context(), try[0], try[1])
			if !errors.Is(err, accounts.ErrWrongCredentials) || token != "" || p.ID != "" {
				t.Errorf("%q with %q: %q %v", try[0], try[1], token, err)
			}
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, c := open(t, d)
		sam := create(t, a, "Sam", "sam@example.org")
		gone := func(what, token string) {
			t.Helper()
			_, err := a.Session(t.Context(), token)
			wantErr(t, what, err, accounts.ErrNoSession)
		}

		token := signIn(t, a, "sam@example.org")
		for range 5 { // in use: idle time begins anew each time, until the session is too old
			c.pass(2*time.Hour + 20*time.Minute)
			_, err := a.Session(t.Context(), token)
			must(t, err)
		}
		c.pass(20 * time.Minute)
		gone("after twelve hours", token)

		token = signIn(t, a, "sam@example.org")
		c.pass(4*time.Hour + time.Second)
		gone("after four hours unused", token)

		token = signIn(t, a, "sam@example.org")
		_, err := a.Session(t.Context(), token) // now in memory
		must(t, err)
		must(t, a.SetPassword(t.Context(), sam.ID, "another good password"))
		gone("after a change of password", token)
		_, _, err = a.SignIn(t.Context(), "sam@example.org", password)
		wantErr(t, "the old password", err, accounts.ErrWrongCredentials)
		token, _, err = a.SignIn(t.Context(), "sam@example.org", "another good password")
		must(t, err)

		_, err = a.Session(t.Context(), token)
		must(t, err)
		sam.Active = false
		must(t, a.Update(t.Context(), sam))
		gone("after being made inactive", token)
		sam.Active = true
		must(t, a.Update(t.Context(), sam))
		gone("after being made active again", token)

		token, _, err = a.SignIn(t.Context(), "sam@example.org", "another good password")
		must(t, err)
		must(t, a.SignOutEverywhere(t.Context(), sam.ID))
		gone("after signing out everywhere", token)

		wantErr(t, "nobody's password", a.SetPassword(t.Context(), "x", password), accounts.ErrNotFound)
		wantErr(t, "a short password", a.SetPassword(t.Context(), sam.ID, "short"), accounts.ErrWeakPassword)
	})
}

// Another node has its own memory: what changed there is seen here when the memory is old.
func TestAnotherNodesSignOutIsSeenWithinSeconds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, c := open(t, d)
		other, err := accounts.New(accounts.Config{DB: d, Now: c.now, Cost: cheap})
		must(t, err)
		create(t, a, "Sam", "sam@example.org")
		token := signIn(t, a, "sam@example.org")
		_, err = a.Session(t.Context(), token)
		must(t, err)
		must(t, other.SignOut(t.Context(), token))
		c.pass(3 * time.Second)
		_, err = a.Session(t.Context(), token)
		wantErr(t, "three seconds later", err, accounts.ErrNoSession)
	})
}

func TestGuessingIsSlowedDownForEveryAddressAlike(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, c := open(t, d)
		create(t, a, "Sam", "sam@example.org")
		for _, email := range []string{"sam@example.org", "nobody@example.org"} {
			try := func(password string) error {
				_, _, err := a.SignIn(t.Context(), email, password)
				return err
			}
			for range 5 {
				wantErr(t, email, try("wrong"), accounts.ErrWrongCredentials)
			}
			// Locked, even for the right password, for twice as long each time.
			for _, wait := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
				err := try(password)
				wantErr(t, email, err, accounts.ErrTooManyTries)
				var until *accounts.WaitError
				if !errors.As(err, &until) || !until.Until.Equal(c.now().Add(wait)) {
					t.Fatalf("%s: %v, want a wait of %v", email, until, wait)
				}
				c.pass(wait)
				wantErr(t, email, try("wrong"), accounts.ErrWrongCredentials)
			}
			c.pass(15 * time.Minute)
		}
		signIn(t, a, "sam@example.org") // the wait is over, and with it the count
		for range 5 {
			_, _, err := a.SignIn(t.Context(), "sam@example.org", "wrong")
			wantErr(t, "after signing in", err, accounts.ErrWrongCredentials)
		}
		c.pass(25 * time.Hour)
		_, _, err := a.SignIn(t.Context(), "other@example.org", "wrong")
		wantErr(t, "another", err, accounts.ErrWrongCredentials)
		var left int
		must(t, d.Read(t.Context(), func(tx *db.Tx) error { return tx.QueryRow("SELECT count(*) FROM sign_in_tries").Scan(&left) }))
		if left != 1 {
			t.Errorf("%d addresses are remembered after a day, want 1", left)
		}
	})
}

func TestGuessesMadeAtOnceCountEach(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, _ := open(t, d)
		var wg sync.WaitGroup
		var mu sync.Mutex
		looked := 0
		for range 20 {
			wg.Go(func() {
				_, _, err := a.SignIn(context.Background(), "sam@example.org", "guess")
				mu.Lock()
				defer mu.Unlock()
				switch {
				case errors.Is(err, accounts.ErrWrongCredentials):
					looked++
				case !errors.Is(err, accounts.ErrTooManyTries):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if looked != 5 {
			t.Errorf("%d of 20 guesses were looked at, want 5", looked)
		}
	})
}

func TestAHashOfAnotherCostIsRenewed(t *testing.T) {
	d := dbtest.SQLite(t)
	a, c := open(t, d)
	create(t, a, "Sam", "sam@example.org")
	dearer, err := accounts.New(accounts.Config{DB: d, Now: c.now})
	must(t, err)
	hash := func() (s string) {
		must(t, d.Read(t.Context(), func(tx *db.Tx) error { return tx.QueryRow("SELECT password_hash FROM accounts").Scan(&s) }))
		return s
	}
	_, _, err = dearer.SignIn(t.Context(), "sam@example.org", "wrong password")
	wantErr(t, "a wrong password", err, accounts.ErrWrongCredentials)
	if !strings.Contains(hash(), "$m=64,t=1,p=1$") {
		t.Errorf("a wrong password changed the hash to %s", hash())
	}
	signIn(t, dearer, "sam@example.org")
	if !strings.Contains(hash(), "$m=19456,t=2,p=1$") {
		t.Errorf("the hash is %s", hash())
	}
	signIn(t, dearer, "sam@example.org")
	must(t, d.Do(t.Context(), func(tx *db.Tx) error { return tx.Queue("UPDATE accounts SET password_hash = 'plain'") }))
	if _, _, err := a.SignIn(t.Context(), "sam@example.org", "plain"); err == nil || errors.Is(err, accounts.ErrWrongCredentials) {
		t.Errorf("a hash that cannot be read gave %v", err)
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	if _, err := accounts.New(accounts.Config{}); err == nil {
		t.Error("no database was accepted")
	}
	if _, err := accounts.New(accounts.Config{DB: dbtest.SQLite(t), Cost: accounts.Cost{Memory: 1, Passes: 1}}); err == nil {
		t.Error("a cost of nothing was accepted")
	}
}

func BenchmarkSession(b *testing.B) {
	for name, memory := range map[string]time.Duration{"memory": time.Hour, "database": -1} {
		b.Run(name, func(b *testing.B) {
			d := dbtest.SQLite(b)
			if err := db.Migrate(b.Context(), d, accounts.Migrations()); err != nil {
				b.Fatal(err)
			}
			a, err := accounts.New(accounts.Config{DB: d, CacheFor: memory, Cost: cheap})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := a.Create(b.Context(), accounts.Person{Name: "Sam", Email: "s@example.org"}, password); err != nil {
				b.Fatal(err)
			}
			token, _, err := a.SignIn(b.Context(), "s@example.org", password)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := a.Session(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
