package console_test

import (
	"bytes"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"helpline/dialog"
)

// browser is a worker's browser without JavaScript: cookies, pages, forms.
type browser struct {
	t    testing.TB
	h    *house
	http *http.Client
	csrf string
}

// reply is what came back.
type reply struct {
	status int
	body   string
	header http.Header
	at     string // the address in the end
}

func (h *house) browser(t testing.TB) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, h: h, http: &http.Client{Jar: jar}}
}

// signedIn is the browser of somebody who has just signed in.
func (h *house) signedIn(t testing.TB, w dialog.Worker) *browser {
	t.Helper()
	b := h.browser(t)
	b.get("/console/sign-in")
	if got := b.post("/console/sign-in", url.Values{"email": {strings.ToLower(w.Name) + "@example.org"}, "password": {password}}); got.status != http.StatusOK || !strings.Contains(got.body, "Sign out") {
		t.Fatalf("sign in: %d %s", got.status, got.body)
	}
	return b
}

var tokenIn = regexp.MustCompile(`<meta name="csrf" content="([^"]*)">`)

func (b *browser) do(req *http.Request) reply {
	b.t.Helper()
	answer, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	r := reply{answer.StatusCode, string(body), answer.Header, answer.Request.URL.RequestURI()}
	if m := tokenIn.FindStringSubmatch(r.body); m != nil && m[1] != "" {
		b.csrf = m[1]
	}
	return r
}

func (b *browser) request(method, path string, body []byte) *http.Request {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.h.web.URL+path, bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	return req
}

func (b *browser) get(path string) reply {
	b.t.Helper()
	return b.do(b.request(http.MethodGet, path, nil))
}

// post sends a form as a page of ours would.
func (b *browser) post(path string, form url.Values) reply {
	b.t.Helper()
	form.Set("csrf", b.csrf)
	return b.postAs(path, form, b.h.web.URL)
}

func (b *browser) postAs(path string, form url.Values, origin string) reply {
	b.t.Helper()
	req := b.request(http.MethodPost, path, []byte(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if origin != "" {
		req.Header.Set("Origin", origin)
	}
	return b.do(req)
}

func (r reply) has(t testing.TB, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(html.UnescapeString(r.body), w) && !strings.Contains(r.body, w) {
			t.Errorf("the page at %s (%d) does not say %q:\n%s", r.at, r.status, w, text(r.body))
		}
	}
}

func (r reply) lacks(t testing.TB, not ...string) {
	t.Helper()
	for _, n := range not {
		if strings.Contains(r.body, n) {
			t.Errorf("the page at %s (%d) says %q:\n%s", r.at, r.status, n, text(r.body))
		}
	}
}

var tags = regexp.MustCompile(`(?s)<[^>]*>|\s+`)

func text(page string) string {
	return html.UnescapeString(strings.Join(strings.Fields(tags.ReplaceAllString(page, " ")), " "))
}
