package webchat

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the page shows British time wherever it is rendered

	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"

	"helpline/dialog"
	"helpline/internal/web"
)

// DefaultExitURL is where "Exit this page" leads: a page that says nothing
// about the visitor and is the same for everybody.
const DefaultExitURL = "https://www.bbc.co.uk/weather"

// Desk is what the chat needs of the desk.
type Desk interface {
	// Receive accepts one message in one transaction; without an error it is
	// on disk. A known ProviderID is answered with what became of it.
	Receive(ctx context.Context, in dialog.Inbound) (dialog.Received, error)
	// Resume is the newest conversation of a visitor, or dialog.ErrNotFound.
	Resume(ctx context.Context, line dialog.LineID, from dialog.Address) (dialog.Conversation, error)
	// Visible lists what the person sees after a sequence number, oldest
	// first, at most limit.
	Visible(ctx context.Context, conv dialog.ConversationID, after int64, limit int) ([]dialog.Event, error)
	// TypingFrom tells that somebody writes: 1 the person, 2 staff.
	TypingFrom(conv dialog.ConversationID, who int64)
	// Leave ends the visitor's view. A concern stays.
	Leave(ctx context.Context, conv dialog.ConversationID) error
}

// Texts is the words that the public reads, by key, with parameters as pairs
// of name and value. A parameter that is not given stays as {name}; a key
// that does not exist gives "".
type Texts interface {
	Text(key string, params ...string) string
}

// Config is what a Chat is made of. Desk, Bus, Line, Texts and PublicURL are needed.
type Config struct {
	Desk  Desk
	Bus   dialog.Bus
	Line  dialog.LineID
	Texts Texts
	// PublicURL is where the service is reached from outside, without a
	// trailing slash: "https://help.example.org".
	PublicURL string
	// SecureCookies is true where the service is reached by HTTPS.
	SecureCookies bool
	// ExitURL is where "Exit this page" leads; DefaultExitURL when empty.
	ExitURL string
	// AllowedOrigins are the sites ("https://www.example.org") whose pages
	// may use the widget; empty: any.
	AllowedOrigins []string
	Logger         *slog.Logger     // nil: slog.Default()
	Now            func() time.Time // nil: time.Now
}

// Chat is the web chat: its page, its script and its sockets.
type Chat struct {
	cfg      Config
	public   *url.URL
	exit     *url.URL
	london   *time.Location
	page     *template.Template
	assets   assets
	texts    map[string]string // by key without "webchat."
	upgrader websocket.Upgrader
	hub      *hub
	buffers  sync.Pool
	posts    *web.Limiter
	cancels  []func()
	stop     chan struct{}
	once     sync.Once
}

// New makes the chat and begins to listen to the bus. All that is wrong with
// the configuration is named in one error.
func New(cfg Config) (*Chat, error) {
	if cfg.ExitURL == "" {
		cfg.ExitURL = DefaultExitURL
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	c := &Chat{cfg: cfg, hub: newHub(), stop: make(chan struct{})}
	if err := c.configure(); err != nil {
		return nil, fmt.Errorf("set up web chat: %w", err)
	}
	c.posts = web.NewLimiter(web.LimiterConfig{Every: postEvery, Burst: postBurst})
	c.buffers.New = func() any { return new([maxFrame + 1]byte) }
	c.upgrader = websocket.Upgrader{
		ReadBufferSize:  512, // a chat line; longer ones take more reads
		WriteBufferSize: 1024,
		WriteBufferPool: &sync.Pool{},
		CheckOrigin:     c.originAllowed,
		Error:           upgradeFailed,
	}
	c.cancels = []func(){
		cfg.Bus.Subscribe(dialog.ConversationChanged, c.hub.changed),
		cfg.Bus.Subscribe(dialog.Typing, c.hub.typing),
	}
	go c.turnWheel()
	return c, nil
}

func (c *Chat) configure() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if c.cfg.Desk == nil || c.cfg.Bus == nil || c.cfg.Texts == nil {
		return errors.New("desk, bus and texts are needed")
	}
	if c.cfg.Line == "" {
		fault("the line has no name")
	}
	var err error
	if c.public, err = absolute(c.cfg.PublicURL); err != nil {
		fault("public URL: %w", err)
	}
	if c.exit, err = absolute(c.cfg.ExitURL); err != nil {
		fault("exit URL: %w", err)
	}
	if c.london, err = time.LoadLocation("Europe/London"); err != nil {
		fault("load British time: %w", err)
	}
	c.texts = map[string]string{}
	var missing []string
	for _, key := range textKeys {
		// Given its own name, a parameter stays open for the script.
		text := c.cfg.Texts.Text("webchat."+key, "title", "{title}", "ref", "{ref}", "n", "{n}", "max", "{max}")
		if text == "" {
			missing = append(missing, "webchat."+key)
		}
		c.texts[key] = text
	}
	if len(missing) > 0 {
		sort.Strings(missing)
		fault("no text for %s", strings.Join(missing, ", "))
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	if c.assets, err = makeAssets(c.texts, c.cfg.PublicURL, c.cfg.ExitURL); err != nil {
		return err
	}
	c.page, err = parsePage()
	return err
}

func absolute(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("cannot be read")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, errors.New("must begin with http:// or https:// and name a host")
	}
	return u, nil
}

// Mount adds the chat's routes.
func (c *Chat) Mount(e *echo.Echo) {
	e.GET("/chat", c.showPage)
	e.POST("/chat", c.postMessage)
	e.POST("/chat/end", c.postEnd)
	e.GET("/chat/ws", c.serveSocket)
	e.GET("/chat/page.js", c.assets.page.serve)
	e.GET("/chat/chat.css", c.assets.style.serve)
	e.GET("/widget.js", c.assets.widget.serve)
}

// Sockets is the number of open sockets, for the metrics.
func (c *Chat) Sockets() int { return c.hub.count() }

// Close stops listening and sends every client away with "going away", upon
// which it comes back to another node. It waits for that at most as long as
// ctx allows.
func (c *Chat) Close(ctx context.Context) {
	c.once.Do(func() {
		close(c.stop)
		for _, cancel := range c.cancels {
			cancel()
		}
		wait := 5 * time.Second
		if end, ok := ctx.Deadline(); ok {
			wait = min(wait, time.Until(end))
		}
		c.hub.close(wait)
	})
}

// upgradeFailed answers a websocket request that is none, in the status's own words.
func upgradeFailed(w http.ResponseWriter, _ *http.Request, status int, _ error) {
	w.Header().Set("Sec-WebSocket-Version", "13")
	http.Error(w, http.StatusText(status), status)
}

// textKeys are the texts that the chat cannot do without, less "webchat.".
var textKeys = []string{
	"title", "heading", "lead", "who_answers", "not_999", "kept_short", "kept", "about", "leave.heading", "leave.body",
	"skip", "log", "empty", "ref", "check", "no_cookie", "form.label", "form.hint", "form.send",
	"you", "bot", "staff", "notice", "urgent", "source", "source.tab", "choices", "typing",
	"status.sending", "status.stored", "status.waiting", "status.failed",
	"connection.connecting", "connection.lost", "connection.back",
	"exit", "exit.more", "exit.leaving", "end", "end.ask", "end.yes", "end.no", "ended",
	"widget.open", "widget.close", "widget.unread", "error.heading",
	"error.empty", "error.too_long", "error.too_big", "error.unavailable", "error.slow_down", "error.too_many", "error.not_json",
	"error.not_text", "error.bad_utf8", "error.bad_type", "error.bad_id", "error.bad_token",
	"error.hello_first", "error.hello_twice", "error.origin",
}
