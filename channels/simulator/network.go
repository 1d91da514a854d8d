package simulator

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"helpline/internal/gsm7"
)

// Config is the account, its two numbers and where the helpline is.
type Config struct {
	AccountSID string
	AuthToken  string
	// WebhookBase is the helpline's public URL. Unless said otherwise the
	// numbers' webhooks are /twilio/sms, /twilio/voice and /twilio/voice/status
	// below it. A webhook's fragment overrides how it is retried, as with Twilio.
	WebhookBase   string
	SMSURL        string
	SMSFallback   string // empty: none
	VoiceURL      string
	VoiceFallback string // empty: none
	// APIBase is where this network's REST API is reached; links to recordings
	// begin with it. Empty: the same as WebhookBase.
	APIBase string
	// SMSNumber takes texts, VoiceNumber calls. Keyword is only shown.
	SMSNumber   string
	VoiceNumber string
	Keyword     string
	// Pace is the time between two receipts of one message.
	Pace time.Duration
	// Patience is how long a webhook may take; 0 is Twilio's 15 seconds.
	Patience time.Duration
	// Speak turns words into WAV audio; nil: words stay words.
	Speak  func(ctx context.Context, text string) ([]byte, error)
	Client *http.Client // carries webhooks; nil: one of its own
	Logger *slog.Logger // nil: slog.Default()
	Now    func() time.Time
}

// Network is the pretend network. Its methods may be used at the same time.
type Network struct {
	Config
	client *http.Client
	pages  *pages
	ctx    context.Context // ends with Stopping
	cancel context.CancelFunc
	work   sync.WaitGroup
	server sync.Once // told to say when it stops

	mu         sync.Mutex
	changed    chan struct{} // closed and replaced at every change
	version    int64
	messages   []*Message // oldest first
	bySID      map[string]*Message
	recordings map[string]*recording
	calls      map[string]*Call
	faults     []Fault
	blocked    map[string]bool   // numbers whose owner is opted out at the network
	ringing    []*Ringing        // calls to handsets, oldest first
	off        map[string]bool   // handsets that are switched off
	keys       map[string]string // what whoever answers a handset presses
}

// keep bounds what is remembered, so that a demo that runs for weeks does not grow.
const keep = 5000

// New checks the configuration and starts the network. Close ends it.
func New(c Config) (*Network, error) {
	var faults []error
	base, err := url.Parse(c.WebhookBase)
	if err != nil || base.Host == "" {
		faults = append(faults, errors.New("the webhook base is not a URL"))
	}
	if c.AccountSID == "" || c.AuthToken == "" {
		faults = append(faults, errors.New("the account SID or the auth token is missing"))
	}
	if c.SMSNumber == "" && c.VoiceNumber == "" {
		faults = append(faults, errors.New("there is no number"))
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("simulator: %w", errors.Join(faults...))
	}
	c.WebhookBase = strings.TrimSuffix(c.WebhookBase, "/")
	for field, value := range map[*string]string{
		&c.SMSURL: c.WebhookBase + "/twilio/sms", &c.VoiceURL: c.WebhookBase + "/twilio/voice", &c.APIBase: c.WebhookBase,
	} {
		if *field == "" {
			*field = value
		}
	}
	c.APIBase = strings.TrimSuffix(c.APIBase, "/")
	if c.Patience == 0 {
		c.Patience = 15 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	n := &Network{
		Config: c, client: c.Client,
		changed: make(chan struct{}), bySID: map[string]*Message{}, recordings: map[string]*recording{},
		calls: map[string]*Call{}, blocked: map[string]bool{}, off: map[string]bool{}, keys: map[string]string{},
	}
	if n.client == nil {
		n.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute}}
	}
	n.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if n.pages, err = newPages(n); err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	return n, nil
}

// Stopping ends what would keep a server from stopping: pages that wait for
// news, requests that hang on purpose, receipts under way.
func (n *Network) Stopping() { n.cancel() }

// holding is called by every request that will be held open: the server it
// belongs to tells the network when it stops, instead of waiting for it.
func (n *Network) holding(r *http.Request) {
	if s, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok {
		n.server.Do(func() { s.RegisterOnShutdown(n.Stopping) })
	}
}

// Close is Stopping, and waits until nothing of the network is at work.
func (n *Network) Close() error {
	n.cancel()
	n.work.Wait()
	n.client.CloseIdleConnections()
	return nil
}

// Message is one text message, in either direction.
type Message struct {
	SID      string
	From, To string
	Body     string
	Incoming bool   // to the helpline
	Status   string // Twilio's: received; queued, sent, delivered, undelivered, failed
	Code     int    // why not
	Segments int
	Encoding string
	At       time.Time

	callback string
}

// Inbox returns the messages that reached, or are on their way to, a handset,
// oldest first. Those that failed are not among them.
func (n *Network) Inbox(number string) []Message {
	var in []Message
	for _, m := range n.Thread(number) {
		if !m.Incoming && m.Status != "failed" && m.Status != "undelivered" {
			in = append(in, m)
		}
	}
	return in
}

// Thread returns all messages of a handset, oldest first.
func (n *Network) Thread(number string) []Message {
	n.mu.Lock()
	defer n.mu.Unlock()
	var thread []Message
	for _, m := range n.messages {
		if (m.Incoming && m.From == number) || (!m.Incoming && m.To == number) {
			thread = append(thread, *m)
		}
	}
	return thread
}

// Wait returns the inbox of a handset as soon as it holds count messages, or
// an error with what is there when the context ends first.
func (n *Network) Wait(ctx context.Context, number string, count int) ([]Message, error) {
	for {
		_, changed := n.state()
		in := n.Inbox(number)
		if len(in) >= count {
			return in, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return in, fmt.Errorf("wait for message %d, have %d: %w", count, len(in), ctx.Err())
		}
	}
}

// Handsets lists the numbers that have texted, or were texted or rung, newest first.
func (n *Network) Handsets() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var numbers []string
	seen := map[string]bool{}
	for i := len(n.messages) - 1; i >= 0; i-- {
		number := n.messages[i].From
		if !n.messages[i].Incoming {
			number = n.messages[i].To
		}
		if !seen[number] {
			seen[number] = true
			numbers = append(numbers, number)
		}
	}
	for _, c := range slices.Backward(n.ringing) {
		if !seen[c.To] {
			seen[c.To] = true
			numbers = append(numbers, c.To)
		}
	}
	return numbers
}

// state returns the version of all that can be seen, and a channel that closes
// when it changes.
func (n *Network) state() (int64, <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.version, n.changed
}

// touch says that something changed. n.mu is held.
func (n *Network) touch() {
	n.version++
	close(n.changed)
	n.changed = make(chan struct{})
}

// add remembers a message. n.mu is held.
func (n *Network) add(m *Message) {
	encoding, _, segments := gsm7.Segments(m.Body)
	m.Encoding, m.Segments, m.At = encoding.String(), segments, n.Now()
	n.messages = append(n.messages, m)
	n.bySID[m.SID] = m
	if len(n.messages) > keep {
		delete(n.bySID, n.messages[0].SID)
		n.messages = n.messages[1:]
	}
	n.touch()
}

// Sent is what became of a text on its way to the helpline.
type Sent struct {
	SID      string
	Status   int // of the last answer; 0 when nobody answered
	Attempts int
	Fallback bool // the fallback address had to be asked
}

// Text sends a text message from a handset and hands it to the helpline's
// webhook by Twilio's rules. An error means that nobody took it.
func (n *Network) Text(ctx context.Context, from, to, body string) (Sent, error) {
	m := &Message{SID: newSID("SM"), From: from, To: to, Body: body, Incoming: true, Status: "received"}
	n.mu.Lock()
	n.add(m)
	segments := m.Segments
	copies := 1
	if _, ok := n.takeFault(WebhookTenfold); ok {
		copies = 10
	}
	n.mu.Unlock()
	form := url.Values{
		"ToCountry": {"GB"}, "ToState": {""}, "ToCity": {""}, "ToZip": {""},
		"FromCountry": {"GB"}, "FromState": {""}, "FromCity": {""}, "FromZip": {""},
		"SmsMessageSid": {m.SID}, "SmsSid": {m.SID}, "MessageSid": {m.SID}, "AccountSid": {n.AccountSID},
		"SmsStatus": {"received"}, "NumMedia": {"0"}, "NumSegments": {fmt.Sprint(segments)},
		"Body": {body}, "From": {from}, "To": {to}, "ApiVersion": {apiVersion},
	}
	answers := make([]answer, copies)
	var all sync.WaitGroup
	for i := range copies {
		all.Go(func() { answers[i] = n.deliver(ctx, n.SMSURL, n.SMSFallback, form) })
	}
	all.Wait()
	first := answers[0]
	sent := Sent{SID: m.SID, Status: first.status, Attempts: first.attempts, Fallback: first.fallback}
	if !first.ok() {
		n.change(m, func() { m.Status, m.Code = "failed", 11200 })
		return sent, fmt.Errorf("text %s: %w", m.SID, first.failure())
	}
	replies, err := parseTwiML(first.body)
	if err != nil {
		return sent, fmt.Errorf("text %s: %w", m.SID, err)
	}
	for _, v := range replies {
		if v.name == "Message" {
			n.mu.Lock()
			n.add(&Message{SID: newSID("SM"), From: to, To: from, Body: v.text(), Status: "delivered"})
			n.mu.Unlock()
		}
	}
	return sent, nil
}

// change alters a message and says so.
func (n *Network) change(_ *Message, how func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	how()
	n.touch()
}

// newSID returns an id as Twilio's are: two letters and 32 hexadecimal digits.
func newSID(kind string) string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(fmt.Sprintf("the system has no randomness: %v", err))
	}
	return kind + hex.EncodeToString(b[:])
}
