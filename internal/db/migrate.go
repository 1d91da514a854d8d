package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Migrations are the numbered SQL files of one module.
type Migrations struct {
	// Name of the module, under which its place is recorded.
	Name string
	// FS holds the files, in any folder of it: 0001_begin.sql, 0002_add_colour.sql, without gaps.
	//
	// Lines from "-- only: sqlite" or "-- only: postgres" to "-- end" run on that dialect alone.
	FS fs.FS
}

// Errors of Migrate, wrapped with the module and the file.
var (
	// ErrSchemaTooNew means that a newer version of the program has changed the database.
	ErrSchemaTooNew = errors.New("the database was changed by a newer version of this program")
	// ErrSchemaDiffers means that a migration that ran is not the one this program knows by that number.
	ErrSchemaDiffers = errors.New("the database has another history than this program")
)

const createMigrations = `CREATE TABLE IF NOT EXISTS schema_migrations (
	module     TEXT   NOT NULL,
	number     BIGINT NOT NULL,
	name       TEXT   NOT NULL,
	applied_at BIGINT NOT NULL,
	PRIMARY KEY (module, number))`

const selectMigrations = `SELECT number, name FROM schema_migrations WHERE module = $1 ORDER BY number`

const insertMigration = `INSERT INTO schema_migrations (module, number, name, applied_at) VALUES ($1, $2, $3, $4)`

// lockMigrations keeps nodes that start together from migrating together. The number has no meaning; it is ours.
const lockMigrations = `SELECT pg_advisory_xact_lock(7239540015)`

// Migrate brings the database to the newest version of each module, in the order given. Each file is one transaction,
// recorded with it in schema_migrations; when one fails nothing of it is kept and the ones before it stay.
func Migrate(ctx context.Context, d *DB, modules ...Migrations) error {
	for _, m := range modules {
		files, err := m.read()
		if err != nil {
			return fmt.Errorf("migrations of %s: %w", m.Name, err)
		}
		if err := migrateModule(ctx, d, m.Name, files); err != nil {
			return fmt.Errorf("migrate %s: %w", m.Name, err)
		}
	}
	return nil
}

type migration struct {
	number int64
	name   string
	text   string
}

var migrationName = regexp.MustCompile(`^(\d{4})_([a-z0-9_]+)\.sql$`)

// read returns the files in the order of their numbers.
func (m Migrations) read() ([]migration, error) {
	if m.Name == "" || m.FS == nil {
		return nil, errors.New("a module needs a name and files")
	}
	var all []migration
	err := fs.WalkDir(m.FS, ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || path.Ext(p) != ".sql" {
			return err
		}
		part := migrationName.FindStringSubmatch(path.Base(p))
		if part == nil {
			return fmt.Errorf("%s: a migration is named NNNN_what_it_does.sql", p)
		}
		text, err := fs.ReadFile(m.FS, p)
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(part[1], 10, 64)
		if err != nil {
			return err
		}
		all = append(all, migration{number: n, name: part[2], text: string(text)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b migration) int { return cmp.Compare(a.number, b.number) })
	for i, f := range all {
		if f.number != int64(i)+1 {
			return nil, fmt.Errorf("%04d_%s.sql stands where number %04d should", f.number, f.name, i+1)
		}
	}
	return all, nil
}

func migrateModule(ctx context.Context, d *DB, module string, files []migration) error {
	// Looked at without a lock first: a node that starts beside busy ones has nothing to do.
	if n, err := appliedOf(ctx, d, module, files); err == nil && n == len(files) {
		return nil
	}
	for {
		finished := false
		err := d.Do(ctx, func(tx *Tx) error {
			finished = false
			if tx.Dialect() == Postgres {
				if _, err := tx.Exec(lockMigrations); err != nil {
					return fmt.Errorf("wait for the other nodes: %w", err)
				}
			}
			if _, err := tx.Exec(createMigrations); err != nil {
				return fmt.Errorf("make schema_migrations: %w", err)
			}
			n, err := applied(tx, module, files)
			if err != nil {
				return err
			}
			if n == len(files) {
				finished = true
				return nil
			}
			return apply(tx, module, files[n])
		})
		if err != nil || finished {
			return err
		}
	}
}

func appliedOf(ctx context.Context, d *DB, module string, files []migration) (n int, err error) {
	err = d.Read(ctx, func(tx *Tx) error {
		n, err = applied(tx, module, files)
		return err
	})
	return n, err
}

// applied returns how many of the files have run, after checking that they are the same ones.
func applied(tx *Tx, module string, files []migration) (int, error) {
	rows, err := tx.Query(selectMigrations, module)
	if err != nil {
		return 0, fmt.Errorf("read schema_migrations: %w", err)
	}
	n := 0
	var bad error
	for rows.Next() {
		var number int64
		var name string
		if err := rows.Scan(&number, &name); err != nil {
			return 0, errors.Join(fmt.Errorf("read schema_migrations: %w", err), rows.Close())
		}
		switch {
		case bad != nil:
		case n >= len(files):
			bad = fmt.Errorf("%04d_%s: this program knows %d: %w", number, name, len(files), ErrSchemaTooNew)
		case files[n].number != number || files[n].name != name:
			bad = fmt.Errorf("%04d_%s ran where this program has %04d_%s: %w", number, name, files[n].number, files[n].name, ErrSchemaDiffers)
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("read schema_migrations: %w", err)
	}
	return n, bad
}

func apply(tx *Tx, module string, f migration) error {
	text, err := forDialect(f.text, tx.Dialect())
	if err != nil {
		return fmt.Errorf("%04d_%s: %w", f.number, f.name, err)
	}
	if err := tx.script(text); err != nil {
		return fmt.Errorf("%04d_%s: %w", f.number, f.name, err)
	}
	if _, err := tx.Exec(insertMigration, module, f.number, f.name, Millis(time.Now())); err != nil {
		return fmt.Errorf("%04d_%s: record: %w", f.number, f.name, err)
	}
	return nil
}

// forDialect leaves out the blocks that are for the other dialect.
func forDialect(text string, d Dialect) (string, error) {
	var out strings.Builder
	only := ""
	for i, line := range strings.SplitAfter(text, "\n") {
		mark := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(mark, "-- only:"):
			if only != "" {
				return "", fmt.Errorf("line %d: a block begins inside another", i+1)
			}
			only = strings.TrimSpace(strings.TrimPrefix(mark, "-- only:"))
			if only != SQLite.String() && only != Postgres.String() {
				return "", fmt.Errorf("line %d: %q is no dialect", i+1, only)
			}
		case mark == "-- end":
			if only == "" {
				return "", fmt.Errorf("line %d: no block to end", i+1)
			}
			only = ""
		case only == "" || only == d.String():
			out.WriteString(line)
		}
	}
	if only != "" {
		return "", fmt.Errorf("the block for %s has no end", only)
	}
	return out.String(), nil
}
