package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"helpline/internal/web"
)

type site struct {
	*echo.Echo
	log      bytes.Buffer
	registry *prometheus.Registry
}

func newSite(t *testing.T, change ...func(*web.Config)) *site {
	t.Helper()
	s := &site{registry: prometheus.NewRegistry()}
	c := web.Config{Logger: slog.New(slog.NewJSONHandler(&s.log, nil)), Metrics: s.registry}
	for _, f := range change {
		f(&c)
	}
	e, err := web.New(c)
	must(t, err)
	s.Echo = e
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *site) do(method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func ok(c echo.Context) error { return c.String(http.StatusOK, "fine") }

func TestHeadersAreStrictUnlessARouteSaysOtherwise(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.Secure = true })
	s.GET("/page", ok)
	s.GET("/widget", ok, web.Headers(web.Policy{
		FrameAncestors: []string{"https://example.org"}, Connect: []string{"wss://example.org"}, Microphone: true, CrossOrigin: true, Cache: "public, max-age=60",
	}))
	want := map[string]string{
		"Content-Security-Policy":      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; connect-src 'self'; form-action 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'",
		"X-Frame-Options":              "DENY",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy":              "no-referrer",
		"X-Content-Type-Options":       "nosniff",
		"Cache-Control":                "no-store",
		"Strict-Transport-Security":    "max-age=31536000",
	}
	for _, target := range []string{"/page", "/nothing"} {
		h := s.do(http.MethodGet, target, "").Header()
		for name, value := range want {
			if h.Get(name) != value {
				t.Errorf("%s: %s is %q", target, name, h.Get(name))
			}
		}
		if !strings.Contains(h.Get("Permissions-Policy"), "microphone=()") {
			t.Errorf("%s: Permissions-Policy is %q", target, h.Get("Permissions-Policy"))
		}
	}
	h := s.do(http.MethodGet, "/widget", "").Header()
	csp := h.Get("Content-Security-Policy")
	if !strings.Contains(csp, "frame-ancestors https://example.org") || !strings.Contains(csp, "connect-src 'self' wss://example.org") ||
		h.Get("X-Frame-Options") != "" || h.Get("Cross-Origin-Resource-Policy") != "cross-origin" ||
		h.Get("Cache-Control") != "public, max-age=60" || !strings.Contains(h.Get("Permissions-Policy"), "microphone=(self)") {
		t.Errorf("the widget's headers are %v", h)
	}
	if strings.Contains(csp+want["Content-Security-Policy"], "unsafe") {
		t.Error("something unsafe is allowed")
	}
}

// Whatever a request carries, the log and the metrics show the route alone.
func TestLogsAndMetricsKnowRoutesAndNothingElse(t *testing.T) {
	s := newSite(t)
	handler := func(c echo.Context) error {
		if _, err := io.ReadAll(c.Request().Body); err != nil {
			return err
		}
		switch c.Param("id") {
		case "secret-panic":
			panic("secret-value")
		case "secret-index":
			return c.String(http.StatusOK, c.ParamValues()[9])
		case "secret-refused":
			return echo.NewHTTPError(http.StatusBadRequest, "that is not right")
		case "secret-broken":
			return fmt.Errorf("open the cupboard: %w", errors.New("stuck"))
		}
		return ok(c)
	}
	s.POST("/talk/:id", handler)
	for _, id := range []string{"secret-fine", "secret-panic", "secret-index", "secret-refused", "secret-broken"} {
		s.do(http.MethodPost, "/talk/"+id+"?token=secret-token", "secret-body", "X-Forwarded-For", "203.0.113.9", "Cookie", "a=secret-cookie",
			"X-Request-Id", "secret-id", "User-Agent", "secret-agent")
	}
	s.do("SECRETMETHOD", "/talk/x", "")
	s.do(http.MethodGet, "/secret-path", "")

	log := s.log.String()
	for _, private := range []string{"secret", "SECRET", "203.0.113.9", "192.0.2.1" /* httptest's peer */} {
		if strings.Contains(log, private) {
			t.Errorf("the log holds %q:\n%s", private, log)
		}
	}
	type line struct {
		Msg, Level, Method, Route, Error, What string
		Status                                 int
		RequestID                              string `json:"request_id"`
	}
	var got []line
	for d := json.NewDecoder(strings.NewReader(log)); d.More(); {
		var l line
		must(t, d.Decode(&l))
		if len(l.RequestID) != 16 {
			t.Errorf("request id %q", l.RequestID)
		}
		l.RequestID = ""
		got = append(got, l)
	}
	want := []line{
		{Msg: "request", Level: "INFO", Method: "POST", Route: "/talk/:id", Status: 200},
		{Msg: "panic", Level: "ERROR", Method: "POST", Route: "/talk/:id", What: "a string"},
		{Msg: "request", Level: "ERROR", Method: "POST", Route: "/talk/:id", Status: 500, Error: "Internal Server Error"},
		{Msg: "panic", Level: "ERROR", Method: "POST", Route: "/talk/:id", What: "runtime error: index out of range [9] with length 1"},
		{Msg: "request", Level: "ERROR", Method: "POST", Route: "/talk/:id", Status: 500, Error: "Internal Server Error"},
		{Msg: "request", Level: "INFO", Method: "POST", Route: "/talk/:id", Status: 400},
		{Msg: "request", Level: "ERROR", Method: "POST", Route: "/talk/:id", Status: 500, Error: "open the cupboard: stuck"},
		{Msg: "request", Level: "INFO", Method: "other", Route: "/talk/:id", Status: 405},
		{Msg: "request", Level: "INFO", Method: "GET", Route: "none", Status: 404},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}

	s.GET("/metrics", web.MetricsHandler(s.registry))
	text := s.do(http.MethodGet, "/metrics", "").Body.String()
	if strings.Contains(strings.ToLower(text), "secret") {
		t.Errorf("the metrics tell too much:\n%s", text)
	}
	for _, sample := range []string{
		`http_requests_total{method="POST",route="/talk/:id",status="500"} 3`, `http_requests_total{method="GET",route="none",status="404"} 1`,
		`http_request_duration_seconds_count{method="POST",route="/talk/:id"} 5`, `http_requests_in_flight 1`,
	} {
		if !strings.Contains(text, sample+"\n") {
			t.Errorf("the metrics lack %s:\n%s", sample, text)
		}
	}
}

func TestErrorsAreAnsweredInTheAskersForm(t *testing.T) {
	s := newSite(t)
	s.GET("/refused", func(echo.Context) error { return echo.NewHTTPError(http.StatusConflict, "<b>somebody else has it</b>") })
	s.GET("/broken", func(echo.Context) error { return errors.New("the inner workings") })
	s.GET("/late", func(echo.Context) error { return fmt.Errorf("ask: %w", context.DeadlineExceeded) })

	page := s.do(http.MethodGet, "/refused", "", "Accept", "text/html,*/*")
	if page.Code != 409 || !strings.HasPrefix(page.Header().Get("Content-Type"), "text/html") ||
		!strings.Contains(page.Body.String(), "<h1>Conflict</h1><p>&lt;b&gt;somebody else has it&lt;/b&gt;</p>") {
		t.Errorf("%d %s", page.Code, page.Body)
	}
	var body struct {
		Error, Detail string
		Status        int
		RequestID     string `json:"request_id"`
	}
	w := s.do(http.MethodGet, "/refused", "", "Accept", "application/json")
	must(t, json.Unmarshal(w.Body.Bytes(), &body))
	if w.Code != 409 || body.Status != 409 || body.Error != "Conflict" || body.RequestID != w.Header().Get("X-Request-Id") || body.RequestID == "" {
		t.Errorf("%d %+v", w.Code, body)
	}
	for _, accept := range []string{"text/html", ""} {
		w := s.do(http.MethodGet, "/broken", "", "Accept", accept)
		if w.Code != 500 || strings.Contains(w.Body.String(), "inner") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if w := s.do(http.MethodGet, "/late", ""); w.Code != 503 {
		t.Errorf("a time-out gave %d", w.Code)
	}
	if w := s.do(http.MethodHead, "/nothing", ""); w.Code != 404 || w.Body.Len() != 0 {
		t.Errorf("HEAD gave %d %s", w.Code, w.Body)
	}

	own := newSite(t, func(c *web.Config) {
		c.ErrorPage = func(c echo.Context, e web.ErrorInfo) error { return c.HTML(e.Status, "our own "+e.Title) }
	})
	if w := own.do(http.MethodGet, "/nothing", "", "Accept", "text/html"); w.Code != 404 || w.Body.String() != "our own Not Found" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.MaxBody = 100 })
	read := func(c echo.Context) error {
		b, err := io.ReadAll(c.Request().Body)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		return c.String(http.StatusOK, fmt.Sprint(len(b)))
	}
	form := func(c echo.Context) error {
		var f struct {
			A string `form:"a"`
		}
		if err := c.Bind(&f); err != nil {
			return err
		}
		return c.String(http.StatusOK, fmt.Sprint(len(f.A)))
	}
	s.POST("/read", read)
	s.POST("/form", form)
	s.POST("/large", read, web.MaxBody(1000))
	s.POST("/small", read, web.MaxBody(10))
	for _, try := range []struct {
		path string
		n    int
		code int
	}{
		{"/read", 100, 200}, {"/read", 101, 413}, {"/form", 98, 200}, {"/form", 99, 413},
		{"/large", 1000, 200}, {"/large", 1001, 413}, {"/small", 10, 200}, {"/small", 11, 413},
	} {
		body := strings.Repeat("x", try.n)
		if try.path == "/form" {
			body = "a=" + body
		}
		for _, known := range []bool{true, false} {
			r := httptest.NewRequest(http.MethodPost, try.path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if !known {
				r.ContentLength = -1 // as a chunked body
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != try.code {
				t.Errorf("%s with %d bytes (length known: %v): %d %s, want %d", try.path, try.n, known, w.Code, w.Body, try.code)
			}
		}
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	s := newSite(t)
	guard, err := web.SameOrigin("https://friend.example")
	must(t, err)
	s.POST("/act", ok, guard)
	s.GET("/act", ok, guard)
	for _, try := range []struct {
		method string
		header []string
		code   int
	}{
		{"POST", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"POST", []string{"Sec-Fetch-Site", "none"}, 200},
		{"POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, 403},
		{"POST", []string{"Sec-Fetch-Site", "same-site", "Origin", "https://evil.example"}, 403},
		{"POST", []string{"Origin", "https://evil.example"}, 403},
		{"POST", []string{"Origin", "null"}, 403},
		{"POST", []string{"Origin", "http://example.com"}, 200}, // httptest's host
		{"POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://friend.example"}, 200},
		{"POST", nil, 200},
		{"GET", []string{"Sec-Fetch-Site", "cross-site"}, 200},
	} {
		if w := s.do(try.method, "/act", "", try.header...); w.Code != try.code {
			t.Errorf("%s %v: %d, want %d", try.method, try.header, w.Code, try.code)
		}
	}
	if _, err := web.SameOrigin("friend.example/path"); err == nil {
		t.Error("a wrong origin was accepted")
	}
}

func TestCookies(t *testing.T) {
	for _, secure := range []bool{true, false} {
		k := web.Cookies{Secure: secure}
		s := newSite(t)
		s.GET("/set", func(c echo.Context) error { k.Set(c, "who", "token", time.Hour); return ok(c) })
		s.GET("/clear", func(c echo.Context) error { k.Clear(c, "who"); return ok(c) })
		s.GET("/get", func(c echo.Context) error { return c.String(200, "<"+k.Get(c, "who")+">") })
		set := s.do(http.MethodGet, "/set", "").Result().Cookies()[0]
		name := "who"
		if secure {
			name = "__Host-who"
		}
		if set.Name != name || set.Secure != secure || !set.HttpOnly || set.SameSite != http.SameSiteLaxMode || set.Path != "/" || set.MaxAge != 3600 || set.Domain != "" {
			t.Errorf("cookie %+v", set)
		}
		if got := s.do(http.MethodGet, "/get", "", "Cookie", name+"=token").Body.String(); got != "<token>" {
			t.Errorf("read back %s", got)
		}
		if got := s.do(http.MethodGet, "/get", "").Body.String(); got != "<>" {
			t.Errorf("without a cookie %s", got)
		}
		if c := s.do(http.MethodGet, "/clear", "").Result().Cookies()[0]; c.MaxAge >= 0 || c.Name != name {
			t.Errorf("cleared with %+v", c)
		}
	}
	for target, want := range map[string]string{
		"/console/x?y=1": "/console/x?y=1", "": "/home", "//evil.example": "/home", "https://evil.example": "/home",
		`/\evil.example`: "/home", "/a\r\nb": "/home", "console": "/home",
	} {
		if got := web.LocalPath(target, "/home"); got != want {
			t.Errorf("LocalPath(%q) = %q", target, got)
		}
	}
}
