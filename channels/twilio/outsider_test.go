package twilio

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"helpline/dialog"
)

// The driver takes what its own outsider brings, as it takes what Twilio brings.
func TestAnOutsiderIsTaken(t *testing.T) {
	e := echo.New()
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	d := newDriver(t, func(c *Config) { c.PublicURL = server.URL + "/" })
	desk := &notebook{}
	d.Mount(e.Group(""), desk)
	out := d.Outsider()
	for range 2 { // tried again it is the same message
		if err := out.Text(t.Context(), "+447700900000001", "SM1", "FAMOUT words & more: ŵ"); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Call(t.Context(), "+447700900000002", "CA1", "RE1"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, in := range desk.got {
		got = append(got, string(in.Kind)+" "+in.ProviderID+" "+in.CallID+" "+in.Text)
		if in.Medium == dialog.Voice && in.From.Value != "+447700900000002" {
			t.Errorf("a call from another number than it was made from")
		}
	}
	want := "text SM1  FAMOUT words & more: ŵ\ncall CA1 CA1 \nrecording RE1 CA1 "
	if strings.Join(got, "\n") != want {
		t.Errorf("it took\n%s", strings.Join(got, "\n"))
	}
}

// What is wrong is said in plain words, without an address of a person.
func TestWhyAnOutsiderIsNotTaken(t *testing.T) {
	answers := func(h http.HandlerFunc) string {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return server.URL
	}
	status := func(code int) string {
		return answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0) // it says that nobody trusts it
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	asleep := make(chan struct{})
	slow := answers(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-asleep:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(asleep) })
	for want, public := range map[string]string{
		"nobody answers at the address":    "http://127.0.0.1:1",
		"the name helpline.invalid is not": "http://helpline.invalid",
		"the certificate is not good":      untrusted.URL,
		"the connection broke off":         strings.Replace(status(200), "http://", "https://", 1),
		"nobody answered in time":          slow,
		"403: what is signed does not fit": status(http.StatusForbidden),
		"301: it leads elsewhere": answers(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://example.org", http.StatusMovedPermanently)
		}),
		"answered 503 Service Unavailable":     status(http.StatusServiceUnavailable),
		"the address answered 404 Not Found":   status(http.StatusNotFound),
		"the address answered 502 Bad Gateway": status(http.StatusBadGateway),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		err := newDriver(t, func(c *Config) { c.PublicURL = public }).Outsider().Text(ctx, "+447700900000001", "SM1", "secret words")
		cancel()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("instead of %q: %v", want, err)
			continue
		}
		for _, private := range []string{"447700900", "secret", testToken} {
			if strings.Contains(err.Error(), private) {
				t.Errorf("%q is repeated: %v", private, err)
			}
		}
	}
}
