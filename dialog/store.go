package dialog

import (
	"context"
	"time"
)

// OutboxState is how far a line has come on its way to the person.
type OutboxState string

// The states of a line in the outbox.
const (
	OutboxQueued    OutboxState = "queued"
	OutboxSending   OutboxState = "sending" // handed to a sender; NextAt is when its lease ends
	OutboxSent      OutboxState = "sent"    // the provider has it
	OutboxDelivered OutboxState = "delivered"
	OutboxFailed    OutboxState = "failed"
	OutboxUncertain OutboxState = "uncertain" // it may have been sent: waits for the provider's report
	OutboxWithdrawn OutboxState = "withdrawn"
)

// OutboxItem is one line to be pushed to one person. Items of a conversation
// leave in the order of Seq.
type OutboxItem struct {
	ID           OutboxID
	Conversation ConversationID
	Seq          int64 // the event that holds the words
	Line         LineID
	Person       PersonID
	Text         string
	FromBot      bool
	State        OutboxState
	Attempts     int
	NextAt       time.Time // not before; for sending, the end of the lease
	ProviderID   string
	Code         string
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Leaving is the lines of a conversation that are queued, sending or uncertain,
// in their order, at most 200; and while there are any, who holds the
// conversation and whom they go to.
type Leaving struct {
	Lines  []OutboxItem
	Holder HolderKind
	Person Person
}

// RecordingState is how far a recorded message has come.
type RecordingState string

// The states of a recording. Whatever the state, the message is in the queue.
const (
	RecordingToFetch     RecordingState = "to_fetch"
	RecordingStored      RecordingState = "stored"      // the audio is ours; transcription is owed
	RecordingTranscribed RecordingState = "transcribed" // Transcript holds the draft
	RecordingSilent      RecordingState = "silent"
	RecordingNoText      RecordingState = "no_text" // no engine, or it failed for good
	RecordingLost        RecordingState = "lost"    // could not be fetched; the provider's link is kept
)

// Recording is one recorded message and what is known of it.
type Recording struct {
	ID           RecordingID
	Conversation ConversationID
	Seq          int64 // its Recorded event
	ProviderID   string
	URL          string
	State        RecordingState
	Attempts     int
	NextAt       time.Time
	Seconds      int
	File         string // name in the recordings folder, empty until stored
	Transcript   string
	Engine       string
	ListenedBy   WorkerID
	ListenedAt   time.Time
	CreatedAt    time.Time
}

// Situation is all that one inbound message is judged against, read at once.
type Situation struct {
	Duplicate    bool // the inbound key was accepted before
	DuplicateOf  ConversationID
	DuplicateSeq int64
	Person       Person       // ID empty: never seen
	Conversation Conversation // ID empty: none open
	History      []string     // what the person wrote in it after SettledSeq, oldest first, at most ten
	Concern      Concern      // ID empty: none open
}

// QueueFilter narrows the list of conversations for staff.
type QueueFilter struct {
	Waiting []Waiting // empty: all that wait, and all that somebody holds
	Prison  PrisonID
	Worker  WorkerID // only those held by this worker
	Teams   []TeamID // only those of these teams and those of none; empty: all
	// With Teams also those of these prisons, and those that Holder holds.
	Prisons []PrisonID
	Holder  WorkerID
	Limit   int // 0: 200
}

// QueueEntry is one row of the staff's list.
type QueueEntry struct {
	Conversation Conversation
	Concern      Concern // ID empty: none
	Open         []ObligationKind
	LastWords    string // the person's newest words
	Delivery     bool   // a line of ours failed or is uncertain
	Recording    RecordingState
	OptedOut     bool // the person wants no more texts
}

// Reader is what can be asked of the store. ErrNotFound is returned where one
// thing is asked for and there is none.
type Reader interface {
	AlarmReader
	JudgedReader
	LineTestReader
	ListReader
	ReportReader
	// Situation reads what one inbound message is judged against.
	Situation(line LineID, from Address, providerID, callID string) (Situation, error)
	Conversation(id ConversationID) (Conversation, error)
	// LatestConversation is the newest one of an address on a line, open or closed.
	LatestConversation(line LineID, from Address) (Conversation, error)
	Person(id PersonID) (Person, error)
	// Events returns the events after a sequence number, oldest first, at most limit (0: 500).
	Events(id ConversationID, after int64, limit int) ([]Event, error)
	// EventByClientID finds a staff line or chat line by its author's own id.
	EventByClientID(id ConversationID, clientID string) (Event, error)
	Concern(id ConcernID) (Concern, error)
	// Concerns returns the concerns of a conversation, newest first.
	Concerns(id ConversationID) ([]Concern, error)
	Obligations(id ConcernID) ([]Obligation, error)
	// ConcernsAbout returns the concerns that share a prisoner, newest first.
	ConcernsAbout(id PrisonerID) ([]Concern, error)
	// ConcernsNumbered returns the concerns whose facts give a prison number, written as PrisonNumber writes it, newest first.
	ConcernsNumbered(number string) ([]Concern, error)
	// ConcernsAt returns the concerns at a prison that were raised since, newest first, at most 200.
	ConcernsAt(prison PrisonID, since time.Time) ([]Concern, error)
	// Queue lists what waits, most urgent first, then the longest waiting.
	Queue(f QueueFilter) ([]QueueEntry, error)
	// Leaving is what a sender has to know of a conversation, read at once.
	Leaving(id ConversationID) (Leaving, error)
	// OutboxQueued says whether a conversation has a line that waits to be sent.
	OutboxQueued(id ConversationID) (bool, error)
	// OutboxDue lists conversations with a line whose NextAt has come (queued, sending, uncertain).
	OutboxDue(now time.Time, limit int) ([]ConversationID, error)
	// Outbox lists the lines of a conversation.
	Outbox(id ConversationID) ([]OutboxItem, error)
	OutboxItem(id OutboxID) (OutboxItem, error)
	OutboxByProviderID(providerID string) (OutboxItem, error)
	Recording(id RecordingID) (Recording, error)
	// Recordings lists those of a conversation.
	Recordings(id ConversationID) ([]Recording, error)
	// RecordingsDue lists recordings in RecordingToFetch or RecordingStored whose NextAt has come.
	RecordingsDue(now time.Time, limit int) ([]Recording, error)
	// Unstepped lists open conversations whose newest words no turn has dealt with.
	Unstepped(limit int) ([]ConversationID, error)
}

// Tx is one transaction. Inside it only the Tx is used. An insert that meets a
// unique key, and an update that finds another version, make the whole
// transaction fail with ErrStale: the caller reads again and decides again.
type Tx interface {
	Reader
	AlarmWriter
	LineTestWriter
	ListWriter
	// Accept notes the key of an inbound message; ErrDuplicate when it was seen.
	Accept(line LineID, providerID string, c ConversationID, seq int64, at time.Time) error
	InsertPerson(p Person) error
	SetOptedOut(id PersonID, at time.Time) error // zero time: opted in again
	InsertConversation(c Conversation) error
	// UpdateConversation writes c where the stored version is still expected.
	UpdateConversation(c Conversation, expected int64) error
	AppendEvents(events ...Event) error
	InsertConcern(c Concern, duties []Obligation) error
	UpdateConcern(c Concern, expected int64) error
	PutObligation(o Obligation) error
	InsertOutbox(items ...OutboxItem) error
	// UpdateOutbox writes state, attempts, times, provider id and code where the stored state is still from.
	UpdateOutbox(item OutboxItem, from OutboxState) error
	// WithdrawBotLines marks the bot's queued lines as withdrawn and returns their event numbers.
	WithdrawBotLines(id ConversationID, at time.Time) ([]int64, error)
	// WithdrawLines marks all queued lines as withdrawn and returns their event numbers.
	WithdrawLines(id ConversationID, at time.Time) ([]int64, error)
	InsertRecording(r Recording) error
	UpdateRecording(r Recording, from RecordingState) error
}

// Store keeps conversations and concerns. Whatever Do returned nil for is on disk.
type Store interface {
	Do(ctx context.Context, fn func(Tx) error) error
	Read(ctx context.Context, fn func(Reader) error) error
}
