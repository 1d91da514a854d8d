package web

import (
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/labstack/echo/v4"
)

const requestIDKey = "web.request_id"

// requestID gives each request an id of our own making: one that came from outside could carry anything into the logs.
func requestID(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := rand.Text()[:16]
		c.Set(requestIDKey, id)
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		return next(c)
	}
}

// RequestID returns the id of the request, which its log line and its error page show.
func RequestID(c echo.Context) string {
	id, _ := c.Get(requestIDKey).(string)
	return id
}

// recoverPanics turns a panic into a 500 and a log line with the stack. The value of the panic is logged only when it is Go's own:
// any other may hold what people wrote.
func recoverPanics(log *slog.Logger) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) (err error) {
			defer func() {
				v := recover()
				if v == nil {
					return
				}
				if v == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
					panic(v)
				}
				what := fmt.Sprintf("a %T", v)
				if own, ok := v.(runtime.Error); ok {
					what = own.Error()
				}
				log.ErrorContext(c.Request().Context(), "panic", "what", what, "method", method(c), "route", route(c), "request_id", RequestID(c), "stack", string(debug.Stack()))
				err = echo.NewHTTPError(http.StatusInternalServerError)
			}()
			return next(c)
		}
	}
}

// MaxBody bounds the request body. Reading more than n bytes fails with an *http.MaxBytesError, which the error handler
// answers with 413. On a group or a route it takes the place of the bound further out, so an upload may be larger.
func MaxBody(n int64) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if r.Body == nil || r.Body == http.NoBody {
				return next(c)
			}
			whole := r.Body
			if outer, ok := whole.(*boundedBody); ok {
				whole = outer.whole
			}
			r.Body = &boundedBody{
				ReadCloser: http.MaxBytesReader(c.Response().Writer, whole, n),
				whole:      whole,
				announced:  r.ContentLength, limit: n,
			}
			return next(c)
		}
	}
}

// boundedBody refuses at once what announces itself as too long, and otherwise after limit bytes.
type boundedBody struct {
	io.ReadCloser
	whole            io.ReadCloser
	announced, limit int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.announced > b.limit {
		return 0, &http.MaxBytesError{Limit: b.limit}
	}
	return b.ReadCloser.Read(p)
}

// SameOrigin refuses state-changing requests that a browser sends on behalf of another site, by what the browser itself says in
// Sec-Fetch-Site or Origin (see [http.CrossOriginProtection]): forms need no token. Session cookies are SameSite beside it. The trusted origins
// ("https://example.org") are let through. Requests that are not from browsers carry neither header and pass: they have no cookies.
func SameOrigin(trusted ...string) (echo.MiddlewareFunc, error) {
	p := http.NewCrossOriginProtection()
	for _, origin := range trusted {
		if err := p.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("trust origin %q: %w", origin, err)
		}
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := p.Check(c.Request()); err != nil {
				return echo.NewHTTPError(http.StatusForbidden, "cross-origin request").SetInternal(err)
			}
			return next(c)
		}
	}, nil
}
