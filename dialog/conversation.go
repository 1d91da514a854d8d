package dialog

import (
	"encoding/json"
	"time"
)

// Person is whoever writes from one address.
type Person struct {
	ID         PersonID
	Address    Address
	OptedOutAt time.Time // zero: may be written to
	CreatedAt  time.Time
}

// HolderKind is who answers in a conversation.
type HolderKind string

// The holders.
const (
	Bot     HolderKind = "bot"
	InQueue HolderKind = "queue" // waits for a person; the bot only acknowledges
	Staff   HolderKind = "worker"
)

// Holder is who answers; Worker and Name are set for Staff only.
type Holder struct {
	Kind   HolderKind
	Worker WorkerID
	Name   string // the name the person in the conversation is told
}

// Waiting is why a person should look at a conversation.
type Waiting string

// The reasons, in the order in which a worker would see to them.
const (
	WaitingNone     Waiting = ""
	WaitingRisk     Waiting = "risk"     // somebody may be at risk
	WaitingVoice    Waiting = "voice"    // a recorded message nobody has listened to
	WaitingPerson   Waiting = "person"   // asked for a human being
	WaitingReply    Waiting = "reply"    // the person wrote after a worker took over
	WaitingReview   Waiting = "review"   // the machine was not sure: somebody should read it
	WaitingDelivery Waiting = "delivery" // a line of ours did not arrive
)

// Conversation is the head of an event log: who writes, who answers and how
// far things have come. Version goes up at every change and is what two
// writers meet on.
type Conversation struct {
	ID           ConversationID
	Ref          string
	Line         LineID
	Medium       Medium
	Person       PersonID
	Holder       Holder
	Version      int64
	LastSeq      int64 // newest event
	LastInSeq    int64 // newest event from the person
	AnsweredSeq  int64 // newest event from the person that a turn or a worker dealt with
	SettledSeq   int64 // up to here a closed concern has settled what was said: no message is judged against it
	State        json.RawMessage
	Level        Level // of the open concern, LevelNone without one
	Waiting      Waiting
	WaitingSince time.Time
	Prison       PrisonID
	Jurisdiction Jurisdiction
	CallID       string
	Team         TeamID // who works it; empty: everybody who sees the list
	Test         bool   // a line test: nobody is at risk, and no report counts it
	OpenedAt     time.Time
	LastAt       time.Time
	ClosedAt     time.Time // zero: open
}

// Open says that the conversation goes on.
func (c Conversation) Open() bool { return c.ClosedAt.IsZero() }

// EventKind is what happened.
type EventKind string

// The kinds of event. The first four carry words that the person wrote or
// sees; the others are for staff.
const (
	SaidIn       EventKind = "said_in"
	SaidBot      EventKind = "said_bot"
	SaidStaff    EventKind = "said_staff"
	Told         EventKind = "told" // the service's own notice: "Sam has joined"
	CallStarted  EventKind = "call_started"
	Recorded     EventKind = "recorded"
	Transcribed  EventKind = "transcribed"
	Assessed     EventKind = "assessed"
	Answered     EventKind = "answered" // which section the bot answered from
	Raised       EventKind = "raised"   // a concern, or its level
	Noted        EventKind = "noted"    // a worker's note
	TakenOver    EventKind = "taken_over"
	HandedBack   EventKind = "handed_back"
	Withdrawn    EventKind = "withdrawn" // lines that were never sent
	DeliveryDone EventKind = "delivery"
	Duty         EventKind = "duty" // an obligation met or excused
	StoppedTexts EventKind = "opted_out"
	WantsTexts   EventKind = "opted_in"
	Closed       EventKind = "closed"
	Unanswered   EventKind = "unanswered" // a reply was owed and is not given, with the reason
	Missed       EventKind = "missed"     // staff found a risk in what nobody was asked to read
)

// Visible says that the person in the conversation sees events of this kind.
func (k EventKind) Visible() bool {
	return k == SaidIn || k == SaidBot || k == SaidStaff || k == Told
}

// Event is one entry of a conversation's append-only log, numbered from 1.
type Event struct {
	Conversation ConversationID
	Seq          int64
	At           time.Time
	Kind         EventKind
	By           WorkerID // staff events
	Text         string
	Data         json.RawMessage // EventData of the kind, null where there is none
	ClientID     string          // the browser's own id of a SaidIn or SaidStaff
}

// LineData goes with SaidBot and SaidStaff.
type LineData struct {
	Name    string   `json:"name,omitempty"`    // the worker's
	Sources []Source `json:"sources,omitempty"` // what the answer rests on
	Choices []string `json:"choices,omitempty"` // texts that a client may offer as buttons
	Urgent  bool     `json:"urgent,omitempty"`  // safety words: a client shows them apart
}

// Source is the sheet an answer comes from, as the person is shown it.
type Source struct {
	Title     string `json:"title"`
	Number    string `json:"number,omitempty"`
	Link      string `json:"link"`
	Country   string `json:"country,omitempty"`
	Published string `json:"published,omitempty"`
}

// AssessedData goes with Assessed; Of is the event that was assessed.
type AssessedData struct {
	Of         int64      `json:"of"`
	Assessment Assessment `json:"assessment"`
	Reader     string     `json:"reader,omitempty"` // who made it, where that was neither dialog/risk nor a worker
}

// RecordedData goes with Recorded.
type RecordedData struct {
	Recording RecordingID `json:"recording"`
	Seconds   int         `json:"seconds"`
}

// RaisedData goes with Raised.
type RaisedData struct {
	Concern ConcernID `json:"concern"`
	Level   Level     `json:"level"`
	Signs   []string  `json:"signs,omitempty"`
}

// DutyData goes with Duty.
type DutyData struct {
	Concern ConcernID       `json:"concern"`
	Kind    ObligationKind  `json:"kind"`
	State   ObligationState `json:"state"`
}

// DeliveryData goes with DeliveryDone.
type DeliveryData struct {
	Of    int64       `json:"of"`
	State OutboxState `json:"state"`
	Code  string      `json:"code,omitempty"`
}

// AnsweredData goes with Answered.
type AnsweredData struct {
	Kind    string  `json:"kind"`
	Slug    string  `json:"slug,omitempty"`
	Anchor  string  `json:"anchor,omitempty"`
	Score   float64 `json:"score,omitempty"`
	Version string  `json:"version,omitempty"` // of the library
}
