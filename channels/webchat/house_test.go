package webchat_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"helpline/channels"
	"helpline/channels/webchat"
	"helpline/dialog"
	"helpline/dialog/desk"
	"helpline/dialog/flow"
	"helpline/dialog/prisons"
	"helpline/dialog/risk"
	"helpline/dialog/store"
	"helpline/dialog/wording"
	"helpline/internal/db"
	"helpline/internal/db/dbtest"
	"helpline/internal/live"
	"helpline/knowledge"
)

const chatLine = dialog.LineID("chat")

var sam = dialog.Worker{ID: "sam", Name: "Sam", Roles: []dialog.Role{dialog.Responder, dialog.SaferCustody}}

// house is the real desk on a real store and library, with the chat before it.
type house struct {
	*desk.Desk
	store *store.Store
	bus   dialog.Bus
	db    *db.DB
	chat  *webchat.Chat
	web   *httptest.Server
	logs  *logbook
}

// mind is the content, read once for all tests.
type mind struct {
	texts    *wording.Texts
	shelf    *knowledge.Shelf
	register *prisons.Register
	risk     desk.Assessor
}

var readMind = sync.OnceValues(func() (*mind, error) {
	files := os.DirFS("../../content")
	content, err := knowledge.Load(files)
	if err != nil {
		return nil, err
	}
	m := &mind{}
	lib, err := knowledge.NewLibrary(content)
	if err != nil {
		return nil, err
	}
	if m.shelf, err = knowledge.NewShelf(lib); err != nil {
		return nil, err
	}
	sub := func(name string) fs.FS {
		s, err := fs.Sub(files, name)
		if err != nil {
			panic(err)
		}
		return s
	}
	if m.register, err = prisons.Load(sub("prisons")); err != nil {
		return nil, err
	}
	if m.risk, err = risk.Load(sub("risk")); err != nil {
		return nil, err
	}
	resolve := func(kind, id string) (string, bool) {
		if kind == "service" {
			return map[string]string{"keyword": "FAMOUT", "number": "60777", "voice_number": ""}[id], true
		}
		c, ok := content.Contacts.Get(id)
		return c.Phone, ok
	}
	m.texts, err = wording.Load(files, "en", resolve, "texts", "voice")
	return m, err
})

// library brings the knowledge to the desk, as the program's wiring does.
type library struct{ shelf *knowledge.Shelf }

func (l library) answer(lib *knowledge.Library, sheet *knowledge.Sheet, section *knowledge.Section) flow.Answer {
	ref := knowledge.SectionRef{Slug: sheet.Slug, Anchor: section.Anchor}
	return flow.Answer{
		Slug: sheet.Slug, Anchor: section.Anchor, Title: sheet.Title, Number: sheet.Number, Heading: section.Heading,
		Short: lib.Short(ref), Link: "https://help.example.org/s/" + lib.Code(ref), Jurisdiction: dialog.Jurisdiction(sheet.Jurisdiction),
	}
}

func (l library) Find(q flow.Question) flow.Found {
	lib := l.shelf.Library()
	f := lib.Find(knowledge.Query{
		Text: q.Text, History: q.History, Prison: string(q.Prison), Jurisdiction: knowledge.Jurisdiction(q.Jurisdiction),
		Previous: knowledge.SectionRef{Slug: q.Slug, Anchor: q.Anchor},
	})
	found := flow.Found{Kind: flow.Kind(f.Kind), Version: lib.Version()}
	for _, a := range f.Answers {
		answer := l.answer(lib, a.Sheet, a.Section)
		answer.Marked, answer.Score = a.Marked, a.Score
		found.Answers = append(found.Answers, answer)
	}
	return found
}

func (l library) Body(slug, anchor string) (flow.Answer, string, bool) {
	lib := l.shelf.Library()
	ref := knowledge.SectionRef{Slug: slug, Anchor: anchor}
	sheet, section, ok := lib.Section(ref)
	if !ok {
		return flow.Answer{}, "", false
	}
	return l.answer(lib, sheet, section), lib.BodyText(ref), true
}

type places struct {
	register *prisons.Register
	shelf    *knowledge.Shelf
}

func (p places) Get(id dialog.PrisonID) (dialog.Prison, bool) { return p.register.Get(id) }

func (p places) Places(text string) []flow.Place {
	var found []flow.Place
	for _, m := range p.register.Find(text) {
		found = append(found, flow.Place{Prison: m.Prison, Ambiguous: m.Ambiguous})
	}
	return found
}

func (p places) Country(text string) dialog.Jurisdiction {
	return dialog.Jurisdiction(p.shelf.Library().Country(text))
}

type liveBus struct{ live live.Bus }

func (b liveBus) Publish(n dialog.Notice) {
	_ = b.live.Publish(context.Background(), live.Notice{Topic: string(n.Topic), ID: n.ID, Seq: n.Seq})
}

func (b liveBus) Subscribe(topic dialog.Topic, fn func(dialog.Notice)) func() {
	return b.live.Subscribe(string(topic), func(n live.Notice) { fn(dialog.Notice{Topic: topic, ID: n.ID, Seq: n.Seq}) })
}

// logbook keeps what was logged, so that a test can look for words in it.
type logbook struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// open starts a house on an empty database. change may adjust the chat.
func open(t testing.TB, change func(*webchat.Config)) *house {
	t.Helper()
	m, err := readMind()
	if err != nil {
		t.Fatalf("read the content: %v", err)
	}
	h := &house{logs: &logbook{}}
	log := slog.New(slog.NewTextHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.db = dbtest.Open(t, db.Config{Path: filepath.Join(t.TempDir(), "chat.db")})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := db.Migrate(ctx, h.db, store.Migrations); err != nil {
		t.Fatal(err)
	}
	h.store = store.New(h.db)
	local := live.NewLocal()
	t.Cleanup(func() { _ = local.Close() })
	h.bus = liveBus{local}
	h.Desk, err = desk.New(desk.Config{
		Store: h.store, Bus: h.bus, Assessor: m.risk, Library: library{m.shelf}, Prisons: places{m.register, m.shelf},
		Texts: m.texts, Lines: []desk.Line{{ID: chatLine, Medium: dialog.Webchat}}, Abilities: channels.AbilitiesOf,
		Fit: channels.Fit, Now: time.Now, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	h.web = httptest.NewServer(e)
	t.Cleanup(h.web.Close)
	cfg := webchat.Config{Desk: h.Desk, Bus: h.bus, Line: chatLine, Texts: m.texts, PublicURL: h.web.URL, Logger: log}
	if change != nil {
		change(&cfg)
	}
	if h.chat, err = webchat.New(cfg); err != nil {
		t.Fatal(err)
	}
	h.chat.Mount(e)
	t.Cleanup(func() { h.chat.Close(context.Background()) })
	return h
}

// takeOver has Sam take the one conversation that waits or was just begun.
func (h *house) takeOver(t testing.TB, conv dialog.ConversationID) {
	t.Helper()
	if err := h.TakeOver(t.Context(), sam, conv); err != nil {
		t.Fatal(err)
	}
}

func (h *house) staffSays(t testing.TB, conv dialog.ConversationID, text string) dialog.Event {
	t.Helper()
	ev, err := h.Say(t.Context(), sam, conv, text, dialog.NewID(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	return ev
}

// count runs a query that gives one number.
func (h *house) count(t testing.TB, query string, args ...any) (n int) {
	t.Helper()
	err := h.db.Read(t.Context(), func(tx *db.Tx) error { return tx.QueryRow(query, args...).Scan(&n) })
	if err != nil {
		t.Fatal(fmt.Errorf("count: %w", err))
	}
	return n
}

// hashOf is what the store knows of a secret.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// conversation is the one of a visitor's secret.
func (h *house) conversation(t testing.TB, secret string) dialog.ConversationID {
	t.Helper()
	c, err := h.Resume(t.Context(), chatLine, dialog.Address{Medium: dialog.Webchat, Value: hashOf(secret)})
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}
