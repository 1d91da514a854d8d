package dialog

import "time"

// SaidInData goes with SaidIn, where there is anything to say.
type SaidInData struct {
	// Unread: when it had been answered nobody was asked to read it.
	Unread bool `json:"unread,omitempty"`
}

// MissedData goes with Missed: staff found a risk in a message that nobody was
// asked to read. A Level of none takes an earlier one for the same message back.
type MissedData struct {
	Of      int64     `json:"of"` // the message
	Level   Level     `json:"level"`
	Concern ConcernID `json:"concern,omitempty"` // the open one that it belongs to
}

// Miss is one silent miss as it stands.
type Miss struct {
	Conversation ConversationID
	At           time.Time // when it was found
	MissedData
}

// JudgedReader is what can be asked about messages that staff judged. Tests of
// the lines are left out of both.
type JudgedReader interface {
	// Judged returns the assessments by workers that were made since, oldest first.
	Judged(since time.Time) ([]Event, error)
	// Missed returns the silent misses found from one moment until before another
	// and not taken back, oldest first: each message once.
	Missed(from, to time.Time) ([]Miss, error)
}
