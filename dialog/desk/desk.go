package desk

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"helpline/dialog"
	"helpline/dialog/flow"
	"helpline/dialog/words"
)

// Assessor is dialog/risk.
type Assessor interface {
	Assess(text string, history []string) dialog.Assessment
}

// Library answers questions; it may change between two calls.
type Library interface {
	Find(q flow.Question) flow.Found
	Body(slug, anchor string) (flow.Answer, string, bool)
}

// Prisons knows the establishments and their names in running text.
type Prisons interface {
	Get(id dialog.PrisonID) (dialog.Prison, bool)
	Places(text string) []flow.Place
	Country(text string) dialog.Jurisdiction
}

// Sender hands lines to a provider. The error is a *dialog.SendError.
type Sender interface {
	Send(ctx context.Context, out dialog.Outbound) (dialog.Receipt, error)
}

// Recordings fetches recorded messages and keeps them.
type Recordings interface {
	// Fetch gets the audio from the provider. Temporary says whether an error
	// may pass.
	Fetch(ctx context.Context, url string) (audio io.ReadCloser, err error)
	Temporary(err error) bool
	// Keep stores the audio for good and returns its file name.
	Keep(id dialog.RecordingID, audio io.Reader) (file string, err error)
	// Path is where a kept file lies.
	Path(file string) string
}

// Heard is what listening to a recording gave.
type Heard struct {
	Text    string
	Engine  string
	Silent  bool
	Seconds int
}

// Transcriber turns a kept recording into a draft text.
type Transcriber interface {
	// Transcribe returns ErrNoEngine when there is none.
	Transcribe(ctx context.Context, path string) (Heard, error)
}

// ErrNoEngine says that no transcription can be had here.
var ErrNoEngine = errors.New("no transcription engine")

// Line is one of our ways in.
type Line struct {
	ID      dialog.LineID
	Medium  dialog.Medium
	Keyword string // texts to a shared number begin with it
	Sender  Sender // nil where the medium does not push
}

// Config is what a desk needs.
type Config struct {
	Store       dialog.Store
	Bus         dialog.Bus
	Assessor    Assessor
	Library     Library
	Prisons     Prisons
	Texts       flow.Texts
	Lines       []Line
	Abilities   func(dialog.Medium) dialog.Abilities
	Fit         func(m dialog.Medium, text string, segments int) []string
	Recordings  Recordings
	Transcriber Transcriber
	Now         func() time.Time
	Log         *slog.Logger
	// Woken is told of a recording that waits to be fetched or transcribed.
	// It may be nil: the sweep finds it.
	Woken func(dialog.RecordingID)
	// Unanswered is told of a question that the library has no answer to, for
	// those who write it, once the message is stored; never of words that may be
	// about a risk. It must not wait for anything. It may be nil.
	Unanswered func(question string, country dialog.Jurisdiction)
	// IdleAfter closes a quiet conversation with no open worry, so that the
	// next message begins a new one. 0: 72 hours.
	IdleAfter time.Duration
	// Alerts says who is told of what nobody has taken, where a team does not
	// say so itself.
	Alerts Alerts
	// Teams are who works the concerns of which prisons; one of them is triage.
	// None: one team that serves everybody.
	Teams []dialog.Team
	// Members says how many people belong to each team. nil: enough.
	Members func(context.Context) (map[dialog.TeamID]int, error)
	// LineTests says how the ways in are tested.
	LineTests LineTests
	// SecondReader reads messages again. nil: none does.
	SecondReader SecondReader
	// Senders is how many conversations are sent for at once. 0: 32.
	Senders int
	// Recent is for how many people who wrote a moment ago the situation is
	// kept in memory. 0: none, which is right where other nodes write to the
	// same conversations.
	Recent int
}

// Desk is the use cases.
type Desk struct {
	Config
	lines  map[dialog.LineID]Line
	teams  teams
	outbox *outbox
	recent *recent
	second *second
}

// New checks the configuration and returns a desk. Nothing runs until Run.
func New(c Config) (*Desk, error) {
	var missing []error
	need := func(ok bool, what string) {
		if !ok {
			missing = append(missing, errors.New("desk: "+what+" is missing"))
		}
	}
	need(c.Store != nil, "Store")
	need(c.Bus != nil, "Bus")
	need(c.Assessor != nil, "Assessor")
	need(c.Library != nil, "Library")
	need(c.Prisons != nil, "Prisons")
	need(c.Texts != nil, "Texts")
	need(len(c.Lines) > 0, "Lines")
	need(c.Abilities != nil, "Abilities")
	need(c.Fit != nil, "Fit")
	need(c.Now != nil, "Now")
	need(c.Log != nil, "Log")
	if len(missing) > 0 {
		return nil, errors.Join(missing...)
	}
	if err := c.Alerts.check(); err != nil {
		return nil, err
	}
	if c.IdleAfter == 0 {
		c.IdleAfter = 72 * time.Hour
	}
	if c.Senders == 0 {
		c.Senders = 32
	}
	c.LineTests.complete()
	d := &Desk{Config: c, lines: map[dialog.LineID]Line{}}
	for _, l := range c.Lines {
		d.lines[l.ID] = l
	}
	var err error
	if d.teams, err = newTeams(c.Teams); err != nil {
		return nil, err
	}
	d.outbox = newOutbox()
	d.recent = newRecent(c.Recent)
	d.second = newSecond()
	return d, nil
}

// Run delivers the outbox, and has messages read again, until the context ends.
// A line that was being sent when it ended stays in the outbox.
func (d *Desk) Run(ctx context.Context) {
	var work sync.WaitGroup
	if d.SecondReader != nil {
		for range secondReaders {
			work.Go(func() { d.readAll(ctx) })
		}
	}
	d.deliverAll(ctx)
	work.Wait()
}

// Keys are the texts that the desk itself says, beside the flow's.
func Keys() []string {
	return append(append(flow.Keys(), alertKeys()...), "linetest.prison", "linetest.none", "stop.done", "start.done", feedbackGeneral, feedbackConsent, "staff.joined", "staff.left", "media.only",
		"voice.greeting", "voice.greeting_away", "voice.recorded", "voice.recorded_again", "voice.nothing_heard", "voice.error")
}

func (d *Desk) parse(line Line, text string) words.Parsed { return words.ParseText(text, line.Keyword) }

func (d *Desk) changed(c dialog.Conversation, queue bool) {
	d.Bus.Publish(dialog.Notice{Topic: dialog.ConversationChanged, ID: string(c.ID), Seq: c.LastSeq})
	if queue {
		d.Bus.Publish(dialog.Notice{Topic: dialog.QueueChanged})
	}
}
