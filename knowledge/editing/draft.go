package editing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"helpline/internal/db"
	"helpline/knowledge"
)

// Draft is the text that is being worked on.
type Draft struct {
	Slug    string
	Version int64  // to be given back when saving and publishing
	Source  string // the sheet as a file
	Open    bool   // false: there is no draft, and Source is what is published
	By      string // who saved it last
	At      time.Time
	Faults  []knowledge.Fault
}

const selectDraft = `SELECT version, source, open, saved_by, saved_at FROM sheet_drafts WHERE slug = $1`

// Draft returns the open draft of a sheet, or when there is none the text that is
// published, to begin one from. ErrNotFound when there is neither.
func (e *Editor) Draft(ctx context.Context, slug string) (Draft, error) {
	var d Draft
	err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		d, err = draftOf(tx, slug)
		if err != nil || d.Open {
			return err
		}
		v, err := newest(tx, slug)
		switch {
		case err == nil:
			d.Source, d.By, d.At = v.Source, v.By, v.At
		case !errors.Is(err, db.ErrNoRows):
			return err
		default:
			sheet, ok := e.base[slug]
			if !ok {
				return ErrNotFound
			}
			d.Source, d.By, d.At = sheet.Source, sheet.Owner, sheet.Published
		}
		return nil
	})
	if err != nil {
		return Draft{}, fmt.Errorf("read draft of %s: %w", slug, err)
	}
	_, d.Faults = e.read(e.Shelf.Library(), slug, d.Source)
	return d, nil
}

// draftOf is the row of a draft; one that is not there is closed and has the version 0.
func draftOf(tx *db.Tx, slug string) (Draft, error) {
	d := Draft{Slug: slug}
	err := tx.QueryRow(selectDraft, slug).Scan(&d.Version, &d.Source, &d.Open, &d.By, db.ScanTime(&d.At))
	if errors.Is(err, db.ErrNoRows) {
		return d, nil
	}
	return d, err
}

// MaxSource is the longest draft that is kept, in bytes.
const MaxSource = knowledge.MaxSheet

// ErrTooLong means that a draft is longer than MaxSource.
var ErrTooLong = errors.New("the sheet is too long")

const upsertDraft = `
INSERT INTO sheet_drafts (slug, version, source, open, saved_by, saved_at) VALUES ($1, $2, $3, TRUE, $4, $5)
ON CONFLICT (slug) DO UPDATE SET version = excluded.version, source = excluded.source, open = TRUE,
	saved_by = excluded.saved_by, saved_at = excluded.saved_at`

// SaveDraft keeps a text, whether or not it can be published; faults say what is
// wrong with it, and in which line. base is the Version of the Draft that it was made
// from: ErrConflict when there is a newer one. The draft has the returned version.
func (e *Editor) SaveDraft(ctx context.Context, slug, source, by string, base int64) (version int64, faults []knowledge.Fault, err error) {
	if len(source) > MaxSource {
		return 0, nil, ErrTooLong
	}
	err = e.DB.Do(ctx, func(tx *db.Tx) error {
		before, err := draftOf(tx, slug)
		if err != nil {
			return err
		}
		if before.Version != base {
			return ErrConflict
		}
		version = base + 1
		_, err = tx.Exec(upsertDraft, slug, version, source, by, db.Millis(e.Now()))
		return err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("save draft of %s: %w", slug, err)
	}
	_, faults = e.read(e.Shelf.Library(), slug, source)
	return version, faults, nil
}

// Create begins a new sheet with a draft. ErrExists when the slug is taken, by a
// withdrawn sheet or a draft as well.
func (e *Editor) Create(ctx context.Context, slug, source, by string) (version int64, faults []knowledge.Fault, err error) {
	if !knowledge.ValidSlug(slug) {
		return 0, nil, &knowledge.Faults{Faults: []knowledge.Fault{{File: slug, Text: "a slug is small letters, digits and hyphens, like what-is-icm"}}}
	}
	if _, taken := e.base[slug]; taken {
		return 0, nil, ErrExists
	}
	states, err := e.Sheets(ctx)
	if err != nil {
		return 0, nil, err
	}
	for _, s := range states {
		if s.Slug == slug {
			return 0, nil, ErrExists
		}
	}
	d, err := e.draftVersion(ctx, slug)
	if err != nil {
		return 0, nil, err
	}
	version, faults, err = e.SaveDraft(ctx, slug, source, by, d)
	if errors.Is(err, ErrConflict) {
		return 0, nil, ErrExists
	}
	return version, faults, err
}

func (e *Editor) draftVersion(ctx context.Context, slug string) (version int64, err error) {
	err = e.DB.Read(ctx, func(tx *db.Tx) error {
		d, err := draftOf(tx, slug)
		version = d.Version
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read draft of %s: %w", slug, err)
	}
	return version, nil
}

const closeDraft = `UPDATE sheet_drafts SET open = FALSE, source = '', version = version + 1, saved_by = $3, saved_at = $4 WHERE slug = $1 AND version = $2 AND open`

// Discard throws an open draft away. What is published stays as it is.
func (e *Editor) Discard(ctx context.Context, slug, by string, version int64) error {
	err := e.DB.Do(ctx, func(tx *db.Tx) error {
		d, err := draftOf(tx, slug)
		switch {
		case err != nil:
			return err
		case !d.Open:
			return ErrNotFound
		case d.Version != version:
			return ErrConflict
		}
		_, err = tx.Exec(closeDraft, slug, version, by, db.Millis(e.Now()))
		return err
	})
	if err != nil {
		return fmt.Errorf("discard draft of %s: %w", slug, err)
	}
	return nil
}

// Preview reads a text as if it were published: the sheet, as far as it could be
// read, and everything that is wrong with it.
func (e *Editor) Preview(source string) (knowledge.Sheet, []knowledge.Fault) {
	return e.read(e.Shelf.Library(), "", source)
}

// read parses a sheet and checks it against the library. slug, unless empty, is the
// one that it must have.
func (e *Editor) read(library *knowledge.Library, slug, source string) (knowledge.Sheet, []knowledge.Fault) {
	name := "sheet.md"
	if slug != "" {
		name = fileName(slug)
	}
	sheet, err := knowledge.Parse(name, []byte(source))
	var faults []knowledge.Fault
	var parse *knowledge.Faults
	if errors.As(err, &parse) {
		faults = parse.Faults
	} else if slug != "" && sheet.Slug != slug {
		faults = append(faults, knowledge.Fault{File: name, Line: 1, Text: fmt.Sprintf("the slug was changed from %s to %q; a sheet keeps its slug, since links lead to it", slug, sheet.Slug)})
	}
	return sheet, append(faults, library.CheckSheet(sheet, e.Now())...)
}

// grave is the faults that keep a sheet from being published.
func grave(faults []knowledge.Fault) []knowledge.Fault {
	var list []knowledge.Fault
	for _, f := range faults {
		if !f.Advice {
			list = append(list, f)
		}
	}
	return list
}
