package dialog

import (
	"errors"
	"fmt"
	"time"
)

// InboundKind says what a driver brings.
type InboundKind string

// What can come in.
const (
	InText      InboundKind = "text"      // words: a text message or a chat line
	InCall      InboundKind = "call"      // somebody rings; nothing is said yet
	InRecording InboundKind = "recording" // a message was recorded
)

// Inbound is a provider's words turned into ours. A driver has already
// checked that the sender is who it says.
type Inbound struct {
	Kind       InboundKind
	Line       LineID
	Medium     Medium
	From       Address
	ProviderID string // unique per line: the idempotency key
	CallID     string // voice: the call that ProviderID belongs to
	Text       string // as written, keyword included; valid UTF-8
	Media      []Media
	At         time.Time
}

// Media is something recorded, to be fetched from the provider later.
type Media struct {
	ProviderID string
	URL        string
	Duration   time.Duration
}

// Then says what a driver that must answer at once does after the lines.
type Then string

// What follows the lines of a reply on an inline medium.
const (
	ThenNothing Then = ""
	ThenRecord  Then = "record"
	ThenHangUp  Then = "hang_up"
)

// Received is what became of an Inbound. When it is returned without an
// error everything it tells of is on disk.
type Received struct {
	Conversation ConversationID
	Ref          string
	Seq          int64   // of the event that holds the inbound message
	Duplicate    bool    // it had been accepted before; nothing was done now
	Lines        []Event // what the bot said in this turn, in order
	Then         Then
}

// Outbound is one line to hand to a provider.
type Outbound struct {
	ID   OutboxID
	Line LineID
	To   Address
	Text string
}

// Receipt is a provider's word that it took a line.
type Receipt struct {
	ProviderID string
	Segments   int
}

// Verdict is what a failed send means for the line.
type Verdict string

// The verdicts on a failed send.
const (
	Retry     Verdict = "retry"     // not taken; try again later
	Fail      Verdict = "fail"      // will never be taken
	OptedOut  Verdict = "opted_out" // the provider knows that the person said STOP
	Uncertain Verdict = "uncertain" // it may have been taken: never sent again blindly
)

// SendError is a driver's typed answer when a line was not surely taken.
type SendError struct {
	Verdict    Verdict
	Code       string // the provider's, "30003"; never words of the message
	RetryAfter time.Duration
	Err        error
}

func (e *SendError) Error() string {
	return fmt.Sprintf("send: %s (code %s): %v", e.Verdict, e.Code, e.Err)
}

func (e *SendError) Unwrap() error { return e.Err }

// DeliveryReport is a provider's later word on a line.
type DeliveryReport struct {
	Outbox     OutboxID // from the callback's address; may be empty
	ProviderID string
	State      OutboxState // OutboxSent, OutboxDelivered or OutboxFailed
	Code       string
	HasIt      bool // a call to staff: whoever answered pressed the key that says "I have it"
}

// The errors that callers decide on.
var (
	ErrNotFound  = errors.New("not found")
	ErrStale     = errors.New("changed by somebody else meanwhile")
	ErrDuplicate = errors.New("accepted before")
	ErrHeld      = errors.New("held by somebody else")
	ErrOpen      = errors.New("still has open obligations")
	ErrNotHolder = errors.New("not held by this worker")
	ErrOptedOut  = errors.New("the person asked for no more messages")
	ErrNoAddress = errors.New("the person left no address to answer to")
	ErrForbidden = errors.New("not allowed for this role")
)

// InvalidError is bad input: what was wrong, in words for whoever sent it.
type InvalidError struct{ Field, Problem string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Problem }
