package web_test

import (
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"helpline/internal/web"
)

// nowhere takes an answer.
type nowhere struct{ h http.Header }

func (n nowhere) Header() http.Header         { return n.h }
func (n nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n nowhere) WriteHeader(int)             {}

// BenchmarkRequest measures what a request costs beside its handler: with what every route has, and bare.
func BenchmarkRequest(b *testing.B) {
	whole, err := web.New(web.Config{Logger: slog.New(slog.NewJSONHandler(io.Discard, nil)), Metrics: prometheus.NewRegistry()})
	if err != nil {
		b.Fatal(err)
	}
	for name, e := range map[string]*echo.Echo{"whole": whole, "bare": echo.New()} {
		e.POST("/twilio/sms", ok)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "/twilio/sms", http.NoBody)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				e.ServeHTTP(nowhere{http.Header{}}, r)
			}
		})
	}
}
