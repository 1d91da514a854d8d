package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"helpline/channels/console"
	"helpline/dialog"
)

// Each address × each role × signed out. The table is written out here a
// second time on purpose: a route whose roles are changed, or that is added,
// fails this test until somebody has thought about it.
func TestWhoMaySeeWhat(t *testing.T) {
	h := open(t)
	const listen, edit, manage, admin, all = "listen", "edit", "manage", "admin", "all"
	want := map[string]string{
		"POST /console/sign-out": all, "GET /console": all,
		"GET /console/queue/rows": listen, "GET /console/ws": listen,
		"GET /console/conversations/:id": listen, "GET /console/conversations/:id/live": listen,
		"POST /console/conversations/:id/take": listen, "POST /console/conversations/:id/hand-back": listen,
		"POST /console/conversations/:id/say": listen, "POST /console/conversations/:id/note": listen,
		"POST /console/conversations/:id/reviewed": listen, "POST /console/conversations/:id/close": listen,
		"POST /console/conversations/:id/raise": listen, "POST /console/conversations/:id/judge": listen, "POST /console/cost": listen,
		"POST /console/concerns/:id/facts": listen, "POST /console/concerns/:id/duty": listen, "POST /console/concerns/:id/close": listen,
		"GET /console/concerns/:id": listen, "POST /console/concerns/:id/handling": listen, "POST /console/concerns/:id/link": listen, "POST /console/concerns/:id/unlink": listen,
		"GET /console/recordings/:id": listen, "POST /console/recordings/:id/listened": listen,
		"GET /console/sheets": edit, "GET /console/sheets/new": edit, "POST /console/sheets/new": edit,
		"GET /console/sheets/:slug": edit, "POST /console/sheets/:slug": edit, "POST /console/sheets/:slug/discard": edit, "GET /console/sheets/:slug/versions": edit,
		"GET /console/sheets/:slug/versions/:n": edit, "POST /console/preview": edit, "GET /console/contacts": edit,
		"POST /console/sheets/:slug/withdraw": edit, "GET /console/questions": edit, "POST /console/questions/:id/done": edit,
		"POST /console/conversations/:id/test-seen": listen, "GET /console/lines": listen, "POST /console/lines/run": manage,
		"GET /console/reports": manage, "GET /console/reports.csv": manage,
		"GET /console/people": admin, echo.RouteNotFound + " /console/*": all,
		"GET /console/sign-in":  "",
		"POST /console/sign-in": "",
	}
	may := map[dialog.Role]string{
		dialog.Responder: listen + all, dialog.SaferCustody: listen + all, dialog.Editor: edit + all,
		dialog.ManagerRole: listen + edit + manage + all, dialog.Admin: listen + edit + manage + admin + all, "cleaner": "",
	}
	e := echo.New()
	h.console.Mount(e)
	have := map[string]bool{}
	for _, r := range e.Routes() {
		have[r.Method+" "+r.Path] = true
		if _, known := want[r.Method+" "+r.Path]; !known {
			t.Errorf("%s %s: this test does not know who may use it", r.Method, r.Path)
		}
	}
	got := h.texts(t, "+447700900123", "FAMOUT "+worry)
	c, _ := h.concern(t, got.Conversation)
	address := func(path string) string {
		id := string(got.Conversation)
		if strings.HasPrefix(path, "/console/concerns") {
			id = string(c.ID)
		}
		return strings.NewReplacer(":id", id, ":slug", "travel-costs", ":n", "1").Replace(path)
	}
	// noRedirect shows what an address answers itself.
	noRedirect := func(b *browser) *browser {
		b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		return b
	}
	ask := func(b *browser, method, path string) reply {
		if method == echo.RouteNotFound {
			method, path = http.MethodGet, "/console/nothing-here"
		}
		if method == http.MethodPost {
			return b.post(address(path), url.Values{"conversation": {string(got.Conversation)}})
		}
		return b.get(address(path))
	}
	out := noRedirect(h.browser(t))
	for route, group := range want {
		if !have[route] {
			t.Errorf("%s does not exist", route)
			continue
		}
		method, path, _ := strings.Cut(route, " ")
		if group == "" || route == "POST /console/sign-out" {
			continue
		}
		r := ask(out, method, path)
		r.lacks(t, "trainers", "700900123", "slug: travel")
		if sent := r.status == http.StatusSeeOther && strings.HasPrefix(r.header.Get("Location"), "/console/sign-in"); !sent && r.status != http.StatusUnauthorized {
			t.Errorf("%s, signed out: %d", route, r.status)
		}
	}
	for role, groups := range may {
		w := h.hire(t, "W"+strings.ReplaceAll(string(role), "_", ""), role)
		b := h.browser(t)
		b.get("/console/sign-in")
		b.post("/console/sign-in", url.Values{"email": {strings.ToLower(w.Name) + "@example.org"}, "password": {password}})
		noRedirect(b)
		if b.csrf == "" {
			t.Fatalf("%s has no token", role)
		}
		for route, group := range want {
			method, path, _ := strings.Cut(route, " ")
			if group == "" || route == "POST /console/sign-out" || route == "GET /console/ws" {
				continue
			}
			r := ask(b, method, path)
			if allowed := strings.Contains(groups, group); allowed == (r.status == http.StatusForbidden) {
				t.Errorf("%s as %s: %d, allowed: %v", route, role, r.status, allowed)
			}
			if r.status == http.StatusForbidden {
				r.lacks(t, "trainers", "700900123", "slug: travel")
			}
			if r.status >= 500 {
				t.Errorf("%s as %s: %d", route, role, r.status)
			}
		}
	}
}

// Nothing changes unless a page of ours asked for it.
func TestForgedFormsAreRefused(t *testing.T) {
	h := open(t)
	sam := h.hire(t, "Sam", dialog.Responder, dialog.Editor)
	got := h.chats(t, "visitor", "can i speak to a person please")
	path := "/console/conversations/" + string(got.Conversation)
	b := h.signedIn(t, sam)
	other := h.signedIn(t, h.hire(t, "Kim", dialog.Responder))
	good := url.Values{"csrf": {b.csrf}}
	for name, forged := range map[string]func() reply{
		"no token":         func() reply { return b.postAs(path+"/take", url.Values{}, h.web.URL) },
		"an empty token":   func() reply { return b.postAs(path+"/take", url.Values{"csrf": {""}}, h.web.URL) },
		"another's token":  func() reply { return b.postAs(path+"/take", url.Values{"csrf": {other.csrf}}, h.web.URL) },
		"another site":     func() reply { return b.postAs(path+"/take", good, "https://evil.example") },
		"no origin at all": func() reply { return b.postAs(path+"/take", good, "null") },
		"by browser's witness": func() reply {
			r := b.request("POST", path+"/take", []byte(good.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			return b.do(r)
		},
	} {
		if r := forged(); r.status != http.StatusForbidden {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	for _, e := range h.events(t, got.Conversation) {
		if e.Kind == dialog.TakenOver {
			t.Fatal("a forged form took a conversation over")
		}
	}
	if r := b.postAs(path+"/take", good, h.web.URL); r.status != http.StatusOK {
		t.Errorf("our own form: %d", r.status)
	}
	in := h.browser(t)
	in.get("/console/sign-in")
	if r := in.postAs("/console/sign-in", url.Values{"email": {"sam@example.org"}, "password": {password}}, h.web.URL); r.status != http.StatusForbidden {
		t.Errorf("signing in without the form: %d", r.status)
	}
}

// What every answer says to browsers and caches.
func TestHeadersAndCookies(t *testing.T) {
	h := open(t)
	h.hire(t, "Sam", dialog.Responder)
	b := h.browser(t)
	b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	page := b.get("/console/sign-in")
	policy := page.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'self'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s: %s", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || page.header.Get("Cache-Control") != "no-store" || strings.Contains(page.body, "<script>") || strings.Contains(page.body, "style=\"") {
		t.Errorf("headers: %v", page.header)
	}
	in := b.post("/console/sign-in", url.Values{"email": {"SAM@example.org "}, "password": {password}, "next": {"/console?show=mine"}})
	if in.header.Get("Location") != "/console?show=mine" {
		t.Errorf("sent to %q", in.header.Get("Location"))
	}
	for _, k := range in.header.Values("Set-Cookie") {
		if strings.HasPrefix(k, "helpline_console=") && (!strings.Contains(k, "HttpOnly") || !strings.Contains(k, "SameSite=Strict") || !strings.Contains(k, "Path=/console")) {
			t.Errorf("cookie: %s", strings.SplitN(k, ";", 2)[1])
		}
	}
}

// Signing in: what is wrong is said without saying which, guessing is slowed
// down, and afterwards nobody is sent to another site.
func TestSigningIn(t *testing.T) {
	h := open(t)
	h.hire(t, "Sam", dialog.Responder)
	b := h.browser(t)
	try := func(email, pass, next string) reply {
		b.get("/console/sign-in?next=" + url.QueryEscape(next))
		return b.post("/console/sign-in", url.Values{"email": {email}, "password": {pass}, "next": {next}})
	}
	wrong, unknown := try("sam@example.org", "wrong", ""), try("nobody@example.org", "wrong", "")
	for _, r := range []reply{wrong, unknown} {
		if r.status != http.StatusUnauthorized {
			t.Errorf("wrong credentials: %d", r.status)
		}
		r.has(t, "The email address or the password is wrong.", "<title>Error: Sign in")
	}
	for _, next := range []string{"https://evil.example", "//evil.example/console", "/\\evil.example", "/chat", "/console/../chat", "javascript:alert(1)"} {
		c := h.browser(t)
		c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		c.get("/console/sign-in")
		if r := c.post("/console/sign-in", url.Values{"email": {"sam@example.org"}, "password": {password}, "next": {next}}); r.header.Get("Location") != "/console" {
			t.Errorf("next=%s leads to %q", next, r.header.Get("Location"))
		}
	}
	var r reply
	for range 12 {
		if r = try("kim@example.org", "guess", ""); r.status == http.StatusTooManyRequests {
			break
		}
	}
	if r.status != http.StatusTooManyRequests || r.header.Get("Retry-After") == "" {
		t.Errorf("guessing on and on: %d", r.status)
	}
	r.has(t, "Too many tries. Try again after", "kim@example.org")
}

func TestSignedOutIsOut(t *testing.T) {
	h := open(t)
	b := h.signedIn(t, h.hire(t, "Sam", dialog.Responder))
	b.post("/console/sign-out", url.Values{}).has(t, "You are signed out.")
	if r := b.get("/console"); !strings.HasPrefix(r.at, "/console/sign-in") {
		t.Errorf("after signing out /console leads to %s", r.at)
	}
}

// All that is missing is named at once.
func TestConfigurationIsChecked(t *testing.T) {
	_, err := console.New(console.Config{})
	for _, want := range []string{"Desk", "Bus", "Accounts", "Editing", "Shelf", "Prisons", "Assets", "PublicURL"} {
		if err == nil || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}
}
