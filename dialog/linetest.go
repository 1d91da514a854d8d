package dialog

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// LineTestID names one test of one way in.
type LineTestID string

// MatterLineTest is what a clock runs for when a test of a line failed: a worry
// that came the same way may not be heard.
const MatterLineTest Matter = "line_test"

// LineTest is one test of one way in, for one prison or for none: a worry that
// nobody has, brought in as an outsider would.
type LineTest struct {
	ID      LineTestID
	Line    LineID
	Medium  Medium
	Prison  PrisonID // empty: none was named
	Mark    string   // the hash of what the message was marked with; empty: no test was made when one was due
	Version int64

	StartedAt time.Time
	StartedBy string // who asked for it; empty: the schedule
	// Conversation is what it became: of the message, or, for one that did not
	// come in, of the alarm.
	Conversation ConversationID
	ArrivedAt    time.Time // when the desk took it in
	OutAt        time.Time // when it stood on the staff's list
	SeenAt       time.Time // when a person acknowledged it
	SeenBy       WorkerID
	SeenName     string
	FailedAt     time.Time
	Failure      string // why, in plain words
}

// Good says that the line worked: what was said came out, and a person saw it.
func (t LineTest) Good() bool { return !t.OutAt.IsZero() && !t.SeenAt.IsZero() }

// Made says that a message was sent; false stands for a test that was due.
func (t LineTest) Made() bool { return t.Mark != "" }

// Pending says that nothing is decided yet.
func (t LineTest) Pending() bool { return t.SeenAt.IsZero() && t.FailedAt.IsZero() }

// markPrefix begins every mark. The letters behind it are 128 random bits.
const markPrefix = "linetest"

var mark = regexp.MustCompile(markPrefix + `[0-9a-hj-km-np-tv-z]{26}`)

// NewMark makes what a test's message is marked with. Nobody can guess it, it
// is good once, and only its hash is kept: what somebody writes who does not
// have it is never taken for a test.
func NewMark() string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(fmt.Sprintf("the system has no randomness: %v", err))
	}
	return markPrefix + idAlphabet.EncodeToString(b[:])
}

// FindMark returns the mark in a message, or in the id of a call; empty where
// there is none. It says nothing about whether the mark is good.
func FindMark(s string) string {
	i := strings.Index(s, markPrefix)
	if i < 0 {
		return ""
	}
	return mark.FindString(s[i:])
}

// HashMark is how a mark is kept.
func HashMark(mark string) string {
	sum := sha256.Sum256([]byte("line test " + mark))
	return hex.EncodeToString(sum[:])
}

// LineTestReader is what can be asked about tests of the lines.
type LineTestReader interface {
	LineTest(id LineTestID) (LineTest, error)
	// LineTestMarked finds the test with this hash of a mark.
	LineTestMarked(hash string) (LineTest, error)
	// LineTestOf finds the test that a conversation belongs to.
	LineTestOf(id ConversationID) (LineTest, error)
	// LineTestsPending lists those that are neither acknowledged nor failed, the oldest first.
	LineTestsPending(limit int) ([]LineTest, error)
	// LatestLineTest is the newest of a line and prison. ErrNotFound: there was none.
	LatestLineTest(line LineID, prison PrisonID) (LineTest, error)
	// LatestGoodLineTest is the newest that came out and was acknowledged.
	LatestGoodLineTest(line LineID, prison PrisonID) (LineTest, error)
	// LineWorkedAt is when the newest good test of a line began, whatever the prison; zero when there was none.
	LineWorkedAt(line LineID) (time.Time, error)
	// LineTestsBetween lists those that began from a moment on and before another, the oldest first.
	LineTestsBetween(from, to time.Time) ([]LineTest, error)
	// LineTestsDue is when the next tests are to be made, zero when nobody has said so, and who asked for them.
	LineTestsDue() (at time.Time, by string, err error)
}

// LineTestWriter changes tests of the lines.
type LineTestWriter interface {
	InsertLineTest(t LineTest) error
	// UpdateLineTest writes what may change of t where the stored version is still expected.
	UpdateLineTest(t LineTest, expected int64) error
	// SetLineTestsDue writes when the next tests are to be made where the stored time is still was.
	SetLineTestsDue(at time.Time, by string, was time.Time) error
}

// ListName is one of the lists of which it is known when they were empty.
type ListName string

// The lists.
const (
	ListWaiting ListName = "waiting" // all conversations in which something waits for a person
	ListUnheard ListName = "unheard" // recorded messages that nobody has listened to
)

// ListNames lists them.
func ListNames() []ListName { return []ListName{ListWaiting, ListUnheard} }

// ListState is how a list stands. Tests of the lines are on none.
type ListState struct {
	List       ListName
	FirstLook  time.Time // zero: nobody has looked
	EmptySince time.Time // zero: it is not empty
	LastEmpty  time.Time // when it was last seen empty; zero: never
}

// ListDay is one day, by the calendar in Britain, on which a list was empty.
type ListDay struct {
	List      ListName
	Day       string // "2026-03-02"
	LastEmpty time.Time
}

// ListReader is what can be asked about the lists.
type ListReader interface {
	// ListEmpty says whether nothing stands on a list now.
	ListEmpty(list ListName) (bool, error)
	// ListState is what was last written about a list; its zero value where nothing was.
	ListState(list ListName) (ListState, error)
	// ListDays are the days from one to another, both included, on which a list was empty at some time, in order.
	ListDays(list ListName, from, to string) ([]ListDay, error)
}

// ListWriter writes down how the lists stand.
type ListWriter interface {
	// PutList writes how a list stands and, unless day is empty, that it was empty on that day, at LastEmpty.
	PutList(s ListState, day string) error
}
