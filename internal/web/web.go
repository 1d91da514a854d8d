package web

import (
	"cmp"
	"errors"
	"log/slog"
	"net"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
)

// Config is what New needs. Logger and Metrics are required.
type Config struct {
	Logger  *slog.Logger
	Metrics prometheus.Registerer

	// Secure says that people reach the service by https: cookies and browsers are told so.
	Secure bool

	// Policy holds for routes that set none with [Headers].
	Policy Policy

	// MaxBody is the longest request body, in bytes, for routes that set none with [MaxBody]. 0 means 1 MiB.
	MaxBody int64

	// Proxies are the address ranges of reverse proxies whose X-Forwarded-For is believed. None: nobody's is.
	Proxies []*net.IPNet

	// ErrorPage writes the page for an error to somebody with a browser. Nil means a small plain page in the words of HTTP.
	ErrorPage func(c echo.Context, e ErrorInfo) error
}

// New returns an Echo on which every route has a request id, a log line, metrics, panic recovery, strict headers and
// a bounded body.
func New(c Config) (*echo.Echo, error) {
	if c.Logger == nil || c.Metrics == nil {
		return nil, errors.New("web: a logger and a metrics registry are required")
	}
	c.MaxBody = cmp.Or(c.MaxBody, 1<<20)
	m, err := newMetrics(c.Metrics)
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = errorHandler(c.ErrorPage)
	e.IPExtractor = extractor(c.Proxies)
	e.Use(requestID, observe(c.Logger, m), recoverPanics(c.Logger), transport(c.Secure), Headers(c.Policy), MaxBody(c.MaxBody))
	return e, nil
}

// extractor finds out who asks: the peer, or behind known proxies whoever they say.
func extractor(proxies []*net.IPNet) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		trust = append(trust, echo.TrustIPRange(p))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}
