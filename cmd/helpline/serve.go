package main

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"helpline/channels"
	"helpline/channels/console"
	"helpline/channels/sheets"
	"helpline/channels/webchat"
	"helpline/dialog"
	"helpline/internal/web"
)

// serve runs the service until it is told to stop.
func serve(ctx context.Context, e environment, c config, args []string) error {
	if len(args) > 0 {
		return &configError{faults: []string{"serve takes no arguments besides its flags"}}
	}
	log := newLog(e.err, slog.LevelInfo)
	h, err := build(ctx, c, log, func(string) {})
	if err != nil {
		return err
	}
	defer h.close()
	if h.twilio == nil {
		log.Warn("no telephone: HELPLINE_TWILIO_ACCOUNT_SID is empty; only the web chat is open")
	}
	if h.engine == nil {
		log.Warn("no transcription: recorded messages are to be listened to")
	}
	unstaffed, err := h.teamFaults(ctx)
	if err != nil {
		return err
	}
	for _, f := range unstaffed {
		log.Warn(f)
	}
	if h.desk.NobodyTold() {
		log.Warn("NOBODY IS ALERTED: a worry is heard only by whoever looks at the console. Set HELPLINE_ALERT_TEAM, HELPLINE_ALERT_MANAGER and HELPLINE_ALERT_FALLBACK")
	}
	door := &door{}
	server, err := web.Listen(ctx, web.ServerConfig{Addr: c.Addr, Handler: door, Stopping: door.stopping})
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return h.serveOn(ctx, server, door, nil, func() { log.Info("ready", "addr", server.Addr()) })
}

// door is the handler of a server that listens before the house stands, so
// that an address in use is known at once.
type door struct {
	pages  http.Handler
	closed func()
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.pages.ServeHTTP(w, r) }

func (d *door) stopping() {
	if d.closed != nil {
		d.closed()
	}
}

// serveOn serves until ctx ends, and then stops everything in order: no new
// requests, the ones under way, the senders, the jobs. more mounts what only
// the demonstration has.
func (h *house) serveOn(ctx context.Context, server *web.Server, d *door, more func(*echo.Echo), ready func()) error {
	pages, health, err := h.pages()
	if err != nil {
		return err
	}
	if more != nil {
		more(pages)
	}
	d.pages = pages
	d.closed = func() {
		health.SetReady(false)
		leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		for _, part := range h.partings {
			part(leave)
		}
	}
	stop, err := h.run(ctx)
	if err != nil {
		return err
	}
	defer stop()
	health.SetReady(true)
	ready()
	// Reading the content and building the index leaves garbage that an idle
	// service would hold on to for minutes.
	debug.FreeOSMemory()
	return server.Serve(ctx)
}

// pages is every route of the service.
func (h *house) pages() (*echo.Echo, *web.Health, error) {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	secure := strings.HasPrefix(h.PublicURL, "https://")
	e, err := web.New(web.Config{Logger: h.log, Metrics: metrics, Secure: secure})
	if err != nil {
		return nil, nil, err
	}
	health := web.NewHealth(h.log,
		func() map[string]string { return map[string]string{"library": h.shelf.Library().Version()} },
		web.Check{Name: "database", Test: h.db.Ping},
		web.Check{Name: "bus", Test: h.live.Ping, Optional: true})
	health.Mount(e)
	e.GET("/metrics", web.MetricsHandler(metrics))

	if h.twilio != nil {
		h.twilio.Mount(e.Group(""), channels.Receiver(h.desk))
	}
	assets, err := web.NewAssets(map[string]fs.FS{"console": console.Files(), "sheets": sheets.Assets()})
	if err != nil {
		return nil, nil, err
	}
	assets.Mount(e)
	chat, err := webchat.New(webchat.Config{
		Desk: h.desk, Bus: h.bus, Line: chatLine, Texts: h.texts, PublicURL: h.PublicURL, SecureCookies: secure, Logger: h.log,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("web chat: %w", err)
	}
	chat.Mount(e)
	metrics.MustRegister(newLineAges(h))
	h.partings = append(h.partings, chat.Close)
	metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "helpline_chat_sockets", Help: "Open chat sockets of this node.",
	}, func() float64 { return float64(chat.Sockets()) }))
	h.countReadings(metrics)
	votes, err := sheets.NewTally(h.db, h.clock())
	if err != nil {
		return nil, nil, err
	}
	public, err := sheets.New(sheets.Config{
		Shelf: h.shelf, Texts: h.texts, Assets: assets, Log: h.log, PublicURL: h.PublicURL, Votes: votes, Now: h.clock(),
		Worry: func(text string) bool { return h.assessor.Assess(text, nil).Level >= dialog.LevelConcern },
	})
	if err != nil {
		return nil, nil, fmt.Errorf("sheets: %w", err)
	}
	public.Mount(e)
	staff, err := console.New(console.Config{
		Desk: h.desk, Bus: h.bus, Accounts: h.people, Editing: h.editing, Shelf: h.shelf, Prisons: h.register,
		Silent: h.desk.NobodyTold(), Teams: h.Teams, Assets: assets, Abilities: channels.AbilitiesOf, Fit: channels.Fit, Cost: channels.Cost,
		PublicURL: h.PublicURL, Secure: secure, Logger: h.log, Now: h.clock(),
		Votes: votesBySheet(votes),
	})
	if err != nil {
		return nil, nil, fmt.Errorf("console: %w", err)
	}
	staff.Mount(e)
	h.partings = append(h.partings, func(context.Context) { staff.Close() })
	e.GET("/", func(c echo.Context) error { return c.Redirect(http.StatusSeeOther, "/chat") })
	return e, health, nil
}

// votesBySheet adds up the months of a tally.
func votesBySheet(t *sheets.Tally) func(context.Context, time.Time) (map[string]console.Votes, error) {
	return func(ctx context.Context, since time.Time) (map[string]console.Votes, error) {
		counts, err := t.Counts(ctx, since)
		if err != nil {
			return nil, err
		}
		sums := map[string]console.Votes{}
		for _, c := range counts {
			sum := sums[c.Slug]
			sum.Helpful += c.Helpful
			sum.Asked += c.Helpful + c.Unhelpful
			sums[c.Slug] = sum
		}
		return sums, nil
	}
}
