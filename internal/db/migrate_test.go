package db_test

import (
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"helpline/internal/db"
	"helpline/internal/db/dbtest"
)

func files(pairs ...string) fs.FS {
	m := fstest.MapFS{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m["migrations/"+pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return m
}

const (
	firstMigration = `-- The tins on the shelf.
CREATE TABLE tin (id TEXT PRIMARY KEY, litres BIGINT NOT NULL);
CREATE INDEX tin_litres ON tin (litres);
INSERT INTO tin (id, litres) VALUES ('a;b', 1);
`
	secondMigration = `
-- only: sqlite
CREATE TABLE label (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL);
-- end
-- only: postgres
CREATE TABLE label (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text TEXT NOT NULL);
-- end
INSERT INTO label (text) VALUES ('one'), ('two');
`
)

func version(t *testing.T, d *db.DB, module string) (names []string) {
	t.Helper()
	must(t, d.Read(t.Context(), func(tx *db.Tx) error {
		rows, err := tx.Query("SELECT name FROM schema_migrations WHERE module = $1 AND applied_at > 0 ORDER BY number", module)
		if err != nil {
			return err
		}
		for rows.Next() {
			var n string
			if err := rows.Scan(&n); err != nil {
				return errors.Join(err, rows.Close())
			}
			names = append(names, n)
		}
		return rows.Err()
	}))
	return names
}

func TestMigrateGoesFromAnyVersionToTheNewest(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		one := db.Migrations{Name: "shop", FS: files("0001_tins.sql", firstMigration)}
		two := db.Migrations{Name: "shop", FS: files("0001_tins.sql", firstMigration, "0002_labels.sql", secondMigration)}
		other := db.Migrations{Name: "office", FS: files("0001_desk.sql", "CREATE TABLE desk (id TEXT)")}
		must(t, db.Migrate(t.Context(), d, one))
		must(t, db.Migrate(t.Context(), d, two, other))
		must(t, db.Migrate(t.Context(), d, two, other))
		if diff := cmp.Diff([]string{"tins", "labels"}, version(t, d, "shop")); diff != "" {
			t.Error(diff)
		}
		var tins, labels, last int
		must(t, d.Read(t.Context(), func(tx *db.Tx) error {
			if err := tx.QueryRow("SELECT count(*) FROM tin").Scan(&tins); err != nil {
				return err
			}
			return tx.QueryRow("SELECT count(*), max(id) FROM label").Scan(&labels, &last)
		}))
		if tins != 1 || labels != 2 || last != 2 {
			t.Errorf("%d tins, %d labels, last %d", tins, labels, last)
		}

		if err := db.Migrate(t.Context(), d, one); !errors.Is(err, db.ErrSchemaTooNew) || !strings.Contains(err.Error(), "0002_labels") {
			t.Errorf("an older program was told: %v", err)
		}
		renamed := db.Migrations{Name: "shop", FS: files("0001_cans.sql", firstMigration, "0002_labels.sql", secondMigration)}
		if err := db.Migrate(t.Context(), d, renamed); !errors.Is(err, db.ErrSchemaDiffers) {
			t.Errorf("another history was told: %v", err)
		}
	})
}

func TestAFailedMigrationLeavesNothingOfItself(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bad := db.Migrations{Name: "shop", FS: files("0001_tins.sql", firstMigration,
			"0002_labels.sql", "CREATE TABLE label (id TEXT); INSERT INTO tin (id, litres) VALUES ('x', 2); INSERT INTO nowhere VALUES (1);",
			"0003_more.sql", "CREATE TABLE more (id TEXT)")}
		err := db.Migrate(t.Context(), d, bad)
		if err == nil || !strings.Contains(err.Error(), "migrate shop: 0002_labels") || !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("the error is %v", err)
		}
		if diff := cmp.Diff([]string{"tins"}, version(t, d, "shop")); diff != "" {
			t.Error(diff)
		}
		// Put right, it goes on: the table of the failed file is not there.
		must(t, db.Migrate(t.Context(), d, db.Migrations{Name: "shop", FS: files("0001_tins.sql", firstMigration, "0002_labels.sql", secondMigration)}))
		var tins int
		must(t, d.Read(t.Context(), func(tx *db.Tx) error { return tx.QueryRow("SELECT count(*) FROM tin").Scan(&tins) }))
		if tins != 1 {
			t.Errorf("%d tins", tins)
		}
	})
}

func TestNodesThatStartTogetherMigrateOnce(t *testing.T) {
	url := dbtest.PostgresURL(t)
	path := t.TempDir() + "/shared.db"
	for _, c := range []db.Config{{URL: url, MaxConns: 2}, {Path: path}} {
		var wg sync.WaitGroup
		for range 4 {
			d := dbtest.Open(t, c)
			wg.Go(func() {
				m := db.Migrations{Name: "shop", FS: files("0001_tins.sql", firstMigration, "0002_labels.sql", secondMigration)}
				if err := db.Migrate(t.Context(), d, m); err != nil {
					t.Errorf("%s: %v", d.Dialect(), err)
				}
			})
		}
		wg.Wait()
	}
}

func TestMigrationsThatAreWrittenWronglyAreRefused(t *testing.T) {
	d := dbtest.SQLite(t)
	for name, m := range map[string]db.Migrations{
		"no name":       {FS: files("0001_a.sql", "SELECT 1")},
		"no files":      {Name: "shop"},
		"a gap":         {Name: "shop", FS: files("0001_a.sql", "SELECT 1", "0003_c.sql", "SELECT 1")},
		"a double":      {Name: "shop", FS: files("0001_a.sql", "SELECT 1", "0001_b.sql", "SELECT 1")},
		"a bad name":    {Name: "shop", FS: files("1_a.sql", "SELECT 1")},
		"no dialect":    {Name: "shop", FS: files("0001_a.sql", "-- only: oracle\nSELECT 1;\n-- end\n")},
		"no end":        {Name: "shop", FS: files("0001_a.sql", "-- only: sqlite\nSELECT 1;\n")},
		"only an end":   {Name: "shop", FS: files("0001_a.sql", "SELECT 1;\n-- end\n")},
		"a block in it": {Name: "shop", FS: files("0001_a.sql", "-- only: sqlite\n-- only: postgres\n-- end\n")},
	} {
		if err := db.Migrate(t.Context(), d, m); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	must(t, db.Migrate(t.Context(), d, db.Migrations{Name: "shop", FS: files("0001_a.sql", "SELECT 1")}))
	if diff := cmp.Diff([]string{"a"}, version(t, d, "shop")); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}
