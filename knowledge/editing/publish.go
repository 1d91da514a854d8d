package editing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"helpline/internal/db"
	"helpline/knowledge"
)

// Version is a text that was published, or the taking out of a sheet.
type Version struct {
	Slug      string
	Version   int64 // from 1
	Source    string
	Withdrawn bool // from here on the sheet was not in the library
	By        string
	At        time.Time
}

const selectNewest = `
SELECT version, source, withdrawn, published_by, published_at FROM sheet_versions
WHERE slug = $1 ORDER BY version DESC LIMIT 1`

// newest is the newest version of a sheet, or db.ErrNoRows.
func newest(tx *db.Tx, slug string) (Version, error) {
	v := Version{Slug: slug}
	err := tx.QueryRow(selectNewest, slug).Scan(&v.Version, &v.Source, &v.Withdrawn, &v.By, db.ScanTime(&v.At))
	return v, err
}

const insertVersion = `
INSERT INTO sheet_versions (slug, version, source, withdrawn, published_by, published_at) VALUES ($1, $2, $3, $4, $5, $6)`

// Publish makes the draft with the given version the text in force. A draft with
// faults that are more than advice is refused with *knowledge.Faults, one that
// somebody has changed since with ErrConflict. When Publish returns nil, the next
// question to this process is answered from the new text.
func (e *Editor) Publish(ctx context.Context, slug, by string, version int64) (published int64, err error) {
	err = e.DB.Do(ctx, func(tx *db.Tx) error {
		d, err := draftOf(tx, slug)
		switch {
		case err != nil:
			return err
		case !d.Open:
			return ErrNotFound
		case d.Version != version:
			return ErrConflict
		}
		if _, faults := e.read(e.Shelf.Library(), slug, d.Source); len(grave(faults)) > 0 {
			return &knowledge.Faults{Faults: grave(faults)}
		}
		if published, err = e.append(tx, slug, d.Source, by, false); err != nil {
			return err
		}
		_, err = tx.Exec(closeDraft, slug, version, by, db.Millis(e.Now()))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("publish %s: %w", slug, err)
	}
	return published, e.inForce(ctx, slug)
}

// Withdraw takes a sheet out of the library. Its text stays among the versions, and a
// draft of it can be published again.
func (e *Editor) Withdraw(ctx context.Context, slug, by string) error {
	err := e.DB.Do(ctx, func(tx *db.Tx) error {
		v, err := newest(tx, slug)
		switch sheet, ok := e.base[slug]; {
		case err == nil && v.Withdrawn:
			return ErrNotFound
		case errors.Is(err, db.ErrNoRows) && !ok:
			return ErrNotFound
		case errors.Is(err, db.ErrNoRows):
			v.Source = sheet.Source
		case err != nil:
			return err
		}
		_, err = e.append(tx, slug, v.Source, by, true)
		return err
	})
	if err != nil {
		return fmt.Errorf("withdraw %s: %w", slug, err)
	}
	return e.inForce(ctx, slug)
}

// append adds a version to a sheet.
func (e *Editor) append(tx *db.Tx, slug, source, by string, withdrawn bool) (int64, error) {
	v, err := newest(tx, slug)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return 0, err
	}
	_, err = tx.Exec(insertVersion, slug, v.Version+1, source, withdrawn, by, db.Millis(e.Now()))
	if db.IsUnique(err) {
		return 0, ErrConflict // two nodes published at the same moment
	}
	return v.Version + 1, err
}

// inForce takes over what was just committed, and tells the others.
func (e *Editor) inForce(ctx context.Context, slug string) error {
	err := e.Rebuild(ctx)
	if e.Published != nil {
		e.Published()
	}
	if err != nil {
		return fmt.Errorf("%s is published, but not everything could be taken over: %w", slug, err)
	}
	return nil
}

const selectVersions = `
SELECT version, source, withdrawn, published_by, published_at FROM sheet_versions WHERE slug = $1 ORDER BY version DESC`

// Versions lists what was published of a sheet, the newest first. The content
// folder's text, version 0, is not among it.
func (e *Editor) Versions(ctx context.Context, slug string) ([]Version, error) {
	var list []Version
	err := e.DB.Read(ctx, func(tx *db.Tx) error {
		list = list[:0]
		rows, err := tx.Query(selectVersions, slug)
		if err != nil {
			return err
		}
		for rows.Next() {
			v := Version{Slug: slug}
			if err := rows.Scan(&v.Version, &v.Source, &v.Withdrawn, &v.By, db.ScanTime(&v.At)); err != nil {
				return errors.Join(err, rows.Close())
			}
			list = append(list, v)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list versions of %s: %w", slug, err)
	}
	return list, nil
}

// Rebuild puts the content folder with everything that was published over it on the
// shelf, in one step. It is called at start and when another node has published.
//
// A published text that cannot be read any more (by a newer program, say) is left
// out in favour of the content folder's: the library is then in force without it, and
// the error holds *knowledge.Faults.
func (e *Editor) Rebuild(ctx context.Context) error {
	e.rebuilding.Lock()
	defer e.rebuilding.Unlock()
	var versions []Version
	err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		versions, err = latest(tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("read published sheets: %w", err)
	}
	sheets := make(map[string]knowledge.Sheet, len(e.base)+len(versions))
	for slug, sheet := range e.base {
		sheets[slug] = sheet
	}
	unread := &knowledge.Faults{}
	for _, v := range versions {
		if v.Withdrawn {
			delete(sheets, v.Slug)
			continue
		}
		sheet, err := knowledge.Parse(fileName(v.Slug), []byte(v.Source))
		var faults *knowledge.Faults
		if errors.As(err, &faults) {
			unread.Faults = append(unread.Faults, faults.Faults...)
			continue
		}
		sheets[v.Slug] = sheet
	}
	list := make([]knowledge.Sheet, 0, len(sheets))
	for _, sheet := range sheets {
		list = append(list, sheet)
	}
	slices.SortFunc(list, func(a, b knowledge.Sheet) int {
		if a.Slug < b.Slug {
			return -1
		}
		return 1
	})
	content := e.Base.WithSheets(list)
	if content.Version() != e.Shelf.Library().Version() { // making one is most of what a start costs
		library, err := knowledge.NewLibrary(content)
		if err != nil {
			return fmt.Errorf("build the library: %w", err)
		}
		e.Shelf.Swap(library)
	}
	if len(unread.Faults) > 0 {
		return fmt.Errorf("read published sheets: %w", unread)
	}
	return nil
}
