package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/labstack/echo/v4"

	"helpline/channels/simulator"
	"helpline/channels/speech"
	"helpline/dialog"
	"helpline/internal/accounts"
	"helpline/internal/web"
)

// The pretend account with the pretend telephone company.
const (
	demoSID   = "ACd0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0"
	demoToken = "d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0"
)

// demoPassword opens every account of the demonstration, which listens on this
// machine only.
const demoPassword = "helpline-demo"

// demoPeople are the few people with roles.
var demoPeople = []accounts.Person{
	{Name: "Sam", Email: "sam@example.org", Roles: []string{"responder", "safer_custody"}},
	{Name: "Shirin", Email: "shirin@example.org", Roles: []string{"safer_custody"}},
	{Name: "Eddie", Email: "eddie@example.org", Roles: []string{"editor"}},
	{Name: "Maya", Email: "maya@example.org", Roles: []string{"manager", "editor"}},
}

// demoAlerts are the handsets of the staff of the demonstration: numbers set
// aside for drama, on the pretend network. Nothing is sent by mail.
var demoAlerts = alertConfig{
	Team:        []dialog.StaffAddress{{Way: dialog.WayText, Value: "+447700900900"}},
	DutyManager: []dialog.StaffAddress{{Way: dialog.WayText, Value: "+447700900901"}, {Way: dialog.WayCall, Value: "+447700900901"}},
	Fallback:    []dialog.StaffAddress{{Way: dialog.WayCall, Value: "+447700900902"}},
}

// demo runs the same service as serve against a pretend telephone network in
// the same process.
func demo(ctx context.Context, e environment, c config, args []string) error {
	if len(args) > 0 {
		return &configError{faults: []string{"demo takes no arguments besides its flags"}}
	}
	door := &door{}
	server, err := web.Listen(ctx, web.ServerConfig{Addr: c.Addr, Handler: door, Stopping: door.stopping})
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	here := "http://" + server.Addr()
	c.PublicURL = here
	// Whatever is set, a demonstration never speaks to a real account.
	c.TwilioSID, c.TwilioToken, c.TwilioURL = demoSID, demoToken, here
	if c.VoiceNumber == "" {
		c.VoiceNumber = "+441632960999" // a number set aside for drama
	}
	c.Alert = demoAlerts
	step := func(what string) { fmt.Fprintln(e.out, "  "+what+" …") }
	fmt.Fprintln(e.out, "Preparing the demonstration")
	log := newLog(e.err, slog.LevelWarn)
	h, err := build(ctx, c, log, step)
	if err != nil {
		return err
	}
	defer h.close()
	step("letting the staff in")
	if err := h.letIn(ctx); err != nil {
		return err
	}
	network, err := simulator.New(simulator.Config{
		AccountSID: c.TwilioSID, AuthToken: c.TwilioToken, WebhookBase: here,
		SMSNumber: c.SMSNumber, VoiceNumber: c.VoiceNumber, Speak: speech.Speak, Logger: log,
	})
	if err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	defer func() { _ = network.Close() }()
	phones := func(pages *echo.Echo) {
		handler := echo.WrapHandler(network.Handler())
		g := pages.Group("", web.Headers(web.Policy{Microphone: true}), web.MaxBody(32<<20))
		for _, path := range []string{"/simulator", "/simulator/*", "/2010-04-01/*"} {
			g.Any(path, handler)
		}
	}
	return h.serveOn(ctx, server, door, phones, func() {
		engine := "none here: voice messages are listened to, not read (make demo installs one)"
		if h.engine != nil {
			engine = h.engine.Name()
		}
		fmt.Fprintf(e.out, `Ready. Nothing here leaves this machine.

  Chat          %[1]s/chat
  Sheets        %[1]s/sheets
  Phones        %[1]s/simulator   text %[2]s and a question to %[3]s, or ring the concern line
                staff are told of worries that nobody takes on +447700900900,
                then on +447700900901 and +447700900902
  Staff         %[1]s/console
                sign in as sam@example.org (answers and works concerns),
                eddie@example.org (edits sheets) or maya@example.org (manages);
                the password is %[4]s
  Transcription %[5]s
  Data          %[6]s

Ctrl-C stops it.
`, here, c.SMSKeyword, c.SMSNumber, demoPassword, engine, c.DataDir)
	})
}

// letIn makes the demonstration's accounts where they are not there yet.
func (h *house) letIn(ctx context.Context) error {
	for _, p := range demoPeople {
		if _, err := h.people.Create(ctx, p, demoPassword); err != nil && !errors.Is(err, accounts.ErrEmailTaken) {
			return fmt.Errorf("let %s in: %w", p.Name, err)
		}
	}
	return nil
}
