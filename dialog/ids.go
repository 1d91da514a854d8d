package dialog

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"math/big"
	"time"
)

// The identifiers of the domain. They are opaque: nothing may be read out of
// them except that one made later by NewID sorts after one made earlier.
type (
	// LineID names one of our ways in: a number and keyword, a widget, a
	// concern line. It is configured, not stored.
	LineID string
	// PersonID names whoever writes or rings from one address.
	PersonID string
	// ConversationID names one conversation.
	ConversationID string
	// ConcernID names one concern.
	ConcernID string
	// OutboxID names one line on its way to a person. It goes to the provider
	// inside the callback address, so it says nothing about anybody.
	OutboxID string
	// RecordingID names one recorded message.
	RecordingID string
	// WorkerID names a member of staff: the id of their account.
	WorkerID string
	// TeamID names a team of staff: it is configured, not stored. Empty: all of them.
	TeamID string
	// PrisonerID joins the concerns about one person in prison.
	PrisonerID string
	// PrisonID names an establishment of content/prisons, "stoke-heath".
	PrisonID string
)

var idAlphabet = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID returns 26 lower-case characters: 48 bits of milliseconds and 80
// random bits, so that neighbours in time are neighbours in an index.
func NewID(now time.Time) string {
	var b [16]byte
	ms := uint64(now.UnixMilli())
	binary.BigEndian.PutUint64(b[:8], ms<<16)
	if _, err := rand.Read(b[6:]); err != nil {
		panic(fmt.Sprintf("the system has no randomness: %v", err))
	}
	return idAlphabet.EncodeToString(b[:])
}

// NewRef returns a reference number of seven digits that a person can write
// down or hear on the telephone. The store keeps it unique.
func NewRef() string {
	n, err := rand.Int(rand.Reader, big.NewInt(9_000_000))
	if err != nil {
		panic(fmt.Sprintf("the system has no randomness: %v", err))
	}
	return fmt.Sprintf("%07d", n.Int64()+1_000_000)
}
