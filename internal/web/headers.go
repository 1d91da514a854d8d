package web

import (
	"cmp"
	"strings"

	"github.com/labstack/echo/v4"
)

// Policy is what a page may do in a browser. The zero value is strict: everything from this service, nothing inline, in
// nobody's frame, kept by nobody.
type Policy struct {
	// Sources allowed beside 'self', as the Content-Security-Policy header writes them.
	Script, Style, Image, Media, Connect, FormAction []string

	// FrameAncestors are the sites that may show the page in a frame: origins, or "*". None means nobody.
	FrameAncestors []string

	// Microphone lets the page record.
	Microphone bool

	// CrossOrigin lets other sites load the response as a script, style or picture: for a widget.
	CrossOrigin bool

	// Cache is the Cache-Control header. Empty means no-store: what staff and people in trouble see is not kept on the device.
	Cache string
}

// CSP returns the value of the Content-Security-Policy header.
func (p Policy) CSP() string {
	var b strings.Builder
	b.WriteString("default-src 'none'")
	add := func(name string, first string, more []string) {
		b.WriteString("; " + name + " " + strings.Join(append([]string{first}, more...), " "))
	}
	add("script-src", "'self'", p.Script)
	add("style-src", "'self'", p.Style)
	add("img-src", "'self' data:", p.Image)
	add("media-src", "'self' blob:", p.Media)
	add("connect-src", "'self'", p.Connect)
	add("form-action", "'self'", p.FormAction)
	b.WriteString("; font-src 'self'; manifest-src 'self'; base-uri 'none'")
	if len(p.FrameAncestors) == 0 {
		b.WriteString("; frame-ancestors 'none'")
	} else {
		b.WriteString("; frame-ancestors " + strings.Join(p.FrameAncestors, " "))
	}
	return b.String()
}

// Headers sets the headers of a policy on every response. On a group or a route it takes the place of the one further out.
func Headers(p Policy) echo.MiddlewareFunc {
	csp, cache := p.CSP(), cmp.Or(p.Cache, "no-store")
	permissions := "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), payment=(), usb=(), microphone=()"
	if p.Microphone {
		permissions = strings.Replace(permissions, "microphone=()", "microphone=(self)", 1)
	}
	resource := "same-origin"
	if p.CrossOrigin {
		resource = "cross-origin"
	}
	// One slice for each header, made once and shared by all responses: whoever sets another value sets another slice.
	headers := map[string][]string{
		"Content-Security-Policy":      {csp},
		"Permissions-Policy":           {permissions},
		"Cross-Origin-Resource-Policy": {resource},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Referrer-Policy":              {"no-referrer"},
		"X-Content-Type-Options":       {"nosniff"},
		"Cache-Control":                {cache},
	}
	if len(p.FrameAncestors) == 0 {
		headers["X-Frame-Options"] = []string{"DENY"} // for browsers that do not know frame-ancestors
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			h := c.Response().Header()
			for name, value := range headers {
				h[name] = value
			}
			if len(p.FrameAncestors) > 0 {
				h.Del("X-Frame-Options")
			}
			return next(c)
		}
	}
}

// transport tells browsers to come by https from now on, where they can.
func transport(secure bool) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		if !secure {
			return next
		}
		return func(c echo.Context) error {
			c.Response().Header().Set("Strict-Transport-Security", "max-age=31536000")
			return next(c)
		}
	}
}
