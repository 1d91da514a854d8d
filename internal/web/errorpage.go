package web

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// ErrorInfo is what an error page may show.
type ErrorInfo struct {
	Status    int
	Title     string // of the status, in the words of HTTP
	Detail    string // what the handler said with echo.NewHTTPError, for statuses below 500
	RequestID string // by which the log line is found
}

var errorTemplate = template.Must(template.New("error").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Title}}</title></head>
<body><main><h1>{{.Title}}</h1>{{if .Detail}}<p>{{.Detail}}</p>{{end}}{{if .RequestID}}<p><small>{{.RequestID}}</small></p>{{end}}</main></body></html>
`))

// errorHandler answers a handler's error: a page for browsers, JSON for programs. What went wrong inside is for the log, not
// for the answer.
func errorHandler(page func(echo.Context, ErrorInfo) error) echo.HTTPErrorHandler {
	if page == nil {
		page = plainPage
	}
	return func(err error, c echo.Context) {
		if c.Response().Committed {
			return
		}
		info := describe(err)
		info.RequestID = RequestID(c)
		if info.Status == http.StatusInternalServerError {
			c.Response().Header().Set("Cache-Control", "no-store")
		}
		var failed error
		switch accept := c.Request().Header.Get(echo.HeaderAccept); {
		case c.Request().Method == http.MethodHead:
			failed = c.NoContent(info.Status)
		case strings.Contains(accept, "text/html"):
			failed = page(c, info)
		default:
			body := map[string]any{"error": info.Title, "status": info.Status, "request_id": info.RequestID}
			if info.Detail != "" {
				body["detail"] = info.Detail
			}
			failed = c.JSON(info.Status, body)
		}
		if failed != nil && !c.Response().Committed {
			c.Response().WriteHeader(info.Status) // the page could not be made; the status can
		}
	}
}

func plainPage(c echo.Context, e ErrorInfo) error {
	var b strings.Builder
	if err := errorTemplate.Execute(&b, e); err != nil {
		return err
	}
	return c.HTML(e.Status, b.String())
}

func describe(err error) ErrorInfo {
	info := ErrorInfo{Status: http.StatusInternalServerError}
	var he *echo.HTTPError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		info.Status = http.StatusRequestEntityTooLarge
	case errors.As(err, &he):
		info.Status = he.Code
		if text, ok := he.Message.(string); ok && he.Code < 500 && text != http.StatusText(he.Code) {
			info.Detail = text
		}
	case errors.Is(err, context.DeadlineExceeded):
		info.Status = http.StatusServiceUnavailable
	case errors.Is(err, context.Canceled):
		info.Status = 499 // the client has gone; nobody reads this, but the metrics tell it from our own failures
	}
	info.Title = http.StatusText(info.Status)
	if info.Title == "" {
		info.Title = "Error"
	}
	return info
}
