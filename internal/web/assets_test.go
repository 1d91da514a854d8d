package web_test

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/labstack/echo/v4"

	"helpline/internal/web"
)

func newAssets(t *testing.T) (*web.Assets, *echo.Echo) {
	t.Helper()
	a, err := web.NewAssets(map[string]fs.FS{"own": fstest.MapFS{
		"style.css": {Data: []byte("p{margin:0}")},
		"notes.md":  {Data: []byte("not served")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	a.Mount(e)
	return a, e
}

func get(h http.Handler, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAssetsAreServedWithTheirTypesAndKept(t *testing.T) {
	a, e := newAssets(t)
	for name, kind := range map[string]string{
		"govuk-frontend/govuk-frontend.min.css": "text/css; charset=utf-8",
		"govuk-frontend/govuk-frontend.min.js":  "text/javascript; charset=utf-8",
		"moj-frontend/moj-frontend.min.css":     "text/css; charset=utf-8",
		"moj-frontend/images/icon-document.svg": "image/svg+xml",
		"moj-frontend/LICENSE.txt":              "text/plain; charset=utf-8",
		"own/style.css":                         "text/css; charset=utf-8",
	} {
		u, err := a.URL(name)
		if err != nil {
			t.Fatal(err)
		}
		w := get(e, u)
		if w.Code != 200 || w.Header().Get("Content-Type") != kind || w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %d %v", u, w.Code, w.Header())
		}
		plain := get(e, "/assets/"+name)
		if plain.Code != 200 || plain.Header().Get("Cache-Control") != "no-cache" || plain.Body.String() != w.Body.String() {
			t.Errorf("without the hash %s: %d %v", name, plain.Code, plain.Header())
		}
		if again := get(e, "/assets/"+name, "If-None-Match", plain.Header().Get("ETag")); again.Code != http.StatusNotModified {
			t.Errorf("%s asked for again: %d", name, again.Code)
		}
		if old := get(e, "/assets/0123456789ab/"+name); old.Code != 200 || old.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("with an old hash %s: %d %v", name, old.Code, old.Header())
		}
	}
	for _, missing := range []string{"/assets/", "/assets/own/notes.md", "/assets/nothing.css", "/assets/../go.mod"} {
		if w := get(e, missing); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", missing, w.Code)
		}
	}
	if _, err := a.URL("nothing.css"); err == nil {
		t.Error("a missing asset has a URL")
	}
}

func TestAssetsAreCompressedForThoseWhoAsk(t *testing.T) {
	a, e := newAssets(t)
	u, err := a.URL("govuk-frontend/govuk-frontend.min.css")
	if err != nil {
		t.Fatal(err)
	}
	plain := get(e, u, "Accept-Encoding", "br, gzip;q=0")
	packed := get(e, u, "Accept-Encoding", "br, gzip")
	if plain.Header().Get("Content-Encoding") != "" || packed.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("encodings %q and %q", plain.Header().Get("Content-Encoding"), packed.Header().Get("Content-Encoding"))
	}
	if packed.Body.Len()*3 > plain.Body.Len() {
		t.Errorf("compressed to %d of %d bytes", packed.Body.Len(), plain.Body.Len())
	}
	r, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil || string(text) != plain.Body.String() {
		t.Errorf("unpacks to other bytes: %v", err)
	}
}

// The vendored parts may be used by anybody; the crown, the crest and the GDS Transport font may not.
func TestVendoredPartsHoldNothingReserved(t *testing.T) {
	files := web.Vendored()
	reserved := regexp.MustCompile(`(?i)@font-face|GDS Transport|crown\.|crest\.|/assets/|sourceMappingURL|\.woff`)
	image := regexp.MustCompile(`url\(([^)]*)\)`)
	licences := 0
	err := fs.WalkDir(files, ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if p := strings.ToLower(p); strings.Contains(p, "crown") || strings.Contains(p, "crest") || strings.Contains(p, "font/") || strings.Contains(p, "logo") {
			t.Errorf("%s is reserved", p)
		}
		text, err := fs.ReadFile(files, p)
		if err != nil {
			return err
		}
		switch path.Ext(p) {
		case ".txt":
			licences++
		case ".css", ".js":
			if found := reserved.Find(text); found != nil {
				t.Errorf("%s holds %q", p, found)
			}
		}
		if path.Ext(p) == ".css" {
			for _, m := range image.FindAllSubmatch(text, -1) {
				if _, err := fs.Stat(files, path.Join(path.Dir(p), string(m[1]))); err != nil {
					t.Errorf("%s names an image that is not there: %v", p, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if licences != 2 {
		t.Errorf("%d licences for 2 packages", licences)
	}
}
