package console_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"helpline/channels"
	"helpline/channels/console"
	"helpline/channels/speech"
	"helpline/dialog"
	"helpline/dialog/desk"
	"helpline/dialog/flow"
	"helpline/dialog/prisons"
	"helpline/dialog/risk"
	"helpline/dialog/store"
	"helpline/dialog/wording"
	"helpline/internal/accounts"
	"helpline/internal/db"
	"helpline/internal/db/dbtest"
	"helpline/internal/live"
	"helpline/internal/web"
	"helpline/knowledge"
	"helpline/knowledge/editing"
)

const (
	chatLine  = dialog.LineID("chat")
	smsLine   = dialog.LineID("sms")
	voiceLine = dialog.LineID("voice")

	password = "three random words"
)

// house is the real desk, store, accounts, sheets and bus, with the console
// before them.
type house struct {
	*desk.Desk
	store   *store.Store
	people  *accounts.Accounts
	shelf   *knowledge.Shelf
	editing *editing.Editor
	bus     dialog.Bus
	web     *httptest.Server
	console *console.Console
	phone   *provider
	logs    *logbook
	folder  string
	ahead   atomic.Int64 // how far the console's clock is before ours, in nanoseconds
}

func (h *house) now() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }

// later lets time pass for the console.
func (h *house) later(d time.Duration) { h.ahead.Add(int64(d)) }

// provider is the telephone network outside: it takes texts.
type provider struct {
	mu    sync.Mutex
	texts []string
	fail  error
}

func (p *provider) Send(_ context.Context, out dialog.Outbound) (dialog.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		return dialog.Receipt{}, p.fail
	}
	p.texts = append(p.texts, out.Text)
	return dialog.Receipt{ProviderID: "SM" + string(out.ID), Segments: 1}, nil
}

func (p *provider) breakWith(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = err
}

func (p *provider) sent() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.texts...)
}

// recordings keeps audio in a folder; the network outside hands over what was
// put into it.
type recordings struct {
	folder string
	audio  []byte
}

func (r recordings) Fetch(context.Context, string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(r.audio)), nil
}
func (r recordings) Temporary(error) bool { return true }
func (r recordings) Keep(id dialog.RecordingID, audio io.Reader) (string, error) {
	name := string(id) + ".wav"
	f, err := os.Create(r.Path(name))
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, audio)
	return name, errors.Join(err, f.Close())
}
func (r recordings) Path(file string) string { return filepath.Join(r.folder, file) }

// dictation stands for a speech engine outside this process.
type dictation struct{}

func (dictation) Transcribe(context.Context, string) (desk.Heard, error) {
	return desk.Heard{Text: "he said goodbye to the kids and he wants to die he is in stoke heath", Engine: "dictation", Seconds: 3}, nil
}

// tone is three seconds of a telephone's tone.
func tone(t testing.TB) []byte {
	t.Helper()
	a := speech.Audio{Rate: 8000}
	for i := range 3 * a.Rate {
		a.Samples = append(a.Samples, int16(6000*math.Sin(float64(i)*2*math.Pi*440/float64(a.Rate))))
	}
	var b bytes.Buffer
	if err := speech.Encode(&b, a); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// mind is the content, read once for all tests.
type mind struct {
	content  knowledge.Content
	texts    *wording.Texts
	register *prisons.Register
	risk     desk.Assessor
}

var readMind = sync.OnceValues(func() (*mind, error) {
	files := os.DirFS("../../content")
	m := &mind{}
	var err error
	if m.content, err = knowledge.Load(files); err != nil {
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
		c, ok := m.content.Contacts.Get(id)
		return c.Phone, ok
	}
	m.texts, err = wording.Load(files, "en", resolve, "texts", "voice")
	return m, err
})

// library brings the sheets to the desk, as the program's wiring does.
type library struct{ shelf *knowledge.Shelf }

func (l library) answer(lib *knowledge.Library, sheet *knowledge.Sheet, section *knowledge.Section) flow.Answer {
	ref := knowledge.SectionRef{Slug: sheet.Slug, Anchor: section.Anchor}
	return flow.Answer{
		Slug: sheet.Slug, Anchor: section.Anchor, Title: sheet.Title, Number: sheet.Number, Heading: section.Heading,
		Short: lib.Short(ref), Link: "https://help.example.org/s/" + lib.Code(ref), Jurisdiction: country(sheet.Jurisdiction),
	}
}

func country(j knowledge.Jurisdiction) dialog.Jurisdiction {
	if j == knowledge.UK {
		return dialog.Unknown
	}
	return dialog.Jurisdiction(j)
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
	return country(p.shelf.Library().Country(text))
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

// open starts a house on an empty database.
func open(t testing.TB) *house {
	t.Helper()
	m, err := readMind()
	if err != nil {
		t.Fatalf("read the content: %v", err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	h := &house{logs: &logbook{}, phone: &provider{}, folder: t.TempDir()}
	log := slog.New(slog.NewTextHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d := dbtest.Open(t, db.Config{Path: filepath.Join(t.TempDir(), "console.db")})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, mig := range []db.Migrations{store.Migrations, accounts.Migrations(), editing.Migrations()} {
		must(db.Migrate(ctx, d, mig))
	}
	h.store = store.New(d)
	// Hashing a password costs what an attack should cost; a test can do with less.
	h.people, err = accounts.New(accounts.Config{DB: d, Cost: accounts.Cost{Memory: 64, Passes: 1}, CacheFor: -1})
	must(err)
	lib, err := knowledge.NewLibrary(m.content)
	must(err)
	h.shelf, err = knowledge.NewShelf(lib)
	must(err)
	h.editing, err = editing.New(editing.Config{DB: d, Base: m.content, Shelf: h.shelf, Now: time.Now})
	must(err)
	local := live.NewLocal()
	t.Cleanup(func() { _ = local.Close() })
	h.bus = liveBus{local}
	h.Desk, err = desk.New(desk.Config{
		Store: h.store, Bus: h.bus, Assessor: m.risk, Library: library{h.shelf}, Prisons: places{m.register, h.shelf}, Texts: m.texts,
		Lines: []desk.Line{
			{ID: chatLine, Medium: dialog.Webchat}, {ID: voiceLine, Medium: dialog.Voice},
			{ID: smsLine, Medium: dialog.SMS, Keyword: "FAMOUT", Sender: h.phone},
		},
		Abilities: channels.AbilitiesOf, Fit: channels.Fit, Recordings: recordings{h.folder, tone(t)}, Transcriber: dictation{}, Now: time.Now, Log: log,
		Teams: twoTeams(),
	})
	must(err)
	running, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); h.Run(running) }()
	t.Cleanup(func() { stop(); <-ended })

	assets, err := web.NewAssets(map[string]fs.FS{"console": console.Files()})
	must(err)
	e := echo.New()
	assets.Mount(e)
	h.web = httptest.NewServer(e)
	t.Cleanup(h.web.Close)
	h.console, err = console.New(console.Config{
		Desk: h.Desk, Bus: h.bus, Accounts: h.people, Editing: h.editing, Shelf: h.shelf, Prisons: m.register, Assets: assets,
		Abilities: channels.AbilitiesOf, Fit: channels.Fit, Cost: channels.Cost, PublicURL: h.web.URL, Logger: log, Now: h.now,
		Teams: twoTeams(),
	})
	must(err)
	h.console.Mount(e)
	t.Cleanup(h.console.Close)
	return h
}

// hire makes an account; its email address is the name at example.org.
func (h *house) hire(t testing.TB, name string, roles ...dialog.Role) dialog.Worker {
	t.Helper()
	w := dialog.Worker{Name: name, Roles: roles}
	p := accounts.Person{Name: name, Email: strings.ToLower(name) + "@example.org"}
	for _, r := range roles {
		p.Roles = append(p.Roles, string(r))
	}
	p, err := h.people.Create(t.Context(), p, password)
	if err != nil {
		t.Fatal(err)
	}
	w.ID = dialog.WorkerID(p.ID)
	return w
}

// writes has somebody write to us.
func (h *house) writes(t testing.TB, line dialog.LineID, medium dialog.Medium, from, text string) dialog.Received {
	t.Helper()
	got, err := h.Receive(t.Context(), dialog.Inbound{
		Kind: dialog.InText, Line: line, Medium: medium, From: dialog.Address{Medium: medium, Value: from},
		ProviderID: dialog.NewID(time.Now()), Text: text, At: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (h *house) chats(t testing.TB, from, text string) dialog.Received {
	t.Helper()
	return h.writes(t, chatLine, dialog.Webchat, from, text)
}

func (h *house) texts(t testing.TB, from, text string) dialog.Received {
	t.Helper()
	return h.writes(t, smsLine, dialog.SMS, from, text)
}

// rings has somebody leave a voice message, which is fetched and written down.
func (h *house) rings(t testing.TB, from string) (dialog.Received, dialog.RecordingID) {
	t.Helper()
	call := dialog.NewID(time.Now())
	in := dialog.Inbound{Kind: dialog.InCall, Line: voiceLine, Medium: dialog.Voice, From: dialog.Address{Medium: dialog.Voice, Value: from}, ProviderID: call, CallID: call, At: time.Now()}
	if _, err := h.Receive(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	in.Kind, in.ProviderID = dialog.InRecording, call+"-1"
	in.Media = []dialog.Media{{ProviderID: "RE1", URL: "https://provider.example/RE1", Duration: 3 * time.Second}}
	got, err := h.Receive(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	var recs []dialog.Recording
	if err := h.store.Read(t.Context(), func(r dialog.Reader) (err error) {
		recs, err = r.Recordings(got.Conversation)
		return err
	}); err != nil || len(recs) != 1 {
		t.Fatalf("recordings: %v, %v", recs, err)
	}
	if err := h.FetchRecording(t.Context(), recs[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := h.Transcribe(t.Context(), recs[0].ID); err != nil {
		t.Fatal(err)
	}
	return got, recs[0].ID
}

// events is the whole log of a conversation.
func (h *house) events(t testing.TB, conv dialog.ConversationID) (events []dialog.Event) {
	t.Helper()
	if err := h.store.Read(t.Context(), func(r dialog.Reader) (err error) {
		events, err = r.Events(conv, 0, 0)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return events
}
