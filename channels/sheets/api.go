package sheets

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"helpline/knowledge"
)

// The sheets as JSON, for whoever wants to show or to check them. Prose is
// given as plain text and as HTML that holds no script; every sheet and every
// answer says where it holds.

type libraryJSON struct {
	Version string      `json:"version"` // the same contents have the same version
	Sheets  []sheetJSON `json:"sheets"`
}

type sheetJSON struct {
	Slug         string        `json:"slug"`
	URL          string        `json:"url"`
	API          string        `json:"api"`
	Number       string        `json:"number,omitempty"`
	Title        string        `json:"title"`
	Summary      string        `json:"summary"`
	Jurisdiction string        `json:"jurisdiction"`
	Holds        string        `json:"holds"`
	Prisons      []prisonJSON  `json:"prisons"` // empty: every prison of the jurisdiction
	Audience     []string      `json:"audience"`
	Topics       []string      `json:"topics"`
	Sources      []string      `json:"sources"`
	Published    string        `json:"published"`
	ReviewBy     string        `json:"review_by"`
	Overdue      bool          `json:"overdue"`
	Version      string        `json:"version,omitempty"` // of the library; only in the answer for one sheet
	IntroHTML    string        `json:"intro_html,omitempty"`
	Sections     []sectionJSON `json:"sections"`
}

type prisonJSON struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type sectionJSON struct {
	Anchor   string `json:"anchor"`
	Heading  string `json:"heading"`
	URL      string `json:"url"`
	ShortURL string `json:"short_url"`
	Short    string `json:"short"`
	Text     string `json:"text,omitempty"`
	HTML     string `json:"html,omitempty"`
}

// anySite lets pages of other sites read the answer.
func anySite(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Allow-Methods", "GET, HEAD")
		h.Set("Access-Control-Allow-Headers", "If-None-Match")
		h.Set("Access-Control-Expose-Headers", "ETag")
		return next(c)
	}
}

func noContent(c echo.Context) error { return c.NoContent(http.StatusNoContent) }

func (p *Pages) listJSON(c echo.Context) error {
	lib := p.Shelf.Library()
	list := libraryJSON{Version: lib.Version(), Sheets: []sheetJSON{}}
	for i := range lib.Sheets() {
		list.Sheets = append(list.Sheets, p.asJSON(lib, &lib.Sheets()[i], false))
	}
	return sendJSON(c, lib, list)
}

func (p *Pages) sheetJSON(c echo.Context) error {
	lib := p.Shelf.Library()
	slug, err := url.PathUnescape(c.Param("slug"))
	if err != nil {
		return echo.ErrNotFound
	}
	s, ok := lib.Sheet(slug)
	if !ok {
		return echo.NewHTTPError(http.StatusNotFound, "there is no such sheet")
	}
	out := p.asJSON(lib, s, true)
	out.Version = lib.Version()
	return sendJSON(c, lib, out)
}

func (p *Pages) asJSON(lib *knowledge.Library, s *knowledge.Sheet, whole bool) sheetJSON {
	out := sheetJSON{
		Slug: s.Slug, URL: p.absolute(sheetPath(s.Slug, "")), API: p.absolute("/api" + sheetPath(s.Slug, "")),
		Number: s.Number, Title: s.Title, Summary: s.Summary, Jurisdiction: string(s.Jurisdiction), Holds: p.holds(lib, s),
		Prisons: []prisonJSON{}, Audience: orEmpty(s.Audience), Topics: orEmpty(s.Topics), Sources: orEmpty(s.Sources),
		Published: isoDate(s.Published), ReviewBy: isoDate(s.ReviewBy), Overdue: overdue(s, p.Now()), Sections: []sectionJSON{},
	}
	names := prisonNames(lib, s)
	for i, id := range s.Prisons {
		out.Prisons = append(out.Prisons, prisonJSON{id, names[i]})
	}
	if whole {
		out.IntroHTML = string(lib.HTML(s.Intro))
	}
	for i := range s.Sections {
		sec := &s.Sections[i]
		ref := knowledge.SectionRef{Slug: s.Slug, Anchor: sec.Anchor}
		one := sectionJSON{
			Anchor: sec.Anchor, Heading: sec.Heading, URL: p.absolute(sheetPath(s.Slug, sec.Anchor)),
			ShortURL: p.absolute("/s/" + lib.Code(ref)), Short: lib.Short(ref),
		}
		if whole {
			one.Text, one.HTML = lib.BodyText(ref), string(lib.BodyHTML(ref))
		}
		out.Sections = append(out.Sections, one)
	}
	return out
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func sendJSON(c echo.Context, lib *knowledge.Library, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return send(c, lib, "application/json", append(body, '\n'))
}
