package console

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"helpline/dialog"
	"helpline/knowledge"
	"helpline/knowledge/editing"
)

// Editing is what the console needs of package editing.
type Editing interface {
	Sheets(ctx context.Context) ([]editing.State, error)
	Draft(ctx context.Context, slug string) (editing.Draft, error)
	SaveDraft(ctx context.Context, slug, source, by string, base int64) (version int64, faults []knowledge.Fault, err error)
	Create(ctx context.Context, slug, source, by string) (version int64, faults []knowledge.Fault, err error)
	Preview(source string) (knowledge.Sheet, []knowledge.Fault)
	Publish(ctx context.Context, slug, by string, version int64) (published int64, err error)
	Versions(ctx context.Context, slug string) ([]editing.Version, error)
	Discard(ctx context.Context, slug, by string, version int64) error
	Withdraw(ctx context.Context, slug, by string) error
	Unanswered(ctx context.Context, limit int) ([]editing.Unanswered, error)
	Done(ctx context.Context, id string) error
}

type sheetsView struct {
	page
	Rows    []sheetRow
	Drafts  int
	Overdue int
}

type sheetRow struct {
	editing.State
	Overdue bool
	Votes   Votes
}

// Votes is what readers said of a sheet.
type Votes struct{ Helpful, Asked int }

// votesOver is how far back the votes beside a sheet go.
const votesOver = 12 // months

func (c *Console) showSheets(v *visit) error {
	states, err := c.cfg.Editing.Sheets(v.Request().Context())
	if err != nil {
		return err
	}
	var votes map[string]Votes
	if c.cfg.Votes != nil {
		if votes, err = c.cfg.Votes(v.Request().Context(), c.cfg.Now().AddDate(0, -votesOver, 0)); err != nil {
			return err
		}
	}
	view := sheetsView{page: c.page(v, "Sheets", "sheets")}
	for _, s := range states {
		row := sheetRow{State: s, Overdue: !s.ReviewBy.IsZero() && c.cfg.Now().After(s.ReviewBy.AddDate(0, 0, 1)), Votes: votes[s.Slug]}
		if s.Draft > 0 {
			view.Drafts++
		}
		if row.Overdue {
			view.Overdue++
		}
		view.Rows = append(view.Rows, row)
	}
	slices.SortStableFunc(view.Rows, func(a, b sheetRow) int { return strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)) })
	return c.render(v, http.StatusOK, "sheets", view)
}

type sheetView struct {
	page
	Slug    string
	Draft   editing.Draft
	Source  string // what is in the box
	Preview previewView
	InForce bool           // readers have it
	Theirs  *editing.Draft // what somebody else saved meanwhile
	Problem string
}

// previewView is a sheet as it would appear, with what is wrong with it.
type previewView struct {
	Title, Summary string
	Faults, Advice []knowledge.Fault
	Intro          template.HTML
	Sections       []previewSection
}

type previewSection struct {
	Heading, Anchor string
	HTML            template.HTML
	Texts           []previewText
	Segments        int
	Encoding        string
	Units           int
	Long            bool // more than the medium takes at once
}

type previewText struct{ Text string }

func (c *Console) showSheet(v *visit) error {
	d, err := c.cfg.Editing.Draft(v.Request().Context(), v.Param("slug"))
	if err != nil {
		return notFound(err)
	}
	return c.sheetPage(v, http.StatusOK, sheetView{Draft: d, Source: d.Source})
}

func notFound(err error) error {
	if errors.Is(err, editing.ErrNotFound) {
		return fmt.Errorf("sheet: %w", dialog.ErrNotFound)
	}
	return err
}

func (c *Console) sheetPage(v *visit, status int, view sheetView) error {
	view.Slug = v.Param("slug")
	view.page = c.page(v, "Edit sheet "+view.Slug, "sheets")
	if view.Problem != "" {
		view.Title = "Error: " + view.Title
	}
	view.Preview = c.preview(view.Source)
	_, view.InForce = c.cfg.Shelf.Library().Sheet(view.Slug)
	return c.render(v, status, "sheet", view)
}

// preview shows a source as page and as text messages, side by side.
func (c *Console) preview(source string) previewView {
	sheet, faults := c.cfg.Editing.Preview(source)
	lib := c.cfg.Shelf.Library()
	p := previewView{Title: sheet.Title, Summary: sheet.Summary, Intro: lib.HTML(sheet.Intro)}
	for _, f := range faults {
		if f.Advice {
			p.Advice = append(p.Advice, f)
		} else {
			p.Faults = append(p.Faults, f)
		}
	}
	allowed := c.cfg.Abilities(dialog.SMS).Segments
	for i := range sheet.Sections {
		section := &sheet.Sections[i]
		short := lib.Text(section.Short)
		encoding, units, segments := c.cfg.Cost(short)
		s := previewSection{
			Heading: section.Heading, Anchor: section.Anchor, HTML: lib.HTML(section.Body),
			Segments: segments, Encoding: encoding.String(), Units: units, Long: segments > allowed,
		}
		for _, part := range c.cfg.Fit(dialog.SMS, short, allowed) {
			s.Texts = append(s.Texts, previewText{part})
		}
		p.Sections = append(p.Sections, s)
	}
	return p
}

// postPreview shows what is being typed. Nothing is kept.
func (c *Console) postPreview(v *visit) error {
	source, err := field(v, "source")
	if err != nil {
		return err
	}
	return c.renderPart(v, http.StatusOK, "sheet", "preview", c.preview(source))
}

// postSheet keeps a draft, and publishes it when that was asked for. Whatever
// goes wrong, the page that comes back holds what was typed.
func (c *Console) postSheet(v *visit) error {
	source, err := field(v, "source")
	if err != nil {
		return err
	}
	slug, ctx, by := v.Param("slug"), v.Request().Context(), v.worker.Name
	base, err := strconv.ParseInt(v.FormValue("base"), 10, 64)
	if err != nil {
		return &dialog.InvalidError{Field: "base", Problem: "is not the number of a draft"}
	}
	if _, err := c.cfg.Editing.Draft(ctx, slug); err != nil {
		return notFound(err) // only "new sheet" begins one
	}
	version, faults, err := c.cfg.Editing.SaveDraft(ctx, slug, source, by, base)
	switch {
	case errors.Is(err, editing.ErrConflict):
		return c.conflict(v, source)
	case errors.Is(err, editing.ErrTooLong):
		return c.sheetPage(v, http.StatusUnprocessableEntity, sheetView{
			Draft: editing.Draft{Slug: slug, Version: base, Open: true}, Source: source, Problem: "The sheet is too long to be kept. Nothing was saved.",
		})
	case err != nil:
		return notFound(err)
	}
	if v.FormValue("do") != "publish" {
		return v.Redirect(http.StatusSeeOther, "/console/sheets/"+slug+"?done=draft")
	}
	_, err = c.cfg.Editing.Publish(ctx, slug, by, version)
	var grave *knowledge.Faults
	switch {
	case errors.As(err, &grave):
		return c.sheetPage(v, http.StatusUnprocessableEntity, sheetView{
			Draft:  editing.Draft{Slug: slug, Version: version, Open: true, By: by, At: c.cfg.Now(), Faults: faults},
			Source: source, Problem: "Not published: the faults below have to be put right first. The draft is saved, and readers still see the published sheet.",
		})
	case errors.Is(err, editing.ErrConflict):
		return c.conflict(v, source)
	case err != nil:
		return notFound(err)
	}
	return v.Redirect(http.StatusSeeOther, "/console/sheets/"+slug+"?done=published")
}

// postDiscard throws an open draft away, if it is still the one that was seen.
func (c *Console) postDiscard(v *visit) error {
	base, err := strconv.ParseInt(v.FormValue("base"), 10, 64)
	if err != nil {
		return &dialog.InvalidError{Field: "base", Problem: "is not the number of a draft"}
	}
	slug := v.Param("slug")
	err = c.cfg.Editing.Discard(v.Request().Context(), slug, v.worker.Name, base)
	switch {
	case errors.Is(err, editing.ErrConflict):
		return fmt.Errorf("discard draft: %w", dialog.ErrStale)
	case err != nil:
		return notFound(err)
	}
	if _, err := c.cfg.Editing.Draft(v.Request().Context(), slug); errors.Is(err, editing.ErrNotFound) {
		return v.Redirect(http.StatusSeeOther, "/console/sheets?done=discarded") // it was never published
	}
	return v.Redirect(http.StatusSeeOther, "/console/sheets/"+slug+"?done=discarded")
}

// postWithdraw takes a sheet away from readers, when the worker said that they
// are sure. Its text stays, and publishing a draft of it brings it back.
func (c *Console) postWithdraw(v *visit) error {
	slug := v.Param("slug")
	if v.FormValue("sure") != "yes" {
		d, err := c.cfg.Editing.Draft(v.Request().Context(), slug)
		if err != nil {
			return notFound(err)
		}
		return c.sheetPage(v, http.StatusUnprocessableEntity, sheetView{
			Draft: d, Source: d.Source, Problem: "Not withdrawn: tick the box to say that readers are to lose this sheet.",
		})
	}
	err := c.cfg.Editing.Withdraw(v.Request().Context(), slug, v.worker.Name)
	switch {
	case errors.Is(err, editing.ErrConflict):
		return fmt.Errorf("withdraw: %w", dialog.ErrStale)
	case err != nil:
		return notFound(err)
	}
	return v.Redirect(http.StatusSeeOther, "/console/sheets/"+slug+"?done=withdrawn")
}

// conflict shows both texts when somebody else saved meanwhile. Saving again
// from this page keeps the worker's own, knowingly.
func (c *Console) conflict(v *visit, mine string) error {
	theirs, err := c.cfg.Editing.Draft(v.Request().Context(), v.Param("slug"))
	if err != nil {
		return notFound(err)
	}
	return c.sheetPage(v, http.StatusConflict, sheetView{
		Draft:  editing.Draft{Slug: theirs.Slug, Version: theirs.Version, Open: theirs.Open, By: theirs.By, At: theirs.At},
		Theirs: &theirs, Source: mine,
		Problem: "Somebody else saved this sheet while you were writing. Nothing is lost: your text is in the box and theirs is below it. Put together what belongs together, then save.",
	})
}

type newSheetView struct {
	page
	NewTitle, Slug, Problem string
}

func (c *Console) showNewSheet(v *visit) error {
	return c.render(v, http.StatusOK, "sheet-new", newSheetView{page: c.page(v, "New sheet", "sheets")})
}

// postNewSheet begins a sheet with a draft that holds everything it needs.
func (c *Console) postNewSheet(v *visit) error {
	title, err := field(v, "title")
	if err != nil {
		return err
	}
	title = strings.Join(strings.Fields(title), " ")
	slug := strings.TrimSpace(v.FormValue("slug"))
	again := func(status int, problem string) error {
		view := newSheetView{page: c.page(v, "Error: New sheet", "sheets"), NewTitle: title, Slug: slug, Problem: problem}
		return c.render(v, status, "sheet-new", view)
	}
	if title == "" {
		return again(http.StatusUnprocessableEntity, "Give the sheet a title.")
	}
	_, _, err = c.cfg.Editing.Create(v.Request().Context(), slug, c.skeleton(slug, title, v.worker.Name), v.worker.Name)
	var faults *knowledge.Faults
	switch {
	case errors.Is(err, editing.ErrExists):
		return again(http.StatusConflict, "There is a sheet with this address already.")
	case errors.As(err, &faults):
		return again(http.StatusUnprocessableEntity, "The address is small letters, digits and hyphens, like what-is-icm.")
	case err != nil:
		return err
	}
	return v.Redirect(http.StatusSeeOther, "/console/sheets/"+slug)
}

// skeleton is a new sheet with a place for everything it needs. It has faults
// until they are filled, so that it cannot be published by mistake.
func (c *Console) skeleton(slug, title, owner string) string {
	today := c.cfg.Now().In(c.london)
	return fmt.Sprintf(`---
slug: %s
title: %q
summary:
jurisdiction:
audience: [families]
topics: []
sources: []
published: %s
review_by: %s
owner: %q
---

## A question, as people ask it? {#a-question}

`+"```answer\nshort: >-\n\nasked:\n  - \n```"+`

`, slug, title, today.Format(time.DateOnly), today.AddDate(0, 6, 0).Format(time.DateOnly), owner)
}

type versionsView struct {
	page
	Slug     string
	Versions []editing.Version
}

func (c *Console) showVersions(v *visit) error {
	slug := v.Param("slug")
	if _, err := c.cfg.Editing.Draft(v.Request().Context(), slug); err != nil {
		return notFound(err)
	}
	list, err := c.cfg.Editing.Versions(v.Request().Context(), slug)
	if err != nil {
		return err
	}
	return c.render(v, http.StatusOK, "versions", versionsView{page: c.page(v, "Versions of "+slug, "sheets"), Slug: slug, Versions: list})
}

type versionView struct {
	page
	Slug    string
	Version editing.Version
	Preview previewView
	Draft   editing.Draft // as it stands now
}

func (c *Console) showVersion(v *visit) error {
	slug := v.Param("slug")
	list, err := c.cfg.Editing.Versions(v.Request().Context(), slug)
	if err != nil {
		return err
	}
	draft, err := c.cfg.Editing.Draft(v.Request().Context(), slug)
	if err != nil {
		return notFound(err)
	}
	n, err := strconv.ParseInt(v.Param("n"), 10, 64)
	if err != nil {
		return fmt.Errorf("version: %w", dialog.ErrNotFound)
	}
	for _, one := range list {
		if one.Version == n {
			return c.render(v, http.StatusOK, "version", versionView{
				page: c.page(v, fmt.Sprintf("Version %d of %s", n, slug), "sheets"), Slug: slug, Version: one, Preview: c.preview(one.Source), Draft: draft,
			})
		}
	}
	return fmt.Errorf("version: %w", dialog.ErrNotFound)
}

type contactsView struct {
	page
	Contacts []contactRow
}

type contactRow struct {
	knowledge.Contact
	Old bool // checked more than a year ago, or never
}

// showContacts lists the register that sheets take numbers from.
func (c *Console) showContacts(v *visit) error {
	view := contactsView{page: c.page(v, "Contacts", "contacts")}
	for _, one := range c.cfg.Shelf.Library().Contacts().List() {
		at, known := one.Checked()
		view.Contacts = append(view.Contacts, contactRow{one, !known || c.cfg.Now().Sub(at) > knowledge.ContactMaxAge})
	}
	return c.render(v, http.StatusOK, "contacts", view)
}
