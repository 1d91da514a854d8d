package sheets

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"helpline/internal/web"
	"helpline/knowledge"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed assets
var assets embed.FS

// Assets are the style sheet and the scripts of the pages, to be served under
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

// Config is what the pages need. Shelf, Texts, Assets and Log are required.
type Config struct {
	Shelf  *knowledge.Shelf
	Texts  Texts
	Assets *web.Assets
	Log    *slog.Logger
	// PublicURL is the address that links on paper, in the feed and for search
	// engines begin with, without a slash at its end. Empty: links without a host.
	PublicURL string
	// ExitURL is where "Exit this page" leads; empty: DefaultExitURL.
	ExitURL string
	// Votes counts who found a sheet helpful. Nil: nobody is asked.
	Votes Votes
	// Worry reports whether somebody may be at risk in what was typed into the
	// search, so that the page says at once how to reach people. Nil: never.
	Worry func(text string) bool
	// Now is the clock by which a sheet is overdue; nil: time.Now.
	Now func() time.Time
}

// DefaultExitURL is a page that says nothing about who looks at it (the
// pattern "Exit a page quickly" of the GOV.UK Design System uses it too).
const DefaultExitURL = "https://www.bbc.co.uk/weather"

// Pages serves the library.
type Pages struct {
	Config
	pages   *template.Template
	typing  *web.Limiter // searches, several a second while somebody types
	ballots *web.Limiter
	made    atomic.Pointer[catalogue] // of the library in force
}

// New checks the configuration.
func New(c Config) (*Pages, error) {
	if c.Shelf == nil || c.Texts == nil || c.Assets == nil || c.Log == nil {
		return nil, errors.New("sheets: Shelf, Texts, Assets and Log are required")
	}
	if err := c.Texts.Require(keys()...); err != nil {
		return nil, fmt.Errorf("sheets: %w", err)
	}
	if c.ExitURL == "" {
		c.ExitURL = DefaultExitURL
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	t, err := template.New("").Funcs(template.FuncMap{
		"text": c.Texts.Text, "asset": c.Assets.URL, "date": longDate,
	}).ParseFS(templates, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("sheets: %w", err)
	}
	return &Pages{
		Config: c, pages: t,
		// Many phones share the address of one mobile network.
		typing:  web.NewLimiter(web.LimiterConfig{Every: 25 * time.Millisecond, Burst: 200, Now: c.Now}),
		ballots: web.NewLimiter(web.LimiterConfig{Every: 20 * time.Second, Burst: 8, Now: c.Now}),
	}, nil
}

// Mount adds the routes. No route needs a proof of origin: there are no
// cookies, and nothing is done in anybody's name.
func (p *Pages) Mount(e *echo.Echo) {
	read := []string{http.MethodGet, http.MethodHead}
	g := e.Group("", web.Headers(web.Policy{Cache: "no-cache"}))
	g.Match(read, "/sheets", p.list)
	g.Match(read, "/sheets/:slug", p.sheet)
	g.Match(read, "/s/:code", p.short)
	g.Match(read, "/sheets/feed.xml", p.feed)

	// What answers a search is kept nowhere.
	private := e.Group("", web.Headers(web.Policy{}), web.MaxBody(8<<10), p.typing.Middleware(nil))
	private.POST("/sheets", p.searchPage)
	private.POST("/api/sheets/search", p.searchJSON)
	if p.Votes != nil {
		e.POST("/sheets/:slug/helpful", p.helpful, web.Headers(web.Policy{}), web.MaxBody(1<<10))
	}

	api := e.Group("/api/sheets", web.Headers(web.Policy{Cache: "no-cache", CrossOrigin: true}), anySite)
	api.Match(read, "", p.listJSON)
	api.Match(read, "/:slug", p.sheetJSON)
	api.OPTIONS("", noContent)
	api.OPTIONS("/:slug", noContent)
}

// page is what every page needs.
type page struct {
	Title, Description string
	Canonical          string // empty: none is named
	Exit               string
	NoIndex            bool
}

func (p *Pages) shell(title string) page {
	return page{Title: title, Exit: p.ExitURL}
}

// absolute is a path of this service as others write it.
func (p *Pages) absolute(path string) string { return p.PublicURL + path }

func (p *Pages) execute(name string, data any) ([]byte, error) {
	var b strings.Builder
	if err := p.pages.ExecuteTemplate(&b, name, data); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return []byte(b.String()), nil
}

const htmlType = "text/html; charset=utf-8"

// show answers with a page that the browser may keep for as long as it stays
// the same.
func (p *Pages) show(c echo.Context, lib *knowledge.Library, name string, data any) error {
	body, err := p.execute(name, data)
	if err != nil {
		return err
	}
	return send(c, lib, htmlType, body)
}

// answer answers with a page that is not kept.
func (p *Pages) answer(c echo.Context, status int, name string, data any) error {
	body, err := p.execute(name, data)
	if err != nil {
		return err
	}
	return c.HTMLBlob(status, body)
}

// longDate is how a date is written for people, empty for none.
func longDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2 January 2006")
}
