package webchat_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"helpline/channels/webchat"
)

// browser is a browser without JavaScript.
type browser struct {
	t    testing.TB
	http *http.Client
	base string
	body string
	resp *http.Response
}

func newBrowser(t testing.TB, h *house) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, base: h.web.URL}
	b.http = &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host != strings.TrimPrefix(h.web.URL, "http://") {
			return http.ErrUseLastResponse // the way out is not followed
		}
		return nil
	}}
	return b
}

func (b *browser) do(req *http.Request, err error) *browser {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.resp, b.body = resp, string(body)
	return b
}

func (b *browser) get(path string) *browser {
	b.t.Helper()
	return b.do(http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, nil))
}

func (b *browser) post(path string, form url.Values, header ...string) *browser {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+path, strings.NewReader(form.Encode()))
	if err == nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
	}
	return b.do(req, err)
}

var hiddenID = regexp.MustCompile(`name="id" value="([^"]+)"`)

func (b *browser) id() string {
	b.t.Helper()
	m := hiddenID.FindStringSubmatch(b.body)
	if m == nil {
		b.t.Fatalf("the page has no message id:\n%s", b.body)
	}
	return m[1]
}

func (b *browser) want(status int, words ...string) *browser {
	b.t.Helper()
	if b.resp.StatusCode != status {
		b.t.Fatalf("status %d, want %d", b.resp.StatusCode, status)
	}
	for _, w := range words {
		if !strings.Contains(b.body, w) {
			b.t.Fatalf("the page does not say %q:\n%s", w, b.body)
		}
	}
	return b
}

func (b *browser) secret() string {
	u, err := url.Parse(b.base + "/chat")
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.http.Jar.Cookies(u) {
		if c.Name == "helpline_chat" {
			return c.Value
		}
	}
	return ""
}

func TestPageWithoutJavaScript(t *testing.T) {
	h := open(t, nil)
	b := newBrowser(t, h)
	b.get("/chat").want(200, "Nothing has been said yet", "ring 999", "Exit this page")
	if n := h.count(t, `SELECT count(*) FROM people`); n != 0 {
		t.Fatal("looking at the page left a row")
	}
	id := b.id()
	b.post("/chat", url.Values{"id": {id}, "text": {"what is a case conference"}})
	b.want(200, "what is a case conference", "Stored", "Automatic answer", "Your reference number is", "From: ")
	if got := b.resp.Request.URL.Path + "?" + b.resp.Request.URL.RawQuery; got != "/chat?stored=1" {
		t.Fatalf("after the post the browser is at %s", got)
	}
	// The same form again stores nothing; other words from the old page do.
	b.post("/chat", url.Values{"id": {id}, "text": {"what is a case conference"}}).want(200)
	b.post("/chat", url.Values{"id": {id}, "text": {"and who may come to it"}}).want(200, "and who may come to it")
	if n := h.count(t, `SELECT count(*) FROM events WHERE kind = 'said_in'`); n != 2 {
		t.Fatalf("%d messages stored", n)
	}
	// A reply of staff is there at the next look.
	conv := h.conversation(t, b.secret())
	h.takeOver(t, conv)
	h.staffSays(t, conv, "This is Sam. Ring me on 01632 960123 or see https://help.example.org/x?a=1&b=2.")
	b.get("/chat").want(200, "<span>Sam</span>", `<a href="tel:01632960123">01632 960123</a>`,
		`<a href="https://help.example.org/x?a=1&amp;b=2">https://help.example.org/x?a=1&amp;b=2</a>.`)
}

func TestPageLosesNoWords(t *testing.T) {
	h := open(t, nil)
	b := newBrowser(t, h)
	b.get("/chat")
	id := b.id()
	long := strings.Repeat("y", 4001)
	b.post("/chat", url.Values{"id": {id}, "text": {long}}).want(422, "4001 characters", long, id)
	b.post("/chat", url.Values{"id": {id}, "text": {" \r\n "}}).want(422, "Write a message first")
	b.post("/chat", url.Values{"id": {"not an id"}, "text": {"kept words"}}).want(422, ">kept words</textarea>")
	b.post("/chat", url.Values{"id": {id}, "text": {"broken \xff words"}}).want(422, "cannot be read")
	b.post("/chat", url.Values{"id": {id}, "text": {strings.Repeat("z", 1<<20)}}).want(413, "too much at once")
	b.post("/chat", url.Values{"id": {id}, "text": {`<b>"bold" & brave</b>`}}).want(200, "&lt;b&gt;&#34;bold&#34; &amp; brave&lt;/b&gt;")
	if err := h.db.Close(); err != nil {
		t.Fatal(err)
	}
	b.post("/chat", url.Values{"id": {id}, "text": {"when the store is gone"}}).want(503, "could not store", ">when the store is gone</textarea>", id)
}

func TestPageWithoutCookiesSaysSo(t *testing.T) {
	h := open(t, nil)
	b := newBrowser(t, h)
	b.http.Jar = nil
	b.get("/chat")
	b.post("/chat", url.Values{"id": {b.id()}, "text": {"is this heard"}}).want(200, "does not keep cookies")
	if n := h.count(t, `SELECT count(*) FROM events WHERE text = 'is this heard'`); n != 1 {
		t.Fatal("the message is not stored")
	}
}

func TestExitByForm(t *testing.T) {
	h := open(t, nil)
	b := newBrowser(t, h)
	b.get("/chat")
	b.post("/chat", url.Values{"id": {b.id()}, "text": {"he said bye to the kids, he's in stoke heath"}}).want(200, "Important")
	first := b.secret()
	b.post("/chat/end", url.Values{})
	if to := b.resp.Header.Get("Location"); b.resp.StatusCode != http.StatusSeeOther || to != webchat.DefaultExitURL {
		t.Fatalf("exit leads with %d to %q", b.resp.StatusCode, to)
	}
	b.get("/chat").want(200, "Nothing has been said yet")
	if strings.Contains(b.body, "bye to the kids") || b.secret() == first {
		t.Fatal("the chat is still there after leaving")
	}
	if n := h.count(t, `SELECT count(*) FROM concerns WHERE closed_at = 0`); n != 1 {
		t.Fatalf("%d open concerns after leaving", n)
	}
	b.post("/chat/end", url.Values{"stay": {"1"}}).want(200, "You have ended the chat")
}

// A widget's beacon ends by its token; another site cannot end our page's chat.
func TestEndFromAnotherSite(t *testing.T) {
	h := open(t, nil)
	c, w := begin(t, h, "")
	c.say("m1", "hello")
	c.until("bot")
	b := newBrowser(t, h)
	b.get("/chat")
	cross := []string{"Origin", "https://friends.example", "Sec-Fetch-Site", "cross-site"}
	b.post("/chat/end", url.Values{"beacon": {"1"}}, cross...).want(204)
	if b.secret() == "" {
		t.Fatal("another site ended our page's chat")
	}
	b.post("/chat", url.Values{"id": {"x1"}, "text": {"words put into my mouth"}}, cross...).want(403, "another website")
	b.post("/chat/end", url.Values{"beacon": {"1"}, "token": {w.Token}}, cross...).want(204)
	c.want("ended")
	b.post("/chat/end", url.Values{"token": {"nonsense"}}).want(422)
}

func TestHeadersKeepThePageToItself(t *testing.T) {
	h := open(t, nil)
	b := newBrowser(t, h)
	b.get("/chat")
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
	} {
		if got := b.resp.Header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	csp := b.resp.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self' https://www.bbc.co.uk", "frame-ancestors 'none'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("the policy lacks %q: %s", part, csp)
		}
	}
	for _, bad := range []string{"unsafe", "<style", "<script>", " style=", " onclick"} {
		if strings.Contains(csp+b.body, bad) {
			t.Errorf("the page or its policy has %q", bad)
		}
	}
	cookie := b.resp.Header.Get("Set-Cookie")
	for _, part := range []string{"HttpOnly", "SameSite=Lax", "Path=/chat"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("the cookie lacks %s", part)
		}
	}
	if strings.Contains(cookie, "Max-Age") || strings.Contains(cookie, "Expires") {
		t.Error("the cookie outlives the browser")
	}
	b.get("/widget.js").want(200, "helpline-chat")
	if got := b.resp.Header.Get("Cross-Origin-Resource-Policy"); got != "cross-origin" {
		t.Errorf("another site may not load the widget: %q", got)
	}
	etag := b.resp.Header.Get("ETag")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.web.URL+"/widget.js", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("If-None-Match", etag)
	b.do(req, nil)
	if b.resp.StatusCode != http.StatusNotModified {
		t.Errorf("an unchanged widget was sent again: %d", b.resp.StatusCode)
	}
}

func TestSecureCookie(t *testing.T) {
	h := open(t, func(c *webchat.Config) { c.SecureCookies = true })
	b := newBrowser(t, h).get("/chat")
	if cookie := b.resp.Header.Get("Set-Cookie"); !strings.Contains(cookie, "Secure") {
		t.Fatalf("the cookie is %q", cookie)
	}
	if csp := b.resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "wss://") {
		t.Fatalf("the policy is %q", csp)
	}
}

func TestNewNamesEveryFault(t *testing.T) {
	h := open(t, nil)
	_, err := webchat.New(webchat.Config{Desk: h.Desk, Bus: h.bus, Texts: noTexts{}, PublicURL: "help.example.org", ExitURL: "weather"})
	if err == nil {
		t.Fatal("a wrong configuration was taken")
	}
	for _, part := range []string{"line", "public URL", "exit URL", "webchat.title", "webchat.error.too_long"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("not named: %s in %v", part, err)
		}
	}
}

type noTexts struct{}

func (noTexts) Text(string, ...string) string { return "" }

// A flood of forms is refused, with the words kept; a moment later it goes on.
func TestFloodOfFormsIsRefused(t *testing.T) {
	h := open(t, nil)
	b := newBrowser(t, h)
	b.get("/chat")
	refused := 0
	for i := range 70 {
		b.post("/chat", url.Values{"id": {fmt.Sprintf("m%d", i)}, "text": {fmt.Sprintf("message %d", i)}})
		if b.resp.StatusCode == http.StatusTooManyRequests {
			refused++
			b.want(429, "still here", fmt.Sprintf(">message %d</textarea>", i))
			if b.resp.Header.Get("Retry-After") == "" {
				t.Error("it is not said when to try again")
			}
		}
	}
	if refused == 0 {
		t.Fatal("seventy forms at once were taken")
	}
	if n := h.count(t, `SELECT count(*) FROM events WHERE kind = 'said_in'`); n != 70-refused {
		t.Errorf("%d of 70 refused, %d stored", refused, n)
	}
}
