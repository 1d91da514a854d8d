package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"helpline/channels"
	"helpline/channels/sheets"
	"helpline/channels/speech"
	"helpline/channels/twilio"
	"helpline/content"
	"helpline/dialog"
	"helpline/dialog/desk"
	"helpline/dialog/jobs"
	"helpline/dialog/prisons"
	"helpline/dialog/risk"
	"helpline/dialog/store"
	"helpline/dialog/wording"
	"helpline/internal/accounts"
	"helpline/internal/db"
	"helpline/internal/live"
	"helpline/knowledge"
	"helpline/knowledge/editing"
)

// Our ways in.
const (
	smsLine   dialog.LineID = "sms"
	voiceLine dialog.LineID = "voice"
	chatLine  dialog.LineID = "chat"
)

// mind is what can answer and assess without a database: the content.
type mind struct {
	content  knowledge.Content
	shelf    *knowledge.Shelf
	register *prisons.Register
	assessor *risk.Assessor
	texts    *wording.Texts
}

// contentFS is the embedded content, or the folder that replaces it.
func contentFS(c config) fs.FS {
	if c.ContentDir != "" {
		return os.DirFS(c.ContentDir)
	}
	return content.FS
}

// openMind reads the content. Every fault of every file is in the error.
func openMind(c config) (*mind, error) {
	files := contentFS(c)
	var m mind
	var faults []error
	var err error
	if m.content, err = knowledge.Load(files); err != nil {
		faults = append(faults, err)
	}
	if sub, err := fs.Sub(files, "prisons"); err != nil {
		faults = append(faults, err)
	} else if m.register, err = prisons.Load(sub); err != nil {
		faults = append(faults, err)
	}
	if sub, err := fs.Sub(files, "risk"); err != nil {
		faults = append(faults, err)
	} else if c.made != nil {
		m.assessor = c.made.assessor
	} else if m.assessor, err = risk.Load(sub); err != nil {
		faults = append(faults, err)
	}
	if m.texts, err = wording.Load(files, "en", resolve(c, m.content.Contacts), "texts", "voice"); err != nil {
		faults = append(faults, err)
	} else if err := m.texts.Require(desk.Keys()...); err != nil {
		faults = append(faults, err)
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("content: %w", errors.Join(faults...))
	}
	var lib *knowledge.Library
	if c.made != nil && c.made.shelf.Library().Version() == m.content.Version() {
		lib = c.made.shelf.Library()
	} else if lib, err = knowledge.NewLibrary(m.content); err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	if m.shelf, err = knowledge.NewShelf(lib); err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	return &m, nil
}

// house is the whole service, wired and not yet running.
type house struct {
	config
	*mind
	log     *slog.Logger
	db      *db.DB
	store   *store.Store
	live    live.Bus
	bus     dialog.Bus
	desk    *desk.Desk
	jobs    *jobs.Jobs
	twilio  *twilio.Driver // nil: no telephone
	engine  speech.Engine  // nil: messages are listened to, not read
	people  *accounts.Accounts
	editing *editing.Editor
	asked   chan gap // what no sheet answers, for the editors
	closers []func()
	// partings send connected clients away before the service stops.
	partings []func(context.Context)
}

// build wires the service. progress is told what is being prepared. What was
// opened is closed when something fails.
func build(ctx context.Context, c config, log *slog.Logger, progress func(string)) (h *house, err error) {
	h = &house{config: c, log: log, asked: make(chan gap, askedRoom)}
	opened := h
	defer func() {
		if err != nil {
			opened.close()
		}
	}()
	progress("reading the content")
	if h.mind, err = openMind(c); err != nil {
		return nil, err
	}
	progress("opening the database")
	if err = h.openStores(ctx); err != nil {
		return nil, err
	}
	if h.engine, err = speech.New(speech.Config{URL: c.SpeechURL, Model: c.SpeechModel}); err != nil {
		return nil, fmt.Errorf("speech: %w", err)
	}
	if h.jobs, err = h.openJobs(ctx); err != nil {
		return nil, err
	}
	progress("opening the desk")
	if err = h.openDesk(); err != nil {
		return nil, err
	}
	if _, err = h.desk.CountMembers(ctx); err != nil {
		return nil, err
	}
	h.editing, err = editing.New(editing.Config{
		DB: h.db, Base: h.content, Shelf: h.shelf, Now: h.clock(),
		Published: func() { h.bus.Publish(dialog.Notice{Topic: dialog.LibraryChanged}) },
	})
	if err != nil {
		return nil, fmt.Errorf("editing: %w", err)
	}
	var faults *knowledge.Faults
	if err = h.editing.Rebuild(ctx); errors.As(err, &faults) {
		// One published sheet that can no longer be read does not keep the
		// helpline shut: the others are in force.
		log.Error("a published sheet cannot be read", "faults", faults.Error())
	} else if err != nil {
		return nil, fmt.Errorf("editing: %w", err)
	}
	return h, nil
}

func (h *house) openStores(ctx context.Context) (err error) {
	if err = os.MkdirAll(filepath.Join(h.DataDir, "recordings"), 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	settings := db.Config{URL: h.DatabaseURL}
	if h.DatabaseURL == "" {
		settings = db.Config{Path: filepath.Join(h.DataDir, "helpline.db")}
	}
	if h.db, err = db.Open(ctx, settings); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	h.closers = append(h.closers, func() { _ = h.db.Close() })
	for _, m := range []db.Migrations{store.Migrations, accounts.Migrations(), editing.Migrations(), sheets.Migrations()} {
		if err = db.Migrate(ctx, h.db, m); err != nil {
			return fmt.Errorf("database: %w", err)
		}
	}
	h.store = store.New(h.db)
	if h.people, err = accounts.New(accounts.Config{DB: h.db, Now: h.clock()}); err != nil {
		return fmt.Errorf("accounts: %w", err)
	}
	if h.RedisURL == "" {
		h.live = live.NewLocal()
	} else if h.live, err = live.NewRedis(ctx, h.RedisURL, "helpline"); err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	h.closers = append(h.closers, func() { _ = h.live.Close() })
	h.bus = bus{h.live}
	return nil
}

func (h *house) openJobs(ctx context.Context) (*jobs.Jobs, error) {
	c := jobs.Config{Store: h.store, Log: h.log, Now: h.clock(), Pool: h.db.Pool(), Sweep: h.sweep}
	if c.Pool == nil {
		c.Path = filepath.Join(h.DataDir, "jobs.db")
	}
	return jobs.Open(ctx, c)
}

func (h *house) openDesk() (err error) {
	lines := []desk.Line{{ID: chatLine, Medium: dialog.Webchat}}
	kept := recordings{folder: filepath.Join(h.DataDir, "recordings")}
	if h.TwilioSID != "" {
		h.twilio, err = twilio.New(twilio.Config{
			AccountSID: h.TwilioSID, AuthToken: h.TwilioToken, PublicURL: h.PublicURL, APIURL: h.TwilioURL,
			SMSLine: smsLine, SMSNumber: h.SMSNumber, VoiceLine: voiceLine, VoiceNumber: h.VoiceNumber, Logger: h.log,
			Script: twilio.Script{
				Greeting:     h.texts.Say("voice.greeting", dialog.Voice),
				NothingHeard: h.texts.Say("voice.nothing_heard", dialog.Voice),
				Error:        h.texts.Say("voice.error", dialog.Voice),
				HaveIt:       h.texts.Say("alert.call.have_it", dialog.Voice),
				NoKey:        h.texts.Say("alert.call.no_key", dialog.Voice),
				Recorded: func(ref string) string {
					return h.texts.Say("voice.recorded", dialog.Voice, "ref", strings.Join(strings.Split(ref, ""), ", "))
				},
			},
		})
		if err != nil {
			return fmt.Errorf("twilio: %w", err)
		}
		lines = append(lines,
			desk.Line{ID: smsLine, Medium: dialog.SMS, Keyword: h.SMSKeyword, Sender: h.twilio},
			desk.Line{ID: voiceLine, Medium: dialog.Voice})
		kept.provider, kept.temporary = h.twilio, func(err error) bool {
			var fetch *twilio.FetchError
			return !errors.As(err, &fetch) || fetch.Temporary
		}
	}
	alerts, err := h.alerts()
	if err != nil {
		return err
	}
	again, err := h.secondReader()
	if err != nil {
		return err
	}
	tests, err := h.testLines()
	if err != nil {
		return err
	}
	h.desk, err = desk.New(desk.Config{
		Store: h.store, Bus: h.bus, Assessor: h.assessor,
		Library: library{shelf: h.shelf, publicURL: h.PublicURL},
		Prisons: places{register: h.register, shelf: h.shelf},
		Texts:   h.texts, Lines: lines, Abilities: channels.AbilitiesOf, Fit: channels.Fit,
		Recordings: kept, Transcriber: transcriber{h.engine},
		Now: h.clock(), Log: h.log, Alerts: alerts, Teams: h.Teams, Members: h.membersOfTeams(), LineTests: tests,
		Woken:      func(id dialog.RecordingID) { go h.jobs.Look(id) },
		Unanswered: h.unanswered, SecondReader: again,
		Recent: recentPeople(h.config),
	})
	return err
}

// recentPeople is how many people's situations the desk keeps in memory: none
// where other nodes may answer the same people.
func recentPeople(c config) int {
	if c.DatabaseURL == "" {
		return 4096
	}
	return 0
}

// run starts what works beside the requests. It returns at once; stop waits
// until all of it has ended.
func (h *house) run(ctx context.Context) (stop func(), err error) {
	moved, err := h.desk.Reroute(ctx)
	if err != nil {
		return nil, err
	}
	if moved > 0 {
		h.log.Info("teams have changed: what waits was given to those that serve it now", "conversations", moved)
	}
	ctx, cancel := context.WithCancel(ctx)
	if err := h.jobs.Start(context.WithoutCancel(ctx), h.desk); err != nil {
		cancel()
		return nil, fmt.Errorf("jobs: %w", err)
	}
	var work sync.WaitGroup
	work.Go(func() { h.desk.Run(ctx) })
	work.Go(func() { h.desk.Escalate(ctx) })
	work.Go(func() { h.desk.TestLines(ctx) })
	work.Go(func() { h.desk.WatchLists(ctx) })
	work.Go(func() { h.keepQuestions(ctx) })
	if h.twilio != nil {
		work.Go(func() { h.catchUp(ctx) })
	}
	unsubscribe := h.bus.Subscribe(dialog.LibraryChanged, func(dialog.Notice) {
		rctx, end := context.WithTimeout(ctx, time.Minute)
		defer end()
		if err := h.editing.Rebuild(rctx); err != nil && ctx.Err() == nil {
			h.log.Error("take over published sheets", "error", err)
		}
	})
	return func() {
		unsubscribe()
		cancel()
		work.Wait()
		sctx, end := context.WithTimeout(context.Background(), 10*time.Second)
		defer end()
		if err := h.jobs.Stop(sctx); err != nil {
			h.log.Warn("stop the jobs", "error", err)
		}
	}, nil
}

func (h *house) close() {
	for i := len(h.closers) - 1; i >= 0; i-- {
		h.closers[i]()
	}
	h.closers = nil
}
