package editing

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"helpline/internal/db"
	"helpline/knowledge"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrations are the tables of this package.
func Migrations() db.Migrations {
	return db.Migrations{Name: "editing", FS: migrationFiles}
}

// Errors that callers decide on.
var (
	// ErrConflict: somebody else saved or published in the meantime.
	ErrConflict = errors.New("the draft has been changed by somebody else")
	// ErrNotFound: there is no such sheet, draft or question.
	ErrNotFound = errors.New("not found")
	// ErrExists: a new sheet has the slug of another.
	ErrExists = errors.New("a sheet with this slug exists already")
)

// Config is what an Editor needs.
type Config struct {
	DB    *db.DB            // with Migrations applied
	Base  knowledge.Content // the content folder
	Shelf *knowledge.Shelf  // where a published library is put
	Now   func() time.Time
	// Published is called after every publication by this process, when the new
	// library is in force here: to tell other nodes. May be nil.
	Published func()
}

// Editor is the use cases of the people who write the library.
type Editor struct {
	Config
	base map[string]knowledge.Sheet

	rebuilding sync.Mutex // one rebuild at a time, so that an older state never replaces a newer
}

// New returns an Editor. Rebuild puts what was published before into force.
func New(c Config) (*Editor, error) {
	switch {
	case c.DB == nil:
		return nil, errors.New("editing needs a database")
	case c.Shelf == nil:
		return nil, errors.New("editing needs a shelf")
	case c.Now == nil:
		return nil, errors.New("editing needs a clock")
	}
	e := &Editor{Config: c, base: make(map[string]knowledge.Sheet, len(c.Base.Sheets))}
	for _, sheet := range c.Base.Sheets {
		e.base[sheet.Slug] = sheet
	}
	return e, nil
}

// State is where a sheet stands.
type State struct {
	Slug         string
	Title        string
	Jurisdiction knowledge.Jurisdiction
	ReviewBy     time.Time
	Published    int64 // the version in force; 0 is the content folder's, -1 none (new or withdrawn)
	PublishedBy  string
	PublishedAt  time.Time
	Withdrawn    bool
	Draft        int64 // the number of the open draft; 0 when there is none
	DraftBy      string
	DraftAt      time.Time
	DraftFaults  int // faults that keep the draft from being published
}

const selectStates = `
SELECT v.slug, v.version, v.source, v.withdrawn, v.published_by, v.published_at
FROM sheet_versions v
WHERE v.version = (SELECT MAX(w.version) FROM sheet_versions w WHERE w.slug = v.slug)`

const selectOpenDrafts = `SELECT slug, version, source, saved_by, saved_at FROM sheet_drafts WHERE open`

// Sheets lists every sheet, published, withdrawn or only drafted, in the order of their slugs.
func (e *Editor) Sheets(ctx context.Context) ([]State, error) {
	states := make(map[string]*State, len(e.base))
	for slug, sheet := range e.base {
		states[slug] = stateOf(sheet)
	}
	var drafts []Draft
	err := e.DB.Read(ctx, func(tx *db.Tx) error {
		drafts = drafts[:0]
		versions, err := latest(tx)
		if err != nil {
			return err
		}
		for _, v := range versions {
			sheet, err := knowledge.Parse(fileName(v.Slug), []byte(v.Source))
			if before, ok := states[v.Slug]; ok && err != nil {
				before.Withdrawn = v.Withdrawn // as in Rebuild: the folder's stays in force
				continue
			}
			s := stateOf(sheet)
			s.Slug, s.Published, s.PublishedBy, s.PublishedAt, s.Withdrawn = v.Slug, v.Version, v.By, v.At, v.Withdrawn
			if v.Withdrawn {
				s.Published = -1
			}
			states[v.Slug] = s
		}
		drafts, err = openDrafts(tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list sheets: %w", err)
	}
	library := e.Shelf.Library()
	for _, d := range drafts {
		sheet, faults := e.read(library, d.Slug, d.Source)
		s, known := states[d.Slug]
		if !known {
			s = stateOf(sheet)
			s.Slug, s.Published = d.Slug, -1
			states[d.Slug] = s
		}
		s.Draft, s.DraftBy, s.DraftAt, s.DraftFaults = d.Version, d.By, d.At, len(grave(faults))
	}
	list := make([]State, 0, len(states))
	for _, s := range states {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b State) int { return cmp.Compare(a.Slug, b.Slug) })
	return list, nil
}

func stateOf(sheet knowledge.Sheet) *State {
	return &State{Slug: sheet.Slug, Title: sheet.Title, Jurisdiction: sheet.Jurisdiction, ReviewBy: sheet.ReviewBy}
}

// latest is the newest version of every sheet that has one.
func latest(tx *db.Tx) ([]Version, error) {
	rows, err := tx.Query(selectStates)
	if err != nil {
		return nil, err
	}
	var list []Version
	for rows.Next() {
		var v Version
		if err := rows.Scan(&v.Slug, &v.Version, &v.Source, &v.Withdrawn, &v.By, db.ScanTime(&v.At)); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

func openDrafts(tx *db.Tx) ([]Draft, error) {
	rows, err := tx.Query(selectOpenDrafts)
	if err != nil {
		return nil, err
	}
	var list []Draft
	for rows.Next() {
		d := Draft{Open: true}
		if err := rows.Scan(&d.Slug, &d.Version, &d.Source, &d.By, db.ScanTime(&d.At)); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		list = append(list, d)
	}
	return list, rows.Err()
}

// fileName is the name under which the faults of an edited sheet are reported.
func fileName(slug string) string { return slug + ".md" }
