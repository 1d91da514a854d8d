package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"helpline/channels/simulator"
	"helpline/dialog"
	"helpline/internal/accounts"
)

// everyLog is what the service logged in the whole test run, at every level,
// and said is what people wrote, rang from and signed in with. TestMain fails
// the run when the two meet.
var (
	everyLog lockedBuffer
	said     sync.Map
)

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// private notes words that must never be logged.
func private(words ...string) {
	for _, w := range words {
		if len(w) >= 5 {
			said.Store(w, true)
		}
	}
}

func TestMain(m *testing.M) {
	code := m.Run()
	log := everyLog.String()
	said.Range(func(w, _ any) bool {
		words := w.(string)
		for _, form := range []string{words, strings.TrimPrefix(words, "+")} {
			if i := strings.Index(log, form); i >= 0 {
				line := log[strings.LastIndexByte(log[:i], '\n')+1:]
				line, _, _ = strings.Cut(line, "\n")
				fmt.Printf("FAIL: the log holds %q, which somebody wrote: %s\n", form, line)
				code = 1
				break
			}
		}
		return true
	})
	os.Exit(code)
}

// world is a whole service on SQLite, a telephone network and a clock that
// only the test turns.
type world struct {
	*house
	t       *testing.T
	network *simulator.Network
	url     string
	mu      sync.Mutex
	time    time.Time
	workers map[string]dialog.Worker
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.time
}

func (w *world) turn(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.time = w.time.Add(d)
}

// minds is what all worlds with the content of this repository are made of. It
// is read only: a world that publishes puts another library on its own shelf.
var minds = sync.OnceValues(func() (*mind, error) {
	return openMind(config{SMSKeyword: "FAMOUT", SMSNumber: "60777", PublicURL: "http://helpline.example"})
})

// newWorld starts one. change may alter the settings.
func newWorld(t *testing.T, change func(*config)) *world {
	t.Helper()
	w := &world{t: t, time: time.Date(2026, 3, 2, 21, 4, 0, 0, time.UTC), workers: map[string]dialog.Worker{}}
	door := &door{}
	server := httptest.NewServer(door)
	t.Cleanup(server.Close)
	w.url = server.URL
	phones := http.NewServeMux()
	exchange := httptest.NewServer(phones)
	t.Cleanup(exchange.Close)
	c := config{
		DataDir: t.TempDir(), PublicURL: server.URL, SMSKeyword: "FAMOUT", SMSNumber: "60777", VoiceNumber: "+441632960999",
		TwilioSID: demoSID, TwilioToken: demoToken, TwilioURL: exchange.URL, now: w.now, sweep: time.Second,
	}
	if change != nil {
		change(&c)
	}
	if c.ContentDir == "" {
		var err error
		if c.made, err = minds(); err != nil {
			t.Fatal(err)
		}
	}
	private(demoToken, demoPassword)
	log := slog.New(slog.NewTextHandler(&everyLog, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h, err := build(t.Context(), c, log, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	w.house = h
	t.Cleanup(h.close)
	if w.network, err = simulator.New(simulator.Config{
		AccountSID: c.TwilioSID, AuthToken: c.TwilioToken, WebhookBase: server.URL, APIBase: exchange.URL,
		SMSNumber: c.SMSNumber, VoiceNumber: c.VoiceNumber, Logger: log,
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.network.Close() })
	phones.Handle("/", w.network.Handler())
	pages, health, err := h.pages()
	if err != nil {
		t.Fatal(err)
	}
	door.pages = pages
	ctx, cancel := context.WithCancel(context.Background())
	stop, err := h.run(ctx)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); stop() })
	health.SetReady(true)
	for _, p := range demoPeople {
		made, err := h.people.Create(t.Context(), accounts.Person{Name: p.Name, Email: p.Email, Roles: p.Roles}, demoPassword)
		if err != nil {
			t.Fatal(err)
		}
		worker := dialog.Worker{ID: dialog.WorkerID(made.ID), Name: made.Name}
		for _, r := range made.Roles {
			worker.Roles = append(worker.Roles, dialog.Role(r))
		}
		w.workers[strings.ToLower(made.Name)] = worker
	}
	return w
}

// text sends a text message from a handset and waits until everything that the
// service owes for it has been handed to the network.
func (w *world) text(from, body string) {
	w.t.Helper()
	private(from, body)
	if _, err := w.network.Text(w.t.Context(), from, w.SMSNumber, body); err != nil {
		w.t.Fatal(err)
	}
	w.settle(dialog.Address{Medium: dialog.SMS, Value: from})
}

// conversation is the newest one of an address.
func (w *world) conversation(line dialog.LineID, from dialog.Address) dialog.Conversation {
	w.t.Helper()
	c, err := w.desk.Resume(w.t.Context(), line, from)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// settle waits until nothing is queued or being sent to an address.
func (w *world) settle(from dialog.Address) {
	w.t.Helper()
	c := w.conversation(smsLine, from)
	w.eventually("the outbox to settle", func() bool {
		var busy bool
		if err := w.store.Read(w.t.Context(), func(r dialog.Reader) error {
			lines, err := r.Outbox(c.ID)
			for _, l := range lines {
				busy = busy || l.State == dialog.OutboxSending || l.State == dialog.OutboxQueued && !l.NextAt.After(w.now())
			}
			return err
		}); err != nil {
			w.t.Fatal(err)
		}
		return !busy
	})
}

// eventually waits for something that the service does by itself. The bound is
// for a machine that is busy with other tests: whoever waits goes on at once.
func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	w.t.Fatalf("waited in vain for %s", what)
}

func (w *world) view(id dialog.ConversationID) viewOf {
	w.t.Helper()
	v, err := w.desk.Open(w.t.Context(), w.workers["sam"], id)
	if err != nil {
		w.t.Fatal(err)
	}
	return viewOf{v}
}
