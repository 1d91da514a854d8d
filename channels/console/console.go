package console

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/url"
	"sync"
	"time"
	_ "time/tzdata" // pages show British time wherever they are rendered

	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"

	"helpline/dialog"
	"helpline/dialog/desk"
	"helpline/internal/accounts"
	"helpline/internal/gsm7"
	"helpline/internal/web"
	"helpline/knowledge"
)

// Desk is what the console needs of the desk. Every call checks the worker's
// role again (dialog.ErrForbidden).
type Desk interface {
	Queue(ctx context.Context, w dialog.Worker, f dialog.QueueFilter) ([]dialog.QueueEntry, error)
	Open(ctx context.Context, w dialog.Worker, id dialog.ConversationID) (desk.View, error)
	OpenConcern(ctx context.Context, w dialog.Worker, id dialog.ConcernID) (desk.View, error)
	Since(ctx context.Context, w dialog.Worker, id dialog.ConversationID, after int64) ([]dialog.Event, error)
	TakeOver(ctx context.Context, w dialog.Worker, id dialog.ConversationID) error
	HandBack(ctx context.Context, w dialog.Worker, id dialog.ConversationID) error
	Say(ctx context.Context, w dialog.Worker, id dialog.ConversationID, text, clientID string) (dialog.Event, error)
	Note(ctx context.Context, w dialog.Worker, id dialog.ConversationID, text string) error
	ReviewedUpTo(ctx context.Context, w dialog.Worker, id dialog.ConversationID, seen int64) error
	Judge(ctx context.Context, w dialog.Worker, id dialog.ConversationID, of int64, level dialog.Level, categories []dialog.Category) error
	CloseConversation(ctx context.Context, w dialog.Worker, id dialog.ConversationID) error
	RaiseConcern(ctx context.Context, w dialog.Worker, id dialog.ConversationID, level dialog.Level, categories []dialog.Category, words string) error
	SetConcern(ctx context.Context, w dialog.Worker, id dialog.ConcernID, change desk.ConcernChange) error
	SetHandling(ctx context.Context, w dialog.Worker, id dialog.ConcernID, change desk.HandlingChange) error
	Link(ctx context.Context, w dialog.Worker, id, other dialog.ConcernID) error
	Unlink(ctx context.Context, w dialog.Worker, id dialog.ConcernID) error
	Act(ctx context.Context, w dialog.Worker, id dialog.ConcernID, done desk.Done) error
	Meet(ctx context.Context, w dialog.Worker, id dialog.ConcernID, kind dialog.ObligationKind, note string) error
	Excuse(ctx context.Context, w dialog.Worker, id dialog.ConcernID, kind dialog.ObligationKind, reason string) error
	CloseConcernUpTo(ctx context.Context, w dialog.Worker, id dialog.ConcernID, outcome string, seen int64) error
	Listened(ctx context.Context, w dialog.Worker, id dialog.RecordingID) error
	RecordingFile(ctx context.Context, w dialog.Worker, id dialog.RecordingID) (string, dialog.Recording, error)
	TypingFrom(id dialog.ConversationID, who int64)
	LineTestStatus(ctx context.Context, w dialog.Worker) (desk.LinesStatus, error)
	AskLineTests(ctx context.Context, w dialog.Worker) error
	SeeLineTest(ctx context.Context, w dialog.Worker, id dialog.ConversationID) error
	Lists(ctx context.Context, w dialog.Worker) ([]desk.ListView, error)
	ReportOn(ctx context.Context, w dialog.Worker, from, to time.Time) (desk.Report, error)
}

// Accounts is what the console needs to know who somebody is.
type Accounts interface {
	SignIn(ctx context.Context, email, password string) (token string, p accounts.Person, err error)
	Session(ctx context.Context, token string) (accounts.Person, error)
	SignOut(ctx context.Context, token string) error
	Person(ctx context.Context, id string) (accounts.Person, error)
	People(ctx context.Context) ([]accounts.Person, error)
}

// Prisons is the register of establishments.
type Prisons interface {
	All() []dialog.Prison
	Get(id dialog.PrisonID) (dialog.Prison, bool)
}

// Config is what a console is made of. Everything is needed unless it says
// otherwise.
type Config struct {
	Desk     Desk
	Bus      dialog.Bus
	Accounts Accounts
	Editing  Editing
	Shelf    *knowledge.Shelf
	Prisons  Prisons
	// Silent says that staff are told of worries by this console alone, which it
	// then says on its first page.
	Silent bool
	// Votes says how many readers found each sheet, by its slug, helpful since a
	// time. Nil: readers are not asked.
	Votes func(ctx context.Context, since time.Time) (map[string]Votes, error)
	// Teams are those of the settings; none: everybody works for one.
	Teams []dialog.Team
	// Assets serves what the pages load; it has to hold Files() as "console".
	Assets *web.Assets
	// Abilities, Fit and Cost are those of package channels: what a medium
	// carries, how a text is divided for it, and what it costs as a text message.
	Abilities func(dialog.Medium) dialog.Abilities
	Fit       func(m dialog.Medium, text string, segments int) []string
	Cost      func(text string) (encoding gsm7.Encoding, units, segments int)
	// PublicURL is where the service is reached from outside, without a
	// trailing slash.
	PublicURL string
	Secure    bool             // true: cookies go over HTTPS only
	Name      string           // of the service, in the header; empty: "Helpline"
	Logger    *slog.Logger     // nil: slog.Default()
	Now       func() time.Time // nil: time.Now
}

//go:embed assets
var assetFiles embed.FS

// Files are the console's own stylesheet and scripts, for web.NewAssets under
// the name "console".
func Files() fs.FS {
	sub, err := fs.Sub(assetFiles, "assets")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// Console is the staff's side: its pages and its sockets.
type Console struct {
	cfg      Config
	public   *url.URL
	policy   string // Content-Security-Policy
	london   *time.Location
	pages    map[string]*template.Template
	upgrader websocket.Upgrader
	hub      *hub
	cancels  []func()
	once     sync.Once
}

// New checks the configuration, parses the pages and begins to listen to the
// bus. All that is missing is named in one error.
func New(cfg Config) (*Console, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Name == "" {
		cfg.Name = "Helpline"
	}
	c := &Console{cfg: cfg}
	if err := c.configure(); err != nil {
		return nil, fmt.Errorf("set up console: %w", err)
	}
	c.upgrader = websocket.Upgrader{
		ReadBufferSize: 1024, WriteBufferSize: 4096, WriteBufferPool: &sync.Pool{},
		CheckOrigin: c.sameOrigin,
		Error:       upgradeFailed,
	}
	c.hub = newHub(c)
	c.cancels = []func(){
		cfg.Bus.Subscribe(dialog.ConversationChanged, c.hub.conversationChanged),
		cfg.Bus.Subscribe(dialog.Typing, c.hub.typing),
		cfg.Bus.Subscribe(dialog.QueueChanged, func(dialog.Notice) { c.hub.queueChanged() }),
	}
	go c.hub.run()
	return c, nil
}

func (c *Console) configure() error {
	var faults []error
	need := func(ok bool, what string) {
		if !ok {
			faults = append(faults, errors.New(what+" is missing"))
		}
	}
	need(c.cfg.Desk != nil, "Desk")
	need(c.cfg.Bus != nil, "Bus")
	need(c.cfg.Accounts != nil, "Accounts")
	need(c.cfg.Editing != nil, "Editing")
	need(c.cfg.Shelf != nil, "Shelf")
	need(c.cfg.Prisons != nil, "Prisons")
	need(c.cfg.Assets != nil, "Assets")
	need(c.cfg.Abilities != nil, "Abilities")
	need(c.cfg.Fit != nil, "Fit")
	need(c.cfg.Cost != nil, "Cost")
	var err error
	if c.public, err = url.Parse(c.cfg.PublicURL); err != nil || c.public.Host == "" {
		faults = append(faults, errors.New("PublicURL is not an address with a host"))
	}
	if c.london, err = time.LoadLocation("Europe/London"); err != nil {
		faults = append(faults, fmt.Errorf("load British time: %w", err))
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	c.policy = policy(c.public)
	c.pages, err = c.parsePages()
	return err
}

// Mount adds the console's routes.
func (c *Console) Mount(e *echo.Echo) {
	for _, r := range c.routes() {
		e.Add(r.method, r.path, c.guard(r))
	}
}

// Sockets is the number of open sockets, for the metrics.
func (c *Console) Sockets() int { return c.hub.count() }

// Close stops listening and sends every browser away with "going away", upon
// which it comes back to another node.
func (c *Console) Close() {
	c.once.Do(func() {
		for _, cancel := range c.cancels {
			cancel()
		}
		c.hub.close()
	})
}
