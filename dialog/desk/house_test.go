package desk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"helpline/channels"
	"helpline/content"
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

const (
	sms   dialog.LineID = "sms"
	chat  dialog.LineID = "chat"
	voice dialog.LineID = "voice"
)

var (
	sam    = dialog.Worker{ID: "w-sam", Name: "Sam", Roles: []dialog.Role{dialog.Responder}}
	shirin = dialog.Worker{ID: "w-shirin", Name: "Shirin", Roles: []dialog.Role{dialog.SaferCustody}}
	morag  = dialog.Worker{ID: "w-morag", Name: "Morag", Roles: []dialog.Role{dialog.ManagerRole}}
	edith  = dialog.Worker{ID: "w-edith", Name: "Edith", Roles: []dialog.Role{dialog.Editor}}
)

// mind is the content, read once for all tests of this package.
var mind = sync.OnceValues(func() (m struct {
	assessor *risk.Assessor
	register *prisons.Register
	library  *knowledge.Library
	texts    *wording.Texts
}, err error,
) {
	sub := func(name string) fs.FS {
		f, serr := fs.Sub(content.FS, name)
		err = errors.Join(err, serr)
		return f
	}
	loaded, lerr := knowledge.Load(content.FS)
	err = errors.Join(err, lerr)
	if err != nil {
		return m, err
	}
	var errs [4]error
	m.library, errs[0] = knowledge.NewLibrary(loaded)
	m.register, errs[1] = prisons.Load(sub("prisons"))
	m.assessor, errs[2] = risk.Load(sub("risk"))
	m.texts, errs[3] = wording.Load(content.FS, "en", func(kind, id string) (string, bool) {
		if kind == "service" {
			return map[string]string{"keyword": "FAMOUT", "number": "60777", "voice_number": ""}[id], true
		}
		c, ok := loaded.Contacts.Get(id)
		return c.Phone, ok
	}, "texts", "voice")
	return m, errors.Join(err, errors.Join(errs[:]...))
})

// shelf lets the desk ask the library.
type shelf struct{ lib *knowledge.Library }

func (s shelf) Find(q flow.Question) flow.Found {
	f := s.lib.Find(knowledge.Query{
		Text: q.Text, History: q.History, Prison: string(q.Prison), Jurisdiction: knowledge.Jurisdiction(q.Jurisdiction),
		Previous: knowledge.SectionRef{Slug: q.Slug, Anchor: q.Anchor},
	})
	found := flow.Found{Kind: flow.Kind(f.Kind), Version: s.lib.Version()}
	if f.Kind == knowledge.KindSmalltalk && f.Intent == "thanks" {
		found.Kind = flow.KindThanks
	}
	for _, a := range f.Answers {
		found.Answers = append(found.Answers, s.answer(a.Sheet, a.Section, a.Marked))
	}
	return found
}

func (s shelf) answer(sheet *knowledge.Sheet, section *knowledge.Section, marked bool) flow.Answer {
	ref := knowledge.SectionRef{Slug: sheet.Slug, Anchor: section.Anchor}
	a := flow.Answer{
		Slug: sheet.Slug, Anchor: section.Anchor, Title: sheet.Title, Heading: section.Heading,
		Short: s.lib.Short(ref), Link: "https://helpline.example/s/" + s.lib.Code(ref), Marked: marked,
	}
	switch j := dialog.Jurisdiction(sheet.Jurisdiction); j {
	case dialog.Scotland, dialog.EnglandWales, dialog.NorthernIreland:
		a.Jurisdiction = j
	default:
	}
	return a
}

func (s shelf) Body(slug, anchor string) (flow.Answer, string, bool) {
	ref := knowledge.SectionRef{Slug: slug, Anchor: anchor}
	sheet, section, ok := s.lib.Section(ref)
	if !ok {
		return flow.Answer{}, "", false
	}
	return s.answer(sheet, section, false), s.lib.BodyText(ref), true
}

type places struct {
	register *prisons.Register
	lib      *knowledge.Library
}

func (p places) Get(id dialog.PrisonID) (dialog.Prison, bool) { return p.register.Get(id) }

func (p places) Places(text string) (found []flow.Place) {
	for _, m := range p.register.Find(text) {
		found = append(found, flow.Place{Prison: m.Prison, Ambiguous: m.Ambiguous})
	}
	return found
}

func (p places) Country(text string) dialog.Jurisdiction {
	switch j := dialog.Jurisdiction(p.lib.Country(text)); j {
	case dialog.Scotland, dialog.EnglandWales, dialog.NorthernIreland:
		return j
	default:
		return dialog.Unknown
	}
}

type bus struct{ live.Bus }

func (b bus) Publish(n dialog.Notice) {
	_ = b.Bus.Publish(context.Background(), live.Notice{Topic: string(n.Topic), ID: n.ID, Seq: n.Seq})
}

func (b bus) Subscribe(topic dialog.Topic, fn func(dialog.Notice)) func() {
	return b.Bus.Subscribe(string(topic), func(n live.Notice) { fn(dialog.Notice{Topic: topic, ID: n.ID, Seq: n.Seq}) })
}

// exchange is the telephone company: what it took, and what it answers.
type exchange struct {
	mu    sync.Mutex
	taken []dialog.Outbound
	fail  func(n int, out dialog.Outbound) error
	n     int
}

func (x *exchange) Send(_ context.Context, out dialog.Outbound) (dialog.Receipt, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.n++
	if x.fail != nil {
		if err := x.fail(x.n, out); err != nil {
			return dialog.Receipt{}, err
		}
	}
	x.taken = append(x.taken, out)
	return dialog.Receipt{ProviderID: fmt.Sprint("SM", x.n), Segments: 1}, nil
}

func (x *exchange) lines() (texts []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, t := range x.taken {
		texts = append(texts, t.Text)
	}
	return texts
}

func (x *exchange) addresses() (to []dialog.Address) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, t := range x.taken {
		to = append(to, t.To)
	}
	return to
}

// tapes gives out recordings and hears them as the test says.
type tapes struct {
	fetch      func() error
	transcribe func(context.Context) (desk.Heard, error)
}

func (r *tapes) Fetch(context.Context, string) (io.ReadCloser, error) {
	if r.fetch != nil {
		if err := r.fetch(); err != nil {
			return nil, err
		}
	}
	return io.NopCloser(strings.NewReader("RIFF")), nil
}
func (r *tapes) Temporary(error) bool { return true }
func (r *tapes) Keep(id dialog.RecordingID, audio io.Reader) (string, error) {
	_, err := io.Copy(io.Discard, audio)
	return string(id) + ".wav", err
}
func (r *tapes) Path(file string) string { return file }
func (r *tapes) Transcribe(ctx context.Context, _ string) (desk.Heard, error) {
	if r.transcribe == nil {
		return desk.Heard{}, desk.ErrNoEngine
	}
	return r.transcribe(ctx)
}

// house is a desk on a real store, with the real content and a clock that only
// the test turns.
type house struct {
	*desk.Desk
	t     testing.TB
	store *store.Store
	sent  *exchange
	tapes *tapes
	mu    sync.Mutex
	time  time.Time
	count int
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.time
}

func (h *house) turn(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.time = h.time.Add(d)
}

func open(t testing.TB, d *db.DB) *house { return remember(t, d, 100) }

// forgetful is a house on SQLite that keeps nobody's situation in memory.
func forgetful(t testing.TB) *house { return remember(t, dbtest.SQLite(t), 0) }

func remember(t testing.TB, d *db.DB, recent int, change ...func(*desk.Config)) *house {
	t.Helper()
	m, err := mind()
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context(), d, store.Migrations); err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, store: store.New(d), sent: &exchange{}, tapes: &tapes{}, time: time.Date(2026, 3, 2, 21, 4, 0, 0, time.UTC)}
	local := live.NewLocal()
	t.Cleanup(func() { _ = local.Close() })
	c := desk.Config{
		Store: h.store, Bus: bus{local}, Assessor: m.assessor, Library: shelf{m.library}, Prisons: places{m.register, m.library},
		Texts: m.texts, Abilities: channels.AbilitiesOf, Fit: channels.Fit, Recordings: h.tapes, Transcriber: h.tapes,
		Lines: []desk.Line{
			{ID: sms, Medium: dialog.SMS, Keyword: "FAMOUT", Sender: h.sent},
			{ID: chat, Medium: dialog.Webchat}, {ID: voice, Medium: dialog.Voice},
		},
		Now: h.now, Log: slog.New(slog.DiscardHandler), Recent: recent,
	}
	for _, f := range change {
		f(&c)
	}
	if h.Desk, err = desk.New(c); err != nil {
		t.Fatal(err)
	}
	return h
}

// alone is a house on SQLite whose outbox nobody sees to until deliver.
func alone(t testing.TB) *house { return open(t, dbtest.SQLite(t)) }

// deliver runs the senders until nothing is due.
func (h *house) deliver() {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); h.Run(ctx) }()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		var due []dialog.ConversationID
		h.read(func(r dialog.Reader) (err error) { due, err = r.OutboxDue(h.now(), 10); return err })
		if len(due) == 0 {
			break
		}
		if time.Now().After(end) {
			h.t.Fatal("the outbox does not empty")
		}
	}
	cancel()
	<-done
}

func (h *house) read(fn func(dialog.Reader) error) {
	h.t.Helper()
	if err := h.store.Read(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

func number(n int) dialog.Address {
	return dialog.Address{Medium: dialog.SMS, Value: fmt.Sprintf("+4477009001%02d", n)}
}

// text brings one text message from the first handset.
func (h *house) text(words string) dialog.Received { return h.textFrom(number(0), words) }

func (h *house) textFrom(from dialog.Address, words string) dialog.Received {
	h.t.Helper()
	h.count++
	got, err := h.Receive(h.t.Context(), dialog.Inbound{
		Kind: dialog.InText, Line: sms, Medium: dialog.SMS, From: from, ProviderID: fmt.Sprint("m", h.count), Text: words,
	})
	if err != nil {
		h.t.Fatalf("%q: %v", words, err)
	}
	return got
}

// says is what the bot said to one text message, in one piece.
func (h *house) says(words string) string {
	h.t.Helper()
	var all []string
	for _, l := range h.text(words).Lines {
		all = append(all, l.Text)
	}
	return strings.Join(all, "\n")
}

func (h *house) view(id dialog.ConversationID) desk.View {
	h.t.Helper()
	v, err := h.Open(h.t.Context(), sam, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// listed says why a conversation is on the staff's list; false when it is not.
func (h *house) listed(id dialog.ConversationID) (dialog.QueueEntry, bool) {
	h.t.Helper()
	q, err := h.Queue(h.t.Context(), sam, dialog.QueueFilter{})
	h.must(err)
	for _, e := range q {
		if e.Conversation.ID == id {
			return e, true
		}
	}
	return dialog.QueueEntry{}, false
}
