package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
)

// Check is one thing that the service needs.
type Check struct {
	Name string
	// Test returns nil when it works. Its context has a deadline.
	Test func(ctx context.Context) error
	// Optional: the service can work without it, so its failure is shown but nobody is sent elsewhere.
	Optional bool
}

const (
	checkTimeout = 2 * time.Second
	checkKeep    = time.Second // answers are reused so long: anybody may ask
)

// Health answers whether the process lives (/healthz) and whether it should be given work (/readyz).
type Health struct {
	log    *slog.Logger
	checks []Check
	info   func() map[string]string
	ready  atomic.Bool

	mu   sync.Mutex
	at   time.Time
	last healthReport
}

type healthReport struct {
	Status string            `json:"status"` // ready, not ready or starting
	Checks map[string]string `json:"checks,omitempty"`
	Info   map[string]string `json:"info,omitempty"`
}

// NewHealth returns a health that is not ready until [Health.SetReady]. info may be nil; it adds facts such as versions,
// which are public.
func NewHealth(log *slog.Logger, info func() map[string]string, checks ...Check) *Health {
	return &Health{log: log, checks: checks, info: info}
}

// SetReady says whether work may come: true when everything has started, false before stopping, so that others are asked instead.
func (h *Health) SetReady(ready bool) { h.ready.Store(ready) }

// Mount serves GET /healthz and /readyz.
func (h *Health) Mount(e *echo.Echo) {
	e.GET("/healthz", func(c echo.Context) error {
		return c.JSON(http.StatusOK, healthReport{Status: "alive", Info: h.facts()})
	})
	e.GET("/readyz", func(c echo.Context) error {
		r := h.report(c.Request().Context())
		status := http.StatusOK
		if r.Status != "ready" {
			status = http.StatusServiceUnavailable
		}
		return c.JSON(status, r)
	})
}

func (h *Health) facts() map[string]string {
	if h.info == nil {
		return nil
	}
	return h.info()
}

func (h *Health) report(ctx context.Context) healthReport {
	if !h.ready.Load() {
		return healthReport{Status: "starting or stopping"}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.at) < checkKeep {
		return h.last
	}
	// Not the asker's context: another may be waiting for this answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTimeout)
	defer cancel()
	errs := make([]error, len(h.checks))
	var wg sync.WaitGroup
	for i, check := range h.checks {
		wg.Go(func() { errs[i] = test(ctx, check) })
	}
	wg.Wait()
	r := healthReport{Status: "ready", Checks: map[string]string{}, Info: h.facts()}
	for i, check := range h.checks {
		r.Checks[check.Name] = "ok"
		if errs[i] == nil {
			continue
		}
		r.Checks[check.Name] = "failed"
		if !check.Optional {
			r.Status = "not ready"
		}
		h.log.WarnContext(ctx, "health check failed", "check", check.Name, "error", errs[i])
	}
	h.at, h.last = time.Now(), r
	return r
}

// test runs a check and leaves it behind when it does not keep to its deadline.
func test(ctx context.Context, c Check) error {
	done := make(chan error, 1)
	go func() { done <- c.Test(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return errors.New("no answer in time")
	}
}
