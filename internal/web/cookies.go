package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// Cookies sets and reads the cookies of this service. They are never readable by scripts and never sent along from another site, except
// when somebody follows a link to here.
type Cookies struct {
	// Secure is true when people come by https. Names then get the prefix __Host-, with which browsers accept a cookie only
	// from exactly this host (RFC 6265bis, section 4.1.3.2).
	Secure bool
}

func (k Cookies) name(name string) string {
	if k.Secure {
		return "__Host-" + name
	}
	return name
}

// Set sends a cookie that lasts for the given time, or until the browser is closed when it is 0.
func (k Cookies) Set(c echo.Context, name, value string, lasts time.Duration) {
	c.SetCookie(&http.Cookie{
		Name: k.name(name), Value: value, Path: "/", MaxAge: int(lasts / time.Second),
		Secure: k.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// Get returns the value that the browser sent, or "".
func (k Cookies) Get(c echo.Context, name string) string {
	got, err := c.Cookie(k.name(name))
	if err != nil {
		return ""
	}
	return got.Value
}

// Clear makes the browser forget the cookie.
func (k Cookies) Clear(c echo.Context, name string) {
	c.SetCookie(&http.Cookie{
		Name: k.name(name), Path: "/", MaxAge: -1, Secure: k.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// LocalPath returns target if it is a path on this service, and otherwise fallback: where to go after signing in must not
// be somebody else's page.
func LocalPath(target, fallback string) string {
	if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") || strings.ContainsAny(target, "\\\r\n\t") {
		return fallback
	}
	return target
}
