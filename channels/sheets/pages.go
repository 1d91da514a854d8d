package sheets

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"sort"
	"strings"

	"github.com/labstack/echo/v4"

	"helpline/internal/web"
	"helpline/knowledge"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed assets
var assets embed.FS

// Assets are the style sheet and the script of the pages, to be served under
// the name "sheets".
func Assets() fs.FS {
	sub, err := fs.Sub(assets, "assets")
	if err != nil {
		panic("sheets: " + err.Error()) // the folder is compiled in
	}
	return sub
}

// Texts is where the words of the pages come from: content/texts.
type Texts interface {
	Text(key string, params ...string) string
	Require(keys ...string) error
}

// Config is what the pages need.
type Config struct {
	Shelf  *knowledge.Shelf
	Texts  Texts
	Assets *web.Assets
	// ExitURL is where "Exit this page" leads; empty: DefaultExitURL.
	ExitURL string
	Log     *slog.Logger
}

// DefaultExitURL is a page that says nothing about who looks at it (the
// pattern "Exit a page quickly" of the GOV.UK Design System uses it too).
const DefaultExitURL = "https://www.bbc.co.uk/weather"

// Pages serves the library.
type Pages struct {
	Config
	pages *template.Template
}

var keys = []string{
	"sheets.title", "sheets.heading", "sheets.lead", "sheets.search", "sheets.search.button", "sheets.search.none", "sheets.search.found",
	"sheets.all", "sheets.other", "sheets.chat", "sheets.exit", "sheets.skip", "sheets.back", "sheets.contents", "sheets.holds.scotland", "sheets.holds.england-wales",
	"sheets.holds.northern-ireland", "sheets.holds.uk", "sheets.prisons", "sheets.published", "sheets.review", "sheets.sources", "sheets.print", "sheets.number",
	"sheets.danger", "sheets.country.scotland", "sheets.country.england-wales", "sheets.country.northern-ireland", "sheets.country.uk", "sheets.missing", "sheets.short",
}

// New checks the configuration.
func New(c Config) (*Pages, error) {
	if c.Shelf == nil || c.Texts == nil || c.Assets == nil || c.Log == nil {
		return nil, errors.New("sheets: Shelf, Texts, Assets and Log are required")
	}
	if err := c.Texts.Require(keys...); err != nil {
		return nil, fmt.Errorf("sheets: %w", err)
	}
	if c.ExitURL == "" {
		c.ExitURL = DefaultExitURL
	}
	t, err := template.New("").Funcs(template.FuncMap{
		"text":  c.Texts.Text,
		"asset": c.Assets.URL,
		"dict": func(pairs ...any) map[string]any {
			m := map[string]any{}
			for i := 0; i+1 < len(pairs); i += 2 {
				m[fmt.Sprint(pairs[i])] = pairs[i+1]
			}
			return m
		},
	}).ParseFS(templates, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("sheets: %w", err)
	}
	return &Pages{Config: c, pages: t}, nil
}

// Mount adds the routes.
func (p *Pages) Mount(e *echo.Echo) {
	g := e.Group("", web.Headers(web.Policy{Cache: "no-cache"}))
	g.GET("/sheets", p.list)
	g.POST("/sheets", p.list, web.MaxBody(8<<10))
	g.GET("/sheets/:slug", p.sheet)
	g.GET("/s/:code", p.short)
}

// row is a sheet in a list.
type row struct {
	Slug, Title, Summary, Number string
	Country                      knowledge.Jurisdiction
}

// hit is a section that a search found.
type hit struct {
	Href, Heading, Short, Title string
	Country                     knowledge.Jurisdiction
}

type group struct {
	Country knowledge.Jurisdiction
	Rows    []row
}

// list shows every sheet by country, and what a search found. A search is a
// POST, so that the words are in no address, no history and no log.
func (p *Pages) list(c echo.Context) error {
	lib := p.Shelf.Library()
	query := strings.TrimSpace(c.Request().PostFormValue("q"))
	if len(query) > 500 {
		query = strings.ToValidUTF8(query[:500], "")
	}
	data := map[string]any{"Query": query, "Exit": p.ExitURL}
	if query != "" {
		found := lib.Find(knowledge.Query{Text: query})
		var hits []hit
		for _, a := range found.Answers {
			hits = append(hits, hit{
				Href: "/sheets/" + a.Sheet.Slug + "#" + a.Section.Anchor, Heading: a.Section.Heading,
				Short: lib.Short(a.Ref()), Title: a.Sheet.Title, Country: a.Jurisdiction,
			})
		}
		data["Hits"] = hits
	}
	groups := map[knowledge.Jurisdiction][]row{}
	for _, s := range lib.Sheets() {
		groups[s.Jurisdiction] = append(groups[s.Jurisdiction], row{s.Slug, s.Title, s.Summary, s.Number, s.Jurisdiction})
	}
	var list []group
	for _, j := range []knowledge.Jurisdiction{knowledge.UK, knowledge.EnglandWales, knowledge.Scotland, knowledge.NorthernIreland} {
		if rows := groups[j]; len(rows) > 0 {
			sort.Slice(rows, func(a, b int) bool { return rows[a].Title < rows[b].Title })
			list = append(list, group{j, rows})
		}
	}
	data["Groups"] = list
	return p.render(c, http.StatusOK, "list.html", data)
}

// part is one question of a sheet's page.
type part struct {
	Anchor, Heading, Short string
	Body                   template.HTML
}

func (p *Pages) sheet(c echo.Context) error {
	lib := p.Shelf.Library()
	slug, err := url.PathUnescape(c.Param("slug"))
	if err != nil {
		return p.missing(c)
	}
	s, ok := lib.Sheet(slug)
	if !ok {
		return p.missing(c)
	}
	var parts []part
	for i := range s.Sections {
		sec := &s.Sections[i]
		ref := knowledge.SectionRef{Slug: s.Slug, Anchor: sec.Anchor}
		parts = append(parts, part{sec.Anchor, sec.Heading, lib.Short(ref), lib.BodyHTML(ref)})
	}
	return p.render(c, http.StatusOK, "sheet.html", map[string]any{
		"Sheet": s, "Intro": lib.HTML(s.Intro), "Parts": parts, "Exit": p.ExitURL,
		"Published": s.Published.Format("2 January 2006"), "Review": s.ReviewBy.Format("2 January 2006"),
	})
}

// short leads from the link in a text message to the passage.
func (p *Pages) short(c echo.Context) error {
	ref, ok := p.Shelf.Library().Lookup(c.Param("code"))
	if !ok {
		return p.missing(c)
	}
	return c.Redirect(http.StatusSeeOther, "/sheets/"+url.PathEscape(ref.Slug)+"#"+url.PathEscape(ref.Anchor))
}

func (p *Pages) missing(c echo.Context) error {
	return p.render(c, http.StatusNotFound, "missing.html", map[string]any{"Exit": p.ExitURL})
}

func (p *Pages) render(c echo.Context, status int, name string, data map[string]any) error {
	var b strings.Builder
	if err := p.pages.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	return c.HTML(status, b.String())
}
