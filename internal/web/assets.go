package web

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

//go:embed assets/govuk-frontend assets/moj-frontend
var vendored embed.FS

// Vendored holds the folders govuk-frontend and moj-frontend: built CSS and JavaScript, icons and licences.
func Vendored() fs.FS {
	sub, err := fs.Sub(vendored, "assets")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// assetTypes are given here, not asked of the machine: what /etc/mime.types says differs between machines.
var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".ico": "image/x-icon", ".webp": "image/webp",
	".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8", ".json": "application/json", ".map": "application/json",
	".mp3": "audio/mpeg", ".wav": "audio/wav", ".webmanifest": "application/manifest+json",
}

// Assets serves static files under /assets/. A path from URL holds a hash of all files, so that browsers keep it for
// good, and so that styles and scripts find their neighbours by relative paths: /assets/5f1d…/govuk-frontend/govuk-frontend.min.css.
type Assets struct {
	files  map[string]*asset
	prefix string
}

type asset struct {
	contentType string
	content     []byte
	tag         string
	packed      func() []byte // gzip, nil when that is not smaller
}

// NewAssets reads the vendored files and those of the given folders, by the name under which they appear:
// {"console": fs} makes console/style.css. Markdown is left out.
func NewAssets(folders map[string]fs.FS) (*Assets, error) {
	a := &Assets{files: map[string]*asset{}}
	if err := a.read("", Vendored()); err != nil {
		return nil, fmt.Errorf("read the vendored assets: %w", err)
	}
	for name, files := range folders {
		if err := a.read(name, files); err != nil {
			return nil, fmt.Errorf("read the assets of %s: %w", name, err)
		}
	}
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(a.files)) {
		_, _ = fmt.Fprintf(h, "%s %s\n", name, a.files[name].tag) // a hash takes everything
	}
	a.prefix = "/assets/" + hex.EncodeToString(h.Sum(nil))[:12] + "/"
	return a, nil
}

func (a *Assets) read(folder string, files fs.FS) error {
	return fs.WalkDir(files, ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || path.Ext(p) == ".md" {
			return err
		}
		content, err := fs.ReadFile(files, p)
		if err != nil {
			return err
		}
		name := path.Join(folder, p)
		if _, ok := a.files[name]; ok {
			return fmt.Errorf("%s: there is already a file of that name", name)
		}
		sum := sha256.Sum256(content)
		ext := strings.ToLower(path.Ext(name))
		kind := cmp.Or(assetTypes[ext], mime.TypeByExtension(ext), "application/octet-stream")
		a.files[name] = &asset{
			contentType: kind,
			content:     content,
			tag:         `"` + hex.EncodeToString(sum[:8]) + `"`,
			packed:      sync.OnceValue(func() []byte { return pack(kind, content) }),
		}
		return nil
	})
}

// pack compresses text; pictures are compressed already.
func pack(kind string, content []byte) []byte {
	if !strings.HasPrefix(kind, "text/") && kind != "image/svg+xml" && kind != "application/json" {
		return nil
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		return nil
	}
	if err := w.Close(); err != nil || b.Len() >= len(content) {
		return nil
	}
	return b.Bytes()
}

// URL returns the path of a file for a page, and an error when there is no such file, so that a template with a wrong name fails
// in its first test.
func (a *Assets) URL(name string) (string, error) {
	if _, ok := a.files[name]; !ok {
		return "", fmt.Errorf("there is no asset %q", name)
	}
	return a.prefix + name, nil
}

// Mount serves GET and HEAD /assets/*. Without the hash, or with an old one, the file is served too, to be asked for again each time:
// pages that were open during an upgrade go on.
func (a *Assets) Mount(e *echo.Echo) {
	e.GET("/assets/*", a.serve)
	e.HEAD("/assets/*", a.serve)
}

func (a *Assets) serve(c echo.Context) error {
	name := c.Param("*")
	caching := "no-cache"
	f, ok := a.files[name]
	if !ok {
		prefix, rest, _ := strings.Cut(name, "/")
		if f, ok = a.files[rest]; !ok {
			return echo.ErrNotFound
		}
		if "/assets/"+prefix+"/" == a.prefix {
			caching = "public, max-age=31536000, immutable"
		}
	}
	h := c.Response().Header()
	h.Set("Cache-Control", caching)
	h.Set("ETag", f.tag)
	h.Set("Content-Type", f.contentType)
	h.Set("Vary", "Accept-Encoding")
	content := f.content
	if c.Request().Header.Get("Range") == "" && accepts(c.Request(), "gzip") {
		if packed := f.packed(); packed != nil {
			h.Set("Content-Encoding", "gzip")
			h.Set("ETag", strings.TrimSuffix(f.tag, `"`)+`-gzip"`)
			content = packed
		}
	}
	var body io.ReadSeeker = bytes.NewReader(content)
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, body)
	return nil
}

// accepts reads Accept-Encoding (RFC 9110, section 12.5.3) as far as one coding needs.
func accepts(r *http.Request, coding string) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) == coding {
			return strings.TrimSpace(strings.ReplaceAll(weight, " ", "")) != "q=0"
		}
	}
	return false
}
