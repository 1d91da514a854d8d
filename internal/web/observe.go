package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests by route pattern and status.",
		}, []string{"method", "route", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "Time to answer, by route pattern; connections that became websockets are left out.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15},
		}, []string{"method", "route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "http_requests_in_flight", Help: "Requests being answered, open websockets among them.",
		}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.duration, m.inFlight} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}

// observe logs and counts each request: method, route pattern, status and duration. Never the path, the query, the
// body or the address, in which people and their words may stand.
func observe(log *slog.Logger, m *metrics) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			began := time.Now()
			m.inFlight.Inc()
			defer m.inFlight.Dec()
			err := next(c)
			if err != nil {
				c.Error(err) // writes the answer, so that its status is known here
			}
			took := time.Since(began)
			method, route := method(c), route(c)
			status := c.Response().Status
			upgraded := c.IsWebSocket()
			if upgraded && status == http.StatusOK {
				status = http.StatusSwitchingProtocols // a connection taken over leaves no status behind
			}
			m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
			if !upgraded {
				m.duration.WithLabelValues(method, route).Observe(took.Seconds())
			}
			attrs := []slog.Attr{
				slog.String("method", method), slog.String("route", route), slog.Int("status", status),
				slog.Duration("took", took.Round(time.Microsecond)), slog.String("request_id", RequestID(c)),
			}
			ctx := context.WithoutCancel(c.Request().Context())
			switch {
			case err != nil && status >= http.StatusInternalServerError:
				log.LogAttrs(ctx, slog.LevelError, "request", append(attrs, slog.String("error", cause(err)))...)
			case quiet[route]:
				log.LogAttrs(ctx, slog.LevelDebug, "request", attrs...)
			default:
				log.LogAttrs(ctx, slog.LevelInfo, "request", attrs...)
			}
			return nil
		}
	}
}

// quiet routes are asked for all the time by machines and by every page.
var quiet = map[string]bool{"/healthz": true, "/readyz": true, "/metrics": true, "/assets/*": true}

// cause is the error that the handler gave, not the answer made of it.
func cause(err error) string {
	if he := (*echo.HTTPError)(nil); errors.As(err, &he) {
		if he.Internal != nil {
			return he.Internal.Error()
		}
		return http.StatusText(he.Code)
	}
	return err.Error()
}

// route is the pattern of the route, which has no values in it.
func route(c echo.Context) string {
	if p := c.Path(); p != "" {
		return p
	}
	return "none"
}

// method is the method, if it is one of HTTP's: a client may send any word.
func method(c echo.Context) string {
	switch m := c.Request().Method; m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// MetricsHandler serves what is registered in the Prometheus format.
func MetricsHandler(g prometheus.Gatherer) echo.HandlerFunc {
	return echo.WrapHandler(promhttp.HandlerFor(g, promhttp.HandlerOpts{}))
}
