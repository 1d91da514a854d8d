package sheets_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"helpline/channels/sheets"
	"helpline/content"
	"helpline/internal/db"
	"helpline/internal/db/dbtest"
	"helpline/internal/web"
	"helpline/knowledge"

	"gopkg.in/yaml.v3"
)

// The day on which the tests take place.
var today = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

// words are content/texts/sheets.en.yaml, with the settings that a service fills in.
type words map[string]string

func (w words) Text(key string, params ...string) string {
	pairs := []string{"{service:keyword}", "FAMOUT", "{service:number}", "60777"}
	for i := 0; i+1 < len(params); i += 2 {
		pairs = append(pairs, "{"+params[i]+"}", params[i+1])
	}
	return strings.NewReplacer(pairs...).Replace(w[key])
}

func (w words) Require(keys ...string) error {
	var missing []error
	for _, k := range keys {
		if w[k] == "" {
			missing = append(missing, errors.New("no text "+k))
		}
	}
	return errors.Join(missing...)
}

var readWords = sync.OnceValues(func() (words, error) {
	data, err := fs.ReadFile(content.FS, "texts/sheets.en.yaml")
	if err != nil {
		return nil, err
	}
	w := words{}
	return w, yaml.Unmarshal(data, &w)
})

var readLibrary = sync.OnceValues(func() (*knowledge.Library, error) {
	c, err := knowledge.Load(content.FS)
	if err != nil {
		return nil, err
	}
	return knowledge.NewLibrary(c)
})

// library is the real one.
func library(t testing.TB) *knowledge.Library {
	t.Helper()
	lib, err := readLibrary()
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// libraryOf is one of sheets written for a test.
func libraryOf(t testing.TB, files ...string) *knowledge.Library {
	t.Helper()
	c, err := knowledge.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	var list []knowledge.Sheet
	for i, f := range files {
		s, err := knowledge.Parse("test-"+string(rune('a'+i))+".md", []byte(f))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	lib, err := knowledge.NewLibrary(c.WithSheets(list))
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// house is the pages as the service serves them, with the log they leave.
type house struct {
	*echo.Echo
	shelf *knowledge.Shelf
	tally *sheets.Tally
	log   *diary
}

// diary is a log that can be read while it is written.
type diary struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (d *diary) Write(p []byte) (int, error) { d.mu.Lock(); defer d.mu.Unlock(); return d.b.Write(p) }
func (d *diary) String() string              { d.mu.Lock(); defer d.mu.Unlock(); return d.b.String() }

func open(t testing.TB, lib *knowledge.Library, change func(*sheets.Config)) *house {
	t.Helper()
	h := &house{log: &diary{}}
	log := slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	texts, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	if h.shelf, err = knowledge.NewShelf(lib); err != nil {
		t.Fatal(err)
	}
	h.tally = tallyOn(t, dbtest.SQLite(t))
	if h.Echo, err = web.New(web.Config{Logger: log, Metrics: prometheus.NewRegistry()}); err != nil {
		t.Fatal(err)
	}
	assets, err := web.NewAssets(map[string]fs.FS{"sheets": sheets.Assets()})
	if err != nil {
		t.Fatal(err)
	}
	assets.Mount(h.Echo)
	c := sheets.Config{
		Shelf: h.shelf, Texts: texts, Assets: assets, Log: log, PublicURL: "https://help.example.org", Votes: h.tally,
		Worry: func(text string) bool { return strings.Contains(text, "kill himself") },
		Now:   func() time.Time { return today },
	}
	if change != nil {
		change(&c)
	}
	pages, err := sheets.New(c)
	if err != nil {
		t.Fatal(err)
	}
	pages.Mount(h.Echo)
	return h
}

func tallyOn(t testing.TB, d *db.DB) *sheets.Tally {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if err := db.Migrate(ctx, d, sheets.Migrations()); err != nil {
		t.Fatal(err)
	}
	tally, err := sheets.NewTally(d, func() time.Time { return today })
	if err != nil {
		t.Fatal(err)
	}
	return tally
}

// ask sends a request; headers are pairs of name and value.
func (h *house) ask(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req := httptest.NewRequest(method, target, r)
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Accept", "text/html")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

func (h *house) get(target string, headers ...string) *httptest.ResponseRecorder {
	return h.ask(http.MethodGet, target, "", headers...)
}
